package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/graph"
)

const (
	home  = "3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6a"
	guest = "7d1a0b63-7c2f-4e30-8b68-203f4e5d6c7b"

	alice  = "0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9"
	robot  = "1b2c3d4e-5f60-4172-8384-95a6b7c8d9e0"
	nobody = "2c3d4e5f-6071-4283-8495-a6b7c8d9e0f1"

	secret = "eyJ0eXAiOiJKV1QifQ.eyJzZWNyZXQiOnRydWV9.c2VjcmV0"
)

// group is the id of the nth group.
func group(n int) string { return fmt.Sprintf("c0ffee00-1234-4321-8765-%012x", n) }

// groups are the ids of the first n groups.
func groups(n int) []string { return allGroups()[:n:n] }

var allGroups = sync.OnceValue(func() []string {
	ids := make([]string, 11_001)
	for i := range ids {
		ids[i] = group(i)
	}
	return ids
})

// A fakeGraph answers as Microsoft Graph does.
type fakeGraph struct {
	t     testing.TB
	token string

	mu       sync.Mutex
	members  map[string][]string // by users/{id} and servicePrincipals/{id}
	pageSize int
	script   []http.HandlerFunc // what the next requests are answered by
	always   http.HandlerFunc   // what all others are answered by, nil for as Graph does
	requests []graphRequest
}

type graphRequest struct {
	line string // method and path
	at   time.Time
}

func newFake(t testing.TB) *fakeGraph {
	return &fakeGraph{t: t, token: secret, pageSize: 100, members: map[string][]string{
		"users/" + alice:             groups(250),
		"servicePrincipals/" + robot: groups(3),
	}}
}

// next scripts the answers of the next requests.
func (g *fakeGraph) next(answers ...http.HandlerFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.script = append(g.script, answers...)
}

// fail lets all requests be answered so, or as Graph does.
func (g *fakeGraph) fail(answer http.HandlerFunc) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.always = answer
}

func (g *fakeGraph) setMembers(name string, groups []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.members[name] = groups; groups == nil {
		delete(g.members, name)
	}
}

// asked answers the requests since it was last called.
func (g *fakeGraph) asked() []graphRequest {
	g.mu.Lock()
	defer g.mu.Unlock()
	requests := g.requests
	g.requests = nil
	return requests
}

func (g *fakeGraph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // a server sees that the client has gone only after that
	r.Body = io.NopCloser(bytes.NewReader(body))
	g.mu.Lock()
	g.requests = append(g.requests, graphRequest{r.Method + " " + r.URL.Path, time.Now()})
	answer := g.always
	if len(g.script) > 0 {
		answer, g.script = g.script[0], g.script[1:]
	}
	g.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	g.memberObjects(w, r)
}

func (g *fakeGraph) memberObjects(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+g.token || len(r.Header["Authorization"]) != 1 {
		graphError(http.StatusUnauthorized, "InvalidAuthenticationToken")(w, r)
		return
	}
	name, isPath := strings.CutPrefix(r.URL.Path, "/v1.0/")
	name, isAction := strings.CutSuffix(name, "/getMemberObjects")
	page := 0
	switch r.Method {
	case http.MethodPost:
		body, _ := io.ReadAll(r.Body)
		if string(body) != `{"securityEnabledOnly":true}` || r.Header.Get("Content-Type") != "application/json" {
			graphError(http.StatusBadRequest, "Request_BadRequest")(w, r)
			return
		}
	case http.MethodGet:
		var err error
		if page, err = strconv.Atoi(r.URL.Query().Get("$skiptoken")); err != nil {
			graphError(http.StatusMethodNotAllowed, "Request_BadRequest")(w, r)
			return
		}
	}
	g.mu.Lock()
	all, known := g.members[name]
	size := g.pageSize
	g.mu.Unlock()
	switch {
	case !isPath || !isAction:
		graphError(http.StatusBadRequest, "BadRequest")(w, r)
		return
	case !known:
		graphError(http.StatusNotFound, "Request_ResourceNotFound")(w, r)
		return
	case len(all) > 11_000:
		graphError(http.StatusBadRequest, "Directory_ResultSizeLimitExceeded")(w, r)
		return
	}
	answer := map[string]any{
		"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Collection(Edm.String)",
		"value":          all[page*size : min((page+1)*size, len(all))],
	}
	if (page+1)*size < len(all) {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		answer["@odata.nextLink"] = fmt.Sprintf("%s://%s%s?$skiptoken=%d", scheme, r.Host, r.URL.Path, page+1)
	}
	w.Header().Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	json.NewEncoder(w).Encode(answer)
}

// graphError answers an error in Graph's words. The token, that a hostile Graph could repeat, is in them.
func graphError(status int, code string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, header := range headers {
			name, value, _ := strings.Cut(header, ": ")
			w.Header().Set(name, value)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
			"code": code, "message": "For " + r.Header.Get("Authorization"),
			"innerError": map[string]string{"date": "2026-03-04T05:06:07", "request-id": nobody, "client-request-id": nobody},
		}})
	}
}

// say answers 200 with this body.
func say(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
}

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// slow answers as Graph does, but late.
func (g *fakeGraph) slow(delay time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(delay):
			g.memberObjects(w, r)
		case <-r.Context().Done():
		}
	}
}

// A pipes listener accepts connections in memory, so that a real client and a real server work in a synctest bubble.
type pipes struct {
	connections chan net.Conn
	once        sync.Once
	closed      chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.connections:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.connections <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inMemory serves handler in memory, and answers the transport that reaches it.
func inMemory(t testing.TB, handler http.Handler) *http.Transport {
	p := &pipes{connections: make(chan net.Conn), closed: make(chan struct{})}
	var running sync.WaitGroup
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			running.Add(1)
			defer running.Done()
			handler.ServeHTTP(w, r)
		}),
		ErrorLog: noLog(),
	}
	running.Go(func() { server.Serve(p) })
	t.Cleanup(func() { server.Close(); running.Wait() })
	return &http.Transport{DialContext: p.dial}
}

func noLog() *log.Logger { return slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) }

// A site is a resolver, the Graph that it asks, and its log.
type site struct {
	*fakeGraph
	resolver *graph.Resolver
	log      *bytes.Buffer // read it when nothing goes on
}

// newSite is for a bubble.
func newSite(t testing.TB, edits ...func(*graph.Config)) *site {
	t.Helper()
	s := &site{fakeGraph: newFake(t), log: new(bytes.Buffer)}
	config := graph.Config{
		Tenants: []graph.Tenant{{ID: home, Endpoint: "http://localhost", Token: s.bearer, Transport: inMemory(t, s)}},
		Logger:  slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, edit := range edits {
		edit(&config)
	}
	s.resolver = newResolver(t, config)
	t.Cleanup(func() {
		s.resolver.Close()
		if strings.Contains(s.log.String(), secret) {
			t.Error("the token is in the log")
		}
	})
	return s
}

func (g *fakeGraph) bearer(context.Context) (string, error) { return g.token, nil }

func newResolver(t testing.TB, config graph.Config) *graph.Resolver {
	t.Helper()
	r, err := graph.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func user(objectID string) *openid.Principal {
	return &openid.Principal{Tenant: home, ObjectID: objectID, Kind: openid.KindUser, Overage: true}
}

func workload(objectID string) *openid.Principal {
	return &openid.Principal{Tenant: home, ObjectID: objectID, Kind: openid.KindServicePrincipal, Overage: true}
}

// want is what a call of Groups is to bring.
type want struct {
	groups     int   // the first so many
	err        error // in place of groups
	retryAfter time.Duration
	requests   int
	time       time.Duration // in a bubble
}

// expect calls Groups and asserts what it brings.
func (s *site) expect(t *testing.T, p *openid.Principal, want want) {
	t.Helper()
	s.asked()
	start := time.Now()
	got, err := s.resolver.Groups(t.Context(), p)
	if took := time.Since(start); took != want.time {
		t.Errorf("took %v, want %v", took, want.time)
	}
	if n := len(s.asked()); n != want.requests {
		t.Errorf("%d requests, want %d", n, want.requests)
	}
	check(t, got, err, want)
}

func check(t testing.TB, got []string, err error, want want) {
	t.Helper()
	if want.err != nil {
		checkError(t, got, err, want.err, want.retryAfter)
		return
	}
	if err != nil {
		t.Error(err)
	} else if !slices.Equal(got, groups(want.groups)) {
		t.Errorf("%d groups %.3q, want the first %d", len(got), got, want.groups)
	}
}

// checkError asserts what holds for every error. A retryAfter of 0 is any.
func checkError(t testing.TB, got []string, err, want error, retryAfter time.Duration) {
	t.Helper()
	if got != nil {
		t.Errorf("%d groups beside an error", len(got))
	}
	failure, ok := err.(*graph.Error)
	if !ok {
		t.Fatalf("error %v is a %T, want an *Error", err, err)
	}
	if failure.Err != want || failure.Unwrap() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	if (failure.RetryAfter >= time.Second) != (want == graph.ErrUnavailable) || retryAfter != 0 && failure.RetryAfter != retryAfter {
		t.Errorf("RetryAfter is %v with %v, want %v", failure.RetryAfter, err, retryAfter)
	}
	if strings.Contains(err.Error(), secret) || len(err.Error()) > 1000 || strings.ContainsAny(err.Error(), "\r\n") {
		t.Errorf("the text is not fit for a log: %q", err)
	}
}
