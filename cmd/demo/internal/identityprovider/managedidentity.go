package identityprovider

import (
	"fmt"
	"strings"
	"time"

	"hubgate.example/openid"
)

// managedTokenLifetime is how long Entra ID's tokens for managed identities live.
const managedTokenLifetime = 24 * time.Hour

// UserAssigned reports whether a managed identity is a resource of its own, which other resources use, and not a part of the one that
// it belongs to.
func (sp ServicePrincipal) UserAssigned() bool {
	return strings.Contains(strings.ToLower(sp.ManagedIdentity), "/providers/microsoft.managedidentity/userassignedidentities/")
}

// tokenLifetime is how long a client's access tokens live.
func (c client) tokenLifetime() time.Duration {
	if c.principal != nil && c.principal.ManagedIdentity != "" {
		return managedTokenLifetime
	}
	return tokenLifetime
}

// ManagedIdentities returns the managed identities of a tenant, in the order of the configuration.
func (s *Server) ManagedIdentities(tenant string) []ServicePrincipal {
	var all []ServicePrincipal
	if d := s.directories[strings.ToLower(tenant)]; d != nil {
		for _, sp := range d.managedIdentities {
			all = append(all, *sp)
		}
	}
	return all
}

// A ManagedIdentityToken is an access token of a managed identity, with the times that stand in it.
type ManagedIdentityToken struct {
	AccessToken        string
	NotBefore, Expires time.Time
}

// A RefusedError is why there is no token, as the token endpoint would say it.
type RefusedError struct {
	Code        string // of RFC 6749 section 5.2, or invalid_resource
	Description string
}

func (e *RefusedError) Error() string { return e.Code + ": " + e.Description }

// ManagedIdentityToken issues a token for a resource to one of ManagedIdentities, by its application id. It asks for no
// credential: the caller is the endpoint of the machine that the identity is for, which knows who may have it. A resource that is
// none is a *RefusedError.
func (s *Server) ManagedIdentityToken(tenant, applicationID, resource string) (ManagedIdentityToken, error) {
	d := s.directories[strings.ToLower(tenant)]
	if d == nil {
		return ManagedIdentityToken{}, fmt.Errorf("identityprovider: no tenant %q", tenant)
	}
	principal := d.servicePrincipals[clientKey(applicationID)]
	if principal == nil || principal.ManagedIdentity == "" {
		return ManagedIdentityToken{}, fmt.Errorf("identityprovider: %q is no managed identity of %s", applicationID, d.id)
	}
	a := authority{kind: openid.EntraV1, name: d.id, directory: d}
	attributes := []any{"tenant", d.name, "client", principal.ApplicationID, "resource", clip(resource)}
	audience, err := s.audience(a, nil, resource, grantClient)
	if err != nil {
		w := asRefusal(err).worded(a.kind, map[string]string{"tenant": a.tenantName()})
		s.log.Info(s.name+": token of a managed identity refused", append(attributes, "error", w.code)...)
		return ManagedIdentityToken{}, &RefusedError{w.code, w.text}
	}
	response, err := s.clientTokens(request{
		authority: a,
		client:    client{id: principal.ApplicationID, principal: principal, acr: acrCertificate},
		audience:  audience,
	})
	if err != nil {
		return ManagedIdentityToken{}, err
	}
	s.log.Info(s.name+": token of a managed identity issued", attributes...)
	return ManagedIdentityToken{response.AccessToken, response.issuedAt, response.expires}, nil
}
