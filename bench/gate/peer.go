package gate

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
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

// SignatureAlone verifies the token's signature by crypto/rsa and looks at nothing else: it is no gate, and none that verifies each token can
// take less.
const SignatureAlone = "signature-alone"

// Peers returns none, the signature alone, Hubgate's whole gate with and without its cache of tokens, and the others. These verify the token
// and leave the decision about access to whoever comes after them.
func Peers() []Peer {
	peers := []Peer{
		{None, func(*Site) (func(http.Handler) http.Handler, error) {
			return func(next http.Handler) http.Handler { return next }, nil
		}},
		{SignatureAlone, func(site *Site) (func(http.Handler) http.Handler, error) {
			return func(next http.Handler) http.Handler { return signatureAlone(site.PublicKey(), next) }, nil
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

func signatureAlone(key *rsa.PublicKey, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		end := max(strings.LastIndexByte(token, '.'), 0)
		digest := sha256.Sum256([]byte(token[:end]))
		signature, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token[end:], "."))
		if err != nil || rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) != nil {
			unauthorized(w)
			return
		}
		next.ServeHTTP(w, r)
	})
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
