package openid

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/MicahParks/keyfunc/v3"
)

// ProviderConfig describes one identity provider. Only Authority is required.
type ProviderConfig struct {
	// Authority is the identity provider's URL:
	//
	//	https://login.microsoftonline.com/{tenant}         Entra ID v1
	//	https://login.microsoftonline.com/{tenant}/v2.0    Entra ID v2
	//	https://adfs.local.azurestack.external/adfs        AD FS
	//	https://adfs.local.azurestack.external/adfs/{tenant}/
	//
	// {tenant} is a directory tenant's GUID, "common" or "organizations". The metadata is at Authority +
	// "/.well-known/openid-configuration". https is required; http is taken for a loopback host only.
	Authority string
	// Type is the kind of authority. The default tells it by the path, as Azure's clients do: a path that begins with
	// /adfs is AD FS, one that ends in /v2.0 is Entra ID v2, any other is Entra ID v1. The host decides nothing.
	Type AuthorityType
	// Tenant is the directory tenant of an AD FS, which serves exactly one: a GUID or a word. The default is the path's tenant or,
	// without one, "adfs", the word by which Azure's clients call it. With Entra ID it must be empty.
	// Two AD FS in one verifier need two tenants, because the same SID means someone else at each.
	Tenant string
	// Issuers pins the iss values of this provider's access tokens, whatever its metadata says. Where the authority serves
	// many tenants, each entry holds a tenant's GUID or {tenantid}. By default the metadata decides: AD FS access_token_issuer, or
	// issuer where there is no other; Entra ID issuer, which must hold the authority's tenant. The first valid value is
	// pinned.
	Issuers []string
	// ApplicationID asks for the keys of an application with signing keys of its own (?appid= in Entra ID's metadata URL).
	ApplicationID string
	// Algorithms are the accepted values of alg. The default is RS256; RS384, RS512, PS256, PS384, PS512, ES256, ES384
	// and ES512 can be named.
	Algorithms []string
	// KeyHosts are hosts ("host" or "host:port"), beside the authority's own and, for Entra ID, Microsoft's, that
	// jwks_uri may name.
	KeyHosts []string
	// RootCAs are the certificate authorities that vouch for the provider's host. The default is the system's.
	RootCAs *x509.CertPool
	// Transport replaces the HTTP transport, for tests and unusual networks; RootCAs must be nil then. The default uses
	// the environment's proxy and TLS 1.2 or newer.
	Transport http.RoundTripper
	// Snapshot is the path of a file in which the provider keeps what it last found good, so that after a restart it
	// serves at once even when the identity provider is away: for up to 24 hours after the last good refresh. It also
	// keeps the pinned issuer and the distrusted keys, which have no age. The directory must exist. Each provider needs a
	// file of its own, which nobody else may write: whoever can, can add a key. One that is damaged or of another
	// authority is refused with a log line and set aside under its name and ".refused"; when it cannot be read, keys that
	// were distrusted in it must be distrusted again. The issuers of an earlier Issuers
	// are pinned in it like published ones: remove the file, or call Flush, when they shall no longer count. The default
	// is no snapshot.
	Snapshot string
	// MetadataFile and KeysFile are read in place of the authority's URLs, for sites without a way to it: the metadata and
	// the key set as the authority would answer them. They come together and are read again at each refresh, so that a
	// new key set counts within the hour, or at the first token that it has signed.
	MetadataFile, KeysFile string
	// Logger receives what happens to metadata and keys. The default discards it.
	Logger *slog.Logger
}

// A Provider is one identity provider: what its metadata says and which keys it signs with, kept fresh in the background.
// Its methods may be called by many goroutines at once.
type Provider struct {
	authority     authority
	configured    []issuerPattern
	applicationID string
	algorithms    []string
	keyHosts      []string
	outbound      outbound
	metadataFile  string
	keysFile      string
	snapshotPath  string
	log           *slog.Logger

	keys    *keyStore
	keyfunc keyfunc.Keyfunc
	pins    atomic.Pointer[pins] // set by setPins
	pinned  atomic.Uint64        // counts how often the pins have changed

	mu         sync.Mutex
	state      refresher
	distrusted atomic.Pointer[[]string] // changed under mu

	unsaved  atomic.Pointer[error] // what kept the snapshot from being written last, if anything
	saving   sync.Mutex            // one writer of the snapshot at a time; taken before mu
	reported map[keyFault]bool     // of the refresh loop alone
	wake     chan struct{}
	cancel   context.CancelFunc
	done     chan struct{}
}

// allAlgorithms are the asymmetric ones of RFC 7518, section 3.1.
var allAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}

// NewProvider starts a provider and never waits for the network; Ready tells when it can verify tokens. Wrong
// configuration is an error that names the field. Call Close to end its background work.
func NewProvider(config ProviderConfig) (*Provider, error) {
	a, err := parseAuthority(config)
	if err != nil {
		return nil, err
	}
	p := &Provider{
		authority:     a,
		applicationID: config.ApplicationID,
		metadataFile:  config.MetadataFile,
		keysFile:      config.KeysFile,
		snapshotPath:  config.Snapshot,
		algorithms:    slices.Clone(config.Algorithms),
		log:           config.Logger,
		wake:          make(chan struct{}, 1),
		done:          make(chan struct{}),
	}
	if p.configured, err = configuredIssuers(config.Issuers, a); err != nil {
		return nil, err
	}
	if config.ApplicationID != "" && a.kind == ADFS {
		return nil, errors.New("openid: ProviderConfig.ApplicationID: is for Entra ID")
	}
	if len(p.algorithms) == 0 {
		p.algorithms = []string{"RS256"}
	}
	for i, alg := range p.algorithms {
		if !slices.Contains(allAlgorithms, alg) {
			return nil, fmt.Errorf("openid: ProviderConfig.Algorithms[%d]: %q is none of %s", i, alg, strings.Join(allAlgorithms, ", "))
		}
	}
	for i, host := range config.KeyHosts {
		if host == "" || strings.ContainsAny(host, "/@?#* ") {
			return nil, fmt.Errorf("openid: ProviderConfig.KeyHosts[%d]: %q is not a host", i, host)
		}
		p.keyHosts = append(p.keyHosts, strings.ToLower(host))
	}
	if p.outbound, err = newOutbound(config.Transport, config.RootCAs); err != nil {
		return nil, fmt.Errorf("openid: ProviderConfig.%w", err)
	}
	if err := checkFiles(config.MetadataFile, config.KeysFile); err != nil {
		return nil, err
	}
	if err := checkSnapshotPath(config.Snapshot); err != nil {
		return nil, fmt.Errorf("openid: ProviderConfig.Snapshot: %w", err)
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.keys = newKeyStore(p)
	if p.keyfunc, err = newKeyfunc(p.keys); err != nil {
		return nil, err
	}
	p.restore()
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.begin()
	go p.run(ctx)
	return p, nil
}

// Authority returns the authority's URL, as configured but without a trailing slash.
func (p *Provider) Authority() string { return p.authority.url.String() }

// Type returns the kind of authority.
func (p *Provider) Type() AuthorityType { return p.authority.kind }

// Tenant returns the one tenant that the authority serves, or "" when it serves many.
func (p *Provider) Tenant() string { return p.authority.tenant }

// Ready returns nil when tokens can be verified, or says why not.
func (p *Provider) Ready() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.state
	switch {
	case s.closed:
		return fmt.Errorf("openid: %s: closed", p.Authority())
	case s.lastGood.IsZero() && s.lastError == nil:
		return fmt.Errorf("openid: %s: first fetch of metadata and keys has not ended", p.Authority())
	case s.lastGood.IsZero():
		return fmt.Errorf("openid: %s: %w", p.Authority(), s.lastError)
	case time.Since(s.lastGood) > entraKeyRetention:
		stale := fmt.Errorf("openid: %s: last good refresh was at %s", p.Authority(), s.lastGood.UTC().Format(time.RFC3339))
		return errors.Join(stale, s.lastError)
	}
	return nil
}

// Flush forgets what was fetched, the pinned issuer and the snapshot included, and fetches it anew. Distrusted keys stay
// distrusted.
func (p *Provider) Flush() {
	if p.flush() {
		p.save()
	}
}

func (p *Provider) flush() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.state
	if s.closed {
		return false
	}
	s.generation++
	s.lastGood, s.lastError, s.failures, s.nextDemand, s.restored = time.Time{}, nil, 0, time.Time{}, false
	p.setPins(nil)
	p.keys.clear()
	p.wakeLoop()
	return true
}

// Distrust refuses, from now on, every token whose key has this kid or x5t, whatever the provider publishes; with a snapshot, after a
// restart too. After Close it changes nothing. There is no way back but to remove the snapshot and restart.
func (p *Provider) Distrust(kid string) {
	if kid == "" || !p.distrust(kid) {
		return
	}
	p.log.Warn("identity provider: key distrusted", "authority", p.Authority(), "kid", clip(kid))
	p.save()
}

// distrustedKeys are the ids given to Distrust.
func (p *Provider) distrustedKeys() []string {
	if kids := p.distrusted.Load(); kids != nil {
		return slices.Clone(*kids)
	}
	return nil
}

// distrust reports whether the list has changed.
func (p *Provider) distrust(kid string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	kids := p.distrustedKeys()
	if p.state.closed || slices.Contains(kids, kid) {
		return false
	}
	kids = append(kids, kid)
	p.distrusted.Store(&kids)
	return true
}

func (p *Provider) trusts(key *signingKey) bool {
	kids := p.distrusted.Load()
	return kids == nil || !slices.Contains(*kids, key.kid) && !slices.Contains(*kids, key.x5t)
}

func (p *Provider) accepts(alg string) bool { return slices.Contains(p.algorithms, alg) }

// Close ends the background work and waits for it. Verification fails with ErrUnavailable afterwards.
func (p *Provider) Close() error {
	p.cancel()
	<-p.done
	p.outbound.close()
	return nil
}

// signingKey finds the key of a token's header. A key that is known is answered at once. For one that is not, the shared
// refresh may be asked for and is waited for briefly; then the error is ErrUnknownKey or ErrUnavailable.
func (p *Provider) signingKey(ctx context.Context, kid, x5t string) (*signingKey, error) {
	if id := kid + x5t; id == "" || len(id) > maxKeyIDBytes {
		return nil, &TokenError{Err: ErrUnknownKey, Detail: fmt.Sprintf("neither kid nor x5t has 1 to %d bytes", maxKeyIDBytes), Authority: p.Authority()}
	}
	key, err := p.knownKey(kid, x5t, time.Now())
	if key == nil && err == nil {
		p.await(ctx, true)
		if key, err = p.knownKey(kid, x5t, time.Now()); key == nil && err == nil {
			err = p.missingKey(kid + x5t)
		}
	}
	if err != nil {
		return nil, err
	}
	return key, nil
}

// knownKey answers a key that may be used now, an error when nothing may, or neither.
func (p *Provider) knownKey(kid, x5t string, now time.Time) (*signingKey, error) {
	key := p.keys.lookup(kid, x5t, now)
	switch {
	case key == nil:
		return nil, nil
	case !p.trusts(key.signingKey):
		return nil, &TokenError{Err: ErrUnknownKey, Detail: "key " + key.name() + " is distrusted", Authority: p.Authority(), KeyID: key.name()}
	}
	return key.signingKey, nil
}

// missingKey says what the lack of a key means: a fresh key set that lacks it refuses the token; without one, nobody knows.
func (p *Provider) missingKey(id string) error {
	p.mu.Lock()
	s := &p.state
	fresh := !s.lastGood.IsZero() && s.lastError == nil && s.inFlight == nil && !s.closed
	reason := "refresh under way"
	if s.lastError != nil {
		reason = clip(s.lastError.Error())
	}
	p.mu.Unlock()
	if !fresh {
		return p.unavailable(reason)
	}
	return &TokenError{Err: ErrUnknownKey, Detail: "key " + clip(id), Authority: p.Authority(), KeyID: clip(id)}
}

// unavailable is ErrUnavailable with the time until the next attempt.
func (p *Provider) unavailable(reason string) *TokenError {
	p.mu.Lock()
	defer p.mu.Unlock()
	retry := max(time.Until(p.state.nextAttempt), time.Second)
	if p.state.inFlight != nil {
		retry = time.Second
	}
	return &TokenError{Err: ErrUnavailable, Detail: reason, Authority: p.Authority(), RetryAfter: retry}
}
