package openid

import "strings"

// zeroGUID stands for everyone in Azure RBAC's deny assignments, so it can be nobody's identity.
const zeroGUID = "00000000-0000-0000-0000-000000000000"

// parseGUID returns the lower-case form of a GUID in its usual notation of 8-4-4-4-12 hexadecimal digits.
func parseGUID(s string) (string, bool) {
	if len(s) != len(zeroGUID) || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return "", false
	}
	// A token has up to 200 of them, nearly always in lower case: eight characters are looked at at once, and hyphens count as digits.
	const hyphen = '-' ^ '0'
	if lowerHex(s[:8])&lowerHexOf(word(s[8:16])^(hyphen|hyphen<<40))&lowerHexOf(word(s[16:24])^(hyphen<<16|hyphen<<56))&
		lowerHex(s[24:32])&lowerHex(s[28:]) == eachTop {
		return s, true
	}
	for i := range len(s) {
		switch c := s[i] | 0x20; {
		case i == 8 || i == 13 || i == 18 || i == 23:
		case '0' <= s[i] && s[i] <= '9', 'a' <= c && c <= 'f':
		default:
			return "", false
		}
	}
	return strings.ToLower(s), true
}

func lowerHex(s string) uint64 { return lowerHexOf(word(s)) }

// lowerHexOf answers the top bit of each byte of w that is a digit or a letter from a to f. The sums have no carry from one byte into the
// next, as long as w is ASCII; what is not is nothing.
func lowerHexOf(w uint64) uint64 {
	if w&eachTop != 0 {
		return 0
	}
	digit := (w + eachOne*(0x80-'0')) &^ (w + eachOne*(0x80-'9'-1))
	letter := (w + eachOne*(0x80-'a')) &^ (w + eachOne*(0x80-'f'-1))
	return (digit | letter) & eachTop
}

// parseSID returns a security identifier (S-1-5-21-...) with its S in upper case. [MS-DTYP] section 2.4.2.1: revision 1, a
// decimal identifier authority below 2^32 and 1 to 15 sub-authorities of 32 bits.
func parseSID(s string) (string, bool) {
	const longest = len("S-1-") + 16*len("4294967295-")
	if len(s) < len("S-1-0-0") || len(s) > longest || (s[0] != 'S' && s[0] != 's') || s[1:4] != "-1-" {
		return "", false
	}
	count := 0
	for part := range strings.SplitSeq(s[4:], "-") {
		if count++; !isUint32(part) {
			return "", false
		}
	}
	if count < 2 || count > 16 {
		return "", false
	}
	if s[0] == 's' {
		s = "S" + s[1:]
	}
	return s, true
}

// isUint32 reports whether s is a decimal number below 2^32 in its one canonical spelling.
func isUint32(s string) bool {
	if s == "" || len(s) > 10 || (s[0] == '0' && len(s) > 1) {
		return false
	}
	var n uint64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		n = n*10 + uint64(s[i]-'0')
	}
	return n < 1<<32
}

// ParseObjectID returns the form in which this package answers object ids and group ids, and in which they are compared: a GUID in lower
// case or a SID (S-1-5-21-...) with its S in upper case. It reports false for anything else, and for the zero GUID, which is nobody's id.
func ParseObjectID(s string) (string, bool) {
	if guid, ok := parseGUID(s); ok {
		return guid, guid != zeroGUID
	}
	return parseSID(s)
}
