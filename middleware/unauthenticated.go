package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"hubgate.example/openid"
)

// wrongHeader refuses a request without a readable token.
func (g *Gate) wrongHeader(r *http.Request, err error) *refusal {
	f := &refusal{status: http.StatusUnauthorized, reason: err.Error()}
	switch {
	case errors.Is(err, errNoHeader):
		f.code = "AuthenticationFailed"
		f.message = "Authentication failed. The 'Authorization' header is missing."
		f.description = "The authentication failed because of missing 'Authorization' header."
	case errors.Is(err, errNoToken):
		f.code = "AuthenticationFailedMissingToken"
		f.message = "Authentication failed. The 'Authorization' header is missing the access token."
		f.description = "The authentication failed because of missing access token."
	default:
		f.code = "AuthenticationFailedInvalidHeader"
		f.message = "Authentication failed. The 'Authorization' header is provided in an invalid format."
		f.description = "The authentication failed because of invalid 'Authorization' header."
	}
	owner := g.ownerOf(r)
	f.authorizationURI = g.authorities.forTenant(owner).uri(owner)
	return f
}

// wrongToken refuses a token that did not verify. It is specific about a claim only when the signature had verified: who
// makes up a token learns nothing about which of its claims would have passed.
func (g *Gate) wrongToken(r *http.Request, err error) *refusal {
	var token *openid.TokenError
	if !errors.As(err, &token) {
		return internalError("the verifier failed", fmt.Sprintf("%T", err))
	}
	if errors.Is(err, openid.ErrUnavailable) {
		return &refusal{
			status: http.StatusServiceUnavailable, code: "ServiceUnavailable",
			message:    "The identity provider cannot be reached to validate the access token. Please try again later.",
			retryAfter: token.RetryAfter,
			reason:     token.Err.Error(), detail: token.Detail, token: token,
		}
	}

	f := &refusal{
		status: http.StatusUnauthorized, code: "InvalidAuthenticationToken",
		message: "The access token is invalid.", description: "The access token is invalid.",
		reason: token.Err.Error(), detail: token.Detail, token: token,
	}
	owner := g.ownerOf(r)
	at := g.authorities.forTenant(owner)
	if owner == "" && token.Verified {
		at = g.authorities.byURL(token.Authority)
	}
	f.authorizationURI = at.uri(owner)
	if !token.Verified {
		return f
	}

	switch {
	case errors.Is(err, openid.ErrExpired):
		f.code = "ExpiredAuthenticationToken"
		f.message = fmt.Sprintf("The access token expiry UTC time '%s' is earlier than current UTC time '%s'.",
			dotNetTime(token.Expires), dotNetTime(token.Now))
		f.description = "The access token has expired."
	case errors.Is(err, openid.ErrAudience):
		f.code = "InvalidAuthenticationTokenAudience"
		f.message = fmt.Sprintf("The access token has been obtained for wrong audience or resource '%s'. "+
			"It should exactly match with one of the allowed audiences '%s'.",
			quote(token.Audience, maxClaimText), strings.Join(token.ExpectedAudiences, "','"))
		f.description = "The access token has been obtained for wrong audience or resource."
	case errors.Is(err, openid.ErrTenant):
		f.code = "InvalidAuthenticationTokenTenant"
		f.message = wrongTenantMessage(at, owner, token.Issuer, token.Tenant)
		f.description = "The access token is from the wrong issuer."
	case errors.Is(err, openid.ErrIdentity):
		f.message = "The received access token is not valid: at least one of the claims 'puid' or 'altsecid' or 'oid' should be " +
			"present. If you are accessing as application please make sure service principal is properly created in the tenant."
		f.description = "Could not find identity for access token."
	}
	return f
}

// dotNetTime formats t as .NET does for the culture en-US, which scripts match on.
func dotNetTime(t time.Time) string { return t.UTC().Format("1/2/2006 3:04:05 PM") }
