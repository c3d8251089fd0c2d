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

// listTenants answers the tenant that the caller's token is from, then the others that the caller is in.
func (s *Server) listTenants(w http.ResponseWriter, r *http.Request) error {
	principal, _ := middleware.PrincipalFrom(r.Context()) // the gate has put it there
	type tenant struct {
		ID          string `json:"id"`
		TenantID    string `json:"tenantId"`
		DisplayName string `json:"displayName"`
	}
	ids := []string{principal.Tenant}
	if s.config.TenantsOf != nil {
		for _, id := range s.config.TenantsOf(principal) {
			if id = strings.ToLower(id); id != principal.Tenant {
				ids = append(ids, id)
			}
		}
	}
	var answer []tenant
	for _, id := range ids {
		answer = append(answer, tenant{ID: "/tenants/" + id, TenantID: id, DisplayName: s.tenantName(id)})
	}
	return writeList(w, answer)
}

// tenantName is what people call a directory tenant.
func (s *Server) tenantName(id string) string {
	for _, t := range s.config.Tenants {
		if strings.EqualFold(t.ID, id) && t.DisplayName != "" {
			return t.DisplayName
		}
	}
	return id
}
