package main

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"hubgate.example/bench/load"
)

// The test's binary is the server where it is asked to be.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		os.Args = os.Args[1:]
		main()
		return
	}
	os.Exit(m.Run())
}

func TestServer(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	server, err := load.Start(t.Context(), program, "serve", "hubgate-warm")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, groups := range []int{5, 200} {
		request, err := server.Request(groups)
		if err != nil {
			t.Fatal(err)
		}
		before, err := server.Usage()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := load.Run(ctx, server.Address, request, 2, 50); err != nil {
			t.Error(err)
		}
		after, err := server.Usage()
		if err != nil {
			t.Fatal(err)
		}
		if got := after.Requests - before.Requests; got != 50 {
			t.Errorf("%d requests have passed the gate, want 50", got)
		}
		if after.Processor <= before.Processor {
			t.Errorf("processor time %v after %v", after.Processor, before.Processor)
		}
	}
	server.Tokens[5] = server.Tokens[200][:len(server.Tokens[200])-8] + "AAAAAAAA"
	forged, err := server.Request(5)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := load.Run(ctx, server.Address, forged, 1, 1); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("a forged token: %v, want 401", err)
	}
}

func TestRun_Arguments(t *testing.T) {
	for _, args := range [][]string{nil, {"no-such-gate"}, {"none", "more"}} {
		if err := run(args, strings.NewReader(""), io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
