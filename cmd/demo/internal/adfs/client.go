package adfs

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
)

// A Client is a confidential client that is registered with the AD FS: an application with a service principal.
type Client struct {
	// ID is the client_id.
	ID string
	// ObjectID and Groups are SIDs.
	ObjectID string
	Groups   []string
	// Secret is the client secret, and "" for a client without one.
	Secret string
	// Certificate verifies the client's assertions, and is nil for a client without one.
	Certificate *x509.Certificate
}

// authenticate says which registered client sends a request, by exactly one credential (RFC 6749 section 2.3). A client id
// that is not registered is taken for a public client, as which az and its likes sign users in: the client is nil then.
func (s *Server) authenticate(form tokenRequest) (*Client, error) {
	if form.clientSecret != "" && form.clientAssertion != "" {
		return nil, invalidRequest("The request has a client_secret and a client_assertion: it must have one credential.")
	}
	if form.clientAssertion != "" {
		return s.verifyAssertion(form)
	}
	if form.clientID == "" {
		return nil, invalidRequest("The request has no client_id.")
	}
	client, registered := s.clients[form.clientID]
	switch {
	case !registered && form.clientSecret != "":
		return nil, unknownClient()
	case !registered:
		return nil, nil
	case form.clientSecret == "":
		return nil, clientRefused("no credential")
	case client.Secret == "" || !equalSecrets(client.Secret, form.clientSecret):
		return nil, clientRefused("wrong secret")
	}
	return client, nil
}

// equalSecrets takes the same time wherever two secrets differ, and whatever their lengths.
func equalSecrets(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
