package middleware

import (
	"fmt"
	"net/http"
	"slices"

	"hubgate.example/openid"
)

// AuthorizeInAuthContext is Authorize for operations that need an authentication context (claim acrs), such as c1, which stands for what
// the tenant's conditional access asks of those who get it: multi-factor authentication, a managed device, a sign-in just now. It is for
// operations for which Config.MFA is too little, and asks whoever comes, reading or writing: exceptions of Config.MFA do not count.
//
//	r.With(gate.AuthorizeInAuthContext("c1")).Delete("/subscriptions/{subscription}", cancel)
//
// The context is asked for where Authorize asks for multi-factor authentication, and in its place: last, so that whoever lacks permission
// is told so first, and by one challenge, because clients step up once for a call. A token that has the context needs no other sign of
// multi-factor authentication, in mode audit neither: what the context takes is the site's own demand for these operations, and the
// stronger one. Whoever defines a context that takes one factor decides so for what is mounted with it.
//
// The answer to others is 401 with a challenge for the context, or 403 RequestDisallowedByAzure where the client does not declare the
// capability cp1. A workload gets the 403 in any case: nobody sits there who could step up.
//
// AuthorizeInAuthContext panics when context is not an id of 1 to 16 letters and digits, or the gate's tokens are an AD FS's, which knows
// no authentication contexts: that is a mistake in the program.
func (g *Gate) AuthorizeInAuthContext(context string) func(http.Handler) http.Handler {
	g.mustKnowAuthContext("AuthorizeInAuthContext", context)
	return func(next http.Handler) http.Handler { return g.authorized(next, demands{authContext: context}) }
}

// RequireAuthContext asks for an authentication context as AuthorizeInAuthContext does, without Authorize: for APIs behind Authenticate
// alone, and behind Authorize for what a handler only finds out later. With mode MFAEnforce, a write behind both is challenged twice, for
// multi-factor authentication and for the context. The Azure SDKs step up once and fail then, so use AuthorizeInAuthContext there.
//
// It needs Authenticate before it, and panics as AuthorizeInAuthContext does.
func (g *Gate) RequireAuthContext(context string) func(http.Handler) http.Handler {
	g.mustKnowAuthContext("RequireAuthContext", context)
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

// mustKnowAuthContext panics where no token could ever have the context.
func (g *Gate) mustKnowAuthContext(method, context string) {
	switch {
	case !isAuthenticationContext(context):
		panic(fmt.Sprintf("middleware: %s: %q is not an id such as c1", method, context))
	case g.authorities[0].adfs: // AD FS and Entra ID do not mix
		panic(fmt.Sprintf("middleware: %s: %s is an AD FS, which knows no authentication contexts", method, g.authorities[0].url))
	}
}

func (g *Gate) requireAuthContext(r *http.Request, context string) (refused *refusal) {
	defer recovered(&refused)
	principal, ok := PrincipalFrom(r.Context())
	if !ok {
		return internalError("RequireAuthContext without Authenticate before it", "")
	}
	if refused := g.checkAuthContext(principal, context); refused != nil {
		return refused.by(principal)
	}
	return nil
}

// checkAuthContext refuses a principal whose token does not satisfy an authentication context.
func (g *Gate) checkAuthContext(principal *openid.Principal, context string) *refusal {
	if slices.Contains(principal.AuthenticationContexts, context) {
		return nil
	}
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
