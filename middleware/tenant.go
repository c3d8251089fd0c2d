package middleware

import (
	"fmt"
	"slices"
	"strings"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// canonicalTenant returns a configured tenant as openid.Principal has it. Entra ID's are GUIDs; whether one is accepted can change. Those of
// AD FS are their providers'.
func canonicalTenant(tenant string, verifier *openid.Verifier) (string, error) {
	tenant = strings.ToLower(tenant)
	providers := verifier.Providers()
	if providers[0].Type() != openid.ADFS { // the two do not mix
		if !rbac.IsGUID(tenant) {
			return "", fmt.Errorf("%q is no GUID", tenant)
		}
		return tenant, nil
	}
	if !slices.ContainsFunc(providers, func(p *openid.Provider) bool { return p.Tenant() == tenant }) {
		return "", fmt.Errorf("%q is not the tenant of an AD FS of the verifier", tenant)
	}
	return tenant, nil
}
