package adfs

import (
	"crypto/rand"
	"time"
)

const (
	// refreshLifetime is as long as a single sign-on lasts with AD FS by default.
	refreshLifetime = 8 * time.Hour
	// rememberedRefreshTokens is how many refresh tokens are out at once. Above it sign-ins get none.
	rememberedRefreshTokens = 10_000
)

// A refreshGrant is what a refresh token stands for.
type refreshGrant struct {
	user     *User
	clientID string
}

// newRefreshToken returns a refresh token, or "" when too many are out. They live in memory and end with the process.
func (s *Server) newRefreshToken(user *User, clientID string) string {
	token := rand.Text()
	if !s.refresh.add(token, refreshGrant{user, clientID}, time.Now().Add(refreshLifetime)) {
		return ""
	}
	return token
}

// refreshedTokens answers new tokens for a refresh token, for the resource that this request names: az gets its tokens for
// every resource by the one refresh token of its sign-in. As with AD FS, that token stays as it is until it ends.
func (s *Server) refreshedTokens(form tokenRequest, audience string) (*tokenResponse, error) {
	grant, found := s.refresh.get(form.refreshToken)
	if !found || grant.clientID != form.clientID {
		return nil, refreshTokenRefused()
	}
	return s.userTokens(grant.user, form, audience)
}
