package openid

import (
	"fmt"
	"sync/atomic"
)

// pins are what a provider goes by from its first good answer on: the issuers of its access tokens and the issuer that its
// metadata names. A later answer with another issuer is refused, and the last good one stays.
type pins struct {
	issuers  []issuerPattern
	metadata issuerPattern
	order    int64 // of pinning, over all providers of the process
}

var pinOrder atomic.Int64

func (p *pins) texts() []string {
	var texts []string
	for _, issuer := range p.issuers {
		texts = append(texts, issuer.text)
	}
	return texts
}

// pin answers the pins that metadata m asks for; old are those in force, nil at first.
func (p *Provider) pin(m metadata, old *pins) (*pins, error) {
	next := &pins{issuers: p.configured, metadata: newIssuerPattern(m.Issuer)}
	if len(next.issuers) == 0 {
		issuer, err := publishedIssuer(m, p.authority)
		if err != nil {
			return nil, err
		}
		next.issuers = []issuerPattern{issuer}
	}
	if old == nil {
		next.order = pinOrder.Add(1)
		return next, nil
	}
	if old.metadata.text != next.metadata.text {
		return nil, fmt.Errorf("metadata: issuer is now %q, pinned is %q", clip(m.Issuer), old.metadata.text)
	}
	if old.issuers[0].text != next.issuers[0].text {
		return nil, fmt.Errorf("metadata: the issuer of access tokens is now %q, pinned is %q", clip(next.issuers[0].text), old.issuers[0].text)
	}
	return old, nil
}

// origin reports whether iss is one of the issuers, an exact one before a template, and what it says of the tenant. Nothing matches
// before the first good answer.
func (p *pins) origin(iss string) (from origin, found bool) {
	if p == nil {
		return origin{}, false
	}
	for _, issuer := range p.issuers {
		if tenant, ok := issuer.match(iss); ok && (!found || from.template) {
			from, found = origin{pins: p, tenant: tenant, template: issuer.template}, true
		}
	}
	return from, found
}
