package rbac

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

// Resource Manager compares scopes, actions and principal ids without regard to case. Folding is done once, to a form in
// which two strings are equal exactly when strings.EqualFold says so; after that, bytes are compared.

// appendFold appends the folded form of s to dst.
func appendFold(dst []byte, s string) []byte {
	n := len(dst)
	dst = append(dst, s...)
	folded, i := dst[n:], 0
	for ; i+8 <= len(folded); i += 8 { // eight bytes at once, as long as they are ASCII, so that no sum has a carry
		w := binary.LittleEndian.Uint64(folded[i:])
		if w&tops != 0 {
			break
		}
		capitals := (w + ones*(0x80-'A')) &^ (w + ones*(0x80-'Z'-1)) & tops
		binary.LittleEndian.PutUint64(folded[i:], w|capitals/(0x80/('a'-'A')))
	}
	for ; i < len(folded); i++ {
		if folded[i] >= utf8.RuneSelf {
			dst = dst[:n+i]
			for _, r := range s[i:] {
				dst = utf8.AppendRune(dst, foldRune(r))
			}
			return dst
		}
		folded[i] = lowerASCII(folded[i])
	}
	return dst
}

// fold returns the folded form of s, which is s itself when nothing changes.
func fold(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c-'A' <= 'Z'-'A' || c >= utf8.RuneSelf {
			var buffer [256]byte // longer than most paths, so that only the result is allocated
			return string(appendFold(buffer[:0], s))
		}
	}
	return s
}

// foldRune returns the one rune that stands for all runes that simple case folding takes for the same.
func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if least < utf8.RuneSelf {
		return rune(lowerASCII(byte(least)))
	}
	return least
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
