package resourcemanager

import (
	"context"
	"net/http"
	"strings"

	"hubgate.example/middleware"
	"hubgate.example/rbac"
)

// isAuthorization reports whether an action or a type is of the resource provider Microsoft.Authorization.
func isAuthorization(name string) bool {
	return strings.HasPrefix(strings.ToLower(name), "microsoft.authorization/")
}

// authorize serves roles and role assignments, at a scope that exists: what is said about a place where nothing is would
// count for whatever is made there later.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, op rbac.Operation) error {
	at := op.Scope
	for isAuthorization(at.ResourceType()) { // of a role definition, op.Scope is its own id
		at, _ = at.Parent()
	}
	set, _ := middleware.ResourceSetFrom(r.Context()) // the gate has put it there
	// A collection passes the gate unchecked: as in list, only who may read there is told that nothing is there.
	told := !op.Collection || set.Check(op).Allowed
	if told && !s.config.Inventory.exists(at) {
		return notFound(at)
	}
	if r.Method == http.MethodPut { // what a role that is taken away counts for may be on its way out
		if err := s.config.Inventory.changeable(at); err != nil {
			return err
		}
	}
	s.config.Authorization.ServeHTTP(w, r)
	if r.Method == http.MethodPut && !s.config.Inventory.exists(at) { // it was deleted meanwhile
		s.config.Deleted(context.WithoutCancel(r.Context()), at)
	}
	return nil
}
