package openid_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// The provider's keys in golang-jwt's own hands.
func TestKeyfunc(t *testing.T) {
	withoutKID := func(i *openidtest.Issuer) {
		i.EditKeys(func(keys []any) []any {
			delete(keys[0].(map[string]any), "kid")
			return keys
		})
	}
	otherKID := func(i *openidtest.Issuer) {
		i.EditKeys(func(keys []any) []any {
			keys[0].(map[string]any)["kid"] = "signing-2026"
			return keys
		})
	}
	withX5T := func(value any) openidtest.Claim { return openidtest.Header("x5t", value) }
	for _, test := range []struct {
		name        string
		flavour     flavour
		edit        func(*openidtest.Issuer) // of the key set
		algorithms  []string
		changes     func(s *site) []openidtest.Claim
		want        error // nil when accepted
		wantFetches int
	}{
		{name: "kid", flavour: entraV2},
		{name: "kid and x5t", flavour: adfs},
		{name: "x5t", flavour: adfs, changes: func(*site) []openidtest.Claim { return change(openidtest.WithoutHeader("kid")) }},
		{name: "x5t of a key without kid", flavour: adfs, edit: withoutKID, changes: func(*site) []openidtest.Claim { return change(openidtest.WithoutHeader("kid")) }},
		{name: "x5t of a key with another kid", flavour: adfs, edit: otherKID, changes: func(*site) []openidtest.Claim { return change(openidtest.WithoutHeader("kid")) }},
		{name: "another kid", flavour: adfs, edit: otherKID, changes: func(*site) []openidtest.Claim { return change(openidtest.Header("kid", "signing-2026")) }},
		{name: "x5t for a kid", flavour: adfs, edit: otherKID, want: openid.ErrUnknownKey, wantFetches: 1},
		{name: "neither", flavour: entraV2, changes: func(*site) []openidtest.Claim { return change(openidtest.WithoutHeader("kid")) }, want: openid.ErrUnknownKey},
		{name: "kid empty", flavour: adfs, changes: func(*site) []openidtest.Claim { return change(openidtest.Header("kid", "")) }, want: openid.ErrUnknownKey},
		{name: "kid a number", flavour: adfs, changes: func(*site) []openidtest.Claim { return change(openidtest.Header("kid", 1)) }, want: errAny},
		{name: "kid too long", flavour: adfs, changes: func(*site) []openidtest.Claim {
			return change(openidtest.Header("kid", strings.Repeat("k", 257)))
		}, want: openid.ErrUnknownKey},
		{name: "kid unknown", flavour: adfs, changes: func(*site) []openidtest.Claim { return change(openidtest.Header("kid", "unknown")) }, want: openid.ErrUnknownKey, wantFetches: 1},
		{name: "x5t unknown", flavour: adfs, changes: func(*site) []openidtest.Claim { return change(openidtest.WithoutHeader("kid"), withX5T("unknown")) }, want: openid.ErrUnknownKey, wantFetches: 1},
		{name: "x5t a number", flavour: adfs, changes: func(*site) []openidtest.Claim { return change(openidtest.WithoutHeader("kid"), withX5T(1)) }, want: openid.ErrUnknownKey},
		{name: "alg none", flavour: entraV2, changes: func(*site) []openidtest.Claim { return change(openidtest.Algorithm("none")) }, want: openid.ErrAlgorithm},
		{name: "alg HS256", flavour: entraV2, changes: func(s *site) []openidtest.Claim {
			return change(openidtest.Algorithm("HS256"), openidtest.SignedWith(s.issuer.Key().Leaf.RawSubjectPublicKeyInfo))
		}, want: openid.ErrAlgorithm},
		{name: "alg not configured, unknown kid", flavour: entraV2, changes: func(*site) []openidtest.Claim {
			return change(openidtest.Algorithm("RS512"), openidtest.Header("kid", "unknown"))
		}, want: openid.ErrAlgorithm},
		{name: "alg configured", flavour: entraV2, algorithms: []string{"RS256", "PS384"}, changes: func(*site) []openidtest.Claim { return change(openidtest.Algorithm("PS384")) }},
		{name: "alg of another key", flavour: entraV2, algorithms: []string{"RS256", "ES256"}, changes: func(*site) []openidtest.Claim { return change(openidtest.Header("alg", "ES256")) }, want: jwt.ErrTokenSignatureInvalid},
		{name: "alg is not the published one", flavour: adfs, algorithms: []string{"RS256", "RS384"}, changes: func(*site) []openidtest.Claim { return change(openidtest.Algorithm("RS384")) }, want: errAny},
		{name: "another key", flavour: entraV1, changes: func(*site) []openidtest.Claim { return change(openidtest.SignedWith(secondKey().PrivateKey)) }, want: jwt.ErrTokenSignatureInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, withRSA(test.flavour), func(p *openid.ProviderConfig, _ *openid.VerifierConfig) {
				if test.algorithms != nil {
					p.Algorithms = test.algorithms
				}
			})
			if test.edit != nil {
				test.edit(s.issuer)
				s.provider.Flush()
				awaitReady(t, s.verifier)
			}
			var changes []openidtest.Claim
			if test.changes != nil {
				changes = test.changes(s)
			}
			token := s.token(changes...)
			before := s.fetches()
			parsed, err := jwt.Parse(token, s.provider.Keyfunc(t.Context()), jwt.WithTimeFunc(s.clock))
			switch {
			case test.want == nil && (err != nil || !parsed.Valid):
				t.Errorf("refused: %v", err)
			case test.want != nil && err == nil:
				t.Error("accepted")
			case test.want != nil && test.want != errAny && !errors.Is(err, test.want):
				t.Errorf("error %v, want %v", err, test.want)
			}
			if got := s.fetches() - before; got != test.wantFetches {
				t.Errorf("%d fetches, want %d", got, test.wantFetches)
			}
		})
	}
}

// errAny stands for an error of golang-jwt's or keyfunc's that has no name.
var errAny = errors.New("any error")

// A key for consumer accounts stands in the same set. Who checks the issuer alone would take it for a directory tenant's.
func TestKeyfunc_ConsumerKey(t *testing.T) {
	for _, f := range []flavour{entraV2, entraV2Many} {
		synctest.Test(t, func(t *testing.T) {
			s := newSiteInBubble(t, f)
			synctest.Wait()
			token := s.token(openidtest.SignedBy(s.issuer.AnnounceConsumer()))
			if _, err := jwt.Parse(token, s.provider.Keyfunc(t.Context())); !errors.Is(err, openid.ErrKeyIssuer) {
				t.Errorf("%s: %v", f.name, err)
			}
		})
	}
}

// Distrust, outages and Close are the same for golang-jwt.
func TestKeyfunc_Unavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{state: hanging}
		s := newSiteInBubble(t, adfs, n.attach)
		parse := func() error {
			_, err := jwt.Parse(s.token(), s.provider.Keyfunc(t.Context()))
			return err
		}
		start := time.Now()
		if err := parse(); !errors.Is(err, openid.ErrUnavailable) {
			t.Errorf("before the first fetch: %v", err)
		}
		if got := time.Since(start); got != time.Second {
			t.Errorf("the caller waited for %v", got)
		}
		n.set(up, 0)
		time.Sleep(time.Minute)
		if err := parse(); err != nil {
			t.Errorf("with keys: %v", err)
		}
		s.provider.Distrust(s.issuer.KeyID())
		if err := parse(); !errors.Is(err, openid.ErrUnknownKey) {
			t.Errorf("distrusted: %v", err)
		}
		s.provider.Close()
		if err := parse(); !errors.Is(err, openid.ErrUnavailable) {
			t.Errorf("after Close: %v", err)
		}
	})
}
