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

// WriteImport writes a policy as az prints roles and role assignments, with the members that rbac.Import reads, one object a line. It
// returns the length in bytes.
func WriteImport(name string, policy rbac.PolicyConfig) (n int64, err error) {
	file, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := bufio.NewWriter(file)
	separator := "["
	write := func(object any) error {
		line, err := json.Marshal(object)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n%s", separator, line)
		separator = ","
		return err
	}
	for _, role := range policy.Roles {
		permissions := []map[string][]string{}
		for _, p := range role.Permissions {
			permissions = append(permissions, map[string][]string{
				"actions": p.Actions, "notActions": p.NotActions, "dataActions": p.DataActions, "notDataActions": p.NotDataActions,
			})
		}
		if err := write(map[string]any{
			"name": role.ID, "roleName": role.RoleName, "roleType": rbac.CustomRole, "permissions": permissions, "assignableScopes": []string{"/"},
		}); err != nil {
			return 0, err
		}
	}
	for _, a := range policy.Assignments {
		if err := write(struct {
			Name             string `json:"name"`
			PrincipalID      string `json:"principalId"`
			PrincipalType    string `json:"principalType"`
			RoleDefinitionID string `json:"roleDefinitionId"`
			Scope            string `json:"scope"`
		}{a.Name, a.PrincipalID, a.PrincipalType, "/providers/Microsoft.Authorization/roleDefinitions/" + a.RoleDefinitionID, a.Scope}); err != nil {
			return 0, err
		}
	}
	if _, err := io.WriteString(w, "]\n"); err != nil {
		return 0, err
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	return file.Seek(0, io.SeekEnd)
}
