package verify

import (
	"context"

	"hubgate.example/openid"
)

var hubgateCold = Peer{
	Name:   "hubgate-cold",
	Module: "hubgate.example",
	New:    func(site *Site) (Verifier, error) { return newHubgate(site, openid.NoCache) },
}

// Warm, a token is verified once and then remembered.
var hubgateWarm = Peer{
	Name:   "hubgate-warm",
	Module: "hubgate.example",
	New:    func(site *Site) (Verifier, error) { return newHubgate(site, 0) },
}

func newHubgate(site *Site, maxCachedTokens int) (Verifier, error) {
	verifier, err := site.NewVerifier(maxCachedTokens)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, token string) (Identity, error) {
		principal, err := verifier.Verify(ctx, token)
		if err != nil {
			return Identity{}, err
		}
		return Identity{ObjectID: principal.ObjectID, Groups: principal.Groups}, nil
	}, nil
}
