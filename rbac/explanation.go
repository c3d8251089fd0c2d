package rbac

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Reason says why an assignment did or did not count in a decision.
type Reason uint8

// The reasons. Of several, an explanation names one.
const (
	// Counts: the role assignment grants the operation, or the deny assignment blocks it.
	Counts Reason = iota
	// OtherScope: the assignment is neither at the operation's scope nor above it.
	OtherScope
	// OtherTenant: the operation's scope, or the assignment's, belongs to another tenant than the subject.
	OtherTenant
	// NotForChildScopes: the deny assignment is only for its own scope, and the operation's is below it.
	NotForChildScopes
	// ExcludedPrincipal: the deny assignment excludes the subject or one of its groups.
	ExcludedPrincipal
	// ActionNotMatched: no permission has the action.
	ActionNotMatched
	// ActionExcluded: each permission that has the action takes it away again, by notActions or notDataActions.
	ActionExcluded
	// PermissionConditionFalse: the condition of a permission that has the action does not hold.
	PermissionConditionFalse
	// NotYetInForce and NoLongerInForce: it is before the assignment's Start, or not before its End.
	NotYetInForce
	NoLongerInForce
	// ConditionFalse: the assignment's condition does not hold.
	ConditionFalse
)

// String returns the reason in words.
func (r Reason) String() string {
	switch r {
	case Counts:
		return "counts"
	case OtherScope:
		return "is at another scope"
	case OtherTenant:
		return "counts for another tenant"
	case NotForChildScopes:
		return "does not apply to child scopes"
	case ExcludedPrincipal:
		return "excludes the principal"
	case ActionNotMatched:
		return "does not have the action"
	case ActionExcluded:
		return "excludes the action"
	case PermissionConditionFalse:
		return "has the action on a condition that does not hold"
	case NotYetInForce:
		return "is not yet in force"
	case NoLongerInForce:
		return "is no longer in force"
	case ConditionFalse:
		return "has a condition that does not hold"
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// A Consideration is an assignment that was considered, and why it did or did not count.
type Consideration struct {
	// Assignment or DenyAssignment is set. They belong to the policy: read them only.
	Assignment     *RoleAssignment
	DenyAssignment *DenyAssignment
	// RoleName is that of the role that Assignment assigns.
	RoleName string
	Reason   Reason
}

// String returns the consideration as a line of text.
func (c Consideration) String() string {
	if d := c.DenyAssignment; d != nil {
		why := c.Reason.String()
		if c.Reason == Counts {
			why = "blocks it"
		}
		title := ""
		if d.DenyAssignmentName != "" {
			title = fmt.Sprintf(" %.80q", d.DenyAssignmentName)
		}
		return fmt.Sprintf("deny assignment %s%s at %s: %s", d.Name, title, d.Scope, why)
	}
	a, why := c.Assignment, c.Reason.String()
	if c.Reason == Counts {
		why = "grants it"
	}
	return fmt.Sprintf("role assignment %s of %.80q to %s at %s: %s", cmp.Or(a.Name, "without a name"), c.RoleName, a.PrincipalID, a.Scope, why)
}

// An Explanation is a decision and how it was made.
type Explanation struct {
	Subject   Subject
	Operation Operation
	// Decision is what Check answers.
	Decision Decision
	// Considered are all role assignments that the subject and its groups hold, and all deny assignments for one of them or for
	// everyone: first those at the operation's scope, then those above it, the nearest first, and then those of other scopes.
	Considered []Consideration
}

// String returns the explanation as lines of text: the decision, and then what was considered.
func (e Explanation) String() string {
	var text strings.Builder
	plane := ""
	if e.Operation.Plane == DataPlane {
		plane = " (data)"
	}
	verdict := "not allowed, because nothing grants it"
	switch {
	case e.Decision.Allowed:
		verdict = "allowed"
	case e.Decision.DenyAssignment != nil:
		verdict = "not allowed, because a deny assignment blocks it"
	}
	fmt.Fprintf(&text, "%.200q%s at %s by %.80q with %d groups: %s\n",
		e.Operation.Action, plane, e.Operation.Scope, e.Subject.ObjectID, len(e.Subject.Groups), verdict)
	for _, c := range e.Considered {
		fmt.Fprintf(&text, "- %s\n", c)
	}
	return text.String()
}

// Explain decides an operation as Check does, and says how. It costs in proportion to what the subject holds, and to all deny
// assignments that are for everyone.
func (s *ResourceSet) Explain(op Operation) Explanation {
	e := Explanation{Subject: s.subject, Operation: op}
	if s.policy == nil {
		return e
	}
	j := judgement{op: &op, action: appendAction(nil, op.Action)}
	e.Decision = s.decide(&j, nil)

	levels, own := s.policy.lineage(nil, op.Scope.key)
	above := make(map[string]int, len(levels)) // how near a level is, by its key
	for i, level := range levels {
		above[level.key] = i + 1
	}
	reached := s.reaches(op.Scope)
	placed := func(l *location) Reason {
		switch near := above[l.key]; {
		case near == 0:
			return OtherScope
		case !reached || !s.home && near <= own:
			return OtherTenant
		}
		return Counts
	}
	type considered struct {
		Consideration
		near int
	}
	var all []considered
	add := func(l *location, c Consideration) {
		all = append(all, considered{c, above[l.key]})
	}

	seen := make(map[*holding]bool)
	for _, held := range s.appendHoldings(nil) {
		if seen[held] {
			continue // a group may be listed twice
		}
		seen[held] = true
		for list := range held.assignments.leaves {
			for _, a := range list {
				role := s.policy.roles[a.role]
				c := Consideration{Assignment: s.given(a), RoleName: role.definition.RoleName}
				if c.Reason = placed(a.location); c.Reason == Counts {
					c.Reason = j.ofAssignment(role, a)
				}
				add(a.location, c)
			}
		}
	}
	for _, d := range s.concerning() {
		c := Consideration{DenyAssignment: &d.source}
		if c.Reason = placed(d.location); c.Reason == Counts {
			c.Reason = j.ofDenial(d)
		}
		if c.Reason == Counts && s.excludedFrom(d) {
			c.Reason = ExcludedPrincipal
		}
		add(d.location, c)
	}

	slices.SortStableFunc(all, func(a, b considered) int { return cmp.Compare(b.near, a.near) })
	for _, c := range all {
		e.Considered = append(e.Considered, c.Consideration)
	}
	return e
}

// concerning returns the deny assignments for one of the subject's principals, or for everyone, in the order of scopes and names.
func (s *ResourceSet) concerning() []*denial {
	var list []*denial
	for _, held := range s.appendHoldings(nil) {
		list = append(list, held.denials...)
	}
	for leaf := range s.policy.everyone.all {
		list = append(list, leaf.value...)
	}
	slices.SortFunc(list, compareDenialLocations)
	return slices.Compact(list)
}

// given returns an assignment as decisions give it out, the same one if it is one that a decision can name.
func (s *ResourceSet) given(a *assignment) *RoleAssignment {
	first := s.grants.at(level{key: a.location.key, hash: a.location.hash})
	for number, g := range s.grants.from(first) {
		if g == a {
			return s.grants.give(s.policy, number)
		}
	}
	source := s.policy.source(a)
	return &source
}
