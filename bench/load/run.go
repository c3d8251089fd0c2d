package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Run sends a request so many times over so many connections at once, and returns how long that took. Each connection waits for an answer
// before it sends again. The first answer that is not 200 without a body ends it, and so does ctx, which must have a deadline.
//
// It writes and reads bytes and understands no more of HTTP than it needs, so that what is measured is the server.
func Run(ctx context.Context, address string, request []byte, connections, requests int) (time.Duration, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0, errors.New("load: a load without a deadline")
	}
	var opened []net.Conn
	defer func() {
		for _, connection := range opened {
			connection.Close()
		}
	}()
	for range connections {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return 0, fmt.Errorf("load: %w", err)
		}
		opened = append(opened, connection)
		if err := connection.SetDeadline(deadline); err != nil {
			return 0, fmt.Errorf("load: %w", err)
		}
	}

	failures := make([]error, connections)
	var running sync.WaitGroup
	begin := time.Now()
	for i, connection := range opened {
		running.Go(func() {
			share := requests / connections
			if i < requests%connections {
				share++
			}
			failures[i] = send(ctx, connection, request, share)
		})
	}
	running.Wait()
	return time.Since(begin), errors.Join(failures...)
}

func send(ctx context.Context, connection net.Conn, request []byte, requests int) error {
	answers := bufio.NewReader(connection)
	for range requests {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("load: %w", err)
		}
		if _, err := connection.Write(request); err != nil {
			return fmt.Errorf("load: %w", err)
		}
		if err := readAnswer(answers); err != nil {
			return err
		}
	}
	return nil
}

// readAnswer reads the header of an answer that has no body.
func readAnswer(answers *bufio.Reader) error {
	line, err := answers.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("load: answer %q", line)
	}
	empty := false
	for {
		line, err := answers.ReadSlice('\n')
		switch {
		case err != nil:
			return fmt.Errorf("load: %w", err)
		case string(line) == "Content-Length: 0\r\n":
			empty = true
		case string(line) == "\r\n" && empty:
			return nil
		case string(line) == "\r\n":
			return errors.New("load: answer with a body")
		}
	}
}
