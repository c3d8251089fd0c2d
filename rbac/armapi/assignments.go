package armapi

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"hubgate.example/rbac"
)

const readAssignments = "Microsoft.Authorization/roleAssignments/read"

// listAssignments answers with the assignments at, above and below the scope, with the filter atScope without those below, as far as
// they are in force and the caller may read assignments where each of them is.
func (h *Handler) listAssignments(r *request) (int, any, error) {
	now := time.Now()
	return h.listOf(r, func(assignment rbac.RoleAssignment, scope rbac.Scope) any {
		// Without its time, one that is over or that waits would pass for one that counts.
		if now.Before(assignment.Start) || over(assignment, now) || !r.caller.Check(rbac.Operation{Action: readAssignments, Scope: scope}).Allowed {
			return nil
		}
		return r.version.assignment(assignment, scope)
	})
}

// listOf answers with what item makes of the assignments that a list is asked for, and without those of which it makes nil.
func (h *Handler) listOf(r *request, item func(assignment rbac.RoleAssignment, scope rbac.Scope) any) (int, any, error) {
	filter, err := assignmentFilter.parse(r.URL.Query()["$filter"])
	if err != nil {
		return 0, nil, err
	}
	top, err := parseListOptions(r.URL.Query())
	if err != nil {
		return 0, nil, err
	}
	assignments, err := h.assignments(r, filter)
	if err != nil {
		return 0, nil, err
	}
	var items []any
	for _, assignment := range assignments {
		scope, err := rbac.ParseScope(assignment.Scope)
		if err != nil {
			return 0, nil, err
		}
		if made := item(assignment, scope); made != nil {
			items = append(items, made)
		}
	}
	return http.StatusOK, list(items[:min(top, len(items))]), nil
}

// assignments returns the assignments at, above and below the scope, with the filter atScope without those below, in the order of
// their names.
func (h *Handler) assignments(r *request, filter filter) ([]rbac.RoleAssignment, error) {
	store := h.config.Store
	var assignments []rbac.RoleAssignment
	var err error
	var assignees []string // nil for all
	if filter.has("assignedTo") {
		assignees = append([]string{filter["assignedTo"]}, h.config.GroupsOf(filter["assignedTo"])...)
	}
	switch {
	case filter.has("principalId"):
		assignments, err = store.AssignmentsOf(r.Context(), filter["principalId"])
	case assignees != nil:
		assignments, err = store.AssignmentsOf(r.Context(), assignees...)
	default:
		assignments, err = store.AssignmentsAbove(r.Context(), r.scope)
		if err == nil && !filter.has("atScope") {
			var below []rbac.RoleAssignment
			below, err = store.AssignmentsWithin(r.Context(), r.scope)
			assignments = append(assignments, below...)
		}
	}
	if err != nil {
		return nil, err
	}
	policy, err := store.Policy(r.Context())
	if err != nil {
		return nil, err
	}
	// Of a principal the store knows them all.
	assignments = slices.DeleteFunc(assignments, func(assignment rbac.RoleAssignment) bool {
		scope, err := rbac.ParseScope(assignment.Scope)
		return err != nil ||
			!policy.Contains(scope, r.scope) && (filter.has("atScope") || !policy.Contains(r.scope, scope)) ||
			assignees != nil && !slices.ContainsFunc(assignees, func(id string) bool { return strings.EqualFold(id, assignment.PrincipalID) })
	})
	return byName(assignments, func(assignment rbac.RoleAssignment) string { return assignment.Name }), nil
}

// byName sorts objects by their names and leaves out what repeats: what is at the scope of a request is both above and below it.
func byName[T any](objects []T, name func(T) string) []T {
	slices.SortFunc(objects, func(a, b T) int { return strings.Compare(strings.ToLower(name(a)), strings.ToLower(name(b))) })
	return slices.CompactFunc(objects, func(a, b T) bool { return strings.EqualFold(name(a), name(b)) })
}

func (h *Handler) getAssignment(r *request) (int, any, error) {
	assignment, err := h.assignmentAt(r.Context(), r.target)
	if errors.Is(err, rbac.ErrNotFound) {
		return 0, nil, failf(http.StatusNotFound, "RoleAssignmentNotFound", "The role assignment '%.100s' is not found.", r.name)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, r.version.assignment(assignment, r.scope), nil
}

// assignmentAt returns the assignment that a path names. One at another scope is not found: the caller has been authorized
// for the scope of the path alone.
func (h *Handler) assignmentAt(ctx context.Context, at target) (rbac.RoleAssignment, error) {
	assignment, err := h.config.Store.Assignment(ctx, at.name)
	if err != nil {
		return rbac.RoleAssignment{}, err
	}
	if scope, err := rbac.ParseScope(assignment.Scope); err != nil || !scope.Equal(at.scope) {
		return rbac.RoleAssignment{}, rbac.ErrNotFound
	}
	return assignment, nil
}

// An assignmentContent is the content of a request that writes an assignment.
type assignmentContent struct {
	Properties struct {
		RoleDefinitionID string `json:"roleDefinitionId"`
		PrincipalID      string `json:"principalId"`
		PrincipalType    string `json:"principalType"`
		Scope            string `json:"scope"`
		Description      string `json:"description"`
		Condition        string `json:"condition"`
		ConditionVersion string `json:"conditionVersion"`
		CanDelegate      bool   `json:"canDelegate"`
	} `json:"properties"`
}

// putAssignment creates an assignment, or changes the description and the condition of one.
func (h *Handler) putAssignment(r *request) (int, any, error) {
	var body assignmentContent
	if err := read(r.Request, &body); err != nil {
		return 0, nil, err
	}
	properties := body.Properties
	scope, err := rbac.ParseScope(properties.Scope)
	switch {
	case !rbac.IsGUID(r.name):
		return 0, nil, failf(http.StatusBadRequest, "InvalidRoleAssignmentId", "The role assignment ID '%.100s' is not valid. The role assignment ID must be a GUID.", r.name)
	case properties.CanDelegate:
		return 0, nil, invalidContent("role assignments that can be delegated are not supported")
	case properties.Scope != "" && (err != nil || !scope.Equal(r.scope)):
		return 0, nil, invalidContent("the scope is not the scope of the request")
	case len(properties.Description) > maxDescription:
		return 0, nil, invalidContent("the description is longer than %d bytes", maxDescription)
	}

	if known, ok := h.config.PrincipalTypeOf(properties.PrincipalID); ok {
		if properties.PrincipalType != "" && !strings.EqualFold(properties.PrincipalType, known) {
			return 0, nil, failf(http.StatusBadRequest, "UnmatchedPrincipalType",
				"The PrincipalId '%.100s' has type '%s', which is different from specified PrincipalType '%.100s'.", properties.PrincipalID, known, properties.PrincipalType)
		}
		properties.PrincipalType = known
	}
	assignment := rbac.RoleAssignment{
		Name:             r.name,
		Scope:            r.scope.String(),
		RoleDefinitionID: properties.RoleDefinitionID,
		PrincipalID:      properties.PrincipalID,
		PrincipalType:    properties.PrincipalType,
		Description:      properties.Description,
		Condition:        properties.Condition,
		ConditionVersion: properties.ConditionVersion,
		Stamp:            stampOf(r),
	}

	h.writing.Lock()
	defer h.writing.Unlock()
	existing, err := h.assignmentAt(r.Context(), r.target)
	if err != nil && !errors.Is(err, rbac.ErrNotFound) {
		return 0, nil, err
	}
	assignment.Start, assignment.End = existing.Start, existing.End // of which this type of resource does not speak
	if !r.version.hasConditions() {
		// A client that was not shown them does not mean to remove them.
		assignment.Description = cmp.Or(assignment.Description, existing.Description)
		if assignment.Condition == "" {
			assignment.Condition, assignment.ConditionVersion = existing.Condition, existing.ConditionVersion
		}
	}
	if assignment.Condition == "" {
		assignment.ConditionVersion = ""
	}
	stored, created, err := h.config.Store.PutAssignment(r.Context(), assignment)
	if err != nil {
		return 0, nil, storeFailure(err)
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return status, r.version.assignment(stored, r.scope), nil
}

func (h *Handler) deleteAssignment(r *request) (int, any, error) {
	h.writing.Lock()
	defer h.writing.Unlock()
	deleted, err := h.assignmentAt(r.Context(), r.target)
	if err == nil {
		deleted, err = h.config.Store.DeleteAssignment(r.Context(), r.name)
	}
	switch {
	case errors.Is(err, rbac.ErrNotFound): // also when something else has deleted it meanwhile
		return http.StatusNoContent, nil, nil
	case err != nil:
		return 0, nil, storeFailure(err)
	}
	return http.StatusOK, r.version.assignment(deleted, r.scope), nil
}

// maxDescription is Azure's limit, in bytes.
const maxDescription = 2048

// stampOf says that the caller has made a change now. A store keeps who made what exists already.
func stampOf(r *request) rbac.Stamp {
	now, by := time.Now().UTC(), r.caller.Subject().ObjectID
	return rbac.Stamp{CreatedOn: now, UpdatedOn: now, CreatedBy: by, UpdatedBy: by}
}

// assignment is the form of a role assignment in version v.
func (v apiVersion) assignment(a rbac.RoleAssignment, scope rbac.Scope) map[string]any {
	properties := map[string]any{
		"roleDefinitionId": definitionID(scope, a.RoleDefinitionID),
		"principalId":      a.PrincipalID,
		"scope":            scope.String(),
	}
	if v.hasPrincipalType() {
		properties["principalType"] = orNull(a.PrincipalType)
	}
	if v.hasCanDelegate() {
		properties["canDelegate"] = false
	}
	if v.hasConditions() {
		properties["condition"], properties["conditionVersion"] = nil, nil
		if a.Condition != "" {
			properties["condition"], properties["conditionVersion"] = a.Condition, conditionVersion(a.ConditionVersion)
		}
		properties["description"] = orNull(a.Description)
		v.stamp(properties, a.Stamp)
	}
	return map[string]any{
		"id":         id(scope, "roleAssignments", a.Name),
		"name":       a.Name,
		"type":       "Microsoft.Authorization/roleAssignments",
		"properties": properties,
	}
}

// conditionVersion returns the version of a condition, which need not be given.
func conditionVersion(version string) string { return cmp.Or(version, "2.0") }

func (v apiVersion) stamp(properties map[string]any, stamp rbac.Stamp) {
	properties["createdOn"], properties["updatedOn"] = orNull(stamp.CreatedOn), orNull(stamp.UpdatedOn)
	properties["createdBy"], properties["updatedBy"] = orNull(stamp.CreatedBy), orNull(stamp.UpdatedBy)
}

// orNull returns value, or null in place of a zero value: unknown is not the empty string.
func orNull[T comparable](value T) any {
	var zero T
	if value == zero {
		return nil
	}
	return value
}
