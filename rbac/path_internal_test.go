package rbac

import (
	"strings"
	"testing"
)

// What isPlainPath lets through, the rules let through; and it does let through whatever they do that is no shorter than a word, is ASCII
// without blanks, and has no segment that begins with a dot. All texts of up to four characters that matter are tried, at all places of a
// word and across two.
func TestIsPlainPath(t *testing.T) {
	characters := []string{"/", ".", " ", "a", "Z", "~", "%", "\\", "\x1f", "\x7f", "é"}
	var try func(path string, more int)
	try = func(path string, more int) {
		plain, err := isPlainPath(path), checkAnyPath(path)
		if plain && err != nil {
			t.Errorf("%q is plain, but %v", path, err)
		}
		if err == nil && !plain && len(path) >= 8 && !strings.Contains(path, "/.") && !strings.ContainsAny(path, "é ") {
			t.Errorf("%q is not plain", path)
		}
		if checkPath(path) != nil != (err != nil) {
			t.Errorf("%q: %v, by the rules %v", path, checkPath(path), err)
		}
		if more == 0 {
			return
		}
		for _, c := range characters {
			try(path+c, more-1)
		}
	}
	for _, begin := range []string{"", "/", "/a", "/a/b", "/tenants", "/tenants/", "/tenants/a", "/tenants/a.", "/tenants/a.b"} {
		try(begin, 4)
	}
	for c := range 256 {
		for _, path := range []string{"/abcdef", "/abcdefg", "/abcdefgh", "/abcdefghijklmnop"} {
			for i := 1; i < len(path); i++ {
				path := path[:i] + string([]byte{byte(c)}) + path[i+1:]
				if plain, err := isPlainPath(path), checkAnyPath(path); plain && err != nil {
					t.Errorf("%q is plain, but %v", path, err)
				} else if err == nil && !plain && len(path) >= 8 && !strings.Contains(path, "/.") && !strings.ContainsRune(" !'", rune(c)) {
					t.Errorf("%q is not plain", path)
				}
			}
		}
	}
	for _, length := range []int{maxPathLength, maxPathLength + 1} {
		if path := "/" + strings.Repeat("a", length-1); isPlainPath(path) != (checkAnyPath(path) == nil) {
			t.Errorf("%d bytes: plain %v", length, isPlainPath(path))
		}
	}
}
