package middleware

import (
	"errors"
	"net/http"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// Authorize lets a request through when the allowed-resource set of its principal allows its operation, and puts the set into
// the request's context. It needs Authenticate before it: without a principal in the context it answers 500 and serves nothing.
//
// The operation is rbac.OperationFor the request. The list of a collection must be allowed at its scope, like any other
// operation; List is for handlers that filter. A path outside Resource Manager's grammar stands for no operation: its answer is
// 404 MissingSubscription, whoever asks.
func (g *Gate) Authorize(next http.Handler) http.Handler { return g.authorized(next, false) }

// List is Authorize for collections: the list passes whatever the caller may read, and its handler filters the items with
// ResourceSetFrom, as Resource Manager does. A request that is no list is authorized as by Authorize.
func (g *Gate) List(next http.Handler) http.Handler { return g.authorized(next, true) }

func (g *Gate) authorized(next http.Handler, list bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		admitted, refused := g.authorize(r, list, w.Header())
		if refused != nil {
			g.refuse(w, r, refused)
			return
		}
		next.ServeHTTP(w, admitted)
	})
}

// authorize returns the request that goes on, or why it does not. A list passes without a check when list is set. The header is
// the answer's as far as it is written, for the log.
func (g *Gate) authorize(r *http.Request, list bool, answer http.Header) (admitted *http.Request, refused *refusal) {
	defer recovered(&refused)
	principal, ok := PrincipalFrom(r.Context())
	if !ok {
		return nil, internalError("Authorize without Authenticate before it", "")
	}
	if g.verifier.MultiTenant() && !g.authorizer.KnowsTenants() {
		// New refuses this, but the tenants of a verifier need not stay as they were then.
		return nil, internalError("several tenants, and an Authorizer that does not know them", "").by(principal)
	}
	admitted, err := canonical(r)
	if err != nil {
		return nil, badPath(err).by(principal)
	}
	op, err := rbac.OperationFor(admitted)
	if err != nil {
		return nil, noOperation(admitted, err).by(principal)
	}
	set, refused := g.resourceSet(admitted, principal, op)
	var decision rbac.Decision
	if refused == nil && !(list && op.Collection) {
		if decision = set.Check(op); !decision.Allowed {
			refused = unauthorized(principal, op)
		}
	}
	if refused != nil {
		return nil, refused.by(principal).at(op)
	}
	g.logAuthorized(admitted, principal, op, decision.Assignment, answer)
	return admitted.WithContext(WithPrincipal(r.Context(), principal, set)), nil
}

// resourceSet returns the allowed-resource set of a principal who may address op's subscription.
func (g *Gate) resourceSet(r *http.Request, principal *openid.Principal, op rbac.Operation) (*rbac.ResourceSet, *refusal) {
	if subscription := op.Scope.Subscription(); subscription != "" {
		if refused := g.subscription(principal, subscription); refused != nil {
			return nil, refused
		}
	}
	if principal.Overage {
		return nil, tooManyGroups(principal, op)
	}
	set, err := g.authorizer.ResourceSet(r.Context(), rbac.Subject{
		Tenant:   principal.Tenant,
		ObjectID: principal.ObjectID,
		Groups:   principal.Groups,
	})
	switch {
	case errors.Is(err, rbac.ErrUnavailable):
		return nil, policyUnavailable(err)
	case err != nil:
		return nil, internalError("no resource set", quote(err.Error(), maxClaimText))
	}
	return set, nil
}
