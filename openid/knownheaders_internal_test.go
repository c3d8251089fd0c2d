package openid

import (
	"fmt"
	"testing"
)

// Whatever takes the place of what else, nothing is answered but the header that was remembered for that very text.
func TestKnownHeaders(t *testing.T) {
	var known knownHeaders
	for i := range 100 {
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
	if h := known.get(""); h != nil {
		t.Errorf("the empty segment is known as %v", *h)
	}
}
