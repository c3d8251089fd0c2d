package openidtest

import (
	"net/url"
	"slices"

	"hubgate.example/openid"
)

// wellKnown is where the metadata is below an authority (OpenID Connect Discovery 1.0 section 4).
const wellKnown = "/.well-known/openid-configuration"

// metadataADFS is the metadata of AD FS. It is the same below a tenant's authority.
func (i *Issuer) metadataADFS() map[string]any {
	base := i.base + "/adfs"
	return map[string]any{
		"issuer":                        i.issuerOf(openid.ADFS, ""),
		"access_token_issuer":           i.AccessTokenIssuer(),
		"jwks_uri":                      base + "/discovery/keys",
		"authorization_endpoint":        base + "/oauth2/authorize",
		"token_endpoint":                base + "/oauth2/token",
		"device_authorization_endpoint": base + "/oauth2/devicecode",
		"end_session_endpoint":          base + "/oauth2/logout",
		"userinfo_endpoint":             base + "/userinfo",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic", "private_key_jwt",
			"windows_client_authentication"},
		"token_endpoint_auth_signing_alg_values_supported": []string{"RS256"},
		"grant_types_supported": []string{"authorization_code", "refresh_token", "client_credentials",
			"urn:ietf:params:oauth:grant-type:jwt-bearer", "implicit", "password", "srv_challenge",
			"urn:ietf:params:oauth:grant-type:device_code", "device_code"},
		"response_types_supported": []string{"code", "id_token", "code id_token", "id_token token", "code token",
			"code id_token token"},
		"response_modes_supported": []string{"query", "fragment", "form_post"},
		"subject_types_supported":  []string{"pairwise"},
		"scopes_supported": []string{"profile", "email", "allatclaims", "user_impersonation", "logon_cert", "aza",
			"openid"},
		"id_token_signing_alg_values_supported": []string{i.algorithm},
		"claims_supported": []string{"aud", "iss", "iat", "exp", "auth_time", "nonce", "at_hash", "c_hash", "sub", "upn",
			"unique_name", "pwd_url", "pwd_exp", "mfa_auth_time", "sid", "nbf"},
		"microsoft_multi_refresh_token":           true,
		"frontchannel_logout_supported":           true,
		"frontchannel_logout_session_supported":   true,
		"as_access_token_token_binding_supported": true,
		"capabilities": []string{},
	}
}

// metadataEntra is the metadata of an Entra ID authority. tenant is the one in the path: a GUID, common, organizations or
// consumers. appid names an application with signing keys of its own, or is empty.
func (i *Issuer) metadataEntra(typ openid.AuthorityType, tenant, appid string) map[string]any {
	oauth2, keys := "/oauth2", "/discovery/keys"
	if typ == openid.EntraV2 {
		oauth2, keys = "/oauth2/v2.0", "/discovery/v2.0/keys"
	}
	base, jwks := i.base+"/"+tenant, i.base+"/common"+keys
	if appid != "" {
		// The keys of one application are in its tenant's key set and nowhere else.
		jwks = base + keys + "?appid=" + url.QueryEscape(appid)
	}
	return map[string]any{
		"issuer":                                i.issuerOf(typ, issuerTenant(tenant)),
		"jwks_uri":                              jwks,
		"authorization_endpoint":                base + oauth2 + "/authorize",
		"token_endpoint":                        base + oauth2 + "/token",
		"device_authorization_endpoint":         base + oauth2 + "/devicecode",
		"end_session_endpoint":                  base + oauth2 + "/logout",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"id_token_signing_alg_values_supported": []string{i.algorithm},
		"claims_supported": []string{"sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
			"msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver",
			"at_hash", "c_hash", "email"},
		"http_logout_supported":         true,
		"frontchannel_logout_supported": true,
		"tenant_region_scope":           "NA",
	}
}

// issuerTenant returns what stands for a path's tenant in issuers.
func issuerTenant(tenant string) string {
	switch {
	case tenant == "consumers":
		return consumers
	case isGUID(tenant):
		return tenant
	default:
		return manyTenants
	}
}

// keySetOf returns the published keys. Only Entra ID's v2 set names each key's issuer: the tenant's where the path has one.
func (i *Issuer) keySetOf(typ openid.AuthorityType, tenant string) []any {
	i.mu.Lock()
	published := slices.DeleteFunc(slices.Clone(i.keys), func(k *key) bool { return !k.published })
	i.mu.Unlock()
	keys := []any{}
	for _, k := range published {
		issuer := ""
		switch {
		case typ != openid.EntraV2:
		case k.consumer:
			issuer = i.issuerOf(typ, consumers)
		default:
			issuer = i.issuerOf(typ, issuerTenant(tenant))
		}
		keys = append(keys, k.jwk(typ, i.algorithm, issuer))
	}
	i.editing.Lock()
	defer i.editing.Unlock()
	if i.editKeys != nil {
		keys = i.editKeys(keys)
	}
	return keys
}

// metadataOf returns the metadata of an authority, edited as EditMetadata asked for.
func (i *Issuer) metadataOf(typ openid.AuthorityType, tenant, appid string) map[string]any {
	var m map[string]any
	if typ == openid.ADFS {
		m = i.metadataADFS()
	} else {
		m = i.metadataEntra(typ, tenant, appid)
	}
	i.editing.Lock()
	defer i.editing.Unlock()
	if i.editMetadata != nil {
		i.editMetadata(m)
	}
	return m
}
