package gate

import (
	"errors"
	"net/http"
	"strings"

	"hubgate.example/bench/decide"
	"hubgate.example/bench/verify"
	"hubgate.example/middleware"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

// A Site is an API behind a gate: an issuer, role assignments, and one machine that the caller may read by one of its groups.
type Site struct {
	*verify.Site

	// Path is the machine's.
	Path string

	workload   *decide.Workload
	authorizer *rbac.Authorizer
}

// NewSite makes a site with so many role assignments.
func NewSite(assignments int) (*Site, error) {
	issuer, err := verify.NewSite()
	if err != nil {
		return nil, err
	}
	s := &Site{Site: issuer, workload: decide.NewWorkload(assignments)}
	policy, err := rbac.NewPolicy(s.workload.Policy)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.authorizer, err = rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy}); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.Path = readable(s.workload)
	return s, nil
}

// readable is the path of a machine that the caller's first group may read.
func readable(w *decide.Workload) string {
	for _, assignment := range w.Policy.Assignments {
		if assignment.PrincipalID == w.Subject.Groups[0] && strings.Contains(assignment.Scope, "/virtualMachines/") &&
			assignment.RoleDefinitionID != rbac.RoleUserAccessAdministrator {
			return assignment.Scope
		}
	}
	return ""
}

// Token returns a token of the caller with the first of its groups.
func (s *Site) Token(groups int) (string, error) {
	return s.Mint(groups, openidtest.With("oid", s.workload.Subject.ObjectID), openidtest.Groups(s.workload.Subject.Groups[:groups]...))
}

// Request returns a request for the machine.
func (s *Site) Request(token string) (*http.Request, error) {
	r, err := http.NewRequest(http.MethodGet, "https://management.local.azurestack.example"+s.Path+"?api-version=2019-07-01", nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "bench")
	return r, nil
}

// NewGate returns Hubgate's gate, ready for its first token.
func (s *Site) NewGate(maxCachedTokens int) (*middleware.Gate, error) {
	verifier, err := s.NewVerifier(maxCachedTokens)
	if err != nil {
		return nil, err
	}
	return middleware.New(middleware.Config{Verifier: verifier, Authorizer: s.authorizer})
}
