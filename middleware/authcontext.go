package middleware

import (
	"fmt"
	"net/http"
	"slices"

	"hubgate.example/openid"
)

// RequireAuthContext lets a request through when its token satisfies an authentication context (claim acrs), such as c1, which stands for
// what the tenant's conditional access asks of those who get it: multi-factor authentication, a managed device, a sign-in just now. It is
// for operations for which Config.MFA is too little, and for APIs behind Authenticate alone. It asks whoever comes, reading or writing:
// exceptions of Config.MFA do not count.
//
// The answer to others is 401 with a challenge for the context, or 403 RequestDisallowedByAzure where the client does not declare the
// capability cp1. A workload gets the 403 in any case: nobody sits there who could step up.
//
// It needs Authenticate before it. Mount it after Authorize, so that whoever lacks permission is told so first:
//
//	r.With(gate.Authorize, gate.RequireAuthContext("c1")).Delete("/subscriptions/{subscription}", cancel)
//
// RequireAuthContext panics when context is not an id of 1 to 16 letters and digits: that is a mistake in the program.
func (g *Gate) RequireAuthContext(context string) func(http.Handler) http.Handler {
	if !isAuthenticationContext(context) {
		panic(fmt.Sprintf("middleware: RequireAuthContext: %q is not an id such as c1", context))
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if refused := g.requireAuthContext(r, context); refused != nil {
				g.refuse(w, r, refused)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func (g *Gate) requireAuthContext(r *http.Request, context string) (refused *refusal) {
	defer recovered(&refused)
	principal, ok := PrincipalFrom(r.Context())
	if !ok {
		return internalError("RequireAuthContext without Authenticate before it", "")
	}
	if slices.Contains(principal.AuthenticationContexts, context) {
		return nil
	}
	return g.withoutAuthContext(principal, context).by(principal)
}

func (g *Gate) withoutAuthContext(principal *openid.Principal, context string) *refusal {
	f := &refusal{
		code: "RequestDisallowedByAzure",
		message: fmt.Sprintf("The request was disallowed by Azure: it needs the authentication context '%s', which the access token does not satisfy.",
			context),
		reason: "authentication context not satisfied", detail: context,
	}
	if principal.Kind.Workload() {
		f.status = http.StatusForbidden
		f.message += " A service principal or managed identity cannot satisfy it."
		return f
	}
	f.message += " Sign in again in a way that satisfies it."
	g.askForClaims(f, principal, fmt.Sprintf(`{"access_token":{"acrs":{"essential":true,"value":"%s"}}}`, context))
	return f
}
