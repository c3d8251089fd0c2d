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

// azObject is a whole one of az's. The value of each member that is read is what others are not.
const azObject = `{
    "canDelegate": null,
    "condition": null,
    "conditionVersion": null,
    "createdBy": "bbbbbbbb-0000-0000-0000-000000000002",
    "createdOn": "2024-05-06T07:08:09.123456+00:00",
    "delegatedManagedIdentityResourceId": null,
    "description": null,
    "id": "/subscriptions/s/resourceGroups/web/providers/Microsoft.Authorization/roleAssignments/eeeeeeee-0000-0000-0000-000000000002",
    "name": "eeeeeeee-0000-0000-0000-000000000002",
    "principalId": "aaaaaaaa-0000-0000-0000-000000000002",
    "principalName": "bob@contoso.com",
    "principalType": "User",
    "resourceGroup": "web",
    "roleDefinitionId": "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "roleDefinitionName": "Reader",
    "scope": "/subscriptions/s/resourceGroups/web",
    "type": "Microsoft.Authorization/roleAssignments",
    "updatedBy": "bbbbbbbb-0000-0000-0000-000000000002",
    "updatedOn": "2024-05-06T07:08:09.123456+00:00"
  }`

// Both ways of reading an object come to the same.
func TestPlainReader(t *testing.T) {
	edit := func(old, new string) string {
		if !strings.Contains(plainObject, old) {
			t.Fatalf("no %s", old)
		}
		return strings.Replace(plainObject, old, new, 1)
	}
	azEdit := func(old, new string) string {
		if !strings.Contains(azObject, old) {
			t.Fatalf("no %s", old)
		}
		return strings.ReplaceAll(azObject, old, new)
	}
	tests := []struct {
		name, object string
		plain        bool
	}{
		{"whole", azObject, true},
		{"whole, in no resource group", strings.Replace(azEdit("/resourceGroups/web", ""), `"resourceGroup": "web",`, "", 1), true},
		{"whole, at the root", strings.Replace(azEdit(`/subscriptions/s/resourceGroups/web`, ""), `"scope": ""`, `"scope": "/"`, 1), true},
		{"whole, empty scope", azEdit(`"scope": "/subscriptions/s/resourceGroups/web"`, `"scope": ""`), true},
		{"whole, in a line", azEdit("\n", ""), true},
		{"whole, more blanks before a value", azEdit(`"canDelegate": `, `"canDelegate":   `), true},
		{"whole, value of a member that was null", azEdit(`"canDelegate": null`, `"canDelegate": true`), true},
		{"whole, list with what looks like a member", azEdit(`"canDelegate": null`, `"canDelegate":      {"a":1,"scope":"/"}`), true},
		{"whole, another type that begins the same", azEdit(`roleAssignments",`, `roleAssignmentsX",`), false},
		{"whole, principal's type that begins the same", azEdit(`"User"`, `"UserX"`), true},
		{"whole, name with letters outside ASCII", azEdit("bob@", "Bjørn \u2028"), true},
		{"whole, name with an escape", azEdit("bob@", `\"bob\"`), true},
		{"whole, description with letters outside ASCII", azEdit(`"description": null`, `"description": "für später"`), true},
		{"whole, id of another name", azEdit(`roleAssignments/eeeeeeee`, `roleAssignments/ffffffff`), true},
		{"whole, id of the name in other letters", azEdit(`roleAssignments/eeeeeeee`, `roleAssignments/EEEEEEEE`), true},
		{"whole, id at another scope", azEdit(`web/providers`, `other/providers`), true},
		{"whole, id at the scope in other letters", azEdit(`web/providers`, `WEB/Providers`), true},
		{"whole, id of a definition", azEdit(`roleAssignments/`, `roleDefinitions/`), true},
		{"whole, scope is none", azEdit("resourceGroups/web", "resourceGroups/"), true},
		{"whole, scope with a name that is none", azEdit("resourceGroups/web", "resourceGroups/providers"), true},
		{"whole, name is no GUID", azEdit("eeeeeeee-", "e-"), true},
		{"whole, name is a word of ids", azEdit("eeeeeeee-0000-0000-0000-000000000002", "providers"), true},
		{"whole, long scope", azEdit("resourceGroups/web", "resourceGroups/"+strings.Repeat("w", maxPathLength-len("/subscriptions/s/resourceGroups/")-8)), true},
		{"whole, long description", azEdit(`"description": null`, `"description": "`+strings.Repeat("x", 2*maxRepeated)+`"`), true},
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
	for _, seed := range []string{plainObject, azObject, `{"roleDefinitionId": "x", "principalId": "y"}`, `{"role-definitionId": "x", "principalId": "y", "scope": ""}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, object string) {
		if !jsontext.Value(object).IsValid() {
			return
		}
		object = string(jsontext.Value(strings.TrimSpace(object)))
		compareReaders(t, &importer{}, object)
		var im importer // remembers az's, and then the object
		compareReaders(t, &im, azObject)
		compareReaders(t, &im, object)
		compareReaders(t, &im, object)
		compareReaders(t, &im, azObject)
	})
}

// What is no JSON is not read, however much of it is like the object before.
func TestPlainReaderRefuses(t *testing.T) {
	edit := func(old, new string) string {
		if !strings.Contains(azObject, old) {
			t.Fatalf("no %s", old)
		}
		return strings.Replace(azObject, old, new, 1)
	}
	for name, object := range map[string]string{
		"repeated member":                 edit(`"createdBy"`, `"condition": null, "createdBy"`),
		"repeated member that is ignored": edit(`"createdBy"`, `"canDelegate": null, "createdBy"`),
		"repeated in a value":             edit(`"canDelegate": null`, `"canDelegate": {"a": 1, "a": 2}`),
		"no comma":                        edit(`null,`, `null`),
		"two commas":                      edit(`null,`, `null,,`),
		"comma at the end":                strings.TrimSuffix(azObject, "}") + ",}",
		"comma at the beginning":          edit(`{`, `{,`),
		"no colon":                        edit(`: null`, ` null`),
		"no value":                        edit(`: null`, `: `),
		"other letters in null":           edit(`: null`, `: nulL`),
		"letters behind null":             edit(`: null`, `: nullx`),
		"letters behind a string":         edit(`"User"`, `"User"x`),
		"two values":                      edit(`"User"`, `"User" "User"`),
		"string without an end":           strings.TrimSuffix(strings.TrimRight(azObject, "} \n"), `"`),
		"no end":                          strings.TrimSuffix(azObject, "}"),
		"control character":               edit(`"Reader"`, "\"Rea\x1fder\""),
		"line feed":                       edit(`"Reader"`, "\"Rea\nder\""),
		"invalid UTF-8":                   edit(`"Reader"`, "\"Rea\xffder\""),
		"invalid UTF-8 in a name":         edit(`"roleDefinitionName"`, "\"roleDefinitionName\xff\""),
		"invalid escape":                  edit(`"Reader"`, `"Rea\der"`),
		"blank that is none of JSON's":    edit("    \"canDelegate\"", "\v   \"canDelegate\""),
		"number with a zero before it":    edit(`"canDelegate": null`, `"canDelegate": 01`),
		"list that is ended as an object": edit(`"canDelegate": null`, `"canDelegate": [}`),
		"single quotes":                   edit(`"User"`, `'User'`),
	} {
		t.Run(name, func(t *testing.T) {
			var r plainReader
			for range 2 { // and once more with what it remembers
				if _, _, ok := r.read(jsontext.Value(object)); ok {
					t.Error("read")
				}
				if _, _, ok := r.read(jsontext.Value(azObject)); !ok {
					t.Error("not read as it should be")
				}
			}
		})
	}
}

// What has more names than are remembered is left to the general way, which reads it the same.
func TestPlainReaderNames(t *testing.T) {
	var im importer
	for n := range 80 {
		member := fmt.Sprintf(`"x%d": "y", `, n)
		object := strings.Replace(plainObject, `"createdOn"`, member+`"createdOn"`, 1)
		_, _, ok := im.plain.read(jsontext.Value(object))
		if want := n < maxIgnoredNames-2; ok != want { // createdOn and principalName are others
			t.Errorf("%d: plain: %t", n, ok)
		}
		compareReaders(t, &im, object)
		if _, _, ok := im.plain.read(jsontext.Value(strings.Replace(object, `"createdOn"`, member+`"createdOn"`, 1))); ok {
			t.Errorf("%d: read although a name repeats", n)
		}
	}
}

// Of strings, the reader takes those for plain that are.
func TestAfterPlainString(t *testing.T) {
	for length := range 20 {
		for at := range length {
			for c := range 256 {
				text := []byte(`"` + strings.Repeat("x", length) + `"`)
				text[1+at] = byte(c)
				want := len(text)
				switch {
				case c == '"':
					want = at + 2
				case c < ' ', c >= 0x80, c == '\\':
					want = 0
				}
				if got := afterPlainString(text, 0); got != want {
					t.Fatalf("%q: %d, want %d", text, got, want)
				}
			}
		}
	}
}
