package verify

import (
	"context"

	"github.com/lestrrat-go/jwx/v3/jwt"
)

// jwxPeer reads groups as a typed claim, which is faster than a list of any.
var jwxPeer = Peer{
	Name:   "jwx",
	Module: "github.com/lestrrat-go/jwx/v3",
	New: func(site *Site) (Verifier, error) {
		keys, err := jwxKeys(site)
		if err != nil {
			return nil, err
		}
		options := []jwt.ParseOption{
			jwt.WithKeySet(keys),
			jwt.WithTypedClaim("groups", []string(nil)),
			jwt.WithIssuer(site.AccessTokenIssuer()),
			jwt.WithAudience(site.Audience()),
			jwt.WithRequiredClaim(jwt.ExpirationKey),
			jwt.WithAcceptableSkew(Leeway),
		}
		return func(_ context.Context, token string) (Identity, error) {
			parsed, err := jwt.ParseString(token, options...)
			if err != nil {
				return Identity{}, err
			}
			var identity Identity
			if err := parsed.Get("oid", &identity.ObjectID); err != nil {
				return Identity{}, err
			}
			if err := parsed.Get("groups", &identity.Groups); err != nil {
				return Identity{}, err
			}
			return identity, nil
		}, nil
	},
	Accepts: accepts("alg left out", "alg twice", "critical extension", "more after the claims", "object id twice"),
}
