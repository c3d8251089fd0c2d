package rbac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Errors of a store, beside those of a policy. Nothing has changed when one of them is returned.
var (
	// ErrNotFound: no role definition or role assignment has that id or name.
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

// Azure's limits.
const (
	maxAssignmentsPerSubscription    = 4000
	maxAssignmentsPerManagementGroup = 500
	maxCustomRoles                   = 5000
)

// A MemoryStore is a [Source] whose roles and assignments can be changed, and are gone when the process ends. Each accepted
// change makes a new policy, which the next call of Policy answers; a change is refused whole. It is safe for concurrent
// use, and reading takes no lock.
//
// What it returns is the caller's own. The RoleDefinitionID of an assignment that it returns is the GUID alone.
type MemoryStore struct {
	changing sync.Mutex
	state    atomic.Pointer[memoryState]
}

// A memoryState is one revision of a MemoryStore. It is never changed.
type memoryState struct {
	policy *Policy
	// roles are by roleKey, the built-in ones included; assignments are by folded name.
	roles       map[string]RoleDefinition
	assignments map[string]RoleAssignment
}

// NewMemoryStore returns a store that begins with what config holds. Errors are those of [NewPolicy], or about an assignment
// without a name. Azure's limits, the assignable scopes of roles, and that no two roles have the same RoleName, count for later
// changes only.
func NewMemoryStore(config PolicyConfig) (*MemoryStore, error) {
	policy, err := NewPolicy(config)
	if err != nil {
		return nil, err
	}
	state := &memoryState{
		policy:      policy,
		roles:       make(map[string]RoleDefinition),
		assignments: make(map[string]RoleAssignment),
	}
	for key, r := range policy.roles {
		state.roles[key] = r.definition.clone()
	}
	for i, a := range config.Assignments {
		if a.Name == "" {
			return nil, fmt.Errorf("rbac: %w", &objectError{list: "Assignments", index: i, err: inField("Name", errors.New("is required in a store"))})
		}
		if _, repeated := state.assignments[fold(a.Name)]; !repeated {
			a.RoleDefinitionID, _ = roleKey(a.RoleDefinitionID)
			state.assignments[fold(a.Name)] = a
		}
	}
	s := &MemoryStore{}
	s.state.Store(state)
	return s, nil
}

// Policy returns the policy in force. It never fails.
func (s *MemoryStore) Policy(context.Context) (*Policy, error) { return s.state.Load().policy, nil }

// RoleDefinition returns the definition whose id ends in the GUID that id ends in, or [ErrNotFound].
func (s *MemoryStore) RoleDefinition(_ context.Context, id string) (RoleDefinition, error) {
	definition, err := s.state.Load().role(id)
	return definition.clone(), err
}

// RoleDefinitions returns all definitions, the built-in ones included, in the order of their ids.
func (s *MemoryStore) RoleDefinitions(context.Context) ([]RoleDefinition, error) {
	definitions := s.state.Load().config().Roles
	for i := range definitions {
		definitions[i] = definitions[i].clone()
	}
	return definitions, nil
}

// PutRoleDefinition creates or replaces a custom role and returns it as stored: when it is replaced, with the CreatedOn and
// CreatedBy that it had. No other role may have its RoleName, in whatever case; one that it had already, it keeps. Errors wrap
// [ErrBuiltInRole], [ErrRoleLimit], [ErrRoleNameExists], [ErrInvalidAction] or, for a condition on a role that is assigned,
// [ErrCondition], or say which field is wrong.
func (s *MemoryStore) PutRoleDefinition(_ context.Context, definition RoleDefinition) (stored RoleDefinition, created bool, err error) {
	r, err := compileRole(definition)
	if err != nil {
		return RoleDefinition{}, false, fmt.Errorf("rbac: %w", err)
	}
	err = s.change(func(next *memoryState) error {
		stored = r.definition
		key := fold(stored.ID)
		existing, exists := next.roles[key]
		switch {
		case stored.Type == BuiltInRole || exists && existing.Type == BuiltInRole:
			return fmt.Errorf("rbac: %w: %s", ErrBuiltInRole, key)
		case fold(stored.RoleName) != fold(existing.RoleName) && next.hasRoleName(stored.RoleName):
			return fmt.Errorf("rbac: %w: %.80q", ErrRoleNameExists, stored.RoleName)
		case exists:
			stored.CreatedOn, stored.CreatedBy = existing.CreatedOn, existing.CreatedBy
		case next.customRoles() >= maxCustomRoles:
			return fmt.Errorf("rbac: %w: %d custom roles", ErrRoleLimit, maxCustomRoles)
		}
		next.roles[key] = stored
		created = !exists
		return nil
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
	err := s.change(func(next *memoryState) error {
		existing, err := next.role(id)
		if err != nil {
			return err
		}
		key := fold(existing.ID)
		if existing.Type == BuiltInRole {
			return fmt.Errorf("rbac: %w: %s", ErrBuiltInRole, key)
		}
		for _, a := range next.assignments {
			if a.RoleDefinitionID == key {
				return fmt.Errorf("rbac: %w: %s", ErrRoleHasAssignments, key)
			}
		}
		delete(next.roles, key)
		deleted = existing
		return nil
	})
	return deleted.clone(), err
}

// Assignment returns the assignment of that name, or [ErrNotFound].
func (s *MemoryStore) Assignment(_ context.Context, name string) (RoleAssignment, error) {
	return s.state.Load().assignment(name)
}

// Assignments returns all assignments in the order of their names.
func (s *MemoryStore) Assignments(context.Context) ([]RoleAssignment, error) {
	return s.state.Load().config().Assignments, nil
}

// PutAssignment creates an assignment, or changes the description and the principal type of one, and returns it as stored:
// when it existed, with the CreatedOn and CreatedBy that it had, with the principal type that it had if none is given, and
// with its whole stamp if nothing changes. Errors wrap [ErrAssignmentExists], [ErrAssignmentUpdate],
// [ErrAssignmentLimit], [ErrNotAssignable], [ErrRoleNotFound], [ErrCondition] or [ErrInvalidPrincipal], or say which field is
// wrong.
func (s *MemoryStore) PutAssignment(_ context.Context, assignment RoleAssignment) (stored RoleAssignment, created bool, err error) {
	if assignment.Name == "" {
		return RoleAssignment{}, false, fmt.Errorf("rbac: %w", inField("Name", errors.New("is required")))
	}
	err = s.change(func(next *memoryState) error {
		a, err := next.policy.compileAssignment(assignment)
		if err != nil {
			return fmt.Errorf("rbac: %w", err)
		}
		stored = assignment
		stored.RoleDefinitionID = fold(a.role.definition.ID)

		existing, exists := next.assignments[fold(stored.Name)]
		held := next.policy.held(a.grant())
		switch {
		case exists && (held == nil || fold(held.source.Name) != fold(stored.Name)):
			return fmt.Errorf("rbac: %w: %s", ErrAssignmentUpdate, existing.Name)
		case exists:
			stored.Scope, stored.CreatedOn, stored.CreatedBy = existing.Scope, existing.CreatedOn, existing.CreatedBy
			stored.PrincipalType = cmp.Or(stored.PrincipalType, existing.PrincipalType)
			if stored.PrincipalType == existing.PrincipalType && stored.Description == existing.Description {
				stored.Stamp = existing.Stamp
			}
		case held != nil:
			return fmt.Errorf("rbac: %w: %s", ErrAssignmentExists, held.source.Name)
		default:
			if err := next.policy.admits(a); err != nil {
				return fmt.Errorf("rbac: %w", err)
			}
		}
		next.assignments[fold(stored.Name)] = stored
		created = !exists
		return nil
	})
	if err != nil {
		return RoleAssignment{}, false, err
	}
	return stored, created, nil
}

// DeleteAssignment deletes an assignment and returns it, or an error that wraps [ErrNotFound].
func (s *MemoryStore) DeleteAssignment(_ context.Context, name string) (RoleAssignment, error) {
	var deleted RoleAssignment
	err := s.change(func(next *memoryState) error {
		existing, err := next.assignment(name)
		if err != nil {
			return err
		}
		delete(next.assignments, fold(name))
		deleted = existing
		return nil
	})
	return deleted, err
}

// DeleteAssignmentsWithin deletes all assignments at scope and below it in one change, and returns how many there were. Call it
// when what lies at scope is deleted, or whoever makes something of the same name later finds the old assignments in force
// there. At [Root] it deletes every assignment.
func (s *MemoryStore) DeleteAssignmentsWithin(_ context.Context, scope Scope) (deleted int, err error) {
	err = s.change(func(next *memoryState) error {
		before := len(next.assignments)
		maps.DeleteFunc(next.assignments, func(_ string, a RoleAssignment) bool {
			at, err := parseScope(a.Scope)
			return err == nil && scope.Contains(at)
		})
		deleted = before - len(next.assignments)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return deleted, nil
}

// change puts the next revision in force, unless edit or the compiler refuses it.
func (s *MemoryStore) change(edit func(next *memoryState) error) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	next := *s.state.Load()
	next.roles, next.assignments = maps.Clone(next.roles), maps.Clone(next.assignments)
	if err := edit(&next); err != nil {
		return err
	}
	policy, err := NewPolicy(next.config())
	if err != nil {
		return err
	}
	next.policy = policy
	s.state.Store(&next)
	return nil
}

func (s *memoryState) role(id string) (RoleDefinition, error) {
	key, err := roleKey(id)
	if err != nil {
		return RoleDefinition{}, fmt.Errorf("rbac: role definition: %w: %w", ErrNotFound, err)
	}
	definition, ok := s.roles[key]
	if !ok {
		return RoleDefinition{}, fmt.Errorf("rbac: role definition %s: %w", key, ErrNotFound)
	}
	return definition, nil
}

func (s *memoryState) assignment(name string) (RoleAssignment, error) {
	assignment, ok := s.assignments[fold(name)]
	if !ok {
		return RoleAssignment{}, fmt.Errorf("rbac: role assignment %.80q: %w", name, ErrNotFound)
	}
	return assignment, nil
}

// config returns what the state holds, in the order of ids and names. The slices of the definitions are shared.
func (s *memoryState) config() PolicyConfig {
	return PolicyConfig{
		Roles: slices.SortedFunc(maps.Values(s.roles), func(a, b RoleDefinition) int {
			return strings.Compare(fold(a.ID), fold(b.ID))
		}),
		Assignments: slices.SortedFunc(maps.Values(s.assignments), func(a, b RoleAssignment) int {
			return cmp.Compare(fold(a.Name), fold(b.Name))
		}),
	}
}

// hasRoleName reports whether a role has that name. Roles without a name have none in common.
func (s *memoryState) hasRoleName(name string) bool {
	if name == "" {
		return false
	}
	for _, definition := range s.roles {
		if fold(definition.RoleName) == fold(name) {
			return true
		}
	}
	return false
}

func (s *memoryState) customRoles() int {
	n := 0
	for _, definition := range s.roles {
		if definition.Type == CustomRole {
			n++
		}
	}
	return n
}

// held returns the assignment that gives g, or nil.
func (p *Policy) held(g grant) *assignment {
	for _, a := range p.assignments[g.principal] {
		if a.grant() == g {
			return a
		}
	}
	return nil
}

// admits reports why a store with policy p cannot have a new assignment.
func (p *Policy) admits(a *assignment) error {
	if !slices.ContainsFunc(a.role.definition.AssignableScopes, func(assignable string) bool {
		scope, err := parseScope(assignable)
		return err == nil && scope.Contains(a.scope)
	}) {
		return fmt.Errorf("%w: role %s at %s", ErrNotAssignable, a.role.definition.ID, a.scope)
	}
	within, limit := limitOf(a.scope)
	if limit == 0 {
		return nil
	}
	n := 0
	for _, held := range p.assignments {
		for _, other := range held {
			if within.Contains(other.scope) {
				n++
			}
		}
	}
	if n >= limit {
		return fmt.Errorf("%w: %d at and below %s", ErrAssignmentLimit, limit, within)
	}
	return nil
}

// limitOf returns the scope at and below which Azure counts assignments, and how many there can be; 0 where it counts none.
func limitOf(scope Scope) (within Scope, limit int) {
	for s, ok := scope, true; ok; s, ok = s.Parent() {
		switch {
		case strings.EqualFold(s.ResourceType(), "Microsoft.Management/managementGroups"):
			return s, maxAssignmentsPerManagementGroup
		case s.ResourceType() == subscriptionType && s.Subscription() != "":
			return s, maxAssignmentsPerSubscription
		}
	}
	return Root, 0
}
