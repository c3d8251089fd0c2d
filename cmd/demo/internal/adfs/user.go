package adfs

import "strings"

// A User signs in with a password.
type User struct {
	// Name is the user principal name, user@domain. It is compared without regard to case.
	Name     string
	Password string
	// ObjectID and Groups are SIDs.
	ObjectID string
	Groups   []string
}

// signIn finds the user with this name and password. AD FS takes user@domain only, never DOMAIN\alias.
func (s *Server) signIn(name, password string) (*User, error) {
	user, found := s.users[strings.ToLower(name)]
	if !found {
		user = &User{} // has no password, and takes as long to refuse as a wrong one
	}
	if !equalSecrets(user.Password, password) || !found {
		return nil, userRefused()
	}
	return user, nil
}
