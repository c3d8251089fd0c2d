package openid

import (
	"fmt"
	"testing"
)

// Whatever takes the place of what else, nothing is answered but the header that was remembered for that very text.
func TestKnownHeaders(t *testing.T) {
	var known knownHeaders
	for i := range 400 {
		segment := fmt.Sprint("segment ", i)
		if h := known.get(segment); h != nil {
			t.Errorf("%s is known as %v already", segment, *h)
		}
		want := tokenHeader{alg: "RS256", kid: segment}
		known.put(segment, want)
		for j := range i {
			if h := known.get(fmt.Sprint("segment ", j)); h != nil && h.kid != fmt.Sprint("segment ", j) {
				t.Errorf("segment %d is known as %v", j, *h)
			}
		}
		if h := known.get(segment); h == nil || *h != want {
			t.Errorf("%s is known as %v", segment, h)
		}
	}
	few := new(knownHeaders) // for as many keys as somebody signs with there is room
	for range 2 {
		for i := range 8 {
			if segment := fmt.Sprint("segment ", i); few.get(segment) == nil {
				few.put(segment, tokenHeader{kid: segment})
			}
		}
	}
	found := 0
	for i := range 8 {
		if few.get(fmt.Sprint("segment ", i)) != nil {
			found++
		}
	}
	if found < 7 {
		t.Errorf("%d of 8 headers are known", found)
	}
	if h := known.get(""); h != nil {
		t.Errorf("the empty segment is known as %v", *h)
	}
}

// Wherever a header's places are, what is known there counts for its own text only.
func TestKnownHeaders_OfAnother(t *testing.T) {
	var known knownHeaders
	one := &knownHeader{segment: "eyJhbGciOiJSUzI1NiJ9", header: tokenHeader{alg: "RS256"}}
	for i := range known {
		known[i].Store(one)
	}
	if h := known.get("eyJhbGciOiJSUzI1NiJ9"); h != &one.header {
		t.Errorf("the header is known as %v", h)
	}
	for _, segment := range []string{"", "eyJhbGciOiJSUzI1NiJ", "eyJhbGciOiJSUzI1NiJ9A", "eyJhbGciOiJub25lIn0"} {
		if h := known.get(segment); h != nil {
			t.Errorf("%q is known as %v", segment, *h)
		}
	}
}
