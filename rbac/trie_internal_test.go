package rbac

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
)

// A trie changes like a map does, whatever the hashes are, and each earlier one stays as it was.
func TestTrie(t *testing.T) {
	for title, hash := range map[string]func(key string) uint64{
		"hashes":        hashString,
		"few hashes":    func(key string) uint64 { return hashString(key) % 7 },
		"alike at last": func(key string) uint64 { return hashString(key) | 1<<63>>50 - 1 },
		"alike first":   func(key string) uint64 { return hashString(key) & 0xff },
		"one hash":      func(string) uint64 { return 42 },
	} {
		t.Run(title, func(t *testing.T) {
			r := rand.New(rand.NewPCG(2, 0))
			key := func() string { return fmt.Sprint(r.IntN(400)) }
			want := make(map[string]int)
			var leaves []*trieLeaf[int]
			for i := range 200 {
				k := fmt.Sprint(i * 2)
				want[k] = i
				leaves = append(leaves, &trieLeaf[int]{hash: hash(k), key: &k, value: i})
			}
			trie := newTrie(leaves)
			check := func(want map[string]int) {
				t.Helper()
				got := make(map[string]int)
				for leaf := range trie.all {
					got[*leaf.key] = leaf.value
				}
				if !maps.Equal(got, want) {
					t.Fatalf("holds %v, want %v", got, want)
				}
				for range 50 {
					k := key()
					value, ok := want[k]
					if got := trie.get(hash(k), k); (got != nil) != ok || ok && got.value != value {
						t.Fatalf("get %s = %v, want %v, %v", k, got, value, ok)
					}
				}
			}
			check(want)
			for round := range 20 {
				before, wantBefore := trie, maps.Clone(want)
				for i := range 200 {
					k := key()
					if r.IntN(20) < 5+round%2*10 {
						trie, want[k] = trie.with(hash(k), &k, i), i
					} else {
						trie = trie.without(hash(k), k)
						delete(want, k)
					}
				}
				check(want)
				after := trie
				trie = before
				check(wantBefore)
				trie = after
			}
			for k := range want {
				trie = trie.without(hash(k), k)
			}
			if trie.root != nil {
				t.Error("an empty trie has a node")
			}
		})
	}
}
