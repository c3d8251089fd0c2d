package armapi

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"hubgate.example/rbac"
)

const readAssignments = "Microsoft.Authorization/roleAssignments/read"

// listAssignments answers with the assignments at, above and below the scope, those above only with the filter atScope, as
// far as the caller may read assignments where each of them is.
func (h *Handler) listAssignments(r *request) (int, any, error) {
	filter, err := assignmentFilter.parse(r.URL.Query()["$filter"])
	if err != nil {
		return 0, nil, err
	}
	top, err := parseListOptions(r.URL.Query())
	if err != nil {
		return 0, nil, err
	}
	var principals []string // nil for all
	if filter.has("assignedTo") {
		principals = append([]string{filter["assignedTo"]}, h.config.GroupsOf(filter["assignedTo"])...)
	}
	assignments, err := h.config.Store.Assignments(r.Context())
	if err != nil {
		return 0, nil, err
	}
	var items []any
	for _, assignment := range assignments {
		scope, err := rbac.ParseScope(assignment.Scope)
		if err != nil {
			return 0, nil, err
		}
		above := scope.Contains(r.scope)
		below := r.scope.Contains(scope) && !filter.has("atScope")
		isPrincipal := func(id string) bool { return strings.EqualFold(id, assignment.PrincipalID) }
		switch {
		case !above && !below,
			filter.has("principalId") && !isPrincipal(filter["principalId"]),
			principals != nil && !slices.ContainsFunc(principals, isPrincipal),
			!r.caller.Check(rbac.Operation{Action: readAssignments, Scope: scope}).Allowed:
			continue
		}
		items = append(items, r.version.assignment(assignment, scope))
	}
	return http.StatusOK, list(items[:min(top, len(items))]), nil
}

func (h *Handler) getAssignment(r *request) (int, any, error) {
	assignment, err := h.assignmentAt(r)
	if errors.Is(err, rbac.ErrNotFound) {
		return 0, nil, failf(http.StatusNotFound, "RoleAssignmentNotFound", "The role assignment '%.100s' is not found.", r.name)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, r.version.assignment(assignment, r.scope), nil
}

// assignmentAt returns the assignment that the path names. One at another scope is not found: the caller has been authorized
// for the scope of the path alone.
func (h *Handler) assignmentAt(r *request) (rbac.RoleAssignment, error) {
	assignment, err := h.config.Store.Assignment(r.Context(), r.name)
	if err != nil {
		return rbac.RoleAssignment{}, err
	}
	if scope, err := rbac.ParseScope(assignment.Scope); err != nil || !scope.Equal(r.scope) {
		return rbac.RoleAssignment{}, rbac.ErrNotFound
	}
	return assignment, nil
}

// putAssignment creates an assignment, or changes the description of one.
func (h *Handler) putAssignment(r *request) (int, any, error) {
	var body struct {
		Properties struct {
			RoleDefinitionID string `json:"roleDefinitionId"`
			PrincipalID      string `json:"principalId"`
			PrincipalType    string `json:"principalType"`
			Scope            string `json:"scope"`
			Description      string `json:"description"`
			Condition        string `json:"condition"`
			CanDelegate      bool   `json:"canDelegate"`
		} `json:"properties"`
	}
	if err := read(r, &body); err != nil {
		return 0, nil, err
	}
	properties := body.Properties
	scope, err := rbac.ParseScope(properties.Scope)
	switch {
	case !rbac.IsGUID(r.name):
		return 0, nil, failf(http.StatusBadRequest, "InvalidRoleAssignmentId", "The role assignment ID '%.100s' is not valid. The role assignment ID must be a GUID.", r.name)
	case properties.Condition != "":
		return 0, nil, invalidContent("conditions on role assignments are not supported")
	case properties.CanDelegate:
		return 0, nil, invalidContent("role assignments that can be delegated are not supported")
	case properties.Scope != "" && (err != nil || !scope.Equal(r.scope)):
		return 0, nil, invalidContent("the scope is not the scope of the request")
	case len(properties.Description) > maxDescription:
		return 0, nil, invalidContent("the description is longer than %d bytes", maxDescription)
	}

	h.writing.Lock()
	defer h.writing.Unlock()
	stored, created, err := h.config.Store.PutAssignment(r.Context(), rbac.RoleAssignment{
		Name:             r.name,
		Scope:            r.scope.String(),
		RoleDefinitionID: properties.RoleDefinitionID,
		PrincipalID:      properties.PrincipalID,
		PrincipalType:    properties.PrincipalType,
		Description:      properties.Description,
		Stamp:            stampOf(r),
	})
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
	deleted, err := h.assignmentAt(r)
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
