package openid_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// MS-06: a key that nobody knows is worth one refresh in five minutes, and the first one comes at once.
func TestUnknownKey_Budget(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				s := newSiteInBubble(t, f, n.attach)
				synctest.Wait()
				unknown := func(name string) string { return s.token(openidtest.Header("kid", name)) }
				s.verify(t, n, unknown("a"), openid.ErrUnknownKey, 0, 1)
				s.verify(t, n, unknown("a"), openid.ErrUnknownKey, 0, 0)
				s.verify(t, n, unknown("b"), openid.ErrUnknownKey, 0, 0)
				s.verify(t, n, s.token(), nil, 0, 0)
				time.Sleep(5*time.Minute - time.Second)
				s.verify(t, n, unknown("c"), openid.ErrUnknownKey, 0, 0)
				time.Sleep(time.Second)
				s.verify(t, n, unknown("d"), openid.ErrUnknownKey, 0, 1)
				s.verify(t, n, unknown("e"), openid.ErrUnknownKey, 0, 0)
			})
		})
	}
}

// A key that began to sign without notice is found by the first token that names it.
func TestUnknownKey_Rotation(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{delay: 100 * time.Millisecond}
				s := newSiteInBubble(t, f, n.attach)
				time.Sleep(time.Minute)
				old := s.token()
				s.issuer.Rotate()
				s.verify(t, n, s.token(), nil, 200*time.Millisecond, 1)
				s.verify(t, n, s.token(), nil, 0, 0)
				s.verify(t, n, old, nil, 0, 0)
			})
		})
	}
}

// Ten thousand unknown keys from a thousand callers begin one refresh, and who has a known key is not kept waiting by it.
func TestUnknownKey_Flood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{delay: 400 * time.Millisecond}
		s := newSiteInBubble(t, adfs, n.attach)
		time.Sleep(time.Minute)
		n.fetches()
		known := s.token()
		template := s.token()
		_, payload, signature := segments(template)
		var callers sync.WaitGroup
		for caller := range 1000 {
			callers.Go(func() {
				for i := range 10 {
					token := glue(fmt.Sprintf(`{"alg":"ES256","kid":"%d-%d"}`, caller, i), payload, signature)
					start := time.Now()
					if _, err := s.verifier.Verify(t.Context(), token); !errors.Is(err, openid.ErrUnknownKey) {
						t.Errorf("error %v, want %v", err, openid.ErrUnknownKey)
					}
					if got := time.Since(start); got > time.Second {
						t.Errorf("a caller waited for %v", got)
					}
				}
			})
		}
		time.Sleep(100 * time.Millisecond) // the refresh is under way
		start := time.Now()
		if _, err := s.verifier.Verify(t.Context(), known); err != nil {
			t.Error(err)
		}
		if got := time.Since(start); got != 0 {
			t.Errorf("a known key took %v", got)
		}
		callers.Wait()
		if got := len(n.fetches()); got != 1 {
			t.Errorf("%d fetches, want one", got)
		}
	})
}

// A refresh that takes longer than a second is not waited for: its result is there for the next request.
func TestUnknownKey_SlowRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, entraV2, n.attach)
		synctest.Wait()
		n.set(up, 2*time.Second)
		s.issuer.Rotate()
		s.verify(t, n, s.token(), openid.ErrUnavailable, time.Second, 1)
		_, err := s.verifier.Verify(t.Context(), s.token())
		var refused *openid.TokenError
		if !errors.As(err, &refused) || refused.Err != openid.ErrUnavailable || refused.RetryAfter != time.Second {
			t.Errorf("%v: want it to be retried after a second", err)
		}
		time.Sleep(2 * time.Second)
		s.verify(t, n, s.token(), nil, 0, 0)
	})
}

// No more than a thousand requests wait at once: the others are answered.
func TestUnknownKey_WaitersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, entraV2, n.attach)
		synctest.Wait()
		n.set(hanging, 0)
		token := s.token(openidtest.Header("kid", "unknown"))
		var mu sync.Mutex
		took := make(map[time.Duration]int)
		var callers sync.WaitGroup
		for range 1500 {
			callers.Go(func() {
				start := time.Now()
				if _, err := s.verifier.Verify(t.Context(), token); !errors.Is(err, openid.ErrUnavailable) {
					t.Errorf("error %v, want %v", err, openid.ErrUnavailable)
				}
				mu.Lock()
				defer mu.Unlock()
				took[time.Since(start)]++
			})
		}
		callers.Wait()
		if took[0] != 500 || took[time.Second] != 1000 {
			t.Errorf("times of the answers: %v, want 500 at once and 1000 after a second", took)
		}
		// Whoever waited has left: there is room again.
		start := time.Now()
		s.verifier.Verify(t.Context(), token)
		if got := time.Since(start); got != time.Second {
			t.Errorf("a later request waited for %v, want a second", got)
		}
	})
}

// The refresh belongs to nobody: a caller who goes away does not end it.
func TestUnknownKey_CancelledCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, entraV1, n.attach)
		synctest.Wait()
		n.set(up, 300*time.Millisecond)
		s.issuer.Rotate()
		token := s.token()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		principal, err := s.verifier.Verify(ctx, token)
		checkRefusal(t, principal, err, openid.ErrUnavailable, false)
		if got := time.Since(start); got != 100*time.Millisecond {
			t.Errorf("the caller who went away was kept for %v", got)
		}
		s.verify(t, n, token, nil, 500*time.Millisecond, 0)

		// One who has gone before asking begins a refresh all the same, and gets what is known at once.
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.verifier.Verify(cancelled, token); err != nil {
			t.Errorf("a known key: %v", err)
		}
	})
}

// Nothing but the lack of a key begins a refresh.
func TestUnknownKey_OnlyLackOfKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, entraV1Many, n.attach)
		synctest.Wait()
		n.fetches()
		header, payload, signature := segments(s.token())
		for range 100 {
			for _, token := range []string{
				s.token(openidtest.With("aud", "x")),
				s.token(openidtest.Tenant(foreign)),
				s.token(openidtest.With("iss", "https://evil.example/")),
				s.token(openidtest.With("iss", "https://evil.example/"), openidtest.Header("kid", "unknown")),
				s.token(openidtest.Header("alg", "none"), openidtest.Header("kid", "unknown")),
				glue(header, payload, signature[1:]+"x"),
				"x.y.z",
			} {
				if _, err := s.verifier.Verify(t.Context(), token); err == nil {
					t.Error("accepted")
				}
			}
		}
		if got := len(n.fetches()); got != 0 {
			t.Errorf("%d fetches", got)
		}
	})
}
