package identityprovider

import (
	"net/http"
	"net/url"
	"strings"
)

// instance answers whether an authority is one, which MSAL asks about hosts that it does not know.
func (s *Server) instance(w http.ResponseWriter, r *http.Request, a authority) {
	asked, err := url.Parse(r.URL.Query().Get("authorization_endpoint"))
	if err != nil || !strings.EqualFold(asked.Scheme+"://"+asked.Host, s.base) {
		s.writeRefusal(w, r, a, refuse(unknownInstance), nil)
		return
	}
	tenant, _ := split(asked.Path)
	writeJSON(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": s.base + "/" + tenant + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []any{map[string]any{
			"preferred_network": asked.Host,
			"preferred_cache":   asked.Host,
			"aliases":           []string{asked.Host},
		}},
	})
}

// userrealm answers where a user's password is to be sent, which MSAL asks before it does: here, when the domain is known.
func (s *Server) userrealm(w http.ResponseWriter, user string) {
	answer := map[string]string{
		"ver":                 "1.0",
		"account_type":        "Unknown",
		"cloud_instance_name": s.host,
		"cloud_audience_urn":  "urn:federation:MicrosoftOnline",
	}
	_, domain, _ := strings.Cut(strings.ToLower(user), "@")
	if d := s.directoryNamed(domain); d != nil {
		answer["account_type"], answer["domain_name"] = "Managed", d.domain
	}
	writeJSON(w, http.StatusOK, answer)
}
