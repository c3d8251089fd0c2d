package middleware

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

// New refuses a verifier of several tenants beside an authorizer that does not know whose a subscription is. Were a verifier to
// become one later, the gate serves nothing, not even a list, and the log says why.
func TestTenantsThatNewWouldHaveRefused(t *testing.T) {
	const tenant, other = "3f6b1c54-8a57-4c0b-9f0e-2b7f7a1d9c01", "c0ffee00-1111-4222-8333-444455556666"
	const oid, path = "a11ce000-0000-4000-8000-000000000001", "/subscriptions/11111111-aaaa-4bbb-8ccc-000000000001"
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
		{Scope: path, RoleDefinitionID: rbac.RoleOwner, PrincipalID: oid},
	}})
	if err != nil {
		t.Fatal(err)
	}
	unknowing, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		t.Fatal(err)
	}
	issuer := openidtest.NewEntra(t, tenant)
	gate, err := New(Config{Verifier: issuer.Verifier(), Authorizer: unknowing})
	if err != nil {
		t.Fatal(err)
	}
	config := issuer.ProviderConfig()
	config.Authority = issuer.AuthorityOf("common")
	provider, err := openid.NewProvider(config)
	if err != nil {
		t.Fatal(err)
	}
	defer provider.Close()
	many, err := openid.NewVerifier(openid.VerifierConfig{
		Providers: []*openid.Provider{provider}, Audiences: []string{issuer.Audience()}, Tenants: []string{tenant, other},
	})
	if err != nil {
		t.Fatal(err)
	}

	served := 0
	api := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ })
	get := func(handler http.Handler) int {
		r := httptest.NewRequest("GET", path+"/resourceGroups", nil)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r.WithContext(WithPrincipal(r.Context(), &openid.Principal{Tenant: other, ObjectID: oid}, nil)))
		return w.Code
	}
	for name, handler := range map[string]http.Handler{"Authorize": gate.Authorize(api), "List": gate.List(api)} {
		gate.verifier, served = issuer.Verifier(), 0
		if status := get(handler); status != http.StatusOK || served != 1 {
			t.Errorf("%s with one tenant: %d, served %d times", name, status, served)
		}
		var log bytes.Buffer
		gate.verifier, gate.logger = many, slog.New(slog.NewTextHandler(&log, nil))
		if status := get(handler); status != http.StatusInternalServerError || served != 1 {
			t.Errorf("%s with two tenants: %d, served %d times", name, status, served-1)
		}
		if text := log.String(); !strings.Contains(text, "level=ERROR") || !strings.Contains(text, "an Authorizer that does not know them") {
			t.Errorf("%s: log is %s", name, text)
		}
	}
}
