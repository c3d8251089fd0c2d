package rbac

import (
	"math/bits"
	"sync/atomic"
)

// A grantTable has the role assignments of a subject by the location where they are: a hash table with open addressing, and a list
// for each location. It is filled by one and then read by many. Every policy that changes makes new ones, so they are small: what is
// allocated costs the garbage collector more than filling it.
type grantTable struct {
	// slots have the number of the first grant of a location, in as many bits as that needs, or 0, and above them bits of the hash,
	// which tell most keys apart without a look at them.
	slots numbers
	// shift leaves of a hash the index of a slot.
	shift      int
	numberBits int
	// grants are the assignments that count for the subject. The number of one is one more than its index.
	grants []*assignment
	// next has the number of the next grant at the same location, or 0, by the index of a grant. Those that are narrowed come last in a list.
	// It is there from when two grants are at one location.
	next numbers
	// conditional are there while the table is filled.
	conditional map[conditionalGrant]struct{}
	// given are the assignments as decisions give them out, from when they are first needed.
	given atomic.Pointer[[]atomic.Pointer[RoleAssignment]]
}

// maxNarrow is the most grants of a table that is not wide: it leaves at least four bits of a slot to the hash.
const maxNarrow = 1<<12 - 1

// makeRoom makes room in an empty table for n grants.
func (t *grantTable) makeRoom(n int) {
	if n == 0 {
		return
	}
	width := bits.Len(uint(n)) + 1 // at most half full
	t.shift = 64 - width
	t.numberBits = width - 1
	t.slots = makeNumbers(1<<width, n > maxNarrow)
	t.grants = make([]*assignment, 0, n)
}

// tag returns the bits of a slot above the number.
func (t *grantTable) tag(hash uint64) uint32 {
	if t.slots.wide {
		return uint32(hash) << t.numberBits
	}
	return uint32(uint16(hash) << t.numberBits)
}

// after returns the index of the slot after slot i.
func (t *grantTable) after(i uint64) uint64 { return (i + 1) & (1<<(64-t.shift) - 1) }

// grant returns the grant of a number.
func (t *grantTable) grant(number uint32) *assignment { return t.grants[number-1] }

// following returns the number of the grant after that of a number at the same location, or 0.
func (t *grantTable) following(number uint32) uint32 {
	if t.next.elements == nil {
		return 0
	}
	return t.next.get(uint64(number - 1))
}

// at returns the number of the first grant at a level, or 0.
func (t *grantTable) at(l level) uint32 {
	if t.slots.elements == nil {
		return 0
	}
	slots, tag := t.slots, t.tag(l.hash)
	for i := l.hash >> t.shift; ; i = t.after(i) {
		slot := slots.get(i)
		number := slot & (1<<t.numberBits - 1)
		if number == 0 || slot-number == tag && t.grant(number).location.key == l.key {
			return number
		}
	}
}

// addAll adds assignments as add does. Where they are is looked at first, for all of them, so that the processor waits for the memory once.
func (t *grantTable) addAll(list []*assignment) {
	var hashes [maxPage]uint64
	for len(list) > 0 {
		some := list[:min(len(list), len(hashes))]
		for i, a := range some {
			hashes[i] = a.location.hash
		}
		for i, a := range some {
			t.add(a, hashes[i])
		}
		list = list[len(some):]
	}
}

// add adds an assignment, unless it grants nothing that is not granted there already. There must be room for it.
func (t *grantTable) add(a *assignment, hash uint64) {
	slots, tag := t.slots, t.tag(hash)
	i := hash >> t.shift
	first := uint32(0)
	for {
		slot := slots.get(i)
		first = slot & (1<<t.numberBits - 1)
		if first == 0 || slot-first == tag && t.grant(first).location == a.location {
			break
		}
		i = t.after(i)
	}

	// Behind the grants that are not narrowed.
	narrowed := a.narrowed()
	before, next := uint32(0), first
	for next != 0 {
		g := t.grant(next)
		if g.narrowed() {
			break
		}
		if g.role == a.role {
			return
		}
		before, next = next, t.following(next)
	}
	if narrowed && t.repeats(a) {
		return
	}
	t.grants = append(t.grants, a)
	number := uint32(len(t.grants))
	if first != 0 && t.next.elements == nil {
		t.next = makeNumbers(cap(t.grants), t.slots.wide)
	}
	if next != 0 {
		t.next.set(uint64(number-1), next)
	}
	if before == 0 {
		slots.set(i, tag|number)
	} else {
		t.next.set(uint64(before-1), number)
	}
}

// repeats reports whether what a grants on a condition, at any time, is granted there on the same condition already.
func (t *grantTable) repeats(a *assignment) bool {
	if !a.details.start.IsZero() || !a.details.end.IsZero() {
		return false
	}
	key := conditionalGrant{a.location, a.role, a.details.conditionText}
	if _, ok := t.conditional[key]; ok {
		return true
	}
	if t.conditional == nil {
		t.conditional = make(map[conditionalGrant]struct{})
	}
	t.conditional[key] = struct{}{}
	return false
}

// A conditionalGrant is what an assignment with a condition and without a time grants.
type conditionalGrant struct {
	location  *location
	role      uint32
	condition string
}

// from yields the grants of a list from that of a number on, and none for 0.
func (t *grantTable) from(number uint32) func(yield func(uint32, *assignment) bool) {
	return func(yield func(uint32, *assignment) bool) {
		for number != 0 {
			if !yield(number, t.grant(number)) {
				return
			}
			number = t.following(number)
		}
	}
}

// lists yields the number of the first grant of each location, in no order that means anything.
func (t *grantTable) lists(yield func(first uint32) bool) {
	if t.slots.elements == nil {
		return
	}
	for i := range uint64(1) << (64 - t.shift) {
		if first := t.slots.get(i) & (1<<t.numberBits - 1); first != 0 && !yield(first) {
			return
		}
	}
}

// give returns the assignment of a grant of p as decisions give it out, the same one every time.
func (t *grantTable) give(p *Policy, number uint32) *RoleAssignment {
	given := t.given.Load()
	if given == nil {
		list := make([]atomic.Pointer[RoleAssignment], len(t.grants))
		t.given.CompareAndSwap(nil, &list)
		given = t.given.Load()
	}
	one := &(*given)[number-1]
	if one.Load() == nil {
		source := p.source(t.grant(number))
		one.CompareAndSwap(nil, &source)
	}
	return one.Load()
}

// numbers are of 16 bits each or, where they are wide, of 32, in two elements with the lower bits first.
type numbers struct {
	elements []uint16
	wide     bool
}

func makeNumbers(n int, wide bool) numbers {
	if wide {
		n *= 2
	}
	return numbers{make([]uint16, n), wide}
}

func (n numbers) get(i uint64) uint32 {
	if n.wide {
		return uint32(n.elements[2*i]) | uint32(n.elements[2*i+1])<<16
	}
	return uint32(n.elements[i])
}

func (n numbers) set(i uint64, number uint32) {
	if n.wide {
		n.elements[2*i], n.elements[2*i+1] = uint16(number), uint16(number>>16)
	} else {
		n.elements[i] = uint16(number)
	}
}
