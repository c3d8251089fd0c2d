package openidtest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// missing stands for a claim that must not be there.
var missing = new(int)

func TestClaims(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(d time.Duration) float64 { return float64(now.Add(d).Unix()) }
	type claims = map[string]any
	one := func(c openidtest.Claim) []openidtest.Claim { return []openidtest.Claim{c} }
	for _, test := range []struct {
		name   string
		typ    openid.AuthorityType
		more   []openidtest.Claim
		claims claims
		header claims
	}{
		{"nothing", openid.EntraV1, nil, claims{"iat": at(0), "nbf": at(0), "exp": at(time.Hour)}, claims{"typ": "JWT", "alg": "ES256"}},
		{"the zero Claim", openid.EntraV1, one(openidtest.Claim{}), claims{"oid": oid}, nil},
		{"With", openid.EntraV1, one(openidtest.With("x", []int{1})), claims{"x": []any{1.0}}, nil},
		{"With a raw value", openid.EntraV1, one(openidtest.With("exp", json.Number("1e3"))), claims{"exp": 1000.0}, nil},
		{"With null", openid.EntraV1, one(openidtest.With("oid", nil)), claims{"oid": nil}, nil},
		{"the later one wins", openid.EntraV1, []openidtest.Claim{openidtest.With("x", 1), openidtest.With("x", 2)}, claims{"x": 2.0}, nil},
		{"Without", openid.EntraV1, one(openidtest.Without("oid", "tid", "never there")), claims{"oid": missing, "tid": missing}, nil},
		{"Header", openid.EntraV1, one(openidtest.Header("crit", []string{"exp"})), nil, claims{"crit": []any{"exp"}, "alg": "ES256"}},
		{"Header alg", openid.EntraV1, one(openidtest.Header("alg", "RS256")), nil, claims{"alg": "RS256"}},
		{"WithoutHeader", openid.EntraV1, one(openidtest.WithoutHeader("kid", "x5t")), nil, claims{"kid": missing, "x5t": missing, "alg": "ES256"}},
		{"v2 header", openid.EntraV2, nil, nil, claims{"x5t": missing}},
		{"RawPayload", openid.EntraV1, one(openidtest.RawPayload([]byte(`{"oid":1}`))), claims{"oid": 1.0, "iss": missing}, claims{"alg": "ES256"}},
		{"RawHeader", openid.EntraV1, one(openidtest.RawHeader([]byte(`{"alg":1}`))), claims{"oid": oid}, claims{"alg": 1.0, "kid": missing}},
		{"Audience", openid.EntraV1, one(openidtest.Audience("a")), claims{"aud": "a"}, nil},
		{"two Audiences", openid.EntraV1, one(openidtest.Audience("a", "b")), claims{"aud": []any{"a", "b"}}, nil},
		{"Tenant of v1", openid.EntraV1, one(openidtest.Tenant(strings.ToUpper(guest))),
			claims{"tid": guest, "iss": "https://sts.entra.example/" + guest + "/"}, nil},
		{"Tenant of v2", openid.EntraV2, one(openidtest.Tenant(guest)),
			claims{"tid": guest, "iss": "https://login.entra.example/" + guest + "/v2.0"}, nil},
		{"Tenant of AD FS", openid.ADFS, one(openidtest.Tenant(guest)),
			claims{"tid": guest, "iss": "http://adfs.local.azurestack.example/adfs/services/trust"}, nil},
		{"no Tenant of AD FS", openid.ADFS, nil, claims{"tid": missing}, nil},
		{"Application of v1", openid.EntraV1, one(openidtest.Application("app")), claims{"appid": "app", "azp": missing}, nil},
		{"Application of v2", openid.EntraV2, one(openidtest.Application("app")), claims{"azp": "app", "appid": missing}, nil},
		{"Application of AD FS", openid.ADFS, one(openidtest.Application("app")), claims{"appid": "app"}, nil},
		{"IssuedAt", openid.EntraV1, one(openidtest.IssuedAt(now.Add(-time.Minute))),
			claims{"iat": at(-time.Minute), "nbf": at(-time.Minute), "exp": at(59 * time.Minute)}, nil},
		{"IssuedAt of AD FS", openid.ADFS, one(openidtest.IssuedAt(now.Add(-time.Minute))),
			claims{"iat": at(-time.Minute), "auth_time": "2030-01-02T03:03:05.000Z"}, nil},
		{"NotBefore", openid.EntraV1, one(openidtest.NotBefore(now.Add(time.Minute))), claims{"iat": at(0), "nbf": at(time.Minute)}, nil},
		{"Expires", openid.EntraV1, one(openidtest.Expires(now.Add(time.Minute))), claims{"iat": at(0), "exp": at(time.Minute)}, nil},
		{"Lifetime", openid.EntraV1, one(openidtest.Lifetime(24 * time.Hour)), claims{"iat": at(0), "exp": at(24 * time.Hour)}, nil},
		{"Lifetime from another time", openid.EntraV1, []openidtest.Claim{openidtest.IssuedAt(now.Add(-time.Hour)), openidtest.Lifetime(2 * time.Hour)},
			claims{"iat": at(-time.Hour), "exp": at(time.Hour)}, nil},
		{"MFA of v1", openid.EntraV1, one(openidtest.MFA()), claims{"amr": []any{"pwd", "mfa"}, "acrs": []any{"p1"}}, nil},
		{"MFA of v2", openid.EntraV2, one(openidtest.MFA()), claims{"amr": missing, "acrs": []any{"p1"}}, nil},
		{"MFA of AD FS", openid.ADFS, one(openidtest.MFA()), claims{"acrs": missing, "authnmethodsreferences": []any{
			"urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", "http://schemas.microsoft.com/claims/multipleauthn"}}, nil},
		{"Scopes", openid.EntraV1, one(openidtest.Scopes("a", "b")), claims{"scp": "a b"}, nil},
		{"Groups", openid.EntraV1, one(openidtest.Groups("a", "b")), claims{"groups": []any{"a", "b"}}, nil},
		{"one of Groups", openid.EntraV1, one(openidtest.Groups("a")), claims{"groups": []any{"a"}}, nil},
		{"one of AD FS's Groups", openid.ADFS, one(openidtest.Groups("a")), claims{"groups": "a"}, nil},
		{"no Groups", openid.EntraV1, one(openidtest.Groups()), claims{"groups": missing}, nil},
		{"Overage", openid.EntraV1, one(openidtest.Overage()), claims{
			"groups":       missing,
			"_claim_names": claims{"groups": "src1"},
			"_claim_sources": claims{"src1": claims{
				"endpoint": "https://graph.entra.example/" + tenant + "/users/" + oid + "/getMemberObjects"}},
		}, nil},
		{"Overage of an application", openid.EntraV1, []openidtest.Claim{openidtest.ServicePrincipal(oid), openidtest.Without("scp"), openidtest.Overage()}, claims{
			"_claim_sources": claims{"src1": claims{
				"endpoint": "https://graph.entra.example/" + tenant + "/servicePrincipals/" + oid + "/getMemberObjects"}},
		}, nil},
		{"IDToken of v1", openid.EntraV1, one(openidtest.IDToken()), claims{
			"aud": azureCLI, "appid": missing, "scp": missing, "idtyp": missing, "oid": oid, "tid": tenant}, nil},
		{"IDToken of v2", openid.EntraV2, one(openidtest.IDToken()), claims{
			"aud": azureCLI, "azp": missing, "scp": missing, "iss": "https://login.entra.example/" + tenant + "/v2.0"}, nil},
		{"IDToken of AD FS", openid.ADFS, one(openidtest.IDToken()), claims{
			"aud": azureCLI, "appid": missing, "iss": "https://adfs.local.azurestack.example/adfs", "auth_time": at(0)}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := fast(test.typ)
			config.Now = func() time.Time { return now }
			issuer := openidtest.NewFor(t, config)
			header, payload := parts(t, issuer.Token(openidtest.User(oid, group, group), test.more...))
			for got, want := range map[*claims]claims{&header: test.header, &payload: test.claims} {
				for name, value := range want {
					has, present := (*got)[name]
					if value == missing {
						if present {
							t.Errorf("%s is %v", name, has)
						}
					} else if !reflect.DeepEqual(has, value) {
						t.Errorf("%s is %v, want %v", name, has, value)
					}
				}
			}
		})
	}
}

// How the verifier takes what the claims say: they are as the verifier's rules know them, not only well spelled.
func TestClaimsVerified(t *testing.T) {
	issuer := openidtest.NewFor(t, fast(openid.EntraV1))
	verifier := issuer.Verifier()
	user := openidtest.User(oid, group)

	p, err := verifier.Verify(t.Context(), issuer.Token(user, openidtest.MFA(), openidtest.Scopes("a", "b")))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(p.AuthenticationMethods, "mfa") || !slices.Contains(p.AuthenticationContexts, "p1") || !slices.Equal(p.Scopes, []string{"a", "b"}) {
		t.Errorf("methods %q, contexts %q, scopes %q", p.AuthenticationMethods, p.AuthenticationContexts, p.Scopes)
	}
	p, err = verifier.Verify(t.Context(), issuer.Token(user, openidtest.Overage()))
	if err != nil {
		t.Fatal(err)
	}
	if !p.Overage || len(p.Groups) != 0 {
		t.Errorf("overage %v, groups %q", p.Overage, p.Groups)
	}
	if _, err = verifier.Verify(t.Context(), issuer.Token(user, openidtest.IDToken(), openidtest.Audience(issuer.Audience()))); !errors.Is(err, openid.ErrTokenType) {
		t.Errorf("an ID token: %v", err)
	}
	adfs := openidtest.NewFor(t, fast(openid.ADFS))
	if _, err = adfs.Verifier().Verify(t.Context(), adfs.Token(openidtest.User(sid), openidtest.WithoutHeader("kid"))); err != nil {
		t.Errorf("AD FS, x5t without kid: %v", err)
	}
}

// Who signs, by which algorithm.
func TestSigning(t *testing.T) {
	issuer := openidtest.NewFor(t, fast(openid.EntraV1))
	old := issuer.KeyID()
	issuer.Rotate()
	foreign, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs := openidtest.NewEntraV1(t, tenant)
	for _, test := range []struct {
		name   string
		issuer *openidtest.Issuer
		more   []openidtest.Claim
		want   error // of Verify
	}{
		{"SignedBy the old key", issuer, []openidtest.Claim{openidtest.SignedBy(old)}, nil},
		{"SignedWith a foreign key", issuer, []openidtest.Claim{openidtest.SignedWith(foreign)}, openid.ErrSignature},
		{"Algorithm RS512", rs, []openidtest.Claim{openidtest.Algorithm("RS512")}, openid.ErrAlgorithm},
		{"Algorithm PS256", rs, []openidtest.Claim{openidtest.Algorithm("PS256")}, openid.ErrAlgorithm},
		{"Algorithm PS256 under the name of RS256", rs, []openidtest.Claim{openidtest.Algorithm("PS256"), openidtest.Header("alg", "RS256")}, openid.ErrSignature},
		{"Algorithm HS256", rs, []openidtest.Claim{openidtest.Algorithm("HS256"), openidtest.SignedWith([]byte("secret"))}, openid.ErrAlgorithm},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := test.issuer.Verifier().Verify(t.Context(), test.issuer.Token(openidtest.User(oid), test.more...)); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
	if token := issuer.Token(openidtest.User(oid), openidtest.Algorithm("nONe")); !strings.HasSuffix(token, ".") {
		t.Errorf("alg none has a signature: %s", token)
	}
}

func TestMintRefuses(t *testing.T) {
	issuer := openidtest.NewFor(t, fast(openid.EntraV1))
	for _, test := range []struct {
		name string
		more openidtest.Claim
		want string
	}{
		{"a claim that is no JSON", openidtest.With("x", func() {}), "claims: "},
		{"a header that is no JSON", openidtest.Header("x", func() {}), "header: "},
		{"an algorithm that does not fit the key", openidtest.Algorithm("RS256"), "signature: "},
		{"an algorithm that does not exist", openidtest.Algorithm("RS257"), "signature: "},
		{"a key that does not exist", openidtest.SignedBy("no such key"), "there is no key"},
		{"groups that do not fit", openidtest.Groups(make([]string, 201)...), "201 groups"},
	} {
		t.Run(test.name, func(t *testing.T) {
			token, err := issuer.Mint(openidtest.User(oid), test.more)
			if token != "" || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("token %q, error %v, want %q", token, err, test.want)
			}
		})
	}
}

func TestSign(t *testing.T) {
	issuer := openidtest.NewFor(t, fast(openid.ADFS))
	claims := map[string]any{
		"iss": issuer.AccessTokenIssuer(), "aud": issuer.Audience(), "oid": sid,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	token, err := issuer.Sign(claims, map[string]any{"typ": "at+jwt"})
	if err != nil {
		t.Fatal(err)
	}
	if header, payload := parts(t, token); header["typ"] != "at+jwt" || header["kid"] != issuer.KeyID() || len(payload) != len(claims) {
		t.Errorf("header %v, claims %v", header, payload)
	}
	if p, err := issuer.Verifier().Verify(t.Context(), token); err != nil || p.ObjectID != sid {
		t.Errorf("principal %v, error %v", p, err)
	}
	if _, err := issuer.Sign(map[string]any{"x": func() {}}, nil); err == nil {
		t.Error("claims that are no JSON are signed")
	}
}
