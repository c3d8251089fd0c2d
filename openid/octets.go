package openid

import "unsafe"

// octetsOf answers the octets of s for somebody who only reads them, as hashes and MACs do. A copy of a token would be garbage of its size
// with each request, and a bearer token in memory that nobody looks after.
func octetsOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// Eight octets are looked at at once in one word: eachOne has 1 in each of them, and eachTop the top bit.
const (
	eachOne = 0x0101010101010101
	eachTop = 0x8080808080808080
)

// word is the eight bytes of s, the first one lowest.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
