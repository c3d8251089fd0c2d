package identityprovider

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"hubgate.example/openid"
)

// A client is who sends a token request.
type client struct {
	id string
	// principal is nil for a public client, which has no identity of its own.
	principal *ServicePrincipal
	// acr says how the client proved itself, in the words of the claim appidacr.
	acr string
	// assertion tells the client's assertion from others until it ends; "" for a client that sent none.
	assertion string
	until     time.Time
}

// How a client proved itself.
const (
	acrPublic      = "0"
	acrSecret      = "1"
	acrCertificate = "2"
)

// authenticate says which client sends a request, by exactly one credential (RFC 6749 section 2.3). A client id that is not
// registered is taken for a public client, as which az and its likes sign users in.
func (s *Server) authenticate(ctx context.Context, a authority, form tokenRequest) (client, error) {
	if form.clientSecret != "" && form.clientAssertion != "" {
		return client{}, malformed("The request has a client_secret and a client_assertion: it must have one credential.")
	}
	if form.clientAssertion != "" {
		return s.verifyAssertion(ctx, a, form)
	}
	if form.clientID == "" {
		return client{}, refuse(missingParameter, "parameter", "client_id")
	}
	principal := s.servicePrincipal(a.directory, form.clientID)
	switch {
	case principal == nil && form.clientSecret == "" && form.grantType != grantClient:
		return s.publicClient(a, form.clientID)
	case principal == nil:
		return client{}, refuse(unknownClient)
	case form.clientSecret == "" && form.grantType == grantClient:
		return client{}, refuse(clientForItself).because("no credential")
	case form.clientSecret == "":
		return client{}, refuse(noCredential).because("no credential")
	case principal.Secret == "" || !equalSecrets(principal.Secret, form.clientSecret):
		return client{}, refuse(wrongSecret).because("wrong secret")
	}
	return client{id: principal.ApplicationID, principal: principal, acr: acrSecret}, nil
}

// publicClient is a client without a credential. AD FS takes every name for one here, Entra ID every GUID: nobody has to register
// the application that is to be tried. What has a credential somewhere is no public client anywhere.
func (s *Server) publicClient(a authority, id string) (client, error) {
	if a.kind != openid.ADFS && (!isGUID(id) || s.servicePrincipal(nil, id) != nil) {
		return client{}, refuse(unknownClient)
	}
	return client{id: clientKey(id), acr: acrPublic}, nil
}

// equalSecrets takes the same time wherever two secrets differ, and whatever their lengths.
func equalSecrets(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
