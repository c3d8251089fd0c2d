package middleware_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"hubgate.example/openid/openidtest"
)

func newServer(tb testing.TB, handler http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(handler)
	quiet(server.Config)
	server.Start()
	tb.Cleanup(server.Close)
	return server
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// Row "answers": the headers of every refusal, whatever its status.
func TestHeadersOfEveryAnswer(t *testing.T) {
	s := newSite(t, nil)
	server := newServer(t, s.gate.Handler(s))
	alice, mallory := s.issuer.Token(openidtest.User(alice)), s.issuer.Token(openidtest.User(mallory))
	tests := []struct {
		name, method, path, token string
		status                    int
	}{
		{"400", "GET", "/subscriptions/x", alice, 400},
		{"401", "GET", webVM, "", 401},
		{"403", "GET", webVM, mallory, 403},
		{"404", "GET", "/subscriptions/" + unknownSubscription, alice, 404},
		{"405", "PUT", "/subscriptions", alice, 405},
		{"HEAD 401", "HEAD", webVM, "", 401},
		{"HEAD 403", "HEAD", webVM, mallory, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.token != "" {
				r.Header.Set("Authorization", "Bearer "+tt.token)
			}
			response, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != tt.status {
				t.Errorf("status %d, want %d", response.StatusCode, tt.status)
			}
			for name, want := range map[string]string{
				"Content-Type":           "application/json; charset=utf-8",
				"Cache-Control":          "no-cache",
				"Pragma":                 "no-cache",
				"X-Content-Type-Options": "nosniff",
				"X-Ms-Failure-Cause":     "gateway",
			} {
				if got := response.Header.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			id := response.Header.Get("X-Ms-Request-Id")
			if !guid.MatchString(id) {
				t.Errorf("x-ms-request-id is %q", id)
			}
			if got := response.Header.Get("X-Ms-Correlation-Request-Id"); got != id {
				t.Errorf("x-ms-correlation-request-id is %q, want the request id %q", got, id)
			}
			if tt.method == "HEAD" {
				if len(body) != 0 || response.ContentLength <= 0 {
					t.Errorf("HEAD is answered with %d bytes and Content-Length %d", len(body), response.ContentLength)
				}
				return
			}
			if got := response.Header.Get("Content-Length"); got != strconv.Itoa(len(body)) {
				t.Errorf("Content-Length is %s of %d bytes", got, len(body))
			}
			var shape map[string]map[string]string
			if err := json.Unmarshal(body, &shape); err != nil {
				t.Fatalf("body %s: %v", body, err)
			}
			if len(shape) != 1 || len(shape["error"]) != 2 || shape["error"]["code"] == "" || shape["error"]["message"] == "" {
				t.Errorf("body is %s", body)
			}
		})
	}

	// RFC 6797 section 7.2: HSTS never over plain HTTP.
	t.Run("Strict-Transport-Security", func(t *testing.T) {
		for _, tt := range []struct {
			name string
			tls  *tls.ConnectionState
			want []string
		}{
			{"plain", nil, nil},
			{"TLS", &tls.ConnectionState{}, []string{"max-age=31536000; includeSubDomains"}},
		} {
			r := request("GET", webVM, "")
			r.TLS = tt.tls
			if got := s.do(s.gate.Handler(s), r).header.Values("Strict-Transport-Security"); !slices.Equal(got, tt.want) {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
	})

	t.Run("HEAD writes no body into a recorder either", func(t *testing.T) {
		if answer := s.do(s.gate.Handler(s), request("HEAD", webVM, "")); answer.body != "" {
			t.Errorf("body is %s", answer.body)
		}
	})
}

// Row "answers": the correlation id that a client sent comes back when it is fit to.
func TestCorrelationID(t *testing.T) {
	s := newSite(t, nil)
	handler := s.gate.Handler(s)
	for _, tt := range []struct {
		name   string
		values []string
		echoed bool
	}{
		{"GUID", []string{"0f1c2d3e-4a5b-4c6d-8e7f-9a0b1c2d3e4f"}, true},
		{"own words", []string{"run-7.retry_2"}, true},
		{"none", nil, false},
		{"markup", []string{"<b>"}, false},
		{"two", []string{"a", "b"}, false},
		{"line break", []string{"a\r\nSet-Cookie: b"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.log.take(t)
			r := request("GET", webVM, "")
			if tt.values != nil {
				r.Header["X-Ms-Correlation-Request-Id"] = tt.values
			}
			answer := s.do(handler, r)
			got := answer.header.Get("X-Ms-Correlation-Request-Id")
			if tt.echoed && got != tt.values[0] || !tt.echoed && got != answer.header.Get("X-Ms-Request-Id") {
				t.Errorf("x-ms-correlation-request-id is %q", got)
			}
			if _, lines := s.log.take(t); len(lines) != 1 || lines[0]["correlation_id"] != got {
				t.Errorf("the log has %v", lines)
			}
		})
	}
}

// Ids that a middleware outside the gate has put on the answer are kept, so that its log and the gate's speak of one request.
func TestIDsFromOutside(t *testing.T) {
	s := newSite(t, nil)
	for _, tt := range []struct {
		name, token string
		served      bool
	}{
		{"refused", "", false},
		{"authorized", s.issuer.Token(openidtest.User(alice)), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s.log.take(t)
			inner := s.gate.Handler(s)
			outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("x-ms-request-id", "outer-request")
				w.Header().Set("x-ms-correlation-request-id", "outer-correlation")
				inner.ServeHTTP(w, r)
			})
			r := request("GET", webVM, tt.token)
			r.Header.Set("X-Ms-Correlation-Request-Id", "client")
			answer := s.do(outer, r)
			if answer.served != tt.served {
				t.Fatalf("served is %v", answer.served)
			}
			_, lines := s.log.take(t)
			if len(lines) != 1 || lines[0]["request_id"] != "outer-request" || lines[0]["correlation_id"] != "outer-correlation" {
				t.Errorf("the log has %v", lines)
			}
			for name, want := range map[string]string{"X-Ms-Request-Id": "outer-request", "X-Ms-Correlation-Request-Id": "outer-correlation"} {
				if got := answer.header.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s is %q, want %s", name, got, want)
				}
			}
		})
	}
	t.Run("the gate adds none to what a handler answers", func(t *testing.T) {
		header := s.do(s.gate.Handler(s), request("GET", webVM, s.issuer.Token(openidtest.User(alice)))).header
		if header.Get("X-Ms-Request-Id") != "" || header.Get("X-Ms-Correlation-Request-Id") != "" {
			t.Errorf("headers are %v", header)
		}
	})
}
