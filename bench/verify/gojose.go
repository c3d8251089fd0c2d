package verify

import (
	"context"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// goJose finds the key by kid in a key set. It takes a token without exp, so that is asked for here.
var goJose = Peer{
	Name:   "go-jose",
	Module: "github.com/go-jose/go-jose/v4",
	New: func(site *Site) (Verifier, error) {
		keys := &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
			Key: site.PublicKey(), KeyID: site.KeyID(), Algorithm: string(jose.RS256), Use: "sig",
		}}}
		algorithms := []jose.SignatureAlgorithm{jose.RS256}
		issuer, audience := site.AccessTokenIssuer(), jwt.Audience{site.Audience()}
		return func(_ context.Context, token string) (Identity, error) {
			parsed, err := jwt.ParseSigned(token, algorithms)
			if err != nil {
				return Identity{}, err
			}
			var claims struct {
				jwt.Claims

				ObjectID string   `json:"oid"`
				Groups   []string `json:"groups"`
			}
			if err := parsed.Claims(keys, &claims); err != nil {
				return Identity{}, err
			}
			if claims.Expiry == nil {
				return Identity{}, errors.New("exp is missing")
			}
			expected := jwt.Expected{Issuer: issuer, AnyAudience: audience, Time: time.Now()}
			if err := claims.ValidateWithLeeway(expected, Leeway); err != nil {
				return Identity{}, err
			}
			return Identity{ObjectID: claims.ObjectID, Groups: claims.Groups}, nil
		}, nil
	},
	Accepts: accepts("without object id"),
}
