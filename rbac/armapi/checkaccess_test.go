package armapi_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"hubgate.example/rbac"
	"hubgate.example/rbac/armapi"
)

// post sends a checkAccess request and returns its decisions, or the error.
func post(t *testing.T, who, target, body string, store *rbac.MemoryStore) (status int, decisions []map[string]any, failure map[string]any) {
	t.Helper()
	r := httptest.NewRequest("POST", "https://management.example"+target+"?api-version=2018-09-01-preview", strings.NewReader(body))
	r.Header.Set("Caller", who)
	r.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	gated(t, store).ServeHTTP(recorder, r)
	if recorder.Code == 200 {
		if err := json.Unmarshal(recorder.Body.Bytes(), &decisions); err != nil {
			t.Errorf("%s: %v", recorder.Body, err)
		}
	} else if recorder.Body.Len() > 0 {
		if err := json.Unmarshal(recorder.Body.Bytes(), &failure); err != nil {
			t.Errorf("%s: %v", recorder.Body, err)
		}
	}
	return recorder.Code, decisions, failure
}

func checkBody(principal, groups, resource string, actions ...string) string {
	for i, action := range actions {
		data := "false"
		if strings.HasSuffix(action, "/data") {
			data = "true"
		}
		actions[i] = `{"Id": "` + action + `", "IsDataAction": ` + data + `}`
	}
	return `{"Subject": {"Attributes": {"ObjectId": "` + principal + `", "Groups": [` + groups + `]}}, "Actions": [` + strings.Join(actions, ",") + `], "Resource": {"Id": "` + resource + `"}}`
}

func TestCheckAccess(t *testing.T) {
	store := sampleStore(t)
	if _, _, err := store.PutDenyAssignment(t.Context(), rbac.DenyAssignment{
		Name: denyName("d1"), DenyAssignmentName: "no secrets", Scope: groupA, Principals: []rbac.DenyPrincipal{{ID: rbac.EveryoneID}},
		Permissions: []rbac.Permission{{Actions: []string{"secrets/*"}}},
	}); err != nil {
		t.Fatal(err)
	}
	const site = groupA + "/providers/Microsoft.Web/sites/t"
	granted := map[string]any{
		"id": groupA + assignments + "/" + assignmentName(2), "principalId": reader, "principalType": nil, "scope": groupA,
		"roleDefinitionId": subA + definitions + "/" + rbac.RoleReader,
	}
	byCustom := map[string]any{
		"id": groupA + assignments + "/" + assignmentName(5), "principalId": staff, "principalType": nil, "scope": groupA,
		"roleDefinitionId": subA + definitions + "/" + role,
	}
	byOwner := map[string]any{
		"id": subA + assignments + "/" + assignmentName(1), "principalId": owner, "principalType": "User", "scope": subA,
		"roleDefinitionId": subA + definitions + "/" + rbac.RoleOwner,
	}
	denied := map[string]any{
		"id": groupA + denials + "/" + denyName("d1"), "name": "no secrets", "description": nil, "scope": groupA, "doNotApplyToChildScopes": false,
	}
	fresh := "eeeeeeee-0000-0000-0000-0000000000ff"
	decision := func(decision, action string, more ...any) map[string]any {
		d := map[string]any{"accessDecision": decision, "actionId": action, "isDataAction": strings.HasSuffix(action, "/data"), "timeToLiveInMs": 0.0}
		for i := 0; i < len(more); i += 2 {
			d[more[i].(string)] = more[i+1]
		}
		return d
	}
	tests := []struct {
		name, who, target, body string
		want                    []map[string]any
	}{
		{"a role grants", owner, groupA, checkBody(reader, "", site, "b/read", "b/write"),
			[]map[string]any{decision("Allowed", "b/read", "roleAssignment", granted), decision("NotAllowed", "b/write")}},
		{"at the scope of the request", owner, groupA, strings.Replace(checkBody(reader, "", "", "b/read"), `, "Resource": {"Id": ""}`, "", 1),
			[]map[string]any{decision("Allowed", "b/read", "roleAssignment", granted)}},
		{"the planes are apart", owner, groupA, checkBody(reader, "", groupA, "a/data"), // by a group that GroupsOf knows
			[]map[string]any{decision("Allowed", "a/data", "roleAssignment", byCustom)}},
		{"groups of the request", owner, groupA, checkBody(fresh, `"`+staff+`"`, groupA, "a/read"),
			[]map[string]any{decision("Allowed", "a/read", "roleAssignment", byCustom)}},
		{"a deny assignment blocks", owner, subA, checkBody(owner, "", site, "secrets/read"),
			[]map[string]any{decision("Denied", "secrets/read", "roleAssignment", byOwner, "denyAssignment", denied)}},
		{"a deny assignment blocks what nothing grants", owner, subA, checkBody(fresh, "", site, "secrets/read"),
			[]map[string]any{decision("Denied", "secrets/read", "denyAssignment", denied)}},
		{"by what the caller cannot see", owner, subA, checkBody(chief, "", groupA, "a/write"),
			[]map[string]any{decision("Allowed", "a/write")}},
		{"by what the caller can see", chief, subA, checkBody(chief, "", groupA, "a/write"),
			[]map[string]any{decision("Allowed", "a/write", "roleAssignment", map[string]any{
				"id": assignments + "/" + assignmentName(3), "principalId": chief, "principalType": nil, "scope": "/",
				"roleDefinitionId": definitions + "/" + rbac.RoleOwner,
			})}},
		{"a principal without roles", owner, subA, checkBody(fresh, "", subA, "a/read"), []map[string]any{decision("NotAllowed", "a/read")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, got, failure := post(t, tt.who, tt.target+checkAccess, tt.body, store)
			if status != 200 || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%d %v\n got %v\nwant %v", status, failure, got, tt.want)
			}
		})
	}
}

func TestCheckAccessErrors(t *testing.T) {
	store := sampleStore(t)
	for _, tt := range []struct {
		name, who, target, body string
		status                  int
		code                    any
	}{
		{"who may not ask", reader, groupA, checkBody(reader, "", groupA, "a/read"), 403, nil}, // the gate's answer
		{"no principal", owner, subA, checkBody("", "", subA, "a/read"), 400, "InvalidRequestContent"},
		{"no actions", owner, subA, checkBody(reader, "", subA), 400, "InvalidRequestContent"},
		{"an action without a name", owner, subA, checkBody(reader, "", subA, "a/read", ""), 400, "InvalidRequestContent"},
		{"a resource elsewhere", owner, subA, checkBody(reader, "", subB, "a/read"), 400, "InvalidRequestContent"},
		{"a resource above", owner, groupA, checkBody(reader, "", subA, "a/read"), 400, "InvalidRequestContent"},
		{"no resource", owner, groupA, checkBody(reader, "", "x", "a/read"), 400, "InvalidRequestContent"},
		{"no JSON", owner, subA, "x", 400, "InvalidRequestContent"},
	} {
		status, _, failure := post(t, tt.who, tt.target+checkAccess, tt.body, store)
		if status != tt.status || at(failure, "error", "code") != tt.code {
			t.Errorf("%s: %d %v", tt.name, status, failure)
		}
	}
}

func TestNoCheckAccessWithoutAnAuthorizer(t *testing.T) {
	handler, err := armapi.New(armapi.Config{
		Store:           sampleStore(t),
		ResourceSetFrom: func(context.Context) (*rbac.ResourceSet, bool) { return &rbac.ResourceSet{}, true },
	})
	if err != nil {
		t.Fatal(err)
	}
	response, body := call(handler, owner, "POST", subA+checkAccess+v2022, checkBody(reader, "", subA, "a/read"))
	if response.StatusCode != 404 || at(body, "error", "code") != "InvalidResourceType" {
		t.Errorf("%d %v", response.StatusCode, body)
	}
}
