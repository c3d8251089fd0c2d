// Package middleware is Azure Stack Hub's Resource Manager gate as net/http middleware: it lets a request through when its
// bearer token is genuine and Azure RBAC allows its operation, and refuses every other in Resource Manager's words.
//
// The way of a request through a [Gate]:
//
//	Authorization header -> Authenticate -> openid.Verifier.Verify -> principal in the context
//	                     -> Authorize    -> rbac.OperationFor -> resource set of the principal -> Check -> handler
//	                                                                                -> 400 / 401 / 403 / 404 / 503
//
// # Threat
//
// Everything in a request is written by its sender. The token comes from one Authorization header and from nowhere else, never
// from the query, the body or a cookie. Only after its signature has verified is a refusal specific about a claim; before that
// the answer is InvalidAuthenticationToken, whatever the token says. The text of a token goes into no answer and no log. The
// headers in which Resource Manager names a caller to a resource provider (x-ms-client-object-id and its like) are removed.
// One spelling of the path decides and routes; a path with two readings is refused. X-Forwarded-*, X-Original-URL and method
// overrides are never read. Whatever fails inside the gate, a panic included, serves nothing.
//
// # Deployment
//
// Tokens are secrets: serve the gate over TLS, or behind a proxy that ends TLS on the same machine (RFC 6750 section 5.3). What
// needs no token, such as /metadata/endpoints, health checks and a CORS middleware that answers preflight requests, is
// mounted outside the gate. An OPTIONS request that reaches the gate needs a token like any other.
//
// [Gate.Authenticate] rewrites the path for the router, so the router comes after it. A middleware that has the router match
// something else than the request's path (chi's CleanPath and StripSlashes) has no place outside the gate, and no use there: a
// trailing slash is trimmed and an unclean path is refused. Mounted behind a router all the same (chi's With, Group and Route, or
// a ServeMux pattern with wildcards), the gate refuses what it can no longer rewrite: a path with unusual escapes, such as %41
// for A. Paths of another grammar, such as the files of a console, are mounted outside the gate.
//
// # Use
//
// With net/http, when one handler serves all paths:
//
//	gate, err := middleware.New(middleware.Config{Verifier: verifier, Authorizer: authorizer, Logger: logger})
//	if err != nil {
//		return err
//	}
//	return http.ListenAndServeTLS(address, certificate, key, gate.Handler(api))
//
// With chi, where lists are filtered by their handlers:
//
//	r := chi.NewRouter()
//	r.Use(gate.Authenticate)
//	r.With(gate.List).Get("/subscriptions", listSubscriptions)
//	r.With(gate.Authorize).Get("/subscriptions/{subscription}", getSubscription)
//
// A handler knows its caller by [PrincipalFrom] and what the caller may do by [ResourceSetFrom]. A handler's unit test needs no
// token: [WithPrincipal] makes the context that the gate would have made.
package middleware
