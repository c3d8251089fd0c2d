package openid

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"math"
	"strings"
	"time"
	"unique"

	"github.com/maypok86/otter/v2"
)

// A tokenCache remembers tokens whose signature and claims have verified, so that the next request with the same token costs a look-up.
// It holds what became of a token and never the token itself.
//
// A token is found by its GMAC under a key that is drawn for each cache and leaves it as little as the tags do. With its fixed nonce GMAC
// is GHASH plus a constant, a polynomial in the secret key: two different tokens of 64 KiB collide with a probability of less than
// 2^-115, whoever made them (NIST SP 800-38D, section 6.4; McGrew and Viega 2004, section 5). To force a collision one would have to know
// the key, or a tag, and neither shows in an answer. SHA-256 takes four times as long; maphash makes no such promise.
type tokenCache struct {
	mac     cipher.AEAD
	entries *otter.Cache[tokenTag, *verifiedToken]
	groups  groupLists
}

type tokenTag [16]byte

// A verifiedToken is what a hit goes by.
type verifiedToken struct {
	principal *Principal
	groups    *groupList // keeps the shared list that principal has
	provider  *Provider
	key       *signingKey
	header    tokenHeader
	issuers   uint64 // Verifier.issuerChanges when it was verified
	weight    uint32 // bytes
}

func newTokenCache(maxTokens, maxBytes int) (*tokenCache, error) {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	c := &tokenCache{}
	if c.mac, err = cipher.NewGCM(block); err != nil {
		return nil, err
	}
	// A token takes its share of the bytes at least, so that there is room for no more tokens. A share has 32 bits.
	tokens, bytes := uint64(maxTokens), uint64(maxBytes)
	share := uint32(min(bytes/tokens, math.MaxUint32))
	if bytes/tokens > math.MaxUint32 {
		bytes = tokens * math.MaxUint32
	}
	// W-TinyLFU keeps what is asked for again before what has only just come, so that a flood of new tokens pushes out itself.
	c.entries, err = otter.New(&otter.Options[tokenTag, *verifiedToken]{
		MaximumWeight: bytes,
		Weigher: func(_ tokenTag, t *verifiedToken) uint32 {
			return max(t.weight, share)
		},
	})
	return c, err
}

// zeroNonce is the one nonce that there is: nothing is encrypted, and no tag is ever shown.
var zeroNonce = make([]byte, 12)

// tag answers the name of a token, using the room in s.
func (c *tokenCache) tag(token string, s *scratch) tokenTag {
	c.mac.Seal(s.tag[:0], zeroNonce, nil, octetsOf(token))
	return s.tag
}

// cached answers the principal of a token that was verified before, if all that can have changed since still holds: its times, its tenant,
// its key, and whose its issuer is. If not, the token is verified like a new one, and refused in the same words.
func (v *Verifier) cached(tag tokenTag) *Principal {
	t, ok := v.cache.entries.GetIfPresent(tag)
	if !ok {
		return nil
	}
	if v.holds(t) {
		return t.principal
	}
	v.cache.entries.Invalidate(tag)
	return nil
}

func (v *Verifier) holds(t *verifiedToken) bool {
	now := v.now()
	if t.issuers != v.issuerChanges() || v.checkTimes(t.principal, now) != nil || !v.adfs && !v.acceptsTenant(t.principal.Tenant) {
		return false
	}
	key, err := t.provider.knownKey(t.header.kid, t.header.x5t, v.keysAsOf(now))
	return err == nil && key == t.key
}

// keysAsOf answers the time by which keys are judged, where now is what the verifier's clock has just answered.
func (v *Verifier) keysAsOf(now time.Time) time.Time {
	if v.oneClock {
		return now
	}
	return time.Now()
}

// issuerChanges counts how often it has changed which issuer is whose.
func (v *Verifier) issuerChanges() uint64 {
	var changes uint64
	for _, p := range v.providers {
		changes += p.pinned.Load()
	}
	return changes
}

// remember keeps a verified token. What was counted before its verification makes sure that a change meanwhile is not lost.
func (v *Verifier) remember(tag tokenTag, p *Principal, provider *Provider, header tokenHeader, key *signingKey, issuers uint64) {
	t := &verifiedToken{
		provider: provider,
		key:      key,
		header:   tokenHeader{kid: key.kid, x5t: key.x5t},
		issuers:  issuers,
	}
	if header.kid == "" {
		t.header.kid = ""
	} else {
		t.header.x5t = ""
	}
	t.principal, t.groups, t.weight = v.cache.compact(p)
	v.cache.entries.Set(tag, t)
}

// tokenWeight is what a verifiedToken, its Principal and its place in the cache take without the strings and lists, in bytes.
const tokenWeight = 700

// compact copies a principal without the rest of its token: the parts that many tokens share only once, the others into one string. What is
// shared weighs as much as if it were not, because nothing makes a provider's tokens share it.
func (c *tokenCache) compact(p *Principal) (*Principal, *groupList, uint32) {
	q := *p
	shared := []*string{&q.Tenant, &q.Issuer, &q.Application} // Audience is the configured string
	sharedBytes := 0
	for _, s := range shared {
		*s = unique.Make(*s).Value()
		sharedBytes += len(*s)
	}
	own := []*string{&q.ObjectID, &q.TokenID, &q.Name, &q.ManagedIdentity}
	lists := []*[]string{&q.Scopes, &q.AuthenticationMethods, &q.AuthenticationContexts, &q.Capabilities}
	n := 0
	for _, list := range lists {
		n += len(*list)
	}
	values := make([]string, 0, n)
	for _, list := range lists {
		begin := len(values)
		if values = append(values, *list...); len(*list) > 0 {
			*list = values[begin:len(values):len(values)]
		}
	}
	for i := range values {
		own = append(own, &values[i])
	}
	var text strings.Builder
	length := 0
	for _, s := range own {
		length += len(*s)
	}
	text.Grow(length)
	for _, s := range own {
		text.WriteString(*s)
	}
	rest := text.String()
	for _, s := range own {
		*s, rest = rest[:len(*s)], rest[len(*s):]
	}
	var groups *groupList
	var groupBytes int
	if len(q.Groups) > 0 {
		groups = c.groups.share(q.Groups, c.mac)
		q.Groups, groupBytes = groups.ids, groups.bytes
	}
	return &q, groups, uint32(tokenWeight + sharedBytes + text.Len() + 16*n + groupBytes)
}
