package middleware

import (
	"cmp"
	"fmt"
	"net/http"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// AuthorizeLinked reports whether the caller of a request that Authorize or List let through may also do the linked operations, all
// of them: what the request needs at other resources that its content names, such as to join the subnet of a network interface.
// Where it returns false it has answered, 403 LinkedAuthorizationFailed with the first operation that is not allowed, and the
// handler writes nothing more. What a handler has not asked for is not checked: ask before anything is changed.
//
// It decides by the same allowed-resource set as the request itself, so no change of roles comes in between. A linked scope in a
// subscription that does not exist, or is another tenant's, is not allowed. Config.Attributes is not asked: an operation brings
// its own.
func (g *Gate) AuthorizeLinked(w http.ResponseWriter, r *http.Request, linked ...rbac.Operation) bool {
	refused := authorizeLinked(r, linked)
	if refused != nil {
		g.refuse(w, r, refused)
	}
	return refused == nil
}

func authorizeLinked(r *http.Request, linked []rbac.Operation) (refused *refusal) {
	defer recovered(&refused)
	principal, _ := PrincipalFrom(r.Context())
	set, ok := ResourceSetFrom(r.Context())
	if principal == nil || !ok {
		return internalError("AuthorizeLinked without Authorize before it", "")
	}
	if len(linked) == 0 {
		return nil
	}
	decision, first := set.CheckAll(linked...)
	if decision.Allowed {
		return nil
	}
	op, err := rbac.OperationFor(r)
	if err != nil {
		return internalError("AuthorizeLinked with a path that Authorize has not let through", quote(err.Error(), maxClaimText)).by(principal)
	}
	return unauthorizedLink(principal, op, linked[first], decision).by(principal).at(linked[first])
}

// unauthorizedLink refuses an operation because of what it needs elsewhere. A deny assignment there is named in the log only: whoever may
// write here need not know what there is in other places.
func unauthorizedLink(principal *openid.Principal, op, linked rbac.Operation, decision rbac.Decision) *refusal {
	return &refusal{
		status: http.StatusForbidden, code: "LinkedAuthorizationFailed",
		message: fmt.Sprintf("The client '%s' with object id '%s' has permission to perform action '%s' on scope '%s'; however, it does not have "+
			"permission to perform action '%s' on the linked scope(s) '%s' or the linked scope(s) are invalid.",
			quote(cmp.Or(principal.Application, principal.ObjectID), maxClaimText), quote(principal.ObjectID, maxClaimText),
			quote(op.Action, maxScopeText), quote(op.Scope.String(), maxScopeText),
			quote(linked.Action, maxScopeText), quote(linked.Scope.String(), maxScopeText)),
		reason: "a linked operation is not allowed",
		denial: decision.DenyAssignment,
	}
}
