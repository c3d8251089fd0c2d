package rbac_test

import (
	"strings"
	"testing"

	"hubgate.example/rbac"
)

func TestBuiltInRoles(t *testing.T) {
	tests := []struct {
		role   string
		action string
		plane  rbac.Plane
		allow  bool
	}{
		{rbac.RoleOwner, "Microsoft.Compute/virtualMachines/write", rbac.ControlPlane, true},
		{rbac.RoleOwner, "Microsoft.Authorization/roleAssignments/write", rbac.ControlPlane, true},
		{rbac.RoleOwner, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", rbac.DataPlane, false},
		{rbac.RoleContributor, "Microsoft.Compute/virtualMachines/write", rbac.ControlPlane, true},
		{rbac.RoleContributor, "Microsoft.Authorization/roleAssignments/read", rbac.ControlPlane, true},
		{rbac.RoleContributor, "Microsoft.Authorization/roleAssignments/write", rbac.ControlPlane, false},
		{rbac.RoleContributor, "microsoft.authorization/roledefinitions/DELETE", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Authorization/elevateAccess/action", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Blueprint/blueprintAssignments/write", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Blueprint/blueprintAssignments/delete", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Compute/galleries/share/action", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Purview/consents/write", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Purview/consents/delete", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Resources/deploymentStacks/manageDenySetting/action", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Subscription/cancel/action", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Subscription/enable/action", rbac.ControlPlane, false},
		{rbac.RoleReader, "Microsoft.Compute/virtualMachines/read", rbac.ControlPlane, true},
		{rbac.RoleReader, "Microsoft.Compute/virtualMachines/write", rbac.ControlPlane, false},
		{rbac.RoleReader, "Microsoft.Compute/virtualMachines/start/action", rbac.ControlPlane, false},
		{rbac.RoleUserAccessAdministrator, "Microsoft.Compute/virtualMachines/read", rbac.ControlPlane, true},
		{rbac.RoleUserAccessAdministrator, "Microsoft.Authorization/roleAssignments/delete", rbac.ControlPlane, true},
		{rbac.RoleUserAccessAdministrator, "Microsoft.Support/supportTickets/write", rbac.ControlPlane, true},
		{rbac.RoleUserAccessAdministrator, "Microsoft.Compute/virtualMachines/write", rbac.ControlPlane, false},
	}
	for _, tt := range tests {
		set := resourceSet(t, rbac.PolicyConfig{
			Assignments: []rbac.RoleAssignment{{Scope: subA, RoleDefinitionID: tt.role, PrincipalID: alice}},
		}, rbac.Subject{ObjectID: alice})
		got := set.Check(rbac.Operation{Action: tt.action, Scope: mustScope(t, machine), Plane: tt.plane})
		if got.Allowed != tt.allow {
			t.Errorf("%s, %s, plane %d: %v, want %v", tt.role, tt.action, tt.plane, got.Allowed, tt.allow)
		}
	}
}

func TestBuiltInRolesAreTheCallersOwn(t *testing.T) {
	rbac.BuiltInRoles()[0].Permissions[0].Actions[0] = "changed"
	if got := rbac.BuiltInRoles()[0].Permissions[0].Actions[0]; got != "*" {
		t.Errorf("Owner has %q", got)
	}
}

func TestDefinitionReplacesBuiltIn(t *testing.T) {
	set := resourceSet(t, rbac.PolicyConfig{
		Roles: []rbac.RoleDefinition{{ID: strings.ToUpper(rbac.RoleReader), Type: rbac.BuiltInRole, Permissions: []rbac.Permission{{Actions: []string{"a/read"}}}}},
		Assignments: []rbac.RoleAssignment{
			{Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
		},
	}, rbac.Subject{ObjectID: alice})
	for action, want := range map[string]bool{"a/read": true, "b/read": false} {
		if got := set.Check(rbac.Operation{Action: action, Scope: mustScope(t, subA)}); got.Allowed != want {
			t.Errorf("%s: %v", action, got.Allowed)
		}
	}
}
