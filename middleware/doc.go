// Package middleware is Azure Stack Hub's Resource Manager gate as net/http middleware: it lets a request through when its
// bearer token is genuine and Azure RBAC allows its operation, and refuses every other in Resource Manager's words.
//
// # Which APIs
//
// A [Gate] is for APIs whose paths follow Resource Manager's grammar, because the operation that it decides on is read from
// method and path: /subscriptions/{id}/resourceGroups/{name}/providers/{namespace}/{type}/{name}, and what rbac.OperationFor
// knows besides. On any other path [Gate.Authorize] answers 404 MissingSubscription. An API with paths of its own takes
// [Gate.Authenticate] alone and says itself which operation a request is: it asks rbac.Authorizer.ResourceSet for the principal
// and then Check, as the example of Authenticate shows.
//
// A route behind Authenticate alone is authenticated and not authorized: whoever has a token is served. The example
// EveryRouteGuarded is a test that walks all routes of a chi router and finds those that somebody without a role can reach.
//
// # The way of a request
//
//	Authorization header -> Authenticate -> openid.Verifier.Verify
//	                     -> Revocations -> principal in the context
//	                     -> Authorize    -> rbac.OperationFor -> resource set of the principal -> Check -> MFA -> handler
//	                                                                                -> 400 / 401 / 403 / 404 / 503
//	handler              -> AuthorizeLinked -> Check of what else the request needs -> 403
//
// # People and workloads
//
// Writes by users can be made to need multi-factor authentication ([Config].MFA), as Azure does it. Automation that runs as a user stops
// working on that day, so there is a mode that refuses nothing and lists who would break: see package mfaaudit. Operations that want more
// of a sign-in are mounted with [Gate.AuthorizeInAuthContext]. [Config].Revocations end tokens before their time. Clients that declare the
// capability cp1 are told by a claims challenge which token to get, and step up by themselves; others are told in words.
//
// # Threat
//
// Everything in a request is written by its sender. The token comes from one Authorization header and from nowhere else, never
// from the query, the body or a cookie. Only after its signature has verified is a refusal specific about a claim; before that
// the answer is InvalidAuthenticationToken, whatever the token says, and the log has its key id alone (at level Debug also what was
// wrong with it, bounded and escaped). The text of a token goes into no answer and no log. The
// headers in which Resource Manager names a caller to a resource provider (x-ms-client-object-id and its like) are removed.
// One spelling of the path decides and routes; a path with two readings is refused. X-Forwarded-*, X-Original-URL and method
// overrides are never read. Whatever fails inside the gate, a panic included, serves nothing.
//
// # Deployment
//
// Tokens are secrets: serve the gate over TLS, or behind a proxy that ends TLS on the same machine (RFC 6750 section 5.3). Refusals
// carry Strict-Transport-Security on TLS connections only (RFC 6797 section 7.2), so such a proxy adds it itself. What
// needs no token, such as /metadata/endpoints, health checks and a CORS middleware that answers preflight requests, is
// mounted outside the gate. An OPTIONS request that reaches the gate needs a token like any other.
//
// [Gate.Authenticate] rewrites the path for the router, so the router comes after it. A middleware that has the router match
// something else than the request's path (chi's CleanPath and StripSlashes) has no place outside the gate, and no use there: a
// trailing slash is trimmed and an unclean path is refused. Mounted behind a router all the same (chi's With, Group and Route, or
// a ServeMux pattern with wildcards), the gate refuses what it can no longer rewrite: a path with unusual escapes, such as %41
// for A. Paths of another grammar, such as the files of a console, are mounted outside the gate.
//
// Resource Manager matches paths without regard to case, and so does the gate: its clients write both resourceGroups and
// resourcegroups. Routers do not. With chi, write the patterns in lower case and let a middleware after Authenticate set
// RoutePath to the path in lower case; a ServeMux has no such place, so put one handler behind it that reads the operation. Take
// names from rbac.OperationFor(r).Scope, not from the router: that is what was decided on, in the case that the client wrote.
// Stores look resources up by rbac.Scope.Key, in which case does not count.
//
// Answers of handlers are theirs: the gate puts no x-ms-request-id or x-ms-correlation-request-id on them, because a handler that
// adds its own, as httputil.ReverseProxy does, would then send two. When a middleware outside the gate has set them, refusals
// and log records carry the same ids; otherwise a refusal gets new ones, or the client's correlation id.
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
//	r.Use(gate.Authenticate, func(next http.Handler) http.Handler {
//		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
//			chi.RouteContext(r.Context()).RoutePath = strings.ToLower(r.URL.Path) // the patterns are in lower case
//			next.ServeHTTP(w, r)
//		})
//	})
//	r.With(gate.List).Get("/subscriptions", listSubscriptions)
//	r.With(gate.Authorize).Get("/subscriptions/{subscription}", getSubscription)
//
// What a request needs at other resources, which its content names, its handler asks by [Gate.AuthorizeLinked]. What conditions of
// role assignments ask about a request, [Config].Attributes answers.
//
// A handler knows its caller by [PrincipalFrom] and what the caller may do by [ResourceSetFrom]. A handler's unit test needs no
// token: [WithPrincipal] makes the context that the gate would have made.
package middleware
