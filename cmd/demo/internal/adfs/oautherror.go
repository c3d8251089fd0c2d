package adfs

import (
	"errors"
	"fmt"
	"net/http"
)

// An oauthError is a refusal in the form of RFC 6749 section 5.2.
type oauthError struct {
	code        string // RFC 6749's, or AD FS's own invalid_resource
	description string // for the caller
	reason      string // for the log, where description leaves it out
}

func (e *oauthError) Error() string {
	if e.reason != "" {
		return e.reason
	}
	return e.description
}

// What AD FS answers, by its numbers: clients and their users search for them. AD FS has no number for a request that lacks a
// parameter that could be found written down, so those are told in plain words.
func invalidRequest(format string, args ...any) error {
	return &oauthError{code: "invalid_request", description: fmt.Sprintf(format, args...)}
}

func unknownClient() error {
	return &oauthError{code: "invalid_client", description: "MSIS9607: The 'client_id' parameter in the request is invalid. No registered client is found with this identifier."}
}

// clientRefused says the same whatever was wrong, and the reason to the log only.
func clientRefused(format string, args ...any) error {
	return &oauthError{
		code:        "invalid_client",
		description: "MSIS9622: Client authentication failed. Please verify the credential provided for client authentication is valid.",
		reason:      fmt.Sprintf(format, args...),
	}
}

func userRefused() error {
	return &oauthError{code: "invalid_grant", description: "MSIS9659: Invalid 'username' or 'password'."}
}

func refreshTokenRefused() error {
	return &oauthError{code: "invalid_grant", description: "MSIS9614: The refresh token received in 'refresh_token' parameter is invalid."}
}

func unknownResource(known string) error {
	return &oauthError{code: "invalid_resource", description: "MSIS9602: The received 'resource' parameter is invalid. " +
		"The authorization server can not find a registered resource with the specified identifier. Send scope=" + known + "/.default"}
}

func unsupportedGrant() error {
	return &oauthError{code: "unsupported_grant_type", description: "MSIS9611: The authorization server does not support the requested 'grant_type'. " +
		"The authorization server only supports 'client_credentials', 'password' or 'refresh_token' as the grant type."}
}

// writeError answers 400 for everything that is the caller's, as AD FS does, also where RFC 6749 would allow 401.
func (s *Server) writeError(w http.ResponseWriter, r *http.Request, form tokenRequest, err error) {
	refusal, ok := errors.AsType[*oauthError](err)
	status := http.StatusBadRequest
	if !ok {
		status = http.StatusInternalServerError
		refusal = &oauthError{code: "server_error", description: "MSIS9604: An error occurred. The authorization server was not able to fulfill the request.", reason: err.Error()}
	}
	s.log.InfoContext(r.Context(), "AD FS: token refused", "error", refusal.code, "reason", refusal.Error(),
		"grant", clip(form.grantType), "client", clip(form.clientID), "user", clip(form.username))
	writeJSON(w, status, map[string]string{"error": refusal.code, "error_description": refusal.description})
}

// clip bounds what a stranger wrote into the log.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}
