package rbac

import (
	"math/bits"
	"sync/atomic"
)

// A grantTable has the role assignments of a subject by the location where they are: a hash table with open addressing, and a list
// for each location. It is filled by one and then read by many. Every policy that changes makes new ones, so they are small.
type grantTable struct {
	// slots have the number of the first grant of a location, in as many bits as that needs, or 0, and above them bits of the hash,
	// which tell most keys apart without a look at them.
	slots []uint32
	// shift leaves of a hash the index of a slot.
	shift      int
	numberBits int
	grants     []grant
	// conditional are there while the table is filled.
	conditional map[conditionalGrant]struct{}
	// given are the assignments as decisions give them out, from when they are first needed.
	given atomic.Pointer[[]atomic.Pointer[RoleAssignment]]
}

// A grant is an assignment that counts for the subject. Its number is one more than its index in grantTable.grants.
type grant struct {
	assignment *assignment
	// kind is the role, twice, and one more for a narrowed grant. Those come last in a list. It stands here as well as in the
	// assignment because it is read more often than all else.
	kind uint32
	// next is the number of the next grant at the same location, or 0.
	next uint32
}

func (g *grant) role() uint32 { return g.kind / 2 }

func (g *grant) narrowed() bool { return g.kind&1 != 0 }

// makeRoom makes room in an empty table for n grants.
func (t *grantTable) makeRoom(n int) {
	if n == 0 {
		return
	}
	width := bits.Len(uint(n)) + 1 // at most half full
	t.slots = make([]uint32, 1<<width)
	t.shift = 64 - width
	t.numberBits = width - 1
	t.grants = make([]grant, 0, n)
}

// grant returns the grant of a number.
func (t *grantTable) grant(number uint32) *grant { return &t.grants[number-1] }

// at returns the number of the first grant at a level, or 0.
func (t *grantTable) at(l level) uint32 {
	if len(t.slots) == 0 {
		return 0
	}
	tag := uint32(l.hash) << t.numberBits
	for i := l.hash >> t.shift; ; i = (i + 1) & uint64(len(t.slots)-1) {
		slot := t.slots[i]
		number := slot & (1<<t.numberBits - 1)
		if number == 0 || slot-number == tag && t.grant(number).assignment.location.key == l.key {
			return number
		}
	}
}

// add adds an assignment, unless it grants nothing that is not granted there already. There must be room for it.
func (t *grantTable) add(a *assignment) {
	tag := uint32(a.location.hash) << t.numberBits
	i := a.location.hash >> t.shift
	first := uint32(0)
	for {
		slot := t.slots[i]
		first = slot & (1<<t.numberBits - 1)
		if first == 0 || slot-first == tag && t.grant(first).assignment.location == a.location {
			break
		}
		i = (i + 1) & uint64(len(t.slots)-1)
	}

	kind := a.role * 2
	if a.narrowed() {
		kind++
	}
	number := uint32(len(t.grants) + 1)
	// Behind the grants that are not narrowed.
	after := uint32(0)
	next := first
	for next != 0 {
		g := t.grant(next)
		if g.narrowed() {
			break
		}
		if g.kind == kind&^1 {
			return
		}
		after, next = next, g.next
	}
	if kind&1 != 0 && t.repeats(a) {
		return
	}
	t.grants = append(t.grants, grant{assignment: a, kind: kind, next: next})
	if after == 0 {
		t.slots[i] = tag | number
	} else {
		t.grant(after).next = number
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
func (t *grantTable) from(number uint32) func(yield func(uint32, *grant) bool) {
	return func(yield func(uint32, *grant) bool) {
		for number != 0 {
			g := t.grant(number)
			if !yield(number, g) {
				return
			}
			number = g.next
		}
	}
}

// lists yields the number of the first grant of each location, in no order that means anything.
func (t *grantTable) lists(yield func(first uint32) bool) {
	for _, slot := range t.slots {
		if first := slot & (1<<t.numberBits - 1); first != 0 && !yield(first) {
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
		source := p.source(t.grant(number).assignment)
		one.CompareAndSwap(nil, &source)
	}
	return one.Load()
}
