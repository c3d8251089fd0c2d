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
//
// What is allowed may still need multi-factor authentication, as Config.MFA says. That comes last, so that nobody is asked to sign in
// again for what would be refused all the same. AuthorizeInAuthContext asks for an authentication context instead.
//
// Conditions see what Config.Attributes tells of the request. A handler that knows more, such as the data action that a
// request comes to or the tags of what is stored, asks again: ResourceSetFrom, and Check with an operation of its own. What else
// a request needs, at other resources, is for AuthorizeLinked.
func (g *Gate) Authorize(next http.Handler) http.Handler { return g.authorized(next, demands{}) }

// List is Authorize for collections: the list passes whatever the caller may read, and its handler filters the items with
// ResourceSetFrom, as Resource Manager does. A request that is no list is authorized as by Authorize.
func (g *Gate) List(next http.Handler) http.Handler { return g.authorized(next, demands{list: true}) }

// demands are what a route asks for beside what Config says.
type demands struct {
	// list lets a list pass without a check.
	list bool
	// authContext is an authentication context, in place of multi-factor authentication.
	authContext string
}

func (g *Gate) authorized(next http.Handler, demanded demands) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		principal, ok := PrincipalFrom(r.Context())
		if !ok {
			g.refuse(w, r, internalError("Authorize without Authenticate before it", ""))
			return
		}
		spelled, who, refused := g.authorize(r, principal, demanded, w.Header())
		if refused != nil {
			g.refuse(w, r, refused)
			return
		}
		next.ServeHTTP(w, spelled.WithContext(WithPrincipal(r.Context(), who.principal, who.set)))
	})
}

// authorize returns the request with the spelling of its path that decides and routes, and what decide returns.
func (g *Gate) authorize(r *http.Request, principal *openid.Principal, demanded demands, answer http.Header) (spelled *http.Request, who caller, refused *refusal) {
	defer recovered(&refused)
	spelled, err := g.canonical(r)
	if err != nil {
		return nil, caller{}, badPath(err).by(principal)
	}
	who, refused = g.decide(spelled, principal, demanded, answer)
	return spelled, who, refused
}

// decide returns who sends a canonical request, with all groups, and the allowed-resource set; or why it is refused. The
// header is the answer's as far as it is written, for the log.
func (g *Gate) decide(r *http.Request, principal *openid.Principal, demanded demands, answer http.Header) (who caller, refused *refusal) {
	defer recovered(&refused)
	if g.verifier.MultiTenant() && !g.authorizer.KnowsTenants() {
		// New refuses this, but the tenants of a verifier need not stay as they were then.
		return caller{}, internalError("several tenants, and an Authorizer that does not know them", "").by(principal)
	}
	op, err := g.operations.operation(r)
	if err != nil {
		return caller{}, noOperation(r, err).by(principal)
	}
	who, refused = g.resourceSet(r, principal, op)
	var decision rbac.Decision
	if refused == nil && !(demanded.list && op.Collection) {
		if g.attributes != nil {
			op.Attributes = g.attributes(r, who.principal, op)
		}
		if decision = who.set.Check(op); !decision.Allowed {
			refused = unauthorized(principal, op, decision)
		}
	}
	var mfa mfaVerdict
	if refused == nil {
		mfa, refused = g.checkMFA(r.Method, who.principal, op, decision.Assignment, demanded.authContext)
	}
	if refused != nil {
		return caller{}, refused.by(principal).at(op)
	}
	g.logAuthorized(r, principal, op, decision.Assignment, mfa, answer)
	return who, nil
}

// resourceSet returns a principal who may address op's subscription, with all groups, and the allowed-resource set.
func (g *Gate) resourceSet(r *http.Request, principal *openid.Principal, op rbac.Operation) (caller, *refusal) {
	if subscription := op.Scope.Subscription(); subscription != "" {
		if refused := g.subscription(principal, subscription); refused != nil {
			return caller{}, refused
		}
	}
	principal, refused := g.resolve(r.Context(), principal, op)
	if refused != nil {
		return caller{}, refused
	}
	set, err := g.authorizer.ResourceSet(r.Context(), rbac.Subject{
		Tenant:   principal.Tenant,
		ObjectID: principal.ObjectID,
		Groups:   principal.Groups,
	})
	switch {
	case errors.Is(err, rbac.ErrUnavailable):
		return caller{}, policyUnavailable(err)
	case err != nil:
		return caller{}, internalError("no resource set", quote(err.Error(), maxClaimText))
	}
	return caller{principal, set}, nil
}
