package openid

import "time"

// LongestLife is how long after its iat a token can be accepted at most: VerifierConfig.MaxLifetime and the leeway on exp. What is
// remembered about tokens by the time of their issue may be forgotten then.
func (v *Verifier) LongestLife() time.Duration { return v.lifetime + v.leeway }
