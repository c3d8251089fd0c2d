package openid_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// Row "algorithms" of the table of tokens. None of these is worth the look for a key, so that a key nobody knows costs no fetch.
func TestTokens_Algorithms(t *testing.T) {
	var rows []refusal
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "HS256", "HS384", "HS512", "RS384", "RS512", "PS256", "ES256", "EdDSA", "RS1", "RSA-OAEP", "dir", "A256GCMKW",
		"rs256", "Rs256", "RS256 ", " RS256", "RS256\x00", "RS2560", "SHA256withRSA", ""} {
		rows = append(rows,
			refusal{id: "JWT-03", name: fmt.Sprintf("alg %q", alg), changes: change(openidtest.Header("alg", alg)), want: openid.ErrAlgorithm},
			refusal{id: "JWT-01", name: fmt.Sprintf("alg %q with an unknown key", alg), changes: change(openidtest.Header("alg", alg), openidtest.Header("kid", "unknown")), want: openid.ErrAlgorithm})
	}
	rows = append(rows,
		refusal{id: "JWT-03", name: "alg missing", changes: change(openidtest.WithoutHeader("alg")), want: openid.ErrMalformed},
		refusal{id: "JWT-03", name: "alg null", changes: change(openidtest.Header("alg", nil)), want: openid.ErrMalformed},
		refusal{id: "JWT-03", name: "alg a number", changes: change(openidtest.Header("alg", 256)), want: openid.ErrMalformed},
		refusal{id: "JWT-03", name: "alg an array", changes: change(openidtest.Header("alg", []string{"RS256"})), want: openid.ErrMalformed},
		refusal{id: "JWT-03", name: "alg in other case", changes: change(openidtest.WithoutHeader("alg"), openidtest.Header("Alg", "RS256")), want: openid.ErrMalformed},
		refusal{id: "JWT-01", name: "RS512, well signed", changes: change(openidtest.Algorithm("RS512")), want: openid.ErrAlgorithm},
		refusal{id: "JWT-01", name: "PS256, well signed", changes: change(openidtest.Algorithm("PS256")), want: openid.ErrAlgorithm},
		refusal{id: "JWT-02", name: "HS256 with an empty secret", changes: change(openidtest.Algorithm("HS256"), openidtest.SignedWith([]byte{})), want: openid.ErrAlgorithm},
	)
	refuseAll(t, rsaFlavours(), rows)
}

func TestTokens_AlgorithmsConfigured(t *testing.T) {
	for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			f := entraV2
			if alg[0] != 'E' {
				f = withRSA(f)
			}
			f.config.Algorithm = alg
			s := newSite(t, f)
			if _, err := s.verifier.Verify(t.Context(), s.token()); err != nil {
				t.Errorf("configured, but refused: %v", err)
			}
			for _, other := range []string{"none", "HS256", "RS256", "ES256"} {
				if other == alg {
					continue
				}
				principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.Header("alg", other)))
				checkRefusal(t, principal, err, openid.ErrAlgorithm, false)
			}
		})
	}
}

// JWT-02, JWT-06: with several algorithms configured, the one in the header still has to be the key's.
func TestTokens_AlgorithmFitsTheKey(t *testing.T) {
	every := func(p *openid.ProviderConfig, _ *openid.VerifierConfig) {
		p.Algorithms = []string{"RS256", "RS384", "PS256", "ES256", "ES384", "ES512"}
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec := entraV2
	ec.config.Algorithm = "ES384"
	for _, test := range []struct {
		name    string
		flavour flavour
		rows    []refusal
	}{
		{"an RSA key", withRSA(entraV2), []refusal{
			{id: "JWT-02", name: "ES256 in the header", changes: change(openidtest.Header("alg", "ES256")), want: openid.ErrSignature},
			{id: "JWT-02", name: "ES256, signed with another key", changes: change(openidtest.Algorithm("ES256"), openidtest.SignedWith(p256)), want: openid.ErrSignature},
			{id: "JWT-02", name: "RS384 in the header", changes: change(openidtest.Header("alg", "RS384")), want: openid.ErrSignature},
			{id: "JWT-02", name: "PS256 in the header", changes: change(openidtest.Header("alg", "PS256")), want: openid.ErrSignature},
		}},
		{"an RSA key published for RS256", withRSA(adfs), []refusal{
			{id: "JWT-02", name: "RS384, well signed", changes: change(openidtest.Algorithm("RS384")), want: openid.ErrSignature},
			{id: "JWT-02", name: "PS256, well signed", changes: change(openidtest.Algorithm("PS256")), want: openid.ErrSignature},
		}},
		{"a key on P-384", ec, []refusal{
			{id: "JWT-02", name: "RS256 in the header", changes: change(openidtest.Header("alg", "RS256")), want: openid.ErrSignature},
			{id: "JWT-06", name: "ES256 in the header", changes: change(openidtest.Header("alg", "ES256")), want: openid.ErrSignature},
			{id: "JWT-06", name: "ES512 in the header", changes: change(openidtest.Header("alg", "ES512")), want: openid.ErrSignature},
			{id: "JWT-06", name: "ES256, signed with another key", changes: change(openidtest.Algorithm("ES256"), openidtest.SignedWith(p256)), want: openid.ErrSignature},
			{id: "JWT-06", name: "a signature of zeros", edit: func(token string) string {
				header, payload, signature := segments(token)
				return glue(header, payload, strings.Repeat("\x00", len(signature)))
			}, want: openid.ErrSignature},
			{id: "JWT-06", name: "a signature in DER", edit: func(token string) string {
				header, payload, signature := segments(token)
				return glue(header, payload, "\x30\x64\x02\x30"+signature[:48]+"\x02\x30"+signature[48:])
			}, want: openid.ErrSignature},
		}},
	} {
		t.Run(test.name, func(t *testing.T) { newSite(t, test.flavour, every).refuse(t, test.rows) })
	}

	// Without an alg at the key, every configured RSA algorithm is the key's.
	s := newSite(t, withRSA(entraV2), every)
	for _, alg := range []string{"RS256", "RS384", "PS256"} {
		if _, err := s.verifier.Verify(t.Context(), s.token(openidtest.Algorithm(alg))); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

// JWT-04: a signature that does not verify is refused, and costs no fetch.
func TestTokens_Signature(t *testing.T) {
	other := secondKey()
	signature := func(change func(string) string) func(string) string {
		return func(token string) string {
			header, payload, signature := segments(token)
			return glue(header, payload, change(signature))
		}
	}
	refuseAll(t, rsaFlavours(), []refusal{
		{id: "JWT-04", name: "signed with another key", changes: change(openidtest.SignedWith(other.PrivateKey)), want: openid.ErrSignature},
		{id: "RFC9068-04", name: "signed with a key that is not published", changes: change(openidtest.SignedWith(other.PrivateKey), openidtest.Header("kid", "unpublished")), want: openid.ErrUnknownKey, wantFetches: 1},
		{id: "JWT-04", name: "a bit turned", edit: signature(func(s string) string { return s[:100] + string(s[100]^1) + s[101:] }), want: openid.ErrSignature},
		{id: "JWT-04", name: "cut short", edit: signature(func(s string) string { return s[1:] }), want: openid.ErrSignature},
		{id: "JWT-04", name: "a byte more in front", edit: signature(func(s string) string { return "\x00" + s }), want: openid.ErrSignature},
		{id: "JWT-04", name: "a byte more at the end", edit: signature(func(s string) string { return s + "\x00" }), want: openid.ErrSignature},
		{id: "JWT-04", name: "one byte", edit: signature(func(string) string { return "\x01" }), want: openid.ErrSignature},
		{id: "JWT-04", name: "zeros", edit: signature(func(s string) string { return strings.Repeat("\x00", len(s)) }), want: openid.ErrSignature},
		{id: "JWT-04", name: "a megabit of ones", edit: signature(func(string) string { return strings.Repeat("\xff", 20000) }), want: openid.ErrSignature},
		{id: "JWT-04", name: "payload changed", edit: func(token string) string {
			header, payload, signature := segments(token)
			return glue(header, strings.Replace(payload, `"aud":"`, `"aud":"x`, 1), signature)
		}, want: openid.ErrSignature},
		{id: "JWT-04", name: "payload written otherwise", edit: func(token string) string {
			header, payload, signature := segments(token)
			return glue(header, payload+" ", signature)
		}, want: openid.ErrSignature},
		{id: "JWT-04", name: "header written otherwise", edit: func(token string) string {
			header, payload, signature := segments(token)
			return glue(header+" ", payload, signature)
		}, want: openid.ErrSignature},
		{id: "JWT-04", name: "expired as well", changes: change(openidtest.SignedWith(other.PrivateKey), openidtest.With("exp", 1)), want: openid.ErrSignature},
	})
}

// Everything that openidtest knows how to forge. The order in which a verifier finds out is its own affair here; that it does is not.
func TestTokens_Forgeries(t *testing.T) {
	for _, f := range append(flavours[:len(flavours):len(flavours)], withRSA(entraV1), withRSA(adfs)) {
		t.Run(f.name+f.config.Algorithm, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, f)
			for _, v := range []*openid.Verifier{s.verifier, s.withoutCache(t)} {
				for name, token := range s.issuer.Forgeries(s.user()) {
					principal, err := v.Verify(t.Context(), token)
					if err == nil || principal != nil {
						t.Errorf("%s: accepted as %+v", name, principal)
					}
				}
			}
		})
	}
}
