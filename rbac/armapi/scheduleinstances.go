package armapi

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"hubgate.example/rbac"
)

const (
	scheduleInstances     = "Microsoft.Authorization/roleAssignmentScheduleInstances"
	readScheduleInstances = scheduleInstances + "/read"
)

// listScheduleInstances answers with the assignments that are in force or will be, each with its time, chosen as listAssignments
// chooses them.
func (h *Handler) listScheduleInstances(r *request) (int, any, error) {
	now := time.Now()
	return h.listOf(r, func(assignment rbac.RoleAssignment, scope rbac.Scope) any {
		at, err := scope.Child(scheduleInstances, assignment.Name)
		if err != nil || over(assignment, now) || !r.caller.Check(rbac.Operation{Action: readScheduleInstances, Scope: at}).Allowed {
			return nil
		}
		return scheduleInstance(assignment, scope)
	})
}

func (h *Handler) getScheduleInstance(r *request) (int, any, error) {
	assignment, err := h.assignmentAt(r.Context(), r.target)
	if errors.Is(err, rbac.ErrNotFound) || err == nil && over(assignment, time.Now()) {
		return 0, nil, failf(http.StatusNotFound, "RoleAssignmentScheduleInstanceNotFound", "The role assignment schedule instance '%.100s' is not found.", r.name)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, scheduleInstance(assignment, r.scope), nil
}

// over reports whether an assignment counts no longer.
func over(a rbac.RoleAssignment, now time.Time) bool { return !a.End.IsZero() && !now.Before(a.End) }

// scheduleInstance is the form of a schedule instance, which is the same in all versions. It is called like the assignment that it
// stands for.
func scheduleInstance(a rbac.RoleAssignment, scope rbac.Scope) map[string]any {
	properties := map[string]any{
		"scope":                  scope.String(),
		"roleDefinitionId":       definitionID(scope, a.RoleDefinitionID),
		"principalId":            a.PrincipalID,
		"principalType":          orNull(a.PrincipalType),
		"originRoleAssignmentId": id(scope, "roleAssignments", a.Name),
		"assignmentType":         "Assigned",
		"memberType":             "Direct",
		"status":                 "Provisioned",
		"startDateTime":          orNull(a.Start),
		"endDateTime":            orNull(a.End),
		"condition":              orNull(a.Condition),
		"conditionVersion":       nil,
		"createdOn":              orNull(a.CreatedOn),
	}
	if a.Condition != "" {
		properties["conditionVersion"] = conditionVersion(a.ConditionVersion)
	}
	return map[string]any{
		"id":         id(scope, strings.TrimPrefix(scheduleInstances, "Microsoft.Authorization/"), a.Name),
		"name":       a.Name,
		"type":       scheduleInstances,
		"properties": properties,
	}
}
