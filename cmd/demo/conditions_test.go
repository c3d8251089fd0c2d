package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/rbac"
)

// Who may assign one role only assigns that one: what the condition asks about stands in the request's content. And whoever may ask
// finds out what somebody else may do.
func TestDelegatedAssignments(t *testing.T) {
	const name = "b7d2f9a4-1c63-4e08-9d5a-2f8e6b0c3a71"
	attribute := "[Microsoft.Authorization/roleAssignments:RoleDefinitionId]"
	condition := fmt.Sprintf("((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request%s ForAnyOfAnyValues:GuidEquals {%s}))", attribute, rbac.RoleReader)
	outsider, reader := principal(t, sample.ADFS(), "outsider").ObjectID, principal(t, sample.ADFS(), "reader").ObjectID
	file := filepath.Join(t.TempDir(), "delegated.json")
	content := fmt.Sprintf(`[{"name":%q,"scope":%q,"principalId":%q,"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/%s",
		"condition":%q,"conditionVersion":"2.0"}]`, name, sandbox, outsider, rbac.RoleUserAccessAdministrator, condition)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	d := start(t, "--import", file)
	token := d.token(t, "outsider")
	for role, status := range map[string]int{rbac.RoleReader: 201, rbac.RoleOwner: 403} {
		got := d.call(t, token, "PUT", sandbox+"/providers/Microsoft.Authorization/roleAssignments/5b1d7e3f-9a24-4c86-b0f5-7d2e8c6a4f19?api-version=2022-04-01",
			fmt.Sprintf(`{"properties":{"principalId":%q,"roleDefinitionId":"%s/providers/Microsoft.Authorization/roleDefinitions/%s"}}`, reader, sandbox, role))
		if got.status != status {
			t.Errorf("role %s: %d %s, want %d", role, got.status, got.code, status)
		}
	}
	check := fmt.Sprintf(`{"Subject":{"Attributes":{"ObjectId":%q}},"Actions":[{"Id":"Microsoft.Compute/virtualMachines/read"}],"Resource":{"Id":%q}}`, reader, production)
	if got := d.call(t, d.token(t, "owner"), "POST", production+"/providers/Microsoft.Authorization/checkAccess?api-version=2018-09-01-preview", check); got.status != 200 || !strings.Contains(got.text, `"accessDecision":"Allowed"`) {
		t.Errorf("checkAccess: %d %s", got.status, got.text)
	}
}
