package openid

import "time"

// A Principal is who a verified access token speaks for. It holds nothing that was not signed by the token's issuer.
//
// The identity is the pair (Tenant, ObjectID), and only that: an object id counts in its own tenant alone, and Name, an
// e-mail address or a user principal name is for display, never for a decision, because its owner can change it.
//
// A Principal may be shared between requests: treat it and its slices as read-only.
type Principal struct {
	// Tenant is the directory tenant: a GUID in lower case for Entra ID, the configured tenant for AD FS.
	Tenant string
	// ObjectID is the principal's object id: a GUID in lower case, or a SID with its leading S in upper case.
	ObjectID string
	// Groups are the groups that the principal is a member of, nested ones included: GUIDs in lower case and SIDs. An
	// entry of the claim that is neither is left out. Groups is empty, and says nothing, when Overage is set.
	Groups []string
	// Overage reports that the principal has more groups than a token holds, or that VerifierConfig says so of a token without
	// any, so that Groups is not the whole truth. Whoever decides by groups must resolve it (package graph does) or refuse the
	// call; "no groups" would forget a deny.
	Overage bool

	// Kind says what sort of principal this is, as far as the token tells.
	Kind Kind
	// Credential is how the client application proved itself, as far as the token tells.
	Credential Credential
	// Application is the client application's id (claim appid or azp), empty when the token carries none.
	Application string
	// ManagedIdentity is the resource id of a managed identity (claim xms_mirid), empty for everyone else: of the identity
	// itself when it is user-assigned, else of what it belongs to. UserAssigned tells which.
	ManagedIdentity string
	// Name is for display only: upn, preferred_username or unique_name, whichever comes first.
	Name string

	// Scopes are the delegated permissions of the claim scp; application tokens have none.
	Scopes []string
	// AuthenticationMethods is the claim amr: pwd, mfa, rsa, wia and others. With AD FS, mfa is also there when the token has
	// VerifierConfig.MFAClaim.
	AuthenticationMethods []string
	// AuthenticationContexts is the claim acrs: the authentication contexts that the sign-in satisfied, such as p1 or c1.
	AuthenticationContexts []string
	// Capabilities is the claim xms_cc: what the client understands; cp1 stands for claims challenges.
	Capabilities []string

	// Issuer is the token's iss, exactly as pinned for its provider.
	Issuer string
	// Audience is the configured audience that the token's aud matched.
	Audience string
	// TokenID names the token in the issuer's logs (claim uti or jti), empty when the token carries none.
	TokenID string
	// IssuedAt, NotBefore and Expires are the claims iat, nbf and exp. NotBefore is zero when the token carries none.
	IssuedAt, NotBefore, Expires time.Time
}

// Kind is the sort of a principal.
type Kind string

// The kinds of principal. What a token cannot tell stays KindUnknown and is never guessed. A workload with a federated identity is a
// service principal, or the managed identity that trusts the other provider: its tokens say no more than that it showed an assertion.
const (
	KindUnknown          Kind = "unknown"
	KindUser             Kind = "user"
	KindGuest            Kind = "guest" // a user of another directory
	KindServicePrincipal Kind = "servicePrincipal"
	KindManagedIdentity  Kind = "managedIdentity" // the service principal of an Azure resource
)

// Workload reports whether k is a kind without a person behind it.
func (k Kind) Workload() bool { return k == KindServicePrincipal || k == KindManagedIdentity }

// Credential is how a client application authenticated to the identity provider (claim appidacr or azpacr).
type Credential string

// The credentials that a token tells apart. A client certificate and an assertion from a federated issuer look the same.
const (
	CredentialUnknown   Credential = "unknown"
	CredentialNone      Credential = "none"      // 0: a public client
	CredentialSecret    Credential = "secret"    // 1: a client secret
	CredentialAssertion Credential = "assertion" // 2: a certificate or a federated assertion
)
