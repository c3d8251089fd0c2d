package openid

import (
	"encoding/binary"
	"math"
	"reflect"
	"strings"
	"testing"
)

// There is room for so many tokens and no more, however many bytes they may take.
func TestTokenCache_MaxTokens(t *testing.T) {
	for _, test := range []struct{ maxTokens, maxBytes int }{{1, 1 << 20}, {1, math.MaxInt}, {3, math.MaxInt}, {100, 1 << 20}} {
		cache, err := newTokenCache(test.maxTokens, test.maxBytes)
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint64(1000) {
			var tag tokenTag
			binary.LittleEndian.PutUint64(tag[:], i)
			cache.entries.Set(tag, &verifiedToken{weight: tokenWeight})
		}
		cache.entries.CleanUp()
		if n := cache.entries.EstimatedSize(); n != test.maxTokens {
			t.Errorf("%d tokens and %d bytes: %d are kept", test.maxTokens, test.maxBytes, n)
		}
	}
}

// What one token was read with has nothing of it when the next one comes.
func TestScratch_Free(t *testing.T) {
	cache, err := newTokenCache(1, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	s := new(scratch)
	token := "eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiJzZWNyZXQifQ.c2lnbmVk"
	cache.tag(token, s)
	compact, err := splitCompact(token, new(knownHeaders), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.claims.read(compact.payload); err != nil || !s.claims.has("oid") {
		t.Fatalf("%v, %v", s.claims, err)
	}
	s.digest[0] = 1
	octets := s.octets[:cap(s.octets)]
	s.free()
	if text := string(octets); strings.Trim(text, "\x00") != "" {
		t.Errorf("%q is left", text)
	}
	s.claims.members = nil // they are places in the text and no text
	if !reflect.DeepEqual(s.claims, jsonObject{}) {
		t.Errorf("%v is left", s.claims)
	}
	if s.tag != (tokenTag{}) || s.digest != [len(s.digest)]byte{} {
		t.Errorf("tag %x and digest %x are left", s.tag, s.digest)
	}
}
