package startup

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"hubgate.example/rbac"
)

// A printedRole is what az role definition list -o json prints for a role, in az's order.
type printedRole struct {
	AssignableScopes []string            `json:"assignableScopes"`
	Description      string              `json:"description"`
	ID               string              `json:"id"`
	Name             string              `json:"name"`
	Permissions      []printedPermission `json:"permissions"`
	RoleName         string              `json:"roleName"`
	RoleType         string              `json:"roleType"`
	Type             string              `json:"type"`
}

type printedPermission struct {
	Actions        []string `json:"actions"`
	DataActions    []string `json:"dataActions"`
	NotActions     []string `json:"notActions"`
	NotDataActions []string `json:"notDataActions"`
}

// A printedAssignment is what az role assignment list --all -o json prints for a role assignment, in az's order: the members of the API
// version 2020-04-01-preview, with null for what is not set, the names that az has looked up, and a resource group for what lies in one.
type printedAssignment struct {
	CanDelegate                        *bool   `json:"canDelegate"`
	Condition                          *string `json:"condition"`
	ConditionVersion                   *string `json:"conditionVersion"`
	CreatedBy                          string  `json:"createdBy"`
	CreatedOn                          string  `json:"createdOn"`
	DelegatedManagedIdentityResourceID *string `json:"delegatedManagedIdentityResourceId"`
	Description                        *string `json:"description"`
	ID                                 string  `json:"id"`
	Name                               string  `json:"name"`
	PrincipalID                        string  `json:"principalId"`
	PrincipalName                      string  `json:"principalName"`
	PrincipalType                      string  `json:"principalType"`
	ResourceGroup                      string  `json:"resourceGroup,omitempty"`
	RoleDefinitionID                   string  `json:"roleDefinitionId"`
	RoleDefinitionName                 string  `json:"roleDefinitionName"`
	Scope                              string  `json:"scope"`
	Type                               string  `json:"type"`
	UpdatedBy                          string  `json:"updatedBy"`
	UpdatedOn                          string  `json:"updatedOn"`
}

// WriteImport writes the roles and role assignments of a policy as az 2.45 prints them, in one list. The assignments, which are of
// subscriptions or lie in them, have no conditions, descriptions and times. It returns the length in bytes.
func WriteImport(name string, policy rbac.PolicyConfig) (n int64, err error) {
	file, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := bufio.NewWriter(file)
	separator := "["
	write := func(object any) error {
		text, err := json.MarshalIndent(object, "  ", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n  %s", separator, text)
		separator = ","
		return err
	}
	roleNames := make(map[string]string)
	for _, role := range rbac.BuiltInRoles() {
		roleNames[role.ID] = role.RoleName
	}
	for _, role := range policy.Roles {
		roleNames[role.ID] = role.RoleName
		printed := printedRole{
			AssignableScopes: []string{"/"},
			ID:               idAt(rbac.Root, "roleDefinitions", role.ID),
			Name:             role.ID,
			RoleName:         role.RoleName,
			RoleType:         rbac.CustomRole,
			Type:             "Microsoft.Authorization/roleDefinitions",
		}
		for _, p := range role.Permissions {
			printed.Permissions = append(printed.Permissions, printedPermission{
				Actions: orEmpty(p.Actions), DataActions: orEmpty(p.DataActions), NotActions: orEmpty(p.NotActions), NotDataActions: orEmpty(p.NotDataActions),
			})
		}
		if err := write(printed); err != nil {
			return 0, err
		}
	}
	for _, a := range policy.Assignments {
		scope, err := rbac.ParseScope(a.Scope)
		if err != nil {
			return 0, err
		}
		const someone, sometime = "0f9b6a3c-52d1-4e07-9b8e-6c1d2a7f4e35", "2024-05-06T07:08:09.123456+00:00"
		if err := write(printedAssignment{
			CreatedBy:          someone,
			CreatedOn:          sometime,
			ID:                 idAt(scope, "roleAssignments", a.Name),
			Name:               a.Name,
			PrincipalID:        a.PrincipalID,
			PrincipalName:      "Principal " + a.PrincipalID[:8],
			PrincipalType:      a.PrincipalType,
			ResourceGroup:      scope.ResourceGroup(),
			RoleDefinitionID:   "/subscriptions/" + scope.Subscription() + idAt(rbac.Root, "roleDefinitions", a.RoleDefinitionID),
			RoleDefinitionName: roleNames[a.RoleDefinitionID],
			Scope:              a.Scope,
			Type:               "Microsoft.Authorization/roleAssignments",
			UpdatedBy:          someone,
			UpdatedOn:          sometime,
		}); err != nil {
			return 0, err
		}
	}
	if _, err := io.WriteString(w, "\n]\n"); err != nil {
		return 0, err
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	return file.Seek(0, io.SeekEnd)
}

// idAt returns the id of what has a type of Microsoft.Authorization and a name at a scope.
func idAt(scope rbac.Scope, kind, name string) string {
	at := scope.String()
	if scope == rbac.Root {
		at = ""
	}
	return at + "/providers/Microsoft.Authorization/" + kind + "/" + name
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
