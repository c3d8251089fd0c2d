package identityprovider

import (
	"net/url"
	"strings"
	"testing"
)

// Entra ID's tokens hold 200 groups and, of a principal in more, none. AD FS's hold them all.
func TestGroups(t *testing.T) {
	groups := func(n int) []string {
		all := make([]string, n)
		for i := range all {
			all[i] = newGUID()
		}
		return all
	}
	for _, test := range []struct {
		name     string
		config   func(string) Config
		path     string
		form     url.Values
		groups   int
		inToken  int
		endpoint string // how _claim_sources ends; "" is no overage
	}{
		{"Entra, a user in 200", entraConfig, v2(homeID), entraPassword, 200, 200, ""},
		{"Entra, a user in 201", entraConfig, v2(homeID), entraPassword, 201, 0, "/" + homeID + "/users/" + aliceAtHome + "/getMemberObjects"},
		{"Entra v1, a user in 250", entraConfig, v1(homeID), v1Password, 250, 0, "/" + homeID + "/users/" + aliceAtHome + "/getMemberObjects"},
		{"Entra, a guest in 201", entraConfig, v2(homeID), set(byPassword, "username", bob), 201, 0, "/" + homeID + "/users/" + bobAtHome + "/getMemberObjects"},
		{"Entra, an application in 200", entraConfig, v2(homeID), entraSecret, 200, 200, ""},
		{"Entra, an application in 201", entraConfig, v2(homeID), entraSecret, 201, 0, "/" + homeID + "/servicePrincipals/" + clientAtHome + "/getMemberObjects"},
		{"AD FS, a user in 1000", testConfig, "/adfs/oauth2/token", byPassword, 1000, 1000, ""},
		{"AD FS, an application in 201", testConfig, "/adfs/oauth2/token", bySecret, 201, 201, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := startWith(t, func(base string) Config {
				config := test.config(base)
				for i := range config.Tenants[0].Users {
					config.Tenants[0].Users[i].Groups = groups(test.groups)
				}
				config.Tenants[0].ServicePrincipals[0].Groups = groups(test.groups)
				return config
			})
			got := e.postTo(t, test.path, test.form)
			if got.code != "" {
				t.Fatalf("%s: %s", got.code, got.description)
			}
			claims := claimsOf(t, got.tokens.AccessToken)
			if in, _ := claims["groups"].([]any); len(in) != test.inToken {
				t.Errorf("%d groups in the token, want %d", len(in), test.inToken)
			}
			names, _ := claims["_claim_names"].(map[string]any)
			sources, _ := claims["_claim_sources"].(map[string]any)
			if test.endpoint == "" {
				if names != nil || sources != nil {
					t.Errorf("overage: %v %v", names, sources)
				}
				return
			}
			if _, present := claims["groups"]; present || len(names) != 1 {
				t.Errorf("groups %v, _claim_names %v", claims["groups"], names)
			}
			name, _ := names["groups"].(string)
			source, _ := sources[name].(map[string]any)
			if endpoint, _ := source["endpoint"].(string); !strings.HasSuffix(endpoint, test.endpoint) {
				t.Errorf("_claim_sources is %v, want an endpoint that ends in %s", sources, test.endpoint)
			}
		})
	}
}

// Application permissions are in a client's own tokens for the API that they are for, and in no others.
func TestRoles(t *testing.T) {
	e := startWith(t, func(base string) Config {
		config := entraConfig(base)
		config.Tenants[0].ServicePrincipals[0].Roles = map[string][]string{testResource: {"Things.Read.All"}}
		return config
	})
	for _, test := range []struct {
		name string
		path string
		form url.Values
		want bool
	}{
		{"its resource", v2(homeID), entraSecret, true},
		{"the same, with a slash", v1(homeID), set(v1Secret, "resource", testResource+"/"), true},
		{"another resource", v2(homeID), set(entraSecret, "scope", "https://graph.example/.default"), false},
		{"another tenant", v2(partnerID), entraSecret, false},
		{"a user of the client", v2(homeID), set(entraPassword, "client_id", testClient, "client_secret", testSecret), false},
	} {
		got := e.postTo(t, test.path, test.form)
		if got.code != "" {
			t.Errorf("%s: %s: %s", test.name, got.code, got.description)
			continue
		}
		roles, present := claimsOf(t, got.tokens.AccessToken)["roles"].([]any)
		if present != test.want || present && (len(roles) != 1 || roles[0] != "Things.Read.All") {
			t.Errorf("%s: roles %v", test.name, roles)
		}
	}
}
