package sample

import (
	"slices"
	"strings"
)

// An Installation is an Azure Stack Hub, with its directory and its two sides.
type Installation struct {
	// Tenants are the directory tenants that its identity provider has. The first is the home tenant.
	Tenants []Tenant
	// User is the side that everybody works with, Admin the administrator's.
	User, Admin Side
}

// A Side is a Resource Manager with what is in it. Tokens of one side do not open the other.
type Side struct {
	// Audience is the Resource Manager's App ID URI.
	Audience string

	subscriptions []subscription
	grants        []grant
}

// Home returns the home tenant's id.
func (i Installation) Home() string { return i.Tenants[0].ID }

// Registered returns the ids of the tenants whose tokens the user's side takes from the start. The administrator's takes those
// of the home tenant only.
func (i Installation) Registered() []string {
	var ids []string
	for _, tenant := range i.Tenants {
		if !tenant.Unregistered {
			ids = append(ids, tenant.ID)
		}
	}
	return ids
}

// Tenant returns the tenant with this id.
func (i Installation) Tenant(id string) (tenant Tenant, found bool) {
	n := slices.IndexFunc(i.Tenants, func(t Tenant) bool { return strings.EqualFold(t.ID, id) })
	if n < 0 {
		return Tenant{}, false
	}
	return i.Tenants[n], true
}

// Principals returns the principals of all tenants.
func (i Installation) Principals() []Principal {
	var all []Principal
	for _, tenant := range i.Tenants {
		all = append(all, tenant.Principals()...)
	}
	return all
}

// GroupsOf returns the ids of all groups that the principal with this object id is a member of, and none for somebody unknown.
func (i Installation) GroupsOf(objectID string) []string {
	for _, p := range i.Principals() {
		if strings.EqualFold(p.ObjectID, objectID) {
			return p.GroupIDs()
		}
	}
	return nil
}

// TenantsOf returns the ids of the tenants that the user with this object id is in, as a member or as a guest, and none for anybody else.
func (i Installation) TenantsOf(objectID string) []string {
	all := i.Principals()
	n := slices.IndexFunc(all, func(p Principal) bool { return p.IsUser() && strings.EqualFold(p.ObjectID, objectID) })
	if n < 0 {
		return nil
	}
	var ids []string
	for _, p := range all {
		if p.Username == all[n].Username {
			ids = append(ids, p.Tenant)
		}
	}
	return ids
}

// PrincipalTypeOf returns what Resource Manager calls the type of a principal or a group, and whether there is one with this object id.
func (i Installation) PrincipalTypeOf(objectID string) (principalType string, known bool) {
	for _, p := range i.Principals() {
		switch {
		case !strings.EqualFold(p.ObjectID, objectID):
		case p.Kind.Workload():
			return "ServicePrincipal", true
		default:
			return "User", true
		}
	}
	for _, tenant := range i.Tenants {
		for _, group := range tenant.groups {
			if strings.EqualFold(group.ObjectID, objectID) {
				return "Group", true
			}
		}
	}
	return "", false
}
