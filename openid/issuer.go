package openid

import (
	"fmt"
	"net/url"
	"strings"
)

// tenantPlaceholder stands for the tenant in the metadata of an Entra ID authority that serves many.
const tenantPlaceholder = "{tenantid}"

// An issuerPattern is an accepted iss: one exact string or, for an authority of many tenants, one with a place for the tenant.
type issuerPattern struct {
	text           string // as configured or published
	prefix, suffix string // around the placeholder; only when template is set
	template       bool
	// tenant is the GUID that the issuer holds as a path segment, "" for a template and for issuers that hold none.
	tenant string
}

func newIssuerPattern(text string) issuerPattern {
	p := issuerPattern{text: text}
	p.prefix, p.suffix, p.template = strings.Cut(text, tenantPlaceholder)
	if p.template {
		return p
	}
	for segment := range strings.SplitSeq(text, "/") {
		if guid, ok := parseGUID(segment); ok {
			p.tenant = guid
		}
	}
	return p
}

// match reports whether iss fits, and the tenant that it names, exactly as written there.
func (p issuerPattern) match(iss string) (tenant string, ok bool) {
	if !p.template {
		return p.tenant, iss == p.text
	}
	if len(iss) != len(p.prefix)+len(zeroGUID)+len(p.suffix) || !strings.HasPrefix(iss, p.prefix) || !strings.HasSuffix(iss, p.suffix) {
		return "", false
	}
	tenant = iss[len(p.prefix) : len(iss)-len(p.suffix)]
	_, ok = parseGUID(tenant)
	return tenant, ok
}

// forTenant returns the issuer of one tenant.
func (p issuerPattern) forTenant(tenant string) string {
	if !p.template {
		return p.text
	}
	return p.prefix + tenant + p.suffix
}

// configuredIssuers reads ProviderConfig.Issuers.
func configuredIssuers(issuers []string, a authority) ([]issuerPattern, error) {
	var patterns []issuerPattern
	for i, issuer := range issuers {
		u, err := url.Parse(issuer)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return nil, fmt.Errorf("openid: ProviderConfig.Issuers[%d]: %q is not an absolute URL", i, issuer)
		}
		pattern := newIssuerPattern(issuer)
		switch {
		case strings.Count(issuer, tenantPlaceholder) > 1:
			return nil, fmt.Errorf("openid: ProviderConfig.Issuers[%d]: %q holds %s twice", i, issuer, tenantPlaceholder)
		case pattern.template && !a.manyTenants():
			return nil, fmt.Errorf("openid: ProviderConfig.Issuers[%d]: %q holds %s, but the authority serves one tenant", i, issuer, tenantPlaceholder)
		case pattern.tenant == consumerTenant:
			return nil, fmt.Errorf("openid: ProviderConfig.Issuers[%d]: consumer accounts are never accepted", i)
		case a.manyTenants() && !pattern.template && pattern.tenant == "":
			return nil, fmt.Errorf("openid: ProviderConfig.Issuers[%d]: %q holds neither %s nor a tenant, but the authority serves many", i, issuer, tenantPlaceholder)
		case a.kind != ADFS && !a.manyTenants() && pattern.tenant != "" && pattern.tenant != a.tenant:
			return nil, fmt.Errorf("openid: ProviderConfig.Issuers[%d]: %q is not of the authority's tenant %q", i, issuer, a.tenant)
		}
		patterns = append(patterns, pattern)
	}
	return patterns, nil
}

// publishedIssuer decides which iss the access tokens of authority a carry, from its metadata.
func publishedIssuer(m metadata, a authority) (issuerPattern, error) {
	if a.kind == ADFS {
		return adfsIssuer(m, a)
	}
	return entraIssuer(m, a)
}

// adfsIssuer: access tokens carry access_token_issuer, which AD FS publishes with plain http; ID tokens carry issuer. Both are
// identifiers, never fetched.
func adfsIssuer(m metadata, a authority) (issuerPattern, error) {
	name, issuer := "access_token_issuer", m.AccessTokenIssuer
	if issuer == "" {
		name, issuer = "issuer", m.Issuer
	}
	u, err := url.Parse(issuer)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return issuerPattern{}, fmt.Errorf("metadata: %s %q is not an http or https URL", name, clip(issuer))
	}
	if strings.Contains(issuer, tenantPlaceholder) {
		return issuerPattern{}, fmt.Errorf("metadata: %s %q holds %s, but an AD FS serves one tenant", name, clip(issuer), tenantPlaceholder)
	}
	if !strings.EqualFold(u.Hostname(), a.url.Hostname()) {
		return issuerPattern{}, fmt.Errorf("metadata: %s %q is not on the authority's host %q", name, clip(issuer), a.url.Hostname())
	}
	return newIssuerPattern(issuer), nil
}

// entraIssuer: v1 issuers are https://{host}/{tenant}/, v2 issuers https://{host}/{tenant}/v2.0. The host is another one than the
// authority's in several clouds, so the tenant and the version are what can be compared.
func entraIssuer(m metadata, a authority) (issuerPattern, error) {
	u, err := url.Parse(m.Issuer)
	if err != nil || u.Scheme != "https" && u.Scheme != a.url.Scheme || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return issuerPattern{}, fmt.Errorf("metadata: issuer %q is not an https URL", clip(m.Issuer))
	}
	end := "/"
	if a.kind == EntraV2 {
		end = "/v2.0"
	}
	tenant, found := strings.CutSuffix(strings.TrimPrefix(u.Path, "/"), end)
	switch {
	case !found || strings.Contains(tenant, "/"):
		return issuerPattern{}, fmt.Errorf("metadata: issuer %q is not of the form https://{host}/{tenant}%s", clip(m.Issuer), end)
	case tenant == tenantPlaceholder && a.manyTenants():
		return newIssuerPattern(m.Issuer), nil
	case tenant == tenantPlaceholder:
		return newIssuerPattern(strings.Replace(m.Issuer, tenantPlaceholder, a.tenant, 1)), nil
	case a.manyTenants():
		return issuerPattern{}, fmt.Errorf("metadata: issuer %q does not hold %s", clip(m.Issuer), tenantPlaceholder)
	case !strings.EqualFold(tenant, a.tenant):
		return issuerPattern{}, fmt.Errorf("metadata: issuer %q is not of the authority's tenant %q", clip(m.Issuer), a.tenant)
	}
	return newIssuerPattern(m.Issuer), nil
}
