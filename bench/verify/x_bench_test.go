package verify_test

import (
	"context"
	"fmt"
	"testing"

	"hubgate.example/bench/verify"
)

func BenchmarkX(b *testing.B) {
	site := newSite(b)
	for _, groups := range []int{5, 200} {
		token := mint(b, site, groups)
		fmt.Println(len(token))
		limit, err := site.Limit(token)
		if err != nil {
			b.Fatal(err)
		}
		run := func(name string, f func(context.Context) error) {
			b.Run(fmt.Sprintf("groups=%d/loop=%s", groups, name), func(b *testing.B) {
				for b.Loop() {
					if err := f(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(fmt.Sprintf("groups=%d/par=%s", groups, name), func(b *testing.B) {
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
		for _, peer := range verify.Peers() {
			if peer.Name != "hubgate-cold" {
				continue
			}
			verifier := newVerifier(b, peer, site)
			for range 3 {
				run("limit", func(context.Context) error { return limit() })
				run(peer.Name, func(ctx context.Context) error {
					_, err := verifier(ctx, token)
					return err
				})
			}
		}
	}
}
