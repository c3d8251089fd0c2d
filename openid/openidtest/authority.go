package openidtest

import (
	"net"
	"strings"

	"hubgate.example/openid"
)

// manyTenants is the literal text that stands for a tenant in the metadata of common and organizations.
const manyTenants = "{tenantid}"

// Type returns the kind of issuer.
func (i *Issuer) Type() openid.AuthorityType { return i.typ }

// Tenant returns the home tenant, in lower case. It is empty for an AD FS without one.
func (i *Issuer) Tenant() string { return i.tenant }

// Audience returns the aud of tokens that name no other.
func (i *Issuer) Audience() string { return i.audience }

// Authority returns the authority's URL for the home tenant, without a trailing slash.
func (i *Issuer) Authority() string { return i.AuthorityOf(i.tenant) }

// AuthorityOf returns the authority's URL for a tenant: a GUID or, with Entra ID, common or organizations.
func (i *Issuer) AuthorityOf(tenant string) string {
	switch {
	case i.typ == openid.EntraV2:
		return i.base + "/" + tenant + "/v2.0"
	case i.typ == openid.EntraV1:
		return i.base + "/" + tenant
	case tenant == "":
		return i.base + "/adfs"
	default:
		return i.base + "/adfs/" + tenant
	}
}

// AccessTokenIssuer returns the iss of access tokens: for AD FS http://{host}/adfs/services/trust.
func (i *Issuer) AccessTokenIssuer() string {
	if i.typ == openid.ADFS {
		return "http://" + i.address.Host + "/adfs/services/trust"
	}
	return i.issuerOf(i.typ, i.tenant)
}

// IDTokenIssuer returns the iss of ID tokens, which is the metadata's issuer member.
func (i *Issuer) IDTokenIssuer() string { return i.issuerOf(i.typ, i.tenant) }

// issuerOf returns the issuer member of the metadata.
func (i *Issuer) issuerOf(typ openid.AuthorityType, tenant string) string {
	switch typ {
	case openid.EntraV1:
		return i.sibling("sts") + "/" + tenant + "/"
	case openid.EntraV2:
		return i.base + "/" + tenant + "/v2.0"
	default:
		return i.base + "/adfs"
	}
}

// sibling returns the URL of another host of the same cloud: Entra v1 issues in the name of sts.windows.net, which is not
// where its metadata is, and that difference has to be there in tests too. Such a name is an identifier, never an address.
func (i *Issuer) sibling(name string) string {
	host := i.address.Hostname()
	if net.ParseIP(host) != nil {
		host = "localhost"
	}
	host = name + "." + strings.TrimPrefix(host, "login.")
	if port := i.address.Port(); port != "" {
		host += ":" + port
	}
	return i.address.Scheme + "://" + host
}
