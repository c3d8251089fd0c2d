package openid

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
)

// Base64url as RFC 7515, section 2 has it: no padding, no line breaks, no other characters, no stray bits. The standard library's decoder
// would skip CR and LF, so that a token must be searched for them first, and takes half as long again: of a large token's verification
// that is a tenth. The tests hold the two against each other.

func wrongBase64URL(s string) error {
	if strings.ContainsAny(s, "\r\n") {
		return errors.New("line break in base64url")
	}
	return errors.New("not strict base64url")
}

// sextets has what a character stands for, at each of the four places of a quantum of 24 bits; or notSextet.
var sextets = func() (tables [4][256]uint32) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for place := range tables {
		for c := range tables[place] {
			tables[place][c] = notSextet
		}
		for sextet, c := range []byte(alphabet) {
			tables[place][c] = uint32(sextet) << (18 - 6*place)
		}
	}
	return tables
}()

const notSextet = 1 << 31

// quantum is the 24 bits that four characters stand for.
func quantum(s string) uint32 {
	_ = s[3]
	return sextets[0][s[0]] | sextets[1][s[1]] | sextets[2][s[2]] | sextets[3][s[3]]
}

// decodeBase64URL answers the octets that s stands for.
func decodeBase64URL(s string) ([]byte, error) { return appendBase64URL(nil, s) }

// appendBase64URL appends the octets that s stands for. There is room for all of them only when the first are read, so that nonsense
// costs little.
func appendBase64URL(dst []byte, s string) ([]byte, error) {
	for most := 1024; len(s) >= 8; most = len(s) {
		part := s[:min(len(s), most)&^7]
		s = s[len(part):]
		begin, end := len(dst), len(dst)+len(part)/4*3
		dst = slices.Grow(dst, end-begin+8) // six octets are written as eight; and room for the last ones
		for out := dst[begin : end+2]; len(part) >= 8 && len(out) >= 8; part, out = part[8:], out[6:] {
			first, second := quantum(part), quantum(part[4:])
			if (first|second)&notSextet != 0 {
				return nil, wrongBase64URL(part[:8])
			}
			binary.BigEndian.PutUint64(out, uint64(first)<<40|uint64(second)<<16)
		}
		dst = dst[:end]
	}
	if len(s) >= 4 {
		bits := quantum(s)
		if bits&notSextet != 0 {
			return nil, wrongBase64URL(s)
		}
		dst, s = append(dst, byte(bits>>16), byte(bits>>8), byte(bits)), s[4:]
	}
	return appendRest(dst, s)
}

// appendRest appends what the last characters stand for, which are no whole quantum. Bits that no octet takes must be zero (RFC 4648,
// section 3.5).
func appendRest(dst []byte, s string) ([]byte, error) {
	var bits uint32
	for place := range len(s) {
		bits |= sextets[place][s[place]]
	}
	octets := len(s) * 6 / 8
	if len(s) == 1 || bits&notSextet != 0 || bits<<(8+8*octets) != 0 {
		return nil, wrongBase64URL(s)
	}
	for i := range octets {
		dst = append(dst, byte(bits>>(16-8*i)))
	}
	return dst, nil
}
