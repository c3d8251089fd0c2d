package armapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/rbac"
	"hubgate.example/rbac/armapi"
)

const (
	subA   = "/subscriptions/11111111-1111-1111-1111-111111111111"
	subB   = "/subscriptions/22222222-2222-2222-2222-222222222222"
	groupA = subA + "/resourceGroups/web"

	owner  = "aaaaaaaa-0000-0000-0000-000000000001" // of subscription A
	reader = "aaaaaaaa-0000-0000-0000-000000000002" // of resource group web
	chief  = "aaaaaaaa-0000-0000-0000-000000000003" // of everything
	staff  = "S-1-5-21-1004336348-1177238915-682003330-512"

	role   = "dddddddd-0000-0000-0000-00000000000a" // assignable in subscription A
	roleAB = "dddddddd-0000-0000-0000-00000000000b" // assignable in both
	roleG  = "dddddddd-0000-0000-0000-00000000000c" // assignable in resource group web
	fresh  = "eeeeeeee-0000-0000-0000-0000000000ff"

	assignments = "/providers/Microsoft.Authorization/roleAssignments"
	definitions = "/providers/Microsoft.Authorization/roleDefinitions"
	denials     = "/providers/Microsoft.Authorization/denyAssignments"
	instances   = "/providers/Microsoft.Authorization/roleAssignmentScheduleInstances"
	permissions = "/providers/Microsoft.Authorization/permissions"
	checkAccess = "/providers/Microsoft.Authorization/checkAccess"
)

func assignmentName(n int) string { return fmt.Sprintf("eeeeeeee-0000-0000-0000-%012d", n) }

func sampleStore(t testing.TB) *rbac.MemoryStore {
	t.Helper()
	custom := func(id, name string, scopes ...string) rbac.RoleDefinition {
		return rbac.RoleDefinition{
			ID: id, RoleName: name, AssignableScopes: scopes,
			Permissions: []rbac.Permission{{Actions: []string{"a/read"}, DataActions: []string{"a/data"}}},
		}
	}
	store, err := rbac.NewMemoryStore(rbac.PolicyConfig{
		Roles: []rbac.RoleDefinition{
			custom(role, "A's", subA),
			custom(roleAB, "Anna's and Bob's", subA, subB),
			custom(roleG, "web's", groupA),
		},
		Assignments: []rbac.RoleAssignment{
			{Name: assignmentName(1), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: owner, PrincipalType: "User"},
			{Name: assignmentName(2), Scope: groupA, RoleDefinitionID: rbac.RoleReader, PrincipalID: reader},
			{Name: assignmentName(3), Scope: "/", RoleDefinitionID: rbac.RoleOwner, PrincipalID: chief},
			{Name: assignmentName(4), Scope: subB, RoleDefinitionID: roleAB, PrincipalID: staff, PrincipalType: "Group"},
			{Name: assignmentName(5), Scope: groupA, RoleDefinitionID: role, PrincipalID: staff},
			{Name: assignmentName(6), Scope: groupA + "/providers/Microsoft.Web/sites/s", RoleDefinitionID: rbac.RoleReader, PrincipalID: staff},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

type (
	setKey  struct{}
	nameKey struct{} // the caller's display name, for a test that gives it one
)

// gated is the handler as the gate lets requests through to it: lists always, all else when it is allowed. The caller's
// object id is the test's header Caller.
func gated(t testing.TB, store *rbac.MemoryStore, edits ...func(*armapi.Config)) http.Handler {
	t.Helper()
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: store})
	if err != nil {
		t.Fatal(err)
	}
	config := armapi.Config{
		Store: store,
		ResourceSetFrom: func(ctx context.Context) (*rbac.ResourceSet, bool) {
			set, ok := ctx.Value(setKey{}).(*rbac.ResourceSet)
			return set, ok
		},
		GroupsOf: func(principal string) []string {
			if strings.EqualFold(principal, reader) {
				return []string{staff}
			}
			return nil
		},
		ClientName: func(ctx context.Context) string {
			name, _ := ctx.Value(nameKey{}).(string)
			return name
		},
		Authorizer: authorizer,
	}
	for _, edit := range edits {
		edit(&config)
	}
	handler, err := armapi.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		set, err := authorizer.ResourceSet(r.Context(), rbac.Subject{ObjectID: r.Header.Get("Caller")})
		if err != nil {
			t.Error(err)
			return
		}
		op, err := rbac.OperationFor(r)
		op.Attributes = handler.Attributes(r, op)
		if err == nil && !op.Collection && !set.Check(op).Allowed {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), setKey{}, set)))
	})
}

func call(handler http.Handler, who, method, target, body string) (*http.Response, map[string]any) {
	r := httptest.NewRequest(method, "https://management.example"+target, strings.NewReader(body))
	r.Header.Set("Caller", who)
	if body != "" {
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	response := recorder.Result()
	var object map[string]any
	if recorder.Body.Len() > 0 {
		if err := json.Unmarshal(recorder.Body.Bytes(), &object); err != nil {
			object = map[string]any{"not JSON": recorder.Body.String()}
		}
	}
	return response, object
}

// at returns the member of object at a path.
func at(object map[string]any, path ...string) any {
	var value any = object
	for _, member := range path {
		m, _ := value.(map[string]any)
		value = m[member]
	}
	return value
}

// names returns the last part of the name of each item of a list.
func names(list map[string]any) []string {
	var names []string
	items, ok := list["value"].([]any)
	if !ok {
		return []string{"no list"}
	}
	for _, item := range items {
		name, _ := at(item.(map[string]any), "name").(string)
		names = append(names, strings.TrimLeft(name[strings.LastIndex(name, "-")+1:], "0"))
	}
	return names
}

const v2022 = "?api-version=2022-04-01"

func TestNewErrors(t *testing.T) {
	store := sampleStore(t)
	from := func(context.Context) (*rbac.ResourceSet, bool) { return nil, false }
	for field, config := range map[string]armapi.Config{
		"Store":           {ResourceSetFrom: from},
		"ResourceSetFrom": {Store: store},
	} {
		want := "armapi: Config." + field + ": is required"
		if h, err := armapi.New(config); h != nil || err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestNothingIsServedOutsideTheGate(t *testing.T) {
	store := sampleStore(t)
	for _, from := range []func(context.Context) (*rbac.ResourceSet, bool){
		func(context.Context) (*rbac.ResourceSet, bool) { return &rbac.ResourceSet{}, false },
		func(context.Context) (*rbac.ResourceSet, bool) { return nil, true },
	} {
		h, err := armapi.New(armapi.Config{Store: store, ResourceSetFrom: from})
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range []string{"GET", "DELETE"} {
			response, body := call(h, owner, method, subA+assignments+"/"+assignmentName(1)+v2022, "")
			if response.StatusCode != 500 || at(body, "error", "code") != "InternalServerError" {
				t.Errorf("%s: %d %v", method, response.StatusCode, body)
			}
		}
	}
	if _, err := store.Assignment(t.Context(), assignmentName(1)); err != nil {
		t.Error(err)
	}
}

func TestLists(t *testing.T) {
	handler := gated(t, sampleStore(t))
	tests := []struct {
		who, target string
		filter      string
		want        string // the ends of names and ids
	}{
		{chief, "/" + assignments[1:], "", "1,2,3,4,5,6"},
		{chief, "/" + assignments[1:], "atScope()", "3"},
		{chief, subA + assignments, "", "1,2,3,5,6"},
		{chief, strings.ToUpper(subA + assignments), "", "1,2,3,5,6"},
		{chief, subA + assignments, "atScope()", "1,3"},
		{chief, subA + assignments, "ATSCOPE()", "1,3"},
		{chief, groupA + assignments, "atScope()", "1,2,3,5"},
		{chief, groupA + assignments, "", "1,2,3,5,6"},
		{chief, subA + assignments, "principalId eq '" + reader + "'", "2"},
		{chief, subA + assignments, "principalId eq '" + strings.ToUpper(reader) + "'", "2"},
		{chief, subA + assignments, "principalId eq '" + staff + "'", "5,6"},
		{chief, subA + assignments, "assignedTo('" + reader + "')", "2,5,6"},
		{chief, subA + assignments, "assignedTo('" + owner + "')", "1"},
		{chief, subB + assignments, "assignedTo('" + reader + "')", "4"},
		{chief, groupA + assignments, "atScope() and assignedTo('" + strings.ToUpper(reader) + "')", "2,5"},
		{chief, groupA + assignments, "  assignedTo('" + reader + "')  AND  atScope() ", "2,5"},
		{chief, groupA + assignments, "principalId eq '" + staff + "' and assignedTo('" + reader + "')", "5,6"},
		{chief, subA + assignments, "principalId eq 'nobody''s'", ""},
		{owner, subA + assignments, "", "1,2,5,6"}, // not the one at "/"
		{owner, "/" + assignments[1:], "", "1,2,5,6"},
		{owner, subB + assignments, "", ""},
		{reader, subA + assignments, "", "2,5,6"},
		{reader, groupA + assignments, "atScope()", "2,5"}, // not the one at the subscription
		{staff, subA + assignments, "", "6"},

		{chief, "/" + definitions[1:], "", "7773c20a72d9,2fe8c4bcb635,f606fba81ae7,20f7382dd24c"},
		{chief, "/" + definitions[1:], "atScopeAndBelow()", "7773c20a72d9,2fe8c4bcb635,f606fba81ae7,20f7382dd24c,a,b,c"},
		{owner, subA + definitions, "", "7773c20a72d9,2fe8c4bcb635,f606fba81ae7,20f7382dd24c,a,b"},
		{owner, subA + definitions, "type eq 'CustomRole'", "a,b"},
		{owner, subA + definitions, "type eq 'customrole' and atScopeAndBelow()", "a,b,c"},
		{owner, groupA + definitions, "type eq 'CustomRole'", "a,b,c"},
		{owner, subA + definitions, "type eq 'BuiltInRole' and roleName eq 'owner'", "2fe8c4bcb635"},
		{owner, subA + definitions, "roleName eq 'Anna''s and Bob''s'", "b"},
		{chief, subB + definitions, "type eq 'CustomRole'", "b"},
		{reader, groupA + definitions, "type eq 'CustomRole'", "a,b,c"},
		{reader, subA + definitions, "", ""},
		{owner, subB + definitions, "", ""},
	}
	for _, tt := range tests {
		query := ""
		if tt.filter != "" {
			query = "&$filter=" + strings.NewReplacer(" ", "%20", "'", "%27").Replace(tt.filter)
		}
		response, body := call(handler, tt.who, "GET", tt.target+v2022+query, "")
		got := names(body)
		want := strings.FieldsFunc(tt.want, func(r rune) bool { return r == ',' })
		slices.Sort(got)
		slices.Sort(want)
		if response.StatusCode != 200 || !slices.Equal(got, want) {
			t.Errorf("%s, %s %s: %d %v, want %v", tt.who, tt.target, tt.filter, response.StatusCode, got, want)
		}
		if ct := response.Header.Get("Content-Type"); ct != "application/json; charset=utf-8" {
			t.Errorf("Content-Type %q", ct)
		}
	}
}

func TestFilterRefuses(t *testing.T) {
	handler := gated(t, sampleStore(t))
	for _, tt := range []struct{ target, query string }{
		{subA + assignments, "$filter=principalId+eq+" + reader},
		{subA + assignments, "$filter=principalId+eq+''"},
		{subA + assignments, "$filter=atScopeAndBelow()"},
		{subA + assignments, "$filter=type+eq+'CustomRole'"},
		{subA + assignments, "$filter=atScope"},
		{subA + assignments, "$filter=atScope()+or+assignedTo('x')"},
		{subA + assignments, "$filter=atScope()+and"},
		{subA + assignments, "$filter=atScope()+and+"},
		{subA + assignments, "$filter=atScope()assignedTo('x')"},
		{subA + assignments, "$filter=atScope()+and+atScope()"},
		{subA + assignments, "$filter=and+atScope()"},
		{subA + assignments, "$filter=principalId+ne+'x'"},
		{subA + assignments, "$filter=xatScope()"},
		{subA + assignments, "$filter="},
		{subA + assignments, "$filter=atScope()&$filter=atScope()"},
		{subA + assignments, "$filter=%ff"},
		{subA + definitions, "$filter=atScope()"},
		{subA + definitions, "$filter=principalId+eq+'x'"},
	} {
		response, body := call(handler, chief, "GET", tt.target+v2022+"&"+tt.query, "")
		if response.StatusCode != 400 || at(body, "error", "code") != "UnsupportedQuery" {
			t.Errorf("%s: %d %v", tt.query, response.StatusCode, body)
		}
	}
}

func TestFilterRefusalSaysWhatIsSupported(t *testing.T) {
	handler := gated(t, sampleStore(t))
	for collection, supported := range map[string]string{
		assignments: "'atScope()', 'principalId eq '{value}'' and 'assignedTo('{value}')'",
		definitions: "'atScopeAndBelow()', 'type eq '{value}'' and 'roleName eq '{value}''",
	} {
		want := "The filter 'bogus eq 'x'' is not supported. Supported filters are " + supported + ", which 'and' may join."
		_, body := call(handler, chief, "GET", subA+collection+v2022+"&$filter=bogus+eq+'x'", "")
		if got := at(body, "error", "message"); got != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

func TestListOptions(t *testing.T) {
	handler := gated(t, sampleStore(t))
	for _, tt := range []struct {
		target, query string
		want          string // the ends of names, or of the error's code
	}{
		{subA + assignments, "$top=2", "1,2"},
		{subA + assignments, "$top=5", "1,2,3,5,6"},
		{subA + assignments, "$top=99", "1,2,3,5,6"},
		{subA + assignments, "$top=0", ""},
		{subA + assignments, "$top=1&$filter=principalId+eq+'" + staff + "'", "5"},
		{subA + assignments, "top=1&tenantId=x", "1,2,3,5,6"},
		{subA + definitions, "$top=1&$filter=type+eq+'CustomRole'", "a"},
		{subA + assignments, "$top=-1", "UnsupportedQuery"},
		{subA + assignments, "$top=", "UnsupportedQuery"},
		{subA + assignments, "$top=x", "UnsupportedQuery"},
		{subA + assignments, "$top=99999999999999999999", "UnsupportedQuery"},
		{subA + assignments, "$top=1&$top=1", "UnsupportedQuery"},
		{subA + assignments, "$top=1&$skip=1", "UnsupportedQuery"},
		{subA + definitions, "$skipToken=x", "UnsupportedQuery"},
		{subA + definitions, "$top=x", "UnsupportedQuery"},
		{subA + definitions, "$Filter=atScope()", "UnsupportedQuery"},
	} {
		response, body := call(handler, chief, "GET", tt.target+v2022+"&"+tt.query, "")
		got, _ := at(body, "error", "code").(string)
		if response.StatusCode == 200 {
			got = strings.Join(names(body), ",")
		}
		if got != tt.want {
			t.Errorf("%s: %d %v, want %s", tt.query, response.StatusCode, body, tt.want)
		}
	}
}

func TestVersions(t *testing.T) {
	handler := gated(t, sampleStore(t))
	members := func(body map[string]any, path ...string) []string {
		m, _ := at(body, path...).(map[string]any)
		var names []string
		for name := range m {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	base := []string{"principalId", "roleDefinitionId", "scope"}
	stamp := []string{"createdBy", "createdOn", "updatedBy", "updatedOn"}
	for _, tt := range []struct {
		version    string
		assignment []string
		permission []string
		stamped    bool
	}{
		{"2014-04-01-preview", nil, nil, false},
		{"2015-07-01", nil, nil, false},
		{"2018-01-01-preview", []string{"canDelegate"}, []string{"dataActions", "notDataActions"}, false},
		{"2018-07-01", []string{"canDelegate"}, []string{"dataActions", "notDataActions"}, false},
		{"2018-09-01-preview", []string{"canDelegate", "principalType"}, []string{"dataActions", "notDataActions"}, false},
		{"2020-04-01-preview", []string{"canDelegate", "principalType", "condition", "conditionVersion", "description"}, []string{"dataActions", "notDataActions"}, true},
		{"2022-04-01", []string{"principalType", "condition", "conditionVersion", "description"}, []string{"dataActions", "notDataActions"}, true},
		{"2031-01-01-Preview", []string{"principalType", "condition", "conditionVersion", "description"}, []string{"dataActions", "notDataActions"}, true},
	} {
		query := "?api-version=" + tt.version
		want := slices.Concat(base, tt.assignment)
		if tt.stamped {
			want = append(want, stamp...)
		}
		slices.Sort(want)
		_, body := call(handler, chief, "GET", subA+assignments+"/"+assignmentName(1)+query, "")
		if got := members(body, "properties"); !slices.Equal(got, want) {
			t.Errorf("%s: assignment has %v, want %v", tt.version, got, want)
		}

		want = slices.Concat([]string{"assignableScopes", "description", "permissions", "roleName", "type"})
		if tt.stamped {
			want = append(want, stamp...)
		}
		slices.Sort(want)
		_, body = call(handler, chief, "GET", subA+definitions+"/"+role+query, "")
		if got := members(body, "properties"); !slices.Equal(got, want) {
			t.Errorf("%s: definition has %v, want %v", tt.version, got, want)
		}
		permissions, _ := at(body, "properties", "permissions").([]any)
		want = append([]string{"actions", "notActions"}, tt.permission...)
		slices.Sort(want)
		if len(permissions) != 1 || !slices.Equal(members(permissions[0].(map[string]any)), want) {
			t.Errorf("%s: permissions %v, want %v", tt.version, permissions, want)
		}
	}
}

func TestShape(t *testing.T) {
	handler := gated(t, sampleStore(t))
	for target, want := range map[string]map[string]any{
		subA + assignments + "/" + assignmentName(1): {
			"id":   subA + assignments + "/" + assignmentName(1),
			"name": assignmentName(1),
			"type": "Microsoft.Authorization/roleAssignments",
			"properties": map[string]any{
				"principalId": owner, "principalType": "User", "scope": subA,
				"roleDefinitionId": subA + definitions + "/" + rbac.RoleOwner,
				"condition":        nil, "conditionVersion": nil, "description": nil,
				"createdOn": nil, "updatedOn": nil, "createdBy": nil, "updatedBy": nil,
			},
		},
		strings.ToLower(groupA) + strings.ToLower(assignments) + "/" + strings.ToUpper(assignmentName(2)): {
			"id":   strings.ToLower(groupA) + assignments + "/" + assignmentName(2),
			"name": assignmentName(2),
			"type": "Microsoft.Authorization/roleAssignments",
			"properties": map[string]any{
				"principalId": reader, "principalType": nil, "scope": strings.ToLower(groupA),
				"roleDefinitionId": subA + definitions + "/" + rbac.RoleReader,
				"condition":        nil, "conditionVersion": nil, "description": nil,
				"createdOn": nil, "updatedOn": nil, "createdBy": nil, "updatedBy": nil,
			},
		},
		assignments + "/" + assignmentName(3): {
			"id":   assignments + "/" + assignmentName(3),
			"name": assignmentName(3),
			"type": "Microsoft.Authorization/roleAssignments",
			"properties": map[string]any{
				"principalId": chief, "principalType": nil, "scope": "/",
				"roleDefinitionId": definitions + "/" + rbac.RoleOwner,
				"condition":        nil, "conditionVersion": nil, "description": nil,
				"createdOn": nil, "updatedOn": nil, "createdBy": nil, "updatedBy": nil,
			},
		},
		groupA + definitions + "/" + strings.ToUpper(role): {
			"id":   subA + definitions + "/" + role,
			"name": role,
			"type": "Microsoft.Authorization/roleDefinitions",
			"properties": map[string]any{
				"roleName": "A's", "type": "CustomRole", "description": "", "assignableScopes": []any{subA},
				"permissions": []any{map[string]any{
					"actions": []any{"a/read"}, "notActions": []any{}, "dataActions": []any{"a/data"}, "notDataActions": []any{},
				}},
				"createdOn": nil, "updatedOn": nil, "createdBy": nil, "updatedBy": nil,
			},
		},
	} {
		response, got := call(handler, chief, "GET", target+v2022, "")
		if response.StatusCode != 200 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d\n got %v\nwant %v", target, response.StatusCode, got, want)
		}
	}
	response, got := call(handler, chief, "GET", definitions+"/"+rbac.RoleReader+v2022, "")
	if response.StatusCode != 200 || got["id"] != definitions+"/"+rbac.RoleReader || at(got, "properties", "type") != "BuiltInRole" {
		t.Errorf("Reader without a scope: %d %v", response.StatusCode, got)
	}
	if r, _ := call(handler, chief, "HEAD", subA+assignments+"/"+assignmentName(1)+v2022, ""); r.StatusCode != 200 {
		t.Errorf("HEAD: %d", r.StatusCode)
	}
}

func TestLifeOfAnAssignment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := sampleStore(t)
		handler := gated(t, store)
		target := groupA + assignments + "/" + fresh + v2022
		body := fmt.Sprintf(`{"properties": {"roleDefinitionId": %q, "principalId": %q, "principalType": "Group", "description": "why", "scope": %q, "unknown": 1}}`,
			subA+definitions+"/"+rbac.RoleContributor, staff, strings.ToUpper(groupA))
		now := time.Now().UTC().Format(time.RFC3339Nano)

		response, created := call(handler, owner, "PUT", target, body)
		if response.StatusCode != 201 || created["name"] != fresh || at(created, "properties", "createdBy") != owner ||
			at(created, "properties", "createdOn") != now || at(created, "properties", "updatedOn") != now || at(created, "properties", "description") != "why" {
			t.Fatalf("create: %d %v", response.StatusCode, created)
		}
		// In force for the next request.
		if response, _ := call(handler, staff, "GET", groupA+assignments+"/"+fresh+v2022, ""); response.StatusCode != 200 {
			t.Errorf("the group's own read: %d", response.StatusCode)
		}

		time.Sleep(time.Hour)
		if response, again := call(handler, chief, "PUT", target, body); response.StatusCode != 200 || !reflect.DeepEqual(again, created) {
			t.Errorf("the same again: %d %v", response.StatusCode, again)
		}
		// A client of an old version, which knows no principal type.
		if response, again := call(handler, chief, "PUT", target, strings.Replace(body, `"principalType": "Group", `, "", 1)); response.StatusCode != 200 || !reflect.DeepEqual(again, created) {
			t.Errorf("the same without a principal type: %d %v", response.StatusCode, again)
		}
		later := time.Now().UTC().Format(time.RFC3339Nano)
		response, changed := call(handler, chief, "PUT", target, strings.Replace(body, "why", "why not", 1))
		if response.StatusCode != 200 || at(changed, "properties", "createdBy") != owner || at(changed, "properties", "createdOn") != now ||
			at(changed, "properties", "updatedBy") != chief || at(changed, "properties", "updatedOn") != later || at(changed, "properties", "description") != "why not" {
			t.Errorf("other description: %d %v", response.StatusCode, changed)
		}

		response, deleted := call(handler, owner, "DELETE", strings.ToUpper(groupA+assignments+"/"+fresh)+v2022, "")
		if response.StatusCode != 200 || deleted["name"] != fresh {
			t.Errorf("delete: %d %v", response.StatusCode, deleted)
		}
		response, deleted = call(handler, owner, "DELETE", target, "")
		if response.StatusCode != 204 || deleted != nil || response.Header.Get("Content-Type") != "" {
			t.Errorf("delete again: %d %v", response.StatusCode, deleted)
		}
		if response, _ := call(handler, owner, "GET", target, ""); response.StatusCode != 404 {
			t.Errorf("get what is gone: %d", response.StatusCode)
		}
	})
}

// The caller has been authorized for the scope of the path, so that is where an assignment must be.
func TestAssignmentsAreFoundAtTheirOwnScopeOnly(t *testing.T) {
	store := sampleStore(t)
	handler := gated(t, store)
	for _, tt := range []struct {
		method, scope string
		status        int
		code          any
	}{
		{"GET", subA, 404, "RoleAssignmentNotFound"},
		{"HEAD", subA, 404, nil},
		{"DELETE", subA, 204, nil},
		{"DELETE", groupA, 204, nil},
		{"PUT", subA, 400, "RoleAssignmentUpdateNotPermitted"},
	} {
		body := ""
		if tt.method == "PUT" {
			body = fmt.Sprintf(`{"properties": {"roleDefinitionId": %q, "principalId": %q}}`, roleAB, staff)
		}
		// Assignment 4 is subscription B's, where the owner of A may do nothing.
		response, answer := call(handler, owner, tt.method, tt.scope+assignments+"/"+assignmentName(4)+v2022, body)
		if response.StatusCode != tt.status || tt.code != nil && at(answer, "error", "code") != tt.code {
			t.Errorf("%s at %s: %d %v", tt.method, tt.scope, response.StatusCode, answer)
		}
	}
	if _, err := store.Assignment(t.Context(), assignmentName(4)); err != nil {
		t.Error(err)
	}
}

func TestPutAssignmentErrors(t *testing.T) {
	put := func(properties string) string { return `{"properties": {` + properties + `}}` }
	roleID := func(id string) string { return fmt.Sprintf(`"roleDefinitionId": %q`, id) }
	principal := func(id string) string { return fmt.Sprintf(`, "principalId": %q`, id) }
	valid := roleID(rbac.RoleReader) + principal(owner)
	tests := []struct {
		name, target, body string
		status             int
		code               string
	}{
		{"name", subA + assignments + "/x", put(valid), 400, "InvalidRoleAssignmentId"},
		{"exists", subA + assignments + "/" + fresh, put(roleID(rbac.RoleOwner) + principal(owner)), 409, "RoleAssignmentExists"},
		{"exists in other letters", strings.ToUpper(subA) + assignments + "/" + fresh, put(roleID("/X/"+strings.ToUpper(rbac.RoleOwner)) + principal(strings.ToUpper(owner))), 409, "RoleAssignmentExists"},
		{"other principal", subA + assignments + "/" + assignmentName(1), put(roleID(rbac.RoleOwner) + principal(staff)), 400, "RoleAssignmentUpdateNotPermitted"},
		{"other role", subA + assignments + "/" + assignmentName(1), put(valid), 400, "RoleAssignmentUpdateNotPermitted"},
		{"unknown role", subA + assignments + "/" + fresh, put(roleID(fresh) + principal(owner)), 400, "RoleDefinitionDoesNotExist"},
		{"role is no GUID", subA + assignments + "/" + fresh, put(roleID("Reader") + principal(owner)), 400, "InvalidRequestContent"},
		{"no role", subA + assignments + "/" + fresh, put(`"principalId": "` + owner + `"`), 400, "InvalidRequestContent"},
		{"principal type", subA + assignments + "/" + fresh, put(valid + `, "principalType": "Robot"`), 400, "InvalidRequestContent"},
		{"principal", subA + assignments + "/" + fresh, put(roleID(rbac.RoleReader) + principal("alice@contoso.com")), 400, "InvalidPrincipalId"},
		{"zero principal", subA + assignments + "/" + fresh, put(roleID(rbac.RoleReader) + principal("00000000-0000-0000-0000-000000000000")), 400, "InvalidPrincipalId"},
		{"no principal", subA + assignments + "/" + fresh, put(roleID(rbac.RoleReader)), 400, "InvalidPrincipalId"},
		{"no properties", subA + assignments + "/" + fresh, `{}`, 400, "InvalidPrincipalId"},
		{"role is another subscription's", subB + assignments + "/" + fresh, put(roleID(role) + principal(owner)), 400, "RoleAssignmentScopeNotAssignableToRoleDefinition"},
		{"role is a resource group's", subA + assignments + "/" + fresh, put(roleID(roleG) + principal(owner)), 400, "RoleAssignmentScopeNotAssignableToRoleDefinition"},
		{"other scope", subA + assignments + "/" + fresh, put(valid + `, "scope": "` + subB + `"`), 400, "InvalidRequestContent"},
		{"scope is none", subA + assignments + "/" + fresh, put(valid + `, "scope": "x"`), 400, "InvalidRequestContent"},
		{"condition", subA + assignments + "/" + fresh, put(valid + `, "condition": "@Resource..."`), 400, "InvalidRequestContent"},
		{"condition in other letters", subA + assignments + "/" + fresh, put(valid + `, "Condition": "@Resource..."`), 400, "InvalidRequestContent"},
		{"delegation", subA + assignments + "/" + fresh, put(valid + `, "canDelegate": true`), 400, "InvalidRequestContent"},
		{"description", subA + assignments + "/" + fresh, put(valid + `, "description": "` + strings.Repeat("x", 2049) + `"`), 400, "InvalidRequestContent"},
		{"no JSON", subA + assignments + "/" + fresh, `x`, 400, "InvalidRequestContent"},
		{"cut off", subA + assignments + "/" + fresh, `{"properties": {`, 400, "InvalidRequestContent"},
		{"two objects", subA + assignments + "/" + fresh, put(valid) + `{}`, 400, "InvalidRequestContent"},
		{"member twice", subA + assignments + "/" + fresh, put(valid + principal(staff)), 400, "InvalidRequestContent"},
		{"wrong type", subA + assignments + "/" + fresh, put(`"principalId": 1`), 400, "InvalidRequestContent"},
		{"invalid UTF-8", subA + assignments + "/" + fresh, put(valid + `, "description": "` + "\xff" + `"`), 400, "InvalidRequestContent"},
		{"a list", subA + assignments + "/" + fresh, `[]`, 400, "InvalidRequestContent"},
		{"empty", subA + assignments + "/" + fresh, ` `, 400, "InvalidRequestContent"},
		{"too long", subA + assignments + "/" + fresh, put(valid) + strings.Repeat(" ", 1<<20), 413, "RequestContentTooLarge"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := sampleStore(t)
			before, _ := store.Policy(t.Context())
			for _, version := range []string{"2022-04-01", "2015-07-01"} {
				response, body := call(gated(t, store), chief, "PUT", tt.target+"?api-version="+version, tt.body)
				if response.StatusCode != tt.status || at(body, "error", "code") != tt.code {
					t.Errorf("%d %v, want %d %s", response.StatusCode, body, tt.status, tt.code)
				}
				if message, _ := at(body, "error", "message").(string); message == "" {
					t.Error("no message")
				}
			}
			if after, _ := store.Policy(t.Context()); after != before {
				t.Error("the store changed")
			}
		})
	}
}

func TestContentType(t *testing.T) {
	handler := gated(t, sampleStore(t))
	for contentType, accepted := range map[string]bool{
		"": false, "text/plain": false, "application/x-www-form-urlencoded": false, "application/jsonp": false,
		"application/json": true, "Application/JSON; charset=UTF-8": true,
	} {
		r := httptest.NewRequest("PUT", "https://management.example"+subA+assignments+"/"+fresh+v2022,
			strings.NewReader(fmt.Sprintf(`{"properties": {"roleDefinitionId": %q, "principalId": %q}}`, rbac.RoleReader, staff)))
		r.Header.Set("Caller", chief)
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		refused := recorder.Code == 415 && strings.Contains(recorder.Body.String(), "UnsupportedMediaType")
		if refused == accepted {
			t.Errorf("%q: %d", contentType, recorder.Code)
		}
	}
}

func TestLifeOfADefinition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := sampleStore(t)
		handler := gated(t, store)
		target := subA + definitions + "/" + fresh + v2022
		body := fmt.Sprintf(`{"name": %q, "properties": {"roleName": "New", "description": "d", "type": "CustomRole", "assignableScopes": [%q],
			"permissions": [{"actions": ["b/*"], "notActions": ["b/delete"], "dataActions": null}]}}`, fresh, groupA)
		now := time.Now().UTC().Format(time.RFC3339Nano)

		response, created := call(handler, owner, "PUT", target, body)
		if response.StatusCode != 201 || created["id"] != subA+definitions+"/"+fresh || at(created, "properties", "createdOn") != now || at(created, "properties", "createdBy") != owner {
			t.Fatalf("create: %d %v", response.StatusCode, created)
		}
		assign := fmt.Sprintf(`{"properties": {"roleDefinitionId": %q, "principalId": %q}}`, created["id"], staff)
		if response, answer := call(handler, owner, "PUT", groupA+assignments+"/"+fresh+v2022, assign); response.StatusCode != 201 {
			t.Fatalf("assign: %d %v", response.StatusCode, answer)
		}
		time.Sleep(time.Hour)
		response, changed := call(handler, chief, "PUT", target, strings.Replace(body, "b/*", "c/*", 1))
		if response.StatusCode != 201 || at(changed, "properties", "createdOn") != now || at(changed, "properties", "createdBy") != owner || at(changed, "properties", "updatedBy") != chief {
			t.Errorf("change: %d %v", response.StatusCode, changed)
		}
		if response, answer := call(handler, owner, "DELETE", target, ""); response.StatusCode != 400 || at(answer, "error", "code") != "RoleDefinitionHasAssignments" {
			t.Errorf("delete what is assigned: %d %v", response.StatusCode, answer)
		}
		call(handler, owner, "DELETE", groupA+assignments+"/"+fresh+v2022, "")
		if response, deleted := call(handler, owner, "DELETE", target, ""); response.StatusCode != 200 || deleted["name"] != fresh {
			t.Errorf("delete: %d %v", response.StatusCode, deleted)
		}
		if response, _ := call(handler, owner, "DELETE", target, ""); response.StatusCode != 204 {
			t.Errorf("delete again: %d", response.StatusCode)
		}
		if response, answer := call(handler, owner, "GET", target, ""); response.StatusCode != 404 || at(answer, "error", "code") != "RoleDefinitionDoesNotExist" {
			t.Errorf("get what is gone: %d %v", response.StatusCode, answer)
		}
	})
}

func TestDefinitionErrors(t *testing.T) {
	put := func(scopes, permissions string) string {
		return `{"properties": {"roleName": "New", "assignableScopes": [` + scopes + `], "permissions": [` + permissions + `]}}`
	}
	const permission = `{"actions": ["b/read"]}`
	inA, inB, inAB := `"`+subA+`"`, `"`+subB+`"`, `"`+subA+`", "`+subB+`"`
	tests := []struct {
		name, who, method, target, body string
		status                          int
		code                            string
	}{
		{"name", owner, "PUT", subA + definitions + "/x", put(inA, permission), 400, "InvalidRoleDefinitionId"},
		{"type", owner, "PUT", subA + definitions + "/" + fresh, strings.Replace(put(inA, permission), "{\"roleName\"", `{"type": "BuiltInRole", "roleName"`, 1), 400, "InvalidRequestContent"},
		{"no role name", owner, "PUT", subA + definitions + "/" + fresh, strings.Replace(put(inA, permission), "New", "", 1), 400, "InvalidRequestContent"},
		{"description", owner, "PUT", subA + definitions + "/" + fresh, strings.Replace(put(inA, permission), "{\"roleName\"", `{"description": "`+strings.Repeat("x", 2049)+`", "roleName"`, 1), 400, "InvalidRequestContent"},
		{"no permissions", owner, "PUT", subA + definitions + "/" + fresh, put(inA, ""), 400, "InvalidRequestContent"},
		{"no assignable scopes", owner, "PUT", subA + definitions + "/" + fresh, put("", permission), 400, "InvalidRequestContent"},
		{"assignable scope", owner, "PUT", subA + definitions + "/" + fresh, put(inA+`, "x"`, permission), 400, "InvalidRequestContent"},
		{"assignable elsewhere", chief, "PUT", subA + definitions + "/" + fresh, put(inB, permission), 400, "InvalidRequestContent"},
		{"condition", owner, "PUT", subA + definitions + "/" + fresh, put(inA, `{"actions": ["*"], "condition": "x"}`), 400, "InvalidRequestContent"},
		{"two wildcards", owner, "PUT", subA + definitions + "/" + fresh, put(inA, permission+`, {"notActions": ["a/*/b/*"]}`), 400, "InvalidActionOrNotAction"},
		{"empty action", owner, "PUT", subA + definitions + "/" + fresh, put(inA, `{"dataActions": [""]}`), 400, "InvalidActionOrNotAction"},
		{"built-in role", chief, "PUT", definitions + "/" + rbac.RoleReader, put(`"/"`, permission), 400, "RoleDefinitionUpdateNotPermitted"},
		{"built-in role of a scope", owner, "PUT", subA + definitions + "/" + strings.ToUpper(rbac.RoleReader), put(inA, permission), 400, "RoleDefinitionUpdateNotPermitted"},
		{"built-in role, delete", owner, "DELETE", subA + definitions + "/" + rbac.RoleReader, "", 400, "RoleDefinitionUpdateNotPermitted"},
		{"no JSON", owner, "PUT", subA + definitions + "/" + fresh, "x", 400, "InvalidRequestContent"},

		{"name of another role", owner, "PUT", subA + definitions + "/" + fresh, strings.Replace(put(inA, permission), "New", "WEB'S", 1), 409, "RoleDefinitionWithSameNameExists"},
		{"name of a built-in role", owner, "PUT", subA + definitions + "/" + fresh, strings.Replace(put(inA, permission), "New", "Owner", 1), 409, "RoleDefinitionWithSameNameExists"},
		{"changed to the name of another role", owner, "PUT", subA + definitions + "/" + role, strings.Replace(put(inA, permission), "New", "web's", 1), 409, "RoleDefinitionWithSameNameExists"},

		// Who may write definitions in A only cannot make, change or delete what means something in B.
		{"assignable also elsewhere", owner, "PUT", subA + definitions + "/" + fresh, put(inAB, permission), 403, "LinkedAuthorizationFailed"},
		{"assignable everywhere", owner, "PUT", subA + definitions + "/" + fresh, put(`"/"`, permission), 403, "LinkedAuthorizationFailed"},
		{"change of what is assignable elsewhere", owner, "PUT", subA + definitions + "/" + roleAB, put(inA, permission), 403, "LinkedAuthorizationFailed"},
		{"deletion of what is assignable elsewhere", owner, "DELETE", subA + definitions + "/" + roleAB, "", 403, "LinkedAuthorizationFailed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := sampleStore(t)
			before, _ := store.Policy(t.Context())
			response, body := call(gated(t, store), tt.who, tt.method, tt.target+v2022, tt.body)
			if response.StatusCode != tt.status || at(body, "error", "code") != tt.code {
				t.Errorf("%d %v, want %d %s", response.StatusCode, body, tt.status, tt.code)
			}
			if after, _ := store.Policy(t.Context()); after != before {
				t.Error("the store changed")
			}
		})
	}
}

// A refusal calls the client as the gate's own do.
func TestLinkedAuthorizationFailedNamesTheClient(t *testing.T) {
	handler := gated(t, sampleStore(t))
	for name, want := range map[string]string{
		"":                  "The client '" + owner + "' with object id '" + owner + "' has",
		"alice@contoso.com": "The client 'alice@contoso.com' with object id '" + owner + "' has",
	} {
		r := httptest.NewRequest("DELETE", "https://management.example"+subA+definitions+"/"+roleAB+v2022, nil)
		r.Header.Set("Caller", owner)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nameKey{}, name)))
		if w.Code != 403 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d %s, want %s", w.Code, w.Body, want)
		}
		// The role is assignable in a subscription that the caller cannot see.
		if strings.Contains(w.Body.String(), subB) {
			t.Errorf("%s names a scope that the request did not", w.Body)
		}
	}
}

func TestDefinitionsOfOtherScopesAreNotFound(t *testing.T) {
	handler := gated(t, sampleStore(t))
	for target, want := range map[string]int{
		subB + definitions + "/" + role:            404,
		subB + definitions + "/" + roleAB:          200,
		subA + definitions + "/" + roleG:           200, // below
		groupA + definitions + "/" + role:          200, // above
		definitions + "/" + role:                   200,
		subB + definitions + "/" + fresh:           404,
		subB + definitions + "/x":                  404,
		subB + definitions + "/" + rbac.RoleReader: 200,
	} {
		if response, body := call(handler, chief, "GET", target+v2022, ""); response.StatusCode != want {
			t.Errorf("%s: %d %v", target, response.StatusCode, body)
		}
	}
	if response, _ := call(handler, chief, "DELETE", subB+definitions+"/"+role+v2022, ""); response.StatusCode != 204 {
		t.Errorf("deletion by another scope: %d", response.StatusCode)
	}
	if response, _ := call(handler, chief, "GET", subA+definitions+"/"+role+v2022, ""); response.StatusCode != 200 {
		t.Errorf("deleted by another scope: %d", response.StatusCode)
	}
}

func TestRequestErrors(t *testing.T) {
	handler := gated(t, sampleStore(t))
	tests := []struct {
		method, target string
		status         int
		code           string
		allow          string
	}{
		{"GET", subA + assignments, 400, "MissingApiVersionParameter", ""},
		{"GET", subA + assignments + "?api-version=", 400, "MissingApiVersionParameter", ""},
		{"GET", subA + assignments + "?api-version=1", 400, "InvalidApiVersionParameter", ""},
		{"GET", subA + assignments + "?api-version=2022-13-01", 400, "InvalidApiVersionParameter", ""},
		{"GET", subA + assignments + "?api-version=2022-04-01-final", 400, "InvalidApiVersionParameter", ""},
		{"GET", subA + assignments + "?api-version=&api-version=2015-07-01", 400, "InvalidApiVersionParameter", ""},
		{"GET", subA + assignments + "?api-version=2022-04-01&api-version=2015-07-01", 400, "InvalidApiVersionParameter", ""},
		{"GET", subA + "/providers/Microsoft.Authorization/locks" + v2022, 404, "InvalidResourceType", ""},
		{"GET", subA + "/providers/Microsoft.Authorization/permissions/x" + v2022, 404, "InvalidResourceType", ""},
		{"GET", subA + v2022, 404, "NotFound", ""},
		{"GET", subA + "/providers/Microsoft.Authorization" + v2022, 404, "NotFound", ""},
		{"GET", subA + assignments + "/" + assignmentName(1) + "/x" + v2022, 404, "NotFound", ""},
		{"GET", subA + "/foo/bar" + assignments + v2022, 400, "InvalidRequestUri", ""},
		{"GET", subA + "%2fx" + assignments + v2022, 400, "InvalidRequestUri", ""},
		{"GET", subA + "/resourceGroups/%2e%2e" + assignments + v2022, 400, "InvalidRequestUri", ""},
		{"POST", subA + assignments + v2022, 405, "MethodNotAllowed", "GET, HEAD"},
		{"PUT", subA + assignments + v2022, 405, "MethodNotAllowed", "GET, HEAD"},
		{"PATCH", subA + assignments + "/" + assignmentName(1) + v2022, 405, "MethodNotAllowed", "GET, HEAD, PUT, DELETE"},
		{"DELETE", subA + definitions + v2022, 405, "MethodNotAllowed", "GET, HEAD"},
		{"OPTIONS", subA + definitions + "/" + role + v2022, 405, "MethodNotAllowed", "GET, HEAD, PUT, DELETE"},
		{"OPTIONS", subA + assignments + v2022, 405, "MethodNotAllowed", "GET, HEAD"},
		{"PUT", subA + denials + "/" + fresh + v2022, 405, "MethodNotAllowed", "GET, HEAD"},
		{"POST", subA + denials + v2022, 405, "MethodNotAllowed", "GET, HEAD"},
		{"DELETE", subA + instances + "/" + fresh + v2022, 405, "MethodNotAllowed", "GET, HEAD"},
		{"POST", subA + permissions + v2022, 405, "MethodNotAllowed", "GET, HEAD"},
		{"GET", subA + checkAccess + v2022, 405, "MethodNotAllowed", "POST"},
	}
	for _, tt := range tests {
		response, body := call(handler, chief, tt.method, tt.target, "")
		if response.StatusCode != tt.status || at(body, "error", "code") != tt.code || response.Header.Get("Allow") != tt.allow {
			t.Errorf("%s %s: %d %v, Allow %q", tt.method, tt.target, response.StatusCode, body, response.Header.Get("Allow"))
		}
		// The gate lets through what is allowed here.
		for _, method := range strings.FieldsFunc(tt.allow, func(r rune) bool { return r == ',' || r == ' ' }) {
			if _, err := rbac.OperationFor(httptest.NewRequest(method, tt.target, nil)); err != nil {
				t.Errorf("%s is allowed at %s: %v", method, tt.target, err)
			}
		}
	}
	if _, body := call(handler, chief, "GET", subA+assignments+v2022+"&api-version=2015-07-01", ""); at(body, "error", "message") != "The api-version query parameter (?api-version=) is given more than once." {
		t.Errorf("%v", body)
	}
	if _, body := call(handler, chief, "GET", subA+assignments, ""); at(body, "error", "message") != "The api-version query parameter (?api-version=) is required for all requests." {
		t.Errorf("%v", body)
	}
}

// What somebody else deletes meanwhile is gone, and that is no error.
func TestDeletionDuringDeletion(t *testing.T) {
	store := sampleStore(t)
	handler := gated(t, store)
	scope := rbac.MustParseScope(subB)
	for range 50 {
		body := fmt.Sprintf(`{"properties": {"roleDefinitionId": %q, "principalId": %q}}`, rbac.RoleReader, staff)
		if response, answer := call(handler, chief, "PUT", subB+assignments+"/"+fresh+v2022, body); response.StatusCode != 201 {
			t.Fatalf("create: %d %v", response.StatusCode, answer)
		}
		var other sync.WaitGroup
		other.Go(func() {
			if _, err := store.DeleteAssignmentsWithin(t.Context(), scope); err != nil {
				t.Error(err)
			}
		})
		if response, answer := call(handler, chief, "DELETE", subB+assignments+"/"+fresh+v2022, ""); response.StatusCode != 200 && response.StatusCode != 204 {
			t.Errorf("%d %v", response.StatusCode, answer)
		}
		other.Wait()
	}
}

// Two callers create the same grant under two names: one of them wins, whoever it is.
func TestConcurrentWrites(t *testing.T) {
	store := sampleStore(t)
	handler := gated(t, store)
	body := fmt.Sprintf(`{"properties": {"roleDefinitionId": %q, "principalId": %q}}`, rbac.RoleReader, staff)
	statuses := make([]int, 8)
	var writers sync.WaitGroup
	for i := range statuses {
		writers.Go(func() {
			response, _ := call(handler, chief, "PUT", subB+assignments+"/"+assignmentName(100+i)+v2022, body)
			statuses[i] = response.StatusCode
		})
	}
	writers.Wait()
	slices.Sort(statuses)
	if statuses[0] != 201 || statuses[1] != 409 {
		t.Errorf("statuses %v", statuses)
	}
}
