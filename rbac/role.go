package rbac

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrCondition is wrapped by errors about a condition that does not parse: to ignore it would grant more than was meant.
var ErrCondition = errors.New("invalid condition")

// The types of a role definition.
const (
	BuiltInRole = "BuiltInRole"
	CustomRole  = "CustomRole"
)

// A Stamp says who made an object and who last changed it, and when. It is for display.
type Stamp struct {
	CreatedOn, UpdatedOn time.Time
	// CreatedBy and UpdatedBy are object ids.
	CreatedBy, UpdatedBy string
}

// A RoleDefinition is a named list of permissions. Each permission is evaluated by itself: a NotAction of one takes nothing
// from another.
type RoleDefinition struct {
	// ID is the definition's GUID, without any prefix.
	ID string
	// RoleName is for people: Owner, Reader.
	RoleName    string
	Description string
	// Type is BuiltInRole or CustomRole; empty means CustomRole. A string of a custom role has at most one '*'.
	Type        string
	Permissions []Permission
	// AssignableScopes limit where the role can be assigned through a store. They have no part in decisions.
	AssignableScopes []string

	Stamp
}

// A RoleAssignment gives a principal a role at a scope and below.
type RoleAssignment struct {
	// Name is the assignment's GUID. It may be empty in a policy, but not in a store, which addresses assignments by it.
	Name  string
	Scope string
	// RoleDefinitionID is the role's id; only its GUID, the last segment, counts.
	RoleDefinitionID string
	// PrincipalID is an object id or a group's id: a GUID or a SID.
	PrincipalID string
	// PrincipalType is User, Group, ServicePrincipal, ForeignGroup or Device, or empty; it is for display.
	PrincipalType string
	Description   string
	// Condition narrows the assignment; ConditionVersion is 2.0, and 2.0 when it is empty.
	Condition        string
	ConditionVersion string
	// Start and End bound the time in which the assignment counts: from Start on, and before End. A zero time is no bound.
	Start, End time.Time

	Stamp
}

// clone returns a copy that shares no slice with d.
func (d RoleDefinition) clone() RoleDefinition {
	d.AssignableScopes = slices.Clone(d.AssignableScopes)
	d.Permissions = clonePermissions(d.Permissions)
	return d
}

// same reports whether d and other say the same, their stamps aside.
func (d RoleDefinition) same(other RoleDefinition) bool {
	return strings.EqualFold(d.ID, other.ID) &&
		d.RoleName == other.RoleName && d.Description == other.Description && d.Type == other.Type &&
		slices.Equal(d.AssignableScopes, other.AssignableScopes) &&
		slices.EqualFunc(d.Permissions, other.Permissions, Permission.same)
}

// A role is a compiled role definition.
type role struct {
	// definition is the source, with its type filled in.
	definition  RoleDefinition
	permissions permissions
}

// compileRole checks and compiles a definition. Errors are *fieldError.
func compileRole(definition RoleDefinition, conditions conditionCache) (*role, error) {
	if !IsGUID(definition.ID) {
		return nil, inField("ID", fmt.Errorf("%.80q is not a GUID", definition.ID))
	}
	switch definition.Type {
	case "":
		definition.Type = CustomRole
	case BuiltInRole, CustomRole:
	default:
		return nil, inField("Type", fmt.Errorf("%.80q is neither %s nor %s", definition.Type, BuiltInRole, CustomRole))
	}
	r := &role{definition: definition.clone()}
	var err error
	if r.permissions, err = compilePermissions(definition.Permissions, definition.Type == CustomRole, conditions); err != nil {
		return nil, err
	}
	for i, scope := range r.definition.AssignableScopes {
		if _, err := parseScope(scope); err != nil {
			return nil, inField(fmt.Sprintf("AssignableScopes[%d]", i), err)
		}
	}
	return r, nil
}

// roleKey returns the form of a role definition's id by which ids compare: the GUID in its last segment.
func roleKey(id string) (string, error) {
	guid := id[strings.LastIndexByte(id, '/')+1:]
	if !IsGUID(guid) {
		return "", fmt.Errorf("%.200q does not end in a GUID", id)
	}
	return fold(guid), nil
}
