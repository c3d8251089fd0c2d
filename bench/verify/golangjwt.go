package verify

import (
	"context"
	"errors"

	"github.com/golang-jwt/jwt/v5"
)

// golangJWT has typed claims, which are faster than a map, and a map of keys.
var golangJWT = Peer{
	Name:   "golang-jwt",
	Module: "github.com/golang-jwt/jwt/v5",
	New: func(site *Site) (Verifier, error) {
		keys := map[string]any{site.KeyID(): site.PublicKey()}
		parser := newGolangJWTParser(site)
		return func(_ context.Context, token string) (Identity, error) {
			return parseGolangJWT(parser, token, func(t *jwt.Token) (any, error) {
				kid, _ := t.Header["kid"].(string)
				if key, ok := keys[kid]; ok {
					return key, nil
				}
				return nil, errors.New("unknown key")
			})
		}, nil
	},
	Accepts: accepts("alg twice", "critical extension", "object id twice", "payload said not to be encoded", "without object id"),
}

// golangJWTClaims are the claims of golang-jwt's own validation, and what a request needs.
type golangJWTClaims struct {
	jwt.RegisteredClaims

	ObjectID string   `json:"oid"`
	Groups   []string `json:"groups"`
}

func newGolangJWTParser(site *Site) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{"RS256"}),
		jwt.WithIssuer(site.AccessTokenIssuer()),
		jwt.WithAudience(site.Audience()),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(Leeway),
		jwt.WithStrictDecoding(),
	)
}

func parseGolangJWT(parser *jwt.Parser, token string, key jwt.Keyfunc) (Identity, error) {
	var claims golangJWTClaims
	if _, err := parser.ParseWithClaims(token, &claims, key); err != nil {
		return Identity{}, err
	}
	return Identity{ObjectID: claims.ObjectID, Groups: claims.Groups}, nil
}
