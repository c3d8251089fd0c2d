package middleware

import (
	"errors"
	"net/http"
	"strings"
)

// What may be wrong with the Authorization header, in the three kinds that Resource Manager tells apart.
var (
	errNoHeader   = errors.New("no Authorization header")
	errNoToken    = errors.New("no token in the Authorization header")
	errHeaderForm = errors.New("the Authorization header is not one 'Bearer' scheme with one token")
)

// bearerToken returns the token of the one Authorization header: the scheme Bearer in any case, one or more spaces, and what should be
// a b64token (RFC 6750 section 2.1, RFC 9110 section 11.1). Whether it is one is only asked about tokens that do not verify, as those
// that do have the characters of base64url and no others. Several credentials are refused; there is no rule by which to choose one. Query, body and cookies are no place for a token (RFC 6750 sections 2.2, 2.3 and 5.3) and are never looked at.
func bearerToken(header http.Header) (string, error) {
	values := header["Authorization"]
	switch {
	case len(values) == 0:
		return "", errNoHeader
	case len(values) > 1:
		return "", errHeaderForm
	case values[0] == "":
		return "", errNoToken
	}
	scheme, rest, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", errHeaderForm
	}
	token := strings.TrimLeft(rest, " ")
	if token == "" {
		return "", errNoToken
	}
	return token, nil
}

// isB64Token reports whether s is a b64token: 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=".
func isB64Token(s string) bool {
	s = strings.TrimRight(s, "=")
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '.', c == '_', c == '~', c == '+', c == '/':
		default:
			return false
		}
	}
	return s != ""
}
