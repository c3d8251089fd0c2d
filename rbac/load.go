package rbac

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
)

// load sets the assignments of a policy that has none, and of which nobody holds anything. It reports whether no two of them have one
// name, or give the same principal the same role at the same scope; else it leaves the policy as it is. There may be a million, which
// do not fit a processor's cache: so they are put in order by what is looked at as little as can be.
func (p *Policy) load(assignments []*assignment) bool {
	var (
		byName  []*assignment
		differ  bool
		inOrder sync.WaitGroup
	)
	inOrder.Go(func() { byName, differ = inOrderOfNames(assignments) })
	byLocation := inOrderOfLocations(assignments)
	held := heldByPrincipals(byLocation)
	leaves, distinct := make([]*trieLeaf[holding], 0, len(held)), true
	for _, list := range held {
		if distinct = distinct && !repeatGrants(list); !distinct {
			break
		}
		id := list[0].principal
		leaves = append(leaves, &trieLeaf[holding]{hash: hashString(*id), key: id, value: holding{assignments: newOrdered(list)}})
	}
	inOrder.Wait()
	if !distinct || !differ {
		return false
	}

	holders := make([]int, len(p.roles))
	for _, a := range assignments {
		holders[a.role]++
	}
	for at, n := range holders {
		if n > 0 {
			key := fold(p.roles[at].definition.ID)
			p.holders = p.holders.with(hashString(key), &key, n)
		}
	}
	p.byLocation, p.byName, p.principals = newOrdered(byLocation), newOrdered(byName), newTrie(leaves)
	return true
}

// inOrderOfNames returns those that have names, and whether all names are different.
func inOrderOfNames(assignments []*assignment) (sorted []*assignment, distinct bool) {
	type named struct {
		high, low  uint64
		assignment *assignment
	}
	list := make([]named, 0, len(assignments))
	for _, a := range assignments {
		if a.named {
			list = append(list, named{binary.BigEndian.Uint64(a.name[:]), binary.BigEndian.Uint64(a.name[8:]), a})
		}
	}
	slices.SortFunc(list, func(a, b named) int {
		if a.high != b.high {
			return cmp.Compare(a.high, b.high)
		}
		return cmp.Compare(a.low, b.low)
	})
	sorted = make([]*assignment, len(list))
	for i, n := range list {
		if i > 0 && n.high == list[i-1].high && n.low == list[i-1].low {
			return nil, false
		}
		sorted[i] = n.assignment
	}
	return sorted, true
}

// inOrderOfLocations returns the assignments in the order of compareLocations: each location's together, and then those in order.
func inOrderOfLocations(assignments []*assignment) []*assignment {
	sorted, ends := grouped(assignments, func(a *assignment) *location { return a.location }, func(a, b *location) int {
		return strings.Compare(a.key, b.key)
	})
	begin := 0
	for _, end := range ends {
		slices.SortFunc(sorted[begin:end], compareLocations)
		begin = end
	}
	return sorted
}

// heldByPrincipals returns what each principal holds, in the order of assignments.
func heldByPrincipals(assignments []*assignment) [][]*assignment {
	sorted, ends := grouped(assignments, func(a *assignment) *string { return a.principal }, nil)
	held := make([][]*assignment, len(ends))
	begin := 0
	for i, end := range ends {
		held[i] = sorted[begin:end]
		begin = end
	}
	return held
}

// grouped returns the assignments with those of one group together, in the order in which they were, and where each group ends. The
// groups are in order, or in that in which they first come.
func grouped[G any](assignments []*assignment, groupOf func(*assignment) *G, compare func(a, b *G) int) (sorted []*assignment, ends []int) {
	type numbered struct {
		group *G
		size  int
		next  int // where in sorted the next of the group belongs
	}
	var (
		groups  []*numbered
		byGroup = make(map[*G]*numbered)
		of      = make([]*numbered, len(assignments))
	)
	for i, a := range assignments {
		group := groupOf(a)
		g, ok := byGroup[group]
		if !ok {
			g = &numbered{group: group}
			byGroup[group] = g
			groups = append(groups, g)
		}
		g.size++
		of[i] = g
	}
	if compare != nil {
		slices.SortFunc(groups, func(a, b *numbered) int { return compare(a.group, b.group) })
	}
	end := 0
	for _, g := range groups {
		g.next = end
		end += g.size
		ends = append(ends, end)
	}
	sorted = make([]*assignment, len(assignments))
	for i, a := range assignments {
		sorted[of[i].next] = a
		of[i].next++
	}
	return sorted, ends
}

// repeatGrants reports whether a principal holds one role at one location twice.
func repeatGrants(held []*assignment) bool {
	for len(held) > 1 {
		same := 1
		for same < len(held) && held[same].location == held[0].location {
			same++
		}
		if same > 1 && repeatRoles(held[:same]) {
			return true
		}
		held = held[same:]
	}
	return false
}

func repeatRoles(held []*assignment) bool {
	roles := make([]uint32, len(held))
	for i, a := range held {
		roles[i] = a.role
	}
	slices.Sort(roles)
	return len(slices.Compact(roles)) < len(held)
}
