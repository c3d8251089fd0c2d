package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/graph"
	"hubgate.example/openid/openidtest"
)

// The groups that a token has no room for are asked for, decide, and reach the handler; a resolver that is away is the server's trouble,
// and one that knows no answer refuses.
func TestGroups(t *testing.T) {
	down := &graph.Error{Err: graph.ErrUnavailable, Detail: "away", RetryAfter: 42 * time.Second}
	for _, test := range []struct {
		name   string
		groups []string
		err    error
		// panics is a mistake of the resolver itself.
		panics     bool
		status     int
		retryAfter string
		reason     string // in the log
	}{
		{"in the group that grants", []string{mallory, readers}, nil, false, 200, "", ""},
		{"in no such group", []string{mallory}, nil, false, 403, "", "no role grants the operation"},
		{"in none", nil, nil, false, 403, "", "no role grants the operation"},
		{"unavailable", []string{readers}, fmt.Errorf("wrapped: %w", down), false, 503, "42", "groups unavailable"},
		{"unavailable, without a time", []string{readers}, graph.ErrUnavailable, false, 503, "5", "groups unavailable"},
		{"out of time", []string{readers}, fmt.Errorf("wrapped: %w", context.DeadlineExceeded), false, 503, "5", "groups unavailable"},
		{"given up", []string{readers}, context.Canceled, false, 403, "", "group overage"},
		{"not found", []string{readers}, graph.ErrNotFound, false, 403, "", "group overage"},
		{"some other error", []string{readers}, errors.New("other"), false, 403, "", "group overage"},
		{"panic", nil, nil, true, 500, "", "panic in validation"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked []string
			s := newSite(t, func(config *middleware.Config) {
				config.Groups = func(_ context.Context, principal *openid.Principal) ([]string, error) {
					asked = append(asked, principal.ObjectID)
					if test.panics {
						panic("mistake")
					}
					return test.groups, test.err
				}
			})
			token := s.issuer.Token(openidtest.User(bob), openidtest.Overage())
			for name, handler := range map[string]http.Handler{
				"Handler":   s.gate.Handler(s),
				"two steps": s.gate.Authenticate(s.gate.Authorize(s)),
				"List":      s.gate.Authenticate(s.gate.List(s)),
			} {
				asked = nil
				s.log.take(t)
				answer := s.do(handler, request("GET", webVM, token))
				if answer.status != test.status || answer.served != (test.status == 200) || answer.header.Get("Retry-After") != test.retryAfter {
					t.Fatalf("%s: %d, served %t, Retry-After %q", name, answer.status, answer.served, answer.header.Get("Retry-After"))
				}
				if !slices.Equal(asked, []string{bob}) {
					t.Errorf("%s: asked for %q", name, asked)
				}
				if text, lines := s.log.take(t); test.reason != "" && (len(lines) != 1 || lines[0]["reason"] != test.reason) {
					t.Errorf("%s: log is %s", name, text)
				}
				if !answer.served {
					continue
				}
				principal, _ := middleware.PrincipalFrom(s.last.Load().Context())
				if principal.Overage || !slices.Equal(principal.Groups, test.groups) {
					t.Errorf("%s: the handler sees groups %q, overage %t", name, principal.Groups, principal.Overage)
				}
			}
		})
	}
}

// Who carries all groups is never asked for; nor is somebody whose operation is refused before groups matter.
func TestGroupsNotAsked(t *testing.T) {
	s := newSite(t, func(config *middleware.Config) {
		config.Groups = func(context.Context, *openid.Principal) ([]string, error) {
			t.Error("asked")
			return nil, nil
		}
	})
	handler := s.gate.Handler(s)
	s.do(handler, request("GET", webVM, s.issuer.Token(openidtest.User(alice)))).wantServed(t)
	overage := s.issuer.Token(openidtest.User(alice), openidtest.Overage())
	if answer := s.do(handler, request("GET", "/subscriptions/not-a-guid", overage)); answer.status != 400 {
		t.Errorf("status %d", answer.status)
	}
	if answer := s.do(s.gate.Authenticate(s), request("GET", webVM, overage)); answer.status != 200 {
		t.Errorf("status %d", answer.status)
	}
}

// A file of groups, as at a site with AD FS, fits as it is.
func TestGroupsFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "groups.json")
	if err := os.WriteFile(path, []byte(`{"`+bob+`": ["`+readers+`"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := graph.NewFile(graph.FileConfig{Path: path, Tenant: tenant})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(config *middleware.Config) { config.Groups = file.Groups })
	s.do(s.gate.Handler(s), request("GET", webVM, s.issuer.Token(openidtest.User(bob), openidtest.Overage()))).wantServed(t)
	if answer := s.do(s.gate.Handler(s), request("GET", webVM, s.issuer.Token(openidtest.User(mallory), openidtest.Overage()))); answer.status != 403 {
		t.Errorf("status %d", answer.status)
	}
}
