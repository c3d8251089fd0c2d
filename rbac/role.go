package rbac

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrCondition is wrapped by errors about a role assignment with a condition, or for a role whose permissions carry one:
// conditions are not evaluated yet, and to ignore one would grant more than was meant.
var ErrCondition = errors.New("conditions are not supported")

// The types of a role definition.
const (
	BuiltInRole = "BuiltInRole"
	CustomRole  = "CustomRole"
)

// A Permission grants Actions minus NotActions on the control plane and DataActions minus NotDataActions on the data plane.
//
// The strings compare without regard to case, and blanks around them do not count. A '*' stands for any text, slashes and
// the empty text included, so that */read matches every action that ends in /read; everything else is literal.
type Permission struct {
	Actions        []string `json:"actions"`
	NotActions     []string `json:"notActions"`
	DataActions    []string `json:"dataActions"`
	NotDataActions []string `json:"notDataActions"`
	// Condition narrows the permission. It is kept, not evaluated: a role that has one cannot be assigned.
	Condition        string `json:"condition,omitempty"`
	ConditionVersion string `json:"conditionVersion,omitempty"`
}

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
	d.Permissions = slices.Clone(d.Permissions)
	for i := range d.Permissions {
		p := &d.Permissions[i]
		p.Actions = slices.Clone(p.Actions)
		p.NotActions = slices.Clone(p.NotActions)
		p.DataActions = slices.Clone(p.DataActions)
		p.NotDataActions = slices.Clone(p.NotDataActions)
	}
	return d
}

// same reports whether d and other say the same, their stamps aside.
func (d RoleDefinition) same(other RoleDefinition) bool {
	return strings.EqualFold(d.ID, other.ID) &&
		d.RoleName == other.RoleName && d.Description == other.Description && d.Type == other.Type &&
		slices.Equal(d.AssignableScopes, other.AssignableScopes) &&
		slices.EqualFunc(d.Permissions, other.Permissions, Permission.same)
}

func (p Permission) same(other Permission) bool {
	return slices.Equal(p.Actions, other.Actions) && slices.Equal(p.NotActions, other.NotActions) &&
		slices.Equal(p.DataActions, other.DataActions) && slices.Equal(p.NotDataActions, other.NotDataActions) &&
		p.Condition == other.Condition && p.ConditionVersion == other.ConditionVersion
}

// A role is a compiled role definition.
type role struct {
	// definition is the source, with its type filled in.
	definition  RoleDefinition
	permissions []permission
	conditional bool
}

// A permission is a compiled Permission.
type permission struct {
	actions, notActions, dataActions, notDataActions actionSet
}

// compileRole checks and compiles a definition. Errors are *fieldError.
func compileRole(definition RoleDefinition) (*role, error) {
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
	for i, source := range r.definition.Permissions {
		for _, list := range []struct {
			field   string
			actions []string
		}{
			{"Actions", source.Actions},
			{"NotActions", source.NotActions},
			{"DataActions", source.DataActions},
			{"NotDataActions", source.NotDataActions},
		} {
			for j, action := range list.actions {
				if err := checkAction(action, definition.Type == CustomRole); err != nil {
					return nil, inField(fmt.Sprintf("Permissions[%d].%s[%d]", i, list.field, j), err)
				}
			}
		}
		r.conditional = r.conditional || source.Condition != ""
		r.permissions = append(r.permissions, permission{
			actions:        newActionSet(source.Actions),
			notActions:     newActionSet(source.NotActions),
			dataActions:    newActionSet(source.DataActions),
			notDataActions: newActionSet(source.NotDataActions),
		})
	}
	for i, scope := range r.definition.AssignableScopes {
		if _, err := parseScope(scope); err != nil {
			return nil, inField(fmt.Sprintf("AssignableScopes[%d]", i), err)
		}
	}
	return r, nil
}

// grants reports whether one of the role's permissions grants action, which is folded.
func (r *role) grants(plane Plane, action []byte) bool {
	for i := range r.permissions {
		p := &r.permissions[i]
		switch plane {
		case ControlPlane:
			if p.actions.matches(action) && !p.notActions.matches(action) {
				return true
			}
		case DataPlane:
			if p.dataActions.matches(action) && !p.notDataActions.matches(action) {
				return true
			}
		}
	}
	return false
}

// roleKey returns the form of a role definition's id by which ids compare: the GUID in its last segment.
func roleKey(id string) (string, error) {
	guid := id[strings.LastIndexByte(id, '/')+1:]
	if !IsGUID(guid) {
		return "", fmt.Errorf("%.200q does not end in a GUID", id)
	}
	return fold(guid), nil
}
