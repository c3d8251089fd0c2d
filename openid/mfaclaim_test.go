package openid_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

var multipleAuthn = openid.ClaimValue{Name: "authnmethodsreferences", Value: "http://schemas.microsoft.com/claims/multipleauthn"}

// The site's claim becomes Entra ID's word, and no other claim or value does.
func TestMFAClaim(t *testing.T) {
	const password = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
	issuer := openidtest.NewADFS(t)
	with := func(claim openid.ClaimValue) *openid.Verifier {
		v, err := openid.NewVerifier(openid.VerifierConfig{Providers: []*openid.Provider{issuer.Provider()}, Audiences: []string{issuer.Audience()}, MFAClaim: claim})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	configured, inAMR, none := with(multipleAuthn), with(openid.ClaimValue{Name: "amr", Value: "strong"}), with(openid.ClaimValue{})
	tests := []struct {
		name     string
		verifier *openid.Verifier
		claim    openidtest.Claim
		want     []string
	}{
		{"array", configured, openidtest.MFA(), []string{"mfa"}},
		{"one value", configured, openidtest.With(multipleAuthn.Name, multipleAuthn.Value), []string{"mfa"}},
		{"another value", configured, openidtest.With(multipleAuthn.Name, []string{password}), nil},
		{"another case", configured, openidtest.With(multipleAuthn.Name, strings.ToUpper(multipleAuthn.Value)), nil},
		{"a longer value", configured, openidtest.With(multipleAuthn.Name, multipleAuthn.Value+"/"), nil},
		{"a value among others in one string", configured, openidtest.With(multipleAuthn.Name, password+" "+multipleAuthn.Value), nil},
		{"another claim", configured, openidtest.With("Authnmethodsreferences", multipleAuthn.Value), nil},
		{"neither string nor array", configured, openidtest.With(multipleAuthn.Name, map[string]string{"x": multipleAuthn.Value}), nil},
		{"an array with more than strings", configured, openidtest.With(multipleAuthn.Name, []any{multipleAuthn.Value, 1}), nil},
		{"no claim", configured, openidtest.With("x", 1), nil},
		{"amr has it already", inAMR, openidtest.With("amr", []string{"mfa", "strong"}), []string{"mfa", "strong"}},
		{"amr", inAMR, openidtest.With("amr", []string{"pwd", "strong"}), []string{"pwd", "strong", "mfa"}},
		{"not configured", none, openidtest.MFA(), nil},
		{"the issuer's own verifier", issuer.Verifier(), openidtest.MFA(), []string{"mfa"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			principal, err := tt.verifier.Verify(t.Context(), issuer.Token(openidtest.User(aliceAD), tt.claim))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(principal.AuthenticationMethods, tt.want) {
				t.Errorf("methods are %v, want %v", principal.AuthenticationMethods, tt.want)
			}
		})
	}
	for v, want := range map[*openid.Verifier]bool{configured: true, none: false, openidtest.NewEntra(t, home).Verifier(): true, openidtest.NewEntraV1(t, home).Verifier(): true} {
		if got := v.ShowsMFA(); got != want {
			t.Errorf("ShowsMFA = %v, want %v", got, want)
		}
	}
}

func TestMFAClaimConfig(t *testing.T) {
	adfs, entra := openidtest.NewADFS(t), openidtest.NewEntra(t, home)
	tests := []struct {
		name   string
		issuer *openidtest.Issuer
		claim  openid.ClaimValue
		want   string
	}{
		{"none", entra, openid.ClaimValue{}, ""},
		{"Entra ID", entra, multipleAuthn, "openid: VerifierConfig.MFAClaim: is for AD FS"},
		{"no name", adfs, openid.ClaimValue{Value: "x"}, "openid: VerifierConfig.MFAClaim.Name: "},
		{"no value", adfs, openid.ClaimValue{Name: "x"}, "openid: VerifierConfig.MFAClaim.Value: "},
	}
	for _, tt := range tests {
		_, err := openid.NewVerifier(openid.VerifierConfig{Providers: []*openid.Provider{tt.issuer.Provider()}, Audiences: []string{tt.issuer.Audience()}, MFAClaim: tt.claim})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("%s: NewVerifier = %v, want %q", tt.name, err, tt.want)
		}
	}
}

// No token is accepted for longer after its iat than LongestLife says, and some are accepted until then.
func TestLongestLife(t *testing.T) {
	issuer := openidtest.NewEntra(t, home)
	for _, tt := range []struct{ leeway, lifetime, want time.Duration }{
		{0, 0, 28*time.Hour + 5*time.Minute},
		{openid.NoLeeway, time.Hour, time.Hour},
		{time.Minute, 24 * time.Hour, 24*time.Hour + time.Minute},
	} {
		clock := now
		v, err := openid.NewVerifier(openid.VerifierConfig{
			Providers: []*openid.Provider{issuer.Provider()}, Audiences: []string{issuer.Audience()},
			Leeway: tt.leeway, MaxLifetime: tt.lifetime, Now: func() time.Time { return clock },
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := v.LongestLife(); got != tt.want {
			t.Errorf("LongestLife = %v, want %v", got, tt.want)
		}
		lifetime := tt.lifetime
		if lifetime == 0 {
			lifetime = 28 * time.Hour
		}
		token := issuer.Token(openidtest.User(alice), openidtest.IssuedAt(now), openidtest.Lifetime(lifetime))
		for after, accepted := range map[time.Duration]bool{tt.want - time.Second: true, tt.want: false} {
			clock = now.Add(after)
			if _, err := v.Verify(t.Context(), token); (err == nil) != accepted {
				t.Errorf("after %v: %v", after, err)
			}
		}
	}
}
