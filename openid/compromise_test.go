package openid_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// A distrusted key verifies nothing from the next token on, whatever is published, and costs no fetch.
func TestDistrust(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				s := newSiteInBubble(t, f, n.attach)
				synctest.Wait()
				first := s.issuer.KeyID()
				s.issuer.Rotate()
				s.verify(t, n, s.token(), nil, 0, 1)
				stolen := func() string { return s.token(openidtest.SignedBy(first)) }
				byX5T := func() string {
					return s.token(openidtest.SignedBy(first), openidtest.WithoutHeader("kid"), openidtest.Header("x5t", first))
				}
				s.verify(t, n, stolen(), nil, 0, 0)
				s.provider.Distrust(first)
				s.provider.Distrust(first)
				s.provider.Distrust("")
				s.provider.Distrust("never published")
				s.verify(t, n, stolen(), openid.ErrUnknownKey, 0, 0)
				s.verify(t, n, byX5T(), openid.ErrUnknownKey, 0, 0)
				s.verify(t, n, s.token(), nil, 0, 0)
				time.Sleep(2 * time.Hour)
				s.verify(t, n, stolen(), openid.ErrUnknownKey, 0, 0)
				s.provider.Flush()
				synctest.Wait()
				s.verify(t, n, stolen(), openid.ErrUnknownKey, 0, 0)
				s.verify(t, n, s.token(), nil, 0, 0)
			})
		})
	}
}

// A key is distrusted by its thumbprint, too, when tokens name it by kid.
func TestDistrust_Thumbprint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, entraV2, n.attach)
		s.issuer.EditKeys(func(keys []any) []any {
			keys[0].(map[string]any)["kid"] = "a"
			return keys
		})
		s.provider.Flush()
		synctest.Wait()
		token := s.token(openidtest.Header("kid", "a"))
		s.verify(t, n, token, nil, 0, 0)
		s.provider.Distrust(s.issuer.KeyID())
		s.verify(t, n, token, openid.ErrUnknownKey, 0, 0)
	})
}

// Flush forgets keys that the provider no longer publishes, and the issuer; who comes meanwhile waits for the new ones.
func TestFlush(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				s := newSiteInBubble(t, f, n.attach)
				synctest.Wait()
				first := s.issuer.KeyID()
				s.issuer.RotateUrgently()
				s.verify(t, n, s.token(), nil, 0, 1)
				s.verify(t, n, s.token(openidtest.SignedBy(first)), nil, 0, 0)
				n.set(up, 200*time.Millisecond)
				n.fetches()
				s.provider.Flush()
				if err := s.provider.Ready(); err == nil {
					t.Error("ready at once after Flush")
				}
				// The request that comes before the loop has woken up waits like any other.
				before := time.Now()
				if _, err := s.verifier.Verify(t.Context(), s.token()); err != nil {
					t.Error(err)
				}
				if got := time.Since(before); got != 400*time.Millisecond {
					t.Errorf("the request took %v, want the time of a refresh", got)
				}
				if got := len(n.fetches()); got != 1 {
					t.Errorf("%d fetches, want one", got)
				}
				n.set(up, 0)
				// The budget for unknown keys begins anew.
				s.verify(t, n, s.token(openidtest.SignedBy(first)), openid.ErrUnknownKey, 0, 1)
			})
		})
	}
}

// What was asked for before Flush is thrown away when it comes in after it.
func TestFlush_WhileFetching(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, entraV2, n.attach)
		time.Sleep(time.Minute)
		n.set(up, 300*time.Millisecond)
		n.fetches()
		first := s.issuer.KeyID()
		go s.verifier.Verify(t.Context(), s.token(openidtest.Header("kid", "unknown")))
		time.Sleep(400 * time.Millisecond) // the metadata has come; the keys are on their way, with the first key
		s.issuer.RotateUrgently()
		s.provider.Flush()
		before := time.Now()
		if _, err := s.verifier.Verify(t.Context(), s.token()); err != nil {
			t.Error(err)
		}
		if got, want := time.Since(before), 800*time.Millisecond; got != want {
			t.Errorf("the request took %v, want %v: the end of the old refresh and the new one", got, want)
		}
		if got := len(n.fetches()); got != 2 {
			t.Errorf("%d fetches, want two", got)
		}
		n.set(up, 0)
		s.verify(t, n, s.token(openidtest.SignedBy(first)), openid.ErrUnknownKey, 0, 1)
		if err := s.provider.Ready(); err != nil {
			t.Error(err)
		}
	})
}

// Flush ends a back-off: an operator who has mended the network need not wait for it.
func TestFlush_InBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{state: down}
		s := newSiteInBubble(t, entraV2, n.attach)
		time.Sleep(time.Hour)
		n.set(up, 0)
		n.fetches()
		s.provider.Flush()
		synctest.Wait()
		s.verify(t, n, s.token(), nil, 0, 0)
	})
}

// A provider that cannot be reached after Flush is asked again as after a start: the time that is named is short.
func TestFlush_Unreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, entraV2, n.attach)
		synctest.Wait()
		n.set(down, 0)
		s.provider.Flush()
		_, err := s.verifier.Verify(t.Context(), s.token())
		var refused *openid.TokenError
		if !errors.As(err, &refused) || refused.Err != openid.ErrUnavailable || refused.RetryAfter > 2*time.Second {
			t.Errorf("%v, to be retried after %v", err, refused.RetryAfter)
		}
	})
}

// Close ends the background work and whoever waits for it. That no goroutine is left is what the end of the bubble asserts.
func TestClose(t *testing.T) {
	for _, state := range []networkState{up, down, hanging} {
		t.Run(fmt.Sprint(state), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				s := newSiteInBubble(t, entraV2, n.attach)
				synctest.Wait()
				known := s.token()
				n.set(state, 0)
				var callers sync.WaitGroup
				if state == hanging {
					for range 10 {
						callers.Go(func() {
							start := time.Now()
							principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.Header("kid", "unknown")))
							checkRefusal(t, principal, err, openid.ErrUnavailable, false)
							if got := time.Since(start); got != 100*time.Millisecond {
								t.Errorf("a caller was released after %v, want the time of Close", got)
							}
						})
					}
				}
				time.Sleep(100 * time.Millisecond)
				start := time.Now()
				var closers sync.WaitGroup
				for range 3 {
					closers.Go(func() { s.provider.Close() })
				}
				closers.Wait()
				callers.Wait()
				if got := time.Since(start); got != 0 {
					t.Errorf("Close took %v", got)
				}
				s.verify(t, n, known, openid.ErrUnavailable, 0, 0)
				s.verify(t, n, s.token(openidtest.Header("kid", "unknown")), openid.ErrUnavailable, 0, 0)
				s.provider.Flush()
				s.provider.Distrust("x")
				s.verify(t, n, known, openid.ErrUnavailable, 0, 0)
				_, err := s.verifier.Verify(t.Context(), known)
				if refused := (*openid.TokenError)(nil); !errors.As(err, &refused) || refused.RetryAfter != time.Second {
					t.Errorf("%v, to be retried after %v", err, refused.RetryAfter)
				}
				time.Sleep(3 * time.Hour)
				if got := len(n.fetches()); got != 0 {
					t.Errorf("%d fetches after Close", got)
				}
			})
		})
	}
}

// A Close while the first fetch hangs is no different.
func TestClose_BeforeReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{state: hanging}
		s := newSiteInBubble(t, adfs, n.attach)
		synctest.Wait()
		if err := s.provider.Close(); err != nil {
			t.Error(err)
		}
		s.verify(t, n, s.token(), openid.ErrUnavailable, 0, 0)
	})
}

// Logs tell what happens to keys and metadata: each bad key once, for as long as it stays bad, and nothing of any token.
func TestLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var records recorder
		s := newSiteInBubble(t, entraV2, func(p *openid.ProviderConfig, _ *openid.VerifierConfig) { p.Logger = slog.New(&records) })
		synctest.Wait()
		weak := map[string]any{"kty": "RSA", "kid": "weak\nlevel=ERROR", "n": "AQAB", "e": "AQAB"}
		s.issuer.EditKeys(func(keys []any) []any {
			keys[0].(map[string]any)["x5c"] = []string{"AAAA"}
			return append(keys, weak)
		})
		time.Sleep(5 * time.Hour)
		if got := records.count("not used"); got != 1 {
			t.Errorf("the bad key was reported %d times in %d refreshes", got, s.issuer.Requests().Keys)
		}
		if got := records.count("x5c cannot be parsed"); got != 1 {
			t.Errorf("the bad certificate was reported %d times", got)
		}
		s.issuer.EditKeys(nil)
		time.Sleep(2 * time.Hour)
		s.issuer.EditKeys(func(keys []any) []any { return append(keys, weak) })
		time.Sleep(2 * time.Hour)
		if got := records.count("not used"); got != 2 {
			t.Errorf("the bad key that came back was reported %d times in all, want 2", got)
		}
		if got := records.count("issuer pinned"); got != 1 {
			t.Errorf("the issuer was reported %d times", got)
		}
		token := s.token()
		s.issuer.Rotate()
		for _, token := range []string{token, s.token(), s.token(openidtest.Header("kid", "unknown")), s.token(openidtest.With("aud", "x"))} {
			s.verifier.Verify(t.Context(), token)
		}
		s.provider.Distrust("stolen\n")
		s.issuer.Down()
		time.Sleep(2 * time.Hour)
		for _, want := range []string{"new keys", "key distrusted", "refresh failed"} {
			if records.count(want) == 0 {
				t.Errorf("nothing was told of %q", want)
			}
		}
		s.provider.Close()
		if got := records.count("context canceled"); got != 0 {
			t.Error("Close was reported as a failure")
		}
		for _, line := range records.lines {
			if strings.ContainsAny(line, "\r\n") {
				t.Errorf("a line break in %q", line)
			}
			for part := range strings.SplitSeq(token, ".") {
				if strings.Contains(line, part) {
					t.Errorf("a token's segment in %q", line)
				}
			}
		}
	})
}

// A recorder keeps log records as text.
type recorder struct {
	mu    sync.Mutex
	lines []string
}

func (r *recorder) Enabled(context.Context, slog.Level) bool { return true }
func (r *recorder) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *recorder) WithGroup(string) slog.Handler            { return r }

func (r *recorder) Handle(_ context.Context, record slog.Record) error {
	line := record.Level.String() + " " + record.Message
	record.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
	return nil
}

func (r *recorder) count(words string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.lines {
		if strings.Contains(line, words) {
			n++
		}
	}
	return n
}
