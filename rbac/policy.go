package rbac

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// A Policy is a compiled, immutable set of roles and assignments. It is also the simplest Source.
type Policy struct {
	// roles are by roleKey, the built-in ones included.
	roles map[string]*role
	// assignments are by principalKey, so that a resource set costs what its subject holds and not what the store holds.
	assignments map[string][]*assignment
}

// An assignment is a compiled RoleAssignment.
type assignment struct {
	source    RoleAssignment
	scope     Scope
	role      *role
	principal string
	// order is the place in the policy, by which decisions are made the same each time.
	order int
}

// NewPolicy compiles a policy. An error names the index and the field: Assignments[3].Scope. Identical objects may repeat.
// Two definitions with one id, two assignments with one name, or two names for the same principal, role and scope are an
// error.
func NewPolicy(config PolicyConfig) (*Policy, error) {
	p := &Policy{
		roles:       make(map[string]*role),
		assignments: make(map[string][]*assignment),
	}
	for _, definitions := range [][]RoleDefinition{BuiltInRoles(), config.Roles} {
		if err := p.addRoles(definitions); err != nil {
			return nil, fmt.Errorf("rbac: %w", err)
		}
	}
	if err := p.addAssignments(config.Assignments); err != nil {
		return nil, fmt.Errorf("rbac: %w", err)
	}
	return p, nil
}

// addRoles adds definitions, each of which replaces one that was there before.
func (p *Policy) addRoles(definitions []RoleDefinition) error {
	first := make(map[string]int)
	for i, definition := range definitions {
		r, err := compileRole(definition)
		if err != nil {
			return &objectError{list: "Roles", index: i, err: err}
		}
		key := fold(definition.ID)
		if j, ok := first[key]; ok {
			if !r.definition.same(p.roles[key].definition) {
				return &objectError{list: "Roles", index: i, conflict: &j, err: errors.New("both have the id " + key)}
			}
			continue
		}
		first[key] = i
		p.roles[key] = r
	}
	return nil
}

func (p *Policy) addAssignments(sources []RoleAssignment) error {
	compiled := make([]*assignment, len(sources))
	byName := make(map[string]int)
	byGrant := make(map[grant]int)
	for i, source := range sources {
		a, err := p.compileAssignment(source)
		if err != nil {
			return &objectError{list: "Assignments", index: i, err: err}
		}
		a.order = i
		compiled[i] = a

		// Of what repeats, the first stays. What agrees in a part only is a mistake.
		name := fold(source.Name)
		j, ok := byName[name]
		reason := "both have the name " + name
		if !ok || name == "" {
			j, ok = byGrant[a.grant()]
			reason = "both give the same principal the same role at the same scope"
		}
		if ok {
			if !a.same(compiled[j]) {
				return &objectError{list: "Assignments", index: i, conflict: &j, err: errors.New(reason)}
			}
			continue
		}
		byName[name] = i
		byGrant[a.grant()] = i
		p.assignments[a.principal] = append(p.assignments[a.principal], a)
	}
	return nil
}

// compileAssignment checks and compiles an assignment. Errors are *fieldError.
func (p *Policy) compileAssignment(source RoleAssignment) (*assignment, error) {
	if source.Name != "" && !IsGUID(source.Name) {
		return nil, inField("Name", fmt.Errorf("%.80q is not a GUID", source.Name))
	}
	scope, err := parseScope(source.Scope)
	if err != nil {
		return nil, inField("Scope", err)
	}
	if err := checkPrincipal(source.PrincipalID); err != nil {
		return nil, inField("PrincipalID", err)
	}
	if source.PrincipalType != "" && !slices.Contains(principalTypes, source.PrincipalType) {
		return nil, inField("PrincipalType", fmt.Errorf("%.80q is none of %s", source.PrincipalType, strings.Join(principalTypes, ", ")))
	}
	key, err := roleKey(source.RoleDefinitionID)
	if err != nil {
		return nil, inField("RoleDefinitionID", err)
	}
	r, ok := p.roles[key]
	switch {
	case !ok:
		return nil, inField("RoleDefinitionID", fmt.Errorf("%w: %s", ErrRoleNotFound, key))
	case r.conditional:
		return nil, inField("RoleDefinitionID", fmt.Errorf("%w: role %s has one", ErrCondition, key))
	}
	return &assignment{source: source, scope: scope, role: r, principal: principalKey(source.PrincipalID)}, nil
}

// A grant is what makes two assignments give the same, whatever their names: folded ids and a scope's key.
type grant struct{ principal, role, scope string }

func (a *assignment) grant() grant {
	return grant{principal: a.principal, role: fold(a.role.definition.ID), scope: a.scope.key}
}

// same reports whether a and other say the same, their stamps aside.
func (a *assignment) same(other *assignment) bool {
	return fold(a.source.Name) == fold(other.source.Name) && a.grant() == other.grant() &&
		a.source.PrincipalType == other.source.PrincipalType && a.source.Description == other.source.Description
}

// Policy returns p.
func (p *Policy) Policy(context.Context) (*Policy, error) { return p, nil }
