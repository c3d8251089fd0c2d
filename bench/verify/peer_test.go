package verify_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"hubgate.example/bench/verify"
	"hubgate.example/openid/openidtest"
)

func newSite(tb testing.TB) *verify.Site {
	tb.Helper()
	site, err := verify.NewSite()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := site.Close(); err != nil {
			tb.Error(err)
		}
	})
	return site
}

func newVerifier(tb testing.TB, peer verify.Peer, site *verify.Site) verify.Verifier {
	tb.Helper()
	verifier, err := peer.New(site)
	if err != nil {
		tb.Fatal(peer.Name, err)
	}
	return verifier
}

func mint(tb testing.TB, site *verify.Site, groups int, more ...openidtest.Claim) string {
	tb.Helper()
	token, err := site.Mint(groups, more...)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

func TestPeers_GoodTokens(t *testing.T) {
	site := newSite(t)
	for _, peer := range verify.Peers() {
		t.Run(peer.Name, func(t *testing.T) {
			verifier := newVerifier(t, peer, site)
			for _, tc := range []struct {
				name   string
				groups int
				more   []openidtest.Claim
			}{
				{"5 groups", 5, nil},
				{"200 groups", 200, nil},
				{"other groups", 5, []openidtest.Claim{openidtest.Groups(verify.Groups(7)[2:]...)}},
				{"several audiences", 5, []openidtest.Claim{openidtest.Audience("https://another.example", site.Audience())}},
			} {
				token := mint(t, site, tc.groups, tc.more...)
				want := verify.Groups(tc.groups)
				if tc.name == "other groups" {
					want = verify.Groups(7)[2:]
				}
				for range 2 { // and once remembered
					identity, err := verifier(t.Context(), token)
					if err != nil {
						t.Error(tc.name, err)
						break
					}
					if identity.ObjectID != verify.ObjectID || !slices.Equal(identity.Groups, want) {
						t.Errorf("%s: got %v", tc.name, identity)
					}
				}
			}
		})
	}
}

// Who has set leeway allows as much as Hubgate, and who has a fixed one allows none for exp.
func TestPeers_Leeway(t *testing.T) {
	site := newSite(t)
	const margin = 30 * time.Second // less than every leeway, and more than the test takes
	at := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	for _, peer := range verify.Peers() {
		t.Run(peer.Name, func(t *testing.T) {
			verifier := newVerifier(t, peer, site)
			exp, nbf := verify.Leeway, verify.Leeway
			if peer.FixedLeeway != 0 {
				exp, nbf = 0, peer.FixedLeeway
			}
			for _, tc := range []struct {
				name string
				more openidtest.Claim
				want bool
			}{
				{"exp within the leeway", openidtest.With("exp", at(-exp+margin)), true},
				{"exp beyond it", openidtest.With("exp", at(-exp-margin)), false},
				{"nbf within the leeway", openidtest.With("nbf", at(nbf-margin)), true},
				{"nbf beyond it", openidtest.With("nbf", at(nbf+margin)), false},
			} {
				_, err := verifier(t.Context(), mint(t, site, 5, openidtest.With("iat", at(-time.Hour)), tc.more))
				if got := err == nil; got != tc.want {
					t.Errorf("%s: let through %t, want %t: %v", tc.name, got, tc.want, err)
				}
			}
		})
	}
}

// essential are forgeries that no peer may let through: what all of them are set up to check.
var essential = []string{
	"claims changed after signing", "header changed after signing", "signature cut short", "signature left out",
	"alg none with a genuine signature", "alg none", "HS256 with the public key in PEM",
	"signed with another key", "signed with a key that is not published", "key in the header as jwk",
	"expired", "without exp", "not valid yet",
	"for another audience", "without audience", "from another issuer", "without issuer",
}

func TestPeers_Forgeries(t *testing.T) {
	site := newSite(t)
	forgeries := maps.Collect(site.Forgeries(openidtest.User(verify.ObjectID, verify.Groups(5)...)))
	for _, name := range essential {
		if _, ok := forgeries[name]; !ok {
			t.Errorf("no forgery %q", name)
		}
	}
	for _, peer := range verify.Peers() {
		t.Run(peer.Name, func(t *testing.T) {
			verifier := newVerifier(t, peer, site)
			var accepted []string
			for name, token := range forgeries {
				_, err := verifier(t.Context(), token)
				if err == nil {
					accepted = append(accepted, name)
				}
				if err == nil && slices.Contains(essential, name) {
					t.Errorf("%s: let through", name)
				}
			}
			slices.Sort(accepted)
			if want := slices.Sorted(slices.Values(peer.Accepts)); !slices.Equal(accepted, want) {
				t.Errorf("lets through\n  %s\nand not\n  %s", strings.Join(accepted, "\n  "), strings.Join(want, "\n  "))
			}
		})
	}
}
