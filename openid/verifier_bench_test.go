package openid_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// BenchmarkVerify has the limit, one verification of the same token's signature by crypto/rsa, beside what Verify takes.
func BenchmarkVerify(b *testing.B) {
	for _, n := range []int{5, 200} {
		s := newSite(b, withRSA(entraV1))
		options := []openidtest.Claim{openidtest.Groups(manyGroups(n)...)}
		for _, name := range []string{"aio", "rh", "xms_ftd", "wids", "ipaddr", "name"} { // claims of real tokens that nobody reads
			options = append(options, openidtest.With(name, strings.Repeat("x", 80)))
		}
		token := s.token(options...)
		found, err := s.verifier.Providers()[0].Keyfunc(b.Context())(&jwt.Token{
			Method: jwt.SigningMethodRS256,
			Header: map[string]any{"alg": "RS256", "kid": s.issuer.KeyID()},
		})
		if err != nil {
			b.Fatal(err)
		}
		public := found.(*rsa.PublicKey)
		last := strings.LastIndexByte(token, '.')
		signature, err := base64.RawURLEncoding.DecodeString(token[last+1:])
		if err != nil {
			b.Fatal(err)
		}
		signed := []byte(token[:last])
		limit := func() error {
			digest := sha256.Sum256(signed)
			return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature)
		}
		verify := func(v *openid.Verifier) func() error {
			return func() error {
				_, err := v.Verify(b.Context(), token)
				return err
			}
		}
		config := s.verifierConfig
		config.Providers, config.MaxCachedTokens = []*openid.Provider{s.provider}, openid.NoCache
		cold := newVerifier(b, config)
		for _, bb := range []struct {
			name string
			f    func() error
		}{{"limit", limit}, {"cold", verify(cold)}, {"warm", verify(s.verifier)}} {
			b.Run(fmt.Sprintf("groups=%d/%s", n, bb.name), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(token)))
				for b.Loop() {
					if err := bb.f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
