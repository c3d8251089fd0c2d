package openid_test

import (
	"strings"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// The claims of one access token of each sort of caller, whole, as the providers issue them. ISSUER, AUDIENCE, TENANT and the times are
// filled in. What stands in them is made up.
const (
	times = `"iat":NOW,"nbf":NOW,"exp":LATER`

	entraV1User = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"acct":0,"acr":"1","aio":"AVQAq/8TAAAA","altsecid":"5::1003200012345678","amr":["pwd","mfa"],
		"appid":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","appidacr":"0","family_name":"Adams","given_name":"Alice",
		"groups":["c0ffee00-1234-4321-8765-0123456789ab"],"idtyp":"user","ipaddr":"192.0.2.1","name":"Alice Adams","oid":"` + alice + `",
		"puid":"1003200012345678","pwd_exp":"864000","pwd_url":"https://portal.example/ChangePassword.aspx","rh":"0.ARoA","scp":"user_impersonation",
		"sub":"X1J2k3L4m5N6o7P8q9R0s1T2u3V4w5X6y7Z8a9B0c1D","tid":"TENANT","unique_name":"alice@contoso.example","upn":"alice@contoso.example",
		"uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"1.0","wids":["b79fbf4d-3ef9-4689-8143-76b194e85509"],"xms_cc":["CP1"],"xms_idrel":"1 30","xms_tcdt":1600000000}`
	entraV1Guest = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"acct":1,"acr":"1","aio":"AVQAq/8TAAAA","altsecid":"5::10032000ABCDEF01","amr":["pwd"],
		"appid":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","appidacr":"0","email":"alice@fabrikam.example","idp":"https://sts.windows.net/` + guest + `/",
		"idtyp":"user","ipaddr":"192.0.2.1","name":"Alice Adams","oid":"` + alice + `","puid":"1003200087654321","rh":"0.ARoA","scp":"user_impersonation",
		"sub":"Y1J2k3L4m5N6o7P8q9R0s1T2u3V4w5X6y7Z8a9B0c1D","tid":"TENANT","unique_name":"alice@fabrikam.example","uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"1.0",
		"wids":["13bd1c72-6f4a-4dcf-985f-18d3b80f208a"],"xms_idrel":"5 6"}`
	entraV1Consumer = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"acr":"1","aio":"AVQAq/8TAAAA","altsecid":"1:live.com:00034001ABCDEF01","amr":["pwd"],
		"appid":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","appidacr":"0","email":"alice@outlook.example","idp":"live.com","ipaddr":"192.0.2.1",
		"name":"Alice","oid":"` + alice + `","puid":"1003200087654321","rh":"0.ARoA","scp":"user_impersonation",
		"sub":"Z1J2k3L4m5N6o7P8q9R0s1T2u3V4w5X6y7Z8a9B0c1D","tid":"TENANT","unique_name":"live.com#alice@outlook.example","uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"1.0"}`
	entraV1App = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"aio":"E2ZgYGg4","appid":"` + webClient + `","appidacr":"1",
		"groups":["c0ffee00-1234-4321-8765-0123456789ab"],"idp":"https://sts.windows.net/TENANT/","idtyp":"app","oid":"` + alice + `","rh":"0.ARoA",
		"sub":"` + alice + `","tid":"TENANT","uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"1.0","xms_idrel":"7 10","xms_tcdt":1600000000}`
	entraV1PlainApp = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"aio":"E2ZgYGg4","appid":"` + webClient + `","appidacr":"2",
		"idp":"https://sts.windows.net/TENANT/","oid":"` + alice + `","rh":"0.ARoA","roles":["Deployments.Read"],
		"sub":"` + alice + `","tid":"TENANT","uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"1.0"}`
	entraV1SystemAssigned = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"aio":"E2ZgYGg4","appid":"` + webClient + `","appidacr":"2",
		"idp":"https://sts.windows.net/TENANT/","idtyp":"app","oid":"` + alice + `","rh":"0.ARoA","sub":"` + alice + `","tid":"TENANT",
		"uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"1.0","xms_idrel":"7 24","xms_mirid":"` + someVM + `","xms_tcdt":1600000000}`
	entraV1UserAssigned = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"aio":"E2ZgYGg4","appid":"` + webClient + `","appidacr":"2",
		"idp":"https://sts.windows.net/TENANT/","idtyp":"app","oid":"` + alice + `","rh":"0.ARoA","sub":"` + alice + `","tid":"TENANT",
		"uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"1.0","xms_az_rid":"` + someVM + `","xms_idrel":"7 24","xms_mirid":"` + userAssigned + `"}`
	// An old one: before idtyp and xms_idrel, and with the resource id in lower case.
	entraV1OldUserAssigned = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"aio":"42BgYIio","appid":"` + webClient + `","appidacr":"2","e_exp":262800,
		"idp":"https://sts.windows.net/TENANT/","oid":"` + alice + `","sub":"` + alice + `","tid":"TENANT","uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"1.0",
		"xms_mirid":"/subscriptions/5c2b1a09-8f7e-4d6c-9b5a-493827160504/resourcegroups/rg/providers/microsoft.managedidentity/userassignedidentities/deploy"}`
	entraV1ArcMachine = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"aio":"E2ZgYGg4","appid":"` + webClient + `","appidacr":"2",
		"idp":"https://sts.windows.net/TENANT/","idtyp":"app","oid":"` + alice + `","rh":"0.ARoA","sub":"` + alice + `","tid":"TENANT","uti":"q0W1e2R3t4Y5u6I7o8P9AA",
		"ver":"1.0","xms_mirid":"/subscriptions/5c2b1a09-8f7e-4d6c-9b5a-493827160504/resourcegroups/rg/providers/Microsoft.HybridCompute/machines/userAssignedIdentities"}`
	// A directory with an authority that issues neither idtyp nor scp, for a subject of another form: nothing tells what it is.
	entraV1Untold = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"aio":"E2ZgYGg4","appid":"` + webClient + `","appidacr":"2","oid":"` + alice + `","rh":"0.ARoA",
		"roles":["Deployments.Read"],"sub":"X1J2k3L4m5N6o7P8q9R0s1T2u3V4w5X6y7Z8a9B0c1D","tid":"TENANT","uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"1.0"}`

	entraV2User = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"aio":"AVQAq/8TAAAA","azp":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","azpacr":"0",
		"groups":["c0ffee00-1234-4321-8765-0123456789ab"],"name":"Alice Adams","oid":"` + alice + `","preferred_username":"alice@contoso.example","rh":"0.ARoA",
		"scp":"user_impersonation","sub":"X1J2k3L4m5N6o7P8q9R0s1T2u3V4w5X6y7Z8a9B0c1D","tid":"TENANT","uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"2.0"}`
	entraV2Guest = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"acct":1,"aio":"AVQAq/8TAAAA","azp":"` + webClient + `","azpacr":"1","email":"alice@fabrikam.example",
		"idp":"https://sts.windows.net/` + guest + `/","name":"Alice Adams","oid":"` + alice + `","preferred_username":"alice@fabrikam.example","rh":"0.ARoA",
		"scp":"user_impersonation","sub":"Y1J2k3L4m5N6o7P8q9R0s1T2u3V4w5X6y7Z8a9B0c1D","tid":"TENANT","uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"2.0"}`
	entraV2App = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"aio":"E2ZgYGg4","azp":"` + webClient + `","azpacr":"1","idtyp":"app","oid":"` + alice + `",
		"rh":"0.ARoA","roles":["Deployments.Read"],"sub":"` + alice + `","tid":"TENANT","uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"2.0"}`
	entraV2Federated = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"aio":"E2ZgYGg4","azp":"` + webClient + `","azpacr":"2","idtyp":"app","oid":"` + alice + `",
		"rh":"0.ARoA","sub":"` + alice + `","tid":"TENANT","uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"2.0"}`
	entraV2FederatedIdentity = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"aio":"E2ZgYGg4","azp":"` + webClient + `","azpacr":"2","idtyp":"app","oid":"` + alice + `",
		"rh":"0.ARoA","sub":"` + alice + `","tid":"TENANT","uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"2.0","xms_idrel":"7 24","xms_mirid":"` + userAssigned + `"}`
	entraV2SystemAssigned = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"aio":"E2ZgYGg4","azp":"` + webClient + `","azpacr":"2","oid":"` + alice + `",
		"rh":"0.ARoA","sub":"` + alice + `","tid":"TENANT","uti":"q0W1e2R3t4Y5u6I7o8P9AA","ver":"2.0","xms_mirid":"` + someVM + `"}`

	adfsUser = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"appid":"04b07795-8ddb-461a-bbee-02f9e1bf7b46","apptype":"Public",
		"auth_time":"2026-03-04T05:06:07.000Z","authmethod":"urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
		"groups":["` + usersAD + `","S-1-5-32-545"],"oid":"` + aliceAD + `","scp":"user_impersonation openid","sub":"n0d9pM3eXbYJtqk1c5rQ8w==",
		"unique_name":"AZURESTACK\\alice","upn":"alice@azurestack.local","ver":"1.0"}`
	// A user of a web application, which has a credential of its own, who signed in with a smart card.
	adfsWebUser = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"appid":"` + webClient + `","apptype":"Confidential","auth_time":"2026-03-04T05:06:07.000Z",
		"authmethod":"http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/tlsclient","groupsid":"` + usersAD + `",
		"primarysid":"` + aliceAD + `","scp":"openid","sub":"n0d9pM3eXbYJtqk1c5rQ8w==","unique_name":["Alice Adams","AZURESTACK\\alice"],"ver":"1.0"}`
	// The same where the rules pass no name through, and where they make sub from primarysid as well.
	adfsNamelessUser = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"appid":"` + webClient + `","apptype":"Confidential","auth_time":"2026-03-04T05:06:07.000Z",
		"authmethod":"http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/tlsclient","groups":["` + usersAD + `","S-1-5-32-545"],
		"oid":"` + aliceAD + `","sub":"` + aliceAD + `","ver":"1.0"}`
	adfsApp = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"appid":"` + webClient + `","apptype":"Confidential","auth_time":"2026-03-04T05:06:07.000Z",
		"authmethod":"http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/tlsclient","oid":"` + aliceAD + `","ver":"1.0"}`
	adfsMarkedApp = `{"aud":"AUDIENCE","iss":"ISSUER",` + times + `,"appid":"` + webClient + `","apptype":"Confidential","auth_time":"2026-03-04T05:06:07.000Z",
		"authmethod":"http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/tlsclient","idtyp":"app","oid":"` + aliceAD + `","ver":"1.0"}`
)

// claimSet signs a whole set of claims.
func (s *site) claimSet(claims string) string {
	claims = strings.NewReplacer(
		"ISSUER", s.issuer.AccessTokenIssuer(), "AUDIENCE", s.issuer.Audience(), "TENANT", home, "NOW", "1772600767", "LATER", "1772604367",
	).Replace(claims)
	return s.issuer.Token(s.user(), openidtest.RawPayload([]byte(claims)))
}

// Section 4 of what Microsoft documents about claims, by whole tokens: who is behind each, and how the client proved itself.
func TestKinds(t *testing.T) {
	type want struct {
		kind         openid.Kind
		credential   openid.Credential
		userAssigned bool
	}
	for _, test := range []struct {
		name    string
		flavour flavour
		claims  string
		want    want
	}{
		{"user", entraV1, entraV1User, want{openid.KindUser, openid.CredentialNone, false}},
		{"guest", entraV1, entraV1Guest, want{openid.KindGuest, openid.CredentialNone, false}},
		{"guest with a consumer account", entraV1, entraV1Consumer, want{openid.KindGuest, openid.CredentialNone, false}},
		{"service principal with a secret", entraV1, entraV1App, want{openid.KindServicePrincipal, openid.CredentialSecret, false}},
		{"service principal without idtyp, with a certificate", entraV1, entraV1PlainApp, want{openid.KindServicePrincipal, openid.CredentialAssertion, false}},
		{"system-assigned managed identity", entraV1, entraV1SystemAssigned, want{openid.KindManagedIdentity, openid.CredentialAssertion, false}},
		{"user-assigned managed identity", entraV1, entraV1UserAssigned, want{openid.KindManagedIdentity, openid.CredentialAssertion, true}},
		{"user-assigned managed identity without idtyp", entraV1, entraV1OldUserAssigned, want{openid.KindManagedIdentity, openid.CredentialAssertion, true}},
		{"managed identity of a machine elsewhere", entraV1, entraV1ArcMachine, want{openid.KindManagedIdentity, openid.CredentialAssertion, false}},
		{"untold", entraV1, entraV1Untold, want{openid.KindUnknown, openid.CredentialAssertion, false}},

		{"user", entraV2, entraV2User, want{openid.KindUser, openid.CredentialNone, false}},
		{"guest of a web application", entraV2, entraV2Guest, want{openid.KindGuest, openid.CredentialSecret, false}},
		{"service principal with a secret", entraV2, entraV2App, want{openid.KindServicePrincipal, openid.CredentialSecret, false}},
		{"federated workload of an application", entraV2, entraV2Federated, want{openid.KindServicePrincipal, openid.CredentialAssertion, false}},
		{"federated workload of a managed identity", entraV2, entraV2FederatedIdentity, want{openid.KindManagedIdentity, openid.CredentialAssertion, true}},
		{"system-assigned managed identity", entraV2, entraV2SystemAssigned, want{openid.KindManagedIdentity, openid.CredentialAssertion, false}},

		{"user", adfs, adfsUser, want{openid.KindUser, openid.CredentialUnknown, false}},
		{"user of a web application", adfs, adfsWebUser, want{openid.KindUser, openid.CredentialUnknown, false}},
		{"user without a name", adfs, adfsNamelessUser, want{openid.KindUnknown, openid.CredentialUnknown, false}},
		{"service principal", adfs, adfsApp, want{openid.KindUnknown, openid.CredentialUnknown, false}},
		{"service principal that the site marks", adfs, adfsMarkedApp, want{openid.KindServicePrincipal, openid.CredentialUnknown, false}},
	} {
		t.Run(test.flavour.name+", "+test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, test.flavour)
			p, err := s.verifier.Verify(t.Context(), s.claimSet(test.claims))
			if err != nil {
				t.Fatal(err)
			}
			if got := (want{p.Kind, p.Credential, p.UserAssigned()}); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if (p.ManagedIdentity != "") != (p.Kind == openid.KindManagedIdentity) {
				t.Errorf("ManagedIdentity %q at a %s", p.ManagedIdentity, p.Kind)
			}
			if p.ObjectID != s.oid || p.Application == "" || p.Tenant == "" {
				t.Errorf("read as %+v", p)
			}
		})
	}
}

// No sign of a workload outweighs one of a user, because workloads are exempt from what users are asked for. Each row adds to the whole
// token of a workload what only users' tokens have.
func TestContradictoryKinds(t *testing.T) {
	for _, test := range []struct {
		name string
		add  string
		want openid.Kind
	}{
		{"scp", `"scp":"user_impersonation"`, openid.KindUser},
		{"scp as an array", `"scp":["user_impersonation"]`, openid.KindUser},
		{"scp without a scope", `"scp":" "`, openid.KindUnknown},
		{"scp that is no text", `"scp":1`, openid.KindUnknown},
		{"upn", `"upn":"alice@contoso.example"`, openid.KindUnknown},
		{"preferred_username", `"preferred_username":"alice@contoso.example"`, openid.KindUnknown},
		{"unique_name", `"unique_name":"alice@contoso.example"`, openid.KindUnknown},
		{"a name that is no text", `"unique_name":null`, openid.KindUnknown},
		{"scp of a guest", `"acct":1,"scp":"user_impersonation"`, openid.KindGuest},
		{"scp and a name", `"scp":"user_impersonation","upn":"alice@contoso.example"`, openid.KindUser},
	} {
		for _, workload := range []struct {
			name    string
			flavour flavour
			claims  string
		}{
			{"service principal", entraV1, entraV1App},
			{"service principal without idtyp", entraV1, entraV1PlainApp},
			{"system-assigned managed identity", entraV1, entraV1SystemAssigned},
			{"managed identity without idtyp", entraV1, entraV1OldUserAssigned},
			{"service principal", entraV2, entraV2App},
			{"federated managed identity", entraV2, entraV2FederatedIdentity},
			{"managed identity without idtyp", entraV2, entraV2SystemAssigned},
		} {
			t.Run(workload.flavour.name+", "+workload.name+", "+test.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, workload.flavour)
				p, err := s.verifier.Verify(t.Context(), s.claimSet(strings.Replace(workload.claims, "{", "{"+test.add+",", 1)))
				if err != nil {
					t.Fatal(err)
				}
				if p.Kind != test.want || p.ManagedIdentity != "" {
					t.Errorf("a %s with the managed identity %q, want a %s", p.Kind, p.ManagedIdentity, test.want)
				}
			})
		}
	}
}

func TestUserAssigned(t *testing.T) {
	for _, test := range []struct {
		kind     openid.Kind
		resource string
		want     bool
	}{
		{openid.KindManagedIdentity, userAssigned, true},
		{openid.KindManagedIdentity, strings.ToUpper(userAssigned), true},
		{openid.KindManagedIdentity, someVM, false},
		{openid.KindManagedIdentity, "", false},
		{openid.KindManagedIdentity, strings.TrimSuffix(userAssigned, "deploy"), false},
		{openid.KindManagedIdentity, userAssigned + "/federatedIdentityCredentials/x", false},
		{openid.KindManagedIdentity, strings.Replace(userAssigned, "Microsoft.ManagedIdentity", "Microsoft.ManagedIdentityX", 1), false},
		{openid.KindServicePrincipal, userAssigned, false},
	} {
		p := openid.Principal{Kind: test.kind, ManagedIdentity: test.resource}
		if p.UserAssigned() != test.want {
			t.Errorf("%s %q: UserAssigned is %t", test.kind, test.resource, !test.want)
		}
	}
}

// A site says by which claim its AD FS shows a workload. It counts exactly, in place of the default, and never against a name.
func TestWorkloadClaim(t *testing.T) {
	const role = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
	for _, test := range []struct {
		name    string
		who     func(oid string, groups ...string) openidtest.Claim
		changes []openidtest.Claim
		want    openid.Kind
	}{
		{"alone", openidtest.ServicePrincipal, with(role, "Workload"), openid.KindServicePrincipal},
		{"among others", openidtest.ServicePrincipal, with(role, []string{"Backup", "Workload"}), openid.KindServicePrincipal},
		{"absent", openidtest.ServicePrincipal, nil, openid.KindUnknown},
		{"in another case", openidtest.ServicePrincipal, with(role, "workload"), openid.KindUnknown},
		{"within another value", openidtest.ServicePrincipal, with(role, "Workloads"), openid.KindUnknown},
		{"no string", openidtest.ServicePrincipal, with(role, true), openid.KindUnknown},
		{"not all strings", openidtest.ServicePrincipal, with(role, []any{"Workload", 1}), openid.KindUnknown},
		{"the default's", openidtest.ServicePrincipal, with("idtyp", "app"), openid.KindUnknown},
		{"at a user", openidtest.User, with(role, "Workload"), openid.KindUser},
		{"at a user whose name the site reads elsewhere", openidtest.User,
			change(openidtest.Without("upn", "unique_name"), openidtest.With("displayname", "Alice"), openidtest.With(role, "Workload")), openid.KindUser},
	} {
		for _, f := range adfsBoth {
			t.Run(test.name+", "+f.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, f, func(_ *openid.ProviderConfig, config *openid.VerifierConfig) {
					config.WorkloadClaim = openid.ClaimValue{Name: role, Value: "Workload"}
					names := openid.ADFSClaimNames()
					names.Name = []string{"displayname"}
					config.ClaimNames = &names
				})
				p, err := s.verifier.Verify(t.Context(), s.issuer.Token(test.who(s.oid), test.changes...))
				if err != nil {
					t.Fatal(err)
				}
				if p.Kind != test.want {
					t.Errorf("kind %q, want %q", p.Kind, test.want)
				}
			})
		}
	}
}
