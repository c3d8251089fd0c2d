package gate_test

import (
	"fmt"
	"runtime"
	"testing"

	"hubgate.example/bench/verify"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// remembered is how many tokens are kept, each of another principal in 20 groups.
const remembered = 100_000

// BenchmarkMemory tells what remembered tokens take in memory, where all have the same groups and where no two have. They are signed by
// ES256, which is quick to mint: what is kept is the same.
func BenchmarkMemory(b *testing.B) {
	for _, lists := range []string{"equal", "distinct"} {
		b.Run("groups="+lists, func(b *testing.B) {
			issuer := openidtest.NewFor(b, openidtest.Config{Type: openid.EntraV1, Tenant: verify.Tenant, Algorithm: "ES256"})
			groups := verify.Groups(20)
			mint := func(i int) string {
				if lists == "distinct" {
					for j := range groups {
						groups[j] = fmt.Sprintf("%08x-%04x-4000-8000-000000000000", i, j)
					}
				}
				return issuer.Token(openidtest.User(fmt.Sprintf("%08x-0000-4000-8000-000000000000", i), groups...))
			}
			for b.Loop() {
				verifier := issuer.Verifier()
				config := openid.VerifierConfig{
					Providers:       verifier.Providers(),
					Audiences:       verifier.Audiences(),
					MaxCachedTokens: remembered * 11 / 10,
					MaxCacheBytes:   256 << 20,
				}
				verifier, err := openid.NewVerifier(config)
				if err != nil {
					b.Fatal(err)
				}
				before := heap()
				var sample []string
				for i := range remembered {
					token := mint(i)
					if _, err := verifier.Verify(b.Context(), token); err != nil {
						b.Fatal(err)
					}
					if i%1000 == 0 {
						sample = append(sample, token)
					}
				}
				b.ReportMetric(float64(heap()-before), "heap-B")
				b.ReportMetric(100*hits(b, verifier, sample), "%remembered")
				runtime.KeepAlive(verifier)
			}
		})
	}
}

// hits is the share of the tokens that are remembered: a remembered token has one principal for all.
func hits(b *testing.B, verifier *openid.Verifier, tokens []string) float64 {
	b.Helper()
	n := 0
	for _, token := range tokens {
		first, err := verifier.Verify(b.Context(), token)
		if err != nil {
			b.Fatal(err)
		}
		if second, _ := verifier.Verify(b.Context(), token); first == second {
			n++
		}
	}
	return float64(n) / float64(len(tokens))
}

// heap is what is in use, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // and what finalizers and pools held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
