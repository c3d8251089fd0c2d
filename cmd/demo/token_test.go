package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
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
