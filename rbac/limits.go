package rbac

import (
	"fmt"
	"slices"
	"strings"
)

// Azure's limits.
const (
	maxAssignmentsPerSubscription    = 4000
	maxAssignmentsPerManagementGroup = 500
	maxCustomRoles                   = 5000
)

// admits reports why a store with policy p cannot have a new assignment.
func (p *Policy) admits(a *assignment) error {
	definition, scope := p.roles[a.role].definition, a.location.scope()
	if !slices.ContainsFunc(definition.AssignableScopes, func(s string) bool {
		assignable, err := parseScope(s)
		return err == nil && p.Contains(assignable, scope)
	}) {
		return fmt.Errorf("%w: role %s at %s", ErrNotAssignable, definition.ID, scope)
	}
	counted, limit := limitOf(scope)
	if limit > 0 && p.countWithin(counted.key) >= limit {
		return fmt.Errorf("%w: %d at and below %s", ErrAssignmentLimit, limit, counted)
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

func (p *Policy) customRoles() int {
	n := 0
	for _, r := range p.roles {
		if r != nil && r.definition.Type == CustomRole {
			n++
		}
	}
	return n
}
