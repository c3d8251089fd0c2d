package rbac

import (
	"context"
	"errors"
	"fmt"
)

// ErrRoleNotFound is wrapped by errors about a role assignment whose role is not defined.
var ErrRoleNotFound = errors.New("role definition does not exist")

// PolicyConfig is what a Policy is compiled from.
type PolicyConfig struct {
	// Roles are role definitions beside the built-in ones; one with a built-in's id replaces it.
	Roles            []RoleDefinition
	Assignments      []RoleAssignment
	DenyAssignments  []DenyAssignment
	ManagementGroups []ManagementGroupMember
}

// A Policy is one compiled, immutable revision of roles, assignments, deny assignments and management groups. With makes the next
// one. It is also the simplest Source.
//
// The role assignments that it gives out have ids in the form by which they compare: GUIDs in lower case, and that of a role without
// what stood before it. Scopes are as they were first written.
type Policy struct {
	// roles are where assignments say, and nil where one was deleted; roleAt says where each is by its roleKey, the built-in ones
	// included.
	roles  []*role
	roleAt map[string]uint32
	// holders count the assignments of each role by its roleKey.
	holders trie[int]

	// byName has the assignments that have names, byLocation all.
	byName, byLocation ordered[assignment]
	// principals are by principalKey, so that a resource set costs what its subject holds and not what the policy holds.
	principals trie[holding]

	denials, denialsByLocation ordered[denial]
	// everyone has the deny assignments that are for everyone by the key of their scope: no resource set collects them.
	everyone trie[[]*denial]

	// groups are by the key of the member.
	groups map[string]groupMember
}

// A holding is what a policy has about one principal.
type holding struct {
	assignments ordered[assignment] // in the order of compareLocations
	denials     []*denial           // in the order of compareDenialLocations
}

// NewPolicy compiles a policy. An error names the index and the field: Assignments[3].Scope. Identical objects may repeat.
// Two definitions with one id, two assignments or deny assignments with one name, two names for the same principal, role and
// scope, or two management groups for one member are an error.
func NewPolicy(config PolicyConfig) (*Policy, error) {
	p := &Policy{}
	if err := p.apply(Change{PutRoles: BuiltInRoles()}, configFields); err != nil {
		return nil, fmt.Errorf("rbac: %w", err)
	}
	if err := p.apply(Change{
		PutRoles:            config.Roles,
		PutAssignments:      config.Assignments,
		PutDenyAssignments:  config.DenyAssignments,
		PutManagementGroups: config.ManagementGroups,
	}, configFields); err != nil {
		return nil, fmt.Errorf("rbac: %w", err)
	}
	return p, nil
}

// Policy returns p.
func (p *Policy) Policy(context.Context) (*Policy, error) { return p, nil }

// role returns the role of an id that is a roleKey, or nil.
func (p *Policy) role(key string) *role {
	if at, ok := p.roleAt[key]; ok {
		return p.roles[at]
	}
	return nil
}

// assignment returns the assignment of a name, or nil.
func (p *Policy) assignment(name guid) *assignment {
	return p.byName.get(&assignment{name: name}, compareNames)
}

// denial returns the deny assignment of a name, or nil.
func (p *Policy) denial(name guid) *denial {
	return p.denials.get(&denial{name: name}, compareDenials)
}

// holding returns what p has about a principal, or nil.
func (p *Policy) holding(id string) *holding {
	leaf := p.principals.get(hashString(id), id)
	if leaf == nil {
		if key := principalKey(id); key != id {
			leaf = p.principals.get(hashString(key), key)
		}
	}
	if leaf == nil {
		return nil
	}
	return &leaf.value
}

// grantOf returns the assignment that gives the same principal the same role at the same scope as a, or nil.
func (p *Policy) grantOf(a *assignment) *assignment {
	held := p.holding(*a.principal)
	if held == nil {
		return nil
	}
	for other := range held.assignments.from(func(b *assignment) bool { return b.location.key < a.location.key }) {
		switch {
		case other.location.key != a.location.key:
			return nil
		case other.role == a.role:
			return other
		}
	}
	return nil
}

// countWithin returns how many assignments there are at a scope's key and below it.
func (p *Policy) countWithin(key string) int {
	n := 0
	for _, part := range keyRanges(key) {
		n += p.byLocation.rank(func(a *assignment) bool { return a.key() < part[1] }) -
			p.byLocation.rank(func(a *assignment) bool { return a.key() < part[0] })
	}
	return n
}

// keyRanges returns from which key on, and before which, there are the scope of a key and those below it. Others can lie between the
// two ranges: of subscription 1 between 1 and 1/, there is 1-2.
func keyRanges(key string) [2][2]string {
	return [2][2]string{{key, key + "\x00"}, {key + "/", key + "0"}}
}

// atAndBelow yields the elements of a set in the order of scopes that are at a scope's key and below it.
func atAndBelow[T any](set ordered[T], keyOf func(*T) string, key string) func(yield func(*T) bool) {
	return func(yield func(*T) bool) {
		for _, part := range keyRanges(key) {
			for item := range within(set, keyOf, part[0], part[1]) {
				if !yield(item) {
					return
				}
			}
		}
	}
}

// within yields the elements of a set in the order of scopes that have keys from first on and before end.
func within[T any](set ordered[T], keyOf func(*T) string, first, end string) func(yield func(*T) bool) {
	return func(yield func(*T) bool) {
		for item := range set.from(func(item *T) bool { return keyOf(item) < first }) {
			if keyOf(item) >= end || !yield(item) {
				return
			}
		}
	}
}
