package armapi

import (
	"cmp"
	"net/http"

	"hubgate.example/rbac"
)

// unauthorized refuses what the gate leaves to the handler, in the gate's words.
func (h *Handler) unauthorized(r *request, action string, scope rbac.Scope) error {
	client, objectID := h.client(r)
	return failf(http.StatusForbidden, "AuthorizationFailed",
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
		client, objectID, action, scope)
}

// client returns what answers call the caller, and its object id.
func (h *Handler) client(r *request) (name, objectID string) {
	objectID = r.caller.Subject().ObjectID
	if h.config.ClientName != nil {
		name = h.config.ClientName(r.Context())
	}
	return cmp.Or(name, objectID), objectID
}
