package rbac

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

func compareInts(a, b *int) int { return cmp.Compare(*a, *b) }

// values returns what a set holds, and fails if its pages are not as they have to be.
func values(t *testing.T, s ordered[int]) []int {
	t.Helper()
	var list []int
	for leaf := range s.leaves {
		for _, item := range leaf {
			list = append(list, *item)
		}
	}
	depth := -1
	var check func(p *page[int], level int)
	check = func(p *page[int], level int) {
		if len(p.items) == 0 || len(p.items) > maxPage {
			t.Fatalf("a page of %d items", len(p.items))
		}
		if p.below == nil {
			if depth < 0 {
				depth = level
			}
			if level != depth {
				t.Fatalf("leaves at levels %d and %d", level, depth)
			}
			return
		}
		size := 0
		for i, child := range p.below.pages {
			if p.items[i] != child.items[0] {
				t.Fatal("an item is not the least of its page")
			}
			size += child.size()
			check(child, level+1)
		}
		if size != p.below.size || len(p.items) != len(p.below.pages) {
			t.Fatalf("a page of %d below with %d items says %d below", size, len(p.items), p.below.size)
		}
	}
	if s.root != nil {
		check(s.root, 0)
	}
	if s.len() != len(list) {
		t.Fatalf("len() = %d of %d", s.len(), len(list))
	}
	return list
}

// A set changes like a map does, and each earlier set stays as it was.
func TestOrdered(t *testing.T) {
	for _, start := range []int{0, 1, maxPage, 5000, 40_000} {
		r := rand.New(rand.NewPCG(1, uint64(start)))
		want := make(map[int]bool)
		var items []*int
		for i := range start {
			n := i * 3
			items = append(items, &n)
			want[n] = true
		}
		s := newOrdered(items)
		type revision struct {
			set  ordered[int]
			want []int
		}
		var revisions []revision
		check := func() {
			t.Helper()
			sorted := slices.Sorted(maps.Keys(want))
			if got := values(t, s); !slices.Equal(got, sorted) {
				t.Fatalf("%d values, want %d", len(got), len(sorted))
			}
			revisions = append(revisions, revision{s, sorted})
			for range 20 {
				n := r.IntN(start*3 + 10)
				before := func(i *int) bool { return *i < n }
				at, _ := slices.BinarySearch(sorted, n)
				if got := s.rank(before); got != at {
					t.Fatalf("rank of %d = %d, want %d", n, got, at)
				}
				var from []int
				for i := range s.from(before) {
					if from = append(from, *i); len(from) == 5 {
						break
					}
				}
				if !slices.Equal(from, sorted[at:min(at+5, len(sorted))]) {
					t.Fatalf("from %d: %v", n, from)
				}
				if got := s.get(&n, compareInts); (got != nil) != want[n] || got != nil && *got != n {
					t.Fatalf("get %d: %v", n, got)
				}
			}
		}
		check()
		for round := range 6 {
			for range max(300, start/3) {
				// Rounds that mostly add and rounds that mostly take away, both here and there and in one place.
				n := r.IntN(start*3 + 10)
				if round%2 == 1 {
					n = r.IntN(start/2 + 200)
				}
				if r.IntN(10) < 2+6*(round/2%2) {
					s, want[n] = s.with(&n, compareInts), true
				} else {
					s = s.without(&n, compareInts)
					delete(want, n)
				}
			}
			check()
		}
		for n := range want {
			s = s.without(&n, compareInts)
		}
		clear(want)
		check()
		if s.root != nil {
			t.Error("an empty set has a page")
		}
		for _, revision := range revisions {
			if !slices.Equal(values(t, revision.set), revision.want) {
				t.Fatal("an earlier set has changed")
			}
		}
	}
}

func TestOrderedReplaces(t *testing.T) {
	a, b := 1, 1
	s := ordered[int]{}.with(&a, compareInts).with(&b, compareInts)
	if s.len() != 1 || s.get(&a, compareInts) != &b {
		t.Error("an element does not take the place of its equal")
	}
	if absent := 2; s.without(&absent, compareInts) != s {
		t.Error("a set without what it does not have is another one")
	}
}
