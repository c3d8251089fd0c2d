package directorygraph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hubgate.example/cmd/demo/internal/identityprovider"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

const (
	homeTenant    = "2b0f8f4e-5a1c-4c84-9a3e-1f6c2d7b8a90"
	partnerTenant = "3c1f8f4e-5a1c-4c84-9a3e-1f6c2d7b8a91"
	alice         = "0a000000-0000-4000-8000-00000000000a" // in 250 groups
	bob           = "0b000000-0000-4000-8000-000000000001" // in none
	carol         = "0c000000-0000-4000-8000-000000000001" // in 11,001
	dave          = "0d000000-0000-4000-8000-000000000001" // in 100, as many as a page holds
	application   = "0e000000-0000-4000-8000-000000000001" // in one
	partnersUser  = "0f000000-0000-4000-8000-000000000001"
)

func groups(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("0d000000-0000-4000-8000-%012d", i)
	}
	return all
}

// A graph is a Graph on a TLS server, with the issuer of its tokens.
type graph struct {
	*Server
	issuer *openidtest.Issuer
	base   string
	client *http.Client
}

func start(t *testing.T) graph {
	t.Helper()
	issuer := openidtest.NewEntraV1(t, homeTenant)
	server := httptest.NewUnstartedServer(nil)
	base := "https://" + server.Listener.Addr().String() + "/graph"
	partner, err := openid.NewProvider(openid.ProviderConfig{Authority: issuer.AuthorityOf(partnerTenant), Transport: issuer.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { partner.Close() })
	verifier, err := openid.NewVerifier(openid.VerifierConfig{
		Providers: []*openid.Provider{issuer.Provider(), partner}, Audiences: []string{base, base + "/"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(10 * time.Second); verifier.Ready() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal(verifier.Ready())
		}
	}
	s, err := New(Config{URL: base, Verifier: verifier, Tenants: []identityprovider.Tenant{
		{
			ID: strings.ToUpper(homeTenant),
			Users: []identityprovider.User{
				{ObjectID: alice, Groups: groups(250)}, {ObjectID: bob}, {ObjectID: carol, Groups: groups(11_001)}, {ObjectID: dave, Groups: groups(100)},
			},
			ServicePrincipals: []identityprovider.ServicePrincipal{{ObjectID: application, Groups: groups(1)}},
		},
		{ID: partnerTenant, Users: []identityprovider.User{{ObjectID: partnersUser, Groups: groups(2)}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = s
	server.StartTLS()
	t.Cleanup(server.Close)
	return graph{s, issuer, base, server.Client()}
}

// reader is the token of an application that may read the groups of its tenant.
func (g graph) reader(more ...openidtest.Claim) string {
	return g.issuer.Token(openidtest.ServicePrincipal(application), append([]openidtest.Claim{
		openidtest.Audience(g.base), openidtest.With("roles", []string{"Things.Read", "GroupMember.Read.All"}),
	}, more...)...)
}

// An answer is a page or an error of the Graph.
type answer struct {
	status int
	header http.Header
	page
	Error struct {
		Code, Message string
		InnerError    map[string]string
	}
}

func (g graph) call(t *testing.T, method, url, token, body string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			request.Header.Del(headers[i])
		}
	}
	response, err := g.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got := answer{status: response.StatusCode, header: response.Header}
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatalf("%d %s: %v", got.status, content, err)
	}
	if (got.status == http.StatusOK) != (got.Error.Code == "") || got.status == http.StatusOK && got.Value == nil {
		t.Errorf("%d %s", got.status, content)
	}
	return got
}

const securityOnly = `{"securityEnabledOnly":true}`

func (g graph) of(kind, id string) string {
	return g.base + "/v1.0/" + kind + "/" + id + "/getMemberObjects"
}

func TestGetMemberObjects(t *testing.T) {
	g := start(t)
	for _, test := range []struct {
		name, kind, id string
		tenant         string
		role           string
		want, pages    int
	}{
		{"more than a page", "users", alice, homeTenant, "GroupMember.Read.All", 250, 3},
		{"none", "users", bob, homeTenant, "GroupMember.Read.All", 0, 1},
		{"just a page", "users", dave, homeTenant, "Directory.Read.All", 100, 1},
		{"an application", "servicePrincipals", application, homeTenant, "Directory.Read.All", 1, 1},
		{"another tenant", "users", partnersUser, partnerTenant, "GroupMember.Read.All", 2, 1},
		{"letters in any case", "USERS", strings.ToUpper(alice), homeTenant, "GroupMember.Read.All", 250, 3},
	} {
		for _, next := range []string{http.MethodGet, http.MethodPost} {
			t.Run(test.name+", next by "+next, func(t *testing.T) {
				token := g.reader(openidtest.Tenant(test.tenant), openidtest.With("roles", []string{test.role}))
				var all []string
				method, url, body, pages := http.MethodPost, g.of(test.kind, test.id), securityOnly, 0
				for url != "" && pages <= test.pages {
					got := g.call(t, method, url, token, body)
					if got.status != http.StatusOK || len(got.Value) > 100 || got.Context != g.base+"/v1.0/$metadata#Collection(Edm.String)" {
						t.Fatalf("%d %s: %d groups, %s", got.status, got.Error.Message, len(got.Value), got.Context)
					}
					all = append(all, got.Value...)
					method, url, body = next, got.NextLink, ""
					pages++
				}
				if pages != test.pages || !slices.Equal(all, groups(test.want)) {
					t.Errorf("%d groups in %d pages, want %d in %d", len(all), pages, test.want, test.pages)
				}
			})
		}
	}
}

func TestRefusedCalls(t *testing.T) {
	g := start(t)
	reader, users := g.reader(), g.of("users", alice)
	for _, test := range []struct {
		name                     string
		method, url, token, body string
		headers                  []string
		status                   int
		code, message            string
	}{
		{"no token", "POST", users, "", securityOnly, []string{"Authorization", ""}, 401, "InvalidAuthenticationToken", "Access token is empty."},
		{"an empty token", "POST", users, "", securityOnly, nil, 401, "InvalidAuthenticationToken", "Access token is empty."},
		{"another scheme", "POST", users, "", securityOnly, []string{"Authorization", "Basic " + reader}, 401, "InvalidAuthenticationToken", "Access token is empty."},
		{"no such token", "POST", users, "x", securityOnly, nil, 401, "InvalidAuthenticationToken", "Access token validation failure."},
		{"a forged token", "POST", users, reader[:len(reader)-10] + "AAAAAAAAAA", securityOnly, nil, 401, "InvalidAuthenticationToken", "Access token validation failure."},
		{"an expired token", "POST", users, g.reader(openidtest.IssuedAt(time.Now().Add(-2 * time.Hour))), securityOnly, nil, 401, "InvalidAuthenticationToken", "the token is expired"},
		{"a token for Resource Manager", "POST", users, g.reader(openidtest.Audience("https://management.example")), securityOnly, nil, 401, "InvalidAuthenticationToken", "Invalid audience."},
		{"a token of a strange tenant", "POST", users, g.reader(openidtest.Tenant(application)), securityOnly, nil, 401, "InvalidAuthenticationToken", "Access token validation failure."},

		{"no permission", "POST", users, g.reader(openidtest.Without("roles")), securityOnly, nil, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."},
		{"another permission", "POST", users, g.reader(openidtest.With("roles", []string{"User.Read.All", "groupmember.read.all"})), securityOnly, nil, 403, "Authorization_RequestDenied", ""},
		{"a permission that is no list", "POST", users, g.reader(openidtest.With("roles", "GroupMember.Read.All")), securityOnly, nil, 403, "Authorization_RequestDenied", ""},
		{"a user with it", "POST", users, g.issuer.Token(openidtest.User(alice), openidtest.Audience(g.base), openidtest.With("roles", permissions)), securityOnly, nil, 403, "Authorization_RequestDenied", ""},
		{"no permission, about nobody", "POST", g.of("users", application), g.reader(openidtest.Without("roles")), securityOnly, nil, 403, "Authorization_RequestDenied", ""},

		{"nobody", "POST", g.of("users", homeTenant), reader, securityOnly, nil, 404, "Request_ResourceNotFound", "Resource '" + homeTenant + "' does not exist or one of its queried reference-property objects are not present."},
		{"an application among users", "POST", g.of("users", application), reader, securityOnly, nil, 404, "Request_ResourceNotFound", ""},
		{"a user among applications", "POST", g.of("servicePrincipals", alice), reader, securityOnly, nil, 404, "Request_ResourceNotFound", ""},
		{"a user of another tenant", "POST", g.of("users", partnersUser), reader, securityOnly, nil, 404, "Request_ResourceNotFound", ""},
		{"an id that is none", "POST", g.of("users", strings.Repeat("x", 5000)), reader, securityOnly, nil, 404, "Request_ResourceNotFound", "xxx...'"},
		{"no id", "POST", g.of("users", ""), reader, securityOnly, nil, 404, "Request_ResourceNotFound", ""},

		{"too many groups", "POST", g.of("users", carol), reader, securityOnly, nil, 400, "Directory_ResultSizeLimitExceeded", ""},
		{"another version", "POST", strings.Replace(users, "v1.0", "v3.0", 1), reader, securityOnly, nil, 400, "BadRequest", "Invalid version: v3.0"},
		{"another segment", "POST", g.base + "/v1.0/devices/" + alice + "/getMemberObjects", reader, securityOnly, nil, 400, "BadRequest", "Resource not found for the segment 'devices'."},
		{"another function", "POST", strings.Replace(users, "Objects", "Things", 1), reader, securityOnly, nil, 400, "BadRequest", "segment 'getMemberThings'"},
		{"a longer path", "POST", users + "/more", reader, securityOnly, nil, 400, "BadRequest", "segment 'more'"},
		{"nothing", "POST", g.base + "/v1.0", reader, securityOnly, nil, 400, "BadRequest", ""},
		{"GET", "GET", users, reader, "", nil, 405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."},
		{"PUT with a page", "PUT", users + "?$skiptoken=MTAw", reader, securityOnly, nil, 405, "Request_BadRequest", ""},
		{"no body", "POST", users, reader, "", nil, 400, "BadRequest", "Unable to read JSON request payload."},
		{"a body that is no JSON", "POST", users, reader, "securityEnabledOnly=true", nil, 400, "BadRequest", "Unable to read JSON request payload."},
		{"a body of another type", "POST", users, reader, securityOnly, []string{"Content-Type", "text/plain"}, 400, "BadRequest", "Unable to read JSON request payload."},
		{"a long body", "POST", users, reader, strings.Repeat(" ", maxBody) + securityOnly, nil, 400, "BadRequest", "Unable to read JSON request payload."},
		{"no parameter", "POST", users, reader, "{}", nil, 400, "BadRequest", "securityEnabledOnly"},
		{"a parameter of another type", "POST", users, reader, `{"securityEnabledOnly":"true"}`, nil, 400, "BadRequest", ""},

		{"a page that is none", "GET", users + "?$skiptoken=x", reader, "", nil, 400, "Directory_ExpiredPageToken", ""},
		{"a page that is no number", "GET", users + "?$skiptoken=eHg", reader, "", nil, 400, "Directory_ExpiredPageToken", ""},
		{"a page before the first", "GET", users + "?$skiptoken=LTE", reader, "", nil, 400, "Directory_ExpiredPageToken", ""},
		{"a page after the last", "POST", users + "?$skiptoken=MjUw", reader, "", nil, 400, "Directory_ExpiredPageToken", ""},
		{"a page without permission", "GET", users + "?$skiptoken=MTAw", g.reader(openidtest.Without("roles")), "", nil, 403, "Authorization_RequestDenied", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			headers := append([]string{"client-request-id", "mine"}, test.headers...)
			got := g.call(t, test.method, test.url, test.token, test.body, headers...)
			if got.status != test.status || got.Error.Code != test.code || !strings.Contains(got.Error.Message, test.message) {
				t.Errorf("%d %s: %s", got.status, got.Error.Code, got.Error.Message)
			}
			inner := got.Error.InnerError
			if inner["date"] == "" || inner["request-id"] != got.header.Get("request-id") || inner["client-request-id"] != "mine" {
				t.Errorf("innerError %v", inner)
			}
			challenge := ""
			if test.status == 401 {
				challenge = `Bearer realm="", authorization_uri="` + g.issuer.Authority() + `/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`
			}
			if got := got.header.Get("WWW-Authenticate"); got != challenge {
				t.Errorf("WWW-Authenticate: %s", got)
			}
		})
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, users, bytes.NewReader(nil))
	request.Header["Authorization"] = []string{"Bearer " + reader, "Bearer " + reader}
	w := httptest.NewRecorder()
	if g.ServeHTTP(w, request); w.Code != http.StatusUnauthorized {
		t.Errorf("two tokens: %d", w.Code)
	}
}

func TestThrottle(t *testing.T) {
	g := start(t)
	g.Throttle(2, 17*time.Second)
	for i, want := range []int{401, 429, 429, 200} {
		token := g.reader()
		if want == 401 {
			token = "x" // strangers are not counted
		}
		got := g.call(t, http.MethodPost, g.of("users", alice), token, securityOnly)
		if got.status != want {
			t.Errorf("call %d: %d, want %d", i, got.status, want)
		}
		if wait := got.header.Get("Retry-After"); (wait == "17") != (want == 429) {
			t.Errorf("call %d: Retry-After %q", i, wait)
		}
		if want == 429 && got.Error.Code != "TooManyRequests" {
			t.Errorf("call %d: %s", i, got.Error.Code)
		}
	}
}

// While nobody can say whether a token is good, the Graph is away.
func TestUnavailable(t *testing.T) {
	g := start(t)
	for _, provider := range g.verifier.Providers() {
		provider.Close()
	}
	got := g.call(t, http.MethodPost, g.of("users", alice), g.reader(), securityOnly)
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s, Retry-After %q", got.status, got.Error.Code, got.header.Get("Retry-After"))
	}
}

func TestServes(t *testing.T) {
	g := start(t)
	got := map[string]bool{}
	for _, path := range []string{"/graph/v1.0/users", "/graph/", "/graph", "/graphs/v1.0", "/v1.0/users"} {
		got[path] = g.Serves(path)
	}
	w := httptest.NewRecorder()
	if g.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1.0/users/"+alice+"/getMemberObjects", nil)); w.Code != http.StatusNotFound {
		t.Errorf("elsewhere: %d", w.Code)
	}
	if want := map[string]bool{"/graph/v1.0/users": true, "/graph/": true, "/graph": false, "/graphs/v1.0": false, "/v1.0/users": false}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

func TestNewRefusesConfiguration(t *testing.T) {
	issuer := openidtest.NewEntraV1(t, homeTenant)
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no URL", func(c *Config) { c.URL = "" }, "URL"},
		{"no host", func(c *Config) { c.URL = "/graph" }, "URL"},
		{"no path", func(c *Config) { c.URL = "https://localhost:8443/" }, "URL"},
		{"no verifier", func(c *Config) { c.Verifier = nil }, "Verifier"},
		{"no tenant", func(c *Config) { c.Tenants = nil }, "Tenants"},
		{"a negative page", func(c *Config) { c.PageSize = -1 }, "PageSize"},
	} {
		config := Config{URL: "https://localhost:8443/graph", Verifier: issuer.Verifier(), Tenants: []identityprovider.Tenant{{ID: homeTenant}}}
		test.change(&config)
		if _, err := New(config); err == nil || !strings.Contains(err.Error(), "directorygraph: "+test.want) {
			t.Errorf("%s: error %v, want one that names %s", test.name, err, test.want)
		}
	}
}
