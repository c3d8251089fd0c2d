package sample

import (
	"slices"

	"hubgate.example/rbac"
)

// The built-in roles that the sample installations use.
const (
	ownerRole       = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	contributorRole = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	readerRole      = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
)

// A grant gives a role at a scope to a principal or a group of the tenant that owns the scope's subscription, by name.
type grant struct {
	assignment string // the role assignment's name, a GUID
	role       string
	scope      string
	to         string
}

// homeGrants are the roles that both installations have on the user's side.
var homeGrants = []grant{
	{"a2cae99f-6461-4bc3-a44c-33fcdb362c0f", ownerRole, production.path(), "owner"},
	{"e53609cb-470b-4036-b6cc-edb128caaf76", ownerRole, sandbox.path(), "owner"},
	{"bcfe8231-7e8f-4239-9ad6-c862375729ab", contributorRole, production.path() + "/resourceGroups/app", "contributor"},
	{"0f656aa9-4bb3-4b40-aa84-1cf3c7306075", readerRole, production.path(), "readers"},
	{"bd815f52-f463-47b6-97f3-cd0834e64d1d", ownerRole, production.path(), "deployer"},
}

// adminGrants are the roles that both installations have on the administrator's side.
var adminGrants = []grant{
	{"d1f0b322-dc41-45b0-a46b-b9bf791baef9", ownerRole, defaultProvider.path(), "operator"},
	{"82b97886-ae63-4b95-b789-694592b08db4", ownerRole, defaultProvider.path(), "operations"},
}

// RoleAssignments returns who may do what on a side of the installation.
func (i Installation) RoleAssignments(side Side) []rbac.RoleAssignment {
	var all []rbac.RoleAssignment
	for _, g := range side.grants {
		scope, err := rbac.ParseScope(g.scope)
		if err != nil {
			panic("sample: " + err.Error())
		}
		tenant := i.Tenants[0]
		for _, subscription := range side.subscriptions {
			if owner, found := i.Tenant(subscription.tenant); found && subscription.id == scope.Subscription() {
				tenant = owner
			}
		}
		all = append(all, tenant.assignment(g))
	}
	return all
}

// OwnerAssignment makes the owner of a tenant, which must be registered, the Owner of a subscription beside the sample ones. The
// assignment's name is the subscription's id: a GUID, no other assignment's, and the same at each start.
func (i Installation) OwnerAssignment(subscriptionID, tenantID string) rbac.RoleAssignment {
	tenant, _ := i.Tenant(tenantID)
	return tenant.assignment(grant{subscriptionID, ownerRole, "/subscriptions/" + subscriptionID, tenant.owner})
}

// RoleAssignmentsOf returns the sample role assignments of both sides that count for p: its own and its groups'.
func (i Installation) RoleAssignmentsOf(p Principal) []rbac.RoleAssignment {
	ids := append(p.GroupIDs(), p.ObjectID)
	var own []rbac.RoleAssignment
	for _, assignment := range slices.Concat(i.RoleAssignments(i.User), i.RoleAssignments(i.Admin)) {
		if slices.Contains(ids, assignment.PrincipalID) {
			own = append(own, assignment)
		}
	}
	return own
}

func (t Tenant) assignment(g grant) rbac.RoleAssignment {
	id, kind := t.assignee(g.to)
	return rbac.RoleAssignment{Name: g.assignment, Scope: g.scope, RoleDefinitionID: g.role, PrincipalID: id, PrincipalType: kind}
}

// assignee finds a principal or a group by its name, with the principal type that Resource Manager calls it by.
func (t Tenant) assignee(name string) (id, principalType string) {
	for _, p := range t.principals {
		switch {
		case p.Name == name && p.Kind.Workload():
			return p.ObjectID, "ServicePrincipal"
		case p.Name == name:
			return p.ObjectID, "User"
		}
	}
	for _, group := range t.groups {
		if group.Name == name {
			return group.ObjectID, "Group"
		}
	}
	panic("sample: no principal and no group of " + t.DisplayName + " is named " + name)
}
