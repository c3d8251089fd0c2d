package verify

import (
	"context"
	"time"
)

// A Peer is a library in one configuration.
type Peer struct {
	// Name is for the results: no blanks and no slashes.
	Name string
	// Module is the path of the library's module.
	Module string
	// New sets it up for a site.
	New func(*Site) (Verifier, error)
	// FixedLeeway is what it allows for nbf, where that cannot be set, and for exp it then allows none. Where it is 0, the peer is set to
	// allow [Leeway] for both.
	FixedLeeway time.Duration
	// Accepts are the names of the openidtest forgeries that it lets through, because it has no such check or because its answer does
	// not show what to check. The tests hold the list to be exactly that.
	Accepts []string
}

// A Verifier answers whose a token is.
type Verifier func(ctx context.Context, token string) (Identity, error)

// An Identity is what a request needs of a token.
type Identity struct {
	ObjectID string
	Groups   []string
}

// accepts is an Accepts with what none of the others has a check for, and more.
func accepts(more ...string) []string {
	return append(more,
		"an ID token", "bound to a proof of possession", "of the other version", "payload said to be compressed", "tid of another tenant",
		"typ of a logout token", "with the zero object id", "without tid",
	)
}

// Peers returns Hubgate, without and with its cache, and the others.
func Peers() []Peer {
	return []Peer{
		hubgateCold, hubgateWarm, golangJWT, keyfuncPeer, goJose, goOIDC, auth0V2, auth0V3, jwxPeer, kubernetes,
	}
}
