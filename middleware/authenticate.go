package middleware

import "net/http"

// Authenticate verifies the bearer token and puts the principal into the request's context.
//
// The request that next sees has its path in the one spelling that both decides and routes (a single trailing slash is
// trimmed), no Authorization header unless Config.KeepAuthorization is set, and none of the headers by which somebody outside
// could pretend to be Resource Manager (x-ms-client-object-id, x-ms-client-principal-name and their like), and no trailers. The request that
// was passed in is not changed.
//
// It decides nothing about what the principal may do: behind Authenticate alone, everyone who has a token is served.
//
// A router must come after it, so that it routes on that path: with chi, mount it with Use on the outermost router.
func (g *Gate) Authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		admitted, refused := g.authenticate(r)
		if refused != nil {
			g.refuse(w, r, refused)
			return
		}
		g.serveAuthenticated(w, admitted, next) // outside the recovery: a panic of the handler is the handler's
	})
}

// authenticate returns the request that goes on, or why it does not.
func (g *Gate) authenticate(r *http.Request) (admitted *http.Request, refused *refusal) {
	defer recovered(&refused)
	token, err := bearerToken(r.Header)
	if err != nil {
		return nil, g.wrongHeader(r, err)
	}
	principal, err := g.verifier.Verify(r.Context(), token)
	if err != nil {
		return nil, g.wrongToken(r, err)
	}
	admitted, err = canonical(r)
	if err != nil {
		return nil, badPath(err).by(principal)
	}
	admitted = admitted.WithContext(WithPrincipal(r.Context(), principal, nil))
	admitted.Header = withoutIdentity(r.Header, g.keepAuthorization)
	admitted.Trailer = nil // identity headers could follow the body; no client of Resource Manager sends trailers
	return admitted, nil
}
