package openid

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Tenants returns the accepted tenants, sorted; none stands for any, by InsecureAcceptAnyTenant.
func (v *Verifier) Tenants() []string {
	if v.anyTenant {
		return nil
	}
	return slices.Sorted(maps.Keys(*v.tenants.Load()))
}

// MultiTenant reports whether tokens of more than one directory tenant are accepted.
func (v *Verifier) MultiTenant() bool { return v.anyTenant || len(*v.tenants.Load()) > 1 }

// SetTenants replaces the accepted tenants from the next token on, by the rules of VerifierConfig.Tenants: guest
// directories come and go while the server runs. An error changes nothing; with InsecureAcceptAnyTenant there is no list to
// replace. An authorizer that cannot tell tenants apart must not be used with a list that changes.
func (v *Verifier) SetTenants(tenants []string) error {
	if v.anyTenant {
		return errors.New("openid: SetTenants: contradicts InsecureAcceptAnyTenant")
	}
	accepted, err := v.acceptedTenants("SetTenants", tenants)
	if err != nil {
		return err
	}
	v.tenants.Store(&accepted)
	return nil
}

// acceptsTenant looks up a tenant in canonical form.
func (v *Verifier) acceptsTenant(tenant string) bool {
	return v.anyTenant || (*v.tenants.Load())[tenant]
}

// acceptedTenants puts the list together; field is what an error calls it. An empty list stands for the providers' own tenants and never
// for "any".
func (v *Verifier) acceptedTenants(field string, listed []string) (map[string]bool, error) {
	accepted := make(map[string]bool)
	for i, tenant := range listed {
		canonical := canonicalTenant(tenant)
		_, isGUID := parseGUID(tenant)
		switch {
		case v.adfs && !isTenantID(canonical):
			return nil, fmt.Errorf("openid: %s[%d]: %q is not a tenant id", field, i, tenant)
		case !v.adfs && (!isGUID || canonical == zeroGUID):
			return nil, fmt.Errorf("openid: %s[%d]: %q is not a directory tenant's GUID", field, i, tenant)
		case canonical == consumerTenant:
			return nil, fmt.Errorf("openid: %s[%d]: consumer accounts are never accepted", field, i)
		}
		accepted[canonical] = true
	}
	for i, p := range v.providers {
		switch own := p.Tenant(); {
		case own == "" && len(listed) == 0:
			return nil, fmt.Errorf("openid: %s: is required, because Providers[%d] (%s) serves many tenants", field, i, p.Authority())
		case own == "":
		case len(listed) == 0:
			accepted[own] = true
		case !accepted[own]:
			return nil, fmt.Errorf("openid: %s: lacks %q, the only tenant of Providers[%d] (%s)", field, own, i, p.Authority())
		}
	}
	return accepted, nil
}
