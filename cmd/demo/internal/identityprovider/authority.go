package identityprovider

import (
	"strings"

	"hubgate.example/openid"
)

// An authority is what a request is addressed to: a tenant, or many at once, in the manner of AD FS, Entra v1 or Entra v2.
type authority struct {
	kind openid.AuthorityType
	// name is what stands for the tenant in paths: its id, common, organizations or consumers. It is "" with AD FS.
	name string
	// directory is nil for common, organizations and consumers, which serve many.
	directory *directory
}

// The authorities that are no tenant.
const (
	common        = "common"        // whoever the user is
	organizations = "organizations" // whoever has a work or school account
	consumers     = "consumers"     // Microsoft's consumer accounts, none of which is here
)

func isMany(name string) bool { return name == common || name == organizations || name == consumers }

// isADFS reports whether the authority is the AD FS.
func (a authority) isADFS() bool { return a.kind == openid.ADFS }

// tenantName is what messages call the tenant.
func (a authority) tenantName() string {
	if a.directory == nil {
		return a.name
	}
	return a.directory.name
}

// issuer is the issuer that the authority's metadata names, once it is known which tenant it is.
func (s *Server) issuer(kind openid.AuthorityType, d *directory) string {
	if kind == openid.EntraV2 {
		return s.base + "/" + d.id + "/v2.0"
	}
	return d.issuer.IDTokenIssuer()
}

// split takes a path apart: the tenant's part, as Entra ID has it, and the rest, both in lower case, because it is Azure's
// clients that cannot agree on one. Nor on slashes: az looks for a tenant's domain behind the one at the end of loginEndpoint and one of
// its own.
func split(path string) (tenant, rest string) {
	tenant, rest, _ = strings.Cut(strings.TrimLeft(strings.ToLower(path), "/"), "/")
	return tenant, rest
}

// Serves reports whether a path is the identity provider's own: with AD FS what is below /adfs, with Entra ID what is below a
// tenant's id or domain, common, organizations or consumers. What looks like a tenant and is none gets the answer that it does
// not exist.
func (s *Server) Serves(path string) bool {
	if s.kind == openid.ADFS {
		return strings.HasPrefix(path, "/adfs/")
	}
	tenant, rest := split(path)
	return rest != "" && (isMany(tenant) || isGUID(tenant) || isDomain(tenant))
}

// directoryNamed finds a tenant by its id or its domain, in lower case.
func (s *Server) directoryNamed(tenant string) *directory {
	if d := s.directories[tenant]; d != nil {
		return d
	}
	for _, d := range s.ordered {
		if d.domain == tenant {
			return d
		}
	}
	return nil
}
