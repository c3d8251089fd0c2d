package openid

import (
	"errors"
	"fmt"
	"time"
)

// The reasons for which Verify refuses a token. Test for them with errors.Is; every error of Verify is a *TokenError
// that wraps exactly one of them.
var (
	// ErrMalformed: too long, not three strict base64url segments, not strict JSON, or a header that is never accepted
	// (crit, b64, zip, enc, cty, a typ of another kind of token). A verifier with one provider looks at the signature
	// before the payload: then a payload that is no claims object is ErrMalformed, with Verified set, only where its
	// signature verifies.
	ErrMalformed = errors.New("malformed token")
	// ErrAlgorithm: the header's alg is not one of the provider's Algorithms.
	ErrAlgorithm = errors.New("signature algorithm not accepted")
	// ErrIssuer: no provider has this issuer.
	ErrIssuer = errors.New("unknown issuer")
	// ErrUnknownKey: the issuer's key set, freshly fetched where the budget allowed, has no such key. There is one such
	// fetch in 5 minutes, so a key that was published without notice may be unknown for as long.
	ErrUnknownKey = errors.New("unknown signing key")
	// ErrSignature: the signature does not verify with the key that the header names.
	ErrSignature = errors.New("signature does not verify")
	// ErrKeyIssuer: the signing key is published for another issuer than the token's.
	ErrKeyIssuer = errors.New("signing key belongs to another issuer")
	// ErrClaims: a claim is missing, of the wrong type or out of range.
	ErrClaims = errors.New("claim missing or invalid")
	// ErrExpired: exp lies in the past by more than the leeway.
	ErrExpired = errors.New("token has expired")
	// ErrNotYetValid: nbf or iat lies in the future by more than the leeway.
	ErrNotYetValid = errors.New("token is not valid yet")
	// ErrAudience: no value of aud is one of the configured audiences.
	ErrAudience = errors.New("token is for another audience")
	// ErrTenant: the token is genuine, but its tenant is not one of the accepted tenants.
	ErrTenant = errors.New("tenant not accepted")
	// ErrTokenType: genuine, but no bearer access token for an API: an ID token, a token for Microsoft Graph, a
	// proof-of-possession token.
	ErrTokenType = errors.New("not a bearer access token")
	// ErrIdentity: no usable object id.
	ErrIdentity = errors.New("no identity in token")
	// ErrUnavailable: the identity provider's keys are not to be had, so the token can be neither accepted nor refused.
	// It is the server's trouble and no fault of the caller: answer 503, never 401.
	ErrUnavailable = errors.New("identity provider unavailable")
)

// A TokenError says why a token was refused. Error's text is for logs: what it quotes of the token is bounded and escaped.
// The fields that carry claims are set only when Verified is, and only they may be shown to the caller.
type TokenError struct {
	// Err is one of the package's Err values.
	Err error
	// Detail says more, for logs.
	Detail string
	// Verified reports that the signature had verified, with a key that may sign for the issuer, when the token was refused.
	Verified bool
	// Authority is the URL of the authority that issued the token, or, while that is unknown, of the first provider.
	Authority string
	// KeyID is the header's kid or x5t, for logs: whoever sent the token wrote it.
	KeyID string
	// RetryAfter is when a request may succeed; set with ErrUnavailable only.
	RetryAfter time.Duration

	// Issuer, Tenant and ObjectID are the claims iss, tid and oid. They are empty unless Verified is set, and with
	// ErrMalformed, where there are no claims.
	Issuer, Tenant, ObjectID string
	// Audience is the claim aud (the first value of several). It is empty unless Err is ErrAudience.
	Audience string
	// ExpectedAudiences are the configured audiences, set with ErrAudience.
	ExpectedAudiences []string
	// Expires and Now are the claim exp and the verifier's clock, set with ErrExpired.
	Expires, Now time.Time
}

func (e *TokenError) Error() string {
	if e.Detail == "" {
		return "openid: " + e.Err.Error()
	}
	return fmt.Sprintf("openid: %v: %s", e.Err, e.Detail)
}

// Unwrap returns Err.
func (e *TokenError) Unwrap() error { return e.Err }
