package middleware

import (
	"fmt"
	"net/url"
	"strings"

	"hubgate.example/openid"
)

// challenge returns the value of WWW-Authenticate (RFC 6750 section 3) in the one form that all of Azure's clients read: the
// scheme exactly Bearer, every value quoted, no blanks around '=', no parameter with a hyphen in its name, no escapes inside
// the quotes. The values are the gate's own; nothing of a token is among them.
func challenge(authorizationURI, description string) string {
	return fmt.Sprintf(`Bearer authorization_uri="%s", error="invalid_token", error_description="%s"`, authorizationURI, description)
}

// claimsChallenge returns the value of WWW-Authenticate that has a client get a token with other claims, and try again, in the form that
// challenge has for the same reasons. The claims are standard base64 with padding: other alphabets are an error to Azure's clients.
func claimsChallenge(authorizationURI, claims string) string {
	return fmt.Sprintf(`Bearer realm="", authorization_uri="%s", error="insufficient_claims", claims="%s"`, authorizationURI, claims)
}

// challenge is that of a 401.
func (f *refusal) challenge() string {
	if f.claims != "" {
		return claimsChallenge(f.authorizationURI, f.claims)
	}
	return challenge(f.authorizationURI, f.description)
}

// An authority is a configured identity provider, as a challenge names it.
type authority struct {
	url  string // Provider.Authority
	adfs bool
	// origin is the scheme and host of an Entra ID authority.
	origin string
	// tenant is what an Entra ID authority is called by when no subscription names a tenant: its own or, where it serves
	// many, common or organizations.
	tenant string
	// many reports that tokens of any tenant can be had from the authority. The verifier's tenants then say, at each request
	// because they can change, whether there is only one to name.
	many     bool
	verifier *openid.Verifier
}

// own is the tenant to name when a subscription names none: the authority's one, or the only one that is accepted.
func (a authority) own() string {
	if a.many {
		if accepted := a.verifier.Tenants(); len(accepted) == 1 {
			return accepted[0]
		}
	}
	return a.tenant
}

// uri returns the authorization_uri for tenant, or for no tenant in particular. Clients read the tenant from its path. An AD FS
// has one tenant and is named as it is configured. So are common and organizations, which are true addresses: a person can
// sign in there; a workload, which has to know its tenant, cannot.
func (a authority) uri(tenant string) string {
	switch {
	case a.adfs:
		return a.url
	case tenant == "":
		tenant = a.own()
	}
	return a.origin + "/" + url.PathEscape(tenant)
}

// authorities are the authorities of a verifier's providers, in their order. There is at least one. All that a challenge says
// comes from here and from the owners of subscriptions, never from a token.
type authorities []authority

func authoritiesOf(verifier *openid.Verifier) (authorities, error) {
	var all authorities
	for _, provider := range verifier.Providers() {
		u, err := url.Parse(provider.Authority())
		if err != nil {
			return nil, err
		}
		a := authority{
			url:      provider.Authority(),
			adfs:     provider.Type() == openid.ADFS,
			origin:   u.Scheme + "://" + u.Host,
			tenant:   provider.Tenant(),
			many:     provider.Tenant() == "",
			verifier: verifier,
		}
		if a.many {
			a.tenant, _, _ = strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
		}
		if strings.ContainsFunc(a.uri(""), notInQuotes) {
			return nil, fmt.Errorf("the authority %q cannot be named in a WWW-Authenticate header", a.url)
		}
		all = append(all, a)
	}
	return all, nil
}

// notInQuotes reports a character that an RFC 9110 quoted-string holds only with an escape, or not at all.
func notInQuotes(c rune) bool { return c < '!' || c > '~' || c == '"' || c == '\\' }

// forTenant returns the authority at which a client gets a token of tenant.
func (all authorities) forTenant(tenant string) authority {
	for _, a := range all {
		if !a.many && strings.EqualFold(a.tenant, tenant) {
			return a
		}
	}
	for _, a := range all {
		if a.many && tenant != "" {
			return a
		}
	}
	return all[0]
}

// byURL returns the authority with this Provider.Authority.
func (all authorities) byURL(url string) authority {
	for _, a := range all {
		if a.url == url {
			return a
		}
	}
	return all[0]
}
