package openid

import (
	"context"
	"fmt"
	"strings"
)

// An origin is where a token says it comes from, as far as the pinned issuers bear it out.
type origin struct {
	provider *Provider
	pins     *pins
	tenant   string // in iss, as written there; "" when it holds none
	template bool   // iss fits an issuer with a place for the tenant
}

// route finds the origin of a token by its iss, before any key is looked at.
func (v *Verifier) route(ctx context.Context, iss string) (origin, *TokenError) {
	if from, ok := v.originOf(iss); ok {
		return from, nil
	}
	// A provider that never was ready may be the one: wait for its first fetch, briefly, and do not refuse what it may accept. The
	// time is for all providers together.
	ctx, cancel := context.WithTimeout(ctx, longestWait)
	defer cancel()
	for _, p := range v.providers {
		if p.pins.Load() == nil {
			p.await(ctx, false)
		}
	}
	if from, ok := v.originOf(iss); ok {
		return from, nil
	}
	for _, p := range v.providers {
		if p.pins.Load() == nil {
			return origin{}, p.unavailable("metadata was never read, so the token may be its own")
		}
	}
	return origin{}, refuse(ErrIssuer, "%q", clip(iss))
}

// originOf: an exact issuer goes before a template; of two providers with the same issuer the one that pinned it first has it.
func (v *Verifier) originOf(iss string) (best origin, found bool) {
	for _, p := range v.providers {
		from, ok := p.pins.Load().origin(iss)
		if !ok {
			continue
		}
		from.provider = p
		if !found || best.template && !from.template || best.template == from.template && from.pins.order < best.pins.order {
			best, found = from, true
		}
	}
	return best, found
}

// issuerConflict tells of a provider whose issuer another one pinned before it: it is never asked.
func (v *Verifier) issuerConflict() error {
	for _, p := range v.providers {
		pinned := p.pins.Load()
		if pinned == nil {
			continue
		}
		for _, issuer := range pinned.issuers {
			if owner := v.ownerOf(issuer.text); owner != p {
				return fmt.Errorf("openid: %s: issuer %q belongs to %s already", p.Authority(), issuer.text, owner.Authority())
			}
		}
	}
	return nil
}

// ownerOf finds the provider that pinned an issuer or template first.
func (v *Verifier) ownerOf(issuer string) (owner *Provider) {
	var first int64
	for _, p := range v.providers {
		pinned := p.pins.Load()
		if pinned == nil {
			continue
		}
		for _, own := range pinned.issuers {
			if own.text == issuer && (owner == nil || pinned.order < first) {
				owner, first = p, pinned.order
			}
		}
	}
	return owner
}

// checkKeyIssuer keeps a key that is published for one kind of account from vouching for another: Entra ID's v2 set holds consumer
// keys too. The key's issuer, with the token's tenant in it, has to be the token's iss or the metadata's issuer for that tenant. A
// blank one passes.
func checkKeyIssuer(key *signingKey, claims jsonObject, iss string, from origin) error {
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
