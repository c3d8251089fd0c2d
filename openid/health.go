package openid

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Health is what a provider knows of its identity provider, for readiness checks and for people. Its JSON form has times in RFC 3339.
type Health struct {
	// Authority is the authority's URL.
	Authority string `json:"authority"`
	// Ready reports that tokens can be verified; Problem says why not, or, of a provider that is ready, what is wrong with
	// the refresh.
	Ready   bool   `json:"ready"`
	Problem string `json:"problem,omitempty"`
	// LastGood is when metadata and keys were last fetched and found good; zero if never. NextRefresh is when they are
	// fetched next; zero while that is under way.
	LastGood    time.Time `json:"lastGood,omitzero"`
	NextRefresh time.Time `json:"nextRefresh,omitzero"`
	// Restored reports that nothing was fetched yet: what is known comes from the snapshot.
	Restored bool `json:"restored,omitempty"`
	// Issuers are the pinned values of iss, with {tenantid} where the authority serves many tenants.
	Issuers []string `json:"issuers"`
	// Keys are the known signing keys, in the order of their ids.
	Keys []KeyHealth `json:"keys"`
	// SnapshotProblem says why the snapshot could not be written last: what it should keep would not survive a restart.
	SnapshotProblem string `json:"snapshotProblem,omitempty"`
	// Distrusted are the ids given to Distrust.
	Distrusted []string `json:"distrusted,omitempty"`
}

// KeyHealth is what a provider knows of one key.
type KeyHealth struct {
	KeyID      string `json:"kid,omitempty"`
	Thumbprint string `json:"x5t,omitempty"`
	// LastSeen is when the key was last in the published set.
	LastSeen time.Time `json:"lastSeen"`
	// Published reports that the key was in the set that was fetched last.
	Published bool `json:"published"`
	// Trusted reports that the key verifies tokens: not distrusted, and seen lately enough.
	Trusted bool `json:"trusted"`
}

// Health returns what the provider knows now.
func (p *Provider) Health() Health {
	h := Health{Authority: p.Authority(), Issuers: []string{}, Keys: []KeyHealth{}, Distrusted: p.distrustedKeys()}
	if err := p.unsaved.Load(); err != nil && *err != nil {
		h.SnapshotProblem = (*err).Error()
	}
	problem := p.Ready()
	h.Ready = problem == nil

	p.mu.Lock()
	s := &p.state
	h.LastGood, h.Restored = s.lastGood.UTC(), s.restored
	if s.inFlight == nil && !s.closed {
		h.NextRefresh = s.nextAttempt.UTC()
	}
	if problem == nil && s.lastError != nil {
		problem = fmt.Errorf("last refresh failed: %w", s.lastError)
	}
	p.mu.Unlock()

	if problem != nil {
		h.Problem = strings.ReplaceAll(problem.Error(), "\n", "; ") // of errors.Join; what is foreign in it is clipped and escaped
	}
	if pinned := p.pins.Load(); pinned != nil {
		h.Issuers = pinned.texts()
	}
	now := time.Now()
	for _, key := range p.keys.all() {
		h.Keys = append(h.Keys, KeyHealth{
			KeyID:      key.kid,
			Thumbprint: key.x5t,
			LastSeen:   key.lastSeen.UTC(),
			Published:  key.missed == 0,
			Trusted:    p.trusts(key.signingKey) && now.Sub(key.lastSeen) <= entraKeyRetention,
		})
	}
	slices.SortFunc(h.Keys, func(a, b KeyHealth) int {
		return cmp.Or(cmp.Compare(a.KeyID, b.KeyID), cmp.Compare(a.Thumbprint, b.Thumbprint))
	})
	return h
}

// Health returns the health of every provider, in the order of the configuration. One whose issuer belongs to another provider is not
// ready.
func (v *Verifier) Health() []Health {
	var all []Health
	for _, p := range v.providers {
		h := p.Health()
		if conflict := v.issuerConflict(p); conflict != nil {
			h.Ready, h.Problem = false, conflict.Error()
		}
		all = append(all, h)
	}
	return all
}
