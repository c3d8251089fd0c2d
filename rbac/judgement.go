package rbac

import (
	"sync"
	"time"
)

// A judgement is what Check, Scopes and Explain find out about one operation. They all ask it about one assignment at a time, and
// it knows nothing else about how they come to it.
type judgement struct {
	// op is not for what escapes: see holds.
	op *Operation
	// action is folded.
	action []byte
	// now is read when it is first needed.
	now time.Time
}

// ofAssignment says whether an assignment, which gives role r and lies at the operation's scope or above it, grants the operation.
func (j *judgement) ofAssignment(r *role, a *assignment) Reason {
	if reason := j.ofPermissions(r.permissions); reason != Counts {
		return reason
	}
	if reason := j.ofTime(a); reason != Counts {
		return reason
	}
	if condition := a.condition(); condition != nil && !j.holds(condition) {
		return ConditionFalse
	}
	return Counts
}

// ofDenial says whether a deny assignment that is for the subject, and lies at the operation's scope or above it, blocks the
// operation.
func (j *judgement) ofDenial(d *denial) Reason {
	if d.here && d.location.key != j.op.Scope.key {
		return NotForChildScopes
	}
	return j.ofPermissions(d.permissions)
}

// ofPermissions says whether one of the permissions has the action, each by itself, or what came nearest to it.
func (j *judgement) ofPermissions(list permissions) Reason {
	nearest := ActionNotMatched
	if len(j.action) == 0 {
		return nearest
	}
	for i := range list {
		p := &list[i]
		var actions, notActions *actionSet
		switch j.op.Plane {
		case ControlPlane:
			actions, notActions = &p.actions, &p.notActions
		case DataPlane:
			actions, notActions = &p.dataActions, &p.notDataActions
		default:
			return ActionNotMatched
		}
		switch {
		case !actions.matches(j.action):
		case notActions.matches(j.action):
			nearest = max(nearest, ActionExcluded)
		case p.condition != nil && !j.holds(p.condition):
			nearest = max(nearest, PermissionConditionFalse)
		default:
			return Counts
		}
	}
	return nearest
}

// ofTime says whether an assignment is in force.
func (j *judgement) ofTime(a *assignment) Reason {
	d := a.details
	if d == nil || d.start.IsZero() && d.end.IsZero() {
		return Counts
	}
	if j.now.IsZero() {
		j.now = time.Now()
	}
	switch {
	case j.now.Before(d.start):
		return NotYetInForce
	case !d.end.IsZero() && !j.now.Before(d.end):
		return NoLongerInForce
	}
	return Counts
}

// An inquiry is what a condition is asked about. A condition can keep what it is given, as far as the compiler knows, so that it
// would move every operation that is checked to the heap, whether there is a condition or not.
type inquiry struct {
	op     Operation
	action []byte
}

var inquiries = sync.Pool{New: func() any { return new(inquiry) }}

// holds reports whether a condition holds for the operation.
func (j *judgement) holds(condition *Condition) bool {
	q := inquiries.Get().(*inquiry)
	q.op, q.action = *j.op, append(q.action[:0], j.action...)
	holds := condition.holds(q.action, &q.op)
	q.op = Operation{}
	inquiries.Put(q)
	return holds
}
