package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/localca"
	"hubgate.example/cmd/demo/internal/sample"
)

var serveCommand = command{
	name:    "serve",
	summary: "run the server until Ctrl-C; the default",
	about: "Serve runs an AD FS and a Resource Manager behind the gate, and prints where they are and how to call them.\n" +
		"With --authority or --resource-manager it trusts an existing identity provider in place of its own AD FS.",
	define: func(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
		o := defineServeFlags(flags)
		return func(ctx context.Context, stdout, stderr io.Writer) error { return serve(ctx, o, stdout, stderr) }
	},
}

// serve runs the server until ctx is done.
func serve(ctx context.Context, o *serveOptions, stdout, stderr io.Writer) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	log := newLogger(o, stderr)
	imported, err := readImports(o.imports)
	if err != nil {
		return err
	}
	dir, err := openData(o.data, datadir.Create)
	if err != nil {
		return err
	}
	if other, err := readRunning(dir); err == nil && other.alive(ctx, dir) {
		return fmt.Errorf("--data: the demo at %s uses %s already", other.URL, dir.Path())
	}
	ca, err := localca.Open(dir)
	if err != nil {
		return err
	}
	certificate, err := ca.ServerCertificate()
	if err != nil {
		return err
	}
	secure, err := listen("--listen", o.listen)
	if err != nil {
		return err
	}
	defer secure.Close()
	var plain net.Listener
	if o.listenHTTP != "" {
		if plain, err = listen("--listen-http", o.listenHTTP); err != nil {
			return err
		}
		defer plain.Close()
	}

	_, port, err := net.SplitHostPort(secure.Addr().String())
	if err != nil {
		return err
	}
	site := &site{options: o, dir: dir, ca: ca, log: log, url: "https://localhost:" + port}
	if plain != nil {
		site.plainURL = "http://" + plain.Addr().String()
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	if err := site.open(ctx, imported); err != nil {
		return err
	}
	servers := startServers(site, certificate, secure, plain, log)
	defer func() { err = errors.Join(err, servers.drain()) }()

	state := running{URL: site.url}
	if !o.external() {
		if err := awaitReady(ctx, site); err != nil {
			return err
		}
		state.TokenEndpoint, state.Audience = site.url+"/adfs/oauth2/token", sample.Audience
	}
	if err := state.write(dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Remove(runningFile)) }()
	if err := site.printBanner(stdout); err != nil {
		return err
	}

	select {
	case <-ctx.Done():
		if servers.busy() {
			log.Info("ending; Ctrl-C again to cut off requests")
		} else {
			log.Info("ending")
		}
		return nil
	case err := <-servers.failed:
		return err
	}
}

// newLogger takes options that have been checked.
func newLogger(o *serveOptions, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{}
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err == nil {
		options.Level = level
	}
	if o.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// openData opens the data directory that --data names.
func openData(path string, open func(string) (*datadir.Dir, error)) (*datadir.Dir, error) {
	if path == "" {
		if _, err := datadir.Default(); err != nil {
			return nil, usagef("--data: is required, because the user has no configuration directory")
		}
		return nil, usagef("--data: names no directory")
	}
	dir, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	return dir, nil
}

func listen(name, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return listener, nil
}

// awaitReady waits until tokens can be verified, so that the commands that are printed work, or until ctx is done. The demo's
// own AD FS answers in milliseconds.
func awaitReady(ctx context.Context, site *site) error {
	timeout := time.After(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := site.verifier.Ready()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-timeout:
			return fmt.Errorf("the demo's own AD FS: %w", err)
		case <-ctx.Done():
			return nil
		}
	}
}
