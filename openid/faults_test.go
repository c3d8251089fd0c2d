package openid_test

import (
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// What is wrong with one published key is told once, by its name and the reason, for as long as it lasts. The other keys count.
func TestFaults_Key(t *testing.T) {
	number := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes()) }
	modulus := firstKey().PrivateKey.(*rsa.PrivateKey).N
	members := func(changes map[string]any) map[string]any {
		key := map[string]any{"kty": "RSA", "use": "sig", "kid": "odd", "n": number(modulus), "e": "AQAB"}
		for name, value := range changes {
			key[name] = value
		}
		return key
	}
	one := func(changes map[string]any) []any { return []any{members(changes)} }
	foreign := base64.StdEncoding.EncodeToString(secondKey().Certificate[0])
	for _, test := range []struct {
		name  string
		keys  []any
		lines map[string]int // how many with these words there are
	}{
		{"JWK-02 symmetric", []any{map[string]any{"kty": "oct", "kid": "odd", "k": "AAAA"}}, map[string]int{`WARN identity provider: key not used`: 1, `kid=odd reason=kty "oct"`: 1}},
		{"JWK-01 unsupported kind", []any{map[string]any{"kty": "OKP", "kid": "odd", "crv": "Ed25519", "x": "AAAA"}}, map[string]int{"key not used": 1, `kid=odd reason=kty "OKP"`: 1}},
		{"JWK-01 no object", []any{"odd"}, map[string]int{"key not used": 1, "kid=keys[1] reason=": 1}},
		{"JWK-02 for encryption", one(map[string]any{"use": "enc"}), map[string]int{"key not used": 1, `kid=odd reason=use is "enc"`: 1}},
		{"JWT-07 weak", one(map[string]any{"n": number(new(big.Int).Rsh(modulus, 1024))}), map[string]int{"key not used": 1, "kid=odd reason=RSA modulus of 1024 bits": 1}},
		{"JWT-07 exponent 3", one(map[string]any{"e": "Aw"}), map[string]int{"key not used": 1, "kid=odd reason=RSA exponent 3": 1}},
		{"JWK-04 certificate of another key", one(map[string]any{"x5c": []string{foreign}}), map[string]int{"key not used": 1, "kid=odd reason=the certificate in x5c is of another key": 1}},
		{"JWK-04 certificate that cannot be parsed", one(map[string]any{"x5c": []string{"AAAA"}}), map[string]int{"key not used": 0, "INFO identity provider: key used with a reservation": 1, "kid=odd reason=x5c cannot be parsed": 1}},
		{"JWK-03 the same kid twice", []any{members(nil), members(map[string]any{"e": "AQAD"})}, map[string]int{"key not used": 1, "kid=odd reason=the set has other key material under the same id": 1}},
		{"two bad keys", []any{members(map[string]any{"use": "enc"}), members(map[string]any{"kid": "other", "e": "Aw"})}, map[string]int{"key not used": 2, "kid=odd reason=use": 1, "kid=other reason=RSA exponent": 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSavedSite(t, entraV2)
				s.issuer.EditKeys(func(keys []any) []any { return append(keys, test.keys...) })
				time.Sleep(5 * time.Hour)
				for words, want := range test.lines {
					if got := s.log.count(words); got != want {
						t.Errorf("%d lines with %q, want %d: %q", got, words, want, s.log.lines)
					}
				}
				s.check(t, s.token(), nil, 0, 0)
				if err := s.provider.Ready(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// What is wrong with a whole answer is told once, too, and again when it has been good in between; so is its end.
func TestFaults_Answer(t *testing.T) {
	text := func(body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(body)) })
	}
	metadata := func(name string, value any) func(*openidtest.Issuer) {
		return func(i *openidtest.Issuer) { i.EditMetadata(func(m map[string]any) { m[name] = value }) }
	}
	keys := func(set ...any) func(*openidtest.Issuer) {
		return func(i *openidtest.Issuer) { i.EditKeys(func([]any) []any { return append([]any{}, set...) }) }
	}
	for _, test := range []struct {
		name  string
		spoil func(*openidtest.Issuer)
		want  string
	}{
		{"down", (*openidtest.Issuer).Down, "GET "},
		{"status 503", func(i *openidtest.Issuer) { i.Fail(503) }, "status 503, want 200"},
		{"ASVS-10.5.3 another issuer", metadata("issuer", "https://login.other.example/"+home+"/v2.0"), `issuer is now "https://login.other.example/` + home + `/v2.0", pinned is "https://login.entra.example/` + home + `/v2.0"`},
		{"JWT-14 keys of another host", metadata("jwks_uri", "https://evil.example/"), `jwks_uri "https://evil.example/" is neither`},
		{"an error with status 200", func(i *openidtest.Issuer) { i.ServeKeys(text(`{"error":"server_error"}`)) }, "none of 0 keys is usable"},
		{"metadata an error with status 200", func(i *openidtest.Issuer) { i.ServeMetadata(text(`{"error":"server_error"}`)) }, "issuer is missing"},
		{"no keys", keys(), "none of 0 keys is usable"},
		{"10,000 keys", keys(make([]any, 10_000)...), "more than 1000 keys"},
		{"only bad keys", keys(map[string]any{"kty": "oct", "kid": "odd"}), "none of 1 keys is usable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSavedSite(t, entraV2)
				warnings := func(want int) {
					t.Helper()
					if got := s.log.count("WARN identity provider: refresh failed authority=" + s.provider.Authority()); got != want {
						t.Errorf("%d warnings, want %d: %q", got, want, s.log.lines[:min(5, len(s.log.lines))])
					}
				}
				test.spoil(s.issuer)
				time.Sleep(80 * time.Minute)
				warnings(1)
				if s.log.count(test.want) == 0 {
					t.Errorf("nothing was told of %q: %q", test.want, s.log.lines[:min(5, len(s.log.lines))])
				}
				if got := s.log.count("DEBUG identity provider: refresh failed"); got < 10 {
					t.Errorf("%d repetitions", got)
				}
				s.check(t, s.token(), nil, 0, 0)

				mend := func() {
					s.issuer.Up()
					s.issuer.EditMetadata(nil)
					s.issuer.EditKeys(nil)
					s.issuer.ServeMetadata(nil)
					s.issuer.ServeKeys(nil)
				}
				mend()
				time.Sleep(66 * time.Second)
				if got := s.log.count("INFO identity provider: refresh is good again"); got != 1 {
					t.Errorf("the end was told %d times", got)
				}
				test.spoil(s.issuer)
				time.Sleep(80 * time.Minute)
				warnings(2)
			})
		})
	}
}

// JWK-03: a key that was known does not outlive its id: when the set gives the id to two keys, or to one that is not used, the known one is
// dropped with them, and the log says so.
func TestFaults_KnownKeyTakenBack(t *testing.T) {
	for _, f := range flavours {
		for _, test := range []struct {
			name  string
			spoil func(keys []any) []any // the first is the known one
			want  bool                   // it still counts
		}{
			{"withdrawn", func(keys []any) []any { return keys[1:] }, true},
			{"ambiguous", func(keys []any) []any {
				twin := map[string]any{}
				for name, value := range keys[1].(map[string]any) {
					twin[name] = value
				}
				twin["kid"] = keys[0].(map[string]any)["kid"]
				delete(twin, "x5t")
				delete(twin, "x5c")
				return append(keys, twin)
			}, false},
			{"for encryption", func(keys []any) []any { keys[0].(map[string]any)["use"] = "enc"; return keys }, false},
			{"broken", func(keys []any) []any { keys[0].(map[string]any)["y"] = "AAAA"; return keys }, false},
		} {
			t.Run(f.name+", "+test.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newSavedSite(t, f)
					first := s.issuer.KeyID()
					s.issuer.Announce()
					s.issuer.EditKeys(test.spoil)
					s.check(t, s.token(openidtest.SignedBy(first)), nil, 0, 0)
					s.check(t, s.token(openidtest.Header("kid", "unknown")), openid.ErrUnknownKey, 0, 1)
					want, wantLines := openid.ErrUnknownKey, 1
					if test.want {
						want, wantLines = nil, 0
					}
					s.check(t, s.token(openidtest.SignedBy(first)), want, 0, 0)
					if got := s.log.count("INFO identity provider: keys dropped authority=" + s.provider.Authority() + " kids=[" + first + "]"); got != wantLines {
						t.Errorf("told %d times: %q", got, s.log.lines)
					}
					s.network.set(down, 0)
					s.restart(t)
					synctest.Wait()
					if test.want {
						s.check(t, s.token(openidtest.SignedBy(first)), nil, 0, 0)
					} else {
						s.check(t, s.token(openidtest.SignedBy(first)), openid.ErrUnavailable, 0, 0)
					}
				})
			})
		}
	}
}

// Nothing that a provider says breaks a log line.
func TestFaults_NoLineBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSavedSite(t, entraV2)
		s.issuer.EditMetadata(func(m map[string]any) { m["issuer"] = "https://x.example/\nlevel=ERROR" + strings.Repeat("x", 10_000) })
		time.Sleep(2 * time.Hour)
		s.provider.Close()
		for _, line := range s.log.lines {
			if strings.ContainsAny(line, "\r\n") || len(line) > 1000 {
				t.Errorf("%d bytes, %q", len(line), line)
			}
		}
	})
}
