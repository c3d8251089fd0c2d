package graph_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid/graph"
)

// Whatever comes in place of a list of ids is never taken for no groups, nor is a part of them for all.
func TestWrongAnswers(t *testing.T) {
	ids := `"value":["` + group(0) + `","` + group(1) + `","` + group(2) + `"]`
	next := func(link string) string { return `{` + ids + `,"@odata.nextLink":"` + link + `"}` }
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			io.WriteString(w, body)
		}
	}
	redirect := func(code int, to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, code) }
	}
	packed := new(bytes.Buffer)
	z := gzip.NewWriter(packed)
	fmt.Fprintf(z, `{"x":"%s",%s}`, strings.Repeat("x", 3<<20), ids)
	z.Close()
	const once, each = 1, 4 // requests: of what does not get better, and of what may
	for _, test := range []struct {
		name         string
		answer       http.HandlerFunc
		want         error // nil for three groups
		wantRequests int
	}{
		{"as Graph answers", say(`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#Collection(Edm.String)",` + ids + `}`), nil, once},
		{"more members", say(`{"@odata.count":3,"x":{"value":[]},` + ids + `}`), nil, once},

		{"nothing", say(""), graph.ErrUnavailable, each},
		{"a page of a proxy", say("<html><title>Sign in</title></html>"), graph.ErrUnavailable, each},
		{"an empty object", say("{}"), graph.ErrUnavailable, each},
		{"value null", say(`{"value":null}`), graph.ErrUnavailable, each},
		{"value a string", say(`{"value":"` + group(0) + `"}`), graph.ErrUnavailable, each},
		{"value in another case", say(`{"Value":["` + group(0) + `"]}`), graph.ErrUnavailable, each},
		{"value twice", say(`{` + ids + `,` + ids + `}`), graph.ErrUnavailable, each},
		{"an array", say(`["` + group(0) + `"]`), graph.ErrUnavailable, each},
		{"null", say(`null`), graph.ErrUnavailable, each},
		{"objects", say(`{"value":[{"id":"` + group(0) + `"}]}`), graph.ErrUnavailable, each},
		{"a name among ids", say(`{"value":["` + group(0) + `","Readers"]}`), graph.ErrUnavailable, each},
		{"null among ids", say(`{"value":["` + group(0) + `",null]}`), graph.ErrUnavailable, each},
		{"a number among ids", say(`{"value":["` + group(0) + `",1]}`), graph.ErrUnavailable, each},
		{"the zero GUID", say(`{"value":["00000000-0000-0000-0000-000000000000"]}`), graph.ErrUnavailable, each},
		{"cut off", say(`{"value":["` + group(0) + `"`), graph.ErrUnavailable, each},
		{"more after the end", say(`{` + ids + `}{}`), graph.ErrUnavailable, each},
		{"no UTF-8", say("{" + ids + ",\"x\":\"\xff\"}"), graph.ErrUnavailable, each},
		{"longer than a page", say(`{"x":"` + strings.Repeat("x", 1<<20) + `",` + ids + `}`), graph.ErrUnavailable, each},
		{"longer than a page when unpacked", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(packed.Bytes())
		}, graph.ErrUnavailable, each},
		{"more ids than there are", say(`{"value":["` + group(0) + strings.Repeat(`","`+group(1), 11_000) + `"]}`), graph.ErrTooManyGroups, once},
		{"broken off", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{`+ids+`}`)
		}, graph.ErrUnavailable, each},

		{"next page elsewhere", say(next("https://evil.example/v1.0/x?$skiptoken=1")), graph.ErrUnavailable, once},
		{"next page at another port", say(next("http://localhost:81/x")), graph.ErrUnavailable, once},
		{"next page by another scheme", say(next("https://localhost/x")), graph.ErrUnavailable, once},
		{"next page with a user", say(next("http://localhost@evil.example/x")), graph.ErrUnavailable, once},
		{"next page for a user", say(next("http://u:p@localhost/x")), graph.ErrUnavailable, once},
		{"next page at a name that begins alike", say(next("http://localhost.evil.example/x")), graph.ErrUnavailable, once},
		{"next page without a host", say(next("/v1.0/x?$skiptoken=1")), graph.ErrUnavailable, once},
		{"next page that is no URL", say(next("http://localhost/%zz")), graph.ErrUnavailable, once},
		{"next page of another type", say(`{` + ids + `,"@odata.nextLink":1}`), graph.ErrUnavailable, each},
		{"next pages without end", say(next("http://localhost/v1.0/again")), graph.ErrUnavailable, 250},
		{"next pages without end, with many ids", say(`{"value":["` + strings.Join(groups(999), `","`) + `"],"@odata.nextLink":"http://localhost/v1.0/again"}`), graph.ErrTooManyGroups, 12},
		{"next pages without end, without ids", say(`{"value":[],"@odata.nextLink":"http://localhost/v1.0/again"}`), graph.ErrUnavailable, 250},

		{"201", status(201, `{`+ids+`}`), graph.ErrUnavailable, once},
		{"204", status(204, ""), graph.ErrUnavailable, once},
		{"206", status(206, `{`+ids+`}`), graph.ErrUnavailable, once},
		{"a redirect on the same host", redirect(307, "/v1.0/elsewhere"), graph.ErrUnavailable, once},
		{"a redirect to another host", redirect(308, "http://evil.example/"), graph.ErrUnavailable, once},
		{"a redirect with GET", redirect(302, "/v1.0/elsewhere"), graph.ErrUnavailable, once},
		{"a bad request", graphError(400, "Request_BadRequest"), graph.ErrUnavailable, once},
		{"more groups than Graph names", graphError(400, "Directory_ResultSizeLimitExceeded"), graph.ErrTooManyGroups, once},
		{"the code of that with another status", graphError(403, "Directory_ResultSizeLimitExceeded"), graph.ErrUnavailable, once},
		{"a token that Graph does not take", graphError(401, "InvalidAuthenticationToken"), graph.ErrUnavailable, once},
		{"no permission", graphError(403, "Authorization_RequestDenied"), graph.ErrUnavailable, once},
		{"not found", graphError(404, "Request_ResourceNotFound"), graph.ErrNotFound, once},
		{"the code of that with another status", graphError(400, "Request_ResourceNotFound"), graph.ErrUnavailable, once},
		{"something else not found", graphError(404, "ResourceNotFound"), graph.ErrUnavailable, once},
		{"a 404 that is not Graph's", status(404, "404 page not found"), graph.ErrUnavailable, once},
		{"a 404 without end", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(404)
			for {
				if _, err := io.WriteString(w, `{"error":{"code":"Request_ResourceNotFound"}}`); err != nil {
					return
				}
			}
		}, graph.ErrUnavailable, once},
		{"a code that is no string", status(404, `{"error":{"code":404}}`), graph.ErrUnavailable, once},
		{"a code for the log", graphError(418, strings.Repeat("x\r\n", 1000)), graph.ErrUnavailable, once},
		{"408", graphError(408, "x"), graph.ErrUnavailable, each},
		{"429", graphError(429, "TooManyRequests"), graph.ErrUnavailable, each},
		{"500", graphError(500, "InternalServerError"), graph.ErrUnavailable, each},
		{"501", graphError(501, "NotImplemented"), graph.ErrUnavailable, once},
		{"502", status(502, "Bad Gateway"), graph.ErrUnavailable, each},
		{"503", graphError(503, "ServiceUnavailable"), graph.ErrUnavailable, each},
		{"504", graphError(504, "UnknownError"), graph.ErrUnavailable, each},
		{"connections are cut", cut, graph.ErrUnavailable, each},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t)
				s.fail(test.answer)
				got, err := s.resolver.Groups(t.Context(), workload(robot))
				check(t, got, err, want{groups: 3, err: test.want})
				if strings.HasPrefix(test.name, "next page ") && test.wantRequests == once && !strings.Contains(err.Error(), "@odata.nextLink") {
					t.Errorf("error is %v", err)
				}
				requests := s.asked()
				if len(requests) != test.wantRequests {
					t.Errorf("%d requests, want %d", len(requests), test.wantRequests)
				}
				for i, request := range requests {
					if strings.Contains(request.line, "elsewhere") || i == 0 && request.line != "POST /v1.0/servicePrincipals/"+robot+"/getMemberObjects" {
						t.Errorf("request %d is %s", i, request.line)
					}
				}
			})
		})
	}
}

// Over a real network: neither a redirect nor a next page leads anywhere else, and nobody else sees the token.
func TestOtherHosts(t *testing.T) {
	evil := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s", r.Method, r.URL) }))
	defer evil.Close()
	fake := newFake(t)
	server := httptest.NewTLSServer(fake)
	defer server.Close()
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.RootCAs.AddCert(evil.Certificate())
	for name, answer := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, evil.URL, http.StatusPermanentRedirect)
		},
		"next page": func(w http.ResponseWriter, _ *http.Request) {
			json.NewEncoder(w).Encode(map[string]any{"value": groups(3), "@odata.nextLink": evil.URL + "/v1.0/x"})
		},
	} {
		r := newResolver(t, graph.Config{Tenants: []graph.Tenant{{ID: home, Endpoint: server.URL, Token: fake.bearer, Transport: transport}}})
		fake.next(answer)
		got, err := r.Groups(t.Context(), user(alice))
		if t.Logf("%s: %v", name, err); err == nil {
			t.Error("accepted")
			continue
		}
		checkError(t, got, err, graph.ErrUnavailable, 0)
		if !strings.Contains(err.Error(), map[string]string{"redirect": "status 308", "next page": "another origin"}[name]) {
			t.Errorf("error is %v", err)
		}
	}
}

// Of an answer without an end no more is read than a page may have.
func TestEndlessAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		written := 0 // of all four answers, which come one after the other
		s.fail(func(w http.ResponseWriter, _ *http.Request) {
			for {
				n, err := io.WriteString(w, strings.Repeat(" ", 1000))
				if written += n; err != nil || written > 100<<20 {
					return
				}
			}
		})
		got, err := s.resolver.Groups(t.Context(), workload(robot))
		checkError(t, got, err, graph.ErrUnavailable, 0)
		synctest.Wait()
		if written > 4*(1<<20+100_000) {
			t.Errorf("%d bytes were read", written)
		}
	})
}

// A fault that passes is got over within the call, on whichever page it happens.
func TestTransientFaults(t *testing.T) {
	throttled := graphError(429, "TooManyRequests", "Retry-After: 2")
	for _, test := range []struct {
		name         string
		script       []http.HandlerFunc // nil stands for as Graph answers
		wantRequests int
		least, most  time.Duration
	}{
		{"none", nil, 3, 0, 0},
		{"503", []http.HandlerFunc{graphError(503, "x")}, 4, 125 * time.Millisecond, 250 * time.Millisecond},
		{"cut", []http.HandlerFunc{cut}, 4, 125 * time.Millisecond, 250 * time.Millisecond},
		{"three", []http.HandlerFunc{cut, graphError(500, "x"), say("")}, 6, 875 * time.Millisecond, 1750 * time.Millisecond},
		{"on the second page", []http.HandlerFunc{nil, graphError(503, "x"), say("{")}, 5, 375 * time.Millisecond, 750 * time.Millisecond},
		{"three on each page", []http.HandlerFunc{say(""), say(""), say(""), nil, say(""), say(""), say(""), nil, say(""), say(""), say(""), nil}, 12, 3 * 875 * time.Millisecond, 3 * 1750 * time.Millisecond},
		{"throttled", []http.HandlerFunc{throttled}, 4, 2 * time.Second, 2200 * time.Millisecond},
		{"throttled twice, on the last page", []http.HandlerFunc{nil, nil, throttled, throttled}, 5, 4 * time.Second, 4400 * time.Millisecond},
		{"throttled by a date", []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			graphError(503, "x", "Retry-After: "+time.Now().Add(3*time.Second).UTC().Format(http.TimeFormat))(w, r)
		}}, 4, 3 * time.Second, 3300 * time.Millisecond},
		{"a date that has passed", []http.HandlerFunc{graphError(429, "x", "Retry-After: Thu, 01 Jan 1998 15:04:05 GMT")}, 4, 125 * time.Millisecond, 250 * time.Millisecond},
		{"no time", []http.HandlerFunc{graphError(429, "x", "Retry-After: 0")}, 4, 125 * time.Millisecond, 250 * time.Millisecond},
		{"a negative time", []http.HandlerFunc{graphError(429, "x", "Retry-After: -1")}, 4, 125 * time.Millisecond, 250 * time.Millisecond},
		{"a word", []http.HandlerFunc{graphError(429, "x", "Retry-After: soon")}, 4, 125 * time.Millisecond, 250 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t)
				for i, answer := range test.script {
					if answer == nil {
						test.script[i] = s.memberObjects
					}
				}
				s.next(test.script...)
				start := time.Now()
				got, err := s.resolver.Groups(t.Context(), user(alice))
				check(t, got, err, want{groups: 250})
				if took := time.Since(start); took < test.least || took > test.most {
					t.Errorf("took %v, want %v to %v", took, test.least, test.most)
				}
				if n := len(s.asked()); n != test.wantRequests {
					t.Errorf("%d requests, want %d", n, test.wantRequests)
				}
			})
		})
	}
}

// Who has no older answer gets an error for as long as Graph fails, which says when Graph is asked again; and that is less and less often.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.fail(graphError(403, "Authorization_RequestDenied"))
		const step = 50 * time.Millisecond
		type refusal struct{ at, retry time.Time }
		var refusals []refusal
		for range 10 * time.Minute / step {
			now := time.Now()
			got, err := s.resolver.Groups(t.Context(), user(alice))
			checkError(t, got, err, graph.ErrUnavailable, 0)
			refusals = append(refusals, refusal{now, now.Add(err.(*graph.Error).RetryAfter)})
			time.Sleep(step)
		}
		requests := s.asked()
		longest := time.Second
		for i := range len(requests) - 1 {
			if wait := requests[i+1].at.Sub(requests[i].at); wait < longest/2 || wait > longest+step {
				t.Errorf("call %d after %v, want %v to %v", i+1, wait, longest/2, longest)
			}
			longest = min(2*longest, time.Minute)
			for len(refusals) > 0 && refusals[0].at.Before(requests[i+1].at) {
				at, retry := refusals[0].at, refusals[0].retry
				if early := requests[i+1].at.Sub(retry); early > step || early < 0 && retry.Sub(at) > time.Second {
					t.Fatalf("asked to come back %v early", early)
				}
				refusals = refusals[1:]
			}
		}
		if longest != time.Minute {
			t.Errorf("%d calls in ten minutes", len(requests))
		}
		s.fail(nil)
		time.Sleep(time.Minute)
		s.expect(t, user(alice), want{groups: 250, requests: 3})
	})
}

// A pause that Graph asks for holds for every principal, and is kept to by who would have to wait for too long as by who waits.
func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.expect(t, user(alice), want{groups: 250, requests: 3})
		time.Sleep(5 * time.Minute)

		s.next(graphError(429, "TooManyRequests", "Retry-After: 30"))
		s.expect(t, workload(robot), want{err: graph.ErrUnavailable, retryAfter: 30 * time.Second, requests: 1})
		time.Sleep(10 * time.Second)
		s.expect(t, workload(robot), want{err: graph.ErrUnavailable, retryAfter: 20 * time.Second})
		s.expect(t, user(nobody), want{err: graph.ErrUnavailable, retryAfter: 20 * time.Second})
		s.expect(t, user(alice), want{groups: 250}) // the older ones
		time.Sleep(12 * time.Second)
		start := time.Now()
		got, err := s.resolver.Groups(t.Context(), user(group(1))) // there are 8 seconds left, which a call has
		checkError(t, got, err, graph.ErrNotFound, 0)
		if took := time.Since(start); took < 8*time.Second || took > 8800*time.Millisecond {
			t.Errorf("took %v", took)
		}
		s.expect(t, workload(robot), want{groups: 3, requests: 1})

		// A shorter one does not end it, nor does a fault without one.
		time.Sleep(5 * time.Minute)
		late := func(delay time.Duration, answer http.HandlerFunc) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(delay)
				answer(w, r)
			}
		}
		s.next(late(time.Second, graphError(429, "x", "Retry-After: 60")), late(2*time.Second, graphError(429, "x", "Retry-After: 2")), late(3*time.Second, graphError(403, "x")))
		var waiting sync.WaitGroup
		for n := range 3 {
			waiting.Go(func() {
				got, err := s.resolver.Groups(t.Context(), user(group(10+n)))
				checkError(t, got, err, graph.ErrUnavailable, 0)
			})
		}
		waiting.Wait()
		s.expect(t, user(group(13)), want{err: graph.ErrUnavailable, retryAfter: 58 * time.Second})

		// No pause lasts for more than 5 minutes, whatever Graph says.
		time.Sleep(5 * time.Minute)
		for _, retryAfter := range []string{"86400", "2147483647", "99999999999999999999", "Fri, 31 Dec 2100 23:59:59 GMT"} {
			s.next(graphError(503, "ServiceUnavailable", "Retry-After: "+retryAfter))
			got, err := s.resolver.Groups(t.Context(), user(group(2)))
			checkError(t, got, err, graph.ErrUnavailable, 5*time.Minute)
			time.Sleep(5 * time.Minute)
		}
	})
}

// Neither a fault nor a pause makes a call longer than Timeout, and Close ends both.
func TestTimeoutBetweenRequests(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   want
	}{
		{"after a fault", graphError(503, "x"), want{err: graph.ErrUnavailable, requests: 1, time: 100 * time.Millisecond}},
		{"in a pause", graphError(503, "x", "Retry-After: 1"), want{err: graph.ErrUnavailable, requests: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, func(c *graph.Config) { c.Timeout = 100 * time.Millisecond })
				s.fail(test.answer)
				s.expect(t, user(alice), test.want)

				s = newSite(t)
				s.fail(test.answer)
				go func() {
					time.Sleep(100 * time.Millisecond)
					s.resolver.Close()
				}()
				s.expect(t, user(alice), want{err: graph.ErrUnavailable, requests: 1, time: 100 * time.Millisecond})
			})
		})
	}
}

// A call ends after Timeout, wherever it hangs.
func TestTimeout(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
	}{
		{"no answer", hang},
		{"header and no body", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			hang(w, r)
		}},
		{"a byte a second", func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := io.WriteString(w, " "); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				time.Sleep(time.Second)
			}
		}},
		{"an error without an end", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			w.(http.Flusher).Flush()
			hang(w, r)
		}},
	} {
		for _, timeout := range []time.Duration{0, 3 * time.Second} {
			t.Run(fmt.Sprint(test.name, timeout), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newSite(t, func(c *graph.Config) { c.Timeout = timeout })
					s.fail(test.answer)
					took := max(timeout, 10*time.Second)
					if timeout != 0 {
						took = timeout
					}
					s.expect(t, user(alice), want{err: graph.ErrUnavailable, requests: 1, time: took})
					s.expect(t, user(alice), want{err: graph.ErrUnavailable}) // at once
				})
			})
		}
	}
}
