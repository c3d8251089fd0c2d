package verify

import (
	"context"
	"errors"
	"net/http"
	"time"

	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

// kubernetes is the API server's authenticator, with claims mapped by name (an expression costs more) and go-oidc's static keys. It verifies
// by version 2 of go-oidc, whose leeway cannot be set: one minute for nbf and none for exp.
var kubernetes = Peer{
	Name:   "kubernetes",
	Module: "k8s.io/apiserver",
	New: func(site *Site) (Verifier, error) {
		prefix := ""
		authenticator, err := oidc.New(context.Background(), oidc.Options{
			JWTAuthenticator: apiserver.JWTAuthenticator{
				Issuer: apiserver.Issuer{URL: site.AccessTokenIssuer(), Audiences: []string{site.Audience()}},
				ClaimMappings: apiserver.ClaimMappings{
					Username: apiserver.PrefixedClaimOrExpression{Claim: "oid", Prefix: &prefix},
					Groups:   apiserver.PrefixedClaimOrExpression{Claim: "groups", Prefix: &prefix},
				},
			},
			KeySet:               staticKeys(site),
			Client:               &http.Client{}, // which a static key set does not use
			SupportedSigningAlgs: []string{"RS256"},
		})
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, token string) (Identity, error) {
			response, ok, err := authenticator.AuthenticateToken(ctx, token)
			switch {
			case err != nil:
				return Identity{}, err
			case !ok:
				return Identity{}, errors.New("not this issuer's")
			}
			return Identity{ObjectID: response.User.GetName(), Groups: response.User.GetGroups()}, nil
		}, nil
	},
	FixedLeeway: time.Minute,
	Accepts:     accepts("issued in the future", "names no key", "object id twice"),
}
