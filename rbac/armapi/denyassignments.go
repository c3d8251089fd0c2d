package armapi

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"hubgate.example/rbac"
)

const (
	denyAssignments     = "Microsoft.Authorization/denyAssignments"
	readDenyAssignments = denyAssignments + "/read"
)

// listDenyAssignments answers with the deny assignments at, above and below the scope, with the filter atScope without those below, as
// far as the caller may read them.
func (h *Handler) listDenyAssignments(r *request) (int, any, error) {
	filter, err := denyAssignmentFilter.parse(r.URL.Query()["$filter"])
	if err != nil {
		return 0, nil, err
	}
	top, err := parseListOptions(r.URL.Query())
	if err != nil {
		return 0, nil, err
	}
	denials, err := h.config.Store.DenyAssignmentsAbove(r.Context(), r.scope)
	if err != nil {
		return 0, nil, err
	}
	if !filter.has("atScope") {
		below, err := h.config.Store.DenyAssignmentsWithin(r.Context(), r.scope)
		if err != nil {
			return 0, nil, err
		}
		denials = append(denials, below...)
	}
	denials = byName(denials, func(denial rbac.DenyAssignment) string { return denial.Name })

	var items []any
	for _, denial := range denials {
		scope, err := rbac.ParseScope(denial.Scope)
		if err != nil {
			return 0, nil, err
		}
		at, err := scope.Child(denyAssignments, denial.Name)
		if err != nil {
			return 0, nil, err
		}
		switch {
		case filter.has("denyAssignmentName") && !strings.EqualFold(filter["denyAssignmentName"], denial.DenyAssignmentName),
			filter.has("principalId") && !slices.ContainsFunc(denial.Principals, func(principal rbac.DenyPrincipal) bool {
				return strings.EqualFold(filter["principalId"], principal.ID)
			}),
			!r.caller.Check(rbac.Operation{Action: readDenyAssignments, Scope: at}).Allowed:
			continue
		}
		items = append(items, r.version.denyAssignment(denial, scope))
	}
	return http.StatusOK, list(items[:min(top, len(items))]), nil
}

// getDenyAssignment answers with the deny assignment that the path names. One at another scope is not found.
func (h *Handler) getDenyAssignment(r *request) (int, any, error) {
	denial, err := h.config.Store.DenyAssignment(r.Context(), r.name)
	if err == nil {
		if scope, wrong := rbac.ParseScope(denial.Scope); wrong != nil || !scope.Equal(r.scope) {
			err = rbac.ErrNotFound
		}
	}
	if errors.Is(err, rbac.ErrNotFound) {
		return 0, nil, failf(http.StatusNotFound, "DenyAssignmentNotFound", "The deny assignment '%.100s' is not found.", r.name)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, r.version.denyAssignment(denial, r.scope), nil
}

// denyAssignment is the form of a deny assignment in version v.
func (v apiVersion) denyAssignment(d rbac.DenyAssignment, scope rbac.Scope) map[string]any {
	properties := map[string]any{
		"denyAssignmentName":      d.DenyAssignmentName,
		"description":             orNull(d.Description),
		"permissions":             v.permissions(d.Permissions),
		"scope":                   scope.String(),
		"doNotApplyToChildScopes": d.DoNotApplyToChildScopes,
		"principals":              append([]rbac.DenyPrincipal{}, d.Principals...),
		"excludePrincipals":       append([]rbac.DenyPrincipal{}, d.ExcludePrincipals...),
		"isSystemProtected":       d.IsSystemProtected,
	}
	if v.hasConditions() {
		v.stamp(properties, d.Stamp)
	}
	return map[string]any{
		"id":         id(scope, "denyAssignments", d.Name),
		"name":       d.Name,
		"type":       denyAssignments,
		"properties": properties,
	}
}
