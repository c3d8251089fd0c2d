package middleware

import (
	"fmt"
	"net/http"
	"strings"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// subscriptionOf returns the subscription that a canonical path lies in, as written, or "".
func subscriptionOf(path string) string {
	const prefix = "/subscriptions/"
	if len(path) <= len(prefix) || !strings.EqualFold(path[:len(prefix)], prefix) {
		return ""
	}
	subscription, _, _ := strings.Cut(path[len(prefix):], "/")
	return subscription
}

// ownerOf returns the tenant that owns the subscription in r's path, or "" when there is none to name. Resource Manager names
// it to anyone who asks, so that a client finds out where to sign in; it decides nothing.
func (g *Gate) ownerOf(r *http.Request) string {
	path, err := rbac.CanonicalPath(r.URL)
	if err != nil {
		return ""
	}
	subscription := subscriptionOf(path)
	if !rbac.IsGUID(subscription) {
		return ""
	}
	tenant, _ := g.authorizer.TenantOf(subscription)
	return tenant
}

// subscription refuses a subscription that does not exist or is not the principal's tenant's.
func (g *Gate) subscription(principal *openid.Principal, subscription string) *refusal {
	if !rbac.IsGUID(subscription) {
		return malformedSubscription(subscription)
	}
	owner, known := g.authorizer.TenantOf(subscription)
	switch {
	case !known:
		return unknownSubscription(subscription)
	case g.authorizer.KnowsTenants() && !strings.EqualFold(owner, principal.Tenant):
		return g.foreignTenant(principal, owner)
	}
	return nil
}

func malformedSubscription(subscription string) *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: "InvalidSubscriptionId",
		message: fmt.Sprintf("The provided subscription identifier '%s' is malformed or invalid.", quote(subscription, maxClaimText)),
		reason:  "the subscription id is no GUID",
	}
}

func unknownSubscription(subscription string) *refusal {
	return &refusal{
		status: http.StatusNotFound, code: "SubscriptionNotFound",
		message: fmt.Sprintf("The subscription '%s' could not be found.", quote(subscription, maxClaimText)),
		reason:  "unknown subscription",
	}
}

// foreignTenant refuses a principal in a subscription that another tenant owns.
func (g *Gate) foreignTenant(principal *openid.Principal, owner string) *refusal {
	at := g.authorities.forTenant(owner)
	return &refusal{
		status: http.StatusUnauthorized, code: "InvalidAuthenticationTokenTenant",
		message:          wrongTenantMessage(at, owner, principal.Issuer, principal.Tenant),
		description:      "The access token is from the wrong issuer.",
		authorizationURI: at.uri(owner),
		reason:           "the subscription belongs to another tenant",
	}
}

// wrongTenantMessage tells at which authority to get a token of the owning tenant, or, without one to name, of a tenant that
// at is configured for. The expected issuer is the token's own with the tenant exchanged, where it holds one. An AD FS names
// itself alike in the tokens of every tenant, so there the tenants themselves stand in the place of the issuers.
func wrongTenantMessage(at authority, owner, issuer, tenant string) string {
	if owner == "" && (at.adfs || rbac.IsGUID(at.own())) {
		owner = at.own()
	}
	expected := at.uri(owner)
	switch {
	case owner == "" || tenant == "":
	case at.adfs:
		issuer, expected = tenant, owner
	case rbac.IsGUID(tenant) && strings.Contains(issuer, tenant):
		expected = strings.Replace(issuer, tenant, owner, 1)
	}
	return fmt.Sprintf("The access token is from the wrong issuer '%s'. It must match the tenant '%s' associated with this "+
		"subscription. Please use the authority (URL) '%s' to get the token. Note, if the subscription is transferred to another "+
		"tenant there is no impact to the services, but information about new tenant could take time to propagate (up to an hour). "+
		"If you just transferred your subscription and see this error message, please try back later.",
		quote(issuer, maxClaimText), quote(expected, maxClaimText), at.uri(owner))
}
