package armapi_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"hubgate.example/rbac"
	"hubgate.example/rbac/armapi"
)

const colour = `@Resource[Contoso/things:colour] StringEquals 'red'`

func assignmentBody(role, principal, more string) string {
	return fmt.Sprintf(`{"properties": {"roleDefinitionId": %q, "principalId": %q%s}}`, subA+definitions+"/"+role, principal, more)
}

func TestConditionOfAnAssignment(t *testing.T) {
	const target = subA + assignments + "/" + fresh
	plain := assignmentBody(rbac.RoleReader, staff, "")
	conditional := assignmentBody(rbac.RoleReader, staff, `, "description": "why", "condition": "`+colour+`", "conditionVersion": "2.0"`)
	steps := []struct {
		name, version, body    string
		status                 int
		condition, description string // afterwards, in the store
	}{
		{"made by an old version, which knows none", "2015-07-01", conditional, 201, colour, "why"},
		{"again", "2022-04-01", conditional, 200, colour, "why"},
		{"put by an old version that has not seen it", "2015-07-01", plain, 200, colour, "why"},
		{"and by the last of those", "2018-09-01-preview", plain, 200, colour, "why"},
		{"removed", "2022-04-01", plain, 200, "", ""},
		{"still", "2015-07-01", plain, 200, "", ""},
		{"added", "2020-04-01-preview", assignmentBody(rbac.RoleReader, staff, `, "condition": "`+colour+`"`), 200, colour, ""},
		{"exchanged", "2020-04-01-preview", assignmentBody(rbac.RoleReader, staff, `, "Condition": "`+strings.Replace(colour, "red", "blue", 1)+`"`), 200, strings.Replace(colour, "red", "blue", 1), ""},
		{"exchanged by an old version", "2015-07-01", assignmentBody(rbac.RoleReader, staff, `, "condition": "`+colour+`", "description": "old"`), 200, colour, "old"},
		{"a version of no condition", "2022-04-01", assignmentBody(rbac.RoleReader, staff, `, "condition": null, "conditionVersion": "2.0"`), 200, "", ""},
	}
	store := sampleStore(t)
	handler := gated(t, store)
	for _, step := range steps {
		response, body := call(handler, chief, "PUT", target+"?api-version="+step.version, step.body)
		if response.StatusCode != step.status {
			t.Fatalf("%s: %d %v", step.name, response.StatusCode, body)
		}
		stored, err := store.Assignment(t.Context(), fresh)
		if err != nil || stored.Condition != step.condition || stored.Description != step.description {
			t.Errorf("%s: %+v, %v", step.name, stored, err)
		}
		for version, knows := range map[string]bool{"2015-07-01": false, "2018-09-01-preview": false, "2020-04-01-preview": true, "2022-04-01": true} {
			_, body := call(handler, chief, "GET", target+"?api-version="+version, "")
			want, wantVersion := any(nil), any(nil)
			if knows && step.condition != "" {
				want, wantVersion = step.condition, "2.0"
			}
			if got := at(body, "properties", "condition"); got != want {
				t.Errorf("%s: %s shows %v", step.name, version, got)
			}
			if got := at(body, "properties", "conditionVersion"); got != wantVersion {
				t.Errorf("%s: %s shows version %v", step.name, version, got)
			}
		}
	}
}

// A put changes nothing of the time in which an assignment counts: this type of resource does not speak of it.
func TestPutKeepsTimes(t *testing.T) {
	start, end := time.Now().Add(-time.Hour).UTC(), time.Now().Add(time.Hour).UTC()
	store, err := rbac.NewMemoryStore(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
		{Name: assignmentName(1), Scope: "/", RoleDefinitionID: rbac.RoleOwner, PrincipalID: chief},
		{Name: assignmentName(2), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: staff, Start: start, End: end},
	}})
	if err != nil {
		t.Fatal(err)
	}
	response, body := call(gated(t, store), chief, "PUT", subA+assignments+"/"+assignmentName(2)+v2022, assignmentBody(rbac.RoleReader, staff, `, "description": "new"`))
	stored, err := store.Assignment(t.Context(), assignmentName(2))
	if response.StatusCode != 200 || err != nil || stored.Description != "new" || !stored.Start.Equal(start) || !stored.End.Equal(end) {
		t.Errorf("%d %v: %+v, %v", response.StatusCode, body, stored, err)
	}
}

func TestConditionOfADefinition(t *testing.T) {
	const target = subA + definitions + "/" + fresh
	body := func(condition string) string {
		return `{"properties": {"roleName": "Painter", "assignableScopes": ["` + subA + `"], "permissions": [{"actions": ["Contoso/things/*"]` + condition + `}]}}`
	}
	conditional := body(`, "condition": "` + colour + `", "conditionVersion": "2.0"`)
	store := sampleStore(t)
	handler := gated(t, store)
	for _, step := range []struct {
		name, version, body string
		status              int
		code                any
		condition           any // shown afterwards
	}{
		{"bad", "2022-04-01", body(`, "condition": "x"`), 400, "InvalidRequestContent", nil},
		{"bad, to an old version", "2015-07-01", body(`, "condition": "x"`), 400, "InvalidRequestContent", nil},
		{"unknown version of conditions", "2022-04-01", body(`, "condition": "` + colour + `", "conditionVersion": "9.0"`), 400, "InvalidRequestContent", nil},
		{"made by an old version", "2015-07-01", conditional, 201, nil, colour},
		{"put by an old version that has not seen it", "2015-07-01", body(""), 400, "RoleDefinitionUpdateNotPermitted", colour},
		{"put again by it", "2018-01-01-preview", conditional, 400, "RoleDefinitionUpdateNotPermitted", colour},
		{"put again", "2022-04-01", conditional, 201, nil, colour},
		{"removed", "2022-04-01", body(""), 201, nil, nil},
		{"put by an old version", "2015-07-01", body(""), 201, nil, nil},
	} {
		response, answer := call(handler, chief, "PUT", target+"?api-version="+step.version, step.body)
		if response.StatusCode != step.status || at(answer, "error", "code") != step.code {
			t.Errorf("%s: %d %v", step.name, response.StatusCode, answer)
		}
		for version, want := range map[string]any{"2015-07-01": nil, "2018-01-01-preview": nil, "2022-04-01": step.condition} {
			_, shown := call(handler, chief, "GET", target+"?api-version="+version, "")
			permissions, _ := at(shown, "properties", "permissions").([]any)
			if len(permissions) == 1 && at(permissions[0].(map[string]any), "condition") != want || len(permissions) != 1 && want != nil {
				t.Errorf("%s: %s shows %v, want %v", step.name, version, permissions, want)
			}
		}
	}
	// A role with a condition can be assigned.
	if response, answer := call(handler, chief, "PUT", target+v2022, conditional); response.StatusCode != 201 {
		t.Fatalf("%d %v", response.StatusCode, answer)
	}
	if response, answer := call(handler, chief, "PUT", subA+assignments+"/"+fresh+v2022, assignmentBody(fresh, staff, "")); response.StatusCode != 201 {
		t.Errorf("%d %v", response.StatusCode, answer)
	}
}

// Someone may give only some roles to only some principals, and take only those away: the gate asks what is written and deleted.
func TestDelegation(t *testing.T) {
	const (
		delegate = "aaaaaaaa-0000-0000-0000-000000000009"
		attr     = "[Microsoft.Authorization/roleAssignments:"
	)
	condition := "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR" +
		" (@Request" + attr + "RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {" + rbac.RoleReader + "}" +
		" AND @Request" + attr + "PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'Group'}" +
		" AND @Request" + attr + "PrincipalId] StringNotEquals '" + owner + "'))" +
		" AND ((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR" +
		" (@Resource" + attr + "RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {" + rbac.RoleReader + "}))"
	store := sampleStore(t)
	if _, _, err := store.PutAssignment(t.Context(), rbac.RoleAssignment{
		Name: assignmentName(9), Scope: subA, RoleDefinitionID: rbac.RoleUserAccessAdministrator, PrincipalID: delegate, Condition: condition, ConditionVersion: "2.0",
	}); err != nil {
		t.Fatal(err)
	}
	handler := gated(t, store, func(config *armapi.Config) {
		config.PrincipalTypeOf = func(id string) (string, bool) {
			types := map[string]string{staff: "Group", reader: "User", owner: "User"}
			return types[id], types[id] != ""
		}
	})
	group := `, "principalType": "Group"`
	for _, tt := range []struct {
		name, method, target, body string
		status                     int
	}{
		{"another role", "PUT", subA + assignments + "/" + fresh, assignmentBody(rbac.RoleOwner, staff, group), 403},
		{"a group that is called a user", "PUT", subA + assignments + "/" + fresh, assignmentBody(rbac.RoleReader, staff, `, "principalType": "User"`), 400},
		{"a user that is called a group", "PUT", subA + assignments + "/" + fresh, assignmentBody(rbac.RoleReader, reader, group), 403},
		{"a stranger that is called a group", "PUT", subA + assignments + "/" + fresh, assignmentBody(rbac.RoleReader, fresh, group), 403},
		{"another principal", "PUT", subA + assignments + "/" + fresh, assignmentBody(rbac.RoleReader, owner, group), 403},
		{"role twice", "PUT", subA + assignments + "/" + fresh, assignmentBody(rbac.RoleReader, staff, group+`, "RoleDefinitionId": "`+rbac.RoleOwner+`"`), 403},
		{"no JSON", "PUT", subA + assignments + "/" + fresh, "x", 403},
		{"too long", "PUT", subA + assignments + "/" + fresh, assignmentBody(rbac.RoleReader, staff, group) + strings.Repeat(" ", 1<<20), 413},
		{"its role", "PUT", subA + assignments + "/" + fresh, assignmentBody(strings.ToUpper(rbac.RoleReader), staff, group), 201},
		{"outside its scope", "PUT", subB + assignments + "/" + assignmentName(10), assignmentBody(rbac.RoleReader, staff, group), 403},
		{"read", "GET", subA + assignments + "/" + assignmentName(1), "", 200},
		{"delete of another role", "DELETE", subA + assignments + "/" + assignmentName(1), "", 403},
		{"delete of what is elsewhere", "DELETE", subA + assignments + "/" + assignmentName(2), "", 403},
		{"delete of nothing", "DELETE", subA + assignments + "/" + assignmentName(99), "", 403},
		{"delete of its role", "DELETE", strings.ToUpper(subA+assignments) + "/" + fresh, "", 200},
		{"its role, without a type", "PUT", subA + assignments + "/" + fresh, assignmentBody(rbac.RoleReader, staff, ""), 201},
	} {
		if response, body := call(handler, delegate, tt.method, tt.target+v2022, tt.body); response.StatusCode != tt.status {
			t.Errorf("%s: %d %v, want %d", tt.name, response.StatusCode, body, tt.status)
		}
	}
	if stored, err := store.Assignment(t.Context(), fresh); err != nil || stored.PrincipalType != "Group" {
		t.Errorf("stored as %q, %v", stored.PrincipalType, err)
	}
	if stored, err := store.Assignment(t.Context(), assignmentName(9)); err != nil || !reflect.DeepEqual(stored.Condition, condition) {
		t.Errorf("%+v, %v", stored, err)
	}
}

// Where nobody tells the types of principals, a client's word does not count either.
func TestDelegationWithoutTypes(t *testing.T) {
	const delegate = "aaaaaaaa-0000-0000-0000-000000000009"
	store := sampleStore(t)
	if _, _, err := store.PutAssignment(t.Context(), rbac.RoleAssignment{
		Name: assignmentName(9), Scope: subA, RoleDefinitionID: rbac.RoleUserAccessAdministrator, PrincipalID: delegate,
		Condition: "@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEquals 'Group'",
	}); err != nil {
		t.Fatal(err)
	}
	handler := gated(t, store)
	if response, body := call(handler, delegate, "PUT", subA+assignments+"/"+fresh+v2022, assignmentBody(rbac.RoleReader, staff, `, "principalType": "Group"`)); response.StatusCode != 403 {
		t.Errorf("%d %v", response.StatusCode, body)
	}
}
