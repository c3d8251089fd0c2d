package directorygraph

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/openid"
)

// A caller is who calls, and whether it may read what others are members of.
type caller struct {
	*openid.Principal
	mayRead bool
}

// permissions are the application permissions of which one is enough.
var permissions = []string{"GroupMember.Read.All", "Directory.Read.All"}

func (s *Server) authenticate(r *http.Request) (caller, *failure) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return caller{}, s.unauthorized("Access token is empty.", nil)
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return caller{}, s.unauthorized("Access token is empty.", nil)
	}
	principal, err := s.verifier.Verify(r.Context(), token)
	refused, _ := errors.AsType[*openid.TokenError](err)
	switch {
	case errors.Is(err, openid.ErrUnavailable):
		return caller{}, &failure{
			status: http.StatusServiceUnavailable, code: "ServiceUnavailable", message: "The service is temporarily unavailable.",
			reason: err.Error(), retryAfter: max(refused.RetryAfter, time.Second),
		}
	case errors.Is(err, openid.ErrExpired):
		return caller{}, s.unauthorized("Lifetime validation failed, the token is expired.", err)
	case errors.Is(err, openid.ErrAudience):
		return caller{}, s.unauthorized("Access token validation failure. Invalid audience.", err)
	case err != nil:
		return caller{}, s.unauthorized("Access token validation failure.", err)
	}
	roles := rolesOf(token)
	mayRead := principal.Kind.Workload() && slices.ContainsFunc(permissions, func(permission string) bool { return slices.Contains(roles, permission) })
	return caller{principal, mayRead}, nil
}

// rolesOf reads the claim roles of a token that the verifier has accepted: a Principal does not have it.
func rolesOf(verified string) []string {
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(verified, claims); err != nil {
		return nil
	}
	values, _ := claims["roles"].([]any)
	var roles []string
	for _, value := range values {
		if role, ok := value.(string); ok {
			roles = append(roles, role)
		}
	}
	return roles
}

// graphApplication is the Graph's own application id, the same in every cloud.
const graphApplication = "00000003-0000-0000-c000-000000000000"

// unauthorized tells the caller where tokens are to be had.
func (s *Server) unauthorized(message string, reason error) *failure {
	failed := &failure{
		status:  http.StatusUnauthorized,
		code:    "InvalidAuthenticationToken",
		message: message,
		challenge: `Bearer realm="", authorization_uri="` + s.verifier.Providers()[0].Authority() + `/oauth2/authorize", client_id="` +
			graphApplication + `"`,
	}
	if reason != nil {
		failed.reason = reason.Error()
	}
	return failed
}
