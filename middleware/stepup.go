package middleware

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"hubgate.example/openid"
)

// claimsCapability is the client capability (claim xms_cc) of whoever understands claims challenges.
const claimsCapability = "cp1"

// canStepUp reports whether the sender of a principal's token knows what to do with a claims challenge, and its identity provider too: an
// AD FS does not. Anybody else is told in words; a challenge would only be taken for a bad token, and the same one sent again.
func (g *Gate) canStepUp(principal *openid.Principal) bool {
	return !g.authorities[0].adfs && // AD FS and Entra ID do not mix
		slices.ContainsFunc(principal.Capabilities, func(c string) bool { return strings.EqualFold(c, claimsCapability) })
}

// askForClaims completes a refusal of a token that is good but for claims that are missing, given as a claims request (OpenID Connect Core
// 1.0, section 5.5): 401 with the challenge for whoever can step up, 403 for others, with Entra ID with the way to sign in by hand.
func (g *Gate) askForClaims(f *refusal, principal *openid.Principal, claims string) {
	encoded := base64.StdEncoding.EncodeToString([]byte(claims))
	if g.canStepUp(principal) {
		f.status = http.StatusUnauthorized
		f.authorizationURI = g.authorizeEndpoint(principal)
		f.claims = encoded
		return
	}
	f.status = http.StatusForbidden
	if !g.authorities[0].adfs {
		f.message += fmt.Sprintf(` With the Azure CLI: az login --tenant "%[1]s" --claims-challenge "%[2]s". One that does not know --claims-challenge: `+
			`az logout, then az login --tenant "%[1]s", and sign in in that way.`, principal.Tenant, encoded)
	}
}

// authorizeEndpoint is where people of the principal's tenant sign in. The tenant is one that is accepted, and so fit for a header.
func (g *Gate) authorizeEndpoint(principal *openid.Principal) string {
	return g.authorities.forTenant(principal.Tenant).uri(principal.Tenant) + "/oauth2/authorize"
}
