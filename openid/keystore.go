package openid

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
)

const (
	// entraKeyRetention: Entra ID's replicas disagree about the key set, so that a key comes and goes; it counts until it has
	// not been seen for a day. It also is how long a provider may be out of reach before its keys are too old to go by.
	entraKeyRetention = 24 * time.Hour
	// adfsKeyRetention: AD FS is one farm with one answer, so a key that is missing from this many good answers is gone.
	adfsKeyRetention = 2
)

// A keyStore holds the keys of one provider. Readers never wait. It is also keyfunc's storage: jwkset's own would fetch in its
// constructor, take a document without keys for an empty set, drop issuer and x5t and queue callers on its limiter.
type keyStore struct {
	*jwkset.MemoryJWKSet // answers the rest of jwkset.Storage for the same keys
	provider             *Provider
	table                atomic.Pointer[keyTable]
}

// A keyTable is immutable once it is published.
type keyTable struct{ byKID, byX5T map[string]*storedKey }

// A storedKey is a key and how long it has been missing.
type storedKey struct {
	*signingKey
	lastSeen time.Time
	missed   int // good refreshes without it since then
}

func newKeyStore(p *Provider) *keyStore {
	s := &keyStore{MemoryJWKSet: jwkset.NewMemoryStorage(), provider: p}
	s.clear()
	return s
}

// clear forgets all keys.
func (s *keyStore) clear() { s.publish(nil) }

// lookup finds the key of a token's header.
func (s *keyStore) lookup(kid, x5t string, now time.Time) *storedKey {
	table := s.table.Load()
	key := table.byKID[kid]
	if kid == "" {
		key = table.byX5T[x5t]
	}
	if key == nil || now.Sub(key.lastSeen) > entraKeyRetention {
		return nil
	}
	return key
}

// update takes in a freshly published set and keeps, of the keys that vanished, those that may come back. A key whose id the set gives
// to one that is not used has not vanished: its issuer has taken it back.
func (s *keyStore) update(fresh []*signingKey, faults []keyFault, kind AuthorityType, now time.Time) (added, removed []string) {
	keys := make([]*storedKey, 0, len(fresh))
	taken := make(map[string]bool, len(fresh))
	before := s.all()
	for _, key := range fresh {
		taken[key.id()] = true
		switch i := slices.IndexFunc(before, func(old *storedKey) bool { return old.id() == key.id() && old.sameMaterial(key) }); {
		case i < 0:
			added = append(added, key.name())
		case before[i].sameIn(key):
			key = before[i].signingKey // what was verified by it stays verified by the same key
		}
		keys = append(keys, &storedKey{signingKey: key, lastSeen: now})
	}
	for _, old := range before {
		if taken[old.id()] {
			continue // seen again, or replaced by new material at once
		}
		missing := *old
		missing.missed++
		gone := now.Sub(missing.lastSeen) > entraKeyRetention ||
			slices.ContainsFunc(faults, func(fault keyFault) bool { return !fault.used && fault.concerns(old.signingKey) })
		if kind == ADFS {
			gone = gone || missing.missed >= adfsKeyRetention
		}
		if gone {
			removed = append(removed, old.name())
			continue
		}
		keys = append(keys, &missing)
	}
	// A provider that invents keys cannot fill the memory: of those that vanished, the ones seen last stay.
	slices.SortStableFunc(keys[len(fresh):], func(a, b *storedKey) int { return b.lastSeen.Compare(a.lastSeen) })
	for _, old := range keys[min(len(keys), maxKeys):] {
		removed = append(removed, old.name())
	}
	s.publish(keys[:min(len(keys), maxKeys)])
	return added, removed
}

func (s *keyStore) publish(keys []*storedKey) {
	table := &keyTable{byKID: make(map[string]*storedKey, len(keys)), byX5T: make(map[string]*storedKey, len(keys))}
	jwks := make([]jwkset.JWK, 0, len(keys))
	for _, key := range slices.Backward(keys) { // so that a key of the fresh set, which come first, wins a shared x5t
		if key.kid != "" {
			table.byKID[key.kid] = key
		}
		if key.x5t != "" {
			table.byX5T[key.x5t] = key
		}
		jwks = append(jwks, key.jwk)
	}
	s.table.Store(table)
	_ = s.KeyReplaceAll(context.Background(), jwks) // in memory, it never fails
}

// all answers every key once.
func (s *keyStore) all() []*storedKey {
	table := s.table.Load()
	keys := slices.Collect(maps.Values(table.byKID))
	for _, key := range table.byX5T {
		if key.kid == "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// KeyRead implements jwkset.Storage, for keyfunc, by the rules of this package. keyID is a kid or, for a key without one, its x5t.
func (s *keyStore) KeyRead(ctx context.Context, keyID string) (jwkset.JWK, error) {
	kid, x5t := keyID, ""
	if table := s.table.Load(); table.byKID[keyID] == nil && table.byX5T[keyID] != nil && table.byX5T[keyID].kid == "" {
		kid, x5t = "", keyID
	}
	key, err := s.provider.signingKey(ctx, kid, x5t)
	if err != nil {
		return jwkset.JWK{}, err
	}
	if newIssuerPattern(key.issuer).tenant == consumerTenant {
		return jwkset.JWK{}, &TokenError{Err: ErrKeyIssuer, Detail: "key " + key.name() + " signs for consumer accounts", Authority: s.provider.Authority(), KeyID: key.name()}
	}
	return key.jwk, nil
}
