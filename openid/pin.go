package openid

import "fmt"

// pins are what a provider goes by from its first good answer on: the issuers of its access tokens and the issuer that its
// metadata names. A later answer with another issuer is refused, and the last good one stays.
type pins struct {
	issuers  []issuerPattern
	metadata issuerPattern
}

func (p *pins) texts() []string {
	var texts []string
	for _, issuer := range p.issuers {
		texts = append(texts, issuer.text)
	}
	return texts
}

// setPins puts pins in force, or none.
func (p *Provider) setPins(next *pins) {
	if p.pins.Swap(next) != next {
		p.pinned.Add(1)
	}
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
		return next, nil
	}
	if old.metadata.text != next.metadata.text {
		return nil, fmt.Errorf("metadata: issuer is now %q, pinned is %q; if it was changed on purpose, Flush accepts it", clip(m.Issuer), old.metadata.text)
	}
	if old.issuers[0].text != next.issuers[0].text {
		return nil, fmt.Errorf("metadata: the issuer of access tokens is now %q, pinned is %q", clip(next.issuers[0].text), old.issuers[0].text)
	}
	return old, nil
}
