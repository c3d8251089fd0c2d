package rbac

import "slices"

// The ids of the built-in roles.
const (
	RoleOwner                   = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	RoleContributor             = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	RoleReader                  = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	RoleUserAccessAdministrator = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
)

// BuiltInRoles returns Owner, Contributor, Reader and User Access Administrator, as Azure defines them. Every [Policy] has
// them.
func BuiltInRoles() []RoleDefinition {
	builtIn := func(id, name, description string, permission Permission) RoleDefinition {
		return RoleDefinition{
			ID:               id,
			RoleName:         name,
			Description:      description,
			Type:             BuiltInRole,
			Permissions:      []Permission{permission},
			AssignableScopes: []string{"/"},
		}
	}
	return []RoleDefinition{
		builtIn(RoleOwner, "Owner",
			"Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
			Permission{Actions: []string{"*"}}),
		builtIn(RoleContributor, "Contributor",
			"Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC, manage assignments in Azure Blueprints, or share image galleries.",
			Permission{
				Actions: []string{"*"},
				NotActions: []string{
					"Microsoft.Authorization/*/Delete",
					"Microsoft.Authorization/*/Write",
					"Microsoft.Authorization/elevateAccess/Action",
					"Microsoft.Blueprint/blueprintAssignments/write",
					"Microsoft.Blueprint/blueprintAssignments/delete",
					"Microsoft.Compute/galleries/share/action",
					"Microsoft.Purview/consents/write",
					"Microsoft.Purview/consents/delete",
					"Microsoft.Resources/deploymentStacks/manageDenySetting/action",
					"Microsoft.Subscription/cancel/action",
					"Microsoft.Subscription/enable/action",
				},
			}),
		builtIn(RoleReader, "Reader",
			"View all resources, but does not allow you to make any changes.",
			Permission{Actions: []string{"*/read"}}),
		builtIn(RoleUserAccessAdministrator, "User Access Administrator",
			"Lets you manage user access to Azure resources.",
			Permission{Actions: []string{"*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"}}),
	}
}

// builtInRole returns the built-in role that has a roleKey.
func builtInRole(key string) (RoleDefinition, bool) {
	roles := BuiltInRoles()
	i := slices.IndexFunc(roles, func(d RoleDefinition) bool { return d.ID == key })
	if i < 0 {
		return RoleDefinition{}, false
	}
	return roles[i], true
}
