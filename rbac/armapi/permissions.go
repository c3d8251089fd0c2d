package armapi

import (
	"net/http"

	"hubgate.example/rbac"
)

const readPermissions = "Microsoft.Authorization/permissions/read"

// listPermissions answers with what the caller may do at the scope: the permissions of the roles that it holds there. The gate may
// have let the list through for its items to be filtered, but these have no scopes of their own.
func (h *Handler) listPermissions(r *request) (int, any, error) {
	top, err := parseListOptions(r.URL.Query())
	if err != nil {
		return 0, nil, err
	}
	if len(r.URL.Query()["$filter"]) > 0 {
		return 0, nil, failf(http.StatusBadRequest, "UnsupportedQuery", "The query option '$filter' is not supported.")
	}
	if !r.caller.Check(rbac.Operation{Action: readPermissions, Scope: r.scope}).Allowed {
		return 0, nil, h.unauthorized(r, readPermissions, r.scope)
	}
	permissions := r.version.permissions(r.caller.Permissions(r.scope))
	return http.StatusOK, list(permissions[:min(top, len(permissions))]), nil
}

// permissions is the form of permissions in version v.
func (v apiVersion) permissions(permissions []rbac.Permission) []any {
	forms := make([]any, 0, len(permissions))
	for _, p := range permissions {
		form := map[string]any{
			"actions":    orEmpty(p.Actions),
			"notActions": orEmpty(p.NotActions),
		}
		if v.hasDataActions() {
			form["dataActions"], form["notDataActions"] = orEmpty(p.DataActions), orEmpty(p.NotDataActions)
		}
		if v.hasConditions() && p.Condition != "" {
			form["condition"], form["conditionVersion"] = p.Condition, conditionVersion(p.ConditionVersion)
		}
		forms = append(forms, form)
	}
	return forms
}
