package sample

import "hubgate.example/rbac"

// The built-in roles that the sample installation uses.
const (
	ownerRole       = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	contributorRole = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	readerRole      = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
)

// A grant gives a role at a scope to a principal or a group, by name.
type grant struct {
	assignment string // the role assignment's name, a GUID
	role       string
	scope      string
	to         string
}

var grants = []grant{
	{"a2cae99f-6461-4bc3-a44c-33fcdb362c0f", ownerRole, production, "owner"},
	{"e53609cb-470b-4036-b6cc-edb128caaf76", ownerRole, sandbox, "owner"},
	{"bcfe8231-7e8f-4239-9ad6-c862375729ab", contributorRole, production + "/resourceGroups/app", "contributor"},
	{"0f656aa9-4bb3-4b40-aa84-1cf3c7306075", readerRole, production, "readers"},
	{"bd815f52-f463-47b6-97f3-cd0834e64d1d", ownerRole, production, "deployer"},
}

// RoleAssignments returns who may do what in the sample installation.
func RoleAssignments() []rbac.RoleAssignment {
	var all []rbac.RoleAssignment
	for _, g := range grants {
		id, kind := assignee(g.to)
		all = append(all, rbac.RoleAssignment{
			Name:             g.assignment,
			Scope:            g.scope,
			RoleDefinitionID: g.role,
			PrincipalID:      id,
			PrincipalType:    kind,
		})
	}
	return all
}

// OwnerAssignment makes owner the Owner of a subscription beside the sample ones. The assignment's name is the subscription's id: a
// GUID, no other assignment's, and the same at each start.
func OwnerAssignment(subscriptionID string) rbac.RoleAssignment {
	id, kind := assignee("owner")
	return rbac.RoleAssignment{
		Name:             subscriptionID,
		Scope:            "/subscriptions/" + subscriptionID,
		RoleDefinitionID: ownerRole,
		PrincipalID:      id,
		PrincipalType:    kind,
	}
}

// RoleAssignments returns the sample role assignments that count for p: its own and its groups'.
func (p Principal) RoleAssignments() []rbac.RoleAssignment {
	ids := map[string]bool{p.ObjectID: true}
	for _, id := range p.GroupIDs() {
		ids[id] = true
	}
	var own []rbac.RoleAssignment
	for _, assignment := range RoleAssignments() {
		if ids[assignment.PrincipalID] {
			own = append(own, assignment)
		}
	}
	return own
}

// assignee finds a principal or a group by its name, with the principal type that Resource Manager calls it by.
func assignee(name string) (id, principalType string) {
	for _, p := range principals {
		switch {
		case p.Name == name && p.ApplicationID != "":
			return p.ObjectID, "ServicePrincipal"
		case p.Name == name:
			return p.ObjectID, "User"
		}
	}
	for _, group := range groups {
		if group.Name == name {
			return group.ObjectID, "Group"
		}
	}
	panic("sample: no principal and no group is named " + name)
}
