package rbac

import (
	"strings"
	"testing"
)

// What isPlainPath lets through, the rules let through; and it does let through whatever they do that is ASCII and has no segment that
// begins with a dot. All paths of up to four characters that matter are tried.
func TestIsPlainPath(t *testing.T) {
	characters := []string{"/", ".", " ", "a", "Z", "~", "%", ";", "\\", "\x00", "\x1f", "\x7f", "\x80", "é"}
	var try func(path string, more int)
	try = func(path string, more int) {
		plain, err := isPlainPath(path), checkAnyPath(path)
		if plain && err != nil {
			t.Errorf("%q is plain, but %v", path, err)
		}
		if err == nil && !plain && !strings.Contains(path, "/.") && !strings.Contains(path, "é") {
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
	for _, begin := range []string{"", "/", "/a", "/a/b"} {
		try(begin, 4)
	}
	for _, length := range []int{maxPathLength, maxPathLength + 1} {
		if path := "/" + strings.Repeat("a", length-1); isPlainPath(path) != (checkAnyPath(path) == nil) {
			t.Errorf("%d bytes: plain %v", length, isPlainPath(path))
		}
	}
}
