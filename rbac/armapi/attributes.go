package armapi

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"hubgate.example/rbac"
)

// What conditions call the attributes of a role assignment that somebody writes (@Request) or deletes (@Resource).
const (
	roleAttribute          = "Microsoft.Authorization/roleAssignments:RoleDefinitionId"
	principalAttribute     = "Microsoft.Authorization/roleAssignments:PrincipalId"
	principalTypeAttribute = "Microsoft.Authorization/roleAssignments:PrincipalType"
)

// assignmentAttributes are the attributes of one role assignment.
type assignmentAttributes struct {
	source                             rbac.AttributeSource
	roleID, principalID, principalType string
}

// Attributes returns what conditions may ask about the role assignment that a request writes or deletes, and nil for any other
// request. With it, someone may be allowed to give some roles only, or, where Config.PrincipalTypeOf tells them apart, to some kinds of
// principals. It is for the gate, which decides before the handler is called:
//
//	Attributes: func(r *http.Request, _ *openid.Principal, op rbac.Operation) rbac.Attributes {
//		return authorization.Attributes(r, op)
//	},
//
// The role to be assigned stands in the content of the request. That is read, and put back for the handler.
func (h *Handler) Attributes(r *http.Request, op rbac.Operation) rbac.Attributes {
	switch {
	case strings.EqualFold(op.Action, "Microsoft.Authorization/roleAssignments/write") && r.Method == http.MethodPut && r.Body != nil:
		content, _ := io.ReadAll(io.LimitReader(r.Body, maxBody)) // what went wrong goes wrong again when the handler reads
		copied := *r
		copied.Body = io.NopCloser(bytes.NewReader(content))
		r.Body = replayed{io.MultiReader(bytes.NewReader(content), r.Body), r.Body}
		var body assignmentContent
		if read(&copied, &body) != nil {
			return nil // nor will the handler accept it
		}
		return &assignmentAttributes{
			source:        rbac.RequestAttribute,
			roleID:        lastSegment(body.Properties.RoleDefinitionID),
			principalID:   body.Properties.PrincipalID,
			principalType: h.principalType(body.Properties.PrincipalID),
		}
	case strings.EqualFold(op.Action, "Microsoft.Authorization/roleAssignments/delete"):
		at, err := parseTarget(r.URL)
		if err != nil {
			return nil
		}
		existing, err := h.assignmentAt(r.Context(), at)
		if err != nil {
			return nil
		}
		return &assignmentAttributes{
			source:        rbac.ResourceAttribute,
			roleID:        lastSegment(existing.RoleDefinitionID),
			principalID:   existing.PrincipalID,
			principalType: h.principalType(existing.PrincipalID),
		}
	}
	return nil
}

// principalType returns the type of a principal, as far as somebody else than the client tells.
func (h *Handler) principalType(id string) string {
	principalType, _ := h.config.PrincipalTypeOf(id)
	return principalType
}

// A replayed body is one of which a part has been read, from its beginning again.
type replayed struct {
	io.Reader
	io.Closer
}

// Attribute implements [rbac.Attributes].
func (a *assignmentAttributes) Attribute(source rbac.AttributeSource, name string) []string {
	if source != a.source {
		return nil
	}
	for _, attribute := range []struct{ name, value string }{
		{roleAttribute, a.roleID},
		{principalAttribute, a.principalID},
		{principalTypeAttribute, a.principalType},
	} {
		if strings.EqualFold(name, attribute.name) && attribute.value != "" {
			return []string{attribute.value}
		}
	}
	return nil
}
