package resourcemanager

import (
	"net/http"
	"strings"

	"hubgate.example/middleware"
)

// A Tenant is a directory tenant.
type Tenant struct {
	ID          string
	DisplayName string
}

// listTenants answers the one tenant that the caller's token is from. Others do not concern it.
func (s *Server) listTenants(w http.ResponseWriter, r *http.Request) error {
	principal, _ := middleware.PrincipalFrom(r.Context()) // the gate has put it there
	type tenant struct {
		ID          string `json:"id"`
		TenantID    string `json:"tenantId"`
		DisplayName string `json:"displayName"`
	}
	answer := tenant{ID: "/tenants/" + principal.Tenant, TenantID: principal.Tenant, DisplayName: principal.Tenant}
	for _, t := range s.config.Tenants {
		if strings.EqualFold(t.ID, principal.Tenant) && t.DisplayName != "" {
			answer.DisplayName = t.DisplayName
		}
	}
	return writeList(w, []tenant{answer})
}
