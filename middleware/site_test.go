package middleware_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

// Who and what is at the site that most tests of this package put a gate before.
const (
	tenant        = "3f6b1c54-8a57-4c0b-9f0e-2b7f7a1d9c01"
	foreignTenant = "c0ffee00-1111-4222-8333-444455556666"

	subscription        = "11111111-aaaa-4bbb-8ccc-000000000001" // tenant's
	foreignSubscription = "22222222-aaaa-4bbb-8ccc-000000000002" // foreignTenant's
	unknownSubscription = "33333333-aaaa-4bbb-8ccc-000000000003"

	alice   = "a11ce000-0000-4000-8000-000000000001" // Owner of subscription
	bob     = "b0b00000-0000-4000-8000-000000000002" // Reader of resource group web through readers
	mallory = "bad00000-0000-4000-8000-000000000003" // without a role
	readers = "9ead0000-0000-4000-8000-000000000004"

	ownerRole  = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	readerRole = "acdd72a7-3385-48ef-bd42-f606fba81ae7"

	webGroup = "/subscriptions/" + subscription + "/resourceGroups/web"
	webVM    = webGroup + "/providers/Microsoft.Compute/virtualMachines/vm1"
)

// tenantOf is the site's list of subscriptions.
func tenantOf(id string) (string, bool) {
	owner, known := map[string]string{subscription: tenant, foreignSubscription: foreignTenant}[strings.ToLower(id)]
	return owner, known
}

func policy(tb testing.TB) *rbac.Policy {
	tb.Helper()
	p, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
		{
			Name: "10000000-0000-4000-8000-000000000001", Scope: "/subscriptions/" + subscription,
			RoleDefinitionID: ownerRole, PrincipalID: alice, PrincipalType: "User",
		},
		{
			Name: "10000000-0000-4000-8000-000000000002", Scope: webGroup,
			RoleDefinitionID: readerRole, PrincipalID: readers, PrincipalType: "Group",
		},
	}})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func authorizer(tb testing.TB, source rbac.Source) *rbac.Authorizer {
	tb.Helper()
	a, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: source, TenantOf: tenantOf, HomeTenant: tenant})
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// A site is a gate, the log that it writes, and an API behind it that records what it is asked.
type site struct {
	issuer *openidtest.Issuer
	gate   *middleware.Gate
	log    *record

	served atomic.Int64
	last   atomic.Pointer[http.Request]
}

// newSite puts a gate with an Entra ID v1 issuer before the API, after change has had its way with the configuration.
func newSite(tb testing.TB, change func(*middleware.Config)) *site {
	tb.Helper()
	return newSiteWith(tb, entraV1(tb), change)
}

// siteKey is the signing key of every entraV1: making one takes longer than most tests.
var siteKey = sync.OnceValue(func() tls.Certificate {
	issuer, err := openidtest.New(openidtest.Config{Type: openid.EntraV1, Tenant: tenant})
	if err != nil {
		panic(err)
	}
	return issuer.Key()
})

// entraV1 is the site's identity provider. One that the site does not trust is an openidtest.NewEntraV1, with a key of its own.
func entraV1(tb testing.TB) *openidtest.Issuer {
	tb.Helper()
	return openidtest.NewFor(tb, openidtest.Config{Type: openid.EntraV1, Tenant: tenant, Keys: []tls.Certificate{siteKey()}})
}

func newSiteWith(tb testing.TB, issuer *openidtest.Issuer, change func(*middleware.Config)) *site {
	tb.Helper()
	s := &site{issuer: issuer, log: &record{}}
	config := middleware.Config{
		Verifier:   issuer.Verifier(),
		Authorizer: authorizer(tb, policy(tb)),
		Logger:     slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&config)
	}
	gate, err := middleware.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	s.gate = gate
	return s
}

// ServeHTTP is the API behind the gate.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.served.Add(1)
	s.last.Store(r)
	io.WriteString(w, "served")
}

// do sends a request straight into handler.
func (s *site) do(handler http.Handler, r *http.Request) *answer {
	served := s.served.Load()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return read(w.Result(), s.served.Load() > served)
}

// serve starts a real server before the gate.
func (s *site) serve(tb testing.TB) *server {
	tb.Helper()
	server := &server{site: s, Server: httptest.NewServer(s.gate.Handler(s))}
	tb.Cleanup(server.Close)
	return server
}

type server struct {
	*httptest.Server
	site *site
}

// raw sends the bytes of a request that net/http's client would not send, and reads the one answer.
func (s *server) raw(tb testing.TB, method, request string) *answer {
	tb.Helper()
	served := s.site.served.Load()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		tb.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		tb.Fatal(err)
	}
	return read(response, s.site.served.Load() > served)
}

// An answer is what came back, and whether the API behind the gate was reached.
type answer struct {
	status        int
	header        http.Header
	body          string
	code, message string
	served        bool
}

func read(response *http.Response, served bool) *answer {
	body, _ := io.ReadAll(response.Body)
	response.Body.Close()
	a := &answer{status: response.StatusCode, header: response.Header, body: string(body), served: served}
	var parsed struct {
		Error struct{ Code, Message string }
	}
	if json.Unmarshal(body, &parsed) == nil {
		a.code, a.message = parsed.Error.Code, parsed.Error.Message
	}
	return a
}

// want checks the parts of a refusal that every row of the table of answers has.
func (a *answer) want(tb testing.TB, status int, code, message string) {
	tb.Helper()
	if a.status != status || a.code != code || a.message != message {
		tb.Errorf("answer is\n\t%d %s: %s\nwant\n\t%d %s: %s", a.status, a.code, a.message, status, code, message)
	}
	if a.served {
		tb.Error("the handler was reached")
	}
}

func (a *answer) wantServed(tb testing.TB) {
	tb.Helper()
	if a.status != http.StatusOK || !a.served {
		tb.Errorf("answer is %d %s, served %v, want the handler's", a.status, a.body, a.served)
	}
}

// request returns a request with a bearer token; "" stands for none.
func request(method, target, token string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

// A record is a log that a test can read while it is written.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *record) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// take returns what was written since the last take, as text and line by line.
func (l *record) take(tb testing.TB) (text string, lines []map[string]any) {
	tb.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	text = l.text.String()
	l.text.Reset()
	for line := range strings.Lines(text) {
		var parsed map[string]any
		if err := json.Unmarshal([]byte(line), &parsed); err != nil {
			tb.Fatalf("log line %q: %v", line, err)
		}
		lines = append(lines, parsed)
	}
	return text, lines
}

// verifier returns a verifier over issuer's providers for the given authorities.
func verifier(tb testing.TB, config openid.VerifierConfig) *openid.Verifier {
	tb.Helper()
	v, err := openid.NewVerifier(config)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// provider returns a provider for another authority of the same issuer.
func provider(tb testing.TB, issuer *openidtest.Issuer, authority string) *openid.Provider {
	tb.Helper()
	config := issuer.ProviderConfig()
	config.Authority = authority
	p, err := openid.NewProvider(config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := p.Close(); err != nil {
			tb.Error(err)
		}
	})
	return p
}
