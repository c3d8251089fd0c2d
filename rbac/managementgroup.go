package rbac

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A ManagementGroupMember says that a subscription or a management group lies in a management group: scopes do not say so.
// What is assigned at a management group counts for its members and below. A management group that is nobody's member lies
// under "/".
type ManagementGroupMember struct {
	// ManagementGroup and Member are scopes: /providers/Microsoft.Management/managementGroups/{id}, and Member also
	// /subscriptions/{id}.
	ManagementGroup string
	Member          string
}

// maxGroupLevels is how deep management groups can lie below the one at the top, which in Azure is the tenant's root management
// group: its level does not count, nor does that of subscriptions.
const maxGroupLevels = 6

// A groupMember is a compiled ManagementGroupMember.
type groupMember struct {
	group, member Scope
	// above are all management groups above the member, from the top.
	above []level
}

func (m groupMember) source() ManagementGroupMember {
	return ManagementGroupMember{ManagementGroup: m.group.String(), Member: m.member.String()}
}

// changeGroups takes members out of their management groups and puts others in.
func (p *Policy) changeGroups(deletes []string, puts []ManagementGroupMember, names changeNames) error {
	if len(deletes)+len(puts) == 0 {
		return nil
	}
	groups := maps.Clone(p.groups)
	if groups == nil {
		groups = make(map[string]groupMember)
	}
	for i, member := range deletes {
		key := fold(member)
		if _, ok := groups[key]; !ok {
			return &objectError{list: names.deleteGroups, index: i, err: fmt.Errorf("%w: %.200q", ErrNotFound, member)}
		}
		delete(groups, key)
	}

	first := make(map[string]int)
	for i, source := range puts {
		m, err := compileGroupMember(source)
		if err != nil {
			return &objectError{list: names.putGroups, index: i, err: err}
		}
		key := m.member.key
		if j, ok := first[key]; ok {
			if !m.group.Equal(groups[key].group) {
				return &objectError{list: names.putGroups, index: i, conflict: &j, err: fmt.Errorf("both have the member %s", m.member)}
			}
			continue
		}
		first[key] = i
		groups[key] = m
	}

	for i, source := range puts {
		if inCircle(groups, fold(source.Member)) {
			return &objectError{list: names.putGroups, index: i, err: inField("ManagementGroup", errors.New("the management group would lie in itself"))}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		m := groups[key]
		if m.above = groupsAbove(groups, key); m.level() > maxGroupLevels {
			// One of those that were put has brought it there.
			index := len(puts)
			for _, level := range append(m.above, level{key: key}) {
				if i, ok := first[level.key]; ok {
					index = min(index, i)
				}
			}
			return &objectError{list: names.putGroups, index: index,
				err: inField("ManagementGroup", fmt.Errorf("more than %d levels of management groups", maxGroupLevels))}
		}
		groups[key] = m
	}
	p.groups = groups
	return nil
}

// compileGroupMember checks a member. Errors are *fieldError.
func compileGroupMember(source ManagementGroupMember) (groupMember, error) {
	group, err := parseScope(source.ManagementGroup)
	switch {
	case err != nil:
		return groupMember{}, inField("ManagementGroup", err)
	case !isManagementGroup(group.key):
		return groupMember{}, inField("ManagementGroup", fmt.Errorf("%.200q is no management group", source.ManagementGroup))
	}
	member, err := parseScope(source.Member)
	switch {
	case err != nil:
		return groupMember{}, inField("Member", err)
	case member.key == "" || anchor(member.key) != len(member.key):
		return groupMember{}, inField("Member", fmt.Errorf("%.200q is neither a subscription nor a management group", source.Member))
	}
	return groupMember{group: group, member: member}, nil
}

func isManagementGroup(key string) bool {
	return strings.HasPrefix(key, managementGroupPrefix) && anchor(key) == len(key)
}

// inCircle reports whether a member lies in itself.
func inCircle(groups map[string]groupMember, member string) bool {
	m, ok := groups[member]
	for range groups {
		if !ok || m.group.key == member {
			return ok
		}
		m, ok = groups[m.group.key]
	}
	return false // but it leads to a circle
}

// groupsAbove returns the management groups above a member, from the top.
func groupsAbove(groups map[string]groupMember, member string) []level {
	var above []level
	for m, ok := groups[member]; ok; m, ok = groups[m.group.key] {
		above = append(above, level{key: m.group.key, hash: hashKey(m.group.key)})
	}
	slices.Reverse(above)
	return above
}

// level returns how many levels below the one at the top the deepest management group is that the member is or lies in.
func (m groupMember) level() int {
	if isManagementGroup(m.member.key) {
		return len(m.above)
	}
	return len(m.above) - 1
}

// membersWithin returns a scope's key and, where it is that of a management group, those of all that lies in it, in their order.
func (p *Policy) membersWithin(key string) []string {
	keys := []string{key}
	if isManagementGroup(key) {
		for member, m := range p.groups {
			if slices.ContainsFunc(m.above, func(l level) bool { return l.key == key }) {
				keys = append(keys, member)
			}
		}
		slices.Sort(keys[1:])
	}
	return keys
}
