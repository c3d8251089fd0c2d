package adfs

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// assertionType is the only client_assertion_type there is (RFC 7523 section 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

const (
	// assertionSkew is how far a client's clock may be off.
	assertionSkew = 5 * time.Minute
	// assertionLifetime bounds how far ahead exp may lie, and so how long an assertion has to be remembered. Azure's
	// libraries take ten minutes; scripts take hours.
	assertionLifetime = 24 * time.Hour
	// rememberedAssertions is how many unexpired assertions are told apart from replays.
	rememberedAssertions = 1 << 16
)

// verifyAssertion says which registered client signed the request's client assertion (RFC 7523 section 3): a JWT whose issuer
// and subject are the client, meant for this token endpoint, not expired and never seen before.
func (s *Server) verifyAssertion(form tokenRequest) (*Client, error) {
	if form.clientAssertionType != assertionType {
		return nil, invalidRequest("The client_assertion_type is not %s.", assertionType)
	}
	var client *Client
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"RS256", "PS256"}), // what Azure's libraries sign with; MSAL prefers PS256 where it may
		jwt.WithStrictDecoding(),
		jwt.WithoutClaimsValidation(), // this package's own rules are stricter, see checkAssertion
	)
	_, err := parser.ParseWithClaims(form.clientAssertion, claims, func(token *jwt.Token) (any, error) {
		subject, _ := claims["sub"].(string)
		if form.clientID != "" && form.clientID != subject {
			return nil, errors.New("sub is not the client_id")
		}
		registered, found := s.clients[subject]
		if !found {
			return nil, unknownClient()
		}
		if _, critical := token.Header["crit"]; critical { // RFC 7515 section 4.1.11
			return nil, errors.New("crit is not understood")
		}
		if registered.Certificate == nil || !namesCertificate(token.Header, registered.Certificate) {
			return nil, errors.New("x5t does not name the client's certificate")
		}
		client = registered
		return registered.Certificate.PublicKey, nil
	})
	if unknown, ok := errors.AsType[*oauthError](err); ok {
		return nil, unknown
	}
	if err != nil {
		return nil, clientRefused("client assertion: %v", err)
	}
	expires, err := s.checkAssertion(client, claims)
	if err != nil {
		return nil, clientRefused("client assertion: %v", err)
	}
	if !s.assertions.add(assertionKey(client, claims, form.clientAssertion), struct{}{}, expires.Add(assertionSkew)) {
		return nil, clientRefused("client assertion: used before, or more are in use than can be remembered")
	}
	return client, nil
}

// checkAssertion looks at the claims of an assertion whose signature has verified. Numbers may have fractions, which some
// clients send. They are compared as they are: a number beyond what a time holds must not wrap around.
func (s *Server) checkAssertion(client *Client, claims jwt.MapClaims) (expires time.Time, err error) {
	if issuer, _ := claims["iss"].(string); issuer != client.ID {
		return time.Time{}, errors.New("iss is not the client")
	}
	if !s.forTokenEndpoint(claims["aud"]) {
		return time.Time{}, errors.New("aud is not the token endpoint")
	}
	now := time.Now()
	clock := float64(now.UnixNano()) / 1e9
	exp, ok := claims["exp"].(float64)
	switch {
	case !ok:
		return time.Time{}, errors.New("exp is missing or no number")
	case exp <= clock-assertionSkew.Seconds():
		return time.Time{}, errors.New("expired")
	case exp > clock+(assertionLifetime+assertionSkew).Seconds():
		return time.Time{}, fmt.Errorf("exp lies more than %s ahead", assertionLifetime)
	}
	for _, name := range []string{"nbf", "iat"} {
		value, present := claims[name]
		if !present {
			continue
		}
		if number, ok := value.(float64); !ok || number > clock+assertionSkew.Seconds() {
			return time.Time{}, fmt.Errorf("%s is no number or lies in the future", name)
		}
	}
	if now.After(client.Certificate.NotAfter) || now.Before(client.Certificate.NotBefore) {
		return time.Time{}, errors.New("the client's certificate is not valid now")
	}
	return now.Add(time.Duration((exp - clock) * float64(time.Second))), nil
}

// forTokenEndpoint reports whether aud, a string or an array of strings, names the token endpoint, with or without the
// slash that AD FS's own metadata puts at its end.
func (s *Server) forTokenEndpoint(aud any) bool {
	values, many := aud.([]any)
	if !many {
		values = []any{aud}
	}
	for _, value := range values {
		if text, ok := value.(string); ok && strings.TrimSuffix(text, "/") == s.tokenEndpoint {
			return true
		}
	}
	return false
}

// assertionKey is what a replay has in common with the assertion it repeats: the client and the jti, or, without one, the
// signed text. The signature is left out: one text has many PS256 signatures.
func assertionKey(client *Client, claims jwt.MapClaims, assertion string) string {
	if id, ok := claims["jti"].(string); ok && id != "" {
		sum := sha256.Sum256([]byte(id))
		return client.ID + " jti " + hex.EncodeToString(sum[:])
	}
	sum := sha256.Sum256([]byte(assertion[:strings.LastIndexByte(assertion, '.')]))
	return client.ID + " text " + hex.EncodeToString(sum[:])
}

// namesCertificate reports whether a header names certificate by x5t or x5t#S256; one that has both has to name it by both.
func namesCertificate(header map[string]any, certificate *x509.Certificate) bool {
	sum1, sum256 := sha1.Sum(certificate.Raw), sha256.Sum256(certificate.Raw)
	named := false
	for name, thumbprint := range map[string][]byte{"x5t": sum1[:], "x5t#S256": sum256[:]} {
		value, present := header[name]
		if !present {
			continue
		}
		text, _ := value.(string)
		if decoded, err := decodeThumbprint(text); err != nil || !bytes.Equal(decoded, thumbprint) {
			return false
		}
		named = true
	}
	return named
}

// decodeThumbprint reads base64url without padding, as RFC 7515 section 4.1.7 has it, with padding, and standard padded
// base64: clients send all three.
func decodeThumbprint(text string) ([]byte, error) {
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	return base64.RawURLEncoding.Strict().DecodeString(text)
}
