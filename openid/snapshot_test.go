package openid_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// A savedSite is a site in a bubble that keeps a snapshot and writes a log, behind a network.
type savedSite struct {
	*site
	network network
	file    string
	log     recorder
}

func newSavedSite(t testing.TB, f flavour) *savedSite {
	t.Helper()
	s := &savedSite{file: filepath.Join(t.TempDir(), "snapshot.json")}
	s.site = newSiteInBubble(t, f, s.network.attach, func(p *openid.ProviderConfig, _ *openid.VerifierConfig) {
		p.Snapshot, p.Logger = s.file, slog.New(&s.log)
	})
	synctest.Wait()
	return s
}

// read answers what is on disk.
func (s *savedSite) read(t testing.TB) (content map[string]any) {
	t.Helper()
	body, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &content); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	return content
}

// edit changes what is on disk.
func (s *savedSite) edit(t testing.TB, change func(content map[string]any)) {
	t.Helper()
	content := s.read(t)
	change(content)
	body, err := json.Marshal(content)
	if err == nil {
		err = os.WriteFile(s.file, body, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *savedSite) check(t *testing.T, token string, want error, wantTime time.Duration, wantFetches int) {
	t.Helper()
	s.site.verify(t, &s.network, token, want, wantTime, wantFetches)
}

// ASVS-16.5.2: with a snapshot a restart during an outage serves at once, with what was known before it and for as long as it would
// have been without the restart.
func TestSnapshot_RestartInOutage(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSavedSite(t, f)
				lastGood := s.provider.Health().LastGood
				s.network.set(down, 0)
				time.Sleep(10 * time.Minute)
				s.restart(t)
				if err := s.verifier.Ready(); err != nil {
					t.Errorf("Ready before the first fetch: %v", err)
				}
				start := time.Now()
				if _, err := s.verifier.Verify(t.Context(), s.token()); err != nil || time.Since(start) != 0 {
					t.Errorf("the first request: %v after %v", err, time.Since(start))
				}
				synctest.Wait()
				s.check(t, s.token(), nil, 0, 0)
				known := s.issuer.KeyID()
				s.issuer.RotateUrgently()
				s.check(t, s.token(), openid.ErrUnavailable, 0, 0) // it may be a good one
				if h := s.provider.Health(); !h.Ready || !h.Restored || !h.LastGood.Equal(lastGood) || !strings.Contains(h.Problem, "connection refused") {
					t.Errorf("health %+v, want a restored provider of %v", h, lastGood)
				}

				time.Sleep(23 * time.Hour)
				s.restart(t)
				synctest.Wait()
				s.check(t, s.token(openidtest.SignedBy(known)), nil, 0, 0)
				time.Sleep(time.Hour)
				if err := s.verifier.Ready(); err == nil {
					t.Error("ready 24 hours and 10 minutes after the last good refresh")
				}
				s.check(t, s.token(openidtest.SignedBy(known)), openid.ErrUnavailable, 0, 0)

				s.network.set(up, 0)
				time.Sleep(66 * time.Second)
				s.check(t, s.token(), nil, 0, 0)
				if h := s.provider.Health(); !h.Ready || h.Restored || h.Problem != "" {
					t.Errorf("health after the outage: %+v", h)
				}
			})
		})
	}
}

// A provider that hangs at the restart keeps nobody whose key is in the snapshot.
func TestSnapshot_RestartWhileHanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSavedSite(t, entraV2Many)
		s.network.set(hanging, 0)
		s.restart(t)
		synctest.Wait()
		s.check(t, s.token(), nil, 0, 0)
		s.check(t, s.token(openidtest.Header("kid", "unknown")), openid.ErrUnavailable, time.Second, 0)
	})
}

// What is wrong with a snapshot is told in the log, once, and nothing of it counts but its distrusted keys, where they can be read. The file is
// set aside, so that nothing writes over it.
func TestSnapshot_Refused(t *testing.T) {
	set := func(name string, value any) func(*testing.T, *savedSite) {
		return func(t *testing.T, s *savedSite) { s.edit(t, func(c map[string]any) { c[name] = value }) }
	}
	write := func(change func([]byte) []byte) func(*testing.T, *savedSite) {
		return func(t *testing.T, s *savedSite) {
			body, err := os.ReadFile(s.file)
			if err == nil {
				err = os.WriteFile(s.file, change(body), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, test := range []struct {
		name  string
		spoil func(*testing.T, *savedSite)
		want  string // in the log
		keeps bool   // what was distrusted
	}{
		{"empty", write(func([]byte) []byte { return nil }), "EOF", false},
		{"cut short", write(func(b []byte) []byte { return b[:len(b)-len(b)/3] }), "EOF", false},
		{"one byte short", write(func(b []byte) []byte { return b[:len(b)-1] }), "EOF", false},
		{"zeros", write(func(b []byte) []byte { return make([]byte, len(b)) }), "invalid character", false},
		{"data after it", write(func(b []byte) []byte { return append(b, "{}"...) }), "after top-level value", false},
		{"a member twice", write(func(b []byte) []byte { return []byte(`{"version":1,` + string(b[1:])) }), "duplicate", false},
		{"null", write(func([]byte) []byte { return []byte("null") }), "version 0", false},
		{"longer than is read", write(func(b []byte) []byte { return append(b, strings.Repeat(" ", 5<<20)...) }), "longer than 5242880 bytes", false},
		{"of an older program", set("version", 0), "version 0, this program reads 1", true},
		{"of a newer program", set("version", 2), "version 2, this program reads 1", true},
		{"of another authority", set("authority", "https://login.entra.example/"+guest+"/v2.0"), "of another authority", false},
		{"of no authority", set("authority", nil), "of another authority", false},
		{"of another type", set("type", "entra-v1"), "it is of type", true},
		{"of an application's keys", set("applicationId", "0a1b2c3d-0000-4000-8000-000000000000"), "application", true},
		{"of the authority in capitals, and no version", func(t *testing.T, s *savedSite) {
			s.edit(t, func(c map[string]any) { c["authority"], c["version"] = strings.ToUpper(s.provider.Authority()), 0 })
		}, "version 0", true},
		{"pins the metadata alone", set("issuers", []string{}), "pins no issuer", true},
		{"a time that is none", set("lastGood", "yesterday"), "lastGood", true},
		{"keys no array", set("keys", map[string]any{}), "keys", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSavedSite(t, entraV2)
				s.provider.Distrust("stolen")
				s.network.set(down, 0)
				s.provider.Close()
				test.spoil(t, s)
				s.restart(t)
				synctest.Wait()
				s.check(t, s.token(), openid.ErrUnavailable, 0, 0)
				wantLog, wantDistrusted := "ERROR identity provider: snapshot refused; if keys were distrusted in it", 0
				if test.keeps {
					wantLog, wantDistrusted = "WARN identity provider: snapshot refused, its distrusted keys stay distrusted", 1
				}
				if got := s.log.count(wantLog); got != 1 {
					t.Errorf("the refusal was told %d times: %q", got, s.log.lines)
				}
				if s.log.count(test.want) == 0 {
					t.Errorf("nothing was told of %q: %q", test.want, s.log.lines)
				}
				if h := s.provider.Health(); h.Ready || h.Restored || len(h.Keys)+len(h.Issuers) != 0 || len(h.Distrusted) != wantDistrusted {
					t.Errorf("health %+v, want nothing of the snapshot but %d distrusted", h, wantDistrusted)
				}
				if _, err := os.Stat(s.file + ".refused"); err != nil {
					t.Errorf("the snapshot was not set aside: %v", err)
				}
				s.restart(t) // before any good refresh
				synctest.Wait()
				if h := s.provider.Health(); len(h.Distrusted) != wantDistrusted {
					t.Errorf("after a second restart %q are distrusted, want %d", h.Distrusted, wantDistrusted)
				}
				s.provider.Distrust("other") // writes, and not over what was refused
				if _, err := os.Stat(s.file + ".refused"); err != nil {
					t.Error(err)
				}
				s.network.set(up, 0)
				time.Sleep(66 * time.Second)
				s.check(t, s.token(), nil, 0, 0)
				s.network.set(down, 0)
				s.restart(t) // the snapshot was written anew
				synctest.Wait()
				s.check(t, s.token(), nil, 0, 0)
			})
		})
	}
}

// A key of a snapshot that breaks the rules for keys is left out, and told of; the rest counts.
func TestSnapshot_BadKey(t *testing.T) {
	key := func(change func(jwk map[string]any)) func(*testing.T, *savedSite) {
		return func(t *testing.T, s *savedSite) {
			s.edit(t, func(c map[string]any) { change(c["keys"].([]any)[0].(map[string]any)["jwk"].(map[string]any)) })
		}
	}
	for _, test := range []struct {
		name  string
		spoil func(*testing.T, *savedSite)
		want  string // in the log
	}{
		{"a key without a key", func(t *testing.T, s *savedSite) {
			s.edit(t, func(c map[string]any) { c["keys"].([]any)[0] = map[string]any{} })
		}, ""},
		{"a key for encryption", key(func(k map[string]any) { k["use"] = "enc" }), "use is"},
		{"a symmetric key", key(func(k map[string]any) { k["kty"] = "oct" }), `kty`},
		{"a weak key", key(func(k map[string]any) { k["kty"], k["n"], k["e"] = "RSA", "AQAB", "AQAB" }), "RSA modulus"},
		{"a key off its curve", key(func(k map[string]any) { k["x"] = k["y"] }), "the point is not on"},
		{"a key without a name", key(func(k map[string]any) { delete(k, "kid"); delete(k, "x5t"); delete(k, "x5c") }), "neither kid nor x5t"},
		{"a certificate of another key", key(func(k map[string]any) { k["x5t"] = "AAAA" }), "x5t is not"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSavedSite(t, entraV2)
				s.provider.Distrust("stolen")
				s.network.set(down, 0)
				s.provider.Close()
				test.spoil(t, s)
				s.restart(t)
				synctest.Wait()
				s.check(t, s.token(), openid.ErrUnavailable, 0, 0)
				if got := s.log.count("WARN identity provider: key of the snapshot not used authority=" + s.provider.Authority() + " key=0 reason=" + test.want); got != 1 {
					t.Errorf("told %d times: %q", got, s.log.lines)
				}
				if h := s.provider.Health(); len(h.Issuers) != 1 || len(h.Distrusted) != 1 || len(h.Keys) != 0 {
					t.Errorf("health %+v, want the pin and the distrusted key", h)
				}
				s.network.set(up, 0)
				time.Sleep(66 * time.Second)
				s.check(t, s.token(), nil, 0, 0)
			})
		})
	}
}

// Keys of a snapshot that is too old do not count, nor do those of one whose time is yet to come. What it pins and distrusts has no age.
func TestSnapshot_Age(t *testing.T) {
	for _, test := range []struct {
		name string
		age  time.Duration
		want bool // its keys count
	}{
		{"24 hours", 24 * time.Hour, true},
		{"24 hours and a second", 24*time.Hour + time.Second, false},
		{"a year", 365 * 24 * time.Hour, false},
		{"five minutes ahead", -5 * time.Minute, true},
		{"six minutes ahead", -6 * time.Minute, false},
		{"a year ahead", -365 * 24 * time.Hour, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const other = "http://adfs.local.azurestack.example/adfs/services/other"
				s := newSavedSite(t, adfs)
				stolen := s.issuer.Announce()
				s.provider.Flush()
				synctest.Wait()
				s.provider.Distrust(stolen)
				s.network.set(down, 0)
				s.provider.Close()
				s.edit(t, func(c map[string]any) {
					saved := time.Now().Add(-test.age)
					c["lastGood"] = saved
					for _, key := range c["keys"].([]any) {
						key.(map[string]any)["lastSeen"] = saved
					}
				})
				s.restart(t)
				synctest.Wait()
				wantLines := 1
				if test.want {
					wantLines = 0
					s.check(t, s.token(), nil, 0, 0)
				} else {
					s.check(t, s.token(), openid.ErrUnavailable, 0, 0)
				}
				if got := s.log.count("only its pins and distrusted keys count"); got != wantLines {
					t.Errorf("its age was told of %d times, want %d", got, wantLines)
				}
				s.check(t, s.token(openidtest.With("iss", other)), openid.ErrIssuer, 0, 0)
				h := s.provider.Health()
				if h.Restored != test.want || h.Ready != test.want || len(h.Keys) == 0 == test.want || !slices.Equal(h.Issuers, []string{s.issuer.AccessTokenIssuer()}) || !slices.Equal(h.Distrusted, []string{stolen}) {
					t.Errorf("health %+v", h)
				}

				s.issuer.EditMetadata(func(m map[string]any) { m["access_token_issuer"] = other })
				s.network.set(up, 0)
				time.Sleep(66 * time.Second)
				s.check(t, s.token(openidtest.With("iss", other)), openid.ErrIssuer, 0, 0)
				if h := s.provider.Health(); !strings.Contains(h.Problem, "pinned is") {
					t.Errorf("problem %q, want the pinned issuer in it", h.Problem)
				}
				s.issuer.EditMetadata(nil)
				time.Sleep(66 * time.Second)
				s.check(t, s.token(), nil, 0, 0)
				s.check(t, s.token(openidtest.SignedBy(stolen)), openid.ErrUnknownKey, 0, 0)
			})
		})
	}
}

// A key whose time is later than its snapshot's does not live longer for it.
func TestSnapshot_KeyFromTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSavedSite(t, entraV1)
		s.network.set(down, 0)
		s.provider.Close()
		s.edit(t, func(c map[string]any) {
			c["keys"].([]any)[0].(map[string]any)["lastSeen"] = time.Now().Add(1000 * time.Hour)
		})
		s.restart(t)
		synctest.Wait()
		s.check(t, s.token(), nil, 0, 0)
		time.Sleep(24*time.Hour + time.Minute)
		s.check(t, s.token(), openid.ErrUnavailable, 0, 0)
	})
}

// The snapshot is written after each good refresh, and after no other; by nobody but us it can be read.
func TestSnapshot_Written(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSavedSite(t, entraV2)
		written := func() string { return fmt.Sprint(s.read(t)["lastGood"]) }
		first := written()
		info, err := os.Stat(s.file)
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
		}
		time.Sleep(66 * time.Minute)
		second := written()
		if second <= first {
			t.Errorf("lastGood was %s and is %s after another refresh", first, second)
		}
		s.issuer.EditKeys(func([]any) []any { return []any{} })
		time.Sleep(2 * time.Hour)
		if got := written(); got != second {
			t.Errorf("lastGood is %s after bad answers, want %s", got, second)
		}
		s.provider.Distrust("stolen")
		if got := s.read(t)["distrusted"]; fmt.Sprint(got) != "[stolen]" {
			t.Errorf("distrusted %v", got)
		}
		s.provider.Flush()
		if got := s.read(t); got["metadataIssuer"] != "" || got["issuers"] != nil && len(got["issuers"].([]any)) > 0 || len(got["keys"].([]any)) > 0 || fmt.Sprint(got["distrusted"]) != "[stolen]" {
			t.Errorf("after Flush there is %v", got)
		}
		s.network.set(down, 0)
		s.restart(t)
		synctest.Wait()
		s.check(t, s.token(), openid.ErrUnavailable, 0, 0)
		s.network.set(up, 0)
		s.issuer.EditKeys(nil)
		time.Sleep(66 * time.Second)
		s.check(t, s.token(), nil, 0, 0)
		if got := s.provider.Health().Distrusted; !slices.Equal(got, []string{"stolen"}) {
			t.Errorf("distrusted %q", got)
		}
	})
}

// Close leaves the snapshot as it is, whatever is called afterwards.
func TestSnapshot_AfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSavedSite(t, entraV2)
		s.network.set(down, 0)
		s.provider.Close()
		s.provider.Distrust("stolen")
		s.provider.Flush()
		if got := s.log.count("key distrusted"); got != 0 {
			t.Error("what is not kept was told as done")
		}
		s.restart(t)
		synctest.Wait()
		s.check(t, s.token(), nil, 0, 0)
		if got := s.provider.Health().Distrusted; len(got) != 0 {
			t.Errorf("distrusted %q", got)
		}
	})
}

// Whoever reads the snapshot finds a whole one, at any time.
func TestSnapshot_Atomic(t *testing.T) {
	directory := t.TempDir()
	file := filepath.Join(directory, "snapshot.json")
	s := newSite(t, entraV2, func(p *openid.ProviderConfig, _ *openid.VerifierConfig) { p.Snapshot = file })
	s.provider.Distrust("first") // ready is a moment before the file is there
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 50 {
			s.provider.Distrust(fmt.Sprint(i))
		}
	}()
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		default:
		}
		body, err := os.ReadFile(file)
		var content struct{ Keys []any }
		if err == nil {
			err = json.Unmarshal(body, &content)
		}
		if err != nil || len(content.Keys) != 1 {
			t.Fatalf("read %q: %v", body, err)
		}
	}
	s.provider.Close()
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) != 1 {
		t.Errorf("left in the directory: %v, %v", entries, err)
	}
}

// ASVS-10.5.3: an issuer that was pinned stays pinned over a restart.
func TestSnapshot_PinSurvives(t *testing.T) {
	for _, test := range []struct {
		name    string
		flavour flavour
		member  string
		other   string
	}{
		{"AD FS", adfs, "access_token_issuer", "http://adfs.local.azurestack.example/adfs/services/other"},
		{"the metadata's", adfs, "issuer", "https://adfs.local.azurestack.example/other"},
		{"Entra v1", entraV1, "issuer", "https://sts.other.example/" + home + "/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSavedSite(t, test.flavour)
				s.issuer.EditMetadata(func(m map[string]any) { m[test.member] = test.other })
				s.restart(t)
				time.Sleep(2 * time.Hour)
				s.check(t, s.token(), nil, 0, 0)
				s.check(t, s.token(openidtest.With("iss", test.other)), openid.ErrIssuer, 0, 0)
				if h := s.provider.Health(); !h.Restored || !strings.Contains(h.Problem, test.other) || !strings.Contains(h.Problem, "pinned is") {
					t.Errorf("health %+v, want the reason for the refusal", h)
				}
			})
		})
	}
}

// What the configuration pins counts, whatever the snapshot says.
func TestSnapshot_ConfiguredIssuers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const configured = "https://adfs.local.azurestack.example/adfs"
		s := newSavedSite(t, adfs)
		s.network.set(down, 0)
		s.restart(t, func(p *openid.ProviderConfig) { p.Issuers = []string{configured} })
		synctest.Wait()
		s.check(t, s.token(openidtest.With("iss", configured)), nil, 0, 0)
		s.check(t, s.token(), openid.ErrIssuer, 0, 0)
		s.network.set(up, 0)
		time.Sleep(66 * time.Second)
		s.check(t, s.token(openidtest.With("iss", configured)), nil, 0, 0)
		if err := s.verifier.Ready(); err != nil {
			t.Error(err)
		}
	})
}

// MS-06, ADFS-02: how long a key may be missing does not begin anew with a restart.
func TestSnapshot_Retention(t *testing.T) {
	t.Run("Entra", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSavedSite(t, entraV2)
			first := s.issuer.KeyID()
			s.issuer.RotateUrgently()
			time.Sleep(20 * time.Hour)
			s.restart(t)
			time.Sleep(3*time.Hour + 50*time.Minute)
			s.check(t, s.token(openidtest.SignedBy(first)), nil, 0, 0)
			time.Sleep(15 * time.Minute)
			s.check(t, s.token(openidtest.SignedBy(first)), openid.ErrUnknownKey, 0, 1)
		})
	})
	t.Run("AD FS", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSavedSite(t, adfs)
			first := s.issuer.KeyID()
			s.issuer.RotateUrgently()
			s.check(t, s.token(), nil, 0, 1)
			s.network.set(down, 0)
			s.restart(t)
			synctest.Wait()
			s.check(t, s.token(openidtest.SignedBy(first)), nil, 0, 0) // missed once
			s.network.set(up, 0)
			time.Sleep(66 * time.Second) // and once more
			s.check(t, s.token(openidtest.SignedBy(first)), openid.ErrUnknownKey, 0, 1)
			s.check(t, s.token(), nil, 0, 0)
		})
	})
}

// Of two keys with one certificate's thumbprint the published one counts, before and after a restart.
func TestSnapshot_Order(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSavedSite(t, entraV1)
		kid := "z"
		s.issuer.EditKeys(func(keys []any) []any {
			key := keys[len(keys)-1].(map[string]any)
			key["kid"], key["x5t"] = kid, "shared"
			delete(key, "x5c")
			return []any{key}
		})
		s.provider.Flush()
		synctest.Wait()
		kid = "a"
		first := s.issuer.KeyID()
		s.issuer.Rotate()
		time.Sleep(66 * time.Minute)
		s.network.set(down, 0)
		byThumbprint := []openidtest.Claim{openidtest.WithoutHeader("kid"), openidtest.Header("x5t", "shared")}
		for range 5 {
			s.restart(t)
			synctest.Wait()
			s.check(t, s.token(byThumbprint...), nil, 0, 0)
			s.check(t, s.token(openidtest.SignedBy(first), openidtest.Header("kid", "z")), nil, 0, 0)
		}
	})
}

// A directory that went away is the log's affair and no request's.
func TestSnapshot_WriteFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSavedSite(t, entraV2)
		if err := os.RemoveAll(filepath.Dir(s.file)); err != nil {
			t.Fatal(err)
		}
		s.issuer.Rotate()
		time.Sleep(66 * time.Minute)
		s.check(t, s.token(), nil, 0, 0)
		if h := s.provider.Health(); h.SnapshotProblem == "" {
			t.Error("Health does not tell that the snapshot was not written")
		}
		if got := s.log.count("ERROR identity provider: snapshot not written authority=" + s.provider.Authority()); got == 0 {
			t.Errorf("nothing was told: %q", s.log.lines)
		}
		if h := s.provider.Health(); !h.Ready || h.Problem != "" {
			t.Errorf("health %+v", h)
		}
	})
}

func TestSnapshot_Construction(t *testing.T) {
	directory := t.TempDir()
	plain := filepath.Join(directory, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, path, want string }{
		{"no directory", filepath.Join(directory, "none", "snapshot.json"), "no such file"},
		{"a file for a directory", filepath.Join(plain, "snapshot.json"), "not a directory"},
		{"a directory", directory, "not a regular file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := openid.NewProvider(openid.ProviderConfig{Authority: "https://login.entra.example/" + home, Snapshot: test.path, Transport: &network{state: down}})
			if err == nil {
				p.Close()
				t.Fatal("accepted")
			}
			if !strings.HasPrefix(err.Error(), "openid: ProviderConfig.Snapshot: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q, want the field and %q", err, test.want)
			}
		})
	}
}
