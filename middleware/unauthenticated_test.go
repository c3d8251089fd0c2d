package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// bareGate refuses tokens without a verifier, for what a TokenError may say and a real verifier never would.
func bareGate(t *testing.T) *Gate {
	t.Helper()
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{})
	if err != nil {
		t.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		t.Fatal(err)
	}
	return &Gate{authorizer: authorizer, authorities: authorities{{url: "https://adfs.example/adfs", adfs: true}}}
}

// A TokenError is specific about claims only when it says that the signature had verified, whatever its reason.
func TestUnverifiedTokenIsRefusedInGeneral(t *testing.T) {
	g := bareGate(t)
	r := httptest.NewRequest("GET", "/subscriptions", nil)
	for _, reason := range []error{
		openid.ErrMalformed, openid.ErrAlgorithm, openid.ErrIssuer, openid.ErrUnknownKey, openid.ErrSignature, openid.ErrKeyIssuer, openid.ErrClaims,
		openid.ErrExpired, openid.ErrNotYetValid, openid.ErrAudience, openid.ErrTenant, openid.ErrTokenType, openid.ErrIdentity,
	} {
		f := g.wrongToken(r, &openid.TokenError{
			Err: reason, Issuer: "claimed", Tenant: "claimed", ObjectID: "claimed", Audience: "claimed", ExpectedAudiences: []string{"configured"},
		})
		if f.status != http.StatusUnauthorized || f.code != "InvalidAuthenticationToken" || f.message != "The access token is invalid." {
			t.Errorf("%v: %d %s: %s", reason, f.status, f.code, f.message)
		}
		if f.authorizationURI != "https://adfs.example/adfs" || strings.Contains(f.description, "claimed") {
			t.Errorf("%v: challenge %s", reason, challenge(f.authorizationURI, f.description))
		}
		for _, attr := range tokenAttrs(f.token) {
			if attr.Value.String() == "claimed" {
				t.Errorf("%v: the log has the unverified claim %s", reason, attr.Key)
			}
		}
	}
}

func TestUnavailableProviderIs503(t *testing.T) {
	for retryAfter, want := range map[time.Duration]string{0: "1", 2500 * time.Millisecond: "3", time.Minute: "60"} {
		f := bareGate(t).wrongToken(httptest.NewRequest("GET", "/", nil), fmt.Errorf("wrapped: %w", &openid.TokenError{Err: openid.ErrUnavailable, RetryAfter: retryAfter}))
		w := httptest.NewRecorder()
		f.answer(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != want || w.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("%v: %d with Retry-After %q, want %q", retryAfter, w.Code, w.Header().Get("Retry-After"), want)
		}
	}
}

// An error that is no TokenError says nothing about the token: it is the gate's trouble, and it lets nobody in.
func TestOtherErrorOfVerifyIs500(t *testing.T) {
	f := bareGate(t).wrongToken(httptest.NewRequest("GET", "/", nil), errors.New("cannot read Bearer abc"))
	if f.status != http.StatusInternalServerError || strings.Contains(f.message+f.reason+f.detail, "abc") {
		t.Errorf("refusal is %+v", f)
	}
}

// Whatever a key id holds, the log stays one bounded line.
func TestKeyIDInLogs(t *testing.T) {
	for _, attr := range tokenAttrs(&openid.TokenError{KeyID: "a\nb\x1b\u202e" + strings.Repeat("k", 5000)}) {
		if text := attr.Value.String(); strings.ContainsAny(text, "\n\x1b\u202e") || len(text) > maxClaimText+64 {
			t.Errorf("%s is %q", attr.Key, text)
		}
	}
}

func TestDotNetTime(t *testing.T) {
	tests := []struct {
		in   time.Time
		want string
	}{
		{time.Date(2017, 8, 17, 22, 54, 41, 0, time.UTC), "8/17/2017 10:54:41 PM"},
		{time.Date(2017, 12, 1, 0, 5, 9, 999, time.UTC), "12/1/2017 12:05:09 AM"},
		{time.Date(2017, 8, 17, 12, 0, 0, 0, time.UTC), "8/17/2017 12:00:00 PM"},
		{time.Date(2017, 8, 18, 0, 54, 41, 0, time.FixedZone("", 2*60*60)), "8/17/2017 10:54:41 PM"},
	}
	for _, tt := range tests {
		if got := dotNetTime(tt.in); got != tt.want {
			t.Errorf("dotNetTime(%v) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
