package openid_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// ASVS-16.5.2: a provider that is out of reach when the program starts is asked again and again, ever less often, for as long as it
// takes; until then every answer is "unavailable", within a second.
func TestOutage_ColdStart(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{state: down}
				s := newSiteInBubble(t, f, n.attach)
				start := time.Now()
				synctest.Wait()
				for range 60 {
					before := time.Now()
					_, err := s.verifier.Verify(t.Context(), s.token())
					var refused *openid.TokenError
					if !errors.As(err, &refused) || refused.Err != openid.ErrUnavailable {
						t.Fatalf("error %v, want %v", err, openid.ErrUnavailable)
					}
					if refused.RetryAfter < time.Second || refused.RetryAfter > 66*time.Second {
						t.Errorf("RetryAfter %v", refused.RetryAfter)
					}
					if got := time.Since(before); got > time.Second {
						t.Errorf("the answer took %v", got)
					}
					if err := s.provider.Ready(); err == nil || !strings.Contains(err.Error(), "connection refused") {
						t.Errorf("Ready: %v", err)
					}
					time.Sleep(time.Minute)
				}

				fetches := n.fetches()
				if !fetches[0].Equal(start) {
					t.Errorf("first fetch at %v, want %v", fetches[0], start)
				}
				for i, want := 1, time.Second; i < len(fetches); i++ {
					gap := fetches[i].Sub(fetches[i-1])
					if gap < want*9/10 || gap > want*11/10 {
						t.Errorf("fetch %d came %v after the one before, want %v and 10 %% at most to either side", i, gap, want)
					}
					want = min(2*want, time.Minute)
				}

				n.set(up, 0)
				time.Sleep(66 * time.Second)
				if err := s.provider.Ready(); err != nil {
					t.Errorf("a minute after the outage: %v", err)
				}
				s.verify(t, n, s.token(), nil, 0, 0)
			})
		})
	}
}

// A first fetch that hangs keeps nobody for more than a second, however many ask and however many providers hang.
func TestOutage_ColdStartHanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var networks [3]network
		var edits []func(*openid.ProviderConfig, *openid.VerifierConfig)
		for i := range networks[1:] {
			other := &networks[i+1]
			edits = append(edits, func(p *openid.ProviderConfig, v *openid.VerifierConfig) {
				config := openid.ProviderConfig{Authority: "https://login.entra.example/" + []string{guest, foreign}[i], Transport: other}
				other.state = hanging
				v.Providers = append(v.Providers, newProvider(t, config))
			})
		}
		n := &networks[0]
		n.state = hanging
		s := newSiteInBubble(t, entraV1, append(edits, n.attach)...)
		start := time.Now()
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				principal, err := s.verifier.Verify(t.Context(), s.token())
				checkRefusal(t, principal, err, openid.ErrUnavailable, false)
			})
		}
		callers.Wait()
		if got := time.Since(start); got != time.Second {
			t.Errorf("the callers waited for %v, want a second", got)
		}
		for i := range networks {
			if got := len(networks[i].fetches()); got != 1 {
				t.Errorf("%d fetches by provider %d, want one", got, i)
			}
		}
		time.Sleep(9 * time.Second) // the fetch is given up after ten seconds
		synctest.Wait()
		if err := s.provider.Ready(); err == nil || !strings.Contains(err.Error(), "deadline exceeded") {
			t.Errorf("Ready: %v", err)
		}
	})
}

// A request that comes while the first fetch is under way waits for it, and is answered.
func TestOutage_SlowStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{delay: 400 * time.Millisecond} // for the metadata and again for the keys
		s := newSiteInBubble(t, adfs, n.attach)
		synctest.Wait()
		s.verify(t, n, s.token(), nil, 800*time.Millisecond, 0)
	})
}

// ASVS-16.5.2, MS-07: with known keys nobody notices an outage of less than a day.
func TestASVS_16_5_2_WarmOutage(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				s := newSiteInBubble(t, f, n.attach)
				synctest.Wait()
				n.set(down, 0)
				time.Sleep(23 * time.Hour)
				s.verify(t, n, s.token(), nil, 0, 0)
				if err := s.provider.Ready(); err != nil {
					t.Errorf("after 23 h: %v", err)
				}
				time.Sleep(2 * time.Hour)
				if err := s.provider.Ready(); err == nil || !strings.Contains(err.Error(), "last good refresh") || !strings.Contains(err.Error(), "connection refused") {
					t.Errorf("Ready after 25 h: %v", err)
				}
				s.verify(t, n, s.token(), openid.ErrUnavailable, 0, 0)
				n.set(up, 0)
				time.Sleep(66 * time.Second)
				s.verify(t, n, s.token(), nil, 0, 0)
				if err := s.provider.Ready(); err != nil {
					t.Errorf("after the outage: %v", err)
				}
			})
		})
	}
}

// In an outage a key that nobody knows may be a good one: the answer is "unavailable", and the back-off is kept.
func TestOutage_UnknownKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		s := newSiteInBubble(t, entraV2, n.attach)
		synctest.Wait()
		n.set(down, 0)
		known := s.token()
		s.issuer.RotateUrgently()
		s.verify(t, n, s.token(), openid.ErrUnavailable, 0, 1)
		s.verify(t, n, s.token(), openid.ErrUnavailable, 0, 0)
		s.verify(t, n, known, nil, 0, 0)
		n.fetches()
		for range 600 {
			time.Sleep(time.Second)
			if _, err := s.verifier.Verify(t.Context(), s.token()); !errors.Is(err, openid.ErrUnavailable) {
				t.Fatal(err)
			}
		}
		// 0.9 s, 1.8 s, ... 54 s apart at the most often.
		if got := len(n.fetches()); got > 17 {
			t.Errorf("%d fetches in ten minutes of an outage", got)
		}
		n.set(up, 0)
		time.Sleep(66 * time.Second)
		s.verify(t, n, s.token(), nil, 0, 0)
	})
}

// MS-07: an answer that cannot be gone by leaves what is known in force, as an outage does.
func TestMS_07_BadAnswers(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(*openidtest.Issuer)
	}{
		{"an error with status 200", func(i *openidtest.Issuer) {
			i.ServeKeys(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"error":"server_error"}`)) }))
		}},
		{"no keys", func(i *openidtest.Issuer) { i.EditKeys(func([]any) []any { return []any{} }) }},
		{"only bad keys", func(i *openidtest.Issuer) {
			i.EditKeys(func([]any) []any { return []any{map[string]any{"kty": "oct"}} })
		}},
		{"1,001 keys", func(i *openidtest.Issuer) { i.EditKeys(func([]any) []any { return make([]any, 1001) }) }},
		{"another issuer", func(i *openidtest.Issuer) {
			i.EditMetadata(func(m map[string]any) { m["issuer"] = "https://sts.entra.example/" + home + "/" })
		}},
		{"keys of another host", func(i *openidtest.Issuer) {
			i.EditMetadata(func(m map[string]any) { m["jwks_uri"] = "https://evil.example/" })
		}},
		{"a page", func(i *openidtest.Issuer) {
			i.ServeMetadata(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`<html>`)) }))
		}},
		{"status 503", func(i *openidtest.Issuer) { i.Fail(http.StatusServiceUnavailable) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				s := newSiteInBubble(t, entraV2, n.attach)
				synctest.Wait()
				test.spoil(s.issuer)
				first := s.issuer.KeyID()
				s.issuer.RotateUrgently()
				time.Sleep(90 * time.Minute)
				s.verify(t, n, s.token(openidtest.SignedBy(first)), nil, 0, 0)
				s.verify(t, n, s.token(), openid.ErrUnavailable, 0, 0)
				if err := s.provider.Ready(); err != nil {
					t.Errorf("Ready: %v", err)
				}
			})
		})
	}
}

// ASVS-10.5.3: the issuer that was pinned first stays, whatever the metadata says later, until Flush.
func TestASVS_10_5_3_IssuerChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const other = "http://adfs.local.azurestack.example/adfs/services/other"
		n := &network{}
		s := newSiteInBubble(t, adfs, n.attach)
		synctest.Wait()
		s.issuer.EditMetadata(func(m map[string]any) { m["access_token_issuer"] = other })
		time.Sleep(2 * time.Hour)
		s.verify(t, n, s.token(), nil, 0, 0)
		s.verify(t, n, s.token(openidtest.With("iss", other)), openid.ErrIssuer, 0, 0)
		s.provider.Flush()
		synctest.Wait()
		s.verify(t, n, s.token(), openid.ErrIssuer, 0, 0)
		s.verify(t, n, s.token(openidtest.With("iss", other)), nil, 0, 0)
	})
}

// ASVS-13.1.3: a provider that answers a byte a second is given up after ten seconds, whether it does so in the headers or in the body,
// and keeps nobody whose key is known.
func TestASVS_13_1_3_SlowLoris(t *testing.T) {
	for _, test := range []struct{ name, head string }{
		{"headers", "HTTP/1.1 200 OK\r\nX-Slow: "},
		{"body", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var connections sync.WaitGroup
				slow := &http.Transport{DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
					client, server := net.Pipe()
					connections.Go(func() {
						defer server.Close()
						if _, err := http.ReadRequest(bufio.NewReader(server)); err != nil {
							t.Error(err)
						}
						for _, err := io.WriteString(server, test.head); err == nil; _, err = io.WriteString(server, "1") {
							time.Sleep(time.Second)
						}
					})
					return client, nil
				}}
				n := &network{}
				s := newSiteInBubble(t, entraV2, n.attach)
				synctest.Wait()
				n.through(slow)
				s.verify(t, n, s.token(openidtest.Header("kid", "unknown")), openid.ErrUnavailable, time.Second, 1)
				s.verify(t, n, s.token(), nil, 0, 0)
				time.Sleep(9*time.Second - time.Millisecond)
				s.verify(t, n, s.token(openidtest.Header("kid", "unknown")), openid.ErrUnavailable, time.Millisecond, 0)
				synctest.Wait()
				if h := s.provider.Health(); !h.Ready || !strings.Contains(h.Problem, "deadline exceeded") {
					t.Errorf("health after ten seconds: %+v", h)
				}
				s.verify(t, n, s.token(), nil, 0, 0)
				s.provider.Close()
				connections.Wait()
			})
		})
	}
}
