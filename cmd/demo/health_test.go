package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"hubgate.example/openid"
)

// Probes look at the status; people and dashboards at the body. HEAD answers the same without one.
func TestHealth(t *testing.T) {
	away := startProvider(t, openid.ADFS)
	away.Down()
	ready := start(t)
	notReady := start(t, "--authority", away.Authority(), "--audience", someAudience, "--ca-file", away.caFile)
	for _, test := range []struct {
		name         string
		demo         *demo
		method, path string
		wantStatus   int
		wantType     string
		wantProblem  bool
	}{
		{"ready", ready, http.MethodGet, "/readyz", 200, "application/json; charset=utf-8", false},
		{"ready, HEAD", ready, http.MethodHead, "/readyz", 200, "application/json; charset=utf-8", false},
		{"ready, POST", ready, http.MethodPost, "/readyz", 405, "text/plain; charset=utf-8", false},
		{"ready, alive", ready, http.MethodGet, "/livez", 200, "text/plain; charset=utf-8", false},
		{"ready, alive, HEAD", ready, http.MethodHead, "/livez", 200, "text/plain; charset=utf-8", false},
		{"not ready", notReady, http.MethodGet, "/readyz", 503, "application/json; charset=utf-8", true},
		{"not ready, HEAD", notReady, http.MethodHead, "/readyz", 503, "application/json; charset=utf-8", true},
		{"not ready, alive", notReady, http.MethodGet, "/livez", 200, "text/plain; charset=utf-8", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), test.method, test.demo.url+test.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := test.demo.client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.wantStatus || response.Header.Get("Content-Type") != test.wantType {
				t.Errorf("status %d, type %q", response.StatusCode, response.Header.Get("Content-Type"))
			}
			if response.StatusCode != 405 && response.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control %q", response.Header.Get("Cache-Control"))
			}
			switch {
			case test.method == http.MethodHead:
				if len(body) != 0 {
					t.Errorf("HEAD has a body: %s", body)
				}
			case test.path == "/livez":
				if string(body) != "ok\n" {
					t.Errorf("body %q", body)
				}
			case test.method == http.MethodGet:
				var answer struct {
					Ready     *bool           `json:"ready"`
					Providers []openid.Health `json:"providers"`
				}
				if err := json.Unmarshal(body, &answer); err != nil {
					t.Fatalf("%v: %s", err, body)
				}
				if answer.Ready == nil || *answer.Ready == test.wantProblem || len(answer.Providers) != 1 {
					t.Fatalf("body %s", body)
				}
				p := answer.Providers[0]
				if p.Ready == test.wantProblem || (p.Problem != "") != test.wantProblem || !strings.HasSuffix(p.Authority, "/adfs") || (len(p.Keys) == 0) != test.wantProblem {
					t.Errorf("body %s", body)
				}
			}
		})
	}
}
