package identityprovider

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"time"

	"hubgate.example/openid"
)

const (
	// codeLifetime is how long an authorization code is good for (RFC 6749 section 4.1.2: ten minutes at most).
	codeLifetime = time.Minute
	// codeMemory is how long it is known that there was such a code, so that what is wrong with it can be told.
	codeMemory = 15 * time.Minute
	// rememberedCodes bounds the codes that are known at once.
	rememberedCodes = 10_000
)

// A codeGrant is what an authorization code stands for.
type codeGrant struct {
	signIn      signIn
	authority   string // its name
	clientID    string
	redirectURI string
	challenge   string // RFC 7636, S256; "" for a confidential client that sent none
	nonce       string
	audience    string
	scope       []string
	claims      claimsRequest
	expires     time.Time

	redeemed bool
	// stolen is set when the code was redeemed again, which may be before refreshToken is.
	stolen       bool
	refreshToken string
}

// newCode returns an authorization code, or "" when too many are known.
func (s *Server) newCode(grant codeGrant) string {
	now := time.Now()
	grant.expires = now.Add(codeLifetime)
	code := rand.Text()
	if !s.codes.add(code, grant, now.Add(codeMemory)) {
		return ""
	}
	return code
}

// verifierForm is what RFC 7636 section 4.1 takes for a code_verifier.
var verifierForm = regexp.MustCompile(`^[0-9A-Za-z._~-]{43,128}$`)

// redeemCode answers an authorization code (RFC 6749 section 4.1.3, RFC 7636 section 4.6). It is good once, for the client, the
// redirect URI and the verifier of the authorization request. Who redeems it twice takes away the refresh token that it
// brought, because one of the two is a thief (RFC 6749 section 4.1.2).
func (s *Server) redeemCode(r request) (*tokenResponse, error) {
	var grant codeGrant
	var refused *refusal
	stolen := ""
	found := s.codes.update(r.form.code, func(g *codeGrant) {
		switch {
		case g.clientID != r.client.id:
			refused = refuse(foreignCode).because("the code is another client's")
		case g.redeemed:
			g.stolen = true
			refused, stolen = refuse(redeemedCode), g.refreshToken
		case !time.Now().Before(g.expires):
			refused = refuse(expiredCode).because("the code has expired")
		case g.authority != r.authority.name && (r.directory == nil || r.directory != g.signIn.directory):
			refused = refuse(codeTenant)
		case g.redirectURI != r.form.redirectURI:
			refused = refuse(codeRedirect)
		case !g.verifies(r.form.codeVerifier):
			refused = refuse(codeVerifier)
		default:
			g.redeemed = true
			grant = *g
		}
	})
	switch {
	case r.form.code == "":
		return nil, refuse(missingParameter, "parameter", "code")
	case !found:
		return nil, refuse(unknownCode)
	case refused != nil:
		s.refresh.remove(stolen)
		return nil, refused
	}
	if err := s.takeOver(&r, grant.audience, grant.scope, grant.claims); err != nil {
		return nil, err
	}
	response, err := s.userTokens(r, grant.signIn, grant.nonce)
	if err != nil {
		return nil, err
	}
	s.codes.update(r.form.code, func(g *codeGrant) {
		g.refreshToken = response.RefreshToken
		if g.stolen { // at the same time
			stolen = g.refreshToken
		}
	})
	s.refresh.remove(stolen)
	return response, nil
}

// verifies reports whether a code_verifier is the one whose sum was sent with the authorization request. A verifier without a
// challenge is refused too: somebody has taken the challenge out of the request (RFC 9700 section 4.8.2).
func (g *codeGrant) verifies(verifier string) bool {
	if g.challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return verifierForm.MatchString(verifier) && equalSecrets(g.challenge, base64.RawURLEncoding.EncodeToString(sum[:]))
}

// takeOver fills in what a token request leaves to the request of the sign-in: the scope, and with it the resource. It may name the
// resource again, and no other.
func (s *Server) takeOver(r *request, audience string, scope []string, claims claimsRequest) error {
	r.audience, r.claims = audience, claims.and(r.claims)
	if len(r.form.scope) == 0 {
		r.form.scope = scope
	}
	named := r.form.resource
	if r.kind != openid.EntraV1 {
		inScope, err := s.scopeResource(r.authority, r.form.scope, r.form.grantType)
		if err != nil {
			return err
		}
		named = cmp.Or(inScope, named)
	}
	if named != "" && named != audience {
		return malformed("The resource is not the one that was signed in for.")
	}
	return nil
}
