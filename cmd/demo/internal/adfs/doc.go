// Package adfs is the demo's identity provider: an AD FS as Azure's clients meet it on Azure Stack Hub, as far as they need
// one to get a token.
//
//	GET  /adfs/.well-known/openid-configuration       metadata; below /adfs/adfs too, where az looks for a tenant "adfs"
//	GET  /adfs/discovery/keys                         the token-signing key
//	POST /adfs/oauth2/token                           tokens
//	     /adfs/oauth2/authorize                       says that nobody signs in there; clients insist on having it in the metadata
//
// A token request proves itself by a client assertion that a registered certificate signed, which is how service principals
// sign in to AD FS on Azure Stack Hub. A client secret is taken too. That is a convenience of the demo: there, an
// administrator registers certificates. Users sign in with a password and, afterwards, with a refresh token.
//
// The way of a token request: the form is read, the grant chooses who has to prove what, the audience is taken from the scope
// that ends in /.default or, without one, from the resource, and [openidtest.Issuer] mints the tokens. Claims are those that a rule on Azure Stack Hub issues:
// SIDs for the principal and for its groups, nested ones included.
package adfs
