package rbac

import (
	"regexp"
	"strings"
	"testing"
)

// Each byte is told apart at each place of a word, whatever stands beside it.
func TestWords(t *testing.T) {
	for _, beside := range []byte{'0', 'f', 'F', 'g', 0x00, 0x20, 0x7f} {
		for place := range 8 {
			for c := range 256 {
				text := []byte(strings.Repeat(string([]byte{beside}), 8))
				text[place] = byte(c)
				w, bit := eightBytes(string(text)), uint64(0x80)<<(8*place)
				if got, want := unseen(w)&bit != 0, c <= ' ' || c >= 0x7f; got != want {
					t.Errorf("%q: unseen is %t of byte %d", text, got, place)
				}
				want := strings.IndexByte("0123456789abcdefABCDEF", byte(c)) >= 0
				if got := hexDigits(w)&bit != 0; got != want {
					t.Errorf("%q: hexDigits is %t of byte %d", text, got, place)
				}
			}
		}
	}
}

func TestIsGUID_EachByte(t *testing.T) {
	guid := regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`)
	for _, id := range []string{"0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"} {
		if !IsGUID(id) {
			t.Errorf("%q is none", id)
		}
		for place := range len(id) {
			for c := range 256 {
				changed := id[:place] + string([]byte{byte(c)}) + id[place+1:]
				if got, want := IsGUID(changed), guid.MatchString(changed) && c != '\n'; got != want {
					t.Errorf("IsGUID(%q) = %t", changed, got)
				}
			}
		}
	}
}

// What is plain is well-formed, and what is well-formed, no shorter than a word and ASCII is plain: of all texts of up to four characters that
// matter, at all places of a word and across two.
func TestIsPlainAction(t *testing.T) {
	var try func(action string, more int)
	try = func(action string, more int) {
		plain, is := isPlainAction(action), isAction(action)
		if plain && !is {
			t.Errorf("%q is plain and not well-formed", action)
		}
		if is && !plain && len(action) >= 8 && !strings.Contains(action, "é") {
			t.Errorf("%q is not plain", action)
		}
		if more > 0 {
			for _, c := range []string{"/", "*", " ", "a", "Z", "~", "!", "\x1f", "\x7f", "é"} {
				try(action+c, more-1)
			}
		}
	}
	for _, begin := range []string{"", "a", "a/b", "a/b/read", "ab/read", "abc/read", "a/b/write", "Microsoft.Compute/"} {
		try(begin, 4)
	}
	for c := range 256 {
		for _, action := range []string{"abc/read", "ab/c/read", "Microsoft.Compute/virtualMachines/read"} {
			for place := range len(action) {
				try(action[:place]+string([]byte{byte(c)})+action[place+1:], 0)
			}
		}
	}
}
