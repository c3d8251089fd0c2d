package rbac_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

// A deny assignment as the REST API lists it, and as tools print it that flatten the object. Azure's own are named without dashes.
const (
	restDenyAssignment = `{
  "properties": {
    "denyAssignmentName": "Nobody deletes",
    "description": "What the site needs.",
    "permissions": [
      {"actions": ["*/delete"], "notActions": ["Microsoft.Web/*"], "dataActions": [], "notDataActions": [], "condition": null, "conditionVersion": null}
    ],
    "scope": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/web",
    "doNotApplyToChildScopes": false,
    "principals": [{"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
    "excludePrincipals": [{"id": "bbbbbbbb-0000-0000-0000-000000000002", "type": "ServicePrincipal"}],
    "isSystemProtected": true,
    "createdOn": "2024-05-06T07:08:09.123456Z"
  },
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/web/providers/Microsoft.Authorization/denyAssignments/dddddddd0000000000000000000000d1",
  "type": "Microsoft.Authorization/denyAssignments",
  "name": "dddddddd0000000000000000000000d1"
}`
	cliDenyAssignment = `{
  "denyAssignmentEffect": "Enforced",
  "denyAssignmentName": "Nobody deletes",
  "description": "What the site needs.",
  "doNotApplyToChildScopes": false,
  "excludePrincipals": [{"displayName": null, "id": "bbbbbbbb-0000-0000-0000-000000000002", "type": "ServicePrincipal"}],
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/web/providers/Microsoft.Authorization/denyAssignments/dddddddd-0000-0000-0000-0000000000d1",
  "isSystemProtected": true,
  "name": "dddddddd-0000-0000-0000-0000000000d1",
  "permissions": [{"actions": ["*/delete"], "dataActions": [], "notActions": ["Microsoft.Web/*"], "notDataActions": []}],
  "principals": [{"displayName": "All Principals", "id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}],
  "scope": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/web",
  "type": "Microsoft.Authorization/denyAssignments"
}`
	denialCondition = `ActionMatches{'Microsoft.Compute/*'}`
)

func TestImportDenyAssignments(t *testing.T) {
	denial := rbac.DenyAssignment{
		Name: "dddddddd-0000-0000-0000-0000000000d1", DenyAssignmentName: "Nobody deletes", Description: "What the site needs.",
		Scope: groupA,
		Permissions: []rbac.Permission{{
			Actions: []string{"*/delete"}, NotActions: []string{"Microsoft.Web/*"}, DataActions: []string{}, NotDataActions: []string{},
		}},
		Principals:        []rbac.DenyPrincipal{{ID: rbac.EveryoneID, Type: "SystemDefined"}},
		ExcludePrincipals: []rbac.DenyPrincipal{{ID: "bbbbbbbb-0000-0000-0000-000000000002", Type: "ServicePrincipal"}},
		IsSystemProtected: true,
	}
	conditional, only := denial, denial
	conditional.Permissions = []rbac.Permission{denial.Permissions[0]}
	conditional.Permissions[0].Condition, conditional.Permissions[0].ConditionVersion = denialCondition, "2.0"
	only.DoNotApplyToChildScopes = true
	tests := []struct {
		name  string
		files []rbac.ImportFile
		want  []rbac.DenyAssignment
	}{
		{"REST", []rbac.ImportFile{file("a", restDenyAssignment)}, []rbac.DenyAssignment{denial}},
		{"flat", []rbac.ImportFile{file("a", "["+cliDenyAssignment+"]")}, []rbac.DenyAssignment{denial}},
		{"both", []rbac.ImportFile{file("a", cliDenyAssignment), file("b", restDenyAssignment)}, []rbac.DenyAssignment{denial, denial}},
		{"without a type", []rbac.ImportFile{file("a", edited(t, restDenyAssignment, `"type": "Microsoft.Authorization/denyAssignments",`, ""))}, []rbac.DenyAssignment{denial}},
		{"without a scope", []rbac.ImportFile{file("a", edited(t, restDenyAssignment, `"scope": "`+groupA+`",`, ""))}, []rbac.DenyAssignment{denial}},
		{"not for child scopes", []rbac.ImportFile{file("a", edited(t, restDenyAssignment, `"doNotApplyToChildScopes": false`, `"DoNotApplyToChildScopes": true`))}, []rbac.DenyAssignment{only}},
		{"condition of a permission", []rbac.ImportFile{file("a", edited(t, restDenyAssignment, `"condition": null, "conditionVersion": null`, `"condition": "`+denialCondition+`", "conditionVersion": "2.0"`))}, []rbac.DenyAssignment{conditional}},
		{"condition of the whole", []rbac.ImportFile{file("a", edited(t, restDenyAssignment, `"isSystemProtected"`, `"condition": "`+denialCondition+`", "conditionVersion": "2.0", "isSystemProtected"`))}, []rbac.DenyAssignment{conditional}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, err := rbac.Import(tt.files...)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(config.DenyAssignments, tt.want) {
				t.Errorf("%+v\nwant %+v", config.DenyAssignments, tt.want)
			}
			if _, err := rbac.NewMemoryStore(config); err != nil {
				t.Error(err)
			}
		})
	}
}

// What is imported blocks: everyone but those who are excluded, and in the actions that it names.
func TestImportedDenyAssignmentBlocks(t *testing.T) {
	owner := func(n byte, principal string) string {
		return `{"name": "` + name(n) + `", "scope": "/", "principalId": "` + principal + `", "roleDefinitionId": "` + rbac.RoleOwner + `"}`
	}
	const excluded = "bbbbbbbb-0000-0000-0000-000000000002"
	config, err := rbac.Import(file("a", restDenyAssignment), file("b", "["+owner(1, alice)+","+owner(2, excluded)+"]"))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := rbac.NewPolicy(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		who, action, scope string
		want               bool
	}{
		{alice, "Microsoft.Compute/virtualMachines/delete", machine, false},
		{alice, "Microsoft.Compute/virtualMachines/read", machine, true},
		{alice, "Microsoft.Web/sites/delete", groupA, true},
		{alice, "Microsoft.Compute/virtualMachines/delete", subA, true},
		{excluded, "Microsoft.Compute/virtualMachines/delete", machine, true},
	} {
		if got := allowed(t, policy, tt.who, tt.action, tt.scope); got != tt.want {
			t.Errorf("%s, %s at %s: %v", tt.who, tt.action, tt.scope, got)
		}
	}
}

func TestImportDenyAssignmentErrors(t *testing.T) {
	edit := func(old, new string) []rbac.ImportFile {
		return []rbac.ImportFile{file("a.json", edited(t, restDenyAssignment, old, new))}
	}
	tests := []struct {
		name  string
		files []rbac.ImportFile
		want  string // begins the error
		is    error
	}{
		{"empty", []rbac.ImportFile{file("a.json", `[{"type": "Microsoft.Authorization/denyAssignments"}]`)}, "a.json: [0].name: missing", nil},
		{"audited only", edit(`"denyAssignmentName"`, `"denyAssignmentEffect": "audit", "denyAssignmentName"`), `a.json: properties.denyAssignmentEffect: "audit" is not enforced`, nil},
		{"effect beside properties", edit(`"properties"`, `"denyAssignmentEffect": "audit", "properties"`), "a.json: denyAssignmentEffect: stands beside properties", nil},
		{"name", edit(`"name": "dddddddd`, `"name": "x`), "a.json: id: does not end in the name", nil},
		{"name is no GUID", []rbac.ImportFile{file("a.json", strings.ReplaceAll(cliDenyAssignment, "dddddddd-0000", "dddddddd"))}, "a.json: name: ", nil},
		{"id of a role assignment", edit(`denyAssignments/dddd`, `roleAssignments/dddd`), "a.json: id: not an id of Microsoft.Authorization/denyAssignments", nil},
		{"id at another scope", edit(`"scope": "/subscriptions/1111`, `"scope": "/subscriptions/2111`), "a.json: id: lies at another scope", nil},
		{"scope", []rbac.ImportFile{file("a.json", edited(t, edited(t, cliDenyAssignment, `"scope": "/sub`, `"scope": "//sub`), `"id": "/subscriptions`, `"x": "`))}, "a.json: scope: ", nil},
		{"action", edit(`["*/delete"]`, `["*/delete", ""]`), "a.json: properties.permissions[0].actions[1]: ", rbac.ErrInvalidAction},
		{"principal", edit(`"id": "00000000-0000`, `"id": "00000000`), "a.json: properties.principals[0].id: ", rbac.ErrInvalidPrincipal},
		{"everyone excluded", edit(`"id": "bbbbbbbb-0000-0000-0000-000000000002"`, `"id": "00000000-0000-0000-0000-000000000000"`), "a.json: properties.excludePrincipals[0].id: ", rbac.ErrInvalidPrincipal},
		{"principal is a string", edit(`"principals": [`, `"principals": ["x", `), "a.json: properties.principals[0]: unexpected JSON string", nil},
		{"child scopes", edit(`"doNotApplyToChildScopes": false`, `"doNotApplyToChildScopes": "true"`), "a.json: properties.doNotApplyToChildScopes: unexpected JSON string", nil},
		{"condition of a permission", edit(`"condition": null`, `"condition": "x"`), "a.json: properties.permissions[0].condition: invalid condition: ", rbac.ErrCondition},
		{"condition of the whole", edit(`"isSystemProtected"`, `"condition": "x", "isSystemProtected"`), "a.json: properties.condition: invalid condition: ", rbac.ErrCondition},
		{"conditions of both", []rbac.ImportFile{file("a.json", edited(t, edited(t, restDenyAssignment, `"condition": null`, `"condition": "`+denialCondition+`"`), `"isSystemProtected"`, `"condition": "`+denialCondition+`", "isSystemProtected"`))}, "a.json: properties.condition: stands beside conditions of permissions", nil},
		{"two", []rbac.ImportFile{file("a.json", restDenyAssignment), file("b.json", "["+edited(t, cliDenyAssignment, "*/delete", "*/write")+"]")}, "b.json: [0]: conflicts with a.json: both have the name dddddddd-0000-0000-0000-0000000000d1", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, err := rbac.Import(tt.files...)
			if err == nil || !strings.HasPrefix(err.Error(), "rbac: "+tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Fatalf("error %v, want rbac: %s", err, tt.want)
			}
			if config.DenyAssignments != nil {
				t.Errorf("%+v besides an error", config)
			}
		})
	}
}
