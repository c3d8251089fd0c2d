package verify

import (
	"context"
	"fmt"

	"github.com/auth0/go-jwt-middleware/v3/validator"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
)

// auth0V3 is the same on top of jwx.
var auth0V3 = Peer{
	Name:   "auth0-v3",
	Module: "github.com/auth0/go-jwt-middleware/v3",
	New: func(site *Site) (Verifier, error) {
		verifier, err := NewAuth0V3(site)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, token string) (Identity, error) {
			answer, err := verifier.ValidateToken(ctx, token)
			if err != nil {
				return Identity{}, err
			}
			claims, ok := answer.(*validator.ValidatedClaims).CustomClaims.(*Auth0Claims)
			if !ok {
				return Identity{}, fmt.Errorf("claims are %T", answer)
			}
			return Identity{ObjectID: claims.ObjectID, Groups: claims.Groups}, nil
		}, nil
	},
	Accepts: accepts("alg twice", "critical extension", "names no key", "object id twice", "without object id"),
}

// NewAuth0V3 returns the validator for Auth0's own middleware.
func NewAuth0V3(site *Site) (*validator.Validator, error) {
	keys, err := jwxKeys(site)
	if err != nil {
		return nil, err
	}
	return validator.New(
		validator.WithKeyFunc(func(context.Context) (any, error) { return keys, nil }),
		validator.WithAlgorithm(validator.RS256),
		validator.WithIssuer(site.AccessTokenIssuer()),
		validator.WithAudience(site.Audience()),
		validator.WithCustomClaims(func() *Auth0Claims { return &Auth0Claims{} }),
		validator.WithAllowedClockSkew(Leeway),
	)
}

func jwxKeys(site *Site) (jwk.Set, error) {
	key, err := jwk.Import(site.PublicKey())
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]any{
		jwk.KeyIDKey: site.KeyID(), jwk.AlgorithmKey: jwa.RS256(), jwk.KeyUsageKey: jwk.ForSignature,
	} {
		if err := key.Set(name, value); err != nil {
			return nil, err
		}
	}
	keys := jwk.NewSet()
	return keys, keys.AddKey(key)
}
