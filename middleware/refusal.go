package middleware

import (
	"time"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// A refusal is why a request does not go on: what its sender is told, and what is logged.
type refusal struct {
	status        int
	code, message string
	// authorizationURI and description go into the challenge of a 401.
	authorizationURI, description string
	// claims, in base64, make the challenge of a 401 one for claims, and then description is not used.
	claims string
	// retryAfter goes into the Retry-After header of a 503.
	retryAfter time.Duration
	// allow goes into the Allow header of a 405.
	allow string

	// The rest is for the log only. reason is one of few fixed texts; detail tells more about one request.
	reason, detail string
	token          *openid.TokenError
	principal      *openid.Principal
	operation      *rbac.Operation
	denial         *rbac.DenyAssignment
	mfa            mfaVerdict
}

// by and at say whom and which operation the refusal is about.
func (f *refusal) by(principal *openid.Principal) *refusal { f.principal = principal; return f }
func (f *refusal) at(op rbac.Operation) *refusal           { f.operation = &op; return f }
