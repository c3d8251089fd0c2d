package adfs

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"

	"hubgate.example/openid/openidtest"
)

// clientTokens answers the access token of a client that acts for itself.
func (s *Server) clientTokens(client *Client, audience string) (*tokenResponse, error) {
	access, err := s.issuer.Mint(
		openidtest.ServicePrincipal(client.ObjectID, client.Groups...),
		openidtest.Application(client.ID),
		openidtest.Audience(audience),
		openidtest.Lifetime(tokenLifetime),
	)
	if err != nil {
		return nil, err
	}
	return newTokenResponse(access), nil
}

// userTokens answers the access token of a user, and what else the scope asks for.
func (s *Server) userTokens(user *User, form tokenRequest, audience string) (*tokenResponse, error) {
	subject := pairwiseSubject(user, form.clientID)
	access, err := s.issuer.Mint(
		openidtest.User(user.ObjectID, user.Groups...),
		openidtest.Application(form.clientID),
		openidtest.Audience(audience),
		openidtest.Lifetime(tokenLifetime),
		openidtest.With("sub", subject),
		openidtest.With("upn", user.Name),
		openidtest.With("unique_name", user.Name),
	)
	if err != nil {
		return nil, err
	}
	response := newTokenResponse(access)
	if slices.Contains(form.scope, "openid") {
		now := time.Now()
		response.IDToken, err = s.issuer.Sign(map[string]any{
			"iss":         s.issuer.IDTokenIssuer(),
			"aud":         form.clientID,
			"sub":         subject,
			"iat":         now.Unix(),
			"nbf":         now.Unix(),
			"exp":         now.Add(tokenLifetime).Unix(),
			"auth_time":   now.Unix(),
			"upn":         user.Name,
			"unique_name": user.Name,
			"tid":         s.tenant, // az files the account under it
		}, nil)
		if err != nil {
			return nil, err
		}
	}
	if form.grantType != "refresh_token" && slices.Contains(form.scope, "offline_access") {
		if response.RefreshToken = s.newRefreshToken(user, form.clientID); response.RefreshToken != "" {
			response.RefreshTokenExpiresIn = int(refreshLifetime / time.Second)
		}
	}
	return response, nil
}

func newTokenResponse(access string) *tokenResponse {
	return &tokenResponse{
		AccessToken: access,
		TokenType:   "bearer", // in lower case, as AD FS has it; clients send it back as the authentication scheme
		ExpiresIn:   int(tokenLifetime / time.Second),
	}
}

// pairwiseSubject is the same for one user and one client and tells two clients nothing about each other (OpenID Connect
// Core 1.0 section 8.1).
func pairwiseSubject(user *User, clientID string) string {
	sum := sha256.Sum256([]byte(user.ObjectID + "\x00" + clientID))
	return base64.StdEncoding.EncodeToString(sum[:])
}
