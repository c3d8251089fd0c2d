package armapi

import (
	"net/http"
	"slices"

	"hubgate.example/rbac"
)

// checkAccess answers what a principal of the caller's tenant may do, action by action, by the same evaluation as the gate's.
func (h *Handler) checkAccess(r *request) (int, any, error) {
	var body struct {
		Subject struct {
			Attributes struct {
				ObjectID string   `json:"ObjectId"`
				Groups   []string `json:"Groups"`
			} `json:"Attributes"`
		} `json:"Subject"`
		Actions []struct {
			ID           string `json:"Id"`
			IsDataAction bool   `json:"IsDataAction"`
		} `json:"Actions"`
		Resource struct {
			ID string `json:"Id"`
		} `json:"Resource"`
	}
	if err := read(r.Request, &body); err != nil {
		return 0, nil, err
	}
	principal := body.Subject.Attributes
	resource := r.scope
	if body.Resource.ID != "" {
		var err error
		if resource, err = rbac.ParseScope(body.Resource.ID); err != nil {
			return 0, nil, invalidContent("Resource.Id: %v", err)
		}
	}
	policy, err := h.config.Store.Policy(r.Context())
	if err != nil {
		return 0, nil, err
	}
	switch {
	case principal.ObjectID == "":
		return 0, nil, invalidContent("Subject.Attributes.ObjectId is missing")
	case len(body.Actions) == 0:
		return 0, nil, invalidContent("Actions are missing")
	case !policy.Contains(r.scope, resource): // the caller has been authorized for the scope of the path
		return 0, nil, invalidContent("Resource.Id lies outside the scope of the request")
	}
	set, err := h.config.Authorizer.ResourceSet(r.Context(), rbac.Subject{
		Tenant:   r.caller.Subject().Tenant,
		ObjectID: principal.ObjectID,
		Groups:   slices.Concat(principal.Groups, h.config.GroupsOf(principal.ObjectID)),
	})
	if err != nil {
		return 0, nil, err
	}
	decisions := make([]any, 0, len(body.Actions))
	for _, action := range body.Actions {
		if action.ID == "" {
			return 0, nil, invalidContent("an action has no Id")
		}
		op := rbac.Operation{Action: action.ID, Scope: resource}
		if action.IsDataAction {
			op.Plane = rbac.DataPlane
		}
		decision, err := r.accessDecision(set.Check(op))
		if err != nil {
			return 0, nil, err
		}
		decision["actionId"], decision["isDataAction"] = action.ID, action.IsDataAction
		decision["timeToLiveInMs"] = 0 // a change counts from the next request on
		decisions = append(decisions, decision)
	}
	return http.StatusOK, decisions, nil
}

// accessDecision is the form of a decision. The assignments that made it are in it as far as the caller may read them where they are:
// they may lie above what the caller can see.
func (r *request) accessDecision(decision rbac.Decision) (map[string]any, error) {
	form := map[string]any{"accessDecision": "NotAllowed"}
	switch {
	case decision.Allowed:
		form["accessDecision"] = "Allowed"
	case decision.DenyAssignment != nil:
		form["accessDecision"] = "Denied"
	}
	if a := decision.Assignment; a != nil {
		scope, err := rbac.ParseScope(a.Scope)
		if err != nil {
			return nil, err
		}
		if r.caller.Check(rbac.Operation{Action: readAssignments, Scope: scope}).Allowed {
			form["roleAssignment"] = map[string]any{
				"id":               id(scope, "roleAssignments", a.Name),
				"roleDefinitionId": definitionID(scope, lastSegment(a.RoleDefinitionID)),
				"principalId":      a.PrincipalID,
				"principalType":    orNull(a.PrincipalType),
				"scope":            scope.String(),
			}
		}
	}
	if d := decision.DenyAssignment; d != nil {
		scope, err := rbac.ParseScope(d.Scope)
		if err != nil {
			return nil, err
		}
		at, err := scope.Child(denyAssignments, d.Name)
		if err != nil {
			return nil, err
		}
		if r.caller.Check(rbac.Operation{Action: readDenyAssignments, Scope: at}).Allowed {
			form["denyAssignment"] = map[string]any{
				"id":                      at.String(),
				"name":                    d.DenyAssignmentName,
				"description":             orNull(d.Description),
				"scope":                   scope.String(),
				"doNotApplyToChildScopes": d.DoNotApplyToChildScopes,
			}
		}
	}
	return form, nil
}
