package main

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/localca"
	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/openid"
)

func landingPageOf(t *testing.T, d *demo) (http.Header, string) {
	t.Helper()
	response, err := http.Get(d.plain + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%d, %s", response.StatusCode, response.Header.Get("Content-Type"))
	}
	return response.Header, string(page)
}

func TestLandingPage(t *testing.T) {
	d := start(t)
	header, page := landingPageOf(t, d)
	for _, want := range []string{d.url, d.plain, "token --as reader", "curl -sS", "/adfs/.well-known/openid-configuration", "-H &#34;Authorization"} {
		if !strings.Contains(page, want) {
			t.Errorf("lacks %s:\n%s", want, page)
		}
	}
	if secret := regexpSecret.FindString(page); secret != "" {
		t.Errorf("has the secret %s", secret)
	}
	if policy := header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(page, "<script") {
		t.Errorf("a page that may run scripts: %s\n%s", policy, page)
	}
}

// Only who is on this machine is told what is where on it.
func TestLandingPageNamesFilesToThisMachineOnly(t *testing.T) {
	o := &serveOptions{provider: adfs, data: filepath.Join(t.TempDir(), "data")}
	if err := errors.Join(os.Mkdir(o.data, 0o700), os.CopyFS(o.data, os.DirFS(rsaKeys()))); err != nil {
		t.Fatal(err)
	}
	for _, file := range rsaKeyFiles {
		if err := os.Chmod(filepath.Join(o.data, file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := datadir.Open(o.data)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := localca.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{options: o, dir: dir, ca: ca, log: slog.New(slog.DiscardHandler), url: "https://localhost:8443", adminURL: "https://localhost:8444"}
	defer s.Close()
	if err := s.open(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, serve := range map[string]http.HandlerFunc{"user": s.ServeHTTP, "admin": s.serveAdmin} {
		for client, told := range map[string]bool{
			"127.0.0.1:50000": true,
			"[::1]:50000":     true,
			"192.0.2.7:50000": false,
			"[2001:db8::7]:1": false,
			"10.0.2.2:50000":  false,
			"":                false,
		} {
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = client
			serve(w, r)
			page := w.Body.String()
			if got := strings.Contains(page, o.data); got != told {
				t.Errorf("%s is told of %s: %t, want %t", client, o.data, got, told)
			}
			if !strings.Contains(page, sample.ProductionID) || strings.Contains(page, os.Args[0]) != told {
				t.Errorf("%s gets the page\n%s", client, page)
			}
		}
	}
}

func TestLandingPageOfAnExternalAuthority(t *testing.T) {
	p := startProvider(t, openid.ADFS)
	d := start(t, "--authority", p.Authority(), "--audience", someAudience+"<b>", "--ca-file", p.caFile)
	_, page := landingPageOf(t, d)
	if strings.Contains(page, "/adfs/.well-known/") || strings.Contains(page, "<b>") || !strings.Contains(page, p.Authority()) {
		t.Error(page)
	}
}
