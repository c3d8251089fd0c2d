package openidtest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"hubgate.example/openid"
)

// TB is the part of testing.TB that this package needs, so that programs can use it too. Fatalf must not return.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Config describes an Issuer. Only Type is required, and, for Entra ID, Tenant.
type Config struct {
	// Type is the kind of issuer. It decides the shape of the tokens; an Entra issuer serves the metadata of v1 and of v2,
	// as Entra ID does.
	Type openid.AuthorityType
	// Tenant is the home directory tenant, a GUID. An Entra issuer has every other tenant too: its metadata is served to
	// whoever asks by GUID, and the Claim Tenant mints its tokens. With AD FS it is optional: the authority then ends in
	// the tenant, as it may on Azure Stack Hub.
	Tenant string
	// BaseURL is where the issuer is reached: scheme, host and port, without a path. The default is an address that exists
	// in memory only: https://login.entra.example or https://adfs.local.azurestack.example.
	BaseURL string
	// Audience is the aud of tokens that name no other. The default is an App ID URI or, for Entra v2, where the audience
	// is always a client id, a GUID.
	Audience string
	// Algorithm is the signature algorithm: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or ES512. The default is
	// RS256, the only one that Entra ID and AD FS use. A key for ES256 is made in no time, an RSA key in about 0.1 s.
	Algorithm string
	// KeyBits is the size of new RSA keys. The default is 2048.
	KeyBits int
	// Keys are existing keys with their certificates, published in this order; the first one signs. The default is one
	// new key with a self-signed certificate. The issuer's Key method answers it, for whoever keeps it for the next start.
	Keys []tls.Certificate
	// Now is the clock of tokens, of certificates and of what Verifier returns. The default is time.Now.
	Now func() time.Time
}

// An Issuer is an identity provider for tests. It is an http.Handler that serves metadata and keys. Its methods may be
// called by many goroutines at once.
type Issuer struct {
	typ       openid.AuthorityType
	tenant    string
	address   *url.URL // scheme and host
	base      string   // address as text, without a trailing slash
	audience  string
	algorithm string
	bits      int
	now       func() time.Time
	tb        TB // nil when made by New

	mu        sync.Mutex
	keys      []*key
	signing   *key
	announced *key         // the key that the next Rotate promotes, or nil
	metadata  http.Handler // replaces the metadata answer when set
	keySet    http.Handler // replaces the key set answer when set
	fail      int          // a status to answer everything with, or 0
	down      bool
	requests  Requests
	providers []*openid.Provider
	inFlight  int        // handlers that answer in memory
	idle      *sync.Cond // of mu: inFlight has changed

	editing      sync.Mutex // held while an edit runs, so that edits may call the issuer's other methods
	editMetadata func(map[string]any)
	editKeys     func([]any) []any
}

// New returns an issuer with one signing key. Call Close when Provider or Verifier have been used.
func New(config Config) (*Issuer, error) {
	i := &Issuer{
		typ:       config.Type,
		tenant:    strings.ToLower(config.Tenant),
		audience:  config.Audience,
		algorithm: config.Algorithm,
		bits:      config.KeyBits,
		now:       config.Now,
	}
	i.idle = sync.NewCond(&i.mu)
	base := config.BaseURL
	switch i.typ {
	case openid.EntraV1, openid.EntraV2:
		if !isGUID(i.tenant) {
			return nil, fmt.Errorf("openidtest: Tenant: %q is not a GUID", config.Tenant)
		}
		if base == "" {
			base = "https://login.entra.example"
		}
	case openid.ADFS:
		if i.tenant != "" && !isGUID(i.tenant) {
			return nil, fmt.Errorf("openidtest: Tenant: %q is not a GUID", config.Tenant)
		}
		if base == "" {
			base = "https://adfs.local.azurestack.example"
		}
	default:
		return nil, fmt.Errorf("openidtest: Type: %q is no kind of issuer", config.Type)
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("openidtest: BaseURL: %w", err)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.TrimSuffix(base, "/") != u.Scheme+"://"+u.Host {
		return nil, fmt.Errorf("openidtest: BaseURL: %q is not scheme and host", base)
	}
	i.address, i.base = u, u.Scheme+"://"+u.Host
	if i.audience == "" {
		i.audience = "https://management.local.azurestack.example/5e2f9a0c-3d41-4f0b-9c55-8f6a1c7f2b10"
		if i.typ == openid.EntraV2 {
			i.audience = "5e2f9a0c-3d41-4f0b-9c55-8f6a1c7f2b10"
		}
	}
	if i.algorithm == "" {
		i.algorithm = "RS256"
	}
	if i.bits == 0 {
		i.bits = 2048
	}
	if i.now == nil {
		i.now = time.Now
	}
	for n, certificate := range config.Keys {
		k, err := newKey(certificate, i.algorithm)
		if err != nil {
			return nil, fmt.Errorf("openidtest: Keys[%d]: %w", n, err)
		}
		i.keys = append(i.keys, k)
	}
	if len(i.keys) == 0 {
		k, err := i.generateKey()
		if err != nil {
			return nil, err
		}
		i.keys = append(i.keys, k)
	}
	i.signing = i.keys[0]
	return i, nil
}

// NewFor is New for a test: an error ends the test, and so does every later failure of a method that returns no error. What
// the issuer starts is closed when the test ends.
func NewFor(tb TB, config Config) *Issuer {
	tb.Helper()
	i, err := New(config)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	i.tb = tb
	tb.Cleanup(func() {
		if err := i.Close(); err != nil {
			tb.Fatalf("openidtest: Close: %v", err)
		}
	})
	return i
}

// NewADFS is NewFor an AD FS whose authority has no tenant.
func NewADFS(tb TB) *Issuer {
	tb.Helper()
	return NewFor(tb, Config{Type: openid.ADFS})
}

// NewEntra is NewFor an Entra ID that issues v2 tokens; tenant is the home tenant, a GUID.
func NewEntra(tb TB, tenant string) *Issuer {
	tb.Helper()
	return NewFor(tb, Config{Type: openid.EntraV2, Tenant: tenant})
}

// NewEntraV1 is NewFor an Entra ID that issues v1 tokens, as Azure's Resource Manager gets them; tenant is the home
// tenant, a GUID.
func NewEntraV1(tb TB, tenant string) *Issuer {
	tb.Helper()
	return NewFor(tb, Config{Type: openid.EntraV1, Tenant: tenant})
}

// ProviderConfig returns the configuration of an openid.Provider that trusts this issuer and reaches it in memory, for
// whoever wants to change a field before openid.NewProvider.
func (i *Issuer) ProviderConfig() openid.ProviderConfig {
	return openid.ProviderConfig{
		Authority:  i.Authority(),
		Type:       i.typ,
		Algorithms: []string{i.algorithm},
		Transport:  i.Transport(),
	}
}

// Provider returns a new openid.Provider that trusts this issuer and reaches it in memory. Close closes it. When it cannot
// be made, the test ends; an issuer without a test panics.
func (i *Issuer) Provider() *openid.Provider {
	i.helper()
	p, err := openid.NewProvider(i.ProviderConfig())
	if err != nil {
		i.fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.providers = append(i.providers, p)
	return p
}

// Verifier returns a new openid.Verifier over a new Provider. It accepts the issuer's Audience and lives by its clock, and with
// AD FS it knows the claim of MFA. Its provider is ready, unless the issuer has been told to misbehave: a busy machine must not
// make a test's first token fail.
func (i *Issuer) Verifier() *openid.Verifier {
	i.helper()
	p := i.Provider()
	config := openid.VerifierConfig{
		Providers: []*openid.Provider{p},
		Audiences: []string{i.audience},
		Now:       i.now,
	}
	if i.typ == openid.ADFS {
		config.MFAClaim = adfsMFA
	}
	v, err := openid.NewVerifier(config)
	if err != nil {
		i.fatal(err)
	}
	for until := time.Now().Add(10 * time.Second); p.Ready() != nil && i.wellBehaved() && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	return v
}

// Close closes the providers that Provider and Verifier made and waits until nothing is answered in memory any more. Tokens
// can still be minted.
func (i *Issuer) Close() error {
	i.mu.Lock()
	providers := i.providers
	i.providers = nil
	i.mu.Unlock()
	var errs []error
	for _, p := range providers {
		errs = append(errs, p.Close())
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for i.inFlight > 0 {
		i.idle.Wait()
	}
	return errors.Join(errs...)
}

func (i *Issuer) helper() {
	if i.tb != nil {
		i.tb.Helper()
	}
}

// fatal ends the test. Without one it panics: the methods that call it have no error to return, and their callers have a
// variant that does (Mint, openid.NewProvider).
func (i *Issuer) fatal(err error) {
	if i.tb != nil {
		i.tb.Helper()
		i.tb.Fatalf("%v", err)
	}
	panic(err)
}
