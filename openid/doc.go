// Package openid answers two questions about a bearer token: who issued it, and is it genuine?
//
// It is the first half of the way of a request through Hubgate:
//
//	raw token -> bounded size -> three strict base64url segments -> header -> claims, unverified
//	          -> iss chooses the Provider -> kid or x5t chooses one of that provider's keys -> signature
//	          -> the key may sign for this issuer -> kind of token -> times -> audience -> tenant -> identity -> Principal
//
// A [Provider] is one identity provider: an Entra ID authority (v1 or v2, of one tenant or of many) or an AD FS. It reads
// the authority's OpenID metadata and keys in the background, pins the issuer that it saw first and keeps the last good
// answer. A [Verifier] applies the rules of Azure Stack Hub's Resource Manager to one token and answers a [Principal], or a
// [TokenError] that wraps one of the package's Err values.
//
// # What a caller can rely on
//
//   - Nothing goes to the network on behalf of a token, except one shared and rate-limited refresh of the key set of the
//     provider that the token names. Keys and addresses in a token's header (jku, x5u, jwk, x5c) are never used.
//   - A key only ever verifies tokens of the provider that published it.
//   - Only asymmetric algorithms on the provider's list are used; "none" and HMAC are refused before a key is looked up.
//   - Header and claims are strict JSON (RFC 8259, RFC 7493): exact names, no duplicates, no trailing data.
//   - A restart while the identity provider is away serves at once where ProviderConfig.Snapshot is set; a site without any way to
//     it uses files. [Health] says what a provider knows and when it knew it.
//   - When Verify returns an error, it returns no claim for a decision: the principal is nil.
//   - An identity provider that cannot be reached is [ErrUnavailable], never a refusal of the caller.
//
// The rules are those of RFC 7515, 7517, 7519, 8725 and 9068 and of Microsoft's documents on access tokens. One gap is
// theirs: the v1 key set of Entra ID names no issuer per key, so keys for consumer accounts cannot be told apart there; iss
// and tid decide, and consumer tenants are refused.
package openid
