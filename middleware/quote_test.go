package middleware

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestQuote(t *testing.T) {
	tests := []struct {
		name, in string
		most     int
		want     string
	}{
		{"plain", "user@contoso.example", 64, "user@contoso.example"},
		{"letters of any script", "Zoë 王", 64, "Zoë 王"},
		{"quotes", `a'b"c\d`, 64, `a\'b\"c\\d`},
		{"line breaks", "a\r\nb", 64, `a\r\nb`},
		{"terminal escape", "\x1b[31m", 64, `\x1b[31m`},
		{"text direction", "a\u202eb", 64, `a\u202eb`},
		{"invalid UTF-8", "a\xff", 64, `a\xff`},
		{"as long as allowed", strings.Repeat("x", 16), 16, strings.Repeat("x", 16)},
		{"too long", strings.Repeat("x", 17), 16, strings.Repeat("x", 16) + "..."},
		{"cut inside a character", "abcé", 4, `abc\xc3...`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := quote(tt.in, tt.most); got != tt.want {
				t.Errorf("quote(%q, %d) = %q, want %q", tt.in, tt.most, got, tt.want)
			}
		})
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("a'b", 8)
	f.Add("\x00\u2028\xff", 1)
	f.Fuzz(func(t *testing.T, s string, most int) {
		if most < 0 {
			return
		}
		got := quote(s, most)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(c rune) bool { return !unicode.IsPrint(c) }) {
			t.Errorf("quote(%q, %d) = %q is not printable", s, most, got)
		}
		// The longest escape of one byte is \xff.
		if len(got) > 10*most+len("...") {
			t.Errorf("quote(%q, %d) has %d bytes", s, most, len(got))
		}
		for rest := got; ; {
			before, after, found := strings.Cut(rest, "'")
			if !found {
				break
			}
			if slashes := len(before) - len(strings.TrimRight(before, `\`)); slashes%2 == 0 {
				t.Errorf("quote(%q, %d) = %q ends the quotes around it", s, most, got)
			}
			rest = after
		}
	})
}
