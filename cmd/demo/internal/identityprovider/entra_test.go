package identityprovider

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

const (
	homeID     = "2b0f8f4e-5a1c-4c84-9a3e-1f6c2d7b8a90"
	partnerID  = "3c1f8f4e-5a1c-4c84-9a3e-1f6c2d7b8a91"
	strangerID = "4d2f8f4e-5a1c-4c84-9a3e-1f6c2d7b8a92"

	alice           = "alice@hubgate.example" // a member of home, and a guest of partner, which demands a second factor
	aliceAtHome     = "0a000000-0000-4000-8000-000000000001"
	aliceAtPartner  = "0a000000-0000-4000-8000-000000000002"
	bob             = "bob@partner.example" // a member of partner, and a guest of home
	bobAtPartner    = "0b000000-0000-4000-8000-000000000001"
	bobAtHome       = "0b000000-0000-4000-8000-000000000002"
	clientAtHome    = "0c000000-0000-4000-8000-000000000001"
	clientAtPartner = "0c000000-0000-4000-8000-000000000002"
	entraGroup      = "0d000000-0000-4000-8000-000000000001"
)

func entraConfig(baseURL string) Config {
	return Config{
		Type:       openid.EntraV1,
		BaseURL:    baseURL,
		SigningKey: signingPair(),
		Resources:  []string{testResource, testResource + "/", "https://graph.example"},
		Tenants: []Tenant{
			{
				ID: homeID, Domain: "hubgate.example", DisplayName: "Home",
				Users: []User{
					{Name: alice, DisplayName: "Alice", Password: testPassword, ObjectID: aliceAtHome, Groups: []string{entraGroup}},
					{Name: bob, DisplayName: "Bob", ObjectID: bobAtHome, HomeTenant: partnerID},
				},
				ServicePrincipals: []ServicePrincipal{{
					ApplicationID: testClient, DisplayName: "Deployer", ObjectID: clientAtHome, Groups: []string{entraGroup},
					Secret: testSecret, Certificate: clientPair().Leaf,
				}},
			},
			{
				ID: partnerID, Domain: "partner.example", DisplayName: "Partner",
				Users: []User{
					{Name: bob, DisplayName: "Bob", Password: testPassword, ObjectID: bobAtPartner},
					{Name: alice, DisplayName: "Alice", ObjectID: aliceAtPartner, HomeTenant: strings.ToUpper(homeID), MFA: true},
				},
				ServicePrincipals: []ServicePrincipal{
					{ApplicationID: testClient, ObjectID: clientAtPartner, Secret: testSecret, Certificate: clientPair().Leaf},
					{ApplicationID: secretOnlyID, ObjectID: aliceAtHome, Secret: testSecret},
				},
			},
			{ID: strangerID, Domain: "stranger.example"},
		},
	}
}

func startEntra(t *testing.T) endpoint {
	t.Helper()
	return startWith(t, entraConfig)
}

// postTo posts a form to a path.
func (e endpoint) postTo(t *testing.T, path string, form url.Values) answer {
	t.Helper()
	response, err := e.client.PostForm(e.base+path, form)
	if err != nil {
		t.Fatal(err)
	}
	return readAnswer(t, response)
}

func v2(tenant string) string { return "/" + tenant + "/oauth2/v2.0/token" }
func v1(tenant string) string { return "/" + tenant + "/oauth2/token" }

var (
	entraSecret   = bySecret
	entraPassword = set(byPassword, "username", alice)
	v1Secret      = set(drop(bySecret, "scope"), "resource", testResource)
	v1Password    = set(drop(entraPassword, "scope"), "resource", testResource)
)

func TestEntraMetadata(t *testing.T) {
	e := startEntra(t)
	sts := strings.Replace(e.base, "127.0.0.1", "sts.localhost", 1)
	for _, test := range []struct {
		path, issuer, endpoints, keys string
	}{
		{"/" + homeID, sts + "/" + homeID + "/", "/" + homeID + "/oauth2", "/common/discovery/keys"},
		{"/" + homeID + "/v2.0", e.base + "/" + homeID + "/v2.0", "/" + homeID + "/oauth2/v2.0", "/common/discovery/v2.0/keys"},
		{"/hubgate.example/v2.0", e.base + "/" + homeID + "/v2.0", "/" + homeID + "/oauth2/v2.0", "/common/discovery/v2.0/keys"},
		{"/" + strings.ToUpper(partnerID), sts + "/" + partnerID + "/", "/" + partnerID + "/oauth2", "/common/discovery/keys"},
		{"/" + strangerID + "/v2.0", e.base + "/" + strangerID + "/v2.0", "/" + strangerID + "/oauth2/v2.0", "/common/discovery/v2.0/keys"},
		{"//partner.example", sts + "/" + partnerID + "/", "/" + partnerID + "/oauth2", "/common/discovery/keys"}, // as az asks
		{"/common", sts + "/{tenantid}/", "/common/oauth2", "/common/discovery/keys"},
		{"/organizations/v2.0", e.base + "/{tenantid}/v2.0", "/organizations/oauth2/v2.0", "/common/discovery/v2.0/keys"},
	} {
		t.Run(test.path, func(t *testing.T) {
			status, metadata := e.get(t, test.path+"/.well-known/openid-configuration")
			if status != http.StatusOK {
				t.Fatalf("status %d", status)
			}
			for member, want := range map[string]any{
				"issuer":                           test.issuer,
				"jwks_uri":                         e.base + test.keys,
				"token_endpoint":                   e.base + test.endpoints + "/token",
				"authorization_endpoint":           e.base + test.endpoints + "/authorize",
				"device_authorization_endpoint":    e.base + test.endpoints + "/devicecode",
				"end_session_endpoint":             nil,
				"response_types_supported":         []any{"code"},
				"response_modes_supported":         []any{"query", "form_post"},
				"code_challenge_methods_supported": []any{"S256"},
				"grant_types_supported": []any{"authorization_code", "client_credentials", "password", "refresh_token",
					"urn:ietf:params:oauth:grant-type:device_code"},
				"authorization_response_iss_parameter_supported": !strings.Contains(test.issuer, "{"),
			} {
				if !reflect.DeepEqual(metadata[member], want) {
					t.Errorf("%s is %v, want %v", member, metadata[member], want)
				}
			}
			if status, keys := e.get(t, test.keys); status != http.StatusOK || len(keys["keys"].([]any)) != 1 {
				t.Errorf("%s: %d %v", test.keys, status, keys)
			}
		})
	}
}

func TestEntraDiscovery(t *testing.T) {
	e := startEntra(t)
	host := strings.TrimPrefix(e.base, "https://")
	for _, test := range []struct {
		path   string
		status int
		want   map[string]any
	}{
		{"/common/discovery/instance?api-version=1.1&authorization_endpoint=" + e.base + "/" + homeID + "/oauth2/v2.0/authorize", http.StatusOK, map[string]any{
			"tenant_discovery_endpoint": e.base + "/" + homeID + "/v2.0/.well-known/openid-configuration",
			"api-version":               "1.1",
			"metadata":                  []any{map[string]any{"preferred_network": host, "preferred_cache": host, "aliases": []any{host}}},
		}},
		{"/common/discovery/instance?api-version=1.1&authorization_endpoint=https://evil.example/common/oauth2/v2.0/authorize", http.StatusBadRequest, map[string]any{}},
		{"/common/userrealm/" + alice + "?api-version=1.0", http.StatusOK, map[string]any{
			"ver": "1.0", "account_type": "Managed", "domain_name": "hubgate.example", "cloud_instance_name": host, "cloud_audience_urn": "urn:federation:MicrosoftOnline",
		}},
		{"/common/UserRealm/" + url.PathEscape(alice), http.StatusOK, map[string]any{ // in MSAL for Go's spelling
			"ver": "1.0", "account_type": "Managed", "domain_name": "hubgate.example", "cloud_instance_name": host, "cloud_audience_urn": "urn:federation:MicrosoftOnline",
		}},
		{"/common/userrealm/nobody@elsewhere.example", http.StatusOK, map[string]any{
			"ver": "1.0", "account_type": "Unknown", "cloud_instance_name": host, "cloud_audience_urn": "urn:federation:MicrosoftOnline",
		}},
		{"/" + homeID + "/userrealm/" + alice, http.StatusNotFound, map[string]any{}},
		{"/" + homeID + "/oauth2/logout", http.StatusNotFound, map[string]any{}},
		{"/" + homeID + "/", http.StatusNotFound, map[string]any{}},
	} {
		if status, got := e.get(t, test.path); status != test.status || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %d %v", test.path, status, got)
		}
	}
}

func TestServes(t *testing.T) {
	entra, err := New(entraConfig("https://localhost:8443"))
	if err != nil {
		t.Fatal(err)
	}
	adfs, err := New(testConfig("https://localhost:8443"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path        string
		entra, adfs bool
	}{
		{"/adfs/oauth2/token", false, true},
		{"/adfs", false, false},
		{"/adfsx/oauth2/token", false, false},
		{"/common/oauth2/token", true, false},
		{"/organizations/v2.0/.well-known/openid-configuration", true, false},
		{"/consumers/oauth2/v2.0/token", true, false},
		{"/" + homeID + "/oauth2/token", true, false},
		{"/" + strings.ToUpper(homeID) + "/oauth2/token", true, false},
		{"/hubgate.example/oauth2/token", true, false},
		{"//hubgate.example/.well-known/openid-configuration", true, false},
		{"/" + testClient + "/oauth2/token", true, false}, // to be told that there is no such tenant
		{"/elsewhere.example/oauth2/token", true, false},
		{"/" + homeID, false, false},
		{"/", false, false},
		{"/subscriptions/" + homeID, false, false},
		{"/metadata/endpoints", false, false},
		{"//metadata/endpoints", false, false},
		{"/providers/Microsoft.Authorization/roleAssignments", false, false},
	} {
		if got := entra.Serves(test.path); got != test.entra {
			t.Errorf("Entra ID serves %s: %t", test.path, got)
		}
		if got := adfs.Serves(test.path); got != test.adfs {
			t.Errorf("AD FS serves %s: %t", test.path, got)
		}
	}
}

// None stands for a claim that must not be there.
type none struct{}

func checkClaims(t *testing.T, claims map[string]any, want map[string]any) {
	t.Helper()
	for name, value := range want {
		got, there := claims[name]
		if value == (none{}) {
			if there {
				t.Errorf("%s is %v, want none", name, got)
			}
			continue
		}
		if !reflect.DeepEqual(got, value) {
			t.Errorf("%s is %v, want %v", name, got, value)
		}
	}
}

// Full claim sets, of all that signs in with a token request alone.
func TestEntraAccessTokens(t *testing.T) {
	e := startEntra(t)
	sts := strings.Replace(e.base, "127.0.0.1", "sts.localhost", 1)
	const cp1 = `{"access_token":{"xms_cc":{"values":["CP1"]}}}`
	type m = map[string]any
	for _, test := range []struct {
		name string
		path string
		form url.Values
		want m
	}{
		{"service principal by secret", v2(homeID), entraSecret, m{
			"tid": homeID, "iss": sts + "/" + homeID + "/", "oid": clientAtHome, "sub": clientAtHome, "appid": testClient, "appidacr": "1",
			"idtyp": "app", "aud": testResource, "ver": "1.0", "groups": []any{entraGroup}, "scp": none{}, "amr": none{}, "upn": none{}, "xms_cc": none{},
		}},
		{"the same application in the other tenant", v2(partnerID), entraSecret, m{
			"tid": partnerID, "iss": sts + "/" + partnerID + "/", "oid": clientAtPartner, "appid": testClient, "groups": none{},
		}},
		{"service principal, v1", v1(homeID), v1Secret, m{"tid": homeID, "oid": clientAtHome, "aud": testResource, "ver": "1.0"}},
		{"service principal, by domain", v2("Hubgate.Example"), entraSecret, m{"tid": homeID}},
		{"service principal by assertion", v2(homeID), byAssertion(assertion{}.sign(t, e.base+v2(homeID))), m{"appidacr": "2", "oid": clientAtHome}},
		{"service principal with capabilities", v2(homeID), set(entraSecret, "claims", cp1), m{"xms_cc": []any{"cp1"}}},
		{"service principal asked for a second factor", v2(homeID), set(entraSecret, "claims", `{"access_token":{"acrs":{"essential":true,"values":["p1"]}}}`),
			m{"acrs": none{}}}, // workloads have none
		{"client id in another case", v2(homeID), set(entraSecret, "client_id", strings.ToUpper(testClient)), m{"appid": testClient}},
		{"member", v2(homeID), entraPassword, m{
			"tid": homeID, "iss": sts + "/" + homeID + "/", "oid": aliceAtHome, "appid": azureCLI, "appidacr": "0", "acct": 0.0, "idp": none{},
			"idtyp": "user", "scp": "user_impersonation", "upn": alice, "unique_name": alice, "name": "Alice", "amr": []any{"pwd"},
			"groups": []any{entraGroup}, "acrs": none{}, "xms_cc": none{}, "nonce": none{},
		}},
		{"member, v1", v1(homeID), v1Password, m{"tid": homeID, "oid": aliceAtHome}},
		{"member, organizations", v2("organizations"), entraPassword, m{"tid": homeID, "oid": aliceAtHome}},
		{"member, common of v1", v1("common"), v1Password, m{"tid": homeID, "oid": aliceAtHome}},
		{"member of the other tenant, organizations", v2("organizations"), set(entraPassword, "username", bob), m{"tid": partnerID, "oid": bobAtPartner}},
		{"guest", v2(homeID), set(entraPassword, "username", strings.ToUpper(bob)), m{
			"tid": homeID, "oid": bobAtHome, "acct": 1.0, "idp": sts + "/" + partnerID + "/", "upn": none{}, "unique_name": bob, "groups": none{},
		}},
		{"user with capabilities", v2(homeID), set(entraPassword, "claims", cp1), m{"xms_cc": []any{"cp1"}}},
		{"user of a confidential client", v2(homeID), set(entraPassword, "client_id", testClient, "client_secret", testSecret), m{"appid": testClient, "appidacr": "1"}},
		{"a permission names the resource", v2(homeID), set(entraPassword, "scope", "openid "+testResource+"/user_impersonation"), m{"aud": testResource}},
		{"a permission of the resource with a slash", v2(homeID), set(entraPassword, "scope", testResource+"//user_impersonation"), m{"aud": testResource + "/"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := e.postTo(t, test.path, test.form)
			if got.status != http.StatusOK {
				t.Fatalf("%d %s: %s", got.status, got.code, got.description)
			}
			if got.tokens.TokenType != "Bearer" {
				t.Errorf("token type %s", got.tokens.TokenType)
			}
			claims := claimsOf(t, got.tokens.AccessToken)
			checkClaims(t, claims, test.want)
			for _, name := range []string{"uti", "rh", "aio", "iat", "nbf", "exp"} {
				if claims[name] == nil {
					t.Errorf("no %s", name)
				}
			}
		})
	}
}

func TestEntraIDTokens(t *testing.T) {
	e := startEntra(t)
	sts := strings.Replace(e.base, "127.0.0.1", "sts.localhost", 1)
	type m = map[string]any
	for _, test := range []struct {
		name, path string
		form       url.Values
		want       m
		account    string // of client_info
	}{
		{"v2", v2("organizations"), set(entraPassword, "scope", "openid profile "+scope), m{
			"iss": e.base + "/" + homeID + "/v2.0", "aud": azureCLI, "tid": homeID, "oid": aliceAtHome, "preferred_username": alice, "upn": alice,
			"name": "Alice", "ver": "2.0", "nonce": none{}, "idp": none{},
		}, `{"uid":"` + aliceAtHome + `","utid":"` + homeID + `"}`},
		{"v1", v1(homeID), set(v1Password, "scope", "openid"), m{
			"iss": sts + "/" + homeID + "/", "aud": azureCLI, "tid": homeID, "oid": aliceAtHome, "unique_name": alice, "upn": alice, "ver": "1.0", "amr": []any{"pwd"},
		}, `{"uid":"` + aliceAtHome + `","utid":"` + homeID + `"}`},
		{"guest", v2(homeID), set(entraPassword, "username", bob, "scope", "openid "+scope), m{
			"iss": e.base + "/" + homeID + "/v2.0", "tid": homeID, "oid": bobAtHome, "idp": sts + "/" + partnerID + "/", "preferred_username": bob, "upn": none{},
		}, `{"uid":"` + bobAtPartner + `","utid":"` + partnerID + `"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := e.postTo(t, test.path, set(test.form, "client_info", "1"))
			if got.status != http.StatusOK {
				t.Fatalf("%d %s: %s", got.status, got.code, got.description)
			}
			checkClaims(t, claimsOf(t, got.tokens.IDToken), test.want)
			info, err := base64.RawURLEncoding.DecodeString(got.tokens.ClientInfo)
			if err != nil || string(info) != test.account {
				t.Errorf("client_info is %s, %v", info, err)
			}
		})
	}
	if got := e.postTo(t, v2(homeID), entraPassword); got.tokens.IDToken != "" || got.tokens.ClientInfo != "" || got.tokens.RefreshToken != "" {
		t.Errorf("what nobody asked for: %+v", got.tokens)
	}
}

// v1's answer has strings for numbers, and more of them.
func TestEntraV1Answer(t *testing.T) {
	e := startEntra(t)
	response, err := e.client.PostForm(e.base+v1(homeID), v1Password)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var got map[string]any
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	checkClaims(t, got, map[string]any{
		"token_type": "Bearer", "expires_in": "3600", "ext_expires_in": "3600", "resource": testResource, "id_token": none{}, "scope": none{},
	})
	for _, name := range []string{"expires_on", "not_before", "access_token", "refresh_token"} {
		if text, ok := got[name].(string); !ok || text == "" {
			t.Errorf("%s is %v", name, got[name])
		}
	}
}

// The tokens are what a Resource Manager behind the gate takes, over the wire and with the real verifier: those of its tenants, for
// its side.
func TestEntraTokensVerify(t *testing.T) {
	e := startEntra(t)
	provider, err := openid.NewProvider(openid.ProviderConfig{Authority: e.base + "/common", Transport: e.client.Transport})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Close() })
	verifier, err := openid.NewVerifier(openid.VerifierConfig{
		Providers: []*openid.Provider{provider}, Audiences: []string{testResource}, Tenants: []string{homeID, partnerID},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		path   string
		form   url.Values
		kind   openid.Kind
		tenant string
		object string
	}{
		{"member", v2(homeID), entraPassword, openid.KindUser, homeID, aliceAtHome},
		{"guest", v2(homeID), set(entraPassword, "username", bob), openid.KindGuest, homeID, bobAtHome},
		{"service principal", v1(homeID), v1Secret, openid.KindServicePrincipal, homeID, clientAtHome},
		{"service principal of the partner", v2(partnerID), entraSecret, openid.KindServicePrincipal, partnerID, clientAtPartner},
	} {
		got, err := verifier.Verify(t.Context(), e.postTo(t, test.path, test.form).tokens.AccessToken)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got.Kind != test.kind || got.Tenant != test.tenant || got.ObjectID != test.object {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
	for name, token := range map[string]string{
		"an ID token":               e.postTo(t, v2(homeID), set(entraPassword, "scope", "openid "+scope)).tokens.IDToken,
		"a token of another side":   e.postTo(t, v2(homeID), set(entraSecret, "scope", "https://graph.example/.default")).tokens.AccessToken,
		"a token with a slash more": e.postTo(t, v2(homeID), set(entraSecret, "scope", testResource+"//.default")).tokens.AccessToken,
	} {
		if _, err := verifier.Verify(t.Context(), token); token == "" || err == nil {
			t.Errorf("%s is let in", name)
		}
	}
}

// The answer to a user's client at v2 has the scope that was asked for, in whatever order, and no other answer has one.
func TestAnsweredScope(t *testing.T) {
	e := startEntra(t)
	all := strings.Fields(scope + " offline_access openid profile")
	want := strings.Join(slices.Sorted(slices.Values(all)), " ")
	first := e.postTo(t, v2(homeID), set(entraPassword, "scope", strings.Join(all, " ")))
	slices.Reverse(all)
	second := e.postTo(t, v2(homeID), set(byRefresh, "refresh_token", first.tokens.RefreshToken, "scope", strings.Join(all, " ")))
	if first.tokens.Scope != want || second.tokens.Scope != want {
		t.Errorf("scopes %q and %q, want %q", first.tokens.Scope, second.tokens.Scope, want)
	}
	for name, got := range map[string]answer{
		"application": e.postTo(t, v2(homeID), entraSecret), "v1": e.postTo(t, v1(homeID), v1Password), "AD FS": start(t).post(t, byPassword),
	} {
		if got.status != http.StatusOK || got.tokens.Scope != "" {
			t.Errorf("%s: %d, scope %q", name, got.status, got.tokens.Scope)
		}
	}
}

// az asks every tenant of a user with the refresh token that it got from one.
func TestRefreshAcrossTenants(t *testing.T) {
	e := startEntra(t)
	first := e.postTo(t, v2("organizations"), set(entraPassword, "scope", "openid offline_access "+scope))
	if first.tokens.RefreshToken == "" {
		t.Fatalf("%d %s", first.status, first.description)
	}
	refresh := set(byRefresh, "refresh_token", first.tokens.RefreshToken)
	got := e.postTo(t, v2(homeID), refresh)
	if got.status != http.StatusOK || got.tokens.RefreshToken != first.tokens.RefreshToken {
		t.Fatalf("at home: %d %s", got.status, got.description)
	}
	checkClaims(t, claimsOf(t, got.tokens.AccessToken), map[string]any{"tid": homeID, "oid": aliceAtHome})
	for _, test := range []struct {
		name, path  string
		form        url.Values
		code        string
		description string
	}{
		{"a tenant that wants a second factor", v2(partnerID), refresh, "interaction_required", "AADSTS50076"},
		{"a tenant where there is no such user", v2(strangerID), refresh, "invalid_grant", "AADSTS50020: User account 'alice@hubgate.example'"},
		{"another client", v2(homeID), set(refresh, "client_id", "872cd9fa-d31f-45e0-9eab-6e460a02d1f1"), "invalid_grant", "AADSTS70000"},
		{"consumers", v2("consumers"), refresh, "invalid_request", "AADSTS90130"},
		{"with a context", v2(homeID), set(refresh, "claims", `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`), "interaction_required", "AADSTS50076"},
	} {
		if got := e.postTo(t, test.path, test.form); got.status != http.StatusBadRequest || got.code != test.code || !strings.Contains(got.description, test.description) {
			t.Errorf("%s: %d %s: %s", test.name, got.status, got.code, got.description)
		}
	}
	bobs := e.postTo(t, v2(homeID), set(entraPassword, "username", bob, "scope", "offline_access "+scope)) // as a guest
	for path, object := range map[string]string{v2("organizations"): bobAtPartner, v2(partnerID): bobAtPartner, v2(homeID): bobAtHome} {
		got := e.postTo(t, path, set(refresh, "refresh_token", bobs.tokens.RefreshToken))
		if got.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, got.status, got.description)
			continue
		}
		if claims := claimsOf(t, got.tokens.AccessToken); claims["oid"] != object {
			t.Errorf("%s: oid is %v", path, claims["oid"])
		}
	}
}

// A user in two tenants of which one demands a second factor: one refuses the password, the other signs in.
func TestSecondFactorOnPassword(t *testing.T) {
	e := startEntra(t)
	if got := e.postTo(t, v2(homeID), entraPassword); got.status != http.StatusOK {
		t.Errorf("at home: %d %s", got.status, got.description)
	}
	const correlation = "5d6f7a80-1122-4334-8556-778899aabbcc"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.base+v2(partnerID), strings.NewReader(entraPassword.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("client-request-id", correlation)
	request.Header.Set("return-client-request-id", "true")
	response, err := e.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body map[string]any
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	trace, _ := body["trace_id"].(string)
	timestamp, _ := body["timestamp"].(string)
	if _, err := time.Parse("2006-01-02 15:04:05Z", timestamp); err != nil || !isGUID(trace) {
		t.Errorf("timestamp %v, trace id %v", body["timestamp"], body["trace_id"])
	}
	checkClaims(t, body, map[string]any{
		"error":    "interaction_required",
		"suberror": "basic_action",
		"error_description": "AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new location, " +
			"you must use multi-factor authentication to access '" + testResource + "'. Trace ID: " + trace + " Correlation ID: " + correlation +
			" Timestamp: " + timestamp,
		"error_codes":    []any{50076.0},
		"correlation_id": correlation,
	})
	if claims, _ := body["claims"].(string); !regexp.MustCompile(`^\{"access_token":\{"capolids":\{"essential":true,"values":\["[0-9a-f-]{36}"\]\}\}\}$`).MatchString(claims) {
		t.Errorf("claims %v", body["claims"])
	}
	if response.StatusCode != http.StatusBadRequest || response.Header.Get("client-request-id") != correlation || response.Header.Get("x-ms-request-id") != trace {
		t.Errorf("%d %v", response.StatusCode, response.Header)
	}

	const contexts = `{"access_token":{"acrs":{"essential":true,"values":["p1","c2"]}}}`
	got := e.postTo(t, v2(homeID), set(entraPassword, "claims", contexts))
	if got.code != "interaction_required" || got.claims != `{"access_token":{"acrs":{"essential":true,"values":["p1","c2"]}}}` {
		t.Errorf("a context that a password does not satisfy: %s %s", got.code, got.claims)
	}
	for claims, code := range map[string]string{
		`{"access_token":{"acrs":{"values":["p1"]}}}`:              "", // not essential
		`{"id_token":{"acrs":{"essential":true,"values":["p1"]}}}`: "",
		`{"access_token":{"nbf":{"essential":true,"value":"1"}}}`:  "",
		`{"access_token":{"xms_cc":null,"acrs":null}}`:             "",
		`{}`: "",
		`{"access_token":{"acrs":{"essential":true,"value":"admin"}}}`:      "invalid_request",
		`{"access_token":{"acrs":{"essential":true,"value":"p1\"}]}<b>"}}}`: "invalid_request",
		`{"access_token":{"nbf":{"essential":true}}}`:                       "invalid_request",
		`{"access_token":{"nbf":{"essential":true,"value":"soon"}}}`:        "invalid_request",
		`{"access_token":{"nbf":{"essential":true,"value":"9999999999"}}}`:  "invalid_request", // a time to come
		`{"access_token":1}`: "invalid_request",
		`none`:               "invalid_request",
	} {
		if got := e.postTo(t, v2(homeID), set(entraPassword, "claims", claims)); got.code != code {
			t.Errorf("claims %s: %d %s: %s", claims, got.status, got.code, got.description)
		}
	}
}

func TestEntraRefusals(t *testing.T) {
	e := startEntra(t)
	endpoint := e.base + v2(homeID)
	const unknown = "99aa22bb-33cc-44dd-95ee-66ff77aa88bb"
	now := time.Now().Unix()
	type m = map[string]any
	signed := func(a assertion) url.Values { return byAssertion(a.sign(t, endpoint)) }
	for _, test := range []struct {
		name        string
		path        string
		form        url.Values
		status      int
		code        string
		description string
	}{
		{"unknown tenant", v2(unknown), entraSecret, 400, "invalid_request", "AADSTS90002: Tenant '" + unknown + "' not found."},
		{"unknown domain", v2("elsewhere.example"), entraSecret, 400, "invalid_request", "AADSTS90002: Tenant 'elsewhere.example' not found."},
		{"service principal at common", v2("common"), entraSecret, 400, "invalid_request", "AADSTS50059"},
		{"service principal at organizations", v2("organizations"), entraSecret, 400, "invalid_request", "AADSTS50059"},
		{"service principal at consumers", v1("consumers"), v1Secret, 400, "invalid_request", "AADSTS50059"},
		{"password at common", v2("common"), entraPassword, 400, "invalid_request", "AADSTS9001023"},
		{"password at consumers", v1("consumers"), v1Password, 400, "invalid_request", "AADSTS9001023"},

		{"no grant type", v2(homeID), drop(entraSecret, "grant_type"), 400, "invalid_request", "AADSTS900144: The request body must contain the following parameter: 'grant_type'."},
		{"unknown grant type", v2(homeID), set(entraSecret, "grant_type", "implicit"), 400, "unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type 'implicit'."},
		{"repeated parameter", v2(homeID), url.Values{"grant_type": {"a", "b"}}, 400, "invalid_request", "AADSTS9002313"},
		{"no client id", v2(homeID), drop(entraPassword, "client_id"), 400, "invalid_request", "'client_id'"},
		{"unknown application", v2(homeID), set(entraSecret, "client_id", unknown), 400, "unauthorized_client", "AADSTS700016: Application with identifier '" + unknown + "' was not found in the directory 'Home'."},
		{"application of another tenant", v2(strangerID), entraSecret, 400, "unauthorized_client", "AADSTS700016"},
		{"application of another tenant as a public client", v2(homeID), set(entraPassword, "client_id", secretOnlyID), 400, "unauthorized_client", "AADSTS700016"},
		{"public client whose id is no GUID", v2(homeID), set(entraPassword, "client_id", "myapp"), 400, "unauthorized_client", "AADSTS700016"},
		{"wrong secret", v2(homeID), set(entraSecret, "client_secret", "wrong"), 401, "invalid_client", "AADSTS7000215: Invalid client secret provided."},
		{"no credential", v2(homeID), drop(entraSecret, "client_secret"), 401, "invalid_client", "AADSTS7000216"},
		{"confidential client without credential", v2(homeID), set(entraPassword, "client_id", testClient), 401, "invalid_client", "AADSTS7000218"},

		{"assertion of another key", v2(homeID), signed(assertion{key: otherPair().PrivateKey}), 401, "invalid_client", "AADSTS700027"},
		{"assertion of another certificate", v2(homeID), signed(assertion{header: m{"x5t": "AAAA"}}), 401, "invalid_client", "AADSTS700027"},
		{"assertion for another", v2(homeID), signed(assertion{claims: m{"aud": "https://other.example"}}), 401, "invalid_client", "AADSTS700023"},
		{"assertion for another tenant", v2(homeID), signed(assertion{claims: m{"aud": e.base + v2(partnerID)}}), 401, "invalid_client", "AADSTS700023"},
		{"assertion for an unknown tenant", v2(homeID), signed(assertion{claims: m{"aud": e.base + v2(unknown)}}), 401, "invalid_client", "AADSTS700023"},
		{"assertion that has ended", v2(homeID), signed(assertion{claims: m{"exp": now - 400}}), 401, "invalid_client", "AADSTS700024"},
		{"assertion of another client", v2(homeID), signed(assertion{claims: m{"sub": secretOnlyID}}), 401, "invalid_client", "AADSTS700021"},
		{"assertion from another client", v2(homeID), signed(assertion{claims: m{"iss": secretOnlyID}}), 401, "invalid_client", "AADSTS700021"},
		{"assertion that is none", v2(homeID), byAssertion("none"), 401, "invalid_client", "AADSTS50027"},

		{"unknown resource", v2(homeID), set(entraSecret, "scope", "https://other.example/.default"), 400, "invalid_resource", "AADSTS500011: The resource principal named https://other.example was not found in the tenant named Home."},
		{"unknown resource, v1", v1(homeID), set(v1Secret, "resource", "https://other.example"), 400, "invalid_resource", "AADSTS500011"},
		{"unknown permission's resource", v2(homeID), set(entraPassword, "scope", "https://other.example/read"), 400, "invalid_resource", "AADSTS500011"},
		{"no scope", v2(homeID), drop(entraSecret, "scope"), 400, "invalid_request", "'scope'"},
		{"no resource, v1", v1(homeID), entraSecret, 400, "invalid_request", "'resource'"},
		{"resource at v2", v2(homeID), set(entraSecret, "resource", testResource), 400, "invalid_request", "AADSTS901002"},
		{"a client's scope without /.default", v2(homeID), set(entraSecret, "scope", testResource+"/read"), 400, "invalid_scope", "AADSTS1002012"},
		{"a scope that names nothing", v2(homeID), set(entraPassword, "scope", "read"), 400, "invalid_scope", "AADSTS70011"},
		{"a scope of OpenID Connect only", v2(homeID), set(entraPassword, "scope", "openid profile"), 400, "invalid_scope", "AADSTS70011"},

		{"wrong password", v2(homeID), set(entraPassword, "password", "wrong"), 400, "invalid_grant", "AADSTS50126"},
		{"no password", v2(homeID), drop(entraPassword, "password"), 400, "invalid_grant", "AADSTS50126"},
		{"wrong password of a guest", v2(homeID), set(entraPassword, "username", bob, "password", ""), 400, "invalid_grant", "AADSTS50126"},
		{"unknown user", v2(homeID), set(entraPassword, "username", "eve@hubgate.example"), 400, "invalid_grant", "AADSTS50034: The user account eve@hubgate.example does not exist in the Home directory."},
		{"unknown user, no password", v2(homeID), set(entraPassword, "username", "eve@hubgate.example", "password", ""), 400, "invalid_grant", "AADSTS50034"},
		{"user of another tenant", v2(strangerID), entraPassword, 400, "invalid_grant", "AADSTS50034"},
		{"unknown domain at organizations", v2("organizations"), set(entraPassword, "username", "eve@elsewhere.example"), 400, "invalid_request", "AADSTS50059"},
		{"no domain at organizations", v2("organizations"), set(entraPassword, "username", `HUBGATE\alice`), 400, "invalid_request", "AADSTS50059"},
		{"unknown refresh token", v2(homeID), byRefresh, 400, "invalid_grant", "AADSTS70008"},
		{"unknown code", v2(homeID), set(url.Values{}, "grant_type", "authorization_code", "client_id", azureCLI, "code", "none"), 400, "invalid_grant", "AADSTS9002313"},
		{"no code", v2(homeID), set(url.Values{}, "grant_type", "authorization_code", "client_id", azureCLI), 400, "invalid_request", "'code'"},
		{"unknown device code", v2(homeID), set(url.Values{}, "grant_type", grantDevice, "client_id", azureCLI, "device_code", "none"), 400, "bad_verification_code", "AADSTS70018"},
		{"no device code", v2(homeID), set(url.Values{}, "grant_type", grantDevice, "client_id", azureCLI), 400, "invalid_request", "'device_code'"},
		{"what RFC 6749 allows in no description", v2(homeID), set(entraPassword, "username", "a\"\\\n@hubgate.example"), 400, "invalid_grant", "account a???@hubgate.example does"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := e.postTo(t, test.path, test.form)
			if got.status != test.status || got.code != test.code || !strings.Contains(got.description, test.description) {
				t.Errorf("%d %s: %s", got.status, got.code, got.description)
			}
			if !regexp.MustCompile(` Trace ID: \S{36} Correlation ID: \S{36} Timestamp: \S{10} \S{9}$`).MatchString(got.description) {
				t.Errorf("description %s", got.description)
			}
			if len(got.codes) != 1 || !strings.HasPrefix(got.description, "AADSTS"+got.codes[0].String()+":") {
				t.Errorf("error_codes %v: %s", got.codes, got.description)
			}
			if got.tokens.AccessToken != "" {
				t.Error("a refusal has an access token")
			}
		})
	}
}

// An assertion's audience may be any name of the token endpoint.
func TestEntraAssertionAudience(t *testing.T) {
	e := startEntra(t)
	for _, aud := range []string{
		v2(homeID), v1(homeID), v2("hubgate.example"), v2("common"), v1("common"), v2("organizations"), "/" + homeID + "/v2.0", v2(strings.ToUpper(homeID)), v2(homeID) + "/",
	} {
		signed := assertion{claims: map[string]any{"jti": aud}}.sign(t, e.base+aud)
		if got := e.postTo(t, v2(homeID), byAssertion(signed)); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", aud, got.status, got.description)
		}
	}
}

// MSAL for Python sends one assertion for nine minutes; sent for the same once more it is a replay.
func TestAssertionForAnotherResource(t *testing.T) {
	e := startEntra(t)
	form := byAssertion(assertion{}.sign(t, e.base+v2(homeID)))
	for _, test := range []struct {
		name string
		path string
		form url.Values
		code string
	}{
		{"first", v2(homeID), form, ""},
		{"again", v2(homeID), form, "invalid_client"},
		{"another resource", v2(homeID), set(form, "scope", "https://graph.example/.default"), ""},
		{"other claims", v2(homeID), set(form, "claims", `{"access_token":{"xms_cc":{"values":["cp1"]}}}`), ""},
		{"the other resource again", v2(homeID), set(form, "scope", "https://graph.example/.default"), "invalid_client"},
	} {
		if got := e.postTo(t, test.path, test.form); got.code != test.code {
			t.Errorf("%s: %d %s", test.name, got.status, got.description)
		}
	}
}

func TestBasicAuthentication(t *testing.T) {
	const secret = "a:b c%d+e"
	for name, kind := range map[string]func(string) Config{"AD FS": testConfig, "Entra ID": entraConfig} {
		t.Run(name, func(t *testing.T) {
			e := startWith(t, func(base string) Config {
				config := kind(base)
				config.Tenants[0].ServicePrincipals[0].Secret = secret
				return config
			})
			path := "/adfs/oauth2/token"
			if name == "Entra ID" {
				path = v2(homeID)
			}
			for _, test := range []struct {
				name, id, secret string
				form             url.Values
				status           int
				code             string
			}{
				{"secret", testClient, url.QueryEscape(secret), drop(bySecret, "client_id"), 200, ""},
				{"secret and the same client id", testClient, url.QueryEscape(secret), bySecret, 200, ""},
				{"wrong secret", testClient, "wrong", bySecret, 401, "invalid_client"},
				{"another client id", secretOnlyID, url.QueryEscape(secret), bySecret, 400, "invalid_request"},
				{"two secrets", testClient, url.QueryEscape(secret), set(bySecret, "client_secret", secret), 400, "invalid_request"},
				{"not form-encoded", testClient, "%zz", bySecret, 400, "invalid_request"},
			} {
				form := drop(test.form, "client_secret")
				if test.name == "two secrets" {
					form = test.form
				}
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.base+path, strings.NewReader(form.Encode()))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				request.SetBasicAuth(test.id, test.secret)
				response, err := e.client.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				got := readAnswer(t, response)
				if got.status != test.status || got.code != test.code {
					t.Errorf("%s: %d %s: %s", test.name, got.status, got.code, got.description)
				}
				if challenge := got.header.Get("WWW-Authenticate"); (challenge != "") != (test.status == http.StatusUnauthorized) {
					t.Errorf("%s: WWW-Authenticate is %q", test.name, challenge)
				}
			}
		})
	}
}

func TestNewRefusesEntraConfiguration(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"none", func(c *Config) {}, ""},
		{"no tenant", func(c *Config) { c.Tenants = nil }, "Tenants: is required"},
		{"no domain", func(c *Config) { c.Tenants[2].Domain = "" }, "Tenants[2].Domain"},
		{"a domain that is a word", func(c *Config) { c.Tenants[2].Domain = "common" }, "Tenants[2].Domain"},
		{"a domain twice", func(c *Config) { c.Tenants[2].Domain = "HUBGATE.example" }, "Tenants[2].Domain"},
		{"an id twice", func(c *Config) { c.Tenants[2].ID = strings.ToUpper(homeID) }, "Tenants[2].ID"},
		{"a member of another domain", func(c *Config) { c.Tenants[0].Users[0].Name = "alice@elsewhere.example" }, "Tenants[0].Users[0].Name"},
		{"a guest with a password", func(c *Config) { c.Tenants[0].Users[1].Password = "x" }, "Tenants[0].Users[1].Password"},
		{"a guest from nowhere", func(c *Config) { c.Tenants[0].Users[1].HomeTenant = testClient }, testClient + " has no such member"},
		{"a guest whom its home does not know", func(c *Config) { c.Tenants[0].Users[1].HomeTenant = strangerID }, strangerID + " has no such member"},
		{"a guest at home", func(c *Config) { c.Tenants[0].Users[1].HomeTenant = homeID }, homeID + " has no such member"},
		{"a client without credential", func(c *Config) { c.Tenants[1].ServicePrincipals[1].Secret = "" }, "ServicePrincipals[1]: a credential"},
		{"a federated credential alone", func(c *Config) {
			c.Tenants[1].ServicePrincipals[1].Secret = ""
			c.Tenants[1].ServicePrincipals[1].Federated = []FederatedCredential{{Issuer: "https://localhost:1", Subject: "x"}}
		}, ""},
		{"a federated credential without subject", func(c *Config) {
			c.Tenants[1].ServicePrincipals[1].Federated = []FederatedCredential{{Issuer: "https://localhost:1"}}
		}, "Tenants[1].ServicePrincipals[1].Federated[0].Subject"},
		{"a federated credential by http", func(c *Config) {
			c.Tenants[1].ServicePrincipals[1].Federated = []FederatedCredential{
				{Issuer: "https://localhost:1", Subject: "x"}, {Issuer: "http://localhost:1", Subject: "x"},
			}
		}, "Tenants[1].ServicePrincipals[1].Federated[1].Issuer"},
		{"a managed identity", func(c *Config) {
			c.Tenants[1].ServicePrincipals[1].Secret, c.Tenants[1].ServicePrincipals[1].ManagedIdentity = "", machineID
		}, ""},
		{"a managed identity with a secret", func(c *Config) { c.Tenants[1].ServicePrincipals[1].ManagedIdentity = machineID }, "ServicePrincipals[1]: a managed identity"},
		{"a managed identity of nothing", func(c *Config) {
			c.Tenants[1].ServicePrincipals[1].Secret, c.Tenants[1].ServicePrincipals[1].ManagedIdentity = "", "machine"
		}, "ServicePrincipals[1].ManagedIdentity"},
		{"a system-assigned identity with a federated credential", func(c *Config) {
			c.Tenants[1].ServicePrincipals[1].Secret, c.Tenants[1].ServicePrincipals[1].ManagedIdentity = "", machineID
			c.Tenants[1].ServicePrincipals[1].Federated = []FederatedCredential{{Issuer: "https://localhost:1", Subject: "x"}}
		}, "ServicePrincipals[1].Federated"},
		{"roles for a resource that is none", func(c *Config) {
			c.Tenants[1].ServicePrincipals[1].Roles = map[string][]string{"https://other.example": {"Read.All"}}
		}, "Tenants[1].ServicePrincipals[1].Roles"},
		{"a guest of a tenant where it is a guest", func(c *Config) { c.Tenants[1].Users[0].HomeTenant, c.Tenants[1].Users[0].Password = homeID, "" }, "HomeTenant"},
	} {
		config := entraConfig("https://localhost:8443")
		test.change(&config)
		switch s, err := New(config); {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case err == nil && s.Close() != nil:
			t.Errorf("%s: cannot be closed", test.name)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: error %v, want one that names %s", test.name, err, test.want)
		}
	}
}

// What is the server's own fault says so, and not more than that.
func TestServerFault(t *testing.T) {
	s, err := New(entraConfig("https://localhost:8443"))
	if err != nil {
		t.Fatal(err)
	}
	if s.ordered[0].issuer, err = openidtest.New(openidtest.Config{Type: openid.ADFS}); err != nil { // which has no guests
		t.Fatal(err)
	}
	form := set(byPassword, "username", bob)
	r := httptest.NewRequest(http.MethodPost, v2(homeID), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	got := readAnswer(t, w.Result())
	if got.status != http.StatusInternalServerError || got.code != "server_error" || strings.Contains(got.description, "guest") {
		t.Errorf("%d %s: %s", got.status, got.code, got.description)
	}
}

// What is full gives no more refresh tokens, and still signs in.
func TestRefreshTokensAreBounded(t *testing.T) {
	s, err := New(entraConfig("https://localhost:8443"))
	if err != nil {
		t.Fatal(err)
	}
	s.refresh.limit = 1
	form := set(entraPassword, "scope", "offline_access "+scope)
	for i, want := range []bool{true, false} {
		r := httptest.NewRequest(http.MethodPost, v2(homeID), strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		got := readAnswer(t, w.Result())
		if got.status != http.StatusOK || (got.tokens.RefreshToken != "") != want {
			t.Errorf("%d: %d, refresh token %q", i, got.status, got.tokens.RefreshToken)
		}
	}
}

func TestGuessesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g guesses
		for range guessesAllowed {
			if !g.allowed() {
				t.Fatal("refused too early")
			}
			g.wrong()
		}
		if g.allowed() {
			t.Error("allowed without end")
		}
		time.Sleep(guessesPeriod - time.Second)
		if g.allowed() {
			t.Error("allowed before the period is over")
		}
		time.Sleep(time.Second)
		if !g.allowed() {
			t.Error("refused for ever")
		}
	})
}
