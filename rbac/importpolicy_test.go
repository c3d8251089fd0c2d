package rbac_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

// beside are objects that are not of a file.
func beside(edit func(*rbac.PolicyConfig)) rbac.PolicyConfig {
	config := rbac.PolicyConfig{
		Roles:            []rbac.RoleDefinition{{ID: otherRole, RoleName: "Other", Permissions: []rbac.Permission{{Actions: []string{"b/*"}}}}},
		Assignments:      []rbac.RoleAssignment{{Name: name(9), Scope: subB, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice}},
		ManagementGroups: []rbac.ManagementGroupMember{{ManagementGroup: mg + "it", Member: subB}},
	}
	if edit != nil {
		edit(&config)
	}
	return config
}

const otherRole = "dddddddd-0000-0000-0000-00000000000b"

// The policy is that of both together.
func TestImportPolicy(t *testing.T) {
	files := []rbac.ImportFile{file("a", cliRoles), file("b", cliAssignments), file("c", restTree), file("d", restDenyAssignment), file("e", restAssignment)}
	config := beside(nil)
	p, imported, err := rbac.ImportPolicy(config, files...)
	if err != nil {
		t.Fatal(err)
	}
	if want := (rbac.Imported{Roles: 2, Assignments: 3, DenyAssignments: 1, ManagementGroups: 4}); imported != want {
		t.Errorf("%+v, want %+v", imported, want)
	}
	if want := beside(nil); !reflect.DeepEqual(config, want) {
		t.Errorf("config has become %+v", config)
	}
	store, err := rbac.NewMemoryStoreOf(p)
	if err != nil {
		t.Fatal(err)
	}

	all, err := rbac.Import(files...)
	if err != nil {
		t.Fatal(err)
	}
	all.Roles = append(all.Roles, config.Roles...)
	all.Assignments = append(all.Assignments, config.Assignments...)
	all.ManagementGroups = append(all.ManagementGroups, config.ManagementGroups...)
	want, err := rbac.NewMemoryStore(all)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := contentOf(t, store), contentOf(t, want); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func contentOf(t *testing.T, store *rbac.MemoryStore) rbac.PolicyConfig {
	t.Helper()
	roles, err1 := store.RoleDefinitions(t.Context())
	assignments, err2 := store.Assignments(t.Context())
	denials, err3 := store.DenyAssignments(t.Context())
	members, err4 := store.ManagementGroupMembers(t.Context())
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	return rbac.PolicyConfig{Roles: roles, Assignments: assignments, DenyAssignments: denials, ManagementGroups: members}
}

func TestImportPolicyErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		edit  func(*rbac.PolicyConfig)
		files []rbac.ImportFile
		want  string // begins the error
	}{
		{"file", nil, []rbac.ImportFile{file("a.json", "[")}, "a.json: "},
		{"object of a file", nil, []rbac.ImportFile{file("a.json", strings.Replace(cliAssignments, "aaaaaaaa", "aaaa", 1)), file("r.json", cliRoles)}, "a.json: [0].principalId: "},
		{"object of the configuration", func(c *rbac.PolicyConfig) { c.Assignments[0].Scope = "x" }, nil, "Assignments[0].Scope: "},
		{"role of a file", func(c *rbac.PolicyConfig) { c.Assignments[0].RoleDefinitionID = customRole }, []rbac.ImportFile{file("r.json", cliRoles)}, ""},
		{"conflict between the two", func(c *rbac.PolicyConfig) { c.Assignments[0].Name = name(1) }, []rbac.ImportFile{file("r.json", cliRoles), file("a.json", cliAssignments)},
			"a.json: [0]: conflicts with Assignments[0]: both have the name " + name(1)},
		{"conflict between files", nil, []rbac.ImportFile{file("r.json", cliRoles), file("b.json", cliAssignments), file("a.json", strings.ReplaceAll(restAssignment, "eeeeeeee", "ffffffff"))},
			"a.json: conflicts with b.json: [0]: both give the same principal"},
		{"conflict in the configuration", func(c *rbac.PolicyConfig) {
			c.Assignments = append(c.Assignments, c.Assignments[0])
			c.Assignments[1].Scope = subA
		}, []rbac.ImportFile{file("r.json", cliRoles)}, "Assignments[1]: conflicts with Assignments[0]: both have the name " + name(9)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, imported, err := rbac.ImportPolicy(beside(tt.edit), tt.files...)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), "rbac: "+tt.want) {
				t.Errorf("error %v, want rbac: %s", err, tt.want)
			}
			if p != nil || imported != (rbac.Imported{}) {
				t.Errorf("%v and %+v besides an error", p, imported)
			}
		})
	}
}

func TestNewMemoryStoreOf(t *testing.T) {
	unnamed, err := rbac.NewPolicy(beside(func(c *rbac.PolicyConfig) { c.Assignments[0].Name = "" }))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*rbac.Policy{nil, unnamed} {
		if store, err := rbac.NewMemoryStoreOf(p); err == nil || store != nil {
			t.Errorf("%v, %v", store, err)
		}
	}
}
