package tokencache_test

import (
	"testing"

	"hubgate.example/bench/tokencache"
)

// Each peer answers what was set, and stays within its bound.
func TestPeers(t *testing.T) {
	for _, peer := range tokencache.Peers() {
		t.Run(peer.Name, func(t *testing.T) {
			const capacity = 1000
			cache, err := peer.New(capacity)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := cache.Get(tokencache.TagOf(0)); ok {
				t.Error("a token is known before it was set")
			}
			for i := range uint64(20 * capacity) {
				cache.Set(tokencache.TagOf(i), &tokencache.Entry{Number: i})
				if i%100 == 0 {
					cache.Settle()
				}
			}
			cache.Settle()
			known := 0
			for i := range uint64(20 * capacity) {
				entry, ok := cache.Get(tokencache.TagOf(i))
				if !ok {
					continue
				}
				if known++; entry.Number != i {
					t.Errorf("token %d is %d", i, entry.Number)
				}
			}
			if known < capacity/2 || known > capacity {
				t.Errorf("%d tokens are known, there is room for %d", known, capacity)
			}
		})
	}
}
