package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
)

// regexpSecret finds what crypto/rand.Text makes.
var regexpSecret = regexp.MustCompile(`\b[A-Z2-7]{26}\b`)

func TestTokenIsAloneOnStandardOutput(t *testing.T) {
	d := start(t)
	for _, p := range sample.Principals() {
		output := runCommand(t, "token", "--as", p.Name, "--data", d.data)
		if !regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]+\n$`).MatchString(output) {
			t.Errorf("%s: %q", p.Name, output)
		}
	}
}

// A demo that was killed leaves its file behind.
func TestTokenAfterAKilledDemo(t *testing.T) {
	d := start(t)
	left, err := os.ReadFile(filepath.Join(d.data, runningFile))
	if err != nil {
		t.Fatal(err)
	}
	d.stopped()
	if err := os.WriteFile(filepath.Join(d.data, runningFile), left, 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"token", "--as", "owner", "--data", d.data}, &stdout, &stderr)
	if want := "demo: no demo is running with the data directory " + d.data + ": demo serve --data " + d.data + " starts one\n"; status != 1 || stderr.String() != want {
		t.Errorf("status %d: %s, want %s", status, &stderr, want)
	}
}

func TestRequestTokenErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"refused", 400, `{"error":"invalid_grant","error_description":"MSIS9659: no"}`, "status 400: MSIS9659: no"},
		{"no JSON", 502, "bad gateway", "status 502"},
		{"no token", 200, `{}`, "status 200"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(test.status)
			w.Write([]byte(test.body))
		}))
		_, err := requestToken(t.Context(), server.Client(), server.URL, url.Values{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %s", test.name, err, test.want)
		}
		server.Close()
	}
}
