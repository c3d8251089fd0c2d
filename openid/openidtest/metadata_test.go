package openidtest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// get asks the issuer for a path and returns the status and, of an answer in JSON, the members.
func get(t *testing.T, issuer *openidtest.Issuer, path string) (status int, answer map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	issuer.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	if w.Code == http.StatusOK {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	return w.Code, answer
}

func TestMetadata(t *testing.T) {
	const (
		host      = "https://login.entra.example"
		wellKnown = "/.well-known/openid-configuration"
		other     = "11112222-3333-4444-8555-666677778888"
	)
	for _, test := range []struct {
		name   string
		config openidtest.Config
		path   string
		want   map[string]any // nil: 400, not found
	}{
		{"Entra v1", openidtest.Config{Type: openid.EntraV1}, "/" + tenant + wellKnown, map[string]any{
			"issuer":                        "https://sts.entra.example/" + tenant + "/",
			"jwks_uri":                      host + "/common/discovery/keys",
			"authorization_endpoint":        host + "/" + tenant + "/oauth2/authorize",
			"token_endpoint":                host + "/" + tenant + "/oauth2/token",
			"device_authorization_endpoint": host + "/" + tenant + "/oauth2/devicecode",
			"access_token_issuer":           nil,
		}},
		{"Entra v1, tenant in upper case", openidtest.Config{Type: openid.EntraV1}, "/6F1D2C3B-4A59-4687-9071-8D2E3F405162" + wellKnown, map[string]any{
			"issuer": "https://sts.entra.example/" + tenant + "/",
		}},
		{"Entra v1, common", openidtest.Config{Type: openid.EntraV1}, "/common" + wellKnown, map[string]any{
			"issuer":         "https://sts.entra.example/{tenantid}/",
			"jwks_uri":       host + "/common/discovery/keys",
			"token_endpoint": host + "/common/oauth2/token",
		}},
		{"Entra v2", openidtest.Config{Type: openid.EntraV2}, "/" + tenant + "/v2.0" + wellKnown, map[string]any{
			"issuer":                        host + "/" + tenant + "/v2.0",
			"jwks_uri":                      host + "/common/discovery/v2.0/keys",
			"authorization_endpoint":        host + "/" + tenant + "/oauth2/v2.0/authorize",
			"token_endpoint":                host + "/" + tenant + "/oauth2/v2.0/token",
			"device_authorization_endpoint": host + "/" + tenant + "/oauth2/v2.0/devicecode",
		}},
		{"Entra v2, organizations", openidtest.Config{Type: openid.EntraV2}, "/organizations/v2.0" + wellKnown, map[string]any{
			"issuer": host + "/{tenantid}/v2.0",
		}},
		{"Entra v2, consumers", openidtest.Config{Type: openid.EntraV2}, "/consumers/v2.0" + wellKnown, map[string]any{
			"issuer": host + "/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
		}},
		{"Entra v2, another tenant", openidtest.Config{Type: openid.EntraV2}, "/" + other + "/v2.0" + wellKnown, map[string]any{
			"issuer": host + "/" + other + "/v2.0",
		}},
		{"Entra v2 asked for v1", openidtest.Config{Type: openid.EntraV2}, "/" + tenant + wellKnown, map[string]any{
			"issuer": "https://sts.entra.example/" + tenant + "/",
		}},
		{"an application's keys", openidtest.Config{Type: openid.EntraV2}, "/" + tenant + "/v2.0" + wellKnown + "?appid=a%26b", map[string]any{
			"issuer":   host + "/" + tenant + "/v2.0",
			"jwks_uri": host + "/" + tenant + "/discovery/v2.0/keys?appid=a%26b",
		}},
		{"no such tenant", openidtest.Config{Type: openid.EntraV2}, "/nowhere.example/v2.0" + wellKnown, nil},
		{"Entra at an address", openidtest.Config{Type: openid.EntraV1, BaseURL: "http://127.0.0.1:8080/"}, "/" + tenant + wellKnown, map[string]any{
			"issuer":   "http://sts.localhost:8080/" + tenant + "/",
			"jwks_uri": "http://127.0.0.1:8080/common/discovery/keys",
		}},
		{"Entra at an IPv6 address", openidtest.Config{Type: openid.EntraV1, BaseURL: "http://[::1]"}, "/" + tenant + wellKnown, map[string]any{
			"issuer":   "http://sts.localhost/" + tenant + "/",
			"jwks_uri": "http://[::1]/common/discovery/keys",
		}},
		{"AD FS", openidtest.Config{Type: openid.ADFS}, "/adfs" + wellKnown, map[string]any{
			"issuer":                        "https://adfs.local.azurestack.example/adfs",
			"access_token_issuer":           "http://adfs.local.azurestack.example/adfs/services/trust",
			"jwks_uri":                      "https://adfs.local.azurestack.example/adfs/discovery/keys",
			"authorization_endpoint":        "https://adfs.local.azurestack.example/adfs/oauth2/authorize",
			"token_endpoint":                "https://adfs.local.azurestack.example/adfs/oauth2/token",
			"device_authorization_endpoint": "https://adfs.local.azurestack.example/adfs/oauth2/devicecode",
		}},
		{"AD FS with a tenant", openidtest.Config{Type: openid.ADFS, BaseURL: "https://localhost:8443"}, "/adfs/" + tenant + wellKnown, map[string]any{
			"issuer":              "https://localhost:8443/adfs",
			"access_token_issuer": "http://localhost:8443/adfs/services/trust",
			"jwks_uri":            "https://localhost:8443/adfs/discovery/keys",
		}},
		{"AD FS by the name of its tenant", openidtest.Config{Type: openid.ADFS}, "/adfs/adfs" + wellKnown, map[string]any{
			"issuer": "https://adfs.local.azurestack.example/adfs",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.config.Tenant, test.config.Algorithm = tenant, "ES256"
			issuer := openidtest.NewFor(t, test.config)
			status, got := get(t, issuer, test.path)
			if test.want == nil {
				if status != http.StatusBadRequest {
					t.Errorf("status %d", status)
				}
				return
			}
			if status != http.StatusOK {
				t.Fatalf("status %d", status)
			}
			for name, want := range test.want {
				if got[name] != want {
					t.Errorf("%s is %v, want %v", name, got[name], want)
				}
			}
		})
	}
}

// What the issuer says of itself is what its metadata says, and where it says to be found it is found.
func TestIssuersAndAuthorities(t *testing.T) {
	for _, test := range []struct {
		typ                             openid.AuthorityType
		tenant                          string
		authority, access, id, audience string
	}{
		{openid.ADFS, "", "https://adfs.local.azurestack.example/adfs",
			"http://adfs.local.azurestack.example/adfs/services/trust", "https://adfs.local.azurestack.example/adfs",
			"https://management.local.azurestack.example/5e2f9a0c-3d41-4f0b-9c55-8f6a1c7f2b10"},
		{openid.ADFS, tenant, "https://adfs.local.azurestack.example/adfs/" + tenant,
			"http://adfs.local.azurestack.example/adfs/services/trust", "https://adfs.local.azurestack.example/adfs",
			"https://management.local.azurestack.example/5e2f9a0c-3d41-4f0b-9c55-8f6a1c7f2b10"},
		{openid.EntraV1, tenant, "https://login.entra.example/" + tenant,
			"https://sts.entra.example/" + tenant + "/", "https://sts.entra.example/" + tenant + "/",
			"https://management.local.azurestack.example/5e2f9a0c-3d41-4f0b-9c55-8f6a1c7f2b10"},
		{openid.EntraV2, tenant, "https://login.entra.example/" + tenant + "/v2.0",
			"https://login.entra.example/" + tenant + "/v2.0", "https://login.entra.example/" + tenant + "/v2.0",
			"5e2f9a0c-3d41-4f0b-9c55-8f6a1c7f2b10"},
	} {
		t.Run(string(test.typ)+" "+test.tenant, func(t *testing.T) {
			issuer := openidtest.NewFor(t, openidtest.Config{Type: test.typ, Tenant: test.tenant, Algorithm: "ES256"})
			if got := issuer.Authority(); got != test.authority {
				t.Errorf("Authority %s, want %s", got, test.authority)
			}
			if got := issuer.AccessTokenIssuer(); got != test.access {
				t.Errorf("AccessTokenIssuer %s, want %s", got, test.access)
			}
			if got := issuer.IDTokenIssuer(); got != test.id {
				t.Errorf("IDTokenIssuer %s, want %s", got, test.id)
			}
			if got := issuer.Audience(); got != test.audience {
				t.Errorf("Audience %s, want %s", got, test.audience)
			}
			if issuer.Type() != test.typ || issuer.Tenant() != test.tenant {
				t.Errorf("Type %s, Tenant %q", issuer.Type(), issuer.Tenant())
			}
			config := issuer.ProviderConfig()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, config.Authority+"/.well-known/openid-configuration", nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := config.Transport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			var metadata struct{ Issuer string }
			if err := json.NewDecoder(response.Body).Decode(&metadata); err != nil || metadata.Issuer != test.id {
				t.Errorf("metadata: issuer %s, error %v", metadata.Issuer, err)
			}
		})
	}
}

// One issuer serves every tenant of Entra ID.
func TestManyTenants(t *testing.T) {
	for _, typ := range []openid.AuthorityType{openid.EntraV1, openid.EntraV2} {
		for _, authority := range []string{"common", "organizations"} {
			t.Run(string(typ)+" "+authority, func(t *testing.T) {
				issuer := openidtest.NewFor(t, fast(typ))
				config := issuer.ProviderConfig()
				config.Authority = issuer.AuthorityOf(authority)
				provider, err := openid.NewProvider(config)
				if err != nil {
					t.Fatal(err)
				}
				defer provider.Close()
				awaitReady(t, provider)
				verifier, err := openid.NewVerifier(openid.VerifierConfig{
					Providers: []*openid.Provider{provider},
					Audiences: []string{issuer.Audience()},
					Tenants:   []string{tenant, guest},
				})
				if err != nil {
					t.Fatal(err)
				}
				for _, of := range []string{tenant, guest} {
					for name, who := range map[string]openidtest.Claim{
						"user": openidtest.User(oid), "service principal": openidtest.ServicePrincipal(oid),
					} {
						principal, err := verifier.Verify(t.Context(), issuer.Token(who, openidtest.Tenant(of)))
						if err != nil {
							t.Errorf("%s of %s: %v", name, of, err)
						} else if principal.Tenant != of || principal.Kind == openid.KindGuest {
							t.Errorf("%s of %s: a %s of %s", name, of, principal.Kind, principal.Tenant)
						}
					}
				}
				for name, token := range issuer.Forgeries(openidtest.User(oid)) {
					if _, err := verifier.Verify(t.Context(), token); err == nil {
						t.Errorf("%s: accepted", name)
					}
				}
			})
		}
	}
}
