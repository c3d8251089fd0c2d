package armapi_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

func denyName(n string) string { return "dddddddd-0000-0000-0000-0000000000" + n }

// denyStore is sampleStore with deny assignments that block nothing anybody does here.
func denyStore(t testing.TB) *rbac.MemoryStore {
	t.Helper()
	store := sampleStore(t)
	permissions := []rbac.Permission{{Actions: []string{"x/write"}, DataActions: []string{"x/data"}, Condition: colour}}
	for _, denial := range []rbac.DenyAssignment{
		{Name: denyName("d1"), DenyAssignmentName: "everywhere", Scope: "/", Principals: []rbac.DenyPrincipal{{ID: staff, Type: "Group"}}},
		{Name: denyName("d2"), DenyAssignmentName: "in A", Scope: subA, Principals: []rbac.DenyPrincipal{{ID: rbac.EveryoneID, Type: "SystemDefined"}},
			ExcludePrincipals: []rbac.DenyPrincipal{{ID: staff, Type: "Group"}}, IsSystemProtected: true, Description: "why"},
		{Name: denyName("d3"), DenyAssignmentName: "in web", Scope: groupA, DoNotApplyToChildScopes: true,
			Principals: []rbac.DenyPrincipal{{ID: reader, Type: "User"}, {ID: staff, Type: "Group"}}},
		{Name: denyName("d4"), DenyAssignmentName: "in B", Scope: subB, Principals: []rbac.DenyPrincipal{{ID: reader, Type: "User"}}},
	} {
		denial.Permissions = permissions
		if _, _, err := store.PutDenyAssignment(t.Context(), denial); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

func TestDenyAssignmentLists(t *testing.T) {
	handler := gated(t, denyStore(t))
	for _, tt := range []struct {
		who, target, filter string
		want                string // the ends of names
	}{
		{chief, denials, "", "d1,d2,d3,d4"},
		{chief, denials, "atScope()", "d1"},
		{chief, subA + denials, "", "d1,d2,d3"},
		{chief, subA + denials, "ATSCOPE()", "d1,d2"},
		{chief, groupA + denials, "", "d1,d2,d3"},
		{chief, strings.ToUpper(groupA + denials), "atScope()", "d1,d2,d3"},
		{chief, subA + denials, "principalId eq '" + staff + "'", "d1,d3"},
		{chief, subA + denials, "principalId eq '" + strings.ToUpper(reader) + "'", "d3"},
		{chief, subA + denials, "principalId eq '" + rbac.EveryoneID + "'", "d2"},
		{chief, subA + denials, "atScope() and principalId eq '" + staff + "'", "d1"},
		{chief, subA + denials, "denyAssignmentName eq 'In A'", "d2"},
		{chief, subA + denials, "denyAssignmentName eq 'in B'", ""},
		{owner, subA + denials, "", "d2,d3"}, // not the one at "/"
		{owner, denials, "", "d2,d3"},
		{owner, subB + denials, "", ""},
		{reader, subA + denials, "", "d3"},
		{reader, groupA + denials, "", "d3"},
		{staff, subA + denials, "", ""},
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
	for query, want := range map[string]string{
		"$top=1":                                "d1",
		"$top=x":                                "UnsupportedQuery",
		"$filter=assignedTo('x')":               "UnsupportedQuery",
		"$filter=gdprExportPrincipalId+eq+'x'":  "UnsupportedQuery",
		"$filter=denyAssignmentName+eq+'a'+and": "UnsupportedQuery",
	} {
		response, body := call(handler, chief, "GET", subA+denials+v2022+"&"+query, "")
		got, _ := at(body, "error", "code").(string)
		if response.StatusCode == 200 {
			got = strings.Join(names(body), ",")
		}
		if got != want {
			t.Errorf("%s: %d %v, want %s", query, response.StatusCode, body, want)
		}
	}
}

func TestDenyAssignment(t *testing.T) {
	handler := gated(t, denyStore(t))
	for _, tt := range []struct {
		who, target string
		status      int
	}{
		{chief, subA + denials + "/" + denyName("d2"), 200},
		{chief, strings.ToUpper(subA+denials) + "/" + strings.ToUpper(denyName("d2")), 200},
		{chief, denials + "/" + denyName("d1"), 200},
		{chief, groupA + denials + "/" + denyName("d2"), 404}, // above
		{chief, subA + denials + "/" + denyName("d3"), 404},   // below
		{chief, subA + denials + "/" + denyName("ff"), 404},
		{chief, subA + denials + "/x", 404},
		{reader, groupA + denials + "/" + denyName("d3"), 200},
		{reader, subA + denials + "/" + denyName("d2"), 403},
	} {
		response, body := call(handler, tt.who, "GET", tt.target+v2022, "")
		if response.StatusCode != tt.status || tt.status == 404 && at(body, "error", "code") != "DenyAssignmentNotFound" {
			t.Errorf("%s: %d %v, want %d", tt.target, response.StatusCode, body, tt.status)
		}
	}
	if response, _ := call(handler, chief, "HEAD", subA+denials+"/"+denyName("d2")+v2022, ""); response.StatusCode != 200 {
		t.Errorf("HEAD: %d", response.StatusCode)
	}

	_, got := call(handler, chief, "GET", subA+denials+"/"+denyName("d2")+v2022, "")
	want := map[string]any{
		"id":   subA + denials + "/" + denyName("d2"),
		"name": denyName("d2"),
		"type": "Microsoft.Authorization/denyAssignments",
		"properties": map[string]any{
			"denyAssignmentName": "in A", "description": "why", "scope": subA, "doNotApplyToChildScopes": false, "isSystemProtected": true,
			"permissions": []any{map[string]any{
				"actions": []any{"x/write"}, "notActions": []any{}, "dataActions": []any{"x/data"}, "notDataActions": []any{},
				"condition": colour, "conditionVersion": "2.0",
			}},
			"principals":        []any{map[string]any{"id": rbac.EveryoneID, "type": "SystemDefined"}},
			"excludePrincipals": []any{map[string]any{"id": staff, "type": "Group"}},
			"createdOn":         nil, "updatedOn": nil, "createdBy": nil, "updatedBy": nil,
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
}

// What is listed can be imported, and says the same then.
func TestDenyAssignmentsComeBack(t *testing.T) {
	store := denyStore(t)
	config, err := rbac.Import(rbac.ImportFile{Name: "denyAssignments", Data: get(gated(t, store), chief, denials+v2022)})
	if err != nil {
		t.Fatal(err)
	}
	again, err := rbac.NewMemoryStore(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"d1", "d2", "d3", "d4"} {
		was, err := store.DenyAssignment(t.Context(), denyName(n))
		if err != nil {
			t.Fatal(err)
		}
		_, created, err := again.PutDenyAssignment(t.Context(), was)
		if created || err != nil {
			t.Errorf("%s: created %v, %v", n, created, err)
		}
		is, err := again.DenyAssignment(t.Context(), denyName(n))
		if err != nil || is.Scope != was.Scope || is.DoNotApplyToChildScopes != was.DoNotApplyToChildScopes || !slices.Equal(is.Principals, was.Principals) ||
			!slices.Equal(is.ExcludePrincipals, was.ExcludePrincipals) {
			t.Errorf("%+v, %v", is, err)
		}
	}
}
