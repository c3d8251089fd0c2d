package openid_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

var cacheSeed = flag.Uint64("cache.seed", 0, "repeat the random history of TestTokenCache_Differential that a failure named")

// With and without a cache every token has the same answer, whatever happens to keys, issuers, tenants and the clock.
func TestTokenCache_Differential(t *testing.T) {
	seed := *cacheSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("repeat with -cache.seed=%d", seed)
	for i, f := range []flavour{adfs, entraV1, entraV2Many} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { compareCached(t, f, rand.New(rand.NewPCG(seed, uint64(i)))) })
		})
	}
}

func compareCached(t *testing.T, f flavour, random *rand.Rand) {
	var wrong time.Duration // by which the verifiers' clock is
	s := newSiteInBubble(t, f, func(_ *openid.ProviderConfig, config *openid.VerifierConfig) {
		config.Now = func() time.Time { return time.Now().Add(wrong) }
	})
	plain := s.withoutCache(t)
	synctest.Wait()

	var tokens []string
	keys := []string{s.issuer.KeyID()}
	mint := func() {
		changes := []openidtest.Claim{openidtest.Lifetime(time.Duration(1+random.IntN(300)) * time.Minute)}
		if f.tenants != nil {
			changes = append(changes, openidtest.Tenant(f.tenants[random.IntN(len(f.tenants))]))
		}
		switch random.IntN(8) {
		case 0:
			changes = append(changes, openidtest.Audience("https://elsewhere"))
		case 1:
			changes = append(changes, openidtest.SignedBy(keys[random.IntN(len(keys))]))
		}
		tokens = append(tokens, s.token(changes...))
		if len(tokens) > 12 {
			tokens = tokens[1:]
		}
	}
	for range 6 {
		mint()
	}
	accepted, refused := 0, map[error]int{}
	history := []string{}
	step := func(name string, act func()) {
		history = append(history, name)
		act()
	}
	shown := func() bool {
		for _, reason := range []error{openid.ErrExpired, openid.ErrNotYetValid, openid.ErrUnknownKey, openid.ErrUnavailable, openid.ErrAudience, openid.ErrTenant} {
			if refused[reason] == 0 && (reason != openid.ErrTenant || f.tenants != nil) {
				return false
			}
		}
		return accepted >= 200
	}
	for n := 0; n < 400 || n < 4000 && !shown(); n++ { // a history that happens to show little goes on
		switch random.IntN(15) {
		case 0:
			step("rotate", func() { keys = append(keys, s.issuer.Rotate()) })
		case 1:
			step("rotate urgently", func() { keys = append(keys, s.issuer.RotateUrgently()) })
		case 2:
			if len(keys) > 3 && random.IntN(4) == 0 { // the list of distrusted keys only grows
				step("distrust", func() { s.provider.Distrust(keys[random.IntN(len(keys)-1)]) })
			}
		case 3:
			step("flush", s.provider.Flush)
		case 4:
			step("down", s.issuer.Down)
		case 5, 6:
			step("up", s.issuer.Up)
		case 7:
			if f.tenants != nil {
				list := f.tenants[:1+random.IntN(len(f.tenants))]
				step(fmt.Sprint("tenants ", len(list)), func() {
					if err := errors.Join(s.verifier.SetTenants(list), plain.SetTenants(list)); err != nil {
						t.Fatal(err)
					}
				})
			}
		case 8:
			step("hours", func() { time.Sleep(time.Duration(random.IntN(8)) * time.Hour) })
		case 9, 10:
			step("minutes", func() { time.Sleep(time.Duration(random.IntN(20)) * time.Minute) })
		case 11:
			step("clock", func() { wrong = time.Duration(random.IntN(3)-1) * time.Duration(random.IntN(60)) * time.Minute })
		default:
			step("mint", mint)
		}
		synctest.Wait()
		for _, token := range tokens {
			_, _ = plain.Verify(t.Context(), token) // who comes first may cause a refresh
			synctest.Wait()
			want, wantErr := plain.Verify(t.Context(), token)
			for range 2 {
				got, err := s.verifier.Verify(t.Context(), token)
				if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
					t.Fatalf("after %s:\ncached %+v, %v\nplain  %+v, %v", strings.Join(history[max(0, len(history)-20):], ", "), got, err, want, wantErr)
				}
			}
			if wantErr == nil {
				accepted++
				continue
			}
			for _, reason := range reasons {
				if errors.Is(wantErr, reason) {
					refused[reason]++
				}
			}
		}
	}
	if !shown() {
		t.Errorf("%d accepted, refused %v: the history shows little", accepted, refused)
	}
}

// What ends the trust in a token ends it for a remembered one at once, and without a word to the provider.
func TestTokenCache_Ends(t *testing.T) {
	for _, test := range []struct {
		name string
		f    flavour
		act  func(t *testing.T, s *site)
		want error // nil: accepted still
	}{
		{"nothing", entraV1Many, func(*testing.T, *site) {}, nil},
		{"its time is nearly over", entraV1Many, func(*testing.T, *site) { time.Sleep(time.Hour + 5*time.Minute - time.Second) }, nil},
		{"its time is over", entraV1Many, func(*testing.T, *site) { time.Sleep(time.Hour + 5*time.Minute) }, openid.ErrExpired},
		{"its key is distrusted", adfs, func(_ *testing.T, s *site) { s.provider.Distrust(s.issuer.KeyID()) }, openid.ErrUnknownKey},
		{"its tenant is removed", entraV1Many, func(t *testing.T, s *site) {
			if err := s.verifier.SetTenants([]string{guest}); err != nil {
				t.Fatal(err)
			}
		}, openid.ErrTenant},
		{"its key has left the key set", adfs, func(_ *testing.T, s *site) {
			s.issuer.RotateUrgently()
			time.Sleep(3 * time.Hour) // an AD FS's key that two good answers lack is gone
		}, openid.ErrUnknownKey},
		{"its key is rotated", entraV1, func(_ *testing.T, s *site) { s.issuer.Rotate() }, nil},
		{"its key's id gets new material", entraV1, func(_ *testing.T, s *site) {
			old := s.issuer.KeyID()
			s.issuer.Rotate()
			s.issuer.EditKeys(func(keys []any) []any {
				for _, key := range keys {
					if key := key.(map[string]any); key["kid"] == s.issuer.KeyID() {
						key["kid"] = old
						delete(key, "x5t")
						delete(key, "x5c")
						return []any{key}
					}
				}
				return keys
			})
			time.Sleep(70 * time.Minute) // the hourly refresh
		}, openid.ErrSignature},
		{"the provider is flushed while it is away", entraV1, func(_ *testing.T, s *site) {
			s.issuer.Down()
			s.provider.Flush()
		}, openid.ErrUnavailable},
		{"the provider is flushed", entraV1, func(_ *testing.T, s *site) { s.provider.Flush() }, nil},
		{"the provider is flushed and has another issuer", adfs, func(_ *testing.T, s *site) {
			s.issuer.EditMetadata(func(metadata map[string]any) {
				metadata["access_token_issuer"] = strings.Replace(metadata["access_token_issuer"].(string), "/trust", "/other", 1)
			})
			s.provider.Flush()
		}, openid.ErrIssuer},
		{"the provider is away too long", adfs, func(_ *testing.T, s *site) {
			s.issuer.Down()
			time.Sleep(26 * time.Hour)
		}, openid.ErrUnavailable},
		{"the provider is closed", entraV1, func(_ *testing.T, s *site) { s.provider.Close() }, openid.ErrUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSiteInBubble(t, test.f)
				synctest.Wait()
				lifetime := time.Hour
				if test.want == openid.ErrUnavailable || test.want == openid.ErrSignature || test.want == openid.ErrUnknownKey {
					lifetime = 27 * time.Hour
				}
				token := s.token(openidtest.Lifetime(lifetime))
				for range 2 {
					if _, err := s.verifier.Verify(t.Context(), token); err != nil {
						t.Fatal(err)
					}
				}
				test.act(t, s)
				synctest.Wait()
				principal, err := s.verifier.Verify(t.Context(), token)
				if test.want != nil {
					if !errors.Is(err, test.want) {
						t.Fatalf("%+v, %v, want %v", principal, err, test.want)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// A clock that is set back makes a token one of the future, remembered or not.
func TestTokenCache_ClockSetBack(t *testing.T) {
	for _, test := range []struct {
		name   string
		claim  openidtest.Claim
		want   error
		wantAs string
	}{
		{"iat", openidtest.Without("nbf"), openid.ErrNotYetValid, "iat"},
		{"nbf", openidtest.With("iat", now.Add(-time.Hour).Unix()), openid.ErrNotYetValid, "nbf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := now
			s := newSite(t, entraV1, func(_ *openid.ProviderConfig, config *openid.VerifierConfig) {
				config.Now = func() time.Time { return clock }
			})
			token := s.token(test.claim)
			for _, back := range []time.Duration{0, 5 * time.Minute, 5*time.Minute + time.Second, 0} {
				clock = now.Add(-back)
				for _, v := range []*openid.Verifier{s.verifier, s.withoutCache(t)} {
					principal, err := v.Verify(t.Context(), token)
					switch {
					case back <= 5*time.Minute && err != nil:
						t.Errorf("%v earlier: %v", back, err)
					case back > 5*time.Minute:
						checkRefusal(t, principal, err, test.want, true)
						if !strings.Contains(err.Error(), test.wantAs) {
							t.Errorf("%v earlier: %v, want it to be about %s", back, err, test.wantAs)
						}
					}
				}
			}
		})
	}
}

// When the first owner of an issuer appears, tokens that were another provider's until then are not, remembered or not: though nothing about
// their key, their tenant or their times has changed.
func TestTokenCache_IssuerChangesHands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newIssuer(t, adfs, ""), newIssuer(t, adfsTenanted, "")
		first.Down()
		config := openid.VerifierConfig{
			Providers: []*openid.Provider{providerOf(t, first, ""), providerOf(t, second, "")}, Audiences: []string{first.Audience()},
		}
		cached := newVerifier(t, config)
		config.MaxCachedTokens = openid.NoCache
		plain := newVerifier(t, config)
		synctest.Wait()
		token := second.Token(openidtest.User(aliceAD), openidtest.Lifetime(8*time.Hour))
		for _, v := range []*openid.Verifier{cached, cached, plain} {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		first.Up()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		for _, v := range []*openid.Verifier{cached, plain} {
			principal, err := v.Verify(t.Context(), token)
			checkRefusal(t, principal, err, openid.ErrUnknownKey, false)
		}
	})
}

// A remembered token costs no allocation, and answers what the first verification answered.
func TestTokenCache_Hit(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			s := newSite(t, f)
			token := s.token(openidtest.MFA(), openidtest.Scopes("a", "b"), openidtest.With("acrs", []string{"p1"}), openidtest.With("xms_cc", []string{"cp1"}))
			first, err := s.verifier.Verify(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			second, err := s.verifier.Verify(t.Context(), token)
			if err != nil || !reflect.DeepEqual(first, second) {
				t.Fatalf("first %+v, then %+v, %v", first, second, err)
			}
			allocations := fewestAllocations(func() {
				if _, err := s.verifier.Verify(t.Context(), token); err != nil {
					t.Error(err)
				}
			})
			if allocations != 0 {
				t.Errorf("%v allocations", allocations)
			}
		})
	}
}

// A refresh that brings the same keys leaves what is remembered as cheap as it was.
func TestTokenCache_HitAfterRefresh(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSiteInBubble(t, f)
				synctest.Wait()
				token := s.token(openidtest.Lifetime(3 * time.Hour))
				verify := func() *openid.Principal {
					principal, err := s.verifier.Verify(t.Context(), token)
					if err != nil {
						t.Fatal(err)
					}
					return principal
				}
				verify()
				remembered := verify()
				for _, then := range []struct {
					name  string
					act   func()
					again bool // it is verified once more
				}{
					{"hourly refresh", func() { time.Sleep(70 * time.Minute) }, false},
					{"flush", s.provider.Flush, true},
				} {
					then.act()
					synctest.Wait()
					if again := verify(); again != remembered != then.again || !reflect.DeepEqual(again, remembered) {
						t.Fatalf("after the %s: %+v", then.name, again)
					}
					allocations := fewestAllocations(func() {
						if _, err := s.verifier.Verify(t.Context(), token); err != nil {
							t.Error(err)
						}
					})
					if allocations != 0 {
						t.Errorf("after the %s: %v allocations", then.name, allocations)
					}
				}
			})
		})
	}
}

// fewestAllocations answers what f allocates when nothing else does: under the race detector a sync.Pool loses a quarter of what is put
// back, and what goes on beside f counts too, so that an average is now and then too much by one.
func fewestAllocations(f func()) float64 {
	fewest := testing.AllocsPerRun(1, f)
	for range 100 {
		fewest = min(fewest, testing.AllocsPerRun(1, f))
	}
	return fewest
}

// A first verification costs the same few allocations whatever the number of groups.
func TestVerify_Allocations(t *testing.T) {
	for _, groups := range []int{0, 5, 200} {
		s := newSite(t, withRSA(entraV1))
		plain := s.withoutCache(t)
		token := s.token(openidtest.Groups(manyGroups(groups)...), openidtest.MFA(), openidtest.With("xms_cc", []string{"cp1"}))
		allocations := fewestAllocations(func() {
			if _, err := plain.Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
		if allocations > 20 {
			t.Errorf("%d groups: %v allocations, at most 20 are allowed", groups, allocations)
		}
	}
}

func manyGroups(n int) []string {
	groups := make([]string, n)
	for i := range groups {
		groups[i] = fmt.Sprintf("c0ffee00-1234-4321-8765-%012x", i)
	}
	return groups
}

// Two tokens with the same groups share one list of them, and it goes when they go.
func TestTokenCache_SharedGroups(t *testing.T) {
	s := newSite(t, adfs, func(_ *openid.ProviderConfig, config *openid.VerifierConfig) { config.MaxCachedTokens = 2 })
	verify := func(token string) *openid.Principal {
		t.Helper()
		var principal *openid.Principal
		for range 2 { // the second is the one that is kept
			var err error
			if principal, err = s.verifier.Verify(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		return principal
	}
	groups := manyGroups(20)
	a, b := verify(s.token(openidtest.Groups(groups...))), verify(s.token(openidtest.Groups(groups...), openidtest.With("x", 1)))
	if &a.Groups[0] != &b.Groups[0] {
		t.Error("the lists are not shared")
	}
	c := verify(s.token(openidtest.Groups(slices.Concat(groups[1:], groups[:1])...)))
	if !slices.Equal(a.Groups, groups) || slices.Equal(a.Groups, c.Groups) || c.Groups[0] != groups[1] {
		t.Errorf("groups %q and %q", a.Groups, c.Groups)
	}
}

// The cache is bounded whatever comes: the memory that many tokens take stays near what is allowed.
func TestTokenCache_Bounded(t *testing.T) {
	const maxBytes = 1 << 20
	for _, test := range []struct {
		name  string
		claim func(i int) openidtest.Claim // with a value that no other token has
	}{
		{"groups", func(i int) openidtest.Claim {
			return openidtest.Groups(append(manyGroups(20), fmt.Sprintf("00000000-0000-4000-8000-%012x", i))...)
		}},
		{"application", func(i int) openidtest.Claim { return openidtest.With("appid", longText(i)) }},
		{"name", func(i int) openidtest.Claim { return openidtest.With("upn", longText(i)) }},
		{"scopes", func(i int) openidtest.Claim { return openidtest.With("scp", longText(i)+" "+longText(i+1)) }},
		{"methods", func(i int) openidtest.Claim {
			return openidtest.With("amr", strings.Split(strings.Repeat(fmt.Sprint(i, ","), 500), ","))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, adfs, func(_ *openid.ProviderConfig, config *openid.VerifierConfig) { config.MaxCacheBytes = maxBytes })
			kept := s.token()
			verify := func(token string) {
				if _, err := s.verifier.Verify(t.Context(), token); err != nil {
					t.Fatal(err)
				}
			}
			heap := func() uint64 {
				for range 3 { // the strings that tokens share go a collection after the tokens
					runtime.GC()
				}
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				return m.HeapAlloc
			}
			before := heap()
			for i := range 3000 {
				verify(s.token(openidtest.With("uti", fmt.Sprint(i)), test.claim(i)))
				verify(kept)
			}
			if grown := int64(heap()) - int64(before); grown > 3*maxBytes {
				t.Errorf("3,000 tokens took %d bytes, allowed are %d", grown, maxBytes)
			}
			// A flood pushes out itself, not what is asked for all the time.
			if allocations := fewestAllocations(func() { verify(kept) }); allocations != 0 {
				t.Errorf("the token that is asked for all the time is not remembered: %v allocations", allocations)
			}
		})
	}
}

func longText(i int) string { return strings.Repeat(fmt.Sprint("text-", i, "-"), 400) }

// Many at once ask for few tokens while keys rotate and tenants come and go; the race detector watches.
func TestTokenCache_Concurrent(t *testing.T) {
	s := newSite(t, entraV2Many)
	tokens := make([]string, 8)
	for i := range tokens {
		tokens[i] = s.token(openidtest.With("uti", fmt.Sprint(i)), openidtest.Tenant(s.tenants[i%2]))
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range 400 {
				principal, err := s.verifier.Verify(t.Context(), tokens[i%len(tokens)])
				if err == nil && principal.TokenID != fmt.Sprint(i%len(tokens)) {
					t.Errorf("token %d is %s's", i%len(tokens), principal.TokenID)
				}
				if err != nil && !errors.Is(err, openid.ErrTenant) {
					t.Error(err)
				}
			}
		})
	}
	for i := range 50 {
		if err := s.verifier.SetTenants(s.tenants[:1+i%2]); err != nil {
			t.Error(err)
		}
		s.provider.Distrust(fmt.Sprint("another key ", i))
	}
	wait.Wait()
}

func TestVerifierConfig_Cache(t *testing.T) {
	s := newSite(t, adfs)
	for _, test := range []struct {
		tokens, bytes int
		want          string
	}{
		{0, 0, ""},
		{openid.NoCache, 0, ""},
		{1, 1, ""},
		{openid.NoCache, 1, "openid: VerifierConfig.MaxCacheBytes: contradicts NoCache"},
		{-2, 0, "openid: VerifierConfig.MaxCachedTokens: -2 is negative"},
		{0, -1, "openid: VerifierConfig.MaxCacheBytes: -1 is negative"},
	} {
		config := s.verifierConfig
		config.Providers, config.MaxCachedTokens, config.MaxCacheBytes = []*openid.Provider{s.provider}, test.tokens, test.bytes
		_, err := openid.NewVerifier(config)
		if got := fmt.Sprint(err); test.want == "" && err != nil || test.want != "" && got != test.want {
			t.Errorf("%d, %d: %v, want %q", test.tokens, test.bytes, err, test.want)
		}
	}
}
