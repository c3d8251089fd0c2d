// Package verify has libraries that verify tokens, side by side.
//
// A [Site] is an issuer with its keys, and an audience. Each [Peer] is set up for it with its best configuration and the same checks:
// signature by RS256 and nothing else, the key from memory, issuer, audience, expiry with five minutes of leeway unless that is
// fixed ([Peer.FixedLeeway]), and out come the object id and the groups. [Site.Limit] is what none of them can beat: the signature alone.
package verify
