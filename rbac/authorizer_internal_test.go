package rbac

import (
	"slices"
	"strings"
	"testing"
)

// equalIDs answers what slices.Equal answers, whether lists share their strings, parts of them, or nothing.
func TestEqualIDs(t *testing.T) {
	text := "9ead0000-0000-4000-8000-000000000004"
	one := []string{text, "S-1-5-21-1", text[:8], ""}
	cloned := make([]string, len(one))
	for i := range one {
		cloned[i] = strings.Clone(one[i])
	}
	lists := [][]string{
		nil, {}, one, cloned, one[:3], cloned[:3], {text}, {text[:35]}, {text[:8]}, {text[9:13]}, {"4000"}, {"8000"}, {""},
		{"S-1-5-21-1", text, text[:8], ""}, {text, "S-1-5-21-1", text[:8], "x"}, {text, "S-1-5-21-2", text[:8], ""},
	}
	for _, a := range lists {
		for _, b := range lists {
			if got, want := equalIDs(a, b), slices.Equal(a, b); got != want {
				t.Errorf("%q and %q are equal: %t", a, b, got)
			}
		}
	}
}
