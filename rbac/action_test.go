package rbac

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestActionPatterns(t *testing.T) {
	tests := []struct {
		pattern, action string
		matches         bool
	}{
		{"*", "Microsoft.Compute/virtualMachines/read", true},
		{"*/read", "Microsoft.Compute/virtualMachines/read", true},
		{"*/read", "Microsoft.Sql/servers/databases/read", true},
		{"*/read", "/read", true},
		{"*/read", "read", false},
		{"*/read", "Microsoft.Compute/virtualMachines/write", false},
		{"*/read", "Microsoft.Compute/virtualMachines/read/action", false},
		{"*/READ", "microsoft.compute/virtualmachines/Read", true},
		{"Microsoft.Compute/*", "Microsoft.Compute/virtualMachines/start/action", true},
		{"Microsoft.Compute/*", "Microsoft.Compute/", true},
		{"Microsoft.Compute/*", "Microsoft.Compute", false},
		{"Microsoft.Compute/*", "Microsoft.ComputeLimits/x/read", false},
		{"Microsoft.Compute/virtualM*", "Microsoft.Compute/virtualMachines/read", true},
		{"Microsoft.Web/sites/*/read", "Microsoft.Web/sites/config/read", true},
		{"Microsoft.Web/sites/*/read", "Microsoft.Web/sites/config/snapshots/read", true},
		{"Microsoft.Web/sites/*/read", "Microsoft.Web/sites//read", true},
		{"Microsoft.Web/sites/*/read", "Microsoft.Web/sites/read", false},
		{"Microsoft.Authorization/*/Write", "Microsoft.Authorization/roleAssignments/write", true},
		{"Microsoft.Authorization/*/Write", "Microsoft.Authorization/write", false},
		{"  */read ", "a/read", true},
		{"Microsoft.Compute/disks/read ", "Microsoft.Compute/disks/read", true},
		{"a.b/c/read", "a.b/c/read", true},
		{"a.b/c/read", "aXb/c/read", false},
		{"a/$b:{c}-[d]+?/read", "A/$B:{C}-[D]+?/READ", true},
		{"a/b?/read", "a/bc/read", false},
		{"a/*/c/*/e", "a/b/c/d/e", true},
		{"a/*/c/*/e", "a/b/c/e", false},
		{"a/*/c/*/e", "a/1/2/c/3/c/4/e", true},
		{"*a*", "bab", true},
		{"*a*", "bb", false},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"ab*ba", "aba", false},
		{"*b*ab", "xbab", true},
		{"**", "x", true},
		{"**", "", true},
		{"ä/read", "Ä/READ", true},
	}
	for _, tt := range tests {
		set := newActionSet([]string{tt.pattern})
		if got := set.matches([]byte(fold(tt.action))); got != tt.matches {
			t.Errorf("%q matches %q = %v, want %v", tt.pattern, tt.action, got, tt.matches)
		}
	}
}

func TestActionSetIsAUnion(t *testing.T) {
	set := newActionSet([]string{"a/b/read", "c/*", "*/delete"})
	for action, want := range map[string]bool{"a/b/read": true, "c/d/write": true, "x/delete": true, "a/b/write": false, "": false} {
		if set.matches([]byte(action)) != want {
			t.Errorf("%q: %v, want %v", action, !want, want)
		}
	}
	var empty actionSet
	if empty.matches([]byte("a")) || empty.matches(nil) {
		t.Error("the empty set matches")
	}
}

func TestCheckAction(t *testing.T) {
	tests := []struct {
		name, action string
		custom       bool
		valid        bool
	}{
		{"plain", "Microsoft.Compute/virtualMachines/read", true, true},
		{"unknown", "Never.Heard/of/it", true, true},
		{"wildcard", "*", true, true},
		{"wildcard in a segment", "Microsoft.Compute/virtualM*", true, true},
		{"two wildcards, custom", "*/sites/*", true, false},
		{"two wildcards, built in", "*/sites/*", false, true},
		{"odd characters", "A/$b:{c}-/read", true, true},
		{"blanks around", " a/read ", true, true},
		{"empty", "", false, false},
		{"blank", "  ", false, false},
		{"line feed within", "a\nb", false, false},
		{"NUL", "a\x00", false, false},
		{"invalid UTF-8", "a\xff", false, false},
		{"longest", strings.Repeat("a", 1024), true, true},
		{"too long", strings.Repeat("a", 1025), false, false},
	}
	for _, tt := range tests {
		err := checkAction(tt.action, tt.custom)
		if (err == nil) != tt.valid || err != nil && !errors.Is(err, ErrInvalidAction) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// naiveMatch follows the words: a star stands for any text, the rest is literal, case does not count.
func naiveMatch(pattern, action string) bool {
	if pattern == "" {
		return action == ""
	}
	p, width := utf8.DecodeRuneInString(pattern)
	if p == '*' {
		for i := range len(action) + 1 {
			if naiveMatch(pattern[width:], action[i:]) {
				return true
			}
		}
		return false
	}
	if action == "" {
		return false
	}
	_, size := utf8.DecodeRuneInString(action)
	return strings.EqualFold(pattern[:width], action[:size]) && naiveMatch(pattern[width:], action[size:])
}

func FuzzActionPattern(f *testing.F) {
	for _, seed := range [][2]string{
		{"*/read", "a/read"}, {"a*a", "a"}, {"A/*/c", "a/b/C"}, {"*a*b*", "xaxb"}, {"*ab*ab", "ab"},
		{"Ä*", "äöü"}, {"ſ", "S"}, {"**", ""}, {" a ", "a"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, action string) {
		if !utf8.ValidString(pattern) || !utf8.ValidString(action) || strings.Count(pattern, "*") > 5 || len(action) > 60 {
			return
		}
		set := newActionSet([]string{pattern})
		got := set.matches([]byte(fold(action)))
		if want := naiveMatch(strings.TrimSpace(pattern), action); got != want {
			t.Fatalf("%q matches %q = %v, want %v", pattern, action, got, want)
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, seed := range [][2]string{{"a", "A"}, {"ſ", "s"}, {"\u212a", "k"}, {"ß", "ẞ"}, {"σ", "ς"}, {"İ", "i"}, {"Ǆ", "ǆ"}, {"é", "É"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		if (fold(a) == fold(b)) != strings.EqualFold(a, b) {
			t.Fatalf("%q and %q fold to %q and %q", a, b, fold(a), fold(b))
		}
		if upper := strings.ToUpper(a); (fold(a) == fold(upper)) != strings.EqualFold(a, upper) {
			t.Fatalf("%q and %q fold to %q and %q", a, upper, fold(a), fold(upper))
		}
		if fold(fold(a)) != fold(a) || string(appendFold(nil, a)) != fold(a) {
			t.Fatalf("%q folds to %q", a, fold(a))
		}
	})
}
