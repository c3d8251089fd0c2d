package openidtest_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

const (
	azureCLI       = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
	userAssigned   = "/subscriptions/0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f/resourcegroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
	systemAssigned = "/subscriptions/0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f/resourcegroups/rg/providers/Microsoft.Compute/virtualMachines/vm"
)

// Each subject has the claims that the real issuer gives it, no more and no fewer.
func TestSubjectClaims(t *testing.T) {
	always := []string{"aud", "exp", "iat", "iss", "nbf", "ver"}
	entra := append([]string{"aio", "oid", "rh", "sub", "tid", "uti", "idtyp", "xms_idrel"}, always...)
	adfs := append([]string{"appid", "apptype", "auth_time", "authmethod", "oid"}, always...)
	for _, test := range []struct {
		name   string
		typ    openid.AuthorityType
		who    openidtest.Claim
		names  []string       // of all claims
		claims map[string]any // the values of some
	}{
		{"user of Entra v1", openid.EntraV1, openidtest.User(oid),
			append([]string{"acct", "acr", "amr", "appid", "appidacr", "ipaddr", "name", "puid", "scp", "unique_name", "upn", "wids"}, entra...),
			map[string]any{"ver": "1.0", "acct": 0.0, "appid": azureCLI, "appidacr": "0", "idtyp": "user", "amr": []any{"pwd"}, "tid": tenant,
				"scp": "user_impersonation", "xms_idrel": "1 30"}},
		{"guest of Entra v1", openid.EntraV1, openidtest.Guest(oid),
			append([]string{"acct", "acr", "amr", "appid", "appidacr", "idp", "ipaddr", "name", "puid", "scp", "unique_name", "wids"}, entra...),
			map[string]any{"acct": 1.0, "idtyp": "user"}},
		{"service principal of Entra v1", openid.EntraV1, openidtest.ServicePrincipal(oid),
			append([]string{"appid", "appidacr", "idp"}, entra...),
			map[string]any{"sub": oid, "appidacr": "2", "idtyp": "app", "idp": "https://sts.entra.example/" + tenant + "/"}},
		{"managed identity of Entra v1", openid.EntraV1, openidtest.ManagedIdentity(oid, userAssigned),
			append([]string{"appid", "appidacr", "idp", "xms_mirid"}, entra...),
			map[string]any{"sub": oid, "appidacr": "2", "idtyp": "app", "xms_mirid": userAssigned}},
		{"user of Entra v2", openid.EntraV2, openidtest.User(oid),
			append([]string{"azp", "azpacr", "name", "preferred_username", "scp"}, entra...),
			map[string]any{"ver": "2.0", "azp": azureCLI, "azpacr": "0", "idtyp": "user"}},
		{"guest of Entra v2", openid.EntraV2, openidtest.Guest(oid),
			append([]string{"azp", "azpacr", "idp", "name", "preferred_username", "scp"}, entra...), nil},
		{"service principal of Entra v2", openid.EntraV2, openidtest.ServicePrincipal(oid),
			append([]string{"azp", "azpacr", "idp"}, entra...),
			map[string]any{"sub": oid, "azpacr": "2", "idtyp": "app"}},
		{"user of AD FS", openid.ADFS, openidtest.User(sid, sid2, sid3),
			append([]string{"groups", "scp", "sub", "unique_name", "upn"}, adfs...),
			map[string]any{"ver": "1.0", "oid": sid, "groups": []any{sid2, sid3}, "apptype": "Public"}},
		{"user of AD FS in one group", openid.ADFS, openidtest.User(sid, sid2),
			append([]string{"groups", "scp", "sub", "unique_name", "upn"}, adfs...),
			map[string]any{"groups": sid2}},
		{"service principal of AD FS", openid.ADFS, openidtest.ServicePrincipal(sid), adfs,
			map[string]any{"apptype": "Confidential"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			issuer := openidtest.NewFor(t, fast(test.typ))
			_, claims := parts(t, issuer.Token(test.who))
			slices.Sort(test.names)
			if names := slices.Sorted(maps.Keys(claims)); !slices.Equal(names, test.names) {
				t.Errorf("claims are\n%q, want\n%q", names, test.names)
			}
			for name, want := range test.claims {
				if !reflect.DeepEqual(claims[name], want) {
					t.Errorf("%s is %v, want %v", name, claims[name], want)
				}
			}
		})
	}
}

// The verifier sees in each subject what the test meant.
func TestSubjectPrincipals(t *testing.T) {
	for _, test := range []struct {
		name       string
		typ        openid.AuthorityType
		who        openidtest.Claim
		kind       openid.Kind
		credential openid.Credential
		groups     []string
	}{
		{"user", openid.EntraV1, openidtest.User(oid, group), openid.KindUser, openid.CredentialNone, []string{group}},
		{"guest", openid.EntraV1, openidtest.Guest(oid, group), openid.KindGuest, openid.CredentialNone, []string{group}},
		{"service principal", openid.EntraV1, openidtest.ServicePrincipal(oid, group), openid.KindServicePrincipal, openid.CredentialAssertion, []string{group}},
		{"managed identity", openid.EntraV1, openidtest.ManagedIdentity(oid, systemAssigned, group), openid.KindManagedIdentity, openid.CredentialAssertion, []string{group}},
		{"user", openid.EntraV2, openidtest.User(oid, group), openid.KindUser, openid.CredentialNone, []string{group}},
		{"guest", openid.EntraV2, openidtest.Guest(oid, group), openid.KindGuest, openid.CredentialNone, []string{group}},
		{"service principal", openid.EntraV2, openidtest.ServicePrincipal(oid, group), openid.KindServicePrincipal, openid.CredentialAssertion, []string{group}},
		{"managed identity", openid.EntraV2, openidtest.ManagedIdentity(oid, systemAssigned), openid.KindManagedIdentity, openid.CredentialAssertion, nil},
		{"user", openid.ADFS, openidtest.User(sid, sid2), openid.KindUser, openid.CredentialUnknown, []string{sid2}},
		{"user in groups", openid.ADFS, openidtest.User(sid, sid2, sid3), openid.KindUser, openid.CredentialUnknown, []string{sid2, sid3}},
	} {
		t.Run(fmt.Sprintf("%s of %s", test.name, test.typ), func(t *testing.T) {
			issuer := openidtest.NewFor(t, fast(test.typ))
			p, err := issuer.Verifier().Verify(t.Context(), issuer.Token(test.who))
			if err != nil {
				t.Fatal(err)
			}
			if p.Kind != test.kind || p.Credential != test.credential || !slices.Equal(p.Groups, test.groups) || p.Tenant != tenant {
				t.Errorf("a %s with %s in %q of %s, want a %s with %s in %q", p.Kind, p.Credential, p.Groups, p.Tenant,
					test.kind, test.credential, test.groups)
			}
			if p.ObjectID != oid && p.ObjectID != sid {
				t.Errorf("object id %s", p.ObjectID)
			}
			if p.Application == "" || p.Application == p.ObjectID {
				t.Errorf("application %q, object id %q", p.Application, p.ObjectID)
			}
		})
	}
}

// What a directory has stored about a principal stays the same from token to token; what names the token does not.
func TestTokensOfOneSubject(t *testing.T) {
	issuer := openidtest.NewFor(t, fast(openid.EntraV1))
	_, first := parts(t, issuer.Token(openidtest.User(oid)))
	_, second := parts(t, issuer.Token(openidtest.User(oid)))
	_, other := parts(t, issuer.Token(openidtest.User(group)))
	for _, name := range []string{"sub", "puid", "upn", "name"} {
		if first[name] != second[name] {
			t.Errorf("%s is %v and then %v", name, first[name], second[name])
		}
		if first[name] == other[name] {
			t.Errorf("%s is %v for two principals", name, first[name])
		}
	}
	if first["uti"] == second["uti"] {
		t.Errorf("uti is %v twice", first["uti"])
	}
}

func TestSubjectsThatCannotBe(t *testing.T) {
	var many []string
	for n := range 201 {
		many = append(many, fmt.Sprintf("00000000-0000-4000-8000-%012d", n))
	}
	for _, test := range []struct {
		name string
		typ  openid.AuthorityType
		who  openidtest.Claim
		ok   bool
	}{
		{"guest", openid.ADFS, openidtest.Guest(sid), false},
		{"managed identity", openid.ADFS, openidtest.ManagedIdentity(sid, systemAssigned), false},
		{"201 groups", openid.EntraV2, openidtest.User(oid, many...), false},
		{"200 groups", openid.EntraV2, openidtest.User(oid, many[:200]...), true},
		{"201 groups", openid.ADFS, openidtest.User(oid, many...), true},
	} {
		t.Run(fmt.Sprintf("%s of %s", test.name, test.typ), func(t *testing.T) {
			issuer := openidtest.NewFor(t, fast(test.typ))
			if _, err := issuer.Mint(test.who); (err == nil) != test.ok {
				t.Errorf("error %v", err)
			}
		})
	}
}
