package openid_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// allocated answers how many bytes f allocates, at the least of a few runs: others may allocate at the same time.
func allocated(f func()) uint64 {
	least := ^uint64(0)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// JWS-01: what a hostile token costs is bounded by the size that is read, and by little where its shape is wrong already. None of these
// is signed: anybody can send them.
func TestBounds(t *testing.T) {
	s := newSite(t, withRSA(adfs))
	both := s.besideAnother(t)
	large := newVerifier(t, openid.VerifierConfig{Providers: s.verifier.Providers(), Audiences: s.verifier.Audiences(), MaxTokenBytes: 64 << 20})
	header := encode(`{"alg":"RS256","kid":"` + s.issuer.KeyID() + `"}`)
	nested := func(open, close string) string {
		n := 47_000 / (len(open) + len(close))
		return `{"a":` + strings.Repeat(open, n) + "1" + strings.Repeat(close, n) + "}"
	}
	var members strings.Builder
	for i := 0; members.Len() < 47_000; i++ {
		fmt.Fprintf(&members, `,"%x":1`, i)
	}
	const kib = 1 << 10
	for _, test := range []struct {
		name     string
		verifier *openid.Verifier
		token    string
		want     error
		limit    uint64 // bytes
	}{
		{"32 MiB", s.verifier, strings.Repeat("A", 32<<20), openid.ErrMalformed, 4 * kib},
		{"32 MiB of segments", s.verifier, header + "." + strings.Repeat("A", 32<<20) + ".AAAA", openid.ErrMalformed, 4 * kib},
		{"a million dots", s.verifier, strings.Repeat(".", 1_000_000), openid.ErrMalformed, 4 * kib},
		{"a million dots that are read", large, strings.Repeat(".", 1_000_000), openid.ErrMalformed, 4 * kib},
		{"a million dots after a token", large, s.token() + strings.Repeat(".", 1_000_000), openid.ErrMalformed, 4 * kib},
		{"a million line breaks that are read", large, strings.Repeat("\n", 1_000_000) + ".A.A", openid.ErrMalformed, 4 * kib},
		{"claims nested in arrays", s.verifier, header + "." + encode(nested("[", "]")) + ".AAAA", openid.ErrSignature, 512 * kib},
		{"claims nested in arrays, of one of two providers", both.verifier, header + "." + encode(nested("[", "]")) + ".AAAA", openid.ErrMalformed, 512 * kib},
		{"claims nested in arrays without end", s.verifier, header + "." + encode(`{"a":`+strings.Repeat("[", 48_000)) + ".AAAA", openid.ErrSignature, 512 * kib},
		{"claims nested in arrays without end, of one of two providers", both.verifier, header + "." + encode(`{"a":`+strings.Repeat("[", 48_000)) + ".AAAA", openid.ErrMalformed, 512 * kib},
		{"claims nested in objects", s.verifier, header + "." + encode(nested(`{"a":`, "}")) + ".AAAA", openid.ErrSignature, 128 * kib},
		{"claims nested in objects, of one of two providers", both.verifier, header + "." + encode(nested(`{"a":`, "}")) + ".AAAA", openid.ErrMalformed, 128 * kib},
		{"claims nested in objects with long names", s.verifier, header + "." + encode(nested(`{"`+strings.Repeat("a", 60)+`":`, "}")) + ".AAAA", openid.ErrSignature, 128 * kib},
		{"claims nested as deep as is read", s.verifier, header + "." + encode(strings.Repeat(`{"`+strings.Repeat("a", 400)+`":`, 100)+"1"+strings.Repeat("}", 100)) + ".AAAA", openid.ErrIssuer, 128 * kib},
		{"many claims", s.verifier, header + "." + encode("{"+members.String()[1:]+"}") + ".AAAA", openid.ErrSignature, 512 * kib},
		{"many claims, of one of two providers", both.verifier, header + "." + encode("{"+members.String()[1:]+"}") + ".AAAA", openid.ErrMalformed, 512 * kib},
		{"many members of a claim", s.verifier, header + "." + encode(`{"a":{`+members.String()[1:]+"}}") + ".AAAA", openid.ErrSignature, 512 * kib},
		{"many members of the header", s.verifier, encode("{"+members.String()[1:]+"}") + ".AAAA.AAAA", openid.ErrMalformed, 512 * kib},
		{"a long claim", s.verifier, header + "." + encode(`{"iss":"`+strings.Repeat("x", 47_000)+`"}`) + ".AAAA", openid.ErrIssuer, 512 * kib},
		{"a long key id", s.verifier, encode(`{"alg":"RS256","kid":"`+strings.Repeat("x", 47_000)+`"}`) + ".AAAA.AAAA", openid.ErrMalformed, 512 * kib},
		{"a long algorithm", s.verifier, encode(`{"kid":"a","alg":"`+strings.Repeat("x", 47_000)+`"}`) + ".AAAA.AAAA", openid.ErrAlgorithm, 512 * kib},
	} {
		t.Run(test.name, func(t *testing.T) {
			var err error
			got := allocated(func() { _, err = test.verifier.Verify(t.Context(), test.token) })
			if !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if got > test.limit {
				t.Errorf("%d bytes were allocated for a token of %d, at most %d may be", got, len(test.token), test.limit)
			}
			if len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// A verified token whose groups fill it costs in proportion to them.
func TestBounds_ManyGroups(t *testing.T) {
	s := newSite(t, entraV2)
	groups := make([]string, 200)
	for i := range groups {
		groups[i] = fmt.Sprintf("c0ffee00-1234-4321-8765-%012x", i)
	}
	token := s.token(openidtest.Groups(groups...))
	got := allocated(func() {
		principal, err := s.verifier.Verify(t.Context(), token)
		if err != nil || len(principal.Groups) != 200 {
			t.Errorf("%d groups, %v", len(principal.Groups), err)
		}
	})
	if limit := uint64(16 * len(token)); got > limit {
		t.Errorf("%d bytes were allocated for a token of %d", got, len(token))
	}
}

// What a hostile token costs grows in proportion to its size, up to the size that is read.
func TestBounds_Proportional(t *testing.T) {
	s := newSite(t, withRSA(adfs))
	large := newVerifier(t, openid.VerifierConfig{Providers: s.verifier.Providers(), Audiences: s.verifier.Audiences(), MaxTokenBytes: 8 << 20})
	header := encode(`{"alg":"RS256","kid":"` + s.issuer.KeyID() + `"}`)
	for _, shape := range []struct {
		name    string
		payload func(size int) string
	}{
		{"a long claim", func(n int) string { return `{"iss":"` + strings.Repeat("x", n) + `"}` }},
		{"a long array", func(n int) string { return `{"iss":[1` + strings.Repeat(",1", n/2) + `]}` }},
		{"many members of a claim", func(n int) string {
			var b strings.Builder
			b.WriteString(`{"a":{"_":1`)
			for i := 0; b.Len() < n; i++ {
				fmt.Fprintf(&b, `,"%08x":1`, i)
			}
			return b.String() + "}}"
		}},
		{"no JSON", func(n int) string { return strings.Repeat("[", n) }},
	} {
		t.Run(shape.name, func(t *testing.T) {
			const small, factor = 64 << 10, 16
			cost := func(size int) uint64 {
				token := header + "." + encode(shape.payload(size)) + ".AAAA"
				return allocated(func() {
					if principal, err := large.Verify(t.Context(), token); err == nil {
						t.Errorf("accepted: %+v", principal)
					}
				})
			}
			one, many := cost(small), cost(factor*small)
			if many > 2*factor*one {
				t.Errorf("%d bytes for %d KiB, %d for %d times as much", one, small>>10, many, factor)
			}
		})
	}
}
