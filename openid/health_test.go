package openid_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// Every field in every state that a provider can be in, one after the other.
func TestHealth(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSavedSite(t, f)
				first, pinned, lastGood := s.issuer.KeyID(), s.provider.Health().Issuers, time.Now()
				issuer := s.issuer.AccessTokenIssuer()
				if f.path != "" {
					issuer = strings.Replace(issuer, home, "{tenantid}", 1)
				}
				if !slices.Equal(pinned, []string{issuer}) {
					t.Errorf("issuers %q, want %q", pinned, issuer)
				}
				known := func(published, trusted bool) openid.KeyHealth {
					return openid.KeyHealth{KeyID: first, Thumbprint: first, LastSeen: lastGood.UTC(), Published: published, Trusted: trusted}
				}
				// check asserts everything but Problem, which holds a text, and NextRefresh, which is after a jittered time.
				check := func(name string, want openid.Health, problem string, least, most time.Duration) {
					t.Helper()
					h := s.provider.Health()
					want.Authority = s.provider.Authority()
					if want.Issuers == nil {
						want.Issuers = pinned
					}
					if next := time.Until(h.NextRefresh); (most != 0) != !h.NextRefresh.IsZero() || most != 0 && (next < least || next > most) {
						t.Errorf("%s: next refresh %v, in %v, want %v to %v", name, h.NextRefresh, next, least, most)
					}
					if (h.Problem == "") != (problem == "") || !strings.Contains(h.Problem, problem) || strings.Contains(h.Problem, "\n") {
						t.Errorf("%s: problem %q, want %q", name, h.Problem, problem)
					}
					h.NextRefresh, h.Problem = time.Time{}, ""
					got, _ := json.Marshal(h)
					wanted, _ := json.Marshal(want)
					if string(got) != string(wanted) {
						t.Errorf("%s:\ngot  %s\nwant %s", name, got, wanted)
					}
					if all := s.verifier.Health(); len(all) != 1 || all[0].Ready != want.Ready || all[0].Authority != want.Authority {
						t.Errorf("%s: the verifier's health is %+v", name, all)
					}
				}
				none := []string{}
				nothing := []openid.KeyHealth{}
				hour := func(d time.Duration) (least, most time.Duration) { return d * 9 / 10, d * 11 / 10 }

				least, most := hour(time.Hour)
				check("ready", openid.Health{Ready: true, LastGood: lastGood.UTC(), Keys: []openid.KeyHealth{known(true, true)}}, "", least, most)

				s.provider.Distrust("stolen")
				s.provider.Distrust(first)
				distrusted := []string{"stolen", first}
				check("distrusted", openid.Health{Ready: true, LastGood: lastGood.UTC(), Distrusted: distrusted, Keys: []openid.KeyHealth{known(true, false)}}, "", least, most)

				s.network.set(down, 0)
				time.Sleep(90 * time.Minute)
				check("failing, warm", openid.Health{Ready: true, LastGood: lastGood.UTC(), Distrusted: distrusted, Keys: []openid.KeyHealth{known(true, false)}}, "last refresh failed: metadata: GET", 0, 66*time.Second)

				s.restart(t)
				synctest.Wait()
				check("restored", openid.Health{Ready: true, Restored: true, LastGood: lastGood.UTC(), Distrusted: distrusted, Keys: []openid.KeyHealth{known(true, false)}}, "connection refused", 900*time.Millisecond, 1100*time.Millisecond)

				time.Sleep(23 * time.Hour)
				check("stale", openid.Health{Restored: true, LastGood: lastGood.UTC(), Distrusted: distrusted, Keys: []openid.KeyHealth{known(true, false)}}, "last good refresh was at 2000-01-01T00:00:00Z; metadata: GET", 0, 66*time.Second)

				s.network.set(hanging, 0)
				s.provider.Flush()
				check("flushed", openid.Health{Issuers: none, Keys: nothing, Distrusted: distrusted}, "first fetch", 0, 0)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				check("cold", openid.Health{Issuers: none, Keys: nothing, Distrusted: distrusted}, "deadline exceeded", 900*time.Millisecond, 1100*time.Millisecond)

				time.Sleep(2 * time.Second)
				check("cold, under way", openid.Health{Issuers: none, Keys: nothing, Distrusted: distrusted}, "deadline exceeded", 0, 0)

				s.network.set(up, 0)
				time.Sleep(66 * time.Second)
				if h := s.provider.Health(); !h.Ready || h.Restored || h.Problem != "" || len(h.Keys) != 1 || !h.LastGood.After(lastGood) {
					t.Errorf("ready again: %+v", h)
				}
				lastGood = s.provider.Health().LastGood

				s.provider.Close()
				check("closed", openid.Health{LastGood: lastGood.UTC(), Keys: nothing, Distrusted: distrusted}, "closed", 0, 0)
			})
		})
	}
}

// A key that the last answer lacked is told from one that it held, and one that is gone is not told of.
func TestHealth_FlappingKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, entraV2, n.attach)
		first := s.issuer.KeyID()
		second := s.issuer.Announce()
		time.Sleep(66 * time.Minute)
		key := func(kid string) openid.KeyHealth {
			t.Helper()
			h := s.provider.Health()
			if !slices.IsSortedFunc(h.Keys, func(a, b openid.KeyHealth) int { return strings.Compare(a.KeyID, b.KeyID) }) {
				t.Errorf("keys are not sorted: %+v", h.Keys)
			}
			for _, key := range h.Keys {
				if key.KeyID == kid {
					return key
				}
			}
			return openid.KeyHealth{}
		}
		seen := key(second).LastSeen
		for range 3 {
			s.issuer.Withdraw(second)
			time.Sleep(66 * time.Minute)
			if got := key(second); got.Published || !got.Trusted || got.LastSeen.Before(seen) || time.Since(got.LastSeen) < 54*time.Minute {
				t.Errorf("missing: %+v", got)
			}
			if got := key(first); !got.Published || !got.Trusted || time.Since(got.LastSeen) > 66*time.Minute {
				t.Errorf("the other one: %+v", got)
			}
			s.issuer.Publish(second)
			time.Sleep(66 * time.Minute)
			if got := key(second); !got.Published || !got.Trusted || !got.LastSeen.After(seen) {
				t.Errorf("back: %+v", got)
			}
		}
		s.issuer.Withdraw(second)
		time.Sleep(27 * time.Hour)
		if got := key(second); got != (openid.KeyHealth{}) {
			t.Errorf("gone: %+v", got)
		}
	})
}

// A provider whose issuer belongs to another one is never asked, so it is not ready, however good its keys.
func TestHealth_IssuerConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newIssuer(t, adfs, ""), newIssuer(t, adfsTenanted, "")
		claimant := providerOf(t, second, "") // it is ready first, which counts for nothing
		synctest.Wait()
		own := providerOf(t, first, "")
		v := newVerifier(t, openid.VerifierConfig{Providers: []*openid.Provider{own, claimant}, Audiences: []string{"api"}})
		synctest.Wait()
		all := v.Health()
		if len(all) != 2 || all[1].Ready || !strings.Contains(all[1].Problem, "belongs to "+own.Authority()) || !all[0].Ready || all[0].Problem != "" {
			t.Errorf("health %+v", all)
		}
		own.Flush()
		synctest.Wait()
		principal, err := v.Verify(t.Context(), first.Token(openidtest.User(aliceAD), openidtest.Audience("api")))
		if err != nil || principal.Tenant != "adfs" {
			t.Errorf("after Flush: %+v, %v", principal, err)
		}
	})
}

// The JSON form is for other programs, too: names, times in RFC 3339, and what is left out.
func TestHealth_JSON(t *testing.T) {
	at := time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)
	for _, test := range []struct {
		name   string
		health openid.Health
		want   string
	}{
		{"cold", openid.Health{Authority: "https://a", Problem: "why", Issuers: []string{}, Keys: []openid.KeyHealth{}},
			`{"authority":"https://a","ready":false,"problem":"why","issuers":[],"keys":[]}`},
		{"everything", openid.Health{
			Authority: "https://a", Ready: true, Problem: "why", LastGood: at, NextRefresh: at.Add(time.Hour), Restored: true, Issuers: []string{"https://i/"},
			Keys:       []openid.KeyHealth{{KeyID: "k", Thumbprint: "t", LastSeen: at, Published: true, Trusted: true}, {Thumbprint: "u", LastSeen: at}},
			Distrusted: []string{"d"},
		}, `{"authority":"https://a","ready":true,"problem":"why","lastGood":"2026-03-04T05:06:07Z","nextRefresh":"2026-03-04T06:06:07Z","restored":true,` +
			`"issuers":["https://i/"],"keys":[{"kid":"k","x5t":"t","lastSeen":"2026-03-04T05:06:07Z","published":true,"trusted":true},` +
			`{"x5t":"u","lastSeen":"2026-03-04T05:06:07Z","published":false,"trusted":false}],"distrusted":["d"]}`},
	} {
		got, err := json.Marshal(test.health)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", test.name, err, got, test.want)
		}
	}
}
