package rbac

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// An assignment is a compiled RoleAssignment, packed: a policy may have a million. It is never changed.
type assignment struct {
	// name is zero, and named false, for an assignment without a name.
	name     guid
	location *location
	// principal is the id as in principalKey. All that one principal holds in a policy shares it.
	principal *string
	details   *details
	// role is where the policy has the role, in Policy.roles.
	role uint32
	// principalType is an index of principalTypes and one, or 0.
	principalType uint8
	named         bool
}

// The details are what few assignments have.
type details struct {
	description                 string
	conditionText, conditionVer string
	condition                   *Condition
	start, end                  time.Time
	stamp                       Stamp
}

// condition returns the assignment's condition, or nil.
func (a *assignment) condition() *Condition {
	if a.details == nil {
		return nil
	}
	return a.details.condition
}

// narrowed reports whether a counts at some times only, or for some operations only of those that the role permits.
func (a *assignment) narrowed() bool {
	return a.details != nil && (a.details.condition != nil || !a.details.start.IsZero() || !a.details.end.IsZero())
}

// source returns what a was compiled from: the scope as it was first written in the policy, and ids in the form by which they
// compare.
func (p *Policy) source(a *assignment) RoleAssignment {
	source := RoleAssignment{
		Scope:            a.location.scope().String(),
		RoleDefinitionID: fold(p.roles[a.role].definition.ID),
		PrincipalID:      *a.principal,
	}
	if a.named {
		source.Name = a.name.String()
	}
	if a.principalType > 0 {
		source.PrincipalType = principalTypes[a.principalType-1]
	}
	if d := a.details; d != nil {
		source.Description = d.description
		source.Condition, source.ConditionVersion = d.conditionText, d.conditionVer
		source.Start, source.End = d.start, d.end
		source.Stamp = d.stamp
	}
	return source
}

// assignment checks and compiles an assignment. Errors are *fieldError.
func (c *compiler) assignment(source RoleAssignment) (*assignment, error) {
	a := &assignment{}
	if err := c.compile(&source, a); err != nil {
		return nil, err
	}
	return a, nil
}

// compile checks and compiles an assignment into a, which is zero. Errors are *fieldError.
func (c *compiler) compile(source *RoleAssignment, a *assignment) (err error) {
	if source.Name != "" {
		if a.name, a.named = parseGUID(source.Name); !a.named {
			return inField("Name", fmt.Errorf("%.80q is not a GUID", source.Name))
		}
	}
	if a.location, err = c.locationOf(source.Scope); err != nil {
		return err
	}
	if a.principal, err = c.principalOf(source.PrincipalID); err != nil {
		return err
	}
	if source.PrincipalType != "" {
		i := slices.Index(principalTypes, source.PrincipalType)
		if i < 0 {
			return inField("PrincipalType", fmt.Errorf("%.80q is none of %s", source.PrincipalType, strings.Join(principalTypes, ", ")))
		}
		a.principalType = uint8(i + 1)
	}
	if a.role, err = c.roleOf(source.RoleDefinitionID); err != nil {
		return err
	}
	condition, err := c.conditions.parse(source.Condition, source.ConditionVersion)
	if err != nil {
		return inField("Condition", err)
	}
	d := details{
		description:   source.Description,
		conditionText: source.Condition, conditionVer: source.ConditionVersion, condition: condition,
		start: source.Start, end: source.End,
		stamp: source.Stamp,
	}
	if d != (details{}) {
		a.details = &d
	}
	return nil
}

// same reports whether two assignments say the same, their stamps aside.
func (a *assignment) same(b *assignment) bool {
	if a.named != b.named || a.name != b.name || a.principalType != b.principalType || !a.sameGrant(b) {
		return false
	}
	var x, y details
	if a.details != nil {
		x = *a.details
	}
	if b.details != nil {
		y = *b.details
	}
	return x.description == y.description && x.conditionText == y.conditionText && x.conditionVer == y.conditionVer &&
		x.start.Equal(y.start) && x.end.Equal(y.end)
}

// sameGrant reports whether two assignments give one principal one role at one scope.
func (a *assignment) sameGrant(b *assignment) bool {
	return a.role == b.role && *a.principal == *b.principal && a.location.key == b.location.key
}

func (a *assignment) key() string { return a.location.key }

// String returns what an error calls a.
func (a *assignment) String() string {
	if !a.named {
		return "one without a name"
	}
	return a.name.String()
}

// compareNames is the order of assignments that have names.
func compareNames(a, b *assignment) int { return bytes.Compare(a.name[:], b.name[:]) }

// compareLocations is the order by scope, so that what lies below a scope is together, and then by what tells apart the assignments
// at one: their names, and what those without a name give.
func compareLocations(a, b *assignment) int {
	if a.location != b.location {
		if c := strings.Compare(a.location.key, b.location.key); c != 0 {
			return c
		}
	}
	switch {
	case a.named && b.named:
		return compareNames(a, b)
	case a.named:
		return -1
	case b.named:
		return 1
	}
	return cmp.Or(strings.Compare(*a.principal, *b.principal), cmp.Compare(a.role, b.role))
}

// A guid is the 16 bytes that a GUID's digits stand for, in their order.
type guid [16]byte

func parseGUID(s string) (g guid, ok bool) {
	if !IsGUID(s) {
		return g, false
	}
	// Without the dashes: 8-4-4-4-12.
	var digits [2 * len(g)]byte
	copy(digits[:8], s)
	copy(digits[8:12], s[9:])
	copy(digits[12:16], s[14:])
	copy(digits[16:20], s[19:])
	copy(digits[20:], s[24:])
	_, err := hex.Decode(g[:], digits[:])
	return g, err == nil
}

func (g guid) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", g[:4], g[4:6], g[6:8], g[8:10], g[10:])
}
