package middleware_test

import (
	"strings"
	"testing"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// Wrong configuration fails at construction, with an error that names the field.
func TestNew(t *testing.T) {
	issuer := entraV1(t)
	single := issuer.Verifier()
	many := verifier(t, openid.VerifierConfig{
		Providers: []*openid.Provider{provider(t, issuer, issuer.AuthorityOf("common"))},
		Audiences: []string{issuer.Audience()},
		Tenants:   []string{tenant, foreignTenant},
	})
	any := verifier(t, openid.VerifierConfig{
		Providers:               []*openid.Provider{provider(t, issuer, issuer.AuthorityOf("common"))},
		Audiences:               []string{issuer.Audience()},
		InsecureAcceptAnyTenant: true,
	})
	odd := verifier(t, openid.VerifierConfig{
		Providers: []*openid.Provider{provider(t, issuer, `https://login".example/`+tenant)},
		Audiences: []string{issuer.Audience()},
	})
	knowing := authorizer(t, policy(t))
	unknowing, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy(t)})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		config middleware.Config
		want   string // how the error begins, which names the field; "" for no error
	}{
		{"one tenant", middleware.Config{Verifier: single, Authorizer: unknowing}, ""},
		{"one tenant, owners known", middleware.Config{Verifier: single, Authorizer: knowing}, ""},
		{"many tenants, owners known", middleware.Config{Verifier: many, Authorizer: knowing}, ""},
		{"any tenant, owners known", middleware.Config{Verifier: any, Authorizer: knowing}, ""},
		{"nothing", middleware.Config{}, "middleware: Config.Verifier: is required"},
		{"no verifier", middleware.Config{Authorizer: knowing}, "middleware: Config.Verifier: is required"},
		{"no authorizer", middleware.Config{Verifier: single}, "middleware: Config.Authorizer: is required"},
		{"many tenants, owners unknown", middleware.Config{Verifier: many, Authorizer: unknowing}, "middleware: Config.Authorizer: must know the tenants"},
		{"any tenant, owners unknown", middleware.Config{Verifier: any, Authorizer: unknowing}, "middleware: Config.Authorizer: must know the tenants"},
		{"authority that breaks the challenge", middleware.Config{Verifier: odd, Authorizer: knowing}, "middleware: Config.Verifier: the authority"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			gate, err := middleware.New(tt.config)
			switch {
			case tt.want == "" && (err != nil || gate == nil):
				t.Errorf("New = %v, %v", gate, err)
			case tt.want != "" && (err == nil || gate != nil || !strings.HasPrefix(err.Error(), tt.want)):
				t.Errorf("New = %v, %v, want an error that begins with %s", gate, err, tt.want)
			}
		})
	}
}
