package openid_test

import (
	"reflect"
	"testing"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

const (
	azureCLI     = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
	webClient    = "aaaabbbb-0000-4ccc-8ddd-2222eeee3333"
	userAssigned = "/subscriptions/5c2b1a09-8f7e-4d6c-9b5a-493827160504/resourcegroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deploy"
	someVM       = "/subscriptions/5c2b1a09-8f7e-4d6c-9b5a-493827160504/resourcegroups/rg/providers/Microsoft.Compute/virtualMachines/vm1"
)

// The whole Principal of each sort of caller, so that a claim that is read from the wrong place, or not at all, shows.
func TestPrincipal(t *testing.T) {
	hour := now.Add(time.Hour)
	const (
		stsHome  = "https://sts.entra.example/" + home + "/"
		stsGuest = "https://sts.entra.example/" + guest + "/"
		v2Home   = "https://login.entra.example/" + home + "/v2.0"
		trust    = "http://adfs.local.azurestack.example/adfs/services/trust"
	)
	fixed := []openidtest.Claim{openidtest.With("uti", "token-1")}
	for _, test := range []struct {
		name     string
		flavours []flavour
		who      openidtest.Claim
		changes  []openidtest.Claim
		want     openid.Principal // but for what every token here has alike
	}{
		{
			"Entra v1, user", []flavour{entraV1, entraV1Many}, openidtest.User(alice, readers),
			change(openidtest.With("upn", "alice@contoso.example"), openidtest.With("amr", []string{"pwd", "mfa"}), openidtest.With("acrs", []string{"p1", "c1"}), openidtest.With("xms_cc", []string{"cp1"})),
			openid.Principal{
				Tenant: home, ObjectID: alice, Groups: []string{readers}, Kind: openid.KindUser, Credential: openid.CredentialNone, Application: azureCLI,
				Name: "alice@contoso.example", Scopes: []string{"user_impersonation"}, AuthenticationMethods: []string{"pwd", "mfa"},
				AuthenticationContexts: []string{"p1", "c1"}, Capabilities: []string{"cp1"}, Issuer: stsHome, TokenID: "token-1",
			},
		},
		{
			"Entra v1, user of another tenant of many", []flavour{entraV1Many}, openidtest.User(alice),
			change(openidtest.Tenant(guest), openidtest.With("upn", "alice@fabrikam.example"), openidtest.Scopes("a", "b")),
			openid.Principal{
				Tenant: guest, ObjectID: alice, Kind: openid.KindUser, Credential: openid.CredentialNone, Application: azureCLI, Name: "alice@fabrikam.example",
				Scopes: []string{"a", "b"}, AuthenticationMethods: []string{"pwd"}, Issuer: stsGuest, TokenID: "token-1",
			},
		},
		{
			"Entra v1, guest", []flavour{entraV1, entraV1Many}, openidtest.Guest(alice, readers), change(openidtest.With("unique_name", "live.com#alice")),
			openid.Principal{
				Tenant: home, ObjectID: alice, Groups: []string{readers}, Kind: openid.KindGuest, Credential: openid.CredentialNone, Application: azureCLI,
				Name: "live.com#alice", Scopes: []string{"user_impersonation"}, AuthenticationMethods: []string{"pwd"}, Issuer: stsHome, TokenID: "token-1",
			},
		},
		{
			"Entra v1, service principal", []flavour{entraV1, entraV1Many}, openidtest.ServicePrincipal(alice, readers), change(openidtest.Application(webClient)),
			openid.Principal{
				Tenant: home, ObjectID: alice, Groups: []string{readers}, Kind: openid.KindServicePrincipal, Credential: openid.CredentialAssertion, Application: webClient,
				Issuer: stsHome, TokenID: "token-1",
			},
		},
		{
			"Entra v1, service principal that tells nothing of itself", []flavour{entraV1}, openidtest.ServicePrincipal(alice),
			change(openidtest.Application(webClient), openidtest.Without("idtyp", "appidacr", "xms_idrel", "idp", "nbf", "uti"), openidtest.With("jti", "token-2")),
			openid.Principal{
				Tenant: home, ObjectID: alice, Kind: openid.KindServicePrincipal, Credential: openid.CredentialUnknown, Application: webClient,
				Issuer: stsHome, TokenID: "token-2",
			},
		},
		{
			"Entra v1, system-assigned managed identity", []flavour{entraV1}, openidtest.ManagedIdentity(alice, someVM), change(openidtest.Application(webClient)),
			openid.Principal{
				Tenant: home, ObjectID: alice, Kind: openid.KindManagedIdentity, Credential: openid.CredentialAssertion, Application: webClient, ManagedIdentity: someVM,
				Issuer: stsHome, TokenID: "token-1",
			},
		},
		{
			"Entra v1, overage", []flavour{entraV1}, openidtest.User(alice, readers), change(openidtest.Overage(), openidtest.With("upn", "alice@contoso.example")),
			openid.Principal{
				Tenant: home, ObjectID: alice, Overage: true, Kind: openid.KindUser, Credential: openid.CredentialNone, Application: azureCLI,
				Name: "alice@contoso.example", Scopes: []string{"user_impersonation"}, AuthenticationMethods: []string{"pwd"}, Issuer: stsHome, TokenID: "token-1",
			},
		},
		{
			"Entra v2, user", []flavour{entraV2, entraV2Orgs, entraV2Many}, openidtest.User(alice, readers), change(openidtest.With("preferred_username", "alice@contoso.example"), openidtest.MFA()),
			openid.Principal{
				Tenant: home, ObjectID: alice, Groups: []string{readers}, Kind: openid.KindUser, Credential: openid.CredentialNone, Application: azureCLI,
				Name: "alice@contoso.example", Scopes: []string{"user_impersonation"}, AuthenticationContexts: []string{"p1"}, Issuer: v2Home, TokenID: "token-1",
			},
		},
		{
			"Entra v2, guest", []flavour{entraV2}, openidtest.Guest(alice), change(openidtest.With("preferred_username", "alice@fabrikam.example")),
			openid.Principal{
				Tenant: home, ObjectID: alice, Kind: openid.KindGuest, Credential: openid.CredentialNone, Application: azureCLI,
				Name: "alice@fabrikam.example", Scopes: []string{"user_impersonation"}, Issuer: v2Home, TokenID: "token-1",
			},
		},
		{
			"Entra v2, service principal with a secret", []flavour{entraV2, entraV2Many}, openidtest.ServicePrincipal(alice), change(openidtest.Application(webClient), openidtest.With("azpacr", "1")),
			openid.Principal{
				Tenant: home, ObjectID: alice, Kind: openid.KindServicePrincipal, Credential: openid.CredentialSecret, Application: webClient, Issuer: v2Home, TokenID: "token-1",
			},
		},
		{
			"Entra v2, user-assigned managed identity", []flavour{entraV2}, openidtest.ManagedIdentity(alice, userAssigned, readers), change(openidtest.Application(webClient)),
			openid.Principal{
				Tenant: home, ObjectID: alice, Groups: []string{readers}, Kind: openid.KindManagedIdentity, Credential: openid.CredentialAssertion, Application: webClient,
				ManagedIdentity: userAssigned, Issuer: v2Home, TokenID: "token-1",
			},
		},
		{
			"AD FS, user", []flavour{adfs}, openidtest.User(aliceAD, usersAD), change(openidtest.With("upn", "alice@azurestack.local"), openidtest.With("amr", "wia")),
			openid.Principal{
				Tenant: "adfs", ObjectID: aliceAD, Groups: []string{usersAD}, Kind: openid.KindUser, Credential: openid.CredentialUnknown, Application: azureCLI,
				Name: "alice@azurestack.local", Scopes: []string{"user_impersonation"}, AuthenticationMethods: []string{"wia"}, Issuer: trust, TokenID: "token-1",
			},
		},
		{
			"AD FS with a tenant, user with several names", []flavour{adfsTenanted}, openidtest.User(aliceAD),
			change(openidtest.Without("upn"), openidtest.With("unique_name", []string{`AZURESTACK\alice`, "alice"}), openidtest.With("scp", []string{"openid", "user_impersonation x"})),
			openid.Principal{
				Tenant: home, ObjectID: aliceAD, Kind: openid.KindUser, Credential: openid.CredentialUnknown, Application: azureCLI, Name: `AZURESTACK\alice`,
				Scopes: []string{"openid", "user_impersonation", "x"}, Issuer: trust, TokenID: "token-1",
			},
		},
		{
			"AD FS, service principal", []flavour{adfs}, openidtest.ServicePrincipal(aliceAD, usersAD), change(openidtest.Application(webClient), openidtest.With("idtyp", "app")),
			openid.Principal{
				Tenant: "adfs", ObjectID: aliceAD, Groups: []string{usersAD}, Kind: openid.KindServicePrincipal, Credential: openid.CredentialUnknown, Application: webClient,
				Issuer: trust, TokenID: "token-1",
			},
		},
	} {
		for _, f := range test.flavours {
			t.Run(test.name+", "+f.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, f)
				token := s.issuer.Token(test.who, append(fixed[:1:1], test.changes...)...)
				got, err := s.verifier.Verify(t.Context(), token)
				if err != nil {
					t.Fatal(err)
				}
				want := test.want
				want.Audience, want.IssuedAt, want.NotBefore, want.Expires = s.issuer.Audience(), now, now, hour
				if want.TokenID == "token-2" {
					want.NotBefore = time.Time{}
				}
				if !reflect.DeepEqual(*got, want) {
					t.Errorf("got\n%+v, want\n%+v", *got, want)
				}
			})
		}
	}
}

// RFC9700-05, MS-10: what a token does not say about its kind is not guessed, and a client is never taken for a user.
func TestMS_10_Kind(t *testing.T) {
	for _, test := range []struct {
		name     string
		flavours []flavour
		who      func(oid string, groups ...string) openidtest.Claim
		changes  []openidtest.Claim
		want     openid.Kind
	}{
		{"scp alone", entra, openidtest.User, without("idtyp"), openid.KindUser},
		{"idtyp user alone", entra, openidtest.User, without("scp"), openid.KindUser},
		{"neither", entra, openidtest.User, without("scp", "idtyp"), openid.KindUnknown},
		{"neither, oid is sub", entra, openidtest.ServicePrincipal, without("idtyp"), openid.KindServicePrincipal},
		{"neither, no sub", entra, openidtest.ServicePrincipal, without("idtyp", "sub"), openid.KindUnknown},
		{"oid is sub, scp empty", entra, openidtest.ServicePrincipal, change(openidtest.Without("idtyp"), openidtest.With("scp", "")), openid.KindUnknown},
		{"oid is sub, scp no string", entra, openidtest.ServicePrincipal, change(openidtest.Without("idtyp"), openidtest.With("scp", 1)), openid.KindUnknown},
		{"oid is sub, idtyp no string", entra, openidtest.ServicePrincipal, with("idtyp", []string{"user"}), openid.KindUnknown},
		{"oid is sub, idtyp empty", entra, openidtest.ServicePrincipal, with("idtyp", ""), openid.KindUnknown},
		{"oid and sub are no strings", entra, openidtest.User, change(openidtest.Without("idtyp", "scp"), openidtest.With("sub", []string{alice})), openid.KindUnknown},
		{"idtyp app beside scp", entra, openidtest.ServicePrincipal, with("scp", "x"), openid.KindUser},
		{"idtyp app of another subject", entra, openidtest.ServicePrincipal, with("sub", "x"), openid.KindServicePrincipal},
		{"idtyp unknown", entra, openidtest.ServicePrincipal, with("idtyp", "device"), openid.KindUnknown},
		{"idtyp no string", entra, openidtest.User, change(openidtest.With("idtyp", []string{"app"})), openid.KindUser},
		{"acct 1", entra, openidtest.User, with("acct", 1), openid.KindGuest},
		{"acct 1 as a string", entra, openidtest.User, with("acct", "1"), openid.KindGuest},
		{"acct 0", entra, openidtest.User, with("acct", 0), openid.KindUser},
		{"idp of another tenant", entra, openidtest.User, with("idp", "https://sts.windows.net/"+foreign+"/"), openid.KindGuest},
		{"idp of consumers", entra, openidtest.User, with("idp", "live.com"), openid.KindGuest},
		{"idp of the own tenant", entra, openidtest.User, with("idp", "https://sts.windows.net/"+home+"/"), openid.KindUser},
		{"the resource id of a managed identity at a user", entra, openidtest.User, with("xms_mirid", someVM), openid.KindUser},
		{"AD FS without names", adfsBoth, openidtest.User, without("upn", "unique_name"), openid.KindUnknown},
		{"AD FS without names and scp, oid is sub", adfsBoth, openidtest.User, change(openidtest.Without("upn", "unique_name", "scp"), openidtest.With("sub", aliceAD)), openid.KindUnknown},
		{"AD FS with a name that is empty", adfsBoth, openidtest.User, change(openidtest.Without("unique_name"), openidtest.With("upn", ""), openidtest.With("idtyp", "app")), openid.KindUser},
		{"AD FS user marked as a workload", adfsBoth, openidtest.User, with("idtyp", "app"), openid.KindUser},
		{"AD FS without names, marked as a user", adfsBoth, openidtest.User, change(openidtest.Without("upn", "unique_name"), openidtest.With("idtyp", "user")), openid.KindUser},
		{"AD FS user from elsewhere", adfsBoth, openidtest.User, change(openidtest.With("acct", 1), openidtest.With("idp", "live.com")), openid.KindUser},
		{"AD FS workload with what managed identities have", adfsBoth, openidtest.ServicePrincipal, change(openidtest.With("idtyp", "app"), openidtest.With("xms_mirid", someVM)), openid.KindServicePrincipal},
		{"AD FS service principal, oid is sub", adfsBoth, openidtest.ServicePrincipal, with("sub", aliceAD), openid.KindUnknown},
		{"AD FS service principal with scp", adfsBoth, openidtest.ServicePrincipal, change(openidtest.With("idtyp", "app"), openidtest.With("scp", "openid")), openid.KindServicePrincipal},
		{"AD FS with unique_name alone", adfsBoth, openidtest.User, without("upn", "scp"), openid.KindUser},
		{"AD FS service principal", adfsBoth, openidtest.ServicePrincipal, nil, openid.KindUnknown},
		{"AD FS without oid and sub", adfsBoth, openidtest.ServicePrincipal, change(openidtest.Without("oid", "sub"), openidtest.With("primarysid", aliceAD)), openid.KindUnknown},
	} {
		for _, f := range test.flavours {
			t.Run(test.name+", "+f.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, f)
				got, err := s.verifier.Verify(t.Context(), s.issuer.Token(test.who(s.oid), test.changes...))
				if err != nil {
					t.Fatal(err)
				}
				if got.Kind != test.want {
					t.Errorf("kind %q, want %q", got.Kind, test.want)
				}
				if (got.ManagedIdentity != "") != (got.Kind == openid.KindManagedIdentity) {
					t.Errorf("ManagedIdentity %q at a %s", got.ManagedIdentity, got.Kind)
				}
			})
		}
	}
	for kind, want := range map[openid.Kind]bool{
		openid.KindServicePrincipal: true, openid.KindManagedIdentity: true, openid.KindUser: false, openid.KindGuest: false, openid.KindUnknown: false, "": false,
	} {
		if kind.Workload() != want {
			t.Errorf("%q: Workload is %t", kind, !want)
		}
	}
}
