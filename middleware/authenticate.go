package middleware

import (
	"net/http"

	"hubgate.example/openid"
)

// Authenticate verifies the bearer token and puts the principal into the request's context.
//
// The request that next sees has its path in the one spelling that both decides and routes (a single trailing slash is
// trimmed), no Authorization header unless Config.KeepAuthorization is set, and none of the headers by which somebody outside
// could pretend to be Resource Manager (x-ms-client-object-id, x-ms-client-principal-name and their like), and no trailers. The request that
// was passed in is not changed.
//
// A token that Config.Revocations revoke is refused, at once.
//
// It decides nothing about what the principal may do: behind Authenticate alone, everyone who has a token is served.
//
// A router must come after it, so that it routes on that path: with chi, mount it with Use on the outermost router.
func (g *Gate) Authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		principal, spelled, refused := g.authenticate(r)
		if refused != nil {
			g.refuse(w, r, refused)
			return
		}
		// Outside the recovery: a panic of the handler is the handler's.
		g.serveAuthenticated(w, g.admit(spelled, caller{principal: principal}), next)
	})
}

// authenticate returns who sends a request, and the request with the spelling of its path that decides and routes; or why it is refused.
func (g *Gate) authenticate(r *http.Request) (principal *openid.Principal, spelled *http.Request, refused *refusal) {
	defer recovered(&refused)
	token, err := bearerToken(r.Header)
	if err != nil {
		return nil, nil, g.wrongHeader(r, err)
	}
	principal, err = g.verifier.Verify(r.Context(), token)
	switch {
	case err != nil && !isB64Token(token):
		return nil, nil, g.wrongHeader(r, errHeaderForm)
	case err != nil:
		return nil, nil, g.wrongToken(r, err)
	}
	if from, revoked := g.revocations.since(principal); revoked {
		return nil, nil, g.revokedToken(principal, from)
	}
	spelled, err = g.canonical(r)
	if err != nil {
		return nil, nil, badPath(err).by(principal)
	}
	return principal, spelled, nil
}

// admit returns the request that a handler sees.
func (g *Gate) admit(r *http.Request, who caller) *http.Request {
	both := &struct { // one allocation in place of two: every request has them
		request http.Request
		context callerContext
	}{context: callerContext{Context: r.Context(), caller: who}}
	both.request = *r.WithContext(&both.context)
	admitted := &both.request
	admitted.Header = withoutIdentity(r.Header, g.keepAuthorization)
	admitted.Trailer = nil // identity headers could follow the body; no client of Resource Manager sends trailers
	return admitted
}
