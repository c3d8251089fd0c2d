package openid_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// A disconnectedSite has the documents of its issuer in files, and no network.
type disconnectedSite struct {
	*site
	directory string
	network   network
}

func newDisconnectedSite(t testing.TB, f flavour) *disconnectedSite {
	t.Helper()
	s := &disconnectedSite{directory: t.TempDir()}
	s.network.state = down
	config := f.config
	config.Algorithm = "ES256"
	issuer := openidtest.NewFor(t, config)
	authority := issuer.Authority()
	if f.path != "" {
		authority = issuer.AuthorityOf(f.path)
	}
	s.site = &site{flavour: f, issuer: issuer, providerConfig: openid.ProviderConfig{
		Authority: authority, Algorithms: []string{"ES256"}, Transport: &s.network,
		MetadataFile: filepath.Join(s.directory, "metadata.json"), KeysFile: filepath.Join(s.directory, "keys.json"),
	}, verifierConfig: openid.VerifierConfig{Audiences: []string{issuer.Audience()}, Tenants: f.tenants}}
	s.write(t, "")
	s.start(t)
	synctest.Wait()
	return s
}

// write saves what the issuer publishes now, as an administrator does with a browser. Windows tools put a byte-order mark before it.
func (s *disconnectedSite) write(t testing.TB, mark string) {
	t.Helper()
	get := func(path, file string) {
		answer := httptest.NewRecorder()
		s.issuer.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		if answer.Code != http.StatusOK {
			t.Fatalf("%s: status %d", path, answer.Code)
		}
		if err := os.WriteFile(file, append([]byte(mark), answer.Body.Bytes()...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keys := map[openid.AuthorityType]string{openid.ADFS: "/adfs/discovery/keys", openid.EntraV1: "/common/discovery/keys", openid.EntraV2: "/common/discovery/v2.0/keys"}
	get(s.providerConfig.Authority+"/.well-known/openid-configuration", s.providerConfig.MetadataFile)
	get(s.providerConfig.Authority[:strings.Index(s.providerConfig.Authority, "example")+len("example")]+keys[s.config.Type], s.providerConfig.KeysFile)
}

// Files stand in for the authority's answers: read at the start, at each refresh and at a token with an unknown key.
func TestFiles(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newDisconnectedSite(t, f)
				if err := s.verifier.Ready(); err != nil {
					t.Fatal(err)
				}
				accepted := func(token string) {
					t.Helper()
					if _, err := s.verifier.Verify(t.Context(), token); err != nil {
						t.Error(err)
					}
				}
				accepted(s.token())
				first := s.issuer.KeyID()

				s.issuer.Rotate()
				s.write(t, "\xef\xbb\xbf")
				accepted(s.token())

				s.issuer.Rotate()
				_, err := s.verifier.Verify(t.Context(), s.token())
				if !errors.Is(err, openid.ErrUnknownKey) {
					t.Errorf("before the file has the key: %v", err)
				}
				s.write(t, "")
				time.Sleep(66 * time.Minute)
				if got := s.provider.Health(); len(got.Keys) != 3 || got.Problem != "" {
					t.Errorf("health after a refresh: %+v", got)
				}
				accepted(s.token())
				accepted(s.token(openidtest.SignedBy(first)))
				if got := s.network.fetches(); len(got) != 0 {
					t.Errorf("the network was asked at %v", got)
				}
			})
		})
	}
}

// Files that cannot be gone by any more leave what is known in force, and the provider says why.
func TestFiles_Later(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(*disconnectedSite) error
		want  string
	}{
		{"metadata gone", func(s *disconnectedSite) error { return os.Remove(s.providerConfig.MetadataFile) }, "metadata: open"},
		{"keys gone", func(s *disconnectedSite) error { return os.Remove(s.providerConfig.KeysFile) }, "key set: open"},
		{"metadata no JSON", func(s *disconnectedSite) error {
			return os.WriteFile(s.providerConfig.MetadataFile, []byte("<html>"), 0o600)
		}, "metadata: "},
		{"keys no JSON", func(s *disconnectedSite) error {
			return os.WriteFile(s.providerConfig.KeysFile, []byte("<html>"), 0o600)
		}, "key set: "},
		{"metadata too long", func(s *disconnectedSite) error { return os.Truncate(s.providerConfig.MetadataFile, 1<<20+1) }, "longer than 1048576"},
		{"keys too long", func(s *disconnectedSite) error { return os.Truncate(s.providerConfig.KeysFile, 4<<20+1) }, "longer than 4194304"},
		{"keys a directory", func(s *disconnectedSite) error {
			return errors.Join(os.Remove(s.providerConfig.KeysFile), os.Mkdir(s.providerConfig.KeysFile, 0o700))
		}, "key set: read"},
		{"another issuer", func(s *disconnectedSite) error {
			return os.WriteFile(s.providerConfig.MetadataFile, []byte(`{"issuer":"https://adfs.local.azurestack.example/other"}`), 0o600)
		}, "pinned is"},
		{"no usable key", func(s *disconnectedSite) error {
			return os.WriteFile(s.providerConfig.KeysFile, []byte(`{"keys":[]}`), 0o600)
		}, "none of 0 keys"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newDisconnectedSite(t, adfs)
				if err := test.spoil(s); err != nil {
					t.Fatal(err)
				}
				time.Sleep(70 * time.Minute)
				if _, err := s.verifier.Verify(t.Context(), s.token()); err != nil {
					t.Errorf("a known key: %v", err)
				}
				if h := s.provider.Health(); !h.Ready || !strings.Contains(h.Problem, test.want) {
					t.Errorf("health %+v, want ready with %q", h, test.want)
				}
				if err := os.RemoveAll(s.providerConfig.KeysFile); err != nil { // it may be a directory
					t.Fatal(err)
				}
				s.write(t, "")
				time.Sleep(66 * time.Second)
				if h := s.provider.Health(); !h.Ready || h.Problem != "" {
					t.Errorf("health when the files are back: %+v", h)
				}
			})
		})
	}
}

// After a day without files the keys are too old to go by, as in an outage.
func TestFiles_GoneForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newDisconnectedSite(t, entraV2)
		if err := os.Remove(s.providerConfig.KeysFile); err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Hour)
		if err := s.verifier.Ready(); err == nil || !strings.Contains(err.Error(), "last good refresh") || !strings.Contains(err.Error(), "key set: open") {
			t.Errorf("Ready: %v", err)
		}
		principal, err := s.verifier.Verify(t.Context(), s.token())
		checkRefusal(t, principal, err, openid.ErrUnavailable, false)
	})
}

func TestFiles_Construction(t *testing.T) {
	directory := t.TempDir()
	good := filepath.Join(directory, "good.json")
	if err := os.WriteFile(good, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(directory, "none.json")
	for _, test := range []struct{ name, metadata, keys, want string }{
		{"metadata alone", good, "", "KeysFile: is required with MetadataFile"},
		{"keys alone", "", good, "MetadataFile: is required with KeysFile"},
		{"no metadata", none, good, "MetadataFile: stat "},
		{"no keys", good, none, "KeysFile: stat "},
		{"metadata a directory", directory, good, "MetadataFile: "},
		{"keys a directory", good, directory, "KeysFile: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := openid.NewProvider(openid.ProviderConfig{Authority: "https://adfs.example/adfs", MetadataFile: test.metadata, KeysFile: test.keys})
			if err == nil {
				p.Close()
				t.Fatal("accepted")
			}
			if !strings.HasPrefix(err.Error(), "openid: ProviderConfig."+test.want) {
				t.Errorf("error %q, want it to begin with %q", err, test.want)
			}
		})
	}
}
