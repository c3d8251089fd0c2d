package openid_test

import (
	"reflect"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// A verifier that has seen good tokens, and so knows their header, answers about every other one as a verifier that has seen none.
func TestVerify_KnownHeader(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			s := newSite(t, f)
			config := s.verifierConfig
			config.Providers = []*openid.Provider{s.provider}
			used := newVerifier(t, config)
			compare := func(name, token string) {
				t.Helper()
				want, wantErr := newVerifier(t, config).Verify(t.Context(), token)
				got, err := used.Verify(t.Context(), token)
				if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(err, wantErr) {
					t.Errorf("%s: %v, %v, of a verifier that has seen no token %v, %v", name, got, err, want, wantErr)
				}
			}
			good := s.token()
			compare("a good one", good)
			for name, token := range s.issuer.Forgeries(s.user()) {
				compare(name, token)
			}
			compare("a good one again", good)
			compare("another good one", s.token(openidtest.With("nr", 1)))
			compare("without signature", good[:len(good)-20])
		})
	}
}
