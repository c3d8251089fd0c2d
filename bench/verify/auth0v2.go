package verify

import (
	"context"
	"errors"
	"fmt"

	"github.com/auth0/go-jwt-middleware/v2/validator"
	"gopkg.in/go-jose/go-jose.v2"
)

// auth0V2 is the validator of Auth0's middleware, with the key set that its documentation shows.
var auth0V2 = Peer{
	Name:   "auth0-v2",
	Module: "github.com/auth0/go-jwt-middleware/v2",
	New: func(site *Site) (Verifier, error) {
		verifier, err := NewAuth0V2(site)
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
	Accepts: accepts("without object id"),
}

// NewAuth0V2 returns the validator for Auth0's own middleware.
func NewAuth0V2(site *Site) (*validator.Validator, error) {
	keys := &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
		Key: site.PublicKey(), KeyID: site.KeyID(), Algorithm: string(jose.RS256), Use: "sig",
	}}}
	return validator.New(
		func(context.Context) (any, error) { return keys, nil },
		validator.RS256,
		site.AccessTokenIssuer(),
		[]string{site.Audience()},
		validator.WithCustomClaims(func() validator.CustomClaims { return &Auth0Claims{} }),
		validator.WithAllowedClockSkew(Leeway),
	)
}

// Auth0Claims is what a request needs of the claims, as both versions of the validator read them. They take a token without exp, so that
// is asked for here.
type Auth0Claims struct {
	Expires  float64  `json:"exp"`
	ObjectID string   `json:"oid"`
	Groups   []string `json:"groups"`
}

// Validate is called once the validator has accepted the token.
func (c *Auth0Claims) Validate(context.Context) error {
	if c.Expires == 0 {
		return errors.New("exp is missing")
	}
	return nil
}
