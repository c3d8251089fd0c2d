package gate

import (
	"context"
	"net/http"
	"strings"

	jwtmiddleware2 "github.com/auth0/go-jwt-middleware/v2"
	jwtmiddleware3 "github.com/auth0/go-jwt-middleware/v3"

	"hubgate.example/bench/verify"
	"hubgate.example/openid"
)

// A Peer is what stands before a handler.
type Peer struct {
	// Name is for the results and for the command line: no blanks and no slashes.
	Name string
	// New sets it up for a site.
	New func(*Site) (func(http.Handler) http.Handler, error)
}

// None is the server without a gate, which the others are compared with.
const None = "none"

// Peers returns none, Hubgate's whole gate with and without its cache of tokens, and the others. These verify the token and leave the
// decision about access to whoever comes after them.
func Peers() []Peer {
	peers := []Peer{
		{None, func(*Site) (func(http.Handler) http.Handler, error) {
			return func(next http.Handler) http.Handler { return next }, nil
		}},
		{"hubgate-warm", func(site *Site) (func(http.Handler) http.Handler, error) { return hubgate(site, 0) }},
		{"hubgate-cold", func(site *Site) (func(http.Handler) http.Handler, error) { return hubgate(site, openid.NoCache) }},
		{"auth0-v2", auth0V2},
		{"auth0-v3", auth0V3},
	}
	for _, peer := range verify.Peers() {
		switch peer.Name {
		case "golang-jwt", "golang-jwt+keyfunc", "go-jose", "go-oidc", "jwx", "kubernetes":
			peers = append(peers, Peer{peer.Name, func(site *Site) (func(http.Handler) http.Handler, error) {
				verifier, err := peer.New(site.Site)
				return bearer(verifier), err
			}})
		}
	}
	return peers
}

func hubgate(site *Site, maxCachedTokens int) (func(http.Handler) http.Handler, error) {
	gate, err := site.NewGate(maxCachedTokens)
	if err != nil {
		return nil, err
	}
	return gate.Handler, nil
}

func auth0V2(site *Site) (func(http.Handler) http.Handler, error) {
	validator, err := verify.NewAuth0V2(site.Site)
	if err != nil {
		return nil, err
	}
	return jwtmiddleware2.New(validator.ValidateToken).CheckJWT, nil
}

func auth0V3(site *Site) (func(http.Handler) http.Handler, error) {
	validator, err := verify.NewAuth0V3(site.Site)
	if err != nil {
		return nil, err
	}
	middleware, err := jwtmiddleware3.New(jwtmiddleware3.WithValidator(validator))
	if err != nil {
		return nil, err
	}
	return middleware.CheckJWT, nil
}

type identityKey struct{}

// bearer is the least that a middleware around a verifier does.
func bearer(verifier verify.Verifier) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !ok {
				unauthorized(w)
				return
			}
			identity, err := verifier(r.Context(), token)
			if err != nil {
				unauthorized(w)
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, identity)))
		})
	}
}

func unauthorized(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	w.WriteHeader(http.StatusUnauthorized)
}
