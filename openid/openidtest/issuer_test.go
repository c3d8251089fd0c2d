package openidtest_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

const (
	tenant = "6f1d2c3b-4a59-4687-9071-8d2e3f405162"
	guest  = "7a2e3d4c-5b6a-4798-8182-9e3f405162a3" // a tenant beside the home tenant
	oid    = "0d1e2f30-4152-4364-8576-98a9bacbdced"
	group  = "1e2f3041-5263-4475-8697-a9bacbdcedfe"
	sid    = "S-1-5-21-1004336348-1177238915-682003330-1104"
	sid2   = "S-1-5-21-1004336348-1177238915-682003330-513"
	sid3   = "S-1-5-21-1004336348-1177238915-682003330-1120"
)

// configs are the kinds of issuer.
var configs = []struct {
	name string
	openidtest.Config
}{
	{"AD FS", openidtest.Config{Type: openid.ADFS}},
	{"AD FS with a tenant", openidtest.Config{Type: openid.ADFS, Tenant: tenant, Algorithm: "ES384"}},
	{"Entra v1", openidtest.Config{Type: openid.EntraV1, Tenant: tenant}},
	{"Entra v2", openidtest.Config{Type: openid.EntraV2, Tenant: tenant}},
	{"Entra v2 with ES256", openidtest.Config{Type: openid.EntraV2, Tenant: tenant, Algorithm: "ES256"}},
	{"AD FS with PS384", openidtest.Config{Type: openid.ADFS, Algorithm: "PS384"}},
}

// fast is a configuration whose keys cost nothing, for tests that make many.
func fast(typ openid.AuthorityType) openidtest.Config {
	return openidtest.Config{Type: typ, Tenant: tenant, Algorithm: "ES256"}
}

// rsaKey is one RSA key for all tests that do not need one of their own: making them is what takes time here.
var rsaKey = sync.OnceValue(func() []tls.Certificate {
	issuer, err := openidtest.New(openidtest.Config{Type: openid.ADFS})
	if err != nil {
		panic(err)
	}
	return []tls.Certificate{issuer.Key()}
})

// parts returns header and claims of a token without verifying it.
func parts(t *testing.T, token string) (header, claims map[string]any) {
	t.Helper()
	segments := strings.Split(token, ".")
	if len(segments) != 3 {
		t.Fatalf("%d segments: %s", len(segments), token)
	}
	for n, to := range []*map[string]any{&header, &claims} {
		b, err := base64.RawURLEncoding.DecodeString(segments[n])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, to); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
	}
	return header, claims
}

// awaitReady waits for a provider that the issuer itself did not make.
func awaitReady(t *testing.T, provider *openid.Provider) {
	t.Helper()
	for provider.Ready() != nil {
		select {
		case <-t.Context().Done():
			t.Fatal(provider.Ready())
		case <-time.After(time.Millisecond):
		}
	}
}

func TestNew(t *testing.T) {
	for _, config := range configs {
		t.Run(config.name, func(t *testing.T) {
			issuer, err := openidtest.New(config.Config)
			if err != nil {
				t.Fatal(err)
			}
			verifier := issuer.Verifier()
			if _, err := verifier.Verify(t.Context(), issuer.Token(openidtest.User(oid, group))); err != nil {
				t.Error(err)
			}
			if err := issuer.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if err := verifier.Ready(); err == nil {
				t.Error("the provider is still open after Close")
			}
		})
	}
}

// The short names are the kinds that they say, closed with their test.
func TestShortNames(t *testing.T) {
	for _, test := range []struct {
		name   string
		make   func(openidtest.TB) *openidtest.Issuer
		typ    openid.AuthorityType
		tenant string
	}{
		{"NewADFS", openidtest.NewADFS, openid.ADFS, ""},
		{"NewEntra", func(tb openidtest.TB) *openidtest.Issuer { return openidtest.NewEntra(tb, tenant) }, openid.EntraV2, tenant},
		{"NewEntraV1", func(tb openidtest.TB) *openidtest.Issuer { return openidtest.NewEntraV1(tb, tenant) }, openid.EntraV1, tenant},
	} {
		var provider *openid.Provider
		t.Run(test.name, func(t *testing.T) {
			issuer := test.make(t)
			if issuer.Type() != test.typ || issuer.Tenant() != test.tenant {
				t.Errorf("a %s of %q", issuer.Type(), issuer.Tenant())
			}
			provider = issuer.Provider()
			awaitReady(t, provider)
		})
		if provider.Ready() == nil {
			t.Errorf("%s: the provider is open after its test", test.name)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	ec := openidtest.NewFor(t, fast(openid.ADFS)).Key()
	for _, test := range []struct {
		name   string
		config openidtest.Config
		want   string
	}{
		{"no type", openidtest.Config{}, "Type: "},
		{"unknown type", openidtest.Config{Type: "keystone"}, "Type: "},
		{"Entra ID without a tenant", openidtest.Config{Type: openid.EntraV2}, "Tenant: "},
		{"Entra ID v1 with a tenant's name", openidtest.Config{Type: openid.EntraV1, Tenant: "common"}, "Tenant: "},
		{"AD FS with a tenant's name", openidtest.Config{Type: openid.ADFS, Tenant: "adfs"}, "Tenant: "},
		{"a base with a path", openidtest.Config{Type: openid.ADFS, BaseURL: "https://localhost/adfs"}, "BaseURL: "},
		{"a base with a query", openidtest.Config{Type: openid.ADFS, BaseURL: "https://localhost?x"}, "BaseURL: "},
		{"a base with a user", openidtest.Config{Type: openid.ADFS, BaseURL: "https://u@localhost"}, "BaseURL: "},
		{"a base without a scheme", openidtest.Config{Type: openid.ADFS, BaseURL: "localhost:8443"}, "BaseURL: "},
		{"a base of another scheme", openidtest.Config{Type: openid.ADFS, BaseURL: "ftp://localhost"}, "BaseURL: "},
		{"a base that is no URL", openidtest.Config{Type: openid.ADFS, BaseURL: "https://local host"}, "BaseURL: "},
		{"HS256", openidtest.Config{Type: openid.ADFS, Algorithm: "HS256"}, "Algorithm: "},
		{"none", openidtest.Config{Type: openid.ADFS, Algorithm: "none"}, "Algorithm: "},
		{"tiny keys", openidtest.Config{Type: openid.ADFS, KeyBits: 8}, "KeyBits: "},
		{"a key without a certificate", openidtest.Config{Type: openid.ADFS, Algorithm: "ES256",
			Keys: []tls.Certificate{ec, {PrivateKey: ec.PrivateKey}}}, "Keys[1]: "},
		{"a key of another algorithm", openidtest.Config{Type: openid.ADFS, Keys: []tls.Certificate{ec}}, "Keys[0]: "},
		{"a certificate of another key", openidtest.Config{Type: openid.ADFS, Algorithm: "ES256", Keys: []tls.Certificate{{
			Certificate: ec.Certificate, PrivateKey: openidtest.NewFor(t, fast(openid.ADFS)).Key().PrivateKey,
		}}}, "Keys[0]: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := openidtest.New(test.config)
			if err == nil || !strings.HasPrefix(err.Error(), "openidtest: "+test.want) {
				t.Errorf("error %v, want one about %q", err, test.want)
			}
		})
	}
}

// A program that keeps its key signs with it after a restart.
func TestKeys(t *testing.T) {
	first := openidtest.NewFor(t, fast(openid.ADFS))
	second := openidtest.NewFor(t, fast(openid.ADFS))
	config := fast(openid.ADFS)
	kept := first.Key()
	kept.Leaf = nil // as tls.X509KeyPair may leave it
	config.Keys = []tls.Certificate{kept, second.Key()}
	restarted := openidtest.NewFor(t, config)
	if restarted.KeyID() != first.KeyID() {
		t.Errorf("signs with %s, want the first key, %s", restarted.KeyID(), first.KeyID())
	}
	verifier := restarted.Verifier()
	for name, token := range map[string]string{
		"first key":  first.Token(openidtest.User(oid)),
		"second key": restarted.Token(openidtest.User(oid), openidtest.SignedBy(second.KeyID())),
	} {
		if _, err := verifier.Verify(t.Context(), token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAlgorithms(t *testing.T) {
	for _, algorithm := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"} {
		t.Run(algorithm, func(t *testing.T) {
			config := openidtest.Config{Type: openid.EntraV2, Tenant: tenant, Algorithm: algorithm}
			if algorithm != "RS256" && algorithm[0] != 'E' {
				config.Keys = rsaKey()
			}
			issuer := openidtest.NewFor(t, config)
			token := issuer.Token(openidtest.User(oid))
			if header, _ := parts(t, token); header["alg"] != algorithm {
				t.Errorf("alg %v", header["alg"])
			}
			if _, err := issuer.Verifier().Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
			switch key := issuer.Key().PrivateKey.(type) {
			case *rsa.PrivateKey:
				if algorithm[1] != 'S' || key.N.BitLen() != 2048 {
					t.Errorf("an RSA key of %d bits", key.N.BitLen())
				}
			case *ecdsa.PrivateKey:
				if algorithm[0] != 'E' {
					t.Error("an EC key")
				}
			}
		})
	}
}

func TestClock(t *testing.T) {
	now := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	config := fast(openid.EntraV1)
	config.Now = func() time.Time { return now }
	issuer := openidtest.NewFor(t, config)
	principal, err := issuer.Verifier().Verify(t.Context(), issuer.Token(openidtest.User(oid)))
	if err != nil {
		t.Fatal(err)
	}
	if !principal.IssuedAt.Equal(now) || !principal.Expires.Equal(now.Add(time.Hour)) {
		t.Errorf("issued at %v, expires %v", principal.IssuedAt, principal.Expires)
	}
	if leaf := issuer.Key().Leaf; now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		t.Errorf("certificate from %v to %v", leaf.NotBefore, leaf.NotAfter)
	}
}

// A recorder is a TB that is not a test.
type recorder struct {
	fatal    string
	cleanups []func()
}

func (*recorder) Helper()            {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.fatal = fmt.Sprintf(format, args...)
	panic(r)
}

// What cannot be ends the test, and a panic stands for it where there is no test.
func TestFailures(t *testing.T) {
	program, err := openidtest.New(fast(openid.ADFS))
	if err != nil {
		t.Fatal(err)
	}
	tb := &recorder{}
	test := openidtest.NewFor(tb, fast(openid.ADFS))
	for _, failure := range []struct {
		name string
		do   func(*openidtest.Issuer)
		want string
	}{
		{"Token", func(i *openidtest.Issuer) { i.Token(openidtest.User(oid), openidtest.With("x", func() {})) }, "claims: "},
		{"Forgeries", func(i *openidtest.Issuer) {
			for range i.Forgeries(openidtest.Guest(oid)) {
			}
		}, "AD FS has no guests"},
		{"Forgeries of what is no token", func(i *openidtest.Issuer) {
			for range i.Forgeries(openidtest.User(oid), openidtest.RawPayload([]byte("x"))) {
			}
		}, "leave nothing to forge"},
		{"Withdraw", func(i *openidtest.Issuer) { i.Withdraw("no such key") }, `no key "no such key"`},
		{"Publish", func(i *openidtest.Issuer) { i.Publish("no such key") }, `no key "no such key"`},
	} {
		t.Run(failure.name, func(t *testing.T) {
			if got := panicOf(func() { failure.do(program) }); !strings.Contains(fmt.Sprint(got), failure.want) {
				t.Errorf("without a test: panic with %v, want %q", got, failure.want)
			}
			if panicOf(func() { failure.do(test) }) != any(tb) || !strings.Contains(tb.fatal, failure.want) {
				t.Errorf("in a test: Fatalf with %q, want %q", tb.fatal, failure.want)
			}
		})
	}
	if panicOf(func() { openidtest.NewEntra(tb, "nowhere.example") }) != any(tb) || !strings.Contains(tb.fatal, "Tenant: ") {
		t.Errorf("NewEntra: Fatalf with %q, want Tenant", tb.fatal)
	}

	provider := test.Provider()
	for _, cleanup := range tb.cleanups {
		cleanup()
	}
	if err := provider.Ready(); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("after the test, the provider's state is %v, want closed", err)
	}
}

func panicOf(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}
