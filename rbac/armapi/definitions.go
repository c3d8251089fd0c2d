package armapi

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"hubgate.example/rbac"
)

const (
	readDefinitions   = "Microsoft.Authorization/roleDefinitions/read"
	writeDefinitions  = "Microsoft.Authorization/roleDefinitions/write"
	deleteDefinitions = "Microsoft.Authorization/roleDefinitions/delete"
)

// listDefinitions answers with the roles that can be assigned at the scope and, with the filter atScopeAndBelow, below it, as
// far as the caller may read definitions there.
func (h *Handler) listDefinitions(r *request) (int, any, error) {
	filter, err := definitionFilter.parse(r.URL.Query()["$filter"])
	if err != nil {
		return 0, nil, err
	}
	top, err := parseListOptions(r.URL.Query())
	if err != nil {
		return 0, nil, err
	}
	definitions, err := h.config.Store.RoleDefinitions(r.Context())
	if err != nil {
		return 0, nil, err
	}
	policy, err := h.config.Store.Policy(r.Context())
	if err != nil {
		return 0, nil, err
	}
	var items []any
	for _, definition := range definitions {
		at, err := r.scope.Child("Microsoft.Authorization/roleDefinitions", definition.ID)
		if err != nil {
			return 0, nil, invalidURI(err)
		}
		above, below := assignable(policy, definition, r.scope)
		switch {
		case !above && !(below && filter.has("atScopeAndBelow")),
			filter.has("type") && !strings.EqualFold(filter["type"], definition.Type),
			filter.has("roleName") && !strings.EqualFold(filter["roleName"], definition.RoleName),
			!r.caller.Check(rbac.Operation{Action: readDefinitions, Scope: at}).Allowed:
			continue
		}
		items = append(items, r.version.definition(definition, r.scope))
	}
	return http.StatusOK, list(items[:min(top, len(items))]), nil
}

// assignable reports whether a role can be assigned at scope, and whether it can be anywhere below. The policy knows what lies in
// which management group.
func assignable(policy *rbac.Policy, definition rbac.RoleDefinition, scope rbac.Scope) (at, below bool) {
	for _, s := range definition.AssignableScopes {
		if assignable, err := rbac.ParseScope(s); err == nil {
			at = at || policy.Contains(assignable, scope)
			below = below || policy.Contains(scope, assignable)
		}
	}
	return at, below
}

func (h *Handler) getDefinition(r *request) (int, any, error) {
	definition, err := h.definitionAt(r)
	if errors.Is(err, rbac.ErrNotFound) {
		return 0, nil, failf(http.StatusNotFound, "RoleDefinitionDoesNotExist", "The specified role definition with ID '%.100s' does not exist.", r.name)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, r.version.definition(definition, r.scope), nil
}

// definitionAt returns the definition that the path names. One that has to do with other scopes only is not found.
func (h *Handler) definitionAt(r *request) (rbac.RoleDefinition, error) {
	definition, err := h.config.Store.RoleDefinition(r.Context(), r.name)
	if err != nil {
		return rbac.RoleDefinition{}, err
	}
	policy, err := h.config.Store.Policy(r.Context())
	if err != nil {
		return rbac.RoleDefinition{}, err
	}
	if at, below := assignable(policy, definition, r.scope); !at && !below {
		return rbac.RoleDefinition{}, rbac.ErrNotFound
	}
	return definition, nil
}

// putDefinition creates or replaces a custom role.
func (h *Handler) putDefinition(r *request) (int, any, error) {
	var body struct {
		Properties struct {
			RoleName         string            `json:"roleName"`
			Description      string            `json:"description"`
			Type             string            `json:"type"`
			Permissions      []rbac.Permission `json:"permissions"`
			AssignableScopes []string          `json:"assignableScopes"`
		} `json:"properties"`
	}
	if err := read(r.Request, &body); err != nil {
		return 0, nil, err
	}
	definition := rbac.RoleDefinition{
		ID:               r.name,
		RoleName:         body.Properties.RoleName,
		Description:      body.Properties.Description,
		Type:             rbac.CustomRole,
		Permissions:      body.Properties.Permissions,
		AssignableScopes: body.Properties.AssignableScopes,
		Stamp:            stampOf(r),
	}
	policy, err := h.config.Store.Policy(r.Context())
	if err != nil {
		return 0, nil, err
	}
	at, below := assignable(policy, definition, r.scope)
	switch {
	case !rbac.IsGUID(r.name):
		return 0, nil, failf(http.StatusBadRequest, "InvalidRoleDefinitionId", "The role definition ID '%.100s' is not valid. The role definition ID must be a GUID.", r.name)
	case body.Properties.Type != "" && !strings.EqualFold(body.Properties.Type, rbac.CustomRole):
		return 0, nil, invalidContent("the type of a role definition that is written is CustomRole")
	case definition.RoleName == "":
		return 0, nil, invalidContent("a role definition has a roleName")
	case len(definition.Description) > maxDescription:
		return 0, nil, invalidContent("the description is longer than %d bytes", maxDescription)
	case len(definition.Permissions) == 0:
		return 0, nil, invalidContent("a role definition has permissions")
	case !at && !below:
		return 0, nil, invalidContent("the assignableScopes have nothing to do with the scope of the request")
	}

	h.writing.Lock()
	defer h.writing.Unlock()
	// A role means the same wherever it is assigned, so who changes it must be able to at all scopes that it had or gets.
	var had []string
	existing, err := h.config.Store.RoleDefinition(r.Context(), r.name)
	switch {
	case err == nil && existing.Type == rbac.BuiltInRole:
		return 0, nil, storeFailure(rbac.ErrBuiltInRole)
	case err == nil && !r.version.hasConditions() && slices.ContainsFunc(existing.Permissions, conditional):
		// The client was not shown the conditions, and its permissions would grant what they withhold.
		return 0, nil, failf(http.StatusBadRequest, "RoleDefinitionUpdateNotPermitted",
			"The role definition has conditions, which the api-version '%s' does not know. Use 2020-04-01-preview or a later one.", r.version)
	case err == nil:
		had = existing.AssignableScopes
	case !errors.Is(err, rbac.ErrNotFound):
		return 0, nil, err
	}
	if err := h.mayAtAll(r, writeDefinitions, definition.AssignableScopes, had); err != nil {
		return 0, nil, err
	}
	stored, _, err := h.config.Store.PutRoleDefinition(r.Context(), definition)
	if err != nil {
		return 0, nil, storeFailure(err)
	}
	return http.StatusCreated, r.version.definition(stored, r.scope), nil // for a replaced one too, or Azure's SDKs fail
}

func (h *Handler) deleteDefinition(r *request) (int, any, error) {
	h.writing.Lock()
	defer h.writing.Unlock()
	definition, err := h.definitionAt(r)
	switch {
	case errors.Is(err, rbac.ErrNotFound):
		return http.StatusNoContent, nil, nil
	case err != nil:
		return 0, nil, err
	case definition.Type == rbac.BuiltInRole:
		return 0, nil, storeFailure(rbac.ErrBuiltInRole)
	}
	if err := h.mayAtAll(r, deleteDefinitions, nil, definition.AssignableScopes); err != nil {
		return 0, nil, err
	}
	deleted, err := h.config.Store.DeleteRoleDefinition(r.Context(), r.name)
	if err != nil {
		return 0, nil, storeFailure(err)
	}
	return http.StatusOK, r.version.definition(deleted, r.scope), nil
}

// mayAtAll refuses a change that the caller may not make at each of the scopes that it names, and at each that the role had. Of the
// latter it says nothing more: the caller may not be able to see them.
func (h *Handler) mayAtAll(r *request, action string, named, had []string) error {
	var missing []string
	for i, s := range slices.Concat(named, had) {
		scope, err := rbac.ParseScope(s)
		if err != nil {
			return invalidContent("assignableScopes: %v", err)
		}
		text := "an assignable scope that the role definition has"
		if i < len(named) {
			text = scope.String()
		}
		if !r.caller.Check(rbac.Operation{Action: action, Scope: scope}).Allowed && !slices.Contains(missing, text) {
			missing = append(missing, text)
		}
	}
	if missing == nil {
		return nil
	}
	client, objectID := h.client(r)
	return failf(http.StatusForbidden, "LinkedAuthorizationFailed",
		"The client '%s' with object id '%s' has permission to perform action '%s' on scope '%s'; however, it does not have permission to perform action '%s' on the linked scope(s) '%s' or the linked scope(s) are invalid.",
		client, objectID, action, id(r.scope, "roleDefinitions", r.name), action, strings.Join(missing, ","))
}

// definition is the form of a role definition in version v, as it is read at scope.
func (v apiVersion) definition(d rbac.RoleDefinition, scope rbac.Scope) map[string]any {
	properties := map[string]any{
		"roleName":         d.RoleName,
		"type":             d.Type,
		"description":      d.Description,
		"assignableScopes": orEmpty(d.AssignableScopes),
		"permissions":      v.permissions(d.Permissions),
	}
	if v.hasConditions() {
		v.stamp(properties, d.Stamp)
	}
	return map[string]any{
		"id":         definitionID(scope, d.ID),
		"name":       d.ID,
		"type":       "Microsoft.Authorization/roleDefinitions",
		"properties": properties,
	}
}

// conditional reports whether a permission has a condition.
func conditional(p rbac.Permission) bool { return p.Condition != "" }

// orEmpty returns a list that is written as a list, also when it is nil.
func orEmpty(list []string) []string { return append([]string{}, list...) }
