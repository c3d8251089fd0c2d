package rbac

import (
	"slices"
	"sort"
)

// An ordered is an immutable set in an order: a B+ tree. With and without return another set, which shares with the first all
// pages but those on the way from the root to the element, so that readers of the first read on without a lock. The zero ordered
// is empty. All calls for one set must be about the same order.
type ordered[T any] struct{ root *page[T] }

// maxPage is the most elements of a page. A change copies a page of each of the tree's levels, of which there are three for a
// million elements.
const maxPage = 128

// A page holds elements in a leaf, and the least element of each child elsewhere. It is never empty and never changed.
type page[T any] struct {
	items []*T
	// below is nil in a leaf.
	below *pagesBelow[T]
}

type pagesBelow[T any] struct {
	pages []*page[T]
	// size is the number of elements in all of them.
	size int
}

// newOrdered returns the set of elements that are in order and each there once.
func newOrdered[T any](items []*T) ordered[T] {
	var level []*page[T]
	for chunk := range evenly(items) {
		level = append(level, &page[T]{items: chunk})
	}
	for len(level) > 1 {
		var above []*page[T]
		for chunk := range evenly(level) {
			above = append(above, newInner(chunk))
		}
		level = above
	}
	if len(level) == 0 {
		return ordered[T]{}
	}
	return ordered[T]{root: level[0]}
}

// evenly yields copies of parts of s, all of nearly one size and with room for more in a page.
func evenly[E any](s []E) func(yield func([]E) bool) {
	const most = maxPage * 7 / 8
	return func(yield func([]E) bool) {
		parts := (len(s) + most - 1) / most
		for i := range parts {
			part := s[i*len(s)/parts : (i+1)*len(s)/parts]
			if !yield(append(make([]E, 0, len(part)), part...)) {
				return
			}
		}
	}
}

func newInner[T any](pages []*page[T]) *page[T] {
	p := &page[T]{items: make([]*T, len(pages)), below: &pagesBelow[T]{pages: pages}}
	for i, child := range pages {
		p.items[i] = child.items[0]
		p.below.size += child.size()
	}
	return p
}

func (p *page[T]) size() int {
	if p.below != nil {
		return p.below.size
	}
	return len(p.items)
}

// len returns the number of elements.
func (s ordered[T]) len() int {
	if s.root == nil {
		return 0
	}
	return s.root.size()
}

// get returns the element that is equal to x by the order, or nil.
func (s ordered[T]) get(x *T, compare func(a, b *T) int) *T {
	for p := s.root; p != nil; {
		i, found := slices.BinarySearchFunc(p.items, x, compare)
		switch {
		case found && p.below == nil:
			return p.items[i]
		case p.below == nil:
			return nil
		}
		p = p.below.pages[childAt(i, found)]
	}
	return nil
}

// with returns the set with x, in place of an element that is equal by the order.
func (s ordered[T]) with(x *T, compare func(a, b *T) int) ordered[T] {
	if s.root == nil {
		return ordered[T]{root: &page[T]{items: []*T{x}}}
	}
	if pages := s.root.with(x, compare); len(pages) > 1 {
		return ordered[T]{root: newInner(pages)}
	} else {
		return ordered[T]{root: pages[0]}
	}
}

// with returns one page or two in place of p.
func (p *page[T]) with(x *T, compare func(a, b *T) int) []*page[T] {
	i, found := slices.BinarySearchFunc(p.items, x, compare)
	if p.below == nil {
		if found {
			return []*page[T]{{items: replaced(p.items, i, 1, x)}}
		}
		return halves(replaced(p.items, i, 0, x), func(items []*T) *page[T] { return &page[T]{items: items} })
	}
	i = childAt(i, found)
	return halves(replaced(p.below.pages, i, 1, p.below.pages[i].with(x, compare)...), newInner)
}

// without returns the set without the element that is equal to x by the order.
func (s ordered[T]) without(x *T, compare func(a, b *T) int) ordered[T] {
	if s.root == nil {
		return s
	}
	root := s.root.without(x, compare)
	for root != nil && root.below != nil && len(root.items) == 1 {
		root = root.below.pages[0]
	}
	return ordered[T]{root: root}
}

// without returns nil when nothing is left.
func (p *page[T]) without(x *T, compare func(a, b *T) int) *page[T] {
	i, found := slices.BinarySearchFunc(p.items, x, compare)
	if p.below == nil {
		switch {
		case !found:
			return p
		case len(p.items) == 1:
			return nil
		}
		return &page[T]{items: replaced(p.items, i, 1)}
	}
	i = childAt(i, found)
	child := p.below.pages[i].without(x, compare)
	switch {
	case child == p.below.pages[i]:
		return p
	case child == nil && len(p.items) == 1:
		return nil
	case child == nil:
		return newInner(replaced(p.below.pages, i, 1))
	}
	// A page that has become small joins a neighbour that has room.
	if len(child.items) < maxPage/4 && len(p.items) > 1 {
		left := max(i-1, 0)
		a, b := p.below.pages[left], p.below.pages[left+1]
		if left == i {
			a = child
		} else {
			b = child
		}
		if len(a.items)+len(b.items) <= maxPage*3/4 {
			return newInner(replaced(p.below.pages, left, 2, join(a, b)))
		}
	}
	return newInner(replaced(p.below.pages, i, 1, child))
}

func join[T any](a, b *page[T]) *page[T] {
	if a.below == nil {
		return &page[T]{items: slices.Concat(a.items, b.items)}
	}
	return newInner(slices.Concat(a.below.pages, b.below.pages))
}

// childAt returns which child has an element, from where it was found, or not, among the least elements of the children.
func childAt(i int, found bool) int {
	if found {
		return i
	}
	return max(i-1, 0)
}

// replaced returns a copy of s with others in place of n elements from i on.
func replaced[E any](s []E, i, n int, others ...E) []E {
	result := make([]E, 0, len(s)-n+len(others))
	result = append(result, s[:i]...)
	result = append(result, others...)
	return append(result, s[i+n:]...)
}

// halves makes one page of s, or two when it is too long for one.
func halves[E, T any](s []E, make func([]E) *page[T]) []*page[T] {
	if len(s) <= maxPage {
		return []*page[T]{make(s)}
	}
	half := len(s) / 2
	return []*page[T]{make(slices.Clone(s[:half])), make(slices.Clone(s[half:]))}
}

// leaves yields all elements in order, many at a time.
func (s ordered[T]) leaves(yield func([]*T) bool) {
	if s.root != nil {
		s.root.leaves(yield)
	}
}

func (p *page[T]) leaves(yield func([]*T) bool) bool {
	if p.below == nil {
		return yield(p.items)
	}
	for _, child := range p.below.pages {
		if !child.leaves(yield) {
			return false
		}
	}
	return true
}

// from yields the elements for which before is not true, in order. Those for which it is come before all others.
func (s ordered[T]) from(before func(*T) bool) func(yield func(*T) bool) {
	return func(yield func(*T) bool) {
		if s.root != nil {
			s.root.from(before, yield)
		}
	}
}

func (p *page[T]) from(before func(*T) bool, yield func(*T) bool) bool {
	i := sort.Search(len(p.items), func(i int) bool { return !before(p.items[i]) })
	if p.below == nil {
		for _, item := range p.items[i:] {
			if !yield(item) {
				return false
			}
		}
		return true
	}
	for _, child := range p.below.pages[max(i-1, 0):] {
		if !child.from(before, yield) {
			return false
		}
	}
	return true
}

// rank returns how many elements there are for which before is true. They come before all others.
func (s ordered[T]) rank(before func(*T) bool) int {
	rank := 0
	for p := s.root; p != nil; {
		i := sort.Search(len(p.items), func(i int) bool { return !before(p.items[i]) })
		if p.below == nil {
			return rank + i
		}
		i = max(i-1, 0)
		for _, child := range p.below.pages[:i] {
			rank += child.size()
		}
		p = p.below.pages[i]
	}
	return rank
}
