package identityprovider

import (
	"net/http"
	"strings"

	"hubgate.example/openid"
)

// trueMetadata leaves in the metadata of a real provider what this one can do.
func (s *Server) trueMetadata(metadata map[string]any) {
	for _, name := range []string{
		"end_session_endpoint", "userinfo_endpoint", "frontchannel_logout_supported", "frontchannel_logout_session_supported",
		"http_logout_supported", "as_access_token_token_binding_supported",
	} {
		delete(metadata, name)
	}
	metadata["response_types_supported"] = []string{"code"}
	metadata["response_modes_supported"] = []string{"query", "form_post"}
	metadata["grant_types_supported"] = []string{grantCode, grantClient, grantPassword, grantRefresh, grantDevice}
	metadata["code_challenge_methods_supported"] = []string{"S256"} // RFC 8414 section 2
	issuer, _ := metadata["issuer"].(string)
	metadata["authorization_response_iss_parameter_supported"] = !strings.Contains(issuer, "{") // RFC 9207: common names no issuer
	metadata["prompt_values_supported"] = []string{"none", "login", "select_account", "consent"}
	metadata["token_endpoint_auth_methods_supported"] = []string{"client_secret_post", "client_secret_basic", "private_key_jwt"}
	metadata["token_endpoint_auth_signing_alg_values_supported"] = []string{"RS256", "PS256"}
	if s.kind != openid.ADFS {
		metadata["claims_parameter_supported"] = true // OpenID Connect Discovery 1.0 section 3
	}
}

// metadata answers metadata and keys. A tenant goes by its id there, whatever the path calls it.
func (s *Server) metadata(w http.ResponseWriter, r *http.Request, a authority) {
	_, rest := split(r.URL.Path)
	r = r.Clone(r.Context())
	r.URL.Path = "/" + a.name + "/" + rest
	issuer := s.ordered[0].issuer
	if a.directory != nil {
		issuer = a.directory.issuer
	}
	issuer.ServeHTTP(w, r)
}

// isMetadata reports whether the rest of an Entra ID path asks for metadata or keys.
func isMetadata(rest string) bool {
	switch rest {
	case ".well-known/openid-configuration", "v2.0/.well-known/openid-configuration", "discovery/keys", "discovery/v2.0/keys":
		return true
	default:
		return false
	}
}
