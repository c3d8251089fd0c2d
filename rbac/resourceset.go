package rbac

import (
	"cmp"
	"slices"
	"strings"
)

// A Decision is the answer to one Check.
type Decision struct {
	Allowed bool
	// Assignment is the role assignment that grants the operation, the one nearest to its scope if there are several; nil when
	// none does. It belongs to the policy: read it only.
	Assignment *RoleAssignment
	// DenyAssignment is the deny assignment that blocks the operation, whatever grants it, the one nearest to its scope if there
	// are several; nil when none does. It belongs to the policy: read it only.
	DenyAssignment *DenyAssignment
}

// A ResourceSet is the allowed-resource set: all that a subject may do under one revision of the policy. It is immutable.
// The zero ResourceSet allows nothing.
type ResourceSet struct {
	subject  Subject
	tenantOf func(subscription string) (tenant string, known bool)
	// held are the subject's assignments by the key of their scope, each list in the policy's order.
	held map[string][]*assignment
}

// newResourceSet collects what subject holds under policy.
func newResourceSet(policy *Policy, config *AuthorizerConfig, subject Subject) *ResourceSet {
	s := &ResourceSet{
		subject:  subject,
		tenantOf: config.TenantOf,
		held:     make(map[string][]*assignment),
	}
	// What lies in no subscription is the home tenant's: nobody else's assignments count there, or are inherited from there.
	home := config.TenantOf == nil || strings.EqualFold(subject.Tenant, config.HomeTenant)

	held := slices.Clone(policy.assignments[principalKey(subject.ObjectID)])
	for _, group := range subject.Groups {
		held = append(held, policy.assignments[principalKey(group)]...)
	}
	slices.SortFunc(held, func(a, b *assignment) int { return cmp.Compare(a.order, b.order) })
	for _, a := range slices.Compact(held) { // a group may be listed twice
		if home || a.scope.Subscription() != "" {
			s.held[a.scope.key] = append(s.held[a.scope.key], a)
		}
	}
	return s
}

// Subject returns whom the set is about. Its groups are shared: read them only.
func (s *ResourceSet) Subject() Subject { return s.subject }

// Check decides one operation.
func (s *ResourceSet) Check(op Operation) Decision {
	if op.Action == "" || !s.reaches(op.Scope) {
		return Decision{}
	}
	var buffer [128]byte
	action := appendFold(buffer[:0], op.Action)
	for key := range op.Scope.lineage {
		for _, a := range s.held[key] {
			if a.role.grants(op.Plane, action) {
				return Decision{Allowed: true, Assignment: &a.source}
			}
		}
	}
	return Decision{}
}

// reaches reports whether scope lies in no subscription or in one of the subject's tenant.
func (s *ResourceSet) reaches(scope Scope) bool {
	if s.tenantOf == nil {
		return true
	}
	subscription := scope.Subscription()
	if subscription == "" {
		return true
	}
	tenant, known := s.tenantOf(subscription)
	return known && tenant != "" && strings.EqualFold(tenant, s.subject.Tenant)
}

// Scopes returns the scopes at which a role assignment grants action on the control plane, in the order of their keys. The
// subject may do it there and anywhere below.
func (s *ResourceSet) Scopes(action string) []Scope {
	folded := []byte(fold(action))
	var scopes []Scope
	for _, held := range s.held {
		scope := held[0].scope
		if s.reaches(scope) && slices.ContainsFunc(held, func(a *assignment) bool {
			return a.role.grants(ControlPlane, folded)
		}) {
			scopes = append(scopes, scope)
		}
	}
	slices.SortFunc(scopes, func(a, b Scope) int { return strings.Compare(a.key, b.key) })
	return scopes
}

// Holds reports whether the subject holds any role at scope or below it, whatever the role grants. A list of subscriptions
// shows those that the caller may read, and those in which it holds a role.
func (s *ResourceSet) Holds(scope Scope) bool {
	for _, held := range s.held {
		if scope.Contains(held[0].scope) && s.reaches(held[0].scope) {
			return true
		}
	}
	return false
}

// Filter returns the items whose operation s allows, in their order. The result is not nil, so that a list without items
// is still written as a list.
//
// An item had best carry its Scope, from when it was made: a name that makes none is an error then, where it can be one.
func Filter[T any](s *ResourceSet, items []T, operation func(T) Operation) []T {
	allowed := make([]T, 0, len(items))
	for _, item := range items {
		if s.Check(operation(item)).Allowed {
			allowed = append(allowed, item)
		}
	}
	return allowed
}
