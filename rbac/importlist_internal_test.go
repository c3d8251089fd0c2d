package rbac

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// listOf is a list of n assignments, with others in the place of some.
func listOf(n int, others map[int]string) []byte {
	var list strings.Builder
	for i := range n {
		object, ok := others[i]
		if !ok {
			object = assignmentNumber(i, "/")
		}
		list.WriteString(map[bool]string{true: "[", false: ","}[i == 0] + object)
	}
	return []byte(list.String() + "]")
}

func assignmentNumber(i int, scope string) string {
	return fmt.Sprintf(`{"name": "eeeeeeee-0000-0000-0000-%012d", "scope": %q, "principalId": "S-1-5-21-%d", "roleDefinitionId": "%s"}`, i, scope, i, RoleReader)
}

// A list that is read in parts is the same as one that is read at once, and what is wrong with it is what comes first.
func TestImportInParts(t *testing.T) {
	const (
		n    = 3 * minPart / 64 // more than 64 bytes each
		role = `{"name": "dddddddd-0000-0000-0000-000000000004", "roleName": "x", "permissions": []}`
	)
	instance := strings.Replace(assignmentNumber(1, "/"), `"scope"`,
		`"originRoleAssignmentId": "eeeeeeee-0000-0000-0000-000000000001", "endDateTime": "2034-01-02T03:04:05Z", "scope"`, 1)
	apart := make(map[int]string)
	for i := range n {
		apart[i] = strings.Replace(assignmentNumber(i, "/"), `"scope"`, `"description": "},{", "x": [{},{}], "scope"`, 1)
	}
	group := `{"id": "/providers/Microsoft.Management/managementGroups/it", "type": "/providers/Microsoft.Management/managementGroups",
		"children": [{"id": "/subscriptions/s"}, {"id": "x"}]}`
	tests := []struct {
		name               string
		others             map[int]string
		roles, assignments int
		want               string // begins the error
	}{
		{"assignments", nil, 0, n, ""},
		{"roles among them", map[int]string{0: role, 5: role, n / 2: role, n - 1: role}, 4, n - 4, ""},
		{"two are wrong", map[int]string{n - 1: "{}", n/2 + 1: "{}"}, 0, 0, fmt.Sprintf("rbac: a: [%d]: neither", n/2+1)},
		{"wrong and no JSON", map[int]string{0: "{}", n - 1: "{"}, 0, 0, fmt.Sprintf("rbac: a: [%d]: invalid JSON", n-1)},
		{"wrong scope", map[int]string{n - 2: assignmentNumber(n-2, "x")}, 0, 0, fmt.Sprintf("rbac: a: [%d].scope: ", n-2)},
		{"conflict", map[int]string{n - 1: assignmentNumber(10, "/subscriptions/s")}, 0, 0, fmt.Sprintf("rbac: a: [%d]: conflicts with a: [10]: both have the name", n-1)},
		{"repeated", map[int]string{n - 1: assignmentNumber(10, "/")}, 0, n, ""},
		{"what is between objects is in them also", apart, 0, n, ""},
		{"path of a child", map[int]string{n - 2: group}, 0, 0, fmt.Sprintf("rbac: a: [%d].children[1].id: ", n-2)},
		{"instance of an assignment", map[int]string{n - 1: instance}, 0, n, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			config, err := Import(ImportFile{Name: "a", Data: listOf(n, tt.others)})
			if tt.want != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
					t.Errorf("error %v, want %s", err, tt.want)
				}
				return
			}
			if err != nil || len(config.Roles) != tt.roles || len(config.Assignments) != tt.assignments {
				t.Fatalf("%d roles and %d assignments, %v", len(config.Roles), len(config.Assignments), err)
			}
			for i, a := range config.Assignments[1:] {
				if before := config.Assignments[i]; before.Name > a.Name || before.Name == a.Name && before != a {
					t.Fatalf("%+v stands before %+v", before, a)
				}
			}
			if p, err := NewPolicy(config); err != nil || p.byName.len() != p.byLocation.len() {
				t.Errorf("%v", err)
			}
		})
	}
}

// A list is read as its objects are.
func FuzzReadList(f *testing.F) {
	for _, seed := range []string{"[]", " [ ] ", "[{}]", "[" + azObject + ",\n" + azObject + "]", "[" + azObject + "," + plainObject + ", 1]", "[" + azObject + "] x", "[" + azObject + ",]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		var objects []jsontext.Value
		err := unmarshal("", jsontext.Value(list), &objects)
		got, general := &importer{}, &importer{}
		ok, gotErr := got.readList("a", "", []byte(list))
		if ok != (err == nil && objects != nil) {
			t.Fatalf("ok: %t, %v", ok, err)
		}
		if !ok {
			return
		}
		var wantErr error
		for i, object := range objects {
			if wantErr = general.readAny(origin{file: "a", index: i, inList: true}, object); wantErr != nil {
				break
			}
		}
		if fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
			t.Fatalf("error %v, want %v", gotErr, wantErr)
		}
		if gotErr != nil {
			return
		}
		for list := range got.origins {
			if len(got.origins[list]) == 0 {
				delete(got.origins, list)
			}
		}
		if !reflect.DeepEqual(got.config, general.config) || len(got.origins)+len(general.origins) > 0 && !reflect.DeepEqual(got.origins, general.origins) ||
			!reflect.DeepEqual(got.scheduled, general.scheduled) {
			t.Errorf("got %+v\nwant %+v", got.config, general.config)
		}
	})
}
