package openid

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"hubgate.example/openid/internal/endpoint"
)

// AuthorityType is the kind of an identity provider.
type AuthorityType string

// The kinds of authority.
const (
	EntraV1 AuthorityType = "entra-v1"
	EntraV2 AuthorityType = "entra-v2"
	ADFS    AuthorityType = "adfs"
)

// consumerTenant is the directory tenant of Microsoft's consumer accounts. Its keys stand in Entra ID's v2 key set next to
// the others and must never vouch for a work or school account.
const consumerTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

// defaultADFSTenant is what Azure's clients call the one tenant of an AD FS.
const defaultADFSTenant = "adfs"

// An authority is a ProviderConfig's Authority, taken apart.
type authority struct {
	url  *url.URL // without a trailing slash
	kind AuthorityType
	// tenant is the one tenant that the authority serves, or "" when it serves many (common, organizations).
	tenant string
}

// manyTenants reports whether tokens of any number of tenants come from a.
func (a authority) manyTenants() bool { return a.tenant == "" }

// loopback reports whether the authority is on this machine, where plain http is allowed.
func (a authority) loopback() bool { return a.url.Scheme == "http" }

func parseAuthority(config ProviderConfig) (authority, error) {
	u, err := endpoint.Parse(config.Authority)
	if err != nil {
		return authority{}, fmt.Errorf("openid: ProviderConfig.Authority: %w", err)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	a := authority{url: u, kind: config.Type}
	segments := strings.Split(strings.TrimPrefix(u.Path, "/"), "/")
	if a.kind == "" {
		a.kind = typeByPath(segments)
	}
	switch a.kind {
	case ADFS:
		a.tenant, err = adfsTenant(segments, config.Tenant)
	case EntraV1, EntraV2:
		if config.Tenant != "" {
			return authority{}, errors.New("openid: ProviderConfig.Tenant: is for AD FS; an Entra ID authority names its tenant in Authority")
		}
		a.tenant, err = entraTenant(segments, a.kind)
	default:
		return authority{}, fmt.Errorf("openid: ProviderConfig.Type: %q is none of %q, %q, %q", a.kind, EntraV1, EntraV2, ADFS)
	}
	if err != nil {
		return authority{}, err
	}
	return a, nil
}

// typeByPath tells the kind of authority as Azure's clients do. National clouds and private hosts make the host useless.
func typeByPath(segments []string) AuthorityType {
	switch {
	case strings.EqualFold(segments[0], "adfs"):
		return ADFS
	case segments[len(segments)-1] == "v2.0":
		return EntraV2
	default:
		return EntraV1
	}
}

func entraTenant(segments []string, kind AuthorityType) (string, error) {
	form := "https://{host}/{tenant}"
	if kind == EntraV2 {
		form += "/v2.0"
		if len(segments) != 2 || segments[1] != "v2.0" {
			return "", fmt.Errorf("openid: ProviderConfig.Authority: an Entra ID v2 authority has the form %s", form)
		}
	} else if len(segments) != 1 || segments[0] == "" {
		return "", fmt.Errorf("openid: ProviderConfig.Authority: an Entra ID v1 authority has the form %s", form)
	}
	switch tenant := strings.ToLower(segments[0]); tenant {
	case "common", "organizations":
		return "", nil
	case "consumers", consumerTenant:
		return "", errors.New("openid: ProviderConfig.Authority: consumer accounts are never accepted")
	default:
		guid, ok := parseGUID(tenant)
		if !ok || guid == zeroGUID {
			return "", fmt.Errorf("openid: ProviderConfig.Authority: tenant %q is none of: a directory tenant's GUID, common, organizations", segments[0])
		}
		return guid, nil
	}
}

func adfsTenant(segments []string, configured string) (string, error) {
	if !strings.EqualFold(segments[0], "adfs") || len(segments) > 2 {
		return "", errors.New("openid: ProviderConfig.Authority: an AD FS authority has the form https://{host}/adfs or https://{host}/adfs/{tenant}")
	}
	inPath := ""
	if len(segments) == 2 {
		inPath = canonicalTenant(segments[1])
	}
	switch tenant := canonicalTenant(configured); {
	case tenant == "" && inPath == "":
		return defaultADFSTenant, nil
	case inPath != "" && !isTenantID(inPath):
		return "", fmt.Errorf("openid: ProviderConfig.Authority: %q is not a tenant id", inPath)
	case tenant == "":
		return inPath, nil
	case !isTenantID(tenant):
		return "", fmt.Errorf("openid: ProviderConfig.Tenant: %q is not a tenant id", configured)
	case inPath != "" && tenant != inPath:
		return "", fmt.Errorf("openid: ProviderConfig.Tenant: %q is not the tenant in Authority, %q", configured, inPath)
	default:
		return tenant, nil
	}
}

// isTenantID reports whether tenant, in lower case, can be the tenant of an AD FS: a GUID or a word, such as adfs.
func isTenantID(tenant string) bool {
	return tenant != "" && tenant != zeroGUID && strings.Trim(tenant, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// canonicalTenant is the form in which tenants are compared: Azure takes them without regard to case.
func canonicalTenant(tenant string) string {
	if guid, ok := parseGUID(tenant); ok { // the quick way to the same
		return guid
	}
	return strings.ToLower(tenant)
}
