package openid_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"hubgate.example/openid"
)

// The examples of RFC 7520, section 4, with the keys of section 3. Their payload is a sentence and no claims object: a verifier with one
// provider tells a signature that verifies from one that does not, so that public vectors can be run against it.
func TestVectors(t *testing.T) {
	const (
		payload = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBk" +
			"b24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"
		rsaKey = `{"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","n":"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRoj` +
			`dNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd` +
			`1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__` +
			`kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw","e":"AQAB"}`
		ecKey = `{"kty":"EC","kid":"bilbo.baggins@hobbiton.example","use":"sig","crv":"P-521",` +
			`"x":"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",` +
			`"y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"}`
	)
	for _, test := range []struct{ name, alg, key, header, signature string }{
		{"section 4.1", "RS256", rsaKey, "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
			"MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-" +
				"Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrD" +
				"aLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg"},
		{"section 4.2", "PS384", rsaKey, "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
			"cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMx" +
				"bbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8c" +
				"BE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw"},
		{"section 4.3", "ES512", ecKey, "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9",
			"AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0l" +
				"w-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2"},
	} {
		t.Run(test.name+" "+test.alg, func(t *testing.T) {
			s := newSite(t, entraV2, func(p *openid.ProviderConfig, _ *openid.VerifierConfig) {
				p.Algorithms = []string{"RS256", "PS384", "ES512"}
				p.Transport = withKeySet(p.Transport, `{"keys":[`+test.key+`]}`)
			})
			token := test.header + "." + payload + "." + test.signature
			principal, err := s.verifier.Verify(t.Context(), token)
			checkRefusal(t, principal, err, openid.ErrMalformed, true)
			header, text, signature := segments(token)
			for name, changed := range map[string]string{
				"header":    glue(strings.Replace(header, `,"kid"`, `, "kid"`, 1), text, signature),
				"payload":   glue(header, strings.Replace(text, "Frodo", "Bilbo", 1), signature),
				"signature": glue(header, text, string(signature[0]^1)+signature[1:]),
			} {
				t.Run("another "+name, func(t *testing.T) {
					principal, err := s.verifier.Verify(t.Context(), changed)
					checkRefusal(t, principal, err, openid.ErrSignature, false)
				})
			}
			if got := s.fetches(); got != 1 {
				t.Errorf("%d fetches, want the first", got)
			}
		})
	}

	// RFC 7515, appendices A.2 and A.3, name no key: nobody is asked to try all.
	s := newSite(t, withRSA(entraV2))
	principal, err := s.verifier.Verify(t.Context(), glue(`{"alg":"RS256"}`, `{"iss":"joe"}`, "signature"))
	checkRefusal(t, principal, err, openid.ErrMalformed, false)
}

// withKeySet answers every question for keys with one key set.
func withKeySet(next http.RoundTripper, set string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		if err == nil && strings.HasSuffix(r.URL.Path, "/keys") {
			response.Body.Close()
			response.Body = io.NopCloser(strings.NewReader(set))
		}
		return response, err
	})
}
