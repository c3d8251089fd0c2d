package identityprovider

import (
	"fmt"
	"testing"
	"time"
)

// A client that was told that its token is revoked gets one that was issued when the challenge says, or now.
func TestTokenNotBefore(t *testing.T) {
	e := startEntra(t)
	next := time.Now().Unix() + 1 // as a revocation is rounded up
	for _, test := range []struct {
		name      string
		notBefore int64
		essential bool
		want      int64 // the earliest iat
	}{
		{"a moment ahead", next, true, next},
		{"long ago", 1, true, next - 1},
		{"not essential", next + 3600, false, next - 1},
	} {
		claims := fmt.Sprintf(`{"access_token":{"nbf":{"essential":%t,"value":"%d"}}}`, test.essential, test.notBefore)
		for who, form := range map[string]map[string][]string{"client": entraSecret, "user": entraPassword} {
			got := claimsOf(t, e.postTo(t, v2(homeID), set(form, "claims", claims)).tokens.AccessToken)
			iat, nbf, exp := int64(got["iat"].(float64)), int64(got["nbf"].(float64)), int64(got["exp"].(float64))
			if iat < test.want || nbf < test.want || exp != iat+3600 {
				t.Errorf("%s: %s: iat %d, nbf %d, exp %d, want %d", test.name, who, iat, nbf, exp, test.want)
			}
		}
	}
}

// An AD FS that demands a second factor of a user takes no password alone. Its token shows the factor in the claim that a site's
// rule passes through, and a claims request is nothing to it.
func TestSecondFactorOfADFS(t *testing.T) {
	e := startWith(t, func(baseURL string) Config {
		config := testConfig(baseURL)
		config.Tenants[0].Users[0].MFA = true
		return config
	})
	if got := e.post(t, byPassword); got.status != 400 || got.code != "interaction_required" {
		t.Errorf("a password: %d %s: %s", got.status, got.code, got.description)
	}
	page := newBrowser(t, e).open(e.base + "/adfs/oauth2/authorize?" + set(authorization(), "resource", testResource).Encode())
	factor := page.click("user", testUser)
	factor.says(200, "Approve the second factor")
	code := factor.click("factor", "approved").parameters(testRedirect).Get("code")
	got := e.post(t, set(redemption(code), "resource", testResource))
	claims := claimsOf(t, got.tokens.AccessToken)
	if methods := fmt.Sprint(claims["authnmethodsreferences"]); methods != "[urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport http://schemas.microsoft.com/claims/multipleauthn]" || claims["acrs"] != nil {
		t.Errorf("the token says %v", claims)
	}
}
