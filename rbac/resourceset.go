package rbac

import (
	"slices"
	"strings"
	"sync"
)

// A Decision is the answer to one Check.
type Decision struct {
	// Allowed says that a role assignment grants the operation and no deny assignment blocks it.
	Allowed bool
	// Assignment is the role assignment that grants the operation, whether or not it is blocked; nil when none does. Of several it
	// is the one nearest to the operation's scope, and there one without a condition and a time, the subject's own before those of
	// its groups. It belongs to the policy: read it only.
	Assignment *RoleAssignment
	// DenyAssignment is the deny assignment that blocks the operation, whatever grants it, the one nearest to its scope if there
	// are several; nil when none does. It belongs to the policy: read it only.
	DenyAssignment *DenyAssignment
}

// A ResourceSet is the allowed-resource set: all that a subject may do under one revision of the policy. It is immutable.
// The zero ResourceSet allows nothing.
type ResourceSet struct {
	subject  Subject
	policy   *Policy
	tenantOf func(subscription string) (tenant string, known bool)
	// home reports that the subject is of the tenant that what lies in no subscription belongs to: nobody else's assignments count
	// there, or are inherited from there.
	home   bool
	grants grantTable
	// denials are those that name one of the subject's principals, and do not exclude one, by the key of their scope.
	denials map[string][]*denial
	// members are the subject's principalKeys, from when they are first needed.
	members     map[string]struct{}
	makeMembers sync.Once
}

// newResourceSet collects what subject holds under policy.
func newResourceSet(policy *Policy, config *AuthorizerConfig, subject Subject) *ResourceSet {
	s := &ResourceSet{
		subject:  subject,
		policy:   policy,
		tenantOf: config.TenantOf,
		home:     config.TenantOf == nil || strings.EqualFold(subject.Tenant, config.HomeTenant),
	}
	var room [256]*holding // for most subjects
	holdings := s.appendHoldings(room[:0])
	assignments, denials := 0, 0
	for _, held := range holdings {
		assignments += held.assignments.len()
		denials += len(held.denials)
	}

	s.grants.makeRoom(assignments)
	var space [maxPage]*assignment
	some := space[:0]
	for _, held := range holdings {
		for list := range held.assignments.leaves {
			if len(some)+len(list) > cap(some) {
				s.grants.addAll(some)
				some = some[:0]
			}
			some = append(some, list...)
		}
	}
	s.grants.addAll(some)
	s.grants.conditional = nil
	if denials > 0 {
		s.denials = make(map[string][]*denial)
		for _, held := range holdings {
			for _, d := range held.denials {
				if at := s.denials[d.location.key]; !slices.Contains(at, d) && !s.excludedFrom(d) {
					s.denials[d.location.key] = append(at, d)
				}
			}
		}
	}
	return s
}

// appendHoldings appends what the policy has about the subject and about its groups.
func (s *ResourceSet) appendHoldings(holdings []*holding) []*holding {
	if held := s.policy.holding(s.subject.ObjectID); held != nil {
		holdings = append(holdings, held)
	}
	s.policy.principals.getAll(s.subject.Groups, func(group string, leaf *trieLeaf[holding]) {
		if leaf != nil {
			holdings = append(holdings, &leaf.value)
		} else if key := principalKey(group); key != group {
			if held := s.policy.holding(key); held != nil {
				holdings = append(holdings, held)
			}
		}
	})
	return holdings
}

// Subject returns whom the set is about. Its groups are shared: read them only.
func (s *ResourceSet) Subject() Subject { return s.subject }

// Check decides one operation.
//
// Time counts when Check is called: of a role assignment that has a Start or an End.
func (s *ResourceSet) Check(op Operation) Decision {
	var (
		action [128]byte
		levels [24]level
	)
	j := judgement{op: &op, action: appendAction(action[:0], op.Action)}
	return s.decide(&j, levels[:0])
}

// decide is Check. Levels is room for those of the operation's scope.
func (s *ResourceSet) decide(j *judgement, levels []level) Decision {
	if !s.reaches(j.op.Scope) {
		return Decision{}
	}
	levels = s.lineage(levels, j.op.Scope.key)
	granting, blocking := s.granting(j, levels), s.blocking(j, levels)

	decision := Decision{Allowed: granting != 0 && blocking == nil}
	if granting != 0 {
		decision.Assignment = s.grants.give(s.policy, granting)
	}
	if blocking != nil {
		decision.DenyAssignment = &blocking.source
	}
	return decision
}

// CheckAll decides several operations that belong together, such as a change of one resource that links another: all of them
// must be allowed. It returns the decision on the first that is not, and its index; when all are allowed, the decision on the last
// one, and -1. Of no operations at all, none is allowed: the zero Decision, and -1.
func (s *ResourceSet) CheckAll(ops ...Operation) (Decision, int) {
	var decision Decision
	for i, op := range ops {
		if decision = s.Check(op); !decision.Allowed {
			return decision, i
		}
	}
	return decision, -1
}

// lineage appends the levels of a scope which s reaches, from the top, without those whose assignments do not count for the subject.
func (s *ResourceSet) lineage(levels []level, key string) []level {
	levels, own := s.policy.lineage(levels, key)
	if !s.home {
		return levels[own:]
	}
	return levels
}

// granting returns the number of the first grant that grants an operation at a scope with these levels, or 0.
func (s *ResourceSet) granting(j *judgement, levels []level) uint32 {
	for i := len(levels) - 1; i >= 0; i-- {
		if number := s.grantingFrom(j, s.grants.at(levels[i])); number != 0 {
			return number
		}
	}
	return 0
}

// grantingFrom is granting for the grants of one location, of which the first has a number.
func (s *ResourceSet) grantingFrom(j *judgement, first uint32) uint32 {
	for number, g := range s.grants.from(first) {
		if j.ofAssignment(s.policy.roles[g.role], g) == Counts {
			return number
		}
	}
	return 0
}

// blocking returns the first denial that blocks an operation at a scope with these levels, or nil.
func (s *ResourceSet) blocking(j *judgement, levels []level) *denial {
	if len(s.denials) == 0 && s.policy.everyone.root == nil {
		return nil
	}
	for i := len(levels) - 1; i >= 0; i-- {
		for _, d := range s.denials[levels[i].key] {
			if j.ofDenial(d) == Counts {
				return d
			}
		}
		if everyone := s.policy.everyone.get(levels[i].hash, levels[i].key); everyone != nil {
			for _, d := range everyone.value {
				if j.ofDenial(d) == Counts && !s.excludedFrom(d) {
					return d
				}
			}
		}
	}
	return nil
}

// excludedFrom reports whether d excludes the subject or one of its groups.
func (s *ResourceSet) excludedFrom(d *denial) bool {
	if len(d.excluded) == 0 {
		return false
	}
	s.makeMembers.Do(func() {
		s.members = map[string]struct{}{principalKey(s.subject.ObjectID): {}}
		for _, group := range s.subject.Groups {
			s.members[principalKey(group)] = struct{}{}
		}
	})
	return slices.ContainsFunc(d.excluded, func(id string) bool {
		_, ok := s.members[id]
		return ok
	})
}

// reaches reports whether what is assigned at scope, or inherited there, can count for the subject: whether scope lies in a
// subscription of its tenant, or in none while its tenant is the home tenant.
func (s *ResourceSet) reaches(scope Scope) bool {
	if s.policy == nil || s.tenantOf == nil {
		return s.policy != nil
	}
	subscription := scope.Subscription()
	if subscription == "" {
		return s.home
	}
	tenant, known := s.tenantOf(subscription)
	return known && tenant != "" && strings.EqualFold(tenant, s.subject.Tenant)
}

// Scopes returns the scopes at which a role assignment grants action on the control plane, and no deny assignment blocks it, in the
// order of their keys. The subject may do it there and below, except for what deny assignments block below. A scope that is
// blocked only by a deny assignment that does not apply to child scopes is not among them either. Conditions are asked about an
// operation without attributes.
func (s *ResourceSet) Scopes(action string) []Scope {
	folded := appendAction(nil, action)
	var scopes []Scope
	for first := range s.grants.lists {
		scope := s.grants.grant(first).location.scope()
		op := Operation{Action: action, Scope: scope}
		j := judgement{op: &op, action: folded}
		if s.reaches(scope) && s.grantingFrom(&j, first) != 0 && s.blocking(&j, s.lineage(nil, scope.key)) == nil {
			scopes = append(scopes, scope)
		}
	}
	slices.SortFunc(scopes, func(a, b Scope) int { return strings.Compare(a.key, b.key) })
	return scopes
}

// Holds reports whether the subject holds any role at scope or below it that is in force, whatever the role grants, on whatever
// condition, and whatever is denied. A list of subscriptions shows those that the caller may read, and those in which it holds a
// role.
func (s *ResourceSet) Holds(scope Scope) bool {
	var j judgement
	for first := range s.grants.lists {
		at := s.grants.grant(first).location
		if !s.policy.contains(scope.key, at.key) || !s.reaches(at.scope()) {
			continue
		}
		for _, g := range s.grants.from(first) {
			if j.ofTime(g) == Counts {
				return true
			}
		}
	}
	return false
}

// Permissions returns the permissions of the roles that the subject holds at scope and above it, those of a role once, the nearest
// first. This is what Resource Manager's permissions API tells clients, which use it to show what can be done, and no decision: deny
// assignments take nothing from it. An assignment counts while it is in force. Its condition stands in its permissions, together
// with their own.
func (s *ResourceSet) Permissions(scope Scope) []Permission {
	if !s.reaches(scope) {
		return nil
	}
	type given struct {
		*role
		*Condition
	}
	var (
		j      judgement
		list   []Permission
		before = make(map[given]bool)
	)
	for _, level := range slices.Backward(s.lineage(nil, scope.key)) {
		for _, g := range s.grants.from(s.grants.at(level)) {
			role := s.policy.roles[g.role]
			key := given{role, g.condition()}
			if before[key] || before[given{role: role}] || j.ofTime(g) != Counts {
				continue
			}
			before[key] = true
			for _, p := range role.definition.Permissions {
				list = append(list, p.and(key.Condition))
			}
		}
	}
	return clonePermissions(list)
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
