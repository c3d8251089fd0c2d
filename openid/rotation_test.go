package openid_test

import (
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// MS-06: keys are refreshed hourly, 10 % more or less, whether or not anybody asks.
func TestRotation_HourlyRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		newSiteInBubble(t, entraV2, n.attach)
		time.Sleep(100 * time.Hour)
		fetches := n.fetches()
		if len(fetches) < 91 || len(fetches) > 112 {
			t.Errorf("%d fetches in 100 hours", len(fetches))
		}
		same := 0
		for i := 1; i < len(fetches); i++ {
			gap := fetches[i].Sub(fetches[i-1])
			if gap < 54*time.Minute || gap > 66*time.Minute {
				t.Errorf("%v between two refreshes", gap)
			}
			if gap == time.Hour {
				same++
			}
		}
		if same > 3 {
			t.Errorf("%d gaps of exactly an hour: a fleet would ask in step", same)
		}
	})
}

// A key that was announced hours before it signs costs no request anything.
func TestRotation_Announced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, adfs, n.attach)
		synctest.Wait()
		first := s.issuer.KeyID()
		s.issuer.Announce()
		time.Sleep(2 * time.Hour)
		s.verify(t, n, s.token(), nil, 0, 0)
		s.issuer.Rotate()
		s.verify(t, n, s.token(), nil, 0, 0)
		s.verify(t, n, s.token(openidtest.SignedBy(first)), nil, 0, 0)
	})
}

// ADFS-02: AD FS swaps its keys at once when told so. The new key is found by its first token; the old one, whose tokens live for an
// hour at the most, is gone with the second good answer without it.
func TestADFS_02_UrgentRotation(t *testing.T) {
	for _, f := range adfsBoth {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				s := newSiteInBubble(t, f, n.attach)
				time.Sleep(time.Minute)
				first := s.issuer.KeyID()
				s.issuer.RotateUrgently()
				s.verify(t, n, s.token(), nil, 0, 1)
				s.verify(t, n, s.token(openidtest.SignedBy(first)), nil, 0, 0)
				time.Sleep(66 * time.Minute)
				n.fetches()
				if _, err := s.verifier.Verify(t.Context(), s.token(openidtest.SignedBy(first))); err == nil {
					t.Error("the old key still verifies after two good refreshes without it")
				}
				s.verify(t, n, s.token(), nil, 0, 0)
			})
		})
	}
}

// Of Entra ID a key that vanished counts for 24 hours more, and no longer.
func TestRotation_VanishedAtEntra(t *testing.T) {
	for _, f := range []flavour{entraV1, entraV2Many} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				s := newSiteInBubble(t, f, n.attach)
				time.Sleep(time.Minute)
				first := s.issuer.KeyID()
				s.issuer.RotateUrgently()
				time.Sleep(23*time.Hour + 50*time.Minute)
				s.verify(t, n, s.token(openidtest.SignedBy(first)), nil, 0, 0)
				time.Sleep(15 * time.Minute)
				s.verify(t, n, s.token(openidtest.SignedBy(first)), openid.ErrUnknownKey, 0, 1)
				s.verify(t, n, s.token(), nil, 0, 0)
			})
		})
	}
}

// Entra ID's replicas disagree, so that a key is missing from every other answer for days. No request notices.
func TestRotation_FlappingReplicas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, entraV2, n.attach)
		synctest.Wait()
		second := s.issuer.Announce()
		time.Sleep(2 * time.Hour)
		answers := 0
		s.issuer.EditKeys(func(keys []any) []any {
			if answers++; answers%2 == 0 {
				return keys
			}
			return keys[:1]
		})
		for range 48 * 4 {
			time.Sleep(15 * time.Minute)
			n.fetches()
			s.verify(t, n, s.token(openidtest.SignedBy(second)), nil, 0, 0)
		}
		if answers < 40 {
			t.Errorf("%d answers: the replicas have not flapped", answers)
		}
	})
}

// New material under an old kid counts at once.
func TestRotation_SameKeyID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, entraV2, n.attach)
		named := func(keys []any) []any {
			for _, key := range keys {
				members := key.(map[string]any)
				members["kid"] = "the-one"
				delete(members, "x5t")
			}
			return keys[len(keys)-1:]
		}
		s.issuer.EditKeys(named)
		s.provider.Flush()
		synctest.Wait()
		first := s.issuer.KeyID()
		by := func(kid string) string {
			return s.token(openidtest.SignedBy(kid), openidtest.Header("kid", "the-one"))
		}
		s.verify(t, n, by(first), nil, 0, 0)
		second := s.issuer.Rotate()
		s.verify(t, n, by(second), openid.ErrSignature, 0, 0) // a known kid begins no refresh
		time.Sleep(66 * time.Minute)
		s.verify(t, n, by(second), nil, 0, 0)
		s.verify(t, n, by(first), openid.ErrSignature, 0, 0)
	})
}
