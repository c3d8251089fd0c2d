package openid

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// An origin is where a token says it comes from, as far as the known issuers bear it out.
type origin struct {
	provider   *Provider
	pins       *pins  // nil while a provider with configured issuers has read nothing
	tenant     string // in iss, as written there; "" when it holds none
	template   bool   // iss fits an issuer with a place for the tenant
	configured bool   // the issuer is one of ProviderConfig.Issuers
}

// route finds the origin of a token by its iss, before any key is looked at. While a provider that may own the issuer has read
// nothing yet, nobody else gets the token: it is waited for, briefly, and then the answer is ErrUnavailable.
func (v *Verifier) route(ctx context.Context, iss string) (origin, *TokenError) {
	from, waitFor := v.originOf(iss)
	if len(waitFor) > 0 {
		ctx, cancel := context.WithTimeout(ctx, longestWait) // for all of them together
		defer cancel()
		for _, p := range waitFor {
			p.await(ctx, false)
		}
		from, waitFor = v.originOf(iss)
	}
	switch {
	case len(waitFor) > 0:
		return origin{}, waitFor[0].unavailable("metadata was never read, so the token may be its own")
	case from.provider == nil:
		return origin{}, refuse(ErrIssuer, "%q", clip(iss))
	}
	return from, nil
}

// originOf finds the owner of iss, and the providers that may turn out to own it once they have read their metadata.
func (v *Verifier) originOf(iss string) (best origin, waitFor []*Provider) {
	for _, p := range v.providers {
		if from, ok := p.origin(iss); ok && (best.provider == nil || from.before(best)) {
			best = from
		}
	}
	for _, p := range v.providers {
		switch {
		case p == best.provider:
			if best.pins == nil { // not p.pins, which may have come in the meantime
				waitFor = append(waitFor, p)
			}
		case p.pins.Load() == nil && (best.provider == nil || p.mayOwn(best)):
			waitFor = append(waitFor, p)
		}
	}
	return best, waitFor
}

// before reports whether o has a better claim to the same iss: an exact issuer goes before a template, a configured one before one that
// was only published. Between equals the order of VerifierConfig.Providers decides, so that no provider gets an issuer by being quicker.
func (o origin) before(other origin) bool {
	if o.template != other.template {
		return !o.template
	}
	return o.configured && !other.configured
}

// mayOwn reports whether p, which has read nothing yet, may have a better claim than best: p serves just the tenant that iss names, and best
// serves many, or is on another host, which may publish what it likes.
func (p *Provider) mayOwn(best origin) bool {
	if len(p.configured) > 0 || p.Tenant() == "" || p.Tenant() != canonicalTenant(best.tenant) {
		return false
	}
	return best.template || !p.sameHost(best.provider) && !best.configured
}

func (p *Provider) sameHost(other *Provider) bool {
	return strings.EqualFold(p.authority.url.Host, other.authority.url.Host)
}

// issuers are those that p was configured with or, without any, has pinned.
func (p *Provider) issuers() []issuerPattern {
	if len(p.configured) > 0 {
		return p.configured
	}
	if pinned := p.pins.Load(); pinned != nil {
		return pinned.issuers
	}
	return nil
}

// origin reports whether iss is one of p's issuers, an exact one before a template.
func (p *Provider) origin(iss string) (from origin, found bool) {
	pinned := p.pins.Load()
	for _, issuer := range p.issuers() {
		if tenant, ok := issuer.match(iss); ok && (!found || from.template) {
			from, found = origin{provider: p, pins: pinned, tenant: tenant, template: issuer.template, configured: len(p.configured) > 0}, true
		}
	}
	return from, found
}

// issuerConflict tells whether an issuer of p is another provider's: p is never asked for it then.
func (v *Verifier) issuerConflict(p *Provider) error {
	place := slices.Index(v.providers, p)
	for _, issuer := range p.issuers() {
		for i, other := range v.providers {
			same := slices.ContainsFunc(other.issuers(), func(own issuerPattern) bool { return own.text == issuer.text })
			if other != p && same && (len(other.configured) > 0 || len(p.configured) == 0 && i < place) {
				return fmt.Errorf("openid: %s: issuer %q belongs to %s already", p.Authority(), issuer.text, other.Authority())
			}
		}
	}
	return nil
}

// checkKeyIssuer keeps a key that is published for one kind of account from vouching for another: Entra ID's v2 set holds consumer
// keys too. The key's issuer, with the token's tenant in it, has to be the token's iss or the metadata's issuer for that tenant. A
// blank one passes.
func checkKeyIssuer(key *signingKey, claims *jsonObject, iss string, from origin) error {
	if strings.TrimSpace(key.issuer) == "" {
		return nil
	}
	tenant := from.tenant
	if tenant == "" {
		tenant, _, _ = claims.text("tid")
	}
	signer := newIssuerPattern(key.issuer).forTenant(tenant)
	if signer == iss || signer == from.pins.metadata.forTenant(tenant) {
		return nil
	}
	return fmt.Errorf("key %s signs for %q, not for %q", key.name(), clip(signer), clip(iss))
}
