package openid

import (
	"strings"
	"testing"
)

// Text of foreign origin stands in logs on one line, in ASCII and bounded, whatever it holds.
func TestClip(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "https://sts.windows.net/", "https://sts.windows.net/"},
		{"empty", "", ""},
		{"line break", "a\nlevel=ERROR msg=forged", `a\nlevel=ERROR msg=forged`},
		{"terminal escape", "\x1b[31m", `\x1b[31m`},
		{"quote", `a"b`, `a\"b`},
		{"no UTF-8", "a\xff", `a\xff`},
		{"right-to-left override", "a\u202eb", `a\u202eb`},
		{"longest", strings.Repeat("a", 200), strings.Repeat("a", 200)},
		{"too long", strings.Repeat("a", 201), strings.Repeat("a", 200) + "..."},
		{"cut within a character", strings.Repeat("a", 199) + "é", strings.Repeat("a", 199) + `\xc3...`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := clip(test.text); got != test.want {
				t.Errorf("clip(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
	if got := len(clip(strings.Repeat("\u202e", 1<<20))); got > 2000 {
		t.Errorf("a megabyte becomes %d bytes", got)
	}
}
