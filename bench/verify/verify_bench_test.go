package verify_test

import (
	"context"
	"fmt"
	"testing"

	"hubgate.example/bench/verify"
)

// BenchmarkVerify has all peers beside the limit. With -cpu 1,2 it is serial and on two cores.
func BenchmarkVerify(b *testing.B) {
	site := newSite(b)
	for _, groups := range []int{5, 200} {
		token := mint(b, site, groups)
		limit, err := site.Limit(token)
		if err != nil {
			b.Fatal(err)
		}
		run := func(name string, f func(context.Context) error) {
			b.Run(fmt.Sprintf("groups=%d/peer=%s", groups, name), func(b *testing.B) {
				if err := f(b.Context()); err != nil { // and what is remembered is
					b.Fatal(err)
				}
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := f(b.Context()); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
		run("limit", func(context.Context) error { return limit() })
		for _, peer := range verify.Peers() {
			verifier := newVerifier(b, peer, site)
			run(peer.Name, func(ctx context.Context) error {
				_, err := verifier(ctx, token)
				return err
			})
		}
	}
}
