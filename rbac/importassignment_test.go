package rbac_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hubgate.example/rbac"
)

// scheduleInstance is an instance as the REST API lists it, of assignment eeeeeeee-...1, which lets alice read subscription A.
const scheduleInstance = `{
  "properties": {
    "originRoleAssignmentId": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/roleAssignments/eeeeeeee-0000-0000-0000-000000000001",
    "linkedRoleEligibilityScheduleId": "bbbbbbbb-0000-0000-0000-000000000007",
    "roleAssignmentScheduleId": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/RoleAssignmentSchedules/bbbbbbbb-0000-0000-0000-000000000008",
    "assignmentType": "Activated",
    "memberType": "Direct",
    "status": "Provisioned",
    "scope": "/subscriptions/11111111-1111-1111-1111-111111111111",
    "roleDefinitionId": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "principalId": "aaaaaaaa-0000-0000-0000-000000000001",
    "principalType": "User",
    "startDateTime": "2024-09-09T21:35:27.91Z",
    "endDateTime": "2024-09-10T07:35:17.91+02:00",
    "condition": null,
    "conditionVersion": null,
    "createdOn": "2024-09-09T21:35:27.91Z",
    "expandedProperties": {"scope": {"displayName": "A", "type": "subscription"}}
  },
  "name": "ffffffff-0000-0000-0000-00000000000f",
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/RoleAssignmentScheduleInstances/ffffffff-0000-0000-0000-00000000000f",
  "type": "Microsoft.Authorization/RoleAssignmentScheduleInstances"
}`

// scheduledAssignment is the same, as az role assignment list prints it.
const scheduledAssignment = `{
  "canDelegate": null,
  "condition": null,
  "conditionVersion": null,
  "createdBy": "bbbbbbbb-0000-0000-0000-000000000002",
  "createdOn": "2024-09-09T21:35:27.910000+00:00",
  "delegatedManagedIdentityResourceId": null,
  "description": "on call",
  "id": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/roleAssignments/eeeeeeee-0000-0000-0000-000000000001",
  "name": "eeeeeeee-0000-0000-0000-000000000001",
  "principalId": "aaaaaaaa-0000-0000-0000-000000000001",
  "principalName": "alice@contoso.com",
  "principalType": "User",
  "roleDefinitionId": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
  "roleDefinitionName": "Reader",
  "scope": "/subscriptions/11111111-1111-1111-1111-111111111111",
  "type": "Microsoft.Authorization/roleAssignments",
  "updatedBy": "bbbbbbbb-0000-0000-0000-000000000002",
  "updatedOn": "2024-09-09T21:35:27.910000+00:00"
}`

// edited returns data with old replaced, which must be in it.
func edited(t testing.TB, data, old, new string) string {
	t.Helper()
	if !strings.Contains(data, old) {
		t.Fatalf("no %s", old)
	}
	return strings.Replace(data, old, new, 1)
}

func TestImportScheduleInstances(t *testing.T) {
	start, end := time.Date(2024, 9, 9, 21, 35, 27, 910e6, time.UTC), time.Date(2024, 9, 10, 5, 35, 17, 910e6, time.UTC)
	without := func(old ...string) string {
		data := scheduleInstance
		for _, o := range old {
			data = edited(t, data, o, "")
		}
		return data
	}
	assigned := rbac.RoleAssignment{
		Name: name(1), Scope: subA, PrincipalID: alice, PrincipalType: "User", Start: start, End: end,
		RoleDefinitionID: subA + "/providers/Microsoft.Authorization/roleDefinitions/" + rbac.RoleReader,
	}
	described, forever, own := assigned, assigned, assigned
	described.Description = "on call"
	forever.Start, forever.End = time.Time{}, time.Time{}
	own.Name = "ffffffff-0000-0000-0000-00000000000f"
	tests := []struct {
		name  string
		files []string
		want  []rbac.RoleAssignment
	}{
		{"alone", []string{scheduleInstance}, []rbac.RoleAssignment{assigned}},
		{"in an answer", []string{`{"value": [` + scheduleInstance + `]}`}, []rbac.RoleAssignment{assigned}},
		{"twice", []string{scheduleInstance, scheduleInstance}, []rbac.RoleAssignment{assigned, assigned}},
		{"with its assignment", []string{scheduleInstance, scheduledAssignment}, []rbac.RoleAssignment{described, described}},
		{"with its assignment twice", []string{scheduledAssignment, scheduleInstance, scheduledAssignment}, []rbac.RoleAssignment{described, described, described}},
		{"the assignment says the time itself", []string{scheduleInstance, edited(t, scheduledAssignment, `"condition": null`,
			`"startDateTime": "2024-09-09T21:35:27.910000+00:00", "endDateTime": "2024-09-10T05:35:17.91Z"`)}, []rbac.RoleAssignment{described, described}},
		{"a version of no condition", []string{scheduleInstance, edited(t, scheduledAssignment, `"conditionVersion": null`, `"conditionVersion": "2.0"`)}, []rbac.RoleAssignment{described, described}},
		{"without a time", []string{without(`"startDateTime": "2024-09-09T21:35:27.91Z",`, `"endDateTime": "2024-09-10T07:35:17.91+02:00",`)}, []rbac.RoleAssignment{forever}},
		{"without a type", []string{without(`,
  "type": "Microsoft.Authorization/RoleAssignmentScheduleInstances"`)}, []rbac.RoleAssignment{assigned}},
		{"of no assignment", []string{without(`"originRoleAssignmentId": "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Authorization/roleAssignments/eeeeeeee-0000-0000-0000-000000000001",`)}, []rbac.RoleAssignment{own}},
		{"status in other letters", []string{edited(t, scheduleInstance, `"Provisioned"`, `"ACCEPTED"`)}, []rbac.RoleAssignment{assigned}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var files []rbac.ImportFile
			for i, data := range tt.files {
				files = append(files, file(fmt.Sprint(i), data))
			}
			for range 2 {
				config, err := rbac.Import(files...)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(config.Assignments, tt.want) {
					t.Errorf("%+v\nwant %+v", config.Assignments, tt.want)
				}
				slices.Reverse(files)
			}
		})
	}
}

func TestImportTimes(t *testing.T) {
	now := time.Now().UTC()
	at := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	for _, tt := range []struct {
		name, start, end string
		want             bool
	}{
		{"no bounds", "null", "null", true},
		{"from now on", `"` + at(-time.Hour) + `"`, "null", true},
		{"until later", "null", `"` + at(time.Hour) + `"`, true},
		{"not yet", `"` + at(time.Hour) + `"`, "null", false},
		{"no longer", "null", `"` + at(-time.Hour) + `"`, false},
	} {
		times := `"startDateTime": ` + tt.start + `, "endDateTime": ` + tt.end
		for shape, data := range map[string]string{
			"CLI":  edited(t, scheduledAssignment, `"condition": null`, times),
			"REST": edited(t, edited(t, scheduleInstance, `"startDateTime": "2024-09-09T21:35:27.91Z"`, times), `"endDateTime": "2024-09-10T07:35:17.91+02:00",`, ""),
		} {
			config, err := rbac.Import(file("a", data))
			if err != nil {
				t.Fatal(err)
			}
			policy, err := rbac.NewPolicy(config)
			if err != nil {
				t.Fatal(err)
			}
			if got := allowed(t, policy, alice, "a/read", machine); got != tt.want {
				t.Errorf("%s, %s: %v", tt.name, shape, got)
			}
		}
	}
}

func TestImportConditions(t *testing.T) {
	const condition = `@Resource[Contoso/things:colour] StringEquals 'red'`
	config, err := rbac.Import(
		file("who", edited(t, scheduledAssignment, `"condition": null,
  "conditionVersion": null`, `"condition": "`+condition+`", "conditionVersion": "2.0"`)),
		file("when", edited(t, scheduleInstance, `"condition": null,
    "conditionVersion": null`, `"condition": "`+condition+`", "conditionVersion": "2.0"`)),
		file("roles", edited(t, restRole, `"actions": [`, `"Condition": "`+condition+`", "conditionVersion": "2.0", "actions": [`)),
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range config.Assignments {
		if a.Condition != condition || a.ConditionVersion != "2.0" {
			t.Errorf("%+v", a)
		}
	}
	if p := config.Roles[0].Permissions[0]; p.Condition != condition || p.ConditionVersion != "2.0" {
		t.Errorf("%+v", p)
	}
}

func TestImportAssignmentErrors(t *testing.T) {
	edit := func(data, old, new string) string { return edited(t, data, old, new) }
	tests := []struct {
		name  string
		files []rbac.ImportFile
		want  string // begins the error
		is    error
	}{
		{"condition", []rbac.ImportFile{file("a.json", edit(scheduledAssignment, `"condition": null`, `"condition": "@Resource..."`))}, "a.json: condition: ", rbac.ErrCondition},
		{"condition in other letters", []rbac.ImportFile{file("a.json", "["+edit(scheduledAssignment, `"condition": null`, `"CONDITION": "@Resource..."`)+"]")}, "a.json: [0].condition: ", rbac.ErrCondition},
		{"condition, REST", []rbac.ImportFile{file("a.json", edit(scheduleInstance, `"condition": null`, `"condition": "@Resource..."`))}, "a.json: properties.condition: ", rbac.ErrCondition},
		{"condition of the role", []rbac.ImportFile{file("a.json", edit(restRole, `"actions"`, `"condition": "@Resource...", "actions"`))}, "a.json: properties.permissions[0].condition: ", rbac.ErrCondition},
		{"start", []rbac.ImportFile{file("a.json", edit(scheduledAssignment, `"condition": null`, `"startDateTime": "yesterday"`))}, `a.json: startDateTime: "yesterday" is not a time`, nil},
		{"start is the zero time", []rbac.ImportFile{file("a.json", edit(scheduledAssignment, `"condition": null`, `"startDateTime": "0001-01-01T00:00:00Z"`))}, "a.json: startDateTime: ", nil},
		{"end is the zero time", []rbac.ImportFile{file("a.json", edit(scheduleInstance, `"2024-09-10T07:35:17.91+02:00"`, `"0001-01-01T00:00:00+00:00"`))}, "a.json: properties.endDateTime: ", nil},
		{"end without a zone", []rbac.ImportFile{file("a.json", edit(scheduleInstance, `"2024-09-10T07:35:17.91+02:00"`, `"2024-09-10T07:35:17"`))}, "a.json: properties.endDateTime: ", nil},
		{"end is a number", []rbac.ImportFile{file("a.json", edit(scheduleInstance, `"2024-09-10T07:35:17.91+02:00"`, `1725946517`))}, "a.json: properties.endDateTime: unexpected JSON number", nil},

		{"revoked", []rbac.ImportFile{file("a.json", edit(scheduleInstance, `"Provisioned"`, `"Revoked"`))}, `a.json: properties.status: "Revoked" is none of `, nil},
		{"origin", []rbac.ImportFile{file("a.json", edit(scheduleInstance, `roleAssignments/eeeeeeee-0000`, `roleAssignments/eeeeeeee`))}, "a.json: properties.originRoleAssignmentId: ", nil},
		{"origin beside properties", []rbac.ImportFile{file("a.json", edit(scheduleInstance, `"name"`, `"originRoleAssignmentId": "", "name"`))}, "a.json: originRoleAssignmentId: stands beside properties", nil},
		{"id at another scope", []rbac.ImportFile{file("a.json", edit(scheduleInstance, `"scope": "/subscriptions/1111`, `"scope": "/subscriptions/2111`))}, "a.json: id: lies at another scope", nil},
		{"id of an assignment", []rbac.ImportFile{file("a.json", edit(scheduleInstance, `RoleAssignmentScheduleInstances/ffff`, `roleAssignments/ffff`))}, "a.json: id: not an id of ", nil},
		{"eligibility", []rbac.ImportFile{file("a.json", edit(scheduleInstance, `"type": "Microsoft.Authorization/RoleAssignmentScheduleInstances"`, `"type": "Microsoft.Authorization/roleEligibilityScheduleInstances"`))}, "a.json: type: ", nil},
		{"eligibility without a type", []rbac.ImportFile{file("a.json", `{"name": "eeeeeeee-0000-0000-0000-000000000001", "properties": {"roleEligibilityScheduleId": "x", "scope": "/", "principalId": "S-1-5-21-1", "roleDefinitionId": "acdd72a7-3385-48ef-bd42-f606fba81ae7"}}`)}, "a.json: neither ", nil},

		{"another time", []rbac.ImportFile{file("a.json", scheduleInstance), file("b.json", edit(scheduleInstance, `"2024-09-10T07`, `"2025-09-10T07`))}, "b.json: conflicts with a.json: both have the name", nil},
		{"another time than its assignment's", []rbac.ImportFile{file("a.json", scheduleInstance), file("b.json", edit(scheduledAssignment, `"condition": null`, `"endDateTime": "2025-09-10T05:35:17.91Z"`))}, "b.json: conflicts with a.json: both have the name", nil},
		{"another condition than its assignment's", []rbac.ImportFile{file("a.json", scheduleInstance), file("b.json", edit(scheduledAssignment, `"condition": null`, `"condition": "ActionMatches{'a/read'}"`))}, "b.json: conflicts with a.json: both have the name", nil},
		{"another role than its assignment's", []rbac.ImportFile{file("a.json", scheduleInstance), file("b.json", edit(scheduledAssignment, rbac.RoleReader, rbac.RoleOwner))}, "b.json: conflicts with a.json: both have the name", nil},
		{"an assignment of another name", []rbac.ImportFile{file("a.json", scheduleInstance), file("b.json", strings.ReplaceAll(scheduledAssignment, "eeeeeeee", "dddddddd"))}, "b.json: conflicts with a.json: both give the same principal", nil},
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
