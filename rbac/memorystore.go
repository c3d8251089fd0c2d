package rbac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Errors of a store, beside those of a policy. Nothing has changed when one of them is returned.
var (
	// ErrNotFound: no role definition, role assignment or deny assignment has that id or name, or no member that scope.
	ErrNotFound = errors.New("not found")
	// ErrAssignmentExists: the principal has the role at the scope already, by an assignment of another name.
	ErrAssignmentExists = errors.New("role assignment exists")
	// ErrAssignmentUpdate: an assignment's principal, role and scope cannot be changed.
	ErrAssignmentUpdate = errors.New("role assignment update not permitted")
	// ErrNotAssignable: the role's assignable scopes do not contain the scope.
	ErrNotAssignable = errors.New("role not assignable at scope")
	// ErrAssignmentLimit: the subscription or the management group has all the assignments that it can have.
	ErrAssignmentLimit = errors.New("role assignment limit exceeded")
	// ErrRoleLimit: there are as many custom roles as there can be.
	ErrRoleLimit = errors.New("role definition limit exceeded")
	// ErrRoleNameExists: another role has that RoleName.
	ErrRoleNameExists = errors.New("role definition with same name exists")
	// ErrRoleHasAssignments: a role that is assigned cannot be deleted.
	ErrRoleHasAssignments = errors.New("role definition has assignments")
	// ErrBuiltInRole: a built-in role is neither changed nor deleted, and none is made.
	ErrBuiltInRole = errors.New("role definition is built in")
)

// A MemoryStore is a [Source] whose content can be changed, and is gone when the process ends. Each accepted change makes a new
// policy, by [Policy.With], which the next call of Policy answers; a change is refused whole. It is safe for concurrent use, and
// reading takes no lock.
//
// What it returns is the caller's own. The RoleDefinitionID of an assignment that it returns is the GUID alone.
type MemoryStore struct {
	changing sync.Mutex
	policy   atomic.Pointer[Policy]
}

// NewMemoryStore returns a store that begins with what config holds. Errors are those of [NewPolicy], or about an assignment
// without a name. Azure's limits, the assignable scopes of roles, and that no two roles have the same RoleName, count for later
// changes only.
func NewMemoryStore(config PolicyConfig) (*MemoryStore, error) {
	policy, err := NewPolicy(config)
	if err != nil {
		return nil, err
	}
	for i, a := range config.Assignments {
		if a.Name == "" {
			return nil, fmt.Errorf("rbac: %w", &objectError{list: "Assignments", index: i, err: inField("Name", errors.New("is required in a store"))})
		}
	}
	s := &MemoryStore{}
	s.policy.Store(policy)
	return s, nil
}

// NewMemoryStoreOf returns a store that begins with a policy, as one from [ImportPolicy]. An error is about an assignment without a
// name.
func NewMemoryStoreOf(policy *Policy) (*MemoryStore, error) {
	if policy == nil {
		return nil, errors.New("rbac: a store begins with a policy")
	}
	if n := policy.byLocation.len() - policy.byName.len(); n > 0 {
		return nil, fmt.Errorf("rbac: %d assignments are without a Name, which is required in a store", n)
	}
	s := &MemoryStore{}
	s.policy.Store(policy)
	return s, nil
}

// Policy returns the policy in force. It never fails.
func (s *MemoryStore) Policy(context.Context) (*Policy, error) { return s.policy.Load(), nil }

// RoleDefinition returns the definition whose id ends in the GUID that id ends in, or [ErrNotFound].
func (s *MemoryStore) RoleDefinition(_ context.Context, id string) (RoleDefinition, error) {
	definition, err := s.policy.Load().roleDefinition(id)
	return definition.clone(), err
}

// RoleDefinitions returns all definitions, the built-in ones included, in the order of their ids.
func (s *MemoryStore) RoleDefinitions(context.Context) ([]RoleDefinition, error) {
	p := s.policy.Load()
	var definitions []RoleDefinition
	for _, key := range slices.Sorted(maps.Keys(p.roleAt)) {
		definitions = append(definitions, p.role(key).definition.clone())
	}
	return definitions, nil
}

// PutRoleDefinition creates or replaces a custom role and returns it as stored: when it is replaced, with the CreatedOn and
// CreatedBy that it had. No other role may have its RoleName, in whatever case; one that it had already, it keeps. Errors wrap
// [ErrBuiltInRole], [ErrRoleLimit], [ErrRoleNameExists], [ErrInvalidAction] or [ErrCondition], or say which field is wrong.
func (s *MemoryStore) PutRoleDefinition(_ context.Context, definition RoleDefinition) (stored RoleDefinition, created bool, err error) {
	r, err := compileRole(definition, make(conditionCache))
	if err != nil {
		return RoleDefinition{}, false, fmt.Errorf("rbac: %w", err)
	}
	stored = r.definition
	_, err = s.change(func(p *Policy) (Change, error) {
		key := fold(stored.ID)
		existing, err := p.roleDefinition(key)
		exists := err == nil
		switch {
		case stored.Type == BuiltInRole || exists && existing.Type == BuiltInRole:
			return Change{}, fmt.Errorf("rbac: %w: %s", ErrBuiltInRole, key)
		case fold(stored.RoleName) != fold(existing.RoleName) && p.hasRoleName(stored.RoleName):
			return Change{}, fmt.Errorf("rbac: %w: %.80q", ErrRoleNameExists, stored.RoleName)
		case exists:
			stored.CreatedOn, stored.CreatedBy = existing.CreatedOn, existing.CreatedBy
		case p.customRoles() >= maxCustomRoles:
			return Change{}, fmt.Errorf("rbac: %w: %d custom roles", ErrRoleLimit, maxCustomRoles)
		}
		created = !exists
		return Change{PutRoles: []RoleDefinition{stored}}, nil
	})
	if err != nil {
		return RoleDefinition{}, false, err
	}
	return stored.clone(), created, nil
}

// DeleteRoleDefinition deletes a custom role and returns it. Errors wrap [ErrNotFound], [ErrBuiltInRole] or
// [ErrRoleHasAssignments].
func (s *MemoryStore) DeleteRoleDefinition(_ context.Context, id string) (RoleDefinition, error) {
	var deleted RoleDefinition
	_, err := s.change(func(p *Policy) (Change, error) {
		existing, err := p.roleDefinition(id)
		if err != nil {
			return Change{}, err
		}
		if existing.Type == BuiltInRole {
			return Change{}, fmt.Errorf("rbac: %w: %s", ErrBuiltInRole, fold(existing.ID))
		}
		deleted = existing
		return Change{DeleteRoles: []string{existing.ID}}, nil
	})
	if err != nil {
		return RoleDefinition{}, err
	}
	return deleted.clone(), nil
}

// Assignment returns the assignment of that name, or [ErrNotFound].
func (s *MemoryStore) Assignment(_ context.Context, name string) (RoleAssignment, error) {
	p := s.policy.Load()
	a, err := p.assignmentOf(name)
	if err != nil {
		return RoleAssignment{}, err
	}
	return p.source(a), nil
}

// Assignments returns all assignments in the order of their names.
func (s *MemoryStore) Assignments(context.Context) ([]RoleAssignment, error) {
	p := s.policy.Load()
	list := make([]RoleAssignment, 0, p.byName.len())
	for leaf := range p.byName.leaves {
		for _, a := range leaf {
			list = append(list, p.source(a))
		}
	}
	return list, nil
}

// AssignmentsAbove returns the assignments at scope and above it, management groups included: those that count there. The nearest
// come first, and those at one scope in the order of their names.
func (s *MemoryStore) AssignmentsAbove(_ context.Context, scope Scope) ([]RoleAssignment, error) {
	p := s.policy.Load()
	var list []RoleAssignment
	levels, _ := p.lineage(nil, scope.key)
	for _, level := range slices.Backward(levels) {
		for a := range within(p.byLocation, (*assignment).key, level.key, level.key+"\x00") {
			list = append(list, p.source(a))
		}
	}
	return list, nil
}

// AssignmentsWithin returns the assignments at scope and below it, those at members of management groups included, in the order of
// scopes and names.
func (s *MemoryStore) AssignmentsWithin(_ context.Context, scope Scope) ([]RoleAssignment, error) {
	p := s.policy.Load()
	var list []RoleAssignment
	for _, key := range p.membersWithin(scope.key) {
		for a := range atAndBelow(p.byLocation, (*assignment).key, key) {
			list = append(list, p.source(a))
		}
	}
	return list, nil
}

// AssignmentsOf returns the assignments of principals, those of one after those of another and in the order of scopes and names.
// An id that is no principal's has none.
func (s *MemoryStore) AssignmentsOf(_ context.Context, principalIDs ...string) ([]RoleAssignment, error) {
	p := s.policy.Load()
	var list []RoleAssignment
	done := make(map[*holding]bool)
	for _, id := range principalIDs {
		held := p.holding(id)
		if held == nil || done[held] {
			continue
		}
		done[held] = true
		for leaf := range held.assignments.leaves {
			for _, a := range leaf {
				list = append(list, p.source(a))
			}
		}
	}
	return list, nil
}

// PutAssignment creates an assignment, or changes the description, the principal type, the condition and the times of one, and
// returns it as stored: when it existed, with the CreatedOn and CreatedBy that it had, with the principal type that it had if none
// is given, and with its whole stamp if nothing changes. Errors wrap [ErrAssignmentExists], [ErrAssignmentUpdate],
// [ErrAssignmentLimit], [ErrNotAssignable], [ErrRoleNotFound], [ErrCondition] or [ErrInvalidPrincipal], or say which field is
// wrong.
func (s *MemoryStore) PutAssignment(_ context.Context, assignment RoleAssignment) (stored RoleAssignment, created bool, err error) {
	if assignment.Name == "" {
		return RoleAssignment{}, false, fmt.Errorf("rbac: %w", inField("Name", errors.New("is required")))
	}
	var name guid
	p, err := s.change(func(p *Policy) (Change, error) {
		a, err := newCompiler(p).assignment(assignment)
		if err != nil {
			return Change{}, fmt.Errorf("rbac: %w", err)
		}
		name = a.name
		put := assignment
		existing, held := p.assignment(a.name), p.grantOf(a)
		switch {
		case existing != nil && held != existing:
			return Change{}, fmt.Errorf("rbac: %w: %s", ErrAssignmentUpdate, existing)
		case existing != nil:
			before := p.source(existing)
			put.CreatedOn, put.CreatedBy = before.CreatedOn, before.CreatedBy
			put.PrincipalType = cmp.Or(put.PrincipalType, before.PrincipalType)
			if a.principalType = cmp.Or(a.principalType, existing.principalType); a.same(existing) {
				put.Stamp = before.Stamp
			}
		case held != nil:
			return Change{}, fmt.Errorf("rbac: %w: %s", ErrAssignmentExists, held)
		default:
			if err := p.admits(a); err != nil {
				return Change{}, fmt.Errorf("rbac: %w", err)
			}
		}
		created = existing == nil
		return Change{PutAssignments: []RoleAssignment{put}}, nil
	})
	if err != nil {
		return RoleAssignment{}, false, err
	}
	return p.source(p.assignment(name)), created, nil
}

// DeleteAssignment deletes an assignment and returns it, or an error that wraps [ErrNotFound].
func (s *MemoryStore) DeleteAssignment(_ context.Context, name string) (RoleAssignment, error) {
	var deleted RoleAssignment
	_, err := s.change(func(p *Policy) (Change, error) {
		existing, err := p.assignmentOf(name)
		if err != nil {
			return Change{}, err
		}
		deleted = p.source(existing)
		return Change{DeleteAssignments: []string{name}}, nil
	})
	return deleted, err
}

// DeleteAssignmentsWithin deletes all assignments and deny assignments at scope and below it in one change, and returns how many
// there were. Call it when what lies at scope is deleted, or whoever makes something of the same name later finds the old ones in
// force there. What is at members of a management group stays. At [Root] it deletes every assignment.
func (s *MemoryStore) DeleteAssignmentsWithin(_ context.Context, scope Scope) (deleted int, err error) {
	_, err = s.change(func(p *Policy) (Change, error) {
		var change Change
		for a := range atAndBelow(p.byLocation, (*assignment).key, scope.key) {
			change.DeleteAssignments = append(change.DeleteAssignments, a.name.String())
		}
		for d := range atAndBelow(p.denialsByLocation, (*denial).key, scope.key) {
			change.DeleteDenyAssignments = append(change.DeleteDenyAssignments, d.name.String())
		}
		deleted = len(change.DeleteAssignments) + len(change.DeleteDenyAssignments)
		return change, nil
	})
	if err != nil {
		return 0, err
	}
	return deleted, nil
}

// DenyAssignment returns the deny assignment of that name, or [ErrNotFound].
func (s *MemoryStore) DenyAssignment(_ context.Context, name string) (DenyAssignment, error) {
	d, err := s.policy.Load().denialOf(name)
	if err != nil {
		return DenyAssignment{}, err
	}
	return d.source.clone(), nil
}

// DenyAssignments returns all deny assignments in the order of their names.
func (s *MemoryStore) DenyAssignments(context.Context) ([]DenyAssignment, error) {
	p := s.policy.Load()
	list := make([]DenyAssignment, 0, p.denials.len())
	for leaf := range p.denials.leaves {
		for _, d := range leaf {
			list = append(list, d.source.clone())
		}
	}
	return list, nil
}

// DenyAssignmentsAbove is for deny assignments what AssignmentsAbove is for role assignments, without regard to
// DoNotApplyToChildScopes.
func (s *MemoryStore) DenyAssignmentsAbove(_ context.Context, scope Scope) ([]DenyAssignment, error) {
	p := s.policy.Load()
	var list []DenyAssignment
	levels, _ := p.lineage(nil, scope.key)
	for _, level := range slices.Backward(levels) {
		for d := range within(p.denialsByLocation, (*denial).key, level.key, level.key+"\x00") {
			list = append(list, d.source.clone())
		}
	}
	return list, nil
}

// DenyAssignmentsWithin is for deny assignments what AssignmentsWithin is for role assignments.
func (s *MemoryStore) DenyAssignmentsWithin(_ context.Context, scope Scope) ([]DenyAssignment, error) {
	p := s.policy.Load()
	var list []DenyAssignment
	for _, key := range p.membersWithin(scope.key) {
		for d := range atAndBelow(p.denialsByLocation, (*denial).key, key) {
			list = append(list, d.source.clone())
		}
	}
	return list, nil
}

// PutDenyAssignment creates or replaces a deny assignment and returns it as stored: when it is replaced, with the CreatedOn and
// CreatedBy that it had, and with its whole stamp if nothing changes. Errors wrap [ErrInvalidAction], [ErrCondition] or
// [ErrInvalidPrincipal], or say which field is wrong.
func (s *MemoryStore) PutDenyAssignment(_ context.Context, deny DenyAssignment) (stored DenyAssignment, created bool, err error) {
	stored = deny.clone()
	_, err = s.change(func(p *Policy) (Change, error) {
		d, err := newCompiler(p).denial(stored)
		if err != nil {
			return Change{}, fmt.Errorf("rbac: %w", err)
		}
		existing := p.denial(d.name)
		switch {
		case existing == nil:
		case d.same(existing):
			stored.Stamp = existing.source.Stamp
		default:
			stored.CreatedOn, stored.CreatedBy = existing.source.CreatedOn, existing.source.CreatedBy
		}
		created = existing == nil
		return Change{PutDenyAssignments: []DenyAssignment{stored}}, nil
	})
	if err != nil {
		return DenyAssignment{}, false, err
	}
	return stored, created, nil
}

// DeleteDenyAssignment deletes a deny assignment and returns it, or an error that wraps [ErrNotFound].
func (s *MemoryStore) DeleteDenyAssignment(_ context.Context, name string) (DenyAssignment, error) {
	var deleted DenyAssignment
	_, err := s.change(func(p *Policy) (Change, error) {
		existing, err := p.denialOf(name)
		if err != nil {
			return Change{}, err
		}
		deleted = existing.source.clone()
		return Change{DeleteDenyAssignments: []string{name}}, nil
	})
	return deleted, err
}

// ManagementGroupMembers returns which scopes lie in which management groups, in the order of the members.
func (s *MemoryStore) ManagementGroupMembers(context.Context) ([]ManagementGroupMember, error) {
	groups := s.policy.Load().groups
	var list []ManagementGroupMember
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		list = append(list, groups[key].source())
	}
	return list, nil
}

// PutManagementGroupMember puts a subscription or a management group into a management group, out of the one that it was in, and
// reports whether it was in none. Errors say which field is wrong, also when the management group would lie in itself, or too deep.
func (s *MemoryStore) PutManagementGroupMember(_ context.Context, member ManagementGroupMember) (created bool, err error) {
	_, err = s.change(func(p *Policy) (Change, error) {
		m, err := compileGroupMember(member)
		if err != nil {
			return Change{}, fmt.Errorf("rbac: %w", err)
		}
		_, exists := p.groups[m.member.key]
		created = !exists
		return Change{PutManagementGroups: []ManagementGroupMember{member}}, nil
	})
	return created && err == nil, err
}

// DeleteManagementGroupMember takes a subscription or a management group out of its management group, so that it lies under "/", and
// returns where it was, or an error that wraps [ErrNotFound].
func (s *MemoryStore) DeleteManagementGroupMember(_ context.Context, member Scope) (ManagementGroupMember, error) {
	var deleted ManagementGroupMember
	_, err := s.change(func(p *Policy) (Change, error) {
		m, ok := p.groups[member.key]
		if !ok {
			return Change{}, fmt.Errorf("rbac: member of a management group %.200q: %w", member, ErrNotFound)
		}
		deleted = m.source()
		return Change{DeleteManagementGroups: []string{member.String()}}, nil
	})
	return deleted, err
}

// change puts the policy after a change in force and returns it, unless edit or the policy refuses it.
func (s *MemoryStore) change(edit func(p *Policy) (Change, error)) (*Policy, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	p := s.policy.Load()
	change, err := edit(p)
	if err != nil {
		return nil, err
	}
	if p, err = p.With(change); err != nil {
		if wrong, ok := errors.AsType[*objectError](err); ok {
			err = fmt.Errorf("rbac: %w", wrong.err) // of the only object that there is
		}
		return nil, err
	}
	s.policy.Store(p)
	return p, nil
}

// roleDefinition returns the definition that an id ends in. It belongs to the policy.
func (p *Policy) roleDefinition(id string) (RoleDefinition, error) {
	key, err := roleKey(id)
	if err != nil {
		return RoleDefinition{}, fmt.Errorf("rbac: role definition: %w: %w", ErrNotFound, err)
	}
	r := p.role(key)
	if r == nil {
		return RoleDefinition{}, fmt.Errorf("rbac: role definition %s: %w", key, ErrNotFound)
	}
	return r.definition, nil
}

func (p *Policy) assignmentOf(name string) (*assignment, error) {
	if id, ok := parseGUID(name); ok {
		if a := p.assignment(id); a != nil {
			return a, nil
		}
	}
	return nil, fmt.Errorf("rbac: role assignment %.80q: %w", name, ErrNotFound)
}

func (p *Policy) denialOf(name string) (*denial, error) {
	if id, ok := parseGUID(name); ok {
		if d := p.denial(id); d != nil {
			return d, nil
		}
	}
	return nil, fmt.Errorf("rbac: deny assignment %.80q: %w", name, ErrNotFound)
}

// hasRoleName reports whether a role has that name. Roles without a name have none in common.
func (p *Policy) hasRoleName(name string) bool {
	return name != "" && slices.ContainsFunc(p.roles, func(r *role) bool {
		return r != nil && fold(r.definition.RoleName) == fold(name)
	})
}
