package rbac_test

import (
	"errors"
	"net/url"
	"path"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

func TestCanonicalPath(t *testing.T) {
	tests := []struct {
		name   string
		target string // as a client sends it
		want   string // "" when it is refused
	}{
		{"root", "/", "/"},
		{"plain", "/subscriptions/s", "/subscriptions/s"},
		{"query is no part", "/subscriptions?api-version=2020-01-01", "/subscriptions"},
		{"one trailing slash", "/subscriptions/", "/subscriptions"},
		{"case is kept", "/Subscriptions/S", "/Subscriptions/S"},
		{"escaped blank", "/subscriptions/s/resourceGroups/a%20b", "/subscriptions/s/resourceGroups/a b"},
		{"escaped parentheses", "/subscriptions/s/resourceGroups/a%28b%29", "/subscriptions/s/resourceGroups/a(b)"},
		{"escaped letter", "/%73ubscriptions/s", "/subscriptions/s"},
		{"escaped umlaut", "/subscriptions/s/resourceGroups/%C3%A4", "/subscriptions/s/resourceGroups/ä"},
		{"dots within a name", "/a/b..c/...", "/a/b..c/..."},
		{"sub-delimiters", "/a/$b:c@d!e'f,g=h&i*j+k~l", "/a/$b:c@d!e'f,g=h&i*j+k~l"},
		{"absolute form", "http://host/subscriptions", "/subscriptions"},

		{"absolute form without a path", "http://host", ""},
		{"asterisk form", "*", ""},
		{"two slashes", "/a//b", ""},
		{"two slashes at the front", "//subscriptions/s", ""},
		{"two trailing slashes", "/a//", ""},
		{"only slashes", "//", ""},
		{"dot segment", "/a/./b", ""},
		{"dot dot segment", "/a/../b", ""},
		{"trailing dot segment", "/a/.", ""},
		{"encoded dot segment", "/a/%2e%2e/b", ""},
		{"half encoded dot segment", "/a/.%2E/b", ""},
		{"encoded slash", "/a%2fb", ""},
		{"encoded slash in capitals", "/a%2Fb", ""},
		{"encoded trailing slash", "/a%2f", ""},
		{"encoded backslash", "/a%5cb", ""},
		{"encoded backslash in capitals", "/a%5Cb", ""},
		{"twice encoded slash", "/a%252fb", ""},
		{"twice encoded dots", "/a/%252e%252e/b", ""},
		{"encoded percent", "/a%25b", ""},
		{"encoded question mark", "/a%3fb", ""},
		{"encoded number sign", "/a%23b", ""},
		{"semicolon", "/a;b", ""},
		{"encoded semicolon", "/a%3bb", ""},
		{"encoded NUL", "/a%00b", ""},
		{"encoded line feed", "/a%0ab", ""},
		{"encoded tab", "/a%09b", ""},
		{"encoded C1 control", "/a%C2%85b", ""},
		{"encoded line separator", "/a%E2%80%A8b", ""},
		{"encoded zero width space", "/a%E2%80%8Bb", ""},
		{"invalid UTF-8", "/a%ffb", ""},
		{"over-long UTF-8 slash", "/a%c0%afb", ""},
		{"blank at the start of a segment", "/a/%20b", ""},
		{"blank at the end of a segment", "/a%20/b", ""},
		{"dots and a blank", "/a/..%20/b", ""},
		{"full width slash is a letter", "/a%EF%BC%8Fb", "/a\uff0fb"},
		{"long s", "/%C5%BFubscriptions/s", ""},
		{"Kelvin sign", "/%E2%84%AA", ""},
		{"too long", "/" + strings.Repeat("a", 2048), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := &url.URL{Path: "*"}
			if tt.target != "*" {
				var err error
				if u, err = url.ParseRequestURI(tt.target); err != nil {
					t.Fatal(err)
				}
			}
			got, err := rbac.CanonicalPath(u)
			if got != tt.want {
				t.Errorf("CanonicalPath(%q) = %q, want %q", tt.target, got, tt.want)
			}
			if (err == nil) != (tt.want != "") || err != nil && !errors.Is(err, rbac.ErrInvalidPath) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// Someone before us may have rewritten one of the two paths and not the other.
func TestCanonicalPathRefusesTwoPaths(t *testing.T) {
	for _, u := range []*url.URL{
		{Path: "/a", RawPath: "/b"},
		{Path: "/a", RawPath: "/%"},
		{Path: "/a", RawPath: "/a/../a"},
		{Path: "/a/b", RawPath: "/a%2fb"},
		{Opaque: "host/path"},
		{Path: "/a", Opaque: "b"},
	} {
		if got, err := rbac.CanonicalPath(u); !errors.Is(err, rbac.ErrInvalidPath) {
			t.Errorf("CanonicalPath(%#v) = %q, %v", u, got, err)
		}
	}
}

func FuzzCanonicalPath(f *testing.F) {
	for _, seed := range []string{
		"/", "/subscriptions/s/", "/a%20b/c", "/a%2fb", "/a%252fb", "/a/%2e%2e/b", "/a//b", "/a;b", "/a%5cb", "/%C5%BF", "/a%",
		"http://h/a", "*", "/a?b", "/a%3fb",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		got, err := rbac.CanonicalPath(u)
		if err != nil {
			return
		}
		if path.Clean(got) != got || got[0] != '/' {
			t.Fatalf("%q: %q is not clean", target, got)
		}
		// Whoever writes the path into a URL and reads it there has the same path, and routers that look at the raw path have
		// nothing else to look at.
		written := (&url.URL{Path: got}).EscapedPath()
		again, err := url.ParseRequestURI(written)
		if err != nil || again.Path != got || again.RawPath != "" {
			t.Fatalf("%q: %q is read back as %q and %q, %v", target, got, again.Path, again.RawPath, err)
		}
		if twice, err := rbac.CanonicalPath(again); err != nil || twice != got {
			t.Fatalf("%q: %q becomes %q, %v", target, got, twice, err)
		}
		// Decoding once more changes nothing.
		if decoded, err := url.PathUnescape(got); err != nil || decoded != got {
			t.Fatalf("%q: %q decodes to %q, %v", target, got, decoded, err)
		}
		// As many segments as the client sent, a trailing slash aside.
		if sent := strings.TrimSuffix(u.EscapedPath(), "/"); strings.Count(sent, "/") != strings.Count(strings.TrimSuffix(got, "/"), "/") {
			t.Fatalf("%q: segments of %q", target, got)
		}
	})
}
