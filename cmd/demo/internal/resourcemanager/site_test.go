package resourcemanager_test

import (
	"context"
	"crypto/tls"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"hubgate.example/cmd/demo/internal/resourcemanager"
	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

// Who and what is at the site of these tests: two tenants, the first with two subscriptions, the second with one.
const (
	home    = "3f6b1c54-8a57-4c0b-9f0e-2b7f7a1d9c01"
	foreign = "c0ffee00-1111-4222-8333-444455556666"

	primary   = "/subscriptions/11111111-aaaa-4bbb-8ccc-000000000001"
	second    = "/subscriptions/22222222-aaaa-4bbb-8ccc-000000000002"
	elsewhere = "/subscriptions/33333333-aaaa-4bbb-8ccc-000000000003"
	unknown   = "/subscriptions/44444444-aaaa-4bbb-8ccc-000000000004"

	shop   = primary + "/resourceGroups/Shop"
	vault  = primary + "/resourceGroups/Vault"
	web    = shop + "/providers/Microsoft.Compute/virtualMachines/Web"
	disk   = web + "/extensions/Disk"
	net    = shop + "/providers/Microsoft.Network/virtualNetworks/Net"
	safe   = vault + "/providers/Microsoft.Compute/virtualMachines/Safe"
	budget = primary + "/providers/Microsoft.Consumption/budgets/Budget"
)

// address is where the server is configured to be, which is not where it is.
const address = "https://management.example:8443"

// The principals are called after what they may do.
const (
	owner       = "a0000000-0000-4000-8000-000000000001" // Owner of primary and of second
	contributor = "a0000000-0000-4000-8000-000000000002" // Contributor of shop
	reader      = "a0000000-0000-4000-8000-000000000003" // Reader of web, by the group readers
	nobody      = "a0000000-0000-4000-8000-000000000004" // without a role
	stranger    = "a0000000-0000-4000-8000-000000000005" // of the tenant foreign, Owner of elsewhere
	auditor     = "a0000000-0000-4000-8000-000000000006" // Reader of all that is the tenant home's
	restarter   = "a0000000-0000-4000-8000-000000000007" // may restart web and not read it
	readers     = "a0000000-0000-4000-8000-000000000009"
)

// A site is a Resource Manager behind a real gate, on a real server.
type site struct {
	handler *resourcemanager.Server
	server  *httptest.Server
	tokens  map[string]string

	mu      sync.Mutex
	deleted []string // what Config.Deleted was told
	// authorizing runs while Config.Authorization serves a request.
	authorizing func()
}

func contents() resourcemanager.Contents {
	resource := func(id string) resourcemanager.Resource { return resourcemanager.Resource{ID: id, Location: "local"} }
	tagged := resource(web)
	tagged.Tags = map[string]string{"Tier": "front", "owner": "it's us"}
	tagged.Properties = map[string]jsontext.Value{"size": jsontext.Value(`"small"`)}
	return resourcemanager.Contents{
		Subscriptions: []resourcemanager.Subscription{
			{ID: strings.TrimPrefix(second, "/subscriptions/"), Tenant: home, DisplayName: "Second"},
			{ID: strings.TrimPrefix(primary, "/subscriptions/"), Tenant: home, DisplayName: "Primary"},
			{ID: strings.TrimPrefix(elsewhere, "/subscriptions/"), Tenant: foreign, DisplayName: "Elsewhere"},
		},
		Resources: []resourcemanager.Resource{
			resource(vault), resource(shop), tagged, resource(disk), resource(net), resource(safe), {ID: budget},
		},
	}
}

// signingKey is made once: an RSA key takes longer than the rest of a test.
var signingKey = sync.OnceValue(func() tls.Certificate {
	issuer, err := openidtest.New(openidtest.Config{Type: openid.EntraV1, Tenant: home})
	if err != nil {
		panic(err)
	}
	return issuer.Key()
})

// newSite serves a site over TLS; change, if any, is made to its configuration.
func newSite(tb testing.TB, change ...func(*resourcemanager.Config)) *site {
	tb.Helper()
	s := newHandler(tb, change...)
	s.server = httptest.NewTLSServer(s.handler)
	tb.Cleanup(s.server.Close)
	return s
}

// newHandler returns a site that nothing serves, for tests within a bubble of synctest.
func newHandler(tb testing.TB, change ...func(*resourcemanager.Config)) *site {
	tb.Helper()
	issuer := openidtest.NewFor(tb, openidtest.Config{Type: openid.EntraV1, Tenant: home, Keys: []tls.Certificate{signingKey()}})
	s := &site{tokens: map[string]string{
		owner:       issuer.Token(openidtest.User(owner)),
		contributor: issuer.Token(openidtest.User(contributor)),
		reader:      issuer.Token(openidtest.User(reader, readers)),
		nobody:      issuer.Token(openidtest.User(nobody)),
		auditor:     issuer.Token(openidtest.User(auditor)),
		restarter:   issuer.Token(openidtest.User(restarter)),
		stranger:    issuer.Token(openidtest.User(stranger), openidtest.Tenant(foreign)),
	}}
	var providers []*openid.Provider
	for _, tenant := range []string{home, foreign} {
		config := issuer.ProviderConfig()
		config.Authority = issuer.AuthorityOf(tenant)
		provider := must[*openid.Provider](tb)(openid.NewProvider(config))
		tb.Cleanup(func() { _ = provider.Close() })
		providers = append(providers, provider)
	}
	verifier := must[*openid.Verifier](tb)(openid.NewVerifier(openid.VerifierConfig{
		Providers: providers, Audiences: []string{issuer.Audience()}, Tenants: []string{home, foreign},
	}))

	const ownerRole, contributorRole, readerRole = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
		"b24988ac-6180-42a0-ab88-20f7382dd24c", "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	const restarterRole = "b0000000-0000-4000-8000-0000000000ff"
	policy := must[*rbac.Policy](tb)(rbac.NewPolicy(rbac.PolicyConfig{Roles: []rbac.RoleDefinition{{
		ID: restarterRole, RoleName: "Restarter", Type: rbac.CustomRole, AssignableScopes: []string{primary},
		Permissions: []rbac.Permission{{Actions: []string{"Microsoft.Compute/virtualMachines/restart/action"}}},
	}}, Assignments: []rbac.RoleAssignment{
		{Name: "b0000000-0000-4000-8000-000000000007", Scope: web, RoleDefinitionID: restarterRole, PrincipalID: restarter},
		{Name: "b0000000-0000-4000-8000-000000000001", Scope: primary, RoleDefinitionID: ownerRole, PrincipalID: owner},
		{Name: "b0000000-0000-4000-8000-000000000002", Scope: second, RoleDefinitionID: ownerRole, PrincipalID: owner},
		{Name: "b0000000-0000-4000-8000-000000000003", Scope: shop, RoleDefinitionID: contributorRole, PrincipalID: contributor},
		{Name: "b0000000-0000-4000-8000-000000000004", Scope: web, RoleDefinitionID: readerRole, PrincipalID: readers},
		{Name: "b0000000-0000-4000-8000-000000000005", Scope: elsewhere, RoleDefinitionID: ownerRole, PrincipalID: stranger},
		{Name: "b0000000-0000-4000-8000-000000000006", Scope: "/", RoleDefinitionID: readerRole, PrincipalID: auditor},
	}}))
	inventory := must[*resourcemanager.Inventory](tb)(resourcemanager.NewInventory(contents()))
	authorizer := must[*rbac.Authorizer](tb)(rbac.NewAuthorizer(rbac.AuthorizerConfig{
		Source: policy, TenantOf: inventory.TenantOf, HomeTenant: home,
	}))
	gate := must[*middleware.Gate](tb)(middleware.New(middleware.Config{Verifier: verifier, Authorizer: authorizer}))
	c := config(gate, inventory)
	authorization := c.Authorization
	c.Authorization = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.authorizing != nil {
			s.authorizing()
		}
		authorization.ServeHTTP(w, r)
	})
	c.Deleted = func(_ context.Context, scope rbac.Scope) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.deleted = append(s.deleted, scope.String())
	}
	for _, change := range change {
		change(&c)
	}
	s.handler = must[*resourcemanager.Server](tb)(resourcemanager.New(c))
	tb.Cleanup(func() { _ = s.handler.Close() })
	return s
}

func config(gate *middleware.Gate, inventory *resourcemanager.Inventory) resourcemanager.Config {
	return resourcemanager.Config{
		Gate:      gate,
		Inventory: inventory,
		// It stands for the provider, and tells that it was reached, and by which path.
		Authorization: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"authorization":"`+r.URL.Path+`"}`)
		}),
		Metadata: resourcemanager.Metadata{
			LoginEndpoint:   "https://localhost:8443/adfs",
			Audiences:       []string{"https://management.adfs.example/1", "https://management.adfs.example/2"},
			GraphEndpoint:   "https://localhost:8443/graph/",
			GalleryEndpoint: "https://localhost:8443/gallery/",
			PortalEndpoint:  "https://localhost:8443/portal/",
		},
		URL:     address,
		Tenants: []resourcemanager.Tenant{{ID: strings.ToUpper(home), DisplayName: "Home"}},
		// Deletions are over at once, but by themselves.
		DeleteDuration: time.Nanosecond,
	}
}

// must ends the test when the function whose results it takes has failed.
func must[T any](tb testing.TB) func(T, error) T {
	return func(value T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return value
	}
}

// A request is sent with an api-version and, when it has a body, as JSON, unless it says otherwise.
type request struct {
	as     string // "" sends no token
	method string
	path   string
	query  string
	body   string
	header http.Header
}

// An answer is what came back.
type answer struct {
	status        int
	header        http.Header
	body          string
	code, message string
	json          map[string]any
}

func (s *site) do(tb testing.TB, r request) *answer {
	tb.Helper()
	sent := s.request(tb, r)
	if s.server == nil {
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, sent)
		if r.method == http.MethodHead { // as a server does
			w.Body.Reset()
		}
		return read(tb, w.Result())
	}
	sent.URL = must[*url.URL](tb)(url.Parse(s.server.URL + sent.RequestURI))
	sent.RequestURI = ""
	return read(tb, must[*http.Response](tb)(s.server.Client().Do(sent)))
}

// request returns the request as a server reads it.
func (s *site) request(tb testing.TB, r request) *http.Request {
	tb.Helper()
	if r.query == "" {
		r.query = "api-version=2021-04-01"
	}
	sent := httptest.NewRequestWithContext(tb.Context(), r.method, r.path+"?"+r.query, strings.NewReader(r.body))
	if r.body != "" {
		sent.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(sent.Header, r.header)
	if r.as != "" {
		sent.Header.Set("Authorization", "Bearer "+s.tokens[r.as])
	}
	return sent
}

func read(tb testing.TB, response *http.Response) *answer {
	tb.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		tb.Fatal(err)
	}
	_ = response.Body.Close()
	a := &answer{status: response.StatusCode, header: response.Header, body: string(body)}
	if len(body) == 0 {
		return a
	}
	if err := json.Unmarshal(body, &a.json); err != nil {
		tb.Fatalf("%s: %v", body, err)
	}
	if failure, ok := a.json["error"].(map[string]any); ok {
		a.code, _ = failure["code"].(string)
		a.message, _ = failure["message"].(string)
	}
	return a
}

// ids are the ids of a list, in its order.
func (a *answer) ids(tb testing.TB) []string {
	tb.Helper()
	value, ok := a.json["value"].([]any)
	if a.status != http.StatusOK || !ok {
		tb.Fatalf("no list: %d %s", a.status, a.body)
	}
	ids := []string{}
	for _, item := range value {
		ids = append(ids, item.(map[string]any)["id"].(string))
	}
	return ids
}

func (s *site) wantIDs(tb testing.TB, r request, want ...string) {
	tb.Helper()
	if got := s.do(tb, r).ids(tb); !slices.Equal(got, want) {
		tb.Errorf("%s lists\n\t%q, want\n\t%q", r.path, got, want)
	}
}

// wantDeleted compares what Config.Deleted was told since the last call.
func (s *site) wantDeleted(tb testing.TB, want ...string) {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.deleted, want) {
		tb.Errorf("told to be deleted: %q, want %q", s.deleted, want)
	}
	s.deleted = nil
}

// wantDeletion sends a DELETE that takes time, and waits for its end.
func (s *site) wantDeletion(tb testing.TB, r request) {
	tb.Helper()
	r.method = http.MethodDelete
	a := s.want(tb, r, http.StatusAccepted, "")
	for a.status == http.StatusAccepted {
		location := must[*url.URL](tb)(url.Parse(a.header.Get("Location")))
		a = s.do(tb, request{as: r.as, method: http.MethodGet, path: location.Path, query: location.RawQuery})
	}
	if a.status != http.StatusOK || a.body != "" {
		tb.Errorf("DELETE %s ends with %d %s", r.path, a.status, a.body)
	}
}

// want sends a request and compares its answer's status and error code.
func (s *site) want(tb testing.TB, r request, status int, code string) *answer {
	tb.Helper()
	a := s.do(tb, r)
	if a.status != status || a.code != code {
		tb.Errorf("%s %s: %d %s, want %d %s\n%s", r.method, r.path, a.status, a.code, status, code, a.body)
	}
	return a
}
