package rbac

import (
	"fmt"
	"slices"
)

// A Permission is what a role grants, or a deny assignment blocks: Actions minus NotActions on the control plane and DataActions
// minus NotDataActions on the data plane.
//
// The strings compare without regard to case, and blanks around them do not count. A '*' stands for any text, slashes and
// the empty text included, so that */read matches every action that ends in /read; everything else is literal.
type Permission struct {
	Actions        []string `json:"actions"`
	NotActions     []string `json:"notActions"`
	DataActions    []string `json:"dataActions"`
	NotDataActions []string `json:"notDataActions"`
	// Condition narrows the permission; ConditionVersion is 2.0, and 2.0 when it is empty. One that does not hold takes the permission
	// out of a role, and out of a deny assignment, which then blocks less.
	Condition        string `json:"condition,omitempty"`
	ConditionVersion string `json:"conditionVersion,omitempty"`
}

func (p Permission) same(other Permission) bool {
	return slices.Equal(p.Actions, other.Actions) && slices.Equal(p.NotActions, other.NotActions) &&
		slices.Equal(p.DataActions, other.DataActions) && slices.Equal(p.NotDataActions, other.NotDataActions) &&
		p.Condition == other.Condition && p.ConditionVersion == other.ConditionVersion
}

// and returns p narrowed by another condition, or by none.
func (p Permission) and(condition *Condition) Permission {
	switch {
	case condition == nil:
	case p.Condition == "":
		p.Condition, p.ConditionVersion = condition.String(), "2.0"
	default:
		p.Condition, p.ConditionVersion = "("+p.Condition+") AND ("+condition.String()+")", "2.0"
	}
	return p
}

func clonePermissions(list []Permission) []Permission {
	list = slices.Clone(list)
	for i := range list {
		p := &list[i]
		p.Actions = slices.Clone(p.Actions)
		p.NotActions = slices.Clone(p.NotActions)
		p.DataActions = slices.Clone(p.DataActions)
		p.NotDataActions = slices.Clone(p.NotDataActions)
	}
	return list
}

// permissions are compiled Permissions.
type permissions []permission

type permission struct {
	actions, notActions, dataActions, notDataActions actionSet
	// condition is nil when there is none.
	condition *Condition
}

// compilePermissions checks and compiles the permissions of a role, or of a deny assignment. Errors are *fieldError.
func compilePermissions(list []Permission, custom bool, conditions conditionCache) (permissions, error) {
	compiled := make(permissions, 0, len(list))
	for i, source := range list {
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
				if err := checkAction(action, custom); err != nil {
					return nil, inField(fmt.Sprintf("Permissions[%d].%s[%d]", i, list.field, j), err)
				}
			}
		}
		condition, err := conditions.parse(source.Condition, source.ConditionVersion)
		if err != nil {
			return nil, inField(fmt.Sprintf("Permissions[%d].Condition", i), err)
		}
		compiled = append(compiled, permission{
			actions:        newActionSet(source.Actions),
			notActions:     newActionSet(source.NotActions),
			dataActions:    newActionSet(source.DataActions),
			notDataActions: newActionSet(source.NotDataActions),
			condition:      condition,
		})
	}
	return compiled, nil
}
