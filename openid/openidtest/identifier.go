package openidtest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
)

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// isGUID reports whether s is a GUID in lower case.
func isGUID(s string) bool { return guid.MatchString(s) }

// derivedGUID returns a GUID that depends on seed alone: whatever a directory would have stored about a principal stays
// the same from token to token.
func derivedGUID(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	h := []byte(hex.EncodeToString(sum[:16]))
	h[12], h[16] = '4', 'a' // RFC 9562 section 5.4: version and variant
	return string(h[:8]) + "-" + string(h[8:12]) + "-" + string(h[12:16]) + "-" + string(h[16:20]) + "-" + string(h[20:])
}

// pairwise returns an opaque subject, another one for each pair of seed and audience (OpenID Connect Core section 8.1).
func pairwise(seed, audience string) string {
	sum := sha256.Sum256([]byte(seed + "\n" + audience))
	return encode(sum[:])
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
