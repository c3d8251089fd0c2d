// Command server is an API that does nothing, behind the gate that its only argument names: the server of package load.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"hubgate.example/bench/gate"
	"hubgate.example/bench/load"
)

// assignments are in memory whatever the gate is, so that the garbage collector has the same to do behind each.
const assignments = 100_000

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// run serves until questions end.
func run(args []string, questions io.Reader, answers io.Writer) (err error) {
	if len(args) != 1 {
		return errors.New("usage: server GATE")
	}
	peers := gate.Peers()
	i := slices.IndexFunc(peers, func(peer gate.Peer) bool { return peer.Name == args[0] })
	if i < 0 {
		return fmt.Errorf("no gate is called %q", args[0])
	}
	site, err := gate.NewSite(assignments)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	wrap, err := peers[i].New(site)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var requests atomic.Int64
	server := &http.Server{
		Handler:           wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) })),
		ReadHeaderTimeout: time.Minute,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	hello := load.Hello{Address: listener.Addr().String(), Path: site.Path, Tokens: make(map[int]string)}
	for _, groups := range []int{5, 200} {
		if hello.Tokens[groups], err = site.Token(groups); err != nil {
			return errors.Join(err, server.Close())
		}
	}
	encoder := json.NewEncoder(answers)
	err = encoder.Encode(hello)
	for lines := bufio.NewScanner(questions); err == nil && lines.Scan(); {
		var used syscall.Rusage
		if err = syscall.Getrusage(syscall.RUSAGE_SELF, &used); err == nil {
			err = encoder.Encode(load.Usage{
				Processor: time.Duration(used.Utime.Nano() + used.Stime.Nano()),
				Requests:  requests.Load(),
			})
		}
	}
	err = errors.Join(err, server.Close())
	if failed := <-served; !errors.Is(failed, http.ErrServerClosed) {
		err = errors.Join(err, failed)
	}
	return err
}
