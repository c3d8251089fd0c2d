package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/localca"
)

var serveCommand = command{
	name:    "serve",
	summary: "run the server until Ctrl-C; the default",
	about: "Serve runs an identity provider and a Resource Manager behind the gate, for users and for the administrator, and\n" +
		"prints where they are and how to call them. The identity provider is an AD FS or, with --provider entra, an Entra ID\n" +
		"with several directory tenants, where managed identities get tokens at /metadata/identity/oauth2/token of --listen-http\n" +
		"and a GitHub Actions job at /federation/github/idtoken of --listen. With --authority or --resource-manager an\n" +
		"existing identity provider is trusted in place of either.",
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
	imports, err := readImports(o.imports)
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
	var admin net.Listener
	if o.admin() {
		if admin, err = listen("--listen-admin", o.listenAdmin); err != nil {
			return err
		}
		defer admin.Close()
	}

	site := &site{options: o, dir: dir, ca: ca, log: log, url: localhostURL(secure)}
	if plain != nil {
		site.plainURL = "http://" + plain.Addr().String()
	}
	if admin != nil {
		site.adminURL = localhostURL(admin)
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	if err := site.open(ctx, imports); err != nil {
		return err
	}
	servers := newServers(log)
	servers.startTLS(site, certificate, secure)
	if plain != nil {
		servers.start(loopbackOnly(site), plain)
	}
	if admin != nil {
		servers.startTLS(http.HandlerFunc(site.serveAdmin), certificate, admin)
	}
	defer func() { err = errors.Join(err, servers.drain()) }()

	if !o.external() {
		if err := awaitReady(ctx, site); err != nil {
			return err
		}
	}
	if err := newRunning(site).write(dir); err != nil {
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

// localhostURL is the HTTPS URL of a listener under the name that is in the certificate.
func localhostURL(listener net.Listener) string {
	return "https://localhost:" + strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

func listen(name, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return listener, nil
}

// awaitReady waits until tokens can be verified, so that the commands that are printed work, or until ctx is done. The demo's
// own identity provider answers in milliseconds.
func awaitReady(ctx context.Context, site *site) error {
	timeout := time.After(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := site.user.verifier.Ready()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-timeout:
			return fmt.Errorf("the demo's own identity provider: %w", err)
		case <-ctx.Done():
			return nil
		}
	}
}
