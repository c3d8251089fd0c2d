package identityprovider

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/openid"
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

// verifyAssertion says which registered client the request's client assertion speaks for (RFC 7523 section 3): one that the
// client has signed itself or, where the client has federated credentials, one of another issuer.
func (s *Server) verifyAssertion(ctx context.Context, a authority, form tokenRequest) (client, error) {
	if form.clientAssertionType != assertionType {
		return client{}, malformed("The client_assertion_type is not %s.", assertionType)
	}
	if !a.isADFS() && isForeign(form.clientAssertion) {
		return s.verifyFederated(ctx, a, form)
	}
	return s.verifyOwnAssertion(a, form)
}

// verifyOwnAssertion says which client signed the assertion: a JWT whose issuer and subject are the client, meant for this
// token endpoint, not expired. useAssertion sees to it that it is not a replay.
func (s *Server) verifyOwnAssertion(a authority, form tokenRequest) (client, error) {
	var principal *ServicePrincipal
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"RS256", "PS256"}), // what Azure's libraries sign with; MSAL prefers PS256 where it may
		jwt.WithStrictDecoding(),
		jwt.WithoutClaimsValidation(), // this package's own rules are stricter, see checkAssertion
	)
	_, err := parser.ParseWithClaims(form.clientAssertion, claims, func(token *jwt.Token) (any, error) {
		subject, _ := claims["sub"].(string)
		if form.clientID != "" && clientKey(form.clientID) != clientKey(subject) {
			return nil, refuse(assertionClient).because("client assertion: sub is not the client_id")
		}
		registered := s.servicePrincipal(a.directory, subject)
		if registered == nil {
			return nil, refuse(unknownClient, "client", subject)
		}
		if _, critical := token.Header["crit"]; critical { // RFC 7515 section 4.1.11
			return nil, refuse(malformedAssertion).because("client assertion: crit is not understood")
		}
		if registered.Certificate == nil || !namesCertificate(token.Header, registered.Certificate) {
			return nil, refuse(assertionKey).because("client assertion: x5t does not name the client's certificate")
		}
		principal = registered
		return registered.Certificate.PublicKey, nil
	})
	if refused, ok := errors.AsType[*refusal](err); ok {
		return client{}, refused
	}
	switch {
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return client{}, refuse(assertionSignature).because("client assertion: %v", err)
	case err != nil:
		return client{}, refuse(malformedAssertion).because("client assertion: %v", err)
	}
	until, refused := s.checkAssertion(a, principal, claims)
	if refused != nil {
		return client{}, refused
	}
	return client{
		id:        principal.ApplicationID,
		principal: principal,
		acr:       acrCertificate,
		assertion: assertionName(principal, claims, form.clientAssertion),
		until:     until.Add(assertionSkew),
	}, nil
}

// checkAssertion looks at the claims of an assertion whose signature has verified.
func (s *Server) checkAssertion(a authority, principal *ServicePrincipal, claims jwt.MapClaims) (expires time.Time, refused *refusal) {
	if issuer, _ := claims["iss"].(string); clientKey(issuer) != clientKey(principal.ApplicationID) {
		return time.Time{}, refuse(assertionClient).because("client assertion: iss is not the client")
	}
	if !s.forTokenEndpoint(a, claims["aud"]) {
		return time.Time{}, refuse(assertionAudience).because("client assertion: aud is not the token endpoint")
	}
	if expires, refused = checkTimes(claims); refused != nil {
		return time.Time{}, refused
	}
	if now := time.Now(); now.After(principal.Certificate.NotAfter) || now.Before(principal.Certificate.NotBefore) {
		return time.Time{}, refuse(assertionExpired).because("client assertion: the client's certificate is not valid now")
	}
	return expires, nil
}

// checkTimes looks at the times of an assertion: exp is required. Numbers may have fractions, which some clients send. They are
// compared as they are: a number beyond what a time holds must not wrap around.
func checkTimes(claims jwt.MapClaims) (expires time.Time, refused *refusal) {
	now := time.Now()
	clock := float64(now.UnixNano()) / 1e9
	exp, ok := claims["exp"].(float64)
	switch {
	case !ok:
		return time.Time{}, refuse(assertionTime).because("client assertion: exp is missing or no number")
	case exp <= clock-assertionSkew.Seconds():
		return time.Time{}, refuse(assertionTime).because("client assertion: expired")
	case exp > clock+(assertionLifetime+assertionSkew).Seconds():
		return time.Time{}, refuse(assertionTime).because("client assertion: exp lies more than %s ahead", assertionLifetime)
	}
	for _, name := range []string{"nbf", "iat"} {
		value, present := claims[name]
		if !present {
			continue
		}
		if number, ok := value.(float64); !ok || number > clock+assertionSkew.Seconds() {
			return time.Time{}, refuse(assertionTime).because("client assertion: %s is no number or lies in the future", name)
		}
	}
	return now.Add(time.Duration((exp - clock) * float64(time.Second))), nil
}

// useAssertion refuses an assertion that has been used for the same before. For another resource, or with other claims, it may be
// used again: MSAL for Python sends one assertion for nine minutes.
func (s *Server) useAssertion(r request) error {
	if r.client.assertion == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(r.form.grantType + "\x00" + r.authority.name + "\x00" + r.audience + "\x00" + r.form.claims + "\x00" + r.form.code))
	if !s.assertions.add(r.client.assertion+" "+hex.EncodeToString(sum[:]), struct{}{}, r.client.until) {
		return refuse(assertionReplayed).because("client assertion: used before, or more are in use than can be remembered")
	}
	return nil
}

// forTokenEndpoint reports whether aud, a string or an array of strings, names the token endpoint, with or without the slash
// that AD FS's own metadata puts at its end. With Entra ID the tenant may go by any of its names, and the endpoint of the other
// version or the issuer will do.
func (s *Server) forTokenEndpoint(a authority, aud any) bool {
	values, many := aud.([]any)
	if !many {
		values = []any{aud}
	}
	for _, value := range values {
		text, _ := value.(string)
		text = strings.TrimSuffix(text, "/")
		if a.kind == openid.ADFS {
			if text == s.base+"/adfs/oauth2/token" {
				return true
			}
			continue
		}
		path, ours := strings.CutPrefix(text, s.base+"/")
		tenant, endpoint := split(path)
		named := s.directoryNamed(tenant)
		same := isMany(tenant) || named != nil && (a.directory == nil || a.directory == named)
		if ours && same && (endpoint == "oauth2/token" || endpoint == "oauth2/v2.0/token" || endpoint == "v2.0") {
			return true
		}
	}
	return false
}

// assertionName is what a replay has in common with the assertion it repeats: the client and the jti, or, without one, the
// signed text. The signature is left out: one text has many PS256 signatures.
func assertionName(principal *ServicePrincipal, claims jwt.MapClaims, assertion string) string {
	if id, ok := claims["jti"].(string); ok && id != "" {
		sum := sha256.Sum256([]byte(id))
		return principal.ApplicationID + " jti " + hex.EncodeToString(sum[:])
	}
	sum := sha256.Sum256([]byte(assertion[:strings.LastIndexByte(assertion, '.')]))
	return principal.ApplicationID + " text " + hex.EncodeToString(sum[:])
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
