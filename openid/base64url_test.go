package openid

import (
	"encoding/base64"
	"math/rand/v2"
	"strings"
	"testing"
)

// strictly is what decodeBase64URL does, by the standard library.
func strictly(s string) (octets string, ok bool) {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return string(decoded), err == nil && !strings.ContainsAny(s, "\r\n")
}

func compareBase64URL(t *testing.T, s string) {
	t.Helper()
	const before = "before"
	got, err := appendBase64URL([]byte(before), s)
	want, ok := strictly(s)
	if ok != (err == nil) || ok && string(got) != before+want {
		t.Fatalf("%q: %q, %v, by the standard library %q, %t", s, got, err, want, ok)
	}
}

// Texts of all lengths around the steps of the decoder, and each with any character anywhere, are read as the standard library reads them.
func TestDecodeBase64URL(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 515))
	for _, length := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16, 17, 23, 24, 766, 767, 768, 769, 770, 1535, 1536, 1537, 5000} {
		octets := make([]byte, length)
		for i := range octets {
			octets[i] = byte(random.Uint32())
		}
		s := base64.RawURLEncoding.EncodeToString(octets)
		compareBase64URL(t, s)
		compareBase64URL(t, s+"A")
		compareBase64URL(t, s+"=")
		for range 2000 {
			if s == "" {
				break
			}
			at := random.IntN(len(s))
			compareBase64URL(t, s[:at]+string([]byte{byte(random.Uint32())})+s[at+1:])
			compareBase64URL(t, s[:at]+"\n"+s[at:])
		}
	}
}

func FuzzDecodeBase64URL(f *testing.F) {
	for _, seed := range []string{"", "A", "AA", "AB", "AAA", "AAB", "AAAA", "AAAAA\n", "AAAAAAA\r", "-_-_-_-_-_", "AAAAAAAA+", "AAAA====", "AAAAAAAAAAAA\x80"} {
		f.Add(seed)
	}
	f.Fuzz(compareBase64URL)
}
