package identityprovider

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// A tokenResponse is a success in the form of RFC 6749 section 5.1.
type tokenResponse struct {
	TokenType string `json:"token_type"`
	// Scope is what a user's client asked Entra v2 for, neither more nor less: some take a difference as a reason to ask again. It is
	// always in the same order. MSAL for Python files its tokens by it and asks in any order, so that without it a token that is revoked
	// would stay in its cache beside the new one, and be sent again.
	Scope                 string `json:"scope,omitempty"`
	ExpiresIn             int    `json:"expires_in"`               // seconds
	ExtExpiresIn          int    `json:"ext_expires_in,omitempty"` // seconds; Entra ID, for when it is down
	AccessToken           string `json:"access_token"`
	RefreshToken          string `json:"refresh_token,omitempty"`
	RefreshTokenExpiresIn int    `json:"refresh_token_expires_in,omitempty"` // seconds; AD FS
	IDToken               string `json:"id_token,omitempty"`
	ClientInfo            string `json:"client_info,omitempty"`

	resource string // that the access token is for
	issuedAt time.Time
	expires  time.Time
}

// A tokenResponseV1 is what Entra v1 makes of it: numbers are strings there, and there are more of them.
type tokenResponseV1 struct {
	*tokenResponse
	ExpiresIn    int    `json:"expires_in,string"`
	ExtExpiresIn int    `json:"ext_expires_in,string"`
	ExpiresOn    int64  `json:"expires_on,string"` // seconds since 1970
	NotBefore    int64  `json:"not_before,string"`
	Resource     string `json:"resource"`
}

// v1 is the answer in the shape of Entra v1.
func (t *tokenResponse) v1() tokenResponseV1 {
	return tokenResponseV1{
		tokenResponse: t,
		ExpiresIn:     t.ExpiresIn,
		ExtExpiresIn:  t.ExtExpiresIn,
		ExpiresOn:     t.expires.Unix(),
		NotBefore:     t.issuedAt.Unix(),
		Resource:      t.resource,
	}
}

// mostGroups is how many groups an access token of Entra ID holds. AD FS's hold them all.
const mostGroups = 200

// groupClaims are the groups of a principal or, where there are too many for the token, the word that they are not in it.
func (a authority) groupClaims(groups []string) openidtest.Claim {
	if !a.isADFS() && len(groups) > mostGroups {
		return openidtest.Overage()
	}
	return openidtest.Groups(groups...)
}

// accessToken answers the access token of who, a member of groups.
func (r request) accessToken(d *directory, who openidtest.Claim, groups []string, more ...openidtest.Claim) (*tokenResponse, error) {
	time.Sleep(time.Until(r.claims.notBefore)) // maxAhead at most; a token that is dated ahead would be refused elsewhere
	lifetime := r.client.tokenLifetime()
	response := &tokenResponse{
		TokenType: "Bearer",
		ExpiresIn: int(lifetime / time.Second),
		resource:  r.audience,
		issuedAt:  time.Now(),
	}
	response.expires = response.issuedAt.Add(lifetime)
	claims := []openidtest.Claim{
		r.groupClaims(groups),
		openidtest.IssuedAt(response.issuedAt),
		openidtest.Lifetime(lifetime),
		openidtest.Audience(r.audience),
		openidtest.Application(r.client.id),
	}
	if r.isADFS() {
		response.TokenType = "bearer" // in lower case, as AD FS has it; clients send it back as the authentication scheme
	} else {
		response.ExtExpiresIn = response.ExpiresIn
		claims = append(claims, openidtest.With("appidacr", r.client.acr))
	}
	if r.claims.challenges {
		claims = append(claims, openidtest.With("xms_cc", []string{"cp1"}))
	}
	var err error
	response.AccessToken, err = d.issuer.Mint(who, append(claims, more...)...)
	return response, err
}

// clientTokens answers the access token of a client that acts for itself (RFC 6749 section 4.4).
func (s *Server) clientTokens(r request) (*tokenResponse, error) {
	principal := r.client.principal // authenticate lets no public client get here
	who := openidtest.ServicePrincipal(principal.ObjectID)
	if principal.ManagedIdentity != "" {
		who = openidtest.ManagedIdentity(principal.ObjectID, principal.ManagedIdentity)
	}
	var more []openidtest.Claim
	if r.isADFS() {
		// AD FS itself tells a service principal by nothing; this is what a site's claim rule has to add for it to be known as a workload.
		more = append(more, openidtest.With("idtyp", "app"))
	}
	if roles := principal.rolesFor(r.audience); len(roles) > 0 {
		more = append(more, openidtest.With("roles", roles))
	}
	return r.accessToken(r.directory, who, principal.Groups, more...)
}

// rolesFor are the application permissions for a resource.
func (sp *ServicePrincipal) rolesFor(resource string) []string {
	for named, roles := range sp.Roles {
		if sameResource(named, resource) {
			return roles
		}
	}
	return nil
}

// sameResource reports whether two App ID URIs are of one API: clients write them with and without the slash at the end.
func sameResource(a, b string) bool { return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") }

// userTokens answers the access token of a user, and what else the scope asks for. nonce is the authorization request's, for the ID
// token.
func (s *Server) userTokens(r request, signedIn signIn, nonce string) (*tokenResponse, error) {
	if err := s.checkSecondFactor(r, signedIn); err != nil {
		return nil, err
	}
	response, err := r.accessToken(signedIn.directory, subject(signedIn), signedIn.user.Groups, s.userClaims(r, signedIn)...)
	if err != nil {
		return nil, err
	}
	if slices.Contains(r.form.scope, "openid") {
		if response.IDToken, err = s.idToken(r, signedIn, nonce, response.issuedAt); err != nil {
			return nil, err
		}
	}
	if r.form.clientInfo && !r.isADFS() {
		if response.ClientInfo, err = s.clientInfo(signedIn); err != nil {
			return nil, err
		}
	}
	if r.kind == openid.EntraV2 {
		response.Scope = strings.Join(slices.Sorted(slices.Values(r.form.scope)), " ")
	}
	response.RefreshToken = s.refreshToken(r, signedIn)
	if r.isADFS() && response.RefreshToken != "" {
		response.RefreshTokenExpiresIn = int(refreshLifetime / time.Second)
	}
	return response, nil
}

func subject(signedIn signIn) openidtest.Claim {
	if signedIn.guest() {
		return openidtest.Guest(signedIn.user.ObjectID)
	}
	return openidtest.User(signedIn.user.ObjectID)
}

// userClaims are the claims of a user's access token that openidtest makes up, as they really are.
func (s *Server) userClaims(r request, signedIn signIn) []openidtest.Claim {
	claims := []openidtest.Claim{
		openidtest.With("sub", pairwiseSubject(signedIn, r.client.id)),
		openidtest.With("unique_name", signedIn.user.Name),
	}
	if r.isADFS() {
		if signedIn.secondFactor {
			claims = append(claims, openidtest.MFA()) // authnmethodsreferences, which a site's claim rule passes through
		}
		return append(claims, openidtest.With("upn", signedIn.user.Name))
	}
	claims = append(claims, openidtest.With("name", signedIn.user.DisplayName), openidtest.With("amr", signedIn.amr()))
	if signedIn.guest() {
		home, _ := s.home(signedIn.directory, signedIn.user)
		claims = append(claims, openidtest.With("idp", home.issuer.AccessTokenIssuer()), openidtest.With("email", signedIn.user.Name))
	} else {
		claims = append(claims, openidtest.With("upn", signedIn.user.Name))
	}
	if signedIn.secondFactor {
		contexts := slices.Compact(slices.Sorted(slices.Values(append([]string{"p1"}, r.claims.contexts...))))
		claims = append(claims, openidtest.With("acrs", contexts))
	}
	return claims
}

// idToken answers the ID token of a sign-in (OpenID Connect Core 1.0 section 2), in the shape of the endpoint's version.
func (s *Server) idToken(r request, signedIn signIn, nonce string, now time.Time) (string, error) {
	d, user := signedIn.directory, signedIn.user
	claims := map[string]any{
		"iss": s.issuer(r.kind, d),
		"aud": r.client.id,
		"sub": pairwiseSubject(signedIn, r.client.id),
		"iat": now.Unix(),
		"nbf": now.Unix(),
		"exp": now.Add(tokenLifetime).Unix(),
		"tid": d.id, // az files the account under it
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	if r.isADFS() {
		claims["auth_time"] = signedIn.at.Unix()
	} else {
		claims["oid"], claims["name"] = user.ObjectID, user.DisplayName
		claims["uti"], claims["rh"] = rand.Text()[:22], "0."+rand.Text()+"."
		if signedIn.guest() {
			home, _ := s.home(d, user)
			claims["idp"], claims["email"] = home.issuer.AccessTokenIssuer(), user.Name
		}
	}
	switch r.kind {
	case openid.EntraV2:
		claims["ver"], claims["preferred_username"] = "2.0", user.Name
		if !signedIn.guest() {
			claims["upn"] = user.Name // az names the account by it
		}
	case openid.EntraV1:
		claims["ver"], claims["unique_name"], claims["amr"] = "1.0", user.Name, signedIn.amr()
		if !signedIn.guest() {
			claims["upn"] = user.Name
		}
	default:
		claims["unique_name"], claims["upn"] = user.Name, user.Name
	}
	return d.issuer.Sign(claims, nil)
}

// clientInfo says who the account is at home, so that clients know a guest's tokens in several tenants for one person's.
func (s *Server) clientInfo(signedIn signIn) (string, error) {
	home, atHome := s.home(signedIn.directory, signedIn.user)
	info, err := json.Marshal(map[string]string{"uid": atHome.ObjectID, "utid": home.id})
	return base64.RawURLEncoding.EncodeToString(info), err
}

// pairwiseSubject is the same for one user and one client and tells two clients nothing about each other (OpenID Connect
// Core 1.0 section 8.1).
func pairwiseSubject(signedIn signIn, clientID string) string {
	sum := sha256.Sum256([]byte(signedIn.user.ObjectID + "\x00" + clientID))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// derivedGUID is a GUID that is always the same for one text.
func derivedGUID(text string) string {
	sum := sha256.Sum256([]byte(text))
	s := hex.EncodeToString(sum[:16])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
