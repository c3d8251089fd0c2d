package rbac

import (
	"strings"
	"unicode/utf8"
)

// like reports whether text matches a pattern of StringLike: '*' stands for any text, the empty text included, '?' for
// exactly one character, and a backslash takes the meaning from a '*', a '?' or a backslash after it. Every other backslash
// is itself.
func like(text, pattern string, ignoreCase bool) bool {
	// When what follows a '*' does not fit, that '*' takes one more character: star is the pattern after it, and taken the
	// text after what it has taken so far. An earlier '*' need never give back: the later one can take what it would.
	star, taken, starred := "", "", false
	for text != "" {
		wanted, wildcard, rest := cutPattern(pattern)
		if wildcard == '*' {
			pattern = rest
			star, taken, starred = pattern, text, true
			continue
		}
		character, size := utf8.DecodeRuneInString(text)
		if pattern != "" && (wildcard == '?' || sameRune(character, wanted, ignoreCase)) {
			text, pattern = text[size:], rest
			continue
		}
		if !starred {
			return false
		}
		_, size = utf8.DecodeRuneInString(taken)
		taken = taken[size:]
		text, pattern = taken, star
	}
	return strings.Trim(pattern, "*") == ""
}

// cutPattern returns what a pattern starts with, a wildcard or else a literal, and the rest of the pattern.
func cutPattern(pattern string) (literal rune, wildcard byte, rest string) {
	if pattern == "" {
		return 0, 0, ""
	}
	switch c := pattern[0]; {
	case c == '*' || c == '?':
		return 0, c, pattern[1:]
	case c == '\\' && len(pattern) > 1 && strings.IndexByte(`*?\`, pattern[1]) >= 0:
		return rune(pattern[1]), 0, pattern[2:]
	}
	literal, size := utf8.DecodeRuneInString(pattern)
	return literal, 0, pattern[size:]
}

// hasPrefix reports whether text starts with prefix.
func hasPrefix(text, prefix string, ignoreCase bool) bool {
	if !ignoreCase {
		return strings.HasPrefix(text, prefix)
	}
	for _, wanted := range prefix {
		character, size := utf8.DecodeRuneInString(text)
		if size == 0 || !sameRune(character, wanted, true) {
			return false
		}
		text = text[size:]
	}
	return true
}

func sameRune(a, b rune, ignoreCase bool) bool {
	return a == b || ignoreCase && foldRune(a) == foldRune(b)
}
