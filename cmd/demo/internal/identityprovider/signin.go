package identityprovider

import (
	"encoding/json"
	"strings"
	"time"
)

// A signIn is a user who has proved who it is.
type signIn struct {
	// directory is the tenant that the user signed in to, and user its entry there.
	directory *directory
	user      *User
	// secondFactor reports that there was one.
	secondFactor bool
	at           time.Time
}

// findUser finds who a name is where a request is addressed to: in the tenant or, where none is named, in the tenant that the
// name's domain belongs to.
func (s *Server) findUser(a authority, name string) (*directory, *User, error) {
	d := a.directory
	if d == nil {
		_, domain, _ := strings.Cut(strings.ToLower(name), "@")
		if d = s.directoryNamed(domain); d == nil {
			return nil, nil, refuse(noTenant)
		}
	}
	user := d.user(name)
	if user == nil {
		return nil, nil, refuse(unknownUser, "tenant", d.name)
	}
	return d, user, nil
}

// signInWithPassword finds the user with this name and password. AD FS takes user@domain only, never DOMAIN\alias.
func (s *Server) signInWithPassword(a authority, name, password string) (signIn, error) {
	d, user, err := s.findUser(a, name)
	known := ""
	if err == nil {
		_, atHome := s.home(d, user)
		known = atHome.Password
	}
	matches := equalSecrets(known, password) // a stranger has no password, and takes as long to refuse as a wrong one
	switch {
	case err != nil:
		return signIn{}, err
	case !matches:
		return signIn{}, refuse(wrongPassword)
	}
	return signIn{directory: d, user: user, at: time.Now()}, nil
}

// passwordTokens answers a user's password (RFC 6749 section 4.3).
func (s *Server) passwordTokens(r request) (*tokenResponse, error) {
	signedIn, err := s.signInWithPassword(r.authority, r.form.username, r.form.password)
	if err != nil {
		return nil, err
	}
	return s.userTokens(r, signedIn, "")
}

// elsewhere is a sign-in in the tenant that another request is addressed to: az asks every tenant of a user with the refresh token
// of one of them.
func (s *Server) elsewhere(a authority, signedIn signIn) (signIn, error) {
	home, atHome := s.home(signedIn.directory, signedIn.user)
	d := a.directory
	if d == nil {
		d = home
	}
	user := d.user(atHome.Name)
	if user == nil {
		return signIn{}, refuse(strangeUser, "user", atHome.Name, "home", home.issuer.IDTokenIssuer())
	}
	signedIn.directory, signedIn.user = d, user
	return signedIn, nil
}

// secondFactorNeeded reports whether a user has to show one: the tenant demands it, or the token is to satisfy an authentication
// context.
func (user *User) secondFactorNeeded(claims claimsRequest) bool {
	return user.MFA || len(claims.contexts) > 0
}

// checkSecondFactor refuses a sign-in that lacks one that is needed. The refusal has the claims that the client is to ask for
// when it signs the user in on a page.
func (s *Server) checkSecondFactor(r request, signedIn signIn) error {
	if signedIn.secondFactor || !signedIn.user.secondFactorNeeded(r.claims) {
		return nil
	}
	type values struct {
		Essential bool     `json:"essential"`
		Values    []string `json:"values"`
	}
	// Which policy wants it, or the contexts that were asked for.
	wanted := map[string]values{"capolids": {true, []string{derivedGUID("policy of " + signedIn.directory.id)}}}
	if len(r.claims.contexts) > 0 {
		wanted = map[string]values{"acrs": {true, r.claims.contexts}}
	}
	claims, err := json.Marshal(map[string]any{"access_token": wanted})
	if err != nil {
		return err
	}
	refused := refuse(secondFactorMissing, "resource", r.audience)
	refused.claims = string(claims)
	return refused
}

// candidates are the users whom a page at a lists: those of the tenant or, where none is named, each in the home tenant.
func (s *Server) candidates(a authority) []signIn {
	var all []signIn
	for _, d := range s.ordered {
		if a.directory != nil && a.directory != d {
			continue
		}
		for _, user := range d.users {
			if a.directory == nil && user.HomeTenant != "" {
				continue
			}
			all = append(all, signIn{directory: d, user: user})
		}
	}
	return all
}

// amr is how the user signed in, in the words of the claim.
func (signedIn signIn) amr() []string {
	if signedIn.secondFactor {
		return []string{"pwd", "mfa"}
	}
	return []string{"pwd"}
}

// guest reports whether the user is one where it signed in.
func (signedIn signIn) guest() bool { return signedIn.user.HomeTenant != "" }
