package tokencache_test

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"hubgate.example/bench/tokencache"
)

// entries is how many tokens are remembered, and asked for in turn.
const entries = 100_000

// BenchmarkHit asks for tokens that are remembered.
func BenchmarkHit(b *testing.B) {
	tags := make([]tokencache.Tag, entries)
	for i := range tags {
		tags[i] = tokencache.TagOf(uint64(i))
	}
	for _, peer := range tokencache.Peers() {
		cache := filled(b, peer, tags)
		b.Run("peer="+peer.Name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := rand.IntN(len(tags)); pb.Next(); i++ {
					if i >= len(tags) {
						i = 0
					}
					cache.Get(tags[i])
				}
			})
		})
		runtime.KeepAlive(cache)
	}
}

// filled is a cache with room for twice the tags, so that all are remembered.
func filled(b *testing.B, peer tokencache.Peer, tags []tokencache.Tag) tokencache.Cache {
	b.Helper()
	cache, err := peer.New(2 * len(tags))
	if err != nil {
		b.Fatal(err)
	}
	for i, tag := range tags {
		cache.Set(tag, &tokencache.Entry{Number: uint64(i)})
		if i%1000 == 0 {
			cache.Settle() // or a library may drop what it is given too fast
		}
	}
	cache.Settle()
	for i, tag := range tags {
		if entry, ok := cache.Get(tag); !ok || entry.Number != uint64(i) {
			b.Fatalf("%s has forgotten token %d", peer.Name, i)
		}
	}
	return cache
}

// BenchmarkFlood tells which part of the requests with tokens that come again and again finds them, while four times as many tokens come
// once. There is room for twice the former.
func BenchmarkFlood(b *testing.B) {
	const regular, flood, rounds = 10_000, 4, 20
	for _, peer := range tokencache.Peers() {
		b.Run("peer="+peer.Name, func(b *testing.B) {
			for b.Loop() {
				cache, err := peer.New(2 * regular)
				if err != nil {
					b.Fatal(err)
				}
				random := rand.New(rand.NewPCG(1, 2))
				next, found, asked := uint64(regular), 0, 0
				for i := range regular * rounds {
					tag := tokencache.TagOf(random.Uint64N(regular))
					_, ok := cache.Get(tag)
					if !ok {
						cache.Set(tag, &tokencache.Entry{})
					}
					if i >= regular*rounds/2 { // when it has seen enough
						asked++
						if ok {
							found++
						}
					}
					for range flood {
						once := tokencache.TagOf(next)
						next++
						if _, ok := cache.Get(once); !ok {
							cache.Set(once, &tokencache.Entry{})
						}
					}
					if i%100 == 0 {
						cache.Settle()
					}
				}
				b.ReportMetric(100*float64(found)/float64(asked), "%found")
			}
		})
	}
}
