// Package identityprovider is the demo's identity provider, as Azure's clients meet one on Azure Stack Hub: an AD FS with one
// tenant or an Entra ID with many, as far as they need one to get a token.
//
//	AD FS    /adfs[/adfs]/.well-known/openid-configuration    metadata; the second is where az looks for a tenant "adfs"
//	         /adfs/discovery/keys                             the token-signing key
//	         /adfs/oauth2/{endpoint}
//	Entra    /{tenant}[/v2.0]/.well-known/openid-configuration
//	         /{tenant}/discovery[/v2.0]/keys
//	         /{tenant}/oauth2[/v2.0]/{endpoint}
//	         /common/discovery/instance                       whether an authority is one
//	         /common/userrealm/{user}                         where a password is to be sent: here
//
//	token        tokens
//	authorize    the page on which a user signs in for a client, which is sent back with a code
//	devicecode   begins a sign-in of a device without a browser
//	deviceauth   the page on which a user enters the code that the device shows
//
// {tenant} is a tenant's id or domain or, for users, whose names say where they are at home, common or organizations. Access
// tokens are for Resource Manager, and so v1 tokens whichever endpoint issued them; ID tokens are of the endpoint's version.
//
// # The way of a request
//
// [Server.ServeHTTP] finds the authority that the path names. A token request is read, the grant decides who has to prove
// what, the client is told by its secret or by an assertion that its certificate signed, the audience is taken from the
// resource (Entra v1), from the scope (v2) or from either (AD FS), and [openidtest.Issuer] mints the tokens, with the claims
// that a real one issues: with AD FS those of the rules on Azure Stack Hub, SIDs for the principal and for its groups. What is
// wrong is said in AD FS's or Entra ID's words and numbers: problem.go has them side by side.
//
// A user signs in with a password or on a page. Where a tenant demands a second factor, or the client asks Entra ID for an
// authentication context, the password alone is refused, and the page has one more step, which a user may also choose; the token shows
// it by amr and acrs or, with AD FS, by authnmethodsreferences. A client that was told that its token is revoked asks for one of a
// later time. The refresh token of a sign-in is good for every resource and every tenant of the user.
//
// # Workloads
//
// An application of Entra ID may have a [FederatedCredential]: the token that an issuer elsewhere has given it is its client
// assertion then, and package openid keeps that issuer's keys. A managed identity is a service principal whose credential
// nobody sees: the endpoint of its machine gets its tokens by [Server.ManagedIdentityToken]; a user-assigned one may have federated
// credentials beside. The tokens of both have appidacr 2, those of a managed identity also its resource id in xms_mirid.
//
// A token of Entra ID holds at most 200 groups. Who is in more finds _claim_names and _claim_sources in their place.
//
// # What is a convenience of the demo
//
// Pages list the sample users and ask for no password: never let anyone reach them who must not be one of them. Nobody has to
// register a public client, and redirect URIs are good when they lead to the user's own machine (RFC 8252 section 7.3). AD FS
// takes client secrets; on Azure Stack Hub, an administrator registers certificates. Codes, device codes, refresh tokens and
// used assertions are kept in memory, in bounded number, and end with the process.
package identityprovider
