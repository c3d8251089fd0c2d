package rbac

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

const plainObject = `{"condition": null, "createdOn": "2024-05-06T07:08:09.123456+00:00", "description": "x",
	"id": "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/eeeeeeee-0000-0000-0000-000000000001",
	"name": "eeeeeeee-0000-0000-0000-000000000001", "principalId": "aaaaaaaa-0000-0000-0000-000000000001", "principalName": "alice",
	"principalType": "User", "roleDefinitionId": "/providers/x/acdd72a7-3385-48ef-bd42-f606fba81ae7", "scope": "/subscriptions/s",
	"type": "Microsoft.Authorization/roleAssignments"}`

// Both ways of reading an object come to the same.
func TestPlainReader(t *testing.T) {
	edit := func(old, new string) string {
		if !strings.Contains(plainObject, old) {
			t.Fatalf("no %s", old)
		}
		return strings.Replace(plainObject, old, new, 1)
	}
	tests := []struct {
		name, object string
		plain        bool
	}{
		{"as az lists it", plainObject, true},
		{"no type", edit(`"type"`, `"x"`), true},
		{"empty type", edit(`"type": "Microsoft.Authorization/roleAssignments"`, `"type": ""`), true},
		{"null type", edit(`"type": "Microsoft.Authorization/roleAssignments"`, `"type": null`), true},
		{"type in other letters", edit("Microsoft.Authorization/roleAssignments\"}", "MICROSOFT.authorization/ROLEASSIGNMENTS\"}"), true},
		{"no type and no principal", strings.NewReplacer(`"type"`, `"x"`, `"principalId"`, `"y"`).Replace(plainObject), false},
		{"no principal", edit(`"principalId"`, `"x"`), true},
		{"null principal", edit(`"principalId": "aaaaaaaa-0000-0000-0000-000000000001"`, `"principalId": null`), true},
		{"no scope", edit(`"scope"`, `"x"`), true},
		{"another scope", edit(`"scope": "/subscriptions/s"`, `"scope": "/"`), true},
		{"no name", edit(`"name"`, `"x"`), true},
		{"no id", edit(`"id"`, `"x"`), true},
		{"neither name nor id", strings.NewReplacer(`"name"`, `"x"`, `"id"`, `"y"`).Replace(plainObject), true},
		{"condition", edit(`"condition": null`, `"condition": "@Resource[a] BoolEquals true", "conditionVersion": "2.0"`), true},
		{"version of no condition", edit(`"condition": null`, `"conditionVersion": "2.0"`), true},
		{"times", edit(`"condition": null`, `"startDateTime": "2024-01-02T03:04:05+01:00", "endDateTime": "2034-01-02T03:04:05Z"`), true},
		{"no time", edit(`"condition": null`, `"startDateTime": "yesterday"`), true},
		{"properties are null", edit(`"condition": null`, `"properties": null`), true},
		{"properties", edit(`"condition": null`, `"properties": {}`), false},
		{"properties are a string", edit(`"condition": null`, `"properties": "x"`), false},
		{"unknown member with a list", edit(`"principalName": "alice"`, `"principalName": [{"principalId": 1}]`), true},
		{"scope is a number", edit(`"scope": "/subscriptions/s"`, `"scope": 1`), false},
		{"status is a list", edit(`"condition": null`, `"status": []`), false},
		{"status", edit(`"condition": null`, `"status": "Revoked"`), true},
		{"escape in a value", edit(`"description": "x"`, `"description": "x\n\u0041"`), false},
		{"escape in a name", edit(`"condition": null`, `"\u0063ondition": "x"`), false},
		{"name in other letters", edit(`"condition"`, `"Condition"`), false},
		{"name with a dash", edit(`"condition"`, `"con-dition"`), false},
		{"name with an underscore", edit(`"principalType"`, `"principal_type"`), false},
		{"name with a Kelvin sign", edit(`"condition"`, "\"\u212a\""), true},
		{"long s in scope", edit(`"scope"`, "\"\u017fcope\""), false},
		{"twice, in other letters", edit(`"condition": null`, `"condition": null, "CONDITION": "x"`), false},
		{"schedule instance", edit(`"condition": null`, `"originRoleAssignmentId": null`), false},
		{"schedule instance without a type", strings.Replace(edit(`"type"`, `"x"`), `"condition"`, `"roleAssignmentScheduleId"`, 1), false},
		{"eligibility", strings.Replace(edit(`"type"`, `"x"`), `"condition"`, `"RoleEligibilityScheduleId"`, 1), false},
		{"deny assignment", strings.Replace(edit(`"type"`, `"x"`), `"condition"`, `"principals"`, 1), false},
		{"another type", edit("Microsoft.Authorization/roleAssignments\"}", "Microsoft.Authorization/roleDefinitions\"}"), false},
		{"type with a prefix", edit(`"type": "`, `"type": "/providers/`), false},
		{"a string", `"x"`, false},
		{"null", `null`, false},
		{"empty", `{}`, false},
	}
	var im importer // one for all, so that it remembers
	for range 2 {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				if _, _, ok := im.plain.read(jsontext.Value(tt.object)); ok != tt.plain {
					t.Errorf("plain: %t", ok)
				}
				compareReaders(t, &im, tt.object)
			})
		}
	}
}

func compareReaders(t *testing.T, im *importer, object string) {
	t.Helper()
	at := origin{file: "a", index: 3, inList: true}
	general := &importer{}
	got := &importer{plain: im.plain}
	gotErr, wantErr := got.readObject(at, jsontext.Value(object)), general.readAny(at, jsontext.Value(object))
	im.plain = got.plain
	if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
		t.Errorf("error %v, want %v", gotErr, wantErr)
	}
	if !reflect.DeepEqual(got.config, general.config) || !reflect.DeepEqual(got.origins, general.origins) || !reflect.DeepEqual(got.scheduled, general.scheduled) {
		t.Errorf("got %+v\nwant %+v", got.config, general.config)
	}
}

func FuzzPlainReader(f *testing.F) {
	for _, seed := range []string{plainObject, `{"roleDefinitionId": "x", "principalId": "y"}`, `{"role-definitionId": "x", "principalId": "y", "scope": ""}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, object string) {
		if !jsontext.Value(object).IsValid() {
			t.Skip()
		}
		compareReaders(t, &importer{}, string(jsontext.Value(strings.TrimSpace(object))))
	})
}
