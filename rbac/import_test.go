package rbac_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

// Files as the tools write them.
const (
	cliRoles = `[
  {
    "assignableScopes": ["/"],
    "createdBy": null,
    "createdOn": "2015-02-02T21:55:09.880642+00:00",
    "description": "View all resources, but does not allow you to make any changes.",
    "id": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "name": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "permissions": [{"actions": ["*/read"], "condition": null, "conditionVersion": null, "dataActions": [], "notActions": [], "notDataActions": []}],
    "roleName": "Reader",
    "roleType": "BuiltInRole",
    "type": "Microsoft.Authorization/roleDefinitions",
    "updatedBy": null
  },
  {
    "assignableScopes": ["/subscriptions/11111111-1111-1111-1111-111111111111"],
    "description": null,
    "id": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/roleDefinitions/dddddddd-0000-0000-0000-000000000004",
    "name": "dddddddd-0000-0000-0000-000000000004",
    "permissions": [{"actions": ["Microsoft.Compute/*/read "], "dataActions": null, "notActions": ["Microsoft.Compute/disks/read"], "notDataActions": []}],
    "roleName": "Machine reader",
    "roleType": "CustomRole",
    "type": "Microsoft.Authorization/roleDefinitions"
  }
]`
	cliAssignments = `[
  {
    "canDelegate": null,
    "condition": null,
    "conditionVersion": null,
    "createdBy": "bbbbbbbb-0000-0000-0000-000000000002",
    "createdOn": "2024-05-06T07:08:09.123456+00:00",
    "delegatedManagedIdentityResourceId": null,
    "description": null,
    "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/web/providers/Microsoft.Authorization/roleAssignments/eeeeeeee-0000-0000-0000-000000000001",
    "name": "eeeeeeee-0000-0000-0000-000000000001",
    "principalId": "aaaaaaaa-0000-0000-0000-000000000001",
    "principalName": "alice@contoso.com",
    "principalType": "User",
    "resourceGroup": "web",
    "roleDefinitionId": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/roleDefinitions/dddddddd-0000-0000-0000-000000000004",
    "roleDefinitionName": "Machine reader",
    "scope": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/web",
    "type": "Microsoft.Authorization/roleAssignments",
    "updatedBy": "bbbbbbbb-0000-0000-0000-000000000002",
    "updatedOn": "2024-05-06T07:08:09.123456+00:00"
  },
  {
    "canDelegate": null,
    "condition": null,
    "conditionVersion": null,
    "createdBy": null,
    "createdOn": "2024-05-06T07:08:09.123456+00:00",
    "delegatedManagedIdentityResourceId": null,
    "description": null,
    "id": "/providers/Microsoft.Authorization/roleAssignments/eeeeeeee-0000-0000-0000-000000000002",
    "name": "eeeeeeee-0000-0000-0000-000000000002",
    "principalId": "S-1-5-21-1004336348-1177238915-682003330-512",
    "principalName": "",
    "principalType": null,
    "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "roleDefinitionName": null,
    "scope": "/",
    "type": "Microsoft.Authorization/roleAssignments",
    "updatedBy": null,
    "updatedOn": "2024-05-06T07:08:09.123456+00:00"
  }
]`
	restRole = `{
  "properties": {
    "roleName": "Machine reader",
    "type": "CustomRole",
    "description": null,
    "assignableScopes": ["/subscriptions/11111111-1111-1111-1111-111111111111"],
    "permissions": [{"actions": ["Microsoft.Compute/*/read "], "notActions": ["Microsoft.Compute/disks/read"]}],
    "createdOn": "2024-05-06T07:08:09.123456Z"
  },
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/roleDefinitions/dddddddd-0000-0000-0000-000000000004",
  "type": "Microsoft.Authorization/roleDefinitions",
  "name": "dddddddd-0000-0000-0000-000000000004"
}`
	restAssignment = `{
  "properties": {
    "roleDefinitionId": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/roleDefinitions/dddddddd-0000-0000-0000-000000000004",
    "principalId": "aaaaaaaa-0000-0000-0000-000000000001",
    "principalType": "User",
    "scope": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/web"
  },
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/web/providers/Microsoft.Authorization/roleAssignments/eeeeeeee-0000-0000-0000-000000000001",
  "type": "Microsoft.Authorization/roleAssignments",
  "name": "eeeeeeee-0000-0000-0000-000000000001"
}`
)

func file(name, data string) rbac.ImportFile {
	return rbac.ImportFile{Name: name, Data: []byte(data)}
}

// principalOf is the n-th assignment, to a principal of that type.
func principalOf(principalType string, n int) string {
	return fmt.Sprintf(`{"name": "eeeeeeee-0000-0000-0000-%012d", "scope": "/", "principalId": "S-1-5-21-%d", "principalType": %q,
		"roleDefinitionId": "acdd72a7-3385-48ef-bd42-f606fba81ae7"}`, n, n, principalType)
}

func TestImport(t *testing.T) {
	tests := []struct {
		name        string
		files       []rbac.ImportFile
		roles       int
		assignments int
	}{
		{"nothing", nil, 0, 0},
		{"empty list", []rbac.ImportFile{file("a", "[]")}, 0, 0},
		{"empty answer", []rbac.ImportFile{file("a", `{"value": []}`)}, 0, 0},
		{"CLI", []rbac.ImportFile{file("a", cliRoles), file("b", cliAssignments)}, 2, 2},
		{"CLI, assignments first", []rbac.ImportFile{file("b", cliAssignments), file("a", cliRoles)}, 2, 2},
		{"principal types", []rbac.ImportFile{file("a", principalOf("User", 1)), file("b", principalOf("Group", 2)), file("c", principalOf("ServicePrincipal", 3)),
			file("d", principalOf("ForeignGroup", 4)), file("e", principalOf("Device", 5)), file("f", principalOf("", 6))}, 0, 6},
		{"byte order mark", []rbac.ImportFile{file("a", "\ufeff"+cliRoles)}, 2, 0},
		{"REST, single object", []rbac.ImportFile{file("a", restRole)}, 1, 0},
		{"REST, list", []rbac.ImportFile{file("a", "["+restRole+","+restAssignment+"]")}, 1, 1},
		{"REST, answer", []rbac.ImportFile{file("a", `{"nextLink": null, "value": [`+restAssignment+","+restRole+"]}")}, 1, 1},
		{"both shapes, the same objects", []rbac.ImportFile{file("a", cliRoles), file("b", cliAssignments), file("c", "["+restRole+","+restAssignment+"]")}, 3, 3},
		{"no type", []rbac.ImportFile{
			file("a", `{"name": "dddddddd-0000-0000-0000-000000000004", "roleName": "x", "permissions": []}`),
			file("b", `{"name": "eeeeeeee-0000-0000-0000-000000000001", "scope": "/", "principalId": "S-1-5-21-1", "roleDefinitionId": "dddddddd-0000-0000-0000-000000000004"}`),
		}, 1, 1},
		{"no name and no scope, but an id", []rbac.ImportFile{
			file("b", `{"id": "`+machine+`/providers/Microsoft.Authorization/roleAssignments/eeeeeeee-0000-0000-0000-000000000001", "principalId": "S-1-5-21-1", "roleDefinitionId": "acdd72a7-3385-48ef-bd42-f606fba81ae7"}`),
		}, 0, 1},
		{"role without name", []rbac.ImportFile{file("a", strings.Replace(cliRoles, `"name": "acdd72a7-3385-48ef-bd42-f606fba81ae7",`, "", 1))}, 2, 0},
		{"members in other letters", []rbac.ImportFile{file("a", strings.NewReplacer(`"permissions"`, `"Permissions"`, `"name"`, `"NAME"`, `"actions"`, `"Actions"`, `"type"`, `"Type"`).Replace(cliRoles))}, 2, 0},
		{"type in other letters", []rbac.ImportFile{file("a", strings.ReplaceAll(cliRoles, "Microsoft.Authorization/roleDefinitions\"", "MICROSOFT.authorization/ROLEDEFINITIONS\""))}, 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, err := rbac.Import(tt.files...)
			if err != nil {
				t.Fatal(err)
			}
			if len(config.Roles) != tt.roles || len(config.Assignments) != tt.assignments {
				t.Errorf("%d roles, %d assignments", len(config.Roles), len(config.Assignments))
			}
			store, err := rbac.NewMemoryStore(config)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(tt.name, "CLI") {
				for action, want := range map[string]bool{"Microsoft.Compute/virtualMachines/read": true, "Microsoft.Compute/disks/read": false, "a/read": false} {
					if got := allowed(t, store, alice, action, machine); got != want {
						t.Errorf("alice, %s: %v", action, got)
					}
				}
				if !allowed(t, store, sid, "a/read", "/") {
					t.Error("the group cannot read")
				}
			}
		})
	}
}

func TestImportOrder(t *testing.T) {
	files := []rbac.ImportFile{file("a", cliRoles), file("b", cliAssignments), file("c", "["+restRole+","+restAssignment+"]")}
	want, err := rbac.Import(files...)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(files)
	if got, err := rbac.Import(files...); err != nil || !reflect.DeepEqual(withoutEmpty(got), withoutEmpty(want)) {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
	}
}

// withoutEmpty makes nil of empty lists: one shape of an object has them, the other leaves them out.
func withoutEmpty(config rbac.PolicyConfig) rbac.PolicyConfig {
	for _, role := range config.Roles {
		for i := range role.Permissions {
			p := &role.Permissions[i]
			for _, list := range []*[]string{&p.Actions, &p.NotActions, &p.DataActions, &p.NotDataActions} {
				if len(*list) == 0 {
					*list = nil
				}
			}
		}
	}
	return config
}

func TestImportKeepsFields(t *testing.T) {
	config, err := rbac.Import(file("a", cliRoles), file("b", cliAssignments))
	if err != nil {
		t.Fatal(err)
	}
	role, assignment := config.Roles[1], config.Assignments[0]
	if role.ID != customRole || role.RoleName != "Machine reader" || role.Type != rbac.CustomRole || role.AssignableScopes[0] != subA ||
		role.Permissions[0].Actions[0] != "Microsoft.Compute/*/read " || role.Permissions[0].NotActions[0] != "Microsoft.Compute/disks/read" {
		t.Errorf("%+v", role)
	}
	if want := (rbac.RoleAssignment{Name: name(1), Scope: groupA, PrincipalID: alice, PrincipalType: "User",
		RoleDefinitionID: subA + "/providers/Microsoft.Authorization/roleDefinitions/" + customRole}); assignment != want {
		t.Errorf("%+v", assignment)
	}
}

func TestImportErrors(t *testing.T) {
	// edit returns the CLI's two objects with a part of the first replaced.
	edit := func(data, old, new string) string {
		if !strings.Contains(data, old) {
			t.Fatalf("no %s", old)
		}
		return strings.Replace(data, old, new, 1)
	}
	role := func(old, new string) []rbac.ImportFile {
		return []rbac.ImportFile{file("roles.json", edit(cliRoles, old, new))}
	}
	assignment := func(old, new string) []rbac.ImportFile {
		return []rbac.ImportFile{file("roles.json", cliRoles), file("who.json", edit(cliAssignments, old, new))}
	}
	tests := []struct {
		name  string
		files []rbac.ImportFile
		want  string // begins the error
		is    error
	}{
		{"empty file", []rbac.ImportFile{file("a.json", "")}, "a.json: invalid JSON at byte 0: ", nil},
		{"no JSON", []rbac.ImportFile{file("a.json", "[")}, "a.json: ", nil},
		{"comma at the end", []rbac.ImportFile{file("a.json", "["+restRole+",]")}, "a.json: [1]: invalid JSON at byte ", nil},
		{"comma in the place of an object", []rbac.ImportFile{file("a.json", "[,"+restRole+"]")}, "a.json: [0]: invalid JSON at byte ", nil},
		{"no comma", []rbac.ImportFile{file("a.json", "["+restRole+restRole+"]")}, "a.json: invalid JSON at byte ", nil},
		{"text behind a list", []rbac.ImportFile{file("a.json", "["+restRole+"] x")}, "a.json: invalid JSON at byte ", nil},
		{"wrong, and text behind a list", []rbac.ImportFile{file("a.json", "[{}]x")}, "a.json: invalid JSON at byte ", nil},
		{"too many levels", []rbac.ImportFile{file("a.json", `[{"x": `+strings.Repeat("[", 9_999)+strings.Repeat("]", 9_999)+"}]")}, "a.json: [0].x", nil},
		{"two values", []rbac.ImportFile{file("a.json", "[] []")}, "a.json: ", nil},
		{"repeated member", role(`"roleType": "BuiltInRole"`, `"roleType": "BuiltInRole", "roleType": "CustomRole"`), "roles.json: [0].roleType: invalid JSON at byte ", nil},
		{"invalid UTF-8", []rbac.ImportFile{file("a.json", "[\"\xff\"]")}, "a.json: ", nil},
		{"UTF-16", []rbac.ImportFile{file("a.json", "\xff\xfe[\x00]\x00")}, "a.json: ", nil},
		{"a string", []rbac.ImportFile{file("a.json", `"x"`)}, "a.json: neither a list nor an object", nil},
		{"null", []rbac.ImportFile{file("a.json", `null`)}, "a.json: neither a list nor an object", nil},
		{"value is no list", []rbac.ImportFile{file("a.json", `{"value": {}}`)}, "a.json: value: neither", nil},
		{"object is a string", []rbac.ImportFile{file("a.json", `["x"]`)}, "a.json: [0]: unexpected JSON string", nil},
		{"object is null", []rbac.ImportFile{file("a.json", `[null]`)}, "a.json: [0]: neither a role definition nor an assignment nor a management group", nil},
		{"not recognised", []rbac.ImportFile{file("a.json", `{"value": [{"name": "x"}]}`)}, "a.json: value[0]: neither a role definition nor an assignment nor a management group", nil},
		{"single, not recognised", []rbac.ImportFile{file("a.json", `{"name": "x"}`)}, "a.json: neither a role definition nor an assignment nor a management group", nil},
		{"the input of az role definition create", []rbac.ImportFile{file("a.json", `{"Name": "x", "IsCustom": true, "Actions": ["*"]}`)}, "a.json: neither a role definition nor an assignment nor a management group", nil},
		{"other type", role(`"type": "Microsoft.Authorization/roleDefinitions"`, `"type": "Microsoft.Authorization/locks"`), "roles.json: [0].type: ", nil},
		{"type is a number", role(`"type": "Microsoft.Authorization/roleDefinitions"`, `"type": 1`), "roles.json: [0].type: unexpected JSON number", nil},
		{"properties is a list", []rbac.ImportFile{file("a.json", edit(restRole, `"properties": {`, `"properties": [], "x": {`))}, "a.json: properties: unexpected JSON list", nil},

		{"condition twice, in other letters", assignment(`"condition": null`, `"condition": null, "Condition": "@Resource..."`), "who.json: [0].Condition: invalid JSON at byte ", nil},

		{"role name is no GUID", []rbac.ImportFile{file("roles.json", `{"name": "x", "roleName": "x", "permissions": []}`)}, "roles.json: name: ", nil},
		{"role without name and id", []rbac.ImportFile{file("roles.json", `[{"roleName": "x", "permissions": []}]`)}, "roles.json: [0].name: missing", nil},
		{"role name and id differ", role(`"name": "acdd72a7`, `"name": "bcdd72a7`), "roles.json: [0].id: does not end in the name", nil},
		{"role type", role(`"BuiltInRole"`, `"Builtin"`), "roles.json: [0].roleType: ", nil},
		{"condition beside properties", []rbac.ImportFile{file("a.json", edit(restAssignment, `"properties": {`, `"Condition": "x", "properties": {`))}, "a.json: Condition: stands beside properties", nil},
		{"two beside properties", []rbac.ImportFile{file("a.json", edit(restAssignment, `"properties": {`, `"Scope": "/", "scope": "/", "properties": {`))}, "a.json: Scope: stands beside properties", nil},
		{"two others beside properties", []rbac.ImportFile{file("a.json", edit(restAssignment, `"properties": {`, `"x": [{}], "endDateTime": "", "condition": "", "scope": "/", "properties": {`))}, "a.json: endDateTime: stands beside properties", nil},
		{"scope beside properties", []rbac.ImportFile{file("a.json", edit(restAssignment, `"properties": {`, `"scope": "/", "properties": {`))}, "a.json: scope: stands beside properties", nil},
		{"end beside properties", []rbac.ImportFile{file("a.json", edit(restAssignment, `"properties": {`, `"endDateTime": "2020-01-01T00:00:00Z", "properties": {`))}, "a.json: endDateTime: stands beside properties", nil},
		{"permissions beside properties", []rbac.ImportFile{file("a.json", edit(restRole, `"properties": {`, `"permissions": [], "properties": {`))}, "a.json: permissions: stands beside properties", nil},
		{"role type, REST", []rbac.ImportFile{file("a.json", edit(restRole, `"CustomRole"`, `"Custom"`))}, "a.json: properties.type: ", nil},
		{"role name", role(`"roleName": "Reader"`, `"roleName": {}`), "roles.json: [0].roleName: unexpected JSON object", nil},
		{"permissions", role(`"permissions": [{`, `"permissions": [1, {`), "roles.json: [0].permissions[0]: unexpected JSON number", nil},
		{"action is no string", role(`["*/read"]`, `["*/read", false]`), "roles.json: [0].permissions[0].actions[1]: unexpected JSON false", nil},
		{"action", role(`["Microsoft.Compute/*/read "]`, `["*", "", "a/read"]`), "roles.json: [1].permissions[0].actions[1]: ", rbac.ErrInvalidAction},
		{"two wildcards", role(`["Microsoft.Compute/disks/read"]`, `["*/disks/*"]`), "roles.json: [1].permissions[0].notActions[0]: ", rbac.ErrInvalidAction},
		{"data action", role(`"dataActions": null`, `"dataActions": ["**"]`), "roles.json: [1].permissions[0].dataActions[0]: ", rbac.ErrInvalidAction},
		{"action, REST answer", []rbac.ImportFile{file("a.json", `{"value": [`+restAssignment+","+edit(restRole, `"Microsoft.Compute/disks/read"`, `"a", "**"`)+`]}`)}, "a.json: value[1].properties.permissions[0].notActions[1]: ", rbac.ErrInvalidAction},
		{"assignable scope", role(`"assignableScopes": ["/"]`, `"assignableScopes": ["/", "/x"]`), "roles.json: [0].assignableScopes[1]: ", nil},

		{"assignment name is no GUID", []rbac.ImportFile{file("who.json", `{"name": "x", "scope": "/", "principalId": "S-1-5-21-1", "roleDefinitionId": "acdd72a7-3385-48ef-bd42-f606fba81ae7"}`)}, "who.json: name: ", nil},
		{"assignment without name and id", []rbac.ImportFile{file("who.json", `[{"scope": "/", "principalId": "S-1-5-21-1", "roleDefinitionId": "acdd72a7-3385-48ef-bd42-f606fba81ae7"}]`)}, "who.json: [0].name: missing", nil},
		{"assignment id is no path", []rbac.ImportFile{file("who.json", `[{"id": "eeeeeeee-0000-0000-0000-000000000001", "scope": "/", "principalId": "S-1-5-21-1", "roleDefinitionId": "acdd72a7-3385-48ef-bd42-f606fba81ae7"}]`)}, "who.json: [0].id: ", nil},
		{"assignment id is another's", assignment(`roleAssignments/eeeeeeee`, `roleDefinitions/eeeeeeee`), "who.json: [0].id: not an id of Microsoft.Authorization/roleAssignments", nil},
		{"assignment id at another scope", assignment(`resourceGroups/web/providers`, `resourceGroups/other/providers`), "who.json: [0].id: lies at another scope", nil},
		{"scope", assignment(`"scope": "/subscriptions/`, `"scope": "/subscriptions//`), "who.json: [0].scope: ", nil},
		{"no scope", []rbac.ImportFile{file("who.json", `{"name": "eeeeeeee-0000-0000-0000-000000000001", "principalId": "S-1-5-21-1", "roleDefinitionId": "acdd72a7-3385-48ef-bd42-f606fba81ae7"}`)}, "who.json: scope: ", nil},
		{"principal", assignment(`"principalId": "aaaaaaaa`, `"principalId": "aaaa`), "who.json: [0].principalId: ", rbac.ErrInvalidPrincipal},
		{"principal, REST", []rbac.ImportFile{file("r.json", restRole), file("a.json", edit(restAssignment, `"principalId": "aaaaaaaa`, `"principalId": "aaaa`))}, "a.json: properties.principalId: ", rbac.ErrInvalidPrincipal},
		{"principal type", assignment(`"principalType": "User"`, `"principalType": "Robot"`), "who.json: [0].principalType: ", nil},
		{"principal type in other letters", assignment(`"principalType": "User"`, `"principalType": "user"`), "who.json: [0].principalType: ", nil},
		{"principal type, REST", []rbac.ImportFile{file("r.json", restRole), file("a.json", edit(restAssignment, `"User"`, `"Everyone"`))}, "a.json: properties.principalType: ", nil},
		{"UTF-16, little endian", []rbac.ImportFile{file("roles.json", "\xff\xfe[\x00]\x00")}, "roles.json: is UTF-16, ", nil},
		{"UTF-16, big endian", []rbac.ImportFile{file("roles.json", "\xfe\xff\x00[\x00]")}, "roles.json: is UTF-16, ", nil},
		{"principal is null", assignment(`"principalId": "aaaaaaaa-0000-0000-0000-000000000001"`, `"principalId": null`), "who.json: [0].principalId: ", rbac.ErrInvalidPrincipal},
		{"role id", assignment(`roleDefinitions/dddddddd-`, `roleDefinitions/dddd`), "who.json: [0].roleDefinitionId: ", nil},
		{"role in no file", []rbac.ImportFile{file("who.json", cliAssignments)}, "who.json: [0].roleDefinitionId: ", rbac.ErrRoleNotFound},

		{"two definitions", []rbac.ImportFile{file("b.json", cliRoles), file("a.json", edit(restRole, "Machine reader", "Other"))}, "a.json: conflicts with b.json: [1]: both have the id dddddddd-0000-0000-0000-000000000004", nil},
		{"two assignments", []rbac.ImportFile{file("r.json", cliRoles), file("a.json", edit(restAssignment, `"User"`, `"Group"`)), file("b.json", cliAssignments)}, "b.json: [0]: conflicts with a.json: both have the name eeeeeeee-0000-0000-0000-000000000001", nil},
		{"two names of a grant", []rbac.ImportFile{file("r.json", cliRoles), file("b.json", cliAssignments), file("a.json", strings.ReplaceAll(restAssignment, "eeeeeeee", "ffffffff"))}, "a.json: conflicts with b.json: [0]: both give the same principal", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, err := rbac.Import(tt.files...)
			if err == nil || !strings.HasPrefix(err.Error(), "rbac: "+tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Fatalf("error %v, want rbac: %s", err, tt.want)
			}
			if config.Roles != nil || config.Assignments != nil {
				t.Errorf("%+v besides an error", config)
			}
		})
	}
}

func FuzzImport(f *testing.F) {
	for _, seed := range []string{cliRoles, cliAssignments, restRole, restAssignment, `{"value": [` + restRole + `]}`, "\ufeff[]", "[", "null", `[{"type": 1}]`,
		`[{"properties": {"denyAssignmentName": "x"}}]`, `[{"name": "x", "condition": "y"}]`,
		restDenyAssignment, cliDenyAssignment, scheduleInstance, "[" + scheduledAssignment + "," + scheduleInstance + "]",
		restTree, cliTree, restEntities, cliEntities, restGrouped, cliGrouped, "[" + cliTree + "," + restTree + "]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		config, err := rbac.Import(rbac.ImportFile{Name: "fuzz.json", Data: data})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "rbac: fuzz.json: ") {
				t.Fatalf("error does not name the file: %v", err)
			}
			return
		}
		// What is accepted compiles, also beside itself, and can be stored.
		twice, err := rbac.Import(rbac.ImportFile{Name: "a", Data: data}, rbac.ImportFile{Name: "b", Data: data})
		if err != nil || len(twice.Roles) != 2*len(config.Roles) || len(twice.Assignments) != 2*len(config.Assignments) ||
			len(twice.DenyAssignments) != 2*len(config.DenyAssignments) || len(twice.ManagementGroups) != 2*len(config.ManagementGroups) {
			t.Fatalf("not accepted twice: %v", err)
		}
		if _, err := rbac.NewMemoryStore(twice); err != nil {
			t.Fatal(err)
		}
	})
}
