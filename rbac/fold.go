package rbac

import (
	"unicode"
	"unicode/utf8"
)

// Resource Manager compares scopes, actions and principal ids without regard to case. Folding is done once, to a form in
// which two strings are equal exactly when strings.EqualFold says so; after that, bytes are compared.

// appendFold appends the folded form of s to dst.
func appendFold(dst []byte, s string) []byte {
	n := len(dst)
	dst = append(dst, s...)
	for i, c := range dst[n:] {
		if c >= utf8.RuneSelf {
			dst = dst[:n+i]
			for _, r := range s[i:] {
				dst = utf8.AppendRune(dst, foldRune(r))
			}
			return dst
		}
		dst[n+i] = lowerASCII(c)
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
