package openid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// The defaults and bounds of VerifierConfig.
const (
	maxLeeway            = 5 * time.Minute
	defaultMaxLifetime   = 28 * time.Hour
	defaultMaxTokenBytes = 64 << 10
	mostTokenBytes       = 1 << 30 // and so no place in a token needs more than 32 bits

	// NoLeeway as VerifierConfig.Leeway allows no clock skew at all.
	NoLeeway time.Duration = -1

	defaultCachedTokens = 100_000
	defaultCacheBytes   = 32 << 20

	// NoCache as VerifierConfig.MaxCachedTokens verifies the signature of each token each time.
	NoCache = -1
)

// VerifierConfig says which tokens are accepted. Providers and Audiences are required.
type VerifierConfig struct {
	// Providers are the identity providers. AD FS and Entra ID do not mix in one verifier. Of two that publish the same
	// issuer the first one has it (one that names it in ProviderConfig.Issuers before one that does not), and Ready tells.
	// A tenant that is one provider's own is not accepted from a provider on another host that serves many.
	Providers []*Provider
	// Audiences are the accepted values of aud, compared exactly: no prefix, no case folding, no trailing slash added.
	Audiences []string
	// Tenants are the accepted directory tenants (GUIDs). The default is the providers' own; a provider whose authority
	// is common or organizations has none of its own, so the list is required then. An AD FS's tenant may be left out.
	Tenants []string
	// InsecureAcceptAnyTenant accepts every work or school tenant of the world. It is for APIs that keep their own list of
	// tenants and look at Principal.Tenant on every call; nobody else must use it. Consumer accounts stay refused.
	InsecureAcceptAnyTenant bool
	// MFAClaim is how the tokens of an AD FS show that somebody signed in with more than one factor, for instance
	// authnmethodsreferences with the value http://schemas.microsoft.com/claims/multipleauthn; the name is what the site's claim
	// rule issues. Such a token's Principal.AuthenticationMethods have mfa. There is no default, because an AD FS issues no such
	// claim by itself. With Entra ID, whose tokens tell by amr and acrs, it must be empty.
	MFAClaim ClaimValue
	// ClaimNames says where the claims are. The default is ADFSClaimNames or EntraClaimNames, by the kind of provider.
	ClaimNames *ClaimNames
	// MissingGroupsAreOverage takes a token without the claim for groups for one whose groups did not fit: Principal.Overage is set, and
	// the call is refused unless the groups can be had elsewhere. It is for sites whose provider issues the claim to everyone who has
	// groups, so that its absence may be a claim rule that failed: an AD FS with a rule for groups, whose users all have at least
	// their primary group; and, with a resolver, an Entra ID application whose tokens carry no groups at all. Where tokens of
	// principals without groups come without the claim, as Entra ID's do, each of them costs a look-up. An empty array is no groups.
	MissingGroupsAreOverage bool
	// WorkloadClaim is how the tokens of an AD FS show that no person is behind them. AD FS itself has no claim for that: a service
	// principal's token differs from a user's in what it lacks, and a rule that fails to issue a name would make a user look like
	// one. So a site that wants its service principals told apart issues a claim to them alone. A token that carries a user's name
	// (upn, unique_name or one of ClaimNames.Name) stays a user's whatever else it carries. The default is idtyp with the value
	// app; without the claim, the kind of a service principal is KindUnknown. With Entra ID, which issues idtyp, it must be empty.
	WorkloadClaim ClaimValue
	// Leeway is the clock skew allowed on exp, nbf and iat alike: at most 5 minutes, which is the default. NoLeeway is none.
	Leeway time.Duration
	// MaxLifetime bounds exp - iat. The default is 28 hours, Entra ID's longest.
	MaxLifetime time.Duration
	// MaxTokenBytes bounds the length of a token. The default is 65,536, and the most is 1 GiB. A header or claims with more than
	// 1,000 members are refused whatever the length.
	MaxTokenBytes int
	// MaxCachedTokens and MaxCacheBytes bound how many verified tokens are remembered, and roughly how much memory they take. A
	// remembered token is not verified again, but refused all the same once its time is over, its tenant is not accepted any more,
	// or its key is not trusted any more. The token itself is not kept, and one of more than 65,536 bytes is not remembered. The
	// defaults are 100,000 tokens and 32 MiB, which is reached first: some 20,000 tokens of the usual size. A list of groups that
	// many tokens have is in memory once, but counts for each of them. NoCache switches it off, and is needed where
	// GODEBUG=fips140=only forbids what the cache is keyed with.
	MaxCachedTokens int
	MaxCacheBytes   int
	// Now is the clock that exp, nbf and iat are compared with, for tests of single tokens. The default is time.Now.
	Now func() time.Time
}

// A Verifier decides whether a token is genuine and meant for this API. Its methods may be called by many goroutines at once.
type Verifier struct {
	providers  []*Provider
	adfs       bool
	algorithms []string // of all providers
	audiences  []string
	tenants    atomic.Pointer[map[string]bool]
	anyTenant  bool
	mfa        ClaimValue // AD FS only
	names      ClaimNames
	workload   ClaimValue // AD FS only
	leeway     time.Duration
	lifetime   time.Duration
	maxBytes   int
	now        func() time.Time
	oneClock   bool        // now is time.Now, by which keys are judged
	cache      *tokenCache // nil with NoCache
	headers    knownHeaders

	missingGroupsAreOverage bool
}

// NewVerifier checks the configuration; an error names the field. It never waits for the network.
func NewVerifier(config VerifierConfig) (*Verifier, error) {
	v := &Verifier{
		providers: slices.Clone(config.Providers),
		audiences: slices.Clone(config.Audiences),
		anyTenant: config.InsecureAcceptAnyTenant,
		leeway:    config.Leeway,
		lifetime:  config.MaxLifetime,
		maxBytes:  config.MaxTokenBytes,
		now:       config.Now,

		missingGroupsAreOverage: config.MissingGroupsAreOverage,
	}
	if err := v.setProviders(); err != nil {
		return nil, err
	}
	if len(v.audiences) == 0 {
		return nil, errors.New("openid: VerifierConfig.Audiences: at least one is required")
	}
	for i, audience := range v.audiences {
		if strings.TrimSpace(audience) == "" {
			return nil, fmt.Errorf("openid: VerifierConfig.Audiences[%d]: is empty", i)
		}
	}
	if v.anyTenant {
		switch {
		case len(config.Tenants) > 0:
			return nil, errors.New("openid: VerifierConfig.Tenants: contradicts InsecureAcceptAnyTenant")
		case v.adfs:
			return nil, errors.New("openid: VerifierConfig.InsecureAcceptAnyTenant: an AD FS serves exactly one tenant")
		}
	} else if tenants, err := v.acceptedTenants("VerifierConfig.Tenants", config.Tenants); err != nil {
		return nil, err
	} else {
		v.tenants.Store(&tenants)
	}
	if err := v.setMFAClaim(config.MFAClaim); err != nil {
		return nil, err
	}
	if err := v.setClaimNames(config.ClaimNames); err != nil {
		return nil, err
	}
	if err := v.setWorkloadClaim(config.WorkloadClaim); err != nil {
		return nil, err
	}
	if err := v.setBounds(); err != nil {
		return nil, err
	}
	if err := v.setCache(config.MaxCachedTokens, config.MaxCacheBytes); err != nil {
		return nil, err
	}
	return v, nil
}

func (v *Verifier) setProviders() error {
	if len(v.providers) == 0 {
		return errors.New("openid: VerifierConfig.Providers: at least one is required")
	}
	authorities := make(map[string]bool)
	snapshots := make(map[string]bool)
	issuers := make(map[string]bool)
	for i, p := range v.providers {
		field := fmt.Sprintf("openid: VerifierConfig.Providers[%d]", i)
		if p == nil {
			return fmt.Errorf("%s: is nil", field)
		}
		if i == 0 {
			v.adfs = p.Type() == ADFS
		}
		if v.adfs != (p.Type() == ADFS) {
			return fmt.Errorf("%s: AD FS and Entra ID do not mix in one verifier", field)
		}
		if authorities[p.Authority()] {
			return fmt.Errorf("%s: authority %s is there twice", field, p.Authority())
		}
		authorities[p.Authority()] = true
		if p.snapshotPath != "" && snapshots[p.snapshotPath] {
			return fmt.Errorf("%s: its Snapshot %s is another provider's already", field, p.snapshotPath)
		}
		snapshots[p.snapshotPath] = true
		for _, earlier := range v.providers[:i] {
			if v.adfs && earlier.Tenant() == p.Tenant() {
				return fmt.Errorf("%s: its tenant %q is %s's already, so their users could not be told apart; set ProviderConfig.Tenant", field, p.Tenant(), earlier.Authority())
			}
		}
		for _, issuer := range p.configured {
			if issuers[issuer.text] {
				return fmt.Errorf("%s: issuer %q belongs to another provider already", field, issuer.text)
			}
		}
		for _, issuer := range p.configured {
			issuers[issuer.text] = true
		}
		for _, alg := range p.algorithms {
			if !slices.Contains(v.algorithms, alg) {
				v.algorithms = append(v.algorithms, alg)
			}
		}
	}
	return nil
}

func (v *Verifier) setClaimNames(configured *ClaimNames) error {
	switch {
	case configured != nil:
		v.names = ClaimNames{
			ObjectID:    slices.Clone(configured.ObjectID),
			Groups:      slices.Clone(configured.Groups),
			Tenant:      slices.Clone(configured.Tenant),
			Application: slices.Clone(configured.Application),
			Name:        slices.Clone(configured.Name),
		}
	case v.adfs:
		v.names = ADFSClaimNames()
	default:
		v.names = EntraClaimNames()
	}
	for _, field := range []struct {
		name  string
		names []string
	}{
		{"ObjectID", v.names.ObjectID},
		{"Groups", v.names.Groups},
		{"Tenant", v.names.Tenant},
		{"Application", v.names.Application},
	} {
		if len(field.names) == 0 || slices.Contains(field.names, "") {
			return fmt.Errorf("openid: VerifierConfig.ClaimNames.%s: names no claim", field.name)
		}
	}
	return nil
}

func (v *Verifier) setWorkloadClaim(configured ClaimValue) error {
	switch {
	case configured == ClaimValue{}:
		v.workload = ClaimValue{Name: "idtyp", Value: "app"}
		return nil
	case !v.adfs:
		return errors.New("openid: VerifierConfig.WorkloadClaim: is for AD FS; Entra ID's tokens tell their kind themselves")
	case configured.Name == "":
		return errors.New("openid: VerifierConfig.WorkloadClaim.Name: names no claim")
	case configured.Value == "":
		return errors.New("openid: VerifierConfig.WorkloadClaim.Value: is empty")
	}
	v.workload = configured
	return nil
}

func (v *Verifier) setBounds() error {
	switch {
	case v.leeway == 0:
		v.leeway = maxLeeway
	case v.leeway == NoLeeway:
		v.leeway = 0
	case v.leeway < 0 || v.leeway > maxLeeway:
		return fmt.Errorf("openid: VerifierConfig.Leeway: %v is not between 0 and %v", v.leeway, maxLeeway)
	}
	switch {
	case v.lifetime == 0:
		v.lifetime = defaultMaxLifetime
	case v.lifetime < 0:
		return fmt.Errorf("openid: VerifierConfig.MaxLifetime: %v is negative", v.lifetime)
	}
	switch {
	case v.maxBytes == 0:
		v.maxBytes = defaultMaxTokenBytes
	case v.maxBytes < 0:
		return fmt.Errorf("openid: VerifierConfig.MaxTokenBytes: %d is negative", v.maxBytes)
	case v.maxBytes > mostTokenBytes:
		return fmt.Errorf("openid: VerifierConfig.MaxTokenBytes: %d is more than %d", v.maxBytes, mostTokenBytes)
	}
	if v.now == nil {
		v.now, v.oneClock = time.Now, true
	}
	return nil
}

func (v *Verifier) setCache(maxTokens, maxBytes int) error {
	switch {
	case maxTokens == NoCache && maxBytes == 0:
		return nil
	case maxTokens == NoCache:
		return errors.New("openid: VerifierConfig.MaxCacheBytes: contradicts NoCache")
	case maxTokens < 0:
		return fmt.Errorf("openid: VerifierConfig.MaxCachedTokens: %d is negative", maxTokens)
	case maxBytes < 0:
		return fmt.Errorf("openid: VerifierConfig.MaxCacheBytes: %d is negative", maxBytes)
	}
	var err error
	if v.cache, err = newTokenCache(cmp.Or(maxTokens, defaultCachedTokens), cmp.Or(maxBytes, defaultCacheBytes)); err != nil {
		return fmt.Errorf("openid: VerifierConfig.MaxCachedTokens: %w", err)
	}
	return nil
}

// Ready returns nil when every provider is ready, or says which is not and why.
func (v *Verifier) Ready() error {
	var problems []error
	for _, p := range v.providers {
		problems = append(problems, p.Ready(), v.issuerConflict(p))
	}
	return errors.Join(problems...)
}

// Providers returns the configured providers.
func (v *Verifier) Providers() []*Provider { return slices.Clone(v.providers) }

// Audiences returns the accepted audiences.
func (v *Verifier) Audiences() []string { return slices.Clone(v.audiences) }

// Verify answers who the token speaks for, or a *TokenError. No claim of a refused token is answered as true: the error's
// claims are for messages. ctx bounds the wait for a refresh of the provider's keys, at most a second.
func (v *Verifier) Verify(ctx context.Context, token string) (*Principal, error) {
	principal, failure := v.verify(ctx, token)
	if failure != nil {
		if failure.Authority == "" {
			failure.Authority = v.providers[0].Authority()
		}
		return nil, failure
	}
	return principal, nil
}

func (v *Verifier) verify(ctx context.Context, token string) (*Principal, *TokenError) {
	if len(token) > v.maxBytes {
		return nil, refuse(ErrMalformed, "%d bytes, at most %d are read", len(token), v.maxBytes)
	}
	scratch := scratches.Get().(*scratch)
	defer scratch.free()
	var tag tokenTag
	var issuers uint64
	cacheable := v.cache != nil && len(token) <= defaultMaxTokenBytes
	if cacheable {
		tag = v.cache.tag(token, scratch)
		if principal := v.cached(tag); principal != nil {
			return principal, nil
		}
		issuers = v.issuerChanges()
	}
	compact, err := splitCompact(token, &v.headers, scratch)
	if err != nil {
		return nil, refuse(ErrMalformed, "%v", err)
	}
	header, err := compact.readHeader()
	switch {
	case errors.Is(err, errGraphToken):
		return nil, refuse(ErrTokenType, "header: %v", err)
	case err != nil:
		return nil, refuse(ErrMalformed, "header: %v", err)
	case !slices.Contains(v.algorithms, header.alg):
		return nil, refuse(ErrAlgorithm, "%q", clip(header.alg))
	}
	claims := &scratch.claims
	if err := claims.read(compact.payload); err != nil {
		return nil, v.noClaims(ctx, compact, header, err)
	}
	iss, present, err := claims.text("iss")
	if err != nil || !present {
		return nil, refuse(ErrIssuer, "iss is missing or not a string")
	}
	from, failure := v.route(ctx, iss)
	if failure != nil {
		return nil, failure
	}
	provider := from.provider
	if !provider.accepts(header.alg) {
		return nil, at(provider, header, refuse(ErrAlgorithm, "%q", clip(header.alg)))
	}
	key, err := provider.signingKey(ctx, header.kid, header.x5t)
	if err != nil {
		return nil, asTokenError(err)
	}
	if err := checkSignature(compact, header, key); err != nil {
		return nil, at(provider, header, refuse(ErrSignature, "%v", err))
	}
	if err := checkKeyIssuer(key, claims, iss, from); err != nil {
		return nil, at(provider, header, refuse(ErrKeyIssuer, "%v", err))
	}
	// From here on the claims are the issuer's own words.
	principal, failure := v.read(claims, iss, from)
	if failure != nil {
		failure.Verified = true
		failure.Issuer = iss
		failure.Tenant, _, _ = claims.text("tid")
		failure.ObjectID = claims.display(v.names.ObjectID)
		return nil, at(provider, header, failure)
	}
	if compact.known == nil {
		v.headers.put(compact.segment, header)
	}
	if cacheable {
		v.remember(tag, principal, provider, header, key, issuers)
	}
	return principal, nil
}

// noClaims refuses a payload that is not a claims object. Without an iss nobody knows whose key to take, unless there is one provider only:
// then a signature that does not verify is told from a signed payload that is no JSON, as in tests with the vectors of RFC 7520.
func (v *Verifier) noClaims(ctx context.Context, token compactToken, header tokenHeader, reason error) *TokenError {
	if len(v.providers) > 1 {
		return refuse(ErrMalformed, "claims: %v", reason)
	}
	provider := v.providers[0]
	key, err := provider.signingKey(ctx, header.kid, header.x5t)
	if err != nil {
		return asTokenError(err)
	}
	if err := checkSignature(token, header, key); err != nil {
		return at(provider, header, refuse(ErrSignature, "%v", err))
	}
	failure := at(provider, header, refuse(ErrMalformed, "claims: %v", reason))
	failure.Verified = true
	return failure
}

func refuse(reason error, format string, args ...any) *TokenError {
	return &TokenError{Err: reason, Detail: fmt.Sprintf(format, args...)}
}

// at adds whose token and which key it is about.
func at(p *Provider, header tokenHeader, failure *TokenError) *TokenError {
	failure.Authority = p.Authority()
	failure.KeyID = clip(header.keyID())
	return failure
}

func asTokenError(err error) *TokenError {
	var failure *TokenError
	if errors.As(err, &failure) {
		return failure
	}
	return refuse(ErrUnavailable, "%v", err)
}
