package armapi_test

import (
	"reflect"
	"testing"

	"hubgate.example/rbac"
)

func TestPermissions(t *testing.T) {
	store := sampleStore(t)
	if _, _, err := store.PutAssignment(t.Context(), rbac.RoleAssignment{
		Name: fresh, Scope: groupA, RoleDefinitionID: role, PrincipalID: reader,
	}); err != nil {
		t.Fatal(err)
	}
	handler := gated(t, store)
	all := map[string]any{"actions": []any{"*"}, "notActions": []any{}}
	readAll := map[string]any{"actions": []any{"*/read"}, "notActions": []any{}}
	custom := map[string]any{"actions": []any{"a/read"}, "notActions": []any{}}
	withData := func(permission map[string]any, dataActions ...any) map[string]any {
		return map[string]any{
			"actions": permission["actions"], "notActions": permission["notActions"],
			"dataActions": append([]any{}, dataActions...), "notDataActions": []any{},
		}
	}
	for _, tt := range []struct {
		name, who, target, version string
		status                     int
		want                       []any // in any order
	}{
		{"owner", owner, subA, "2022-04-01", 200, []any{withData(all)}},
		{"below", owner, groupA + "/providers/Microsoft.Web/sites/s", "2022-04-01", 200, []any{withData(all)}},
		{"elsewhere", owner, subB, "2022-04-01", 403, nil},
		{"at the root", chief, "", "2022-04-01", 200, []any{withData(all)}},
		{"two roles", reader, groupA, "2022-04-01", 200, []any{withData(readAll), withData(custom, "a/data")}},
		{"old version", reader, groupA, "2015-07-01", 200, []any{readAll, custom}},
		{"above", reader, subA, "2022-04-01", 403, nil},
		{"nobody", fresh, groupA, "2022-04-01", 403, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			response, body := call(handler, tt.who, "GET", tt.target+permissions+"?api-version="+tt.version, "")
			if response.StatusCode != tt.status {
				t.Fatalf("%d %v", response.StatusCode, body)
			}
			if tt.status == 403 {
				want := "The client '" + tt.who + "' with object id '" + tt.who + "' does not have authorization to perform action 'Microsoft.Authorization/permissions/read' " +
					"over scope '" + tt.target + "' or the scope is invalid. If access was recently granted, please refresh your credentials."
				if at(body, "error", "code") != "AuthorizationFailed" || at(body, "error", "message") != want {
					t.Errorf("%v", body)
				}
				return
			}
			got, _ := body["value"].([]any)
			if len(got) != len(tt.want) {
				t.Fatalf("%v, want %v", got, tt.want)
			}
			for _, want := range tt.want {
				found := false
				for _, permission := range got {
					found = found || reflect.DeepEqual(permission, want)
				}
				if !found {
					t.Errorf("%v, want %v", got, want)
				}
			}
		})
	}
	for _, query := range []string{"$filter=atScope()", "$top=x", "$skip=1"} {
		if response, body := call(handler, owner, "GET", subA+permissions+v2022+"&"+query, ""); response.StatusCode != 400 || at(body, "error", "code") != "UnsupportedQuery" {
			t.Errorf("%s: %d %v", query, response.StatusCode, body)
		}
	}
	if _, body := call(handler, reader, "GET", groupA+permissions+v2022+"&$top=1", ""); len(body["value"].([]any)) != 1 {
		t.Errorf("$top=1: %v", body)
	}
}
