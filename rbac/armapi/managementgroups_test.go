package armapi_test

import (
	"slices"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

// What is assigned at a management group is above the subscriptions in it, wherever scopes are compared.
func TestManagementGroups(t *testing.T) {
	const (
		it    = "/providers/Microsoft.Management/managementGroups/it"
		other = "/providers/Microsoft.Management/managementGroups/other"
		admin = "aaaaaaaa-0000-0000-0000-000000000008" // of management group it
	)
	everyone := []rbac.DenyPrincipal{{ID: rbac.EveryoneID}}
	store, err := rbac.NewMemoryStore(rbac.PolicyConfig{
		ManagementGroups: []rbac.ManagementGroupMember{{ManagementGroup: it, Member: subA}, {ManagementGroup: other, Member: subB}},
		Roles:            []rbac.RoleDefinition{{ID: role, RoleName: "it's", AssignableScopes: []string{it}, Permissions: []rbac.Permission{{Actions: []string{"a/read"}}}}},
		Assignments: []rbac.RoleAssignment{
			{Name: assignmentName(1), Scope: it, RoleDefinitionID: rbac.RoleOwner, PrincipalID: admin},
			{Name: assignmentName(2), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: staff},
			{Name: assignmentName(3), Scope: "/", RoleDefinitionID: rbac.RoleOwner, PrincipalID: chief},
			{Name: assignmentName(4), Scope: other, RoleDefinitionID: rbac.RoleReader, PrincipalID: staff},
			{Name: assignmentName(5), Scope: groupA, RoleDefinitionID: rbac.RoleReader, PrincipalID: admin},
		},
		DenyAssignments: []rbac.DenyAssignment{
			{Name: denyName("01"), Scope: it, Principals: everyone, Permissions: []rbac.Permission{{Actions: []string{"x"}}}},
			{Name: denyName("02"), Scope: subB, Principals: everyone, Permissions: []rbac.Permission{{Actions: []string{"x"}}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	handler := gated(t, store)
	for _, tt := range []struct{ who, target, filter, want string }{
		{chief, subA + assignments, "", "1,2,3,5"},
		{admin, subA + assignments, "", "1,2,5"},
		{admin, subA + assignments, "atScope()", "1,2"},
		{admin, it + assignments, "", "1,2,5"},
		{admin, it + assignments, "atScope()", "1"},
		{chief, other + assignments, "", "3,4"},
		{chief, subA + assignments, "principalId eq '" + admin + "'", "1,5"},
		{chief, subA + assignments, "atScope() and principalId eq '" + admin + "'", "1"},
		{chief, it + assignments, "principalId eq '" + staff + "'", "2"},
		{chief, subB + assignments, "principalId eq '" + staff + "'", "4"},
		{admin, subA + denials, "", "1"},
		{admin, it + denials, "", "1"},
		{chief, other + denials, "", "2"},
		{admin, subA + instances, "", "1,2,5"},
		{admin, subA + definitions, "type eq 'CustomRole'", "a"},
		{admin, groupA + definitions, "type eq 'CustomRole'", "a"},
		{chief, subB + definitions, "type eq 'CustomRole'", ""},
	} {
		query := ""
		if tt.filter != "" {
			query = "&$filter=" + strings.NewReplacer(" ", "%20", "'", "%27").Replace(tt.filter)
		}
		response, body := call(handler, tt.who, "GET", tt.target+v2022+query, "")
		want := strings.FieldsFunc(tt.want, func(r rune) bool { return r == ',' })
		if got := names(body); response.StatusCode != 200 || !slices.Equal(got, want) {
			t.Errorf("%s, %s %s: %d %v, want %v", tt.who, tt.target, tt.filter, response.StatusCode, got, want)
		}
	}
	if response, body := call(handler, admin, "PUT", groupA+assignments+"/"+fresh+v2022, assignmentBody(role, staff, "")); response.StatusCode != 201 {
		t.Errorf("%d %v", response.StatusCode, body)
	}
	if status, decisions, failure := post(t, admin, it+checkAccess, checkBody(admin, "", groupA, "a/write"), store); status != 200 || decisions[0]["accessDecision"] != "Allowed" {
		t.Errorf("%d %v %v", status, decisions, failure)
	}
	if status, _, failure := post(t, admin, it+checkAccess, checkBody(admin, "", subB, "a/write"), store); status != 400 {
		t.Errorf("a member of another management group: %d %v", status, failure)
	}
}
