package startup

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// A Demo is the demo's program with a data directory.
type Demo struct {
	// Program is the path of the built command.
	Program string
	// Data is the data directory. In an empty one the first start makes keys.
	Data string
	// Imports are files with roles and role assignments.
	Imports []string
	// Address is where it listens with TLS: an issuer is called after it, so a token counts as long as the port stays.
	Address string
	// Token is shown with the first request, if there is one: see FetchToken.
	Token string
}

// FreeAddress returns an address on the loopback interface at which nobody listens just now.
func FreeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("startup: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// First starts the demo, sends it a request for the list of subscriptions as soon as it says where it is, and returns how long the answer
// took from the start of the process: 200 with a token, and 401 without one. Then it ends the demo.
func (d Demo) First(ctx context.Context) (time.Duration, error) {
	begin := time.Now()
	running, err := d.start(ctx)
	if err != nil {
		return 0, err
	}
	status, err := d.ask(ctx, running.url)
	elapsed := time.Since(begin)
	if err := errors.Join(err, running.end()); err != nil {
		return 0, err
	}
	if want := map[bool]int{true: http.StatusUnauthorized, false: http.StatusOK}[d.Token == ""]; status != want {
		return 0, fmt.Errorf("startup: status %d, want %d", status, want)
	}
	return elapsed, nil
}

// FetchToken starts the demo once and gets a token of the sample owner, which lives for an hour, and for all starts with the same data
// and address.
func (d Demo) FetchToken(ctx context.Context) (string, error) {
	running, err := d.start(ctx)
	if err != nil {
		return "", err
	}
	token, err := exec.CommandContext(ctx, d.Program, "token", "--data", d.Data, "--as", "owner").Output()
	if err := errors.Join(err, running.end()); err != nil {
		return "", fmt.Errorf("startup: token: %w", err)
	}
	return strings.TrimSpace(string(token)), nil
}

// A process is a demo that has said where it is.
type process struct {
	command *exec.Cmd
	output  io.Reader
	log     *bytes.Buffer
	url     string
}

var plainURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

func (d Demo) start(ctx context.Context) (*process, error) {
	args := []string{"serve", "--data", d.Data, "--listen", d.Address, "--listen-http", "127.0.0.1:0"}
	for _, name := range d.Imports {
		args = append(args, "--import", name)
	}
	p := &process{command: exec.CommandContext(ctx, d.Program, args...), log: new(bytes.Buffer)}
	p.command.Stderr = p.log
	output, err := p.command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("startup: %w", err)
	}
	p.output = output
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("startup: %w", err)
	}
	for lines := bufio.NewScanner(output); p.url == ""; {
		if !lines.Scan() {
			return nil, fmt.Errorf("startup: the demo says nothing: %w: %s", errors.Join(lines.Err(), p.command.Wait()), p.log)
		}
		p.url = plainURL.FindString(lines.Text())
	}
	return p, nil
}

func (d Demo) ask(ctx context.Context, url string) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/subscriptions?api-version=2022-12-01", nil)
	if err != nil {
		return 0, fmt.Errorf("startup: %w", err)
	}
	if d.Token != "" {
		r.Header.Set("Authorization", "Bearer "+d.Token)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	response, err := client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("startup: %w", err)
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// end ends the demo as Ctrl-C does.
func (p *process) end() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("startup: %w", err)
	}
	_, _ = io.Copy(io.Discard, p.output)
	if err := p.command.Wait(); err != nil {
		return fmt.Errorf("startup: %w: %s", err, p.log)
	}
	return nil
}
