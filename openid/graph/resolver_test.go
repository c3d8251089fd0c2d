package graph_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/graph"
	"hubgate.example/openid/openidtest"
)

func TestNew_Refused(t *testing.T) {
	token := func(context.Context) (string, error) { return secret, nil }
	good := graph.Tenant{ID: home, Endpoint: "https://graph.microsoft.com", Token: token}
	tenant := func(edit func(*graph.Tenant)) graph.Config {
		other := good
		other.ID = guest
		edit(&other)
		return graph.Config{Tenants: []graph.Tenant{good, other}}
	}
	at := func(endpoint string) graph.Config {
		return tenant(func(t *graph.Tenant) { t.Endpoint = endpoint })
	}
	for _, test := range []struct {
		name   string
		config graph.Config
		want   string // the field
	}{
		{"nothing", graph.Config{}, "Tenants"},
		{"no id", tenant(func(t *graph.Tenant) { t.ID = "" }), "Tenants[1].ID"},
		{"an id that is no GUID", tenant(func(t *graph.Tenant) { t.ID = "contoso.onmicrosoft.com" }), "Tenants[1].ID"},
		{"a SID", tenant(func(t *graph.Tenant) { t.ID = "S-1-5-21-1" }), "Tenants[1].ID"},
		{"the zero GUID", tenant(func(t *graph.Tenant) { t.ID = "00000000-0000-0000-0000-000000000000" }), "Tenants[1].ID"},
		{"a tenant twice", tenant(func(t *graph.Tenant) { t.ID = strings.ToUpper(home) }), "Tenants[1].ID"},
		{"no endpoint", at(""), "Tenants[1].Endpoint"},
		{"no URL", at("https://graph microsoft.com"), "Tenants[1].Endpoint"},
		{"http", at("http://graph.microsoft.com"), "Tenants[1].Endpoint"},
		{"another scheme", at("ftp://graph.microsoft.com"), "Tenants[1].Endpoint"},
		{"no scheme", at("graph.microsoft.com"), "Tenants[1].Endpoint"},
		{"no host", at("https:///v1.0"), "Tenants[1].Endpoint"},
		{"a password", at("https://u:p@graph.microsoft.com"), "Tenants[1].Endpoint"},
		{"a query", at("https://graph.microsoft.com/?a=b"), "Tenants[1].Endpoint"},
		{"a fragment", at("https://graph.microsoft.com/#a"), "Tenants[1].Endpoint"},
		{"dots", at("https://graph.microsoft.com/a/../b"), "Tenants[1].Endpoint"},
		{"a version", at("https://graph.microsoft.com/v1.0/"), "Tenants[1].Endpoint"},
		{"no token", tenant(func(t *graph.Tenant) { t.Token = nil }), "Tenants[1].Token"},
		{"a transport and roots", tenant(func(t *graph.Tenant) { t.Transport, t.RootCAs = http.DefaultTransport, x509.NewCertPool() }), "Tenants[1].RootCAs"},
		{"negative age", graph.Config{Tenants: []graph.Tenant{good}, MaxAge: -1}, "MaxAge"},
		{"negative staleness", graph.Config{Tenants: []graph.Tenant{good}, MaxStale: -time.Hour}, "MaxStale"},
		{"negative timeout", graph.Config{Tenants: []graph.Tenant{good}, Timeout: -1}, "Timeout"},
		{"negative cache", graph.Config{Tenants: []graph.Tenant{good}, MaxCacheBytes: -1}, "MaxCacheBytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := graph.New(test.config)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.HasPrefix(err.Error(), "graph: Config."+test.want+": ") {
				t.Errorf("error %q does not begin with the field %s", err, test.want)
			}
			if strings.Contains(err.Error(), "u:p@") {
				t.Errorf("error %q holds a password", err)
			}
		})
	}
	for _, endpoint := range []string{"https://graph.microsoft.us/", "http://localhost:8080", "http://127.0.0.1/graph", "https://proxy.example:8443/graph/"} {
		newResolver(t, at(endpoint))
	}
}

// Over a real network with TLS: what Graph says of each sort of principal is what is answered.
func TestGroups(t *testing.T) {
	fake := newFake(t)
	fake.members["users/"+nobody] = []string{}
	fake.members["users/3d4e5f60-7182-4394-95a6-b7c8d9e0f102"] = groups(11_000)
	fake.members["users/4e5f6071-8293-44a5-a6b7-c8d9e0f10213"] = groups(11_001)
	fake.members["servicePrincipals/5f607182-93a4-45b6-b7c8-d9e0f1021324"] = []string{strings.ToUpper(group(1)), group(0), group(1), group(0)}
	server := httptest.NewUnstartedServer(fake)
	server.Config.ErrorLog = noLog()
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	r := newResolver(t, graph.Config{Tenants: []graph.Tenant{{ID: strings.ToUpper(home), Endpoint: server.URL + "/", Token: fake.bearer, RootCAs: roots}}})
	principal := func(kind openid.Kind, id string) *openid.Principal {
		return &openid.Principal{Tenant: home, ObjectID: id, Kind: kind, Overage: true, Groups: []string{group(999)}}
	}
	for _, test := range []struct {
		name     string
		p        *openid.Principal
		want     want
		wantPath string // of the last request
	}{
		{"user in 250 groups", principal(openid.KindUser, alice), want{groups: 250, requests: 3}, "users/" + alice},
		{"the same in upper case, from memory", principal(openid.KindUser, strings.ToUpper(alice)), want{groups: 250}, ""},
		{"user in no group", principal(openid.KindGuest, nobody), want{requests: 1}, "users/" + nobody},
		{"user in 11,000 groups", principal(openid.KindUser, "3d4e5f60-7182-4394-95a6-b7c8d9e0f102"), want{groups: 11_000, requests: 110}, "users/3d4e5f60-7182-4394-95a6-b7c8d9e0f102"},
		{"user in more", principal(openid.KindUser, "4e5f6071-8293-44a5-a6b7-c8d9e0f10213"), want{err: graph.ErrTooManyGroups, requests: 1}, "users/4e5f6071-8293-44a5-a6b7-c8d9e0f10213"},
		{"service principal", principal(openid.KindServicePrincipal, robot), want{groups: 3, requests: 1}, "servicePrincipals/" + robot},
		{"managed identity, ids in any order and case", principal(openid.KindManagedIdentity, "5f607182-93a4-45b6-b7c8-d9e0f1021324"), want{groups: 2, requests: 1}, "servicePrincipals/5f607182-93a4-45b6-b7c8-d9e0f1021324"},
		{"nobody's", principal(openid.KindUser, "60718293-a4b5-46c7-88d9-e0f102132435"), want{err: graph.ErrNotFound, requests: 1}, "users/60718293-a4b5-46c7-88d9-e0f102132435"},
		{"of a kind that the token does not tell, nobody's", principal(openid.KindUnknown, "718293a4-b5c6-47d8-89e0-f10213243546"), want{err: graph.ErrNotFound, requests: 2}, "servicePrincipals/718293a4-b5c6-47d8-89e0-f10213243546"},
		{"of another tenant", &openid.Principal{Tenant: guest, ObjectID: alice, Kind: openid.KindUser}, want{err: graph.ErrNotFound}, ""},
		{"of an AD FS", principal(openid.KindUser, "S-1-5-21-1004336348-1177238915-682003330-1105"), want{err: graph.ErrNotFound}, ""},
		{"no object id", principal(openid.KindUser, "../me"), want{err: graph.ErrNotFound}, ""},
		{"nothing", &openid.Principal{}, want{err: graph.ErrNotFound}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			fake.asked()
			got, err := r.Groups(t.Context(), test.p)
			check(t, got, err, test.want)
			requests := fake.asked()
			if len(requests) != test.want.requests {
				t.Fatalf("%d requests, want %d", len(requests), test.want.requests)
			}
			for i, request := range requests {
				method := http.MethodPost
				if i > 0 && test.p.Kind != openid.KindUnknown {
					method = http.MethodGet
				}
				if !strings.HasPrefix(request.line, method+" ") {
					t.Errorf("request %d is %s", i, request.line)
				}
			}
			if len(requests) > 0 && !strings.HasSuffix(requests[len(requests)-1].line, " /v1.0/"+test.wantPath+"/getMemberObjects") {
				t.Errorf("last request is %s", requests[len(requests)-1].line)
			}
		})
	}

	// A token that does not tell a kind is asked for in both collections, and found in either.
	for _, id := range []string{alice, robot} {
		r := newResolver(t, graph.Config{Tenants: []graph.Tenant{{ID: home, Endpoint: server.URL, Token: fake.bearer, RootCAs: roots}}})
		got, err := r.Groups(t.Context(), principal(openid.KindUnknown, id))
		check(t, got, err, want{groups: map[string]int{alice: 250, robot: 3}[id]})
	}

	// Without its certificate authority, the server is nobody.
	r = newResolver(t, graph.Config{Tenants: []graph.Tenant{{ID: home, Endpoint: server.URL, Token: fake.bearer}}})
	fake.asked()
	got, err := r.Groups(t.Context(), user(alice))
	check(t, got, err, want{err: graph.ErrUnavailable})
	if n := len(fake.asked()); n != 0 {
		t.Errorf("%d requests to a server that nobody vouches for", n)
	}
}

// From the token to the groups: whatever address the token names for them, only the configured one is asked.
func TestOverageOfToken(t *testing.T) {
	hostile := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s: the address in a token was called", r.Method, r.URL)
	}))
	defer hostile.Close()
	fake := newFake(t)
	server := httptest.NewTLSServer(fake)
	defer server.Close()
	// It would reach, and trust, both.
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.RootCAs.AddCert(hostile.Certificate())
	r := newResolver(t, graph.Config{Tenants: []graph.Tenant{{ID: home, Endpoint: server.URL, Token: fake.bearer, Transport: transport}}})

	for _, typ := range []openid.AuthorityType{openid.EntraV1, openid.EntraV2} {
		issuer := openidtest.NewFor(t, openidtest.Config{Type: typ, Tenant: home, Algorithm: "ES256"})
		verifier := issuer.Verifier()
		sources := openidtest.With("_claim_sources", map[string]any{"src1": map[string]string{"endpoint": hostile.URL + "/" + home + "/users/" + alice + "/getMemberObjects"}})
		for _, test := range []struct {
			name    string
			who     openidtest.Claim
			changes []openidtest.Claim
			want    int
		}{
			{"user", openidtest.User(alice), []openidtest.Claim{openidtest.Overage(), sources}, 250},
			{"user of the implicit flow", openidtest.User(alice), []openidtest.Claim{openidtest.With("hasgroups", true), sources}, 250},
			{"service principal", openidtest.ServicePrincipal(robot), []openidtest.Claim{openidtest.Overage(), sources}, 3},
		} {
			principal, err := verifier.Verify(t.Context(), issuer.Token(test.who, test.changes...))
			if err != nil {
				t.Fatal(err)
			}
			if !principal.Overage {
				t.Errorf("%s, %s: no overage", typ, test.name)
			}
			got, err := r.Groups(t.Context(), principal)
			check(t, got, err, want{groups: test.want})
		}
	}
}

// An answer is used for MaxAge, and one call is made for all who ask at one time.
func TestMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.expect(t, user(alice), want{groups: 250, requests: 3})
		time.Sleep(5*time.Minute - 1)
		s.setMembers("users/"+alice, groups(249)) // the last one goes
		s.expect(t, user(alice), want{groups: 250})
		time.Sleep(time.Nanosecond)
		s.expect(t, user(alice), want{groups: 249, requests: 3})
		if s.log.Len() > 0 {
			t.Errorf("log is %s", s.log)
		}
	})
}

func TestSharedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.fail(s.slow(time.Second))
		var waiting sync.WaitGroup
		for i := range 50 {
			waiting.Go(func() {
				p := user(alice)
				if i%2 == 1 {
					p = workload(robot)
				}
				got, err := s.resolver.Groups(t.Context(), p)
				check(t, got, err, want{groups: map[int]int{0: 250, 1: 3}[i%2]})
			})
		}
		waiting.Wait()
		if n := len(s.asked()); n != 3+1 {
			t.Errorf("%d requests", n)
		}
	})
}

// A caller who goes away gets an error and takes nothing from the others, not even the first.
func TestCallersContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.fail(s.slow(time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		got, err := s.resolver.Groups(ctx, user(alice))
		checkError(t, got, err, graph.ErrUnavailable, time.Second)
		s.expect(t, user(alice), want{groups: 250, requests: 2, time: 2900 * time.Millisecond})

		// Who has gone already is answered from memory all the same, and by an older answer while a newer one is on its way.
		cancel()
		for range 2 {
			got, err = s.resolver.Groups(ctx, user(alice))
			check(t, got, err, want{groups: 250})
			time.Sleep(5 * time.Minute)
		}
		time.Sleep(time.Minute)
	})
}

// While Graph is down, what it said before counts for MaxStale more, and then nothing does. Whoever asks waits once in a while and shortly.
func TestMaxStale(t *testing.T) {
	for _, test := range []struct {
		name   string
		outage http.HandlerFunc
	}{
		{"connections are cut", cut},
		{"500", graphError(500, "InternalServerError")},
		{"no answer", hang},
		{"forbidden", graphError(403, "Authorization_RequestDenied")},
		{"throttled", graphError(429, "TooManyRequests", "Retry-After: 20")},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t)
				s.expect(t, user(alice), want{groups: 250, requests: 3})
				s.fail(test.outage)
				start := time.Now()
				for time.Since(start) < 65*time.Minute-time.Second {
					asked := time.Now()
					got, err := s.resolver.Groups(t.Context(), user(alice))
					check(t, got, err, want{groups: 250})
					if took := time.Since(asked); took > time.Second {
						t.Fatalf("after %v it took %v", asked.Sub(start), took)
					}
					time.Sleep(4 * time.Second)
				}
				// A call each minute at most, once the back-off is there, and four requests at most in each.
				if n := len(s.asked()); n < 60 || n > 4*130 {
					t.Errorf("%d requests in an hour", n)
				}
				time.Sleep(2 * time.Second)
				got, err := s.resolver.Groups(t.Context(), user(alice))
				check(t, got, err, want{err: graph.ErrUnavailable})
				if n := strings.Count(s.log.String(), "level=WARN"); n < 1 || n > 2 {
					t.Errorf("%d warnings:\n%s", n, s.log)
				}

				s.fail(nil)
				s.setMembers("users/"+alice, groups(7))
				time.Sleep(2 * time.Minute)
				s.expect(t, user(alice), want{groups: 7, requests: 1})
				if !strings.Contains(s.log.String(), "to be had again") {
					t.Error("the log does not say that it is over")
				}
			})
		})
	}
}

func TestNoStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *graph.Config) { c.MaxStale, c.MaxAge = graph.NoStale, time.Minute })
		s.expect(t, user(alice), want{groups: 250, requests: 3})
		s.fail(graphError(403, "Authorization_RequestDenied"))
		time.Sleep(time.Minute - 1)
		s.expect(t, user(alice), want{groups: 250})
		time.Sleep(2 * time.Nanosecond)
		s.expect(t, user(alice), want{err: graph.ErrUnavailable, requests: 1})
	})
}

// An answer that was long in coming is an answer, however short a time it is used for.
func TestShortMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *graph.Config) { c.MaxStale, c.MaxAge = graph.NoStale, time.Nanosecond })
		s.fail(s.slow(time.Second))
		for range 2 {
			s.expect(t, workload(robot), want{groups: 3, requests: 1, time: time.Second})
		}
	})
}

// Where there is an older answer, nobody waits longer than a second for a slow Graph, and the newer one counts when it has come.
func TestSlowGraph(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.expect(t, workload(robot), want{groups: 3, requests: 1})
		time.Sleep(6 * time.Minute)
		s.fail(s.slow(3 * time.Second))
		s.setMembers("servicePrincipals/"+robot, groups(2))
		s.expect(t, workload(robot), want{groups: 3, requests: 1, time: time.Second})
		s.expect(t, workload(robot), want{groups: 3, time: time.Second})
		time.Sleep(time.Second)
		s.expect(t, workload(robot), want{groups: 2})
	})
}

// That Graph does not know a principal ends what it said before, is no failure, and is asked again soon.
func TestNotFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.expect(t, user(alice), want{groups: 250, requests: 3})
		s.setMembers("users/"+alice, nil)
		time.Sleep(5 * time.Minute)
		s.expect(t, user(alice), want{err: graph.ErrNotFound, requests: 1})
		time.Sleep(time.Minute - 1)
		s.expect(t, user(alice), want{err: graph.ErrNotFound})
		s.fail(graphError(403, "Authorization_RequestDenied"))
		time.Sleep(time.Nanosecond)
		s.expect(t, user(alice), want{err: graph.ErrUnavailable, requests: 1}) // not the groups of an hour ago
		s.fail(nil)
		s.setMembers("users/"+alice, groups(1))
		time.Sleep(time.Minute)
		s.expect(t, user(alice), want{groups: 1, requests: 1})
	})
}

// Memory is bounded: principals that were not asked for lately are forgotten, and asked for again.
func TestMaxCacheBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *graph.Config) { c.MaxCacheBytes = 100_000 })
		s.pageSize = 1000
		id := func(n int) string { return fmt.Sprintf("90000000-0000-4000-8000-%012x", n) }
		for n := range 100 {
			s.setMembers("users/"+id(n), groups(250))
			s.expect(t, user(id(n)), want{groups: 250, requests: 1})
			synctest.Wait() // for the cache's own work
		}
		s.asked()
		for n := range 100 {
			got, err := s.resolver.Groups(t.Context(), user(id(n)))
			check(t, got, err, want{groups: 250})
			synctest.Wait()
		}
		if n := len(s.asked()); n < 90 {
			t.Errorf("%d of 100 principals were asked for again, but 93 at least do not fit", n)
		}
	})
}

// Whatever the token source does, the call fails and nothing else.
func TestTokenSource(t *testing.T) {
	for _, test := range []struct {
		name   string
		source func(context.Context) (string, error)
		want   error
		time   time.Duration
	}{
		{"good", func(context.Context) (string, error) { return secret, nil }, nil, 0},
		{"an error", func(context.Context) (string, error) { return "", errors.New("no\ncredential") }, graph.ErrUnavailable, 0},
		{"empty", func(context.Context) (string, error) { return "", nil }, graph.ErrUnavailable, 0},
		{"no header's", func(context.Context) (string, error) { return secret + "\r\nHost: evil", nil }, graph.ErrUnavailable, 0},
		{"a panic", func(context.Context) (string, error) { panic("at the disco") }, graph.ErrUnavailable, 0},
		{"for ever", func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }, graph.ErrUnavailable, 10 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(c *graph.Config) { c.Tenants[0].Token = test.source })
				requests := 0
				if test.want == nil {
					requests = 1
				}
				s.expect(t, workload(robot), want{groups: 3, err: test.want, requests: requests, time: test.time})
			})
		})
	}
}

// Each tenant has a Graph of its own, and the same object id is someone else in each.
func TestTenants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := newFake(t)
		other.token = "other"
		other.members["users/"+alice] = groups(2)
		s := newSite(t, func(c *graph.Config) {
			c.Tenants = append(c.Tenants, graph.Tenant{ID: guest, Endpoint: "http://localhost", Token: other.bearer, Transport: inMemory(t, other)})
		})
		elsewhere := user(alice)
		elsewhere.Tenant = guest
		for _, cached := range []bool{false, true} {
			requests := map[bool]int{false: 3, true: 0}[cached]
			s.expect(t, user(alice), want{groups: 250, requests: requests})
			s.expect(t, elsewhere, want{groups: 2})
		}
		// A pause of one is none of the other.
		s.next(graphError(429, "TooManyRequests", "Retry-After: 60"))
		s.expect(t, workload(robot), want{err: graph.ErrUnavailable, retryAfter: time.Minute, requests: 1})
		elsewhere = workload(robot)
		elsewhere.Tenant = guest
		s.expect(t, elsewhere, want{groups: 3})
	})
}

// Close ends calls and releases who waits. That no goroutine is left is what the end of the bubble asserts.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.expect(t, user(alice), want{groups: 250, requests: 3})
		s.fail(hang)
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() {
				got, err := s.resolver.Groups(t.Context(), workload(robot))
				check(t, got, err, want{err: graph.ErrUnavailable})
			})
		}
		synctest.Wait()
		for range 2 {
			if err := s.resolver.Close(); err != nil {
				t.Error(err)
			}
		}
		waiting.Wait()
		s.expect(t, user(alice), want{groups: 250})
		time.Sleep(65 * time.Minute)
		s.expect(t, user(alice), want{groups: 250}) // to the last
		time.Sleep(time.Nanosecond)
		s.expect(t, user(alice), want{err: graph.ErrUnavailable})
		s.expect(t, user(nobody), want{err: graph.ErrUnavailable})
		if strings.Contains(s.log.String(), "level=WARN") {
			t.Errorf("log is %s", s.log)
		}
	})
}

// Many callers, many principals, a Graph that has a bad day: nobody gets anybody else's groups, and no goroutine is left.
func TestManyCallers(t *testing.T) {
	before := runtime.NumGoroutine()
	fake := newFake(t)
	for n := range 20 {
		fake.members["users/"+group(n)] = groups(n)
	}
	var count atomic.Int64
	flaky := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch count.Add(1) % 29 {
		case 0:
			cut(w, r)
		case 1:
			graphError(503, "ServiceUnavailable")(w, r)
		default:
			fake.ServeHTTP(w, r)
		}
	})
	server := httptest.NewTLSServer(flaky)
	r, err := graph.New(graph.Config{
		Tenants: []graph.Tenant{{ID: home, Endpoint: server.URL, Token: fake.bearer, Transport: server.Client().Transport}},
		MaxAge:  time.Nanosecond, // so that there is something to do
	})
	if err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for c := range 16 {
		callers.Go(func() {
			for i := range 20 {
				n := (c + i) % 20
				got, err := r.Groups(t.Context(), user(group(n)))
				if err == nil && !slices.Equal(got, groups(n)) {
					t.Errorf("%d groups of one with %d", len(got), n)
				}
				if err != nil && !errors.Is(err, graph.ErrUnavailable) {
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
	r.Close()
	server.Close()
	for range 400 { // the connections' own goroutines end a moment after they are closed
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}
