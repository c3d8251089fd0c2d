package identityprovider

import (
	"crypto/rand"
	"slices"
	"time"

	"hubgate.example/openid"
)

const (
	// refreshLifetime is as long as a single sign-on lasts with AD FS by default. Entra ID's live for weeks; these end with the
	// process anyway.
	refreshLifetime = 8 * time.Hour
	// rememberedRefreshTokens is how many refresh tokens are out at once. Above it sign-ins get none.
	rememberedRefreshTokens = 10_000
)

// A refreshGrant is what a refresh token stands for.
type refreshGrant struct {
	signIn   signIn
	clientID string
}

// refreshToken is the refresh token that answers a request, "" for none: a new one where the scope asks for it, as long as not
// too many are out. They live in memory and end with the process. A refresh token that was sent stays as it is until it ends;
// Entra ID's answer has it again, AD FS's has none.
func (s *Server) refreshToken(r request, signedIn signIn) string {
	switch {
	case r.form.grantType == grantRefresh && r.isADFS():
		return ""
	case r.form.grantType == grantRefresh:
		return r.form.refreshToken
	case r.kind != openid.EntraV1 && !slices.Contains(r.form.scope, "offline_access"): // v1 has no scope to ask by
		return ""
	}
	token := rand.Text()
	if !s.refresh.add(token, refreshGrant{signedIn, r.client.id}, time.Now().Add(refreshLifetime)) {
		return ""
	}
	return token
}

// refreshedTokens answers new tokens for a refresh token, for the resource and the tenant that this request names: az gets its
// tokens for everything by the one refresh token of its sign-in (RFC 6749 section 6).
func (s *Server) refreshedTokens(r request) (*tokenResponse, error) {
	grant, found := s.refresh.get(r.form.refreshToken)
	switch {
	case !found:
		return nil, refuse(unknownRefreshToken)
	case grant.clientID != r.client.id:
		return nil, refuse(foreignRefreshToken)
	}
	signedIn, err := s.elsewhere(r.authority, grant.signIn)
	if err != nil {
		return nil, err
	}
	return s.userTokens(r, signedIn, "")
}
