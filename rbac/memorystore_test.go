package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/rbac"
)

func newStore(t testing.TB, config rbac.PolicyConfig) *rbac.MemoryStore {
	t.Helper()
	store, err := rbac.NewMemoryStore(config)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func allowed(t testing.TB, source rbac.Source, objectID, action, scope string) bool {
	t.Helper()
	return setOf(t, source, rbac.Subject{ObjectID: objectID}).
		Check(rbac.Operation{Action: action, Scope: mustScope(t, scope)}).Allowed
}

func TestNewMemoryStoreErrors(t *testing.T) {
	for want, config := range map[string]rbac.PolicyConfig{
		"rbac: Assignments[0].Name: is required in a store": {Assignments: []rbac.RoleAssignment{{Scope: "/", RoleDefinitionID: rbac.RoleReader, PrincipalID: alice}}},
		"rbac: Assignments[0].Scope: ":                      {Assignments: []rbac.RoleAssignment{{Name: name(1), RoleDefinitionID: rbac.RoleReader, PrincipalID: alice}}},
		"rbac: Roles[0].ID: ":                               {Roles: []rbac.RoleDefinition{{}}},
	} {
		if store, err := rbac.NewMemoryStore(config); store != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestStoreAssignments(t *testing.T) {
	ctx := t.Context()
	store := newStore(t, rbac.PolicyConfig{})
	made := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	assignment := rbac.RoleAssignment{
		Name:             name(2),
		Scope:            subA,
		RoleDefinitionID: subA + "/providers/Microsoft.Authorization/roleDefinitions/" + strings.ToUpper(rbac.RoleReader),
		PrincipalID:      alice,
		PrincipalType:    "User",
		Stamp:            rbac.Stamp{CreatedOn: made, CreatedBy: bob, UpdatedOn: made, UpdatedBy: bob},
	}
	if allowed(t, store, alice, "a/read", subA) {
		t.Fatal("allowed before the assignment")
	}
	stored, created, err := store.PutAssignment(ctx, assignment)
	if err != nil || !created || stored.RoleDefinitionID != rbac.RoleReader || stored.Scope != subA || stored.Stamp != assignment.Stamp {
		t.Fatalf("put: %+v, %v, %v", stored, created, err)
	}
	if !allowed(t, store, alice, "a/read", subA) {
		t.Fatal("not allowed after the assignment")
	}

	// The same once more, in other letters: the description changes, who made it does not.
	again := assignment
	again.Name, again.Scope, again.PrincipalID = strings.ToUpper(name(2)), strings.ToUpper(subA), strings.ToUpper(alice)
	again.RoleDefinitionID, again.Description = rbac.RoleReader, "because"
	again.Stamp = rbac.Stamp{CreatedOn: made.Add(1), CreatedBy: alice, UpdatedOn: made.Add(1), UpdatedBy: alice}
	stored, created, err = store.PutAssignment(ctx, again)
	if err != nil || created || stored.Description != "because" || stored.CreatedBy != bob || !stored.CreatedOn.Equal(made) || stored.UpdatedBy != alice {
		t.Fatalf("put again: %+v, %v, %v", stored, created, err)
	}
	if got, err := store.Assignment(ctx, name(2)); err != nil || got != stored {
		t.Errorf("get: %+v, %v", got, err)
	}

	// An equal one changes nothing, and a client that knows no principal type leaves it as it is.
	equal := again
	equal.PrincipalType, equal.Stamp = "", rbac.Stamp{UpdatedOn: made.Add(2)}
	if got, created, err := store.PutAssignment(ctx, equal); err != nil || created || got != stored {
		t.Errorf("put an equal one: %+v, %v, %v", got, created, err)
	}

	other := rbac.RoleAssignment{Name: name(1), Scope: groupA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: sid}
	if _, _, err := store.PutAssignment(ctx, other); err != nil {
		t.Fatal(err)
	}
	list, err := store.Assignments(ctx)
	if err != nil || len(list) != 2 || list[0].Name != name(1) {
		t.Errorf("list: %+v, %v", list, err)
	}

	if deleted, err := store.DeleteAssignment(ctx, strings.ToUpper(name(2))); err != nil || deleted != stored {
		t.Errorf("delete: %+v, %v", deleted, err)
	}
	if allowed(t, store, alice, "a/read", subA) {
		t.Error("allowed after the assignment is gone")
	}
	if _, err := store.DeleteAssignment(ctx, name(2)); !errors.Is(err, rbac.ErrNotFound) {
		t.Errorf("delete again: %v", err)
	}
	if _, err := store.Assignment(ctx, name(2)); !errors.Is(err, rbac.ErrNotFound) {
		t.Errorf("get what is gone: %v", err)
	}
}

func TestPutAssignmentErrors(t *testing.T) {
	config := rbac.PolicyConfig{
		Roles: []rbac.RoleDefinition{
			{ID: customRole, AssignableScopes: []string{groupA, strings.ToUpper(subB)}},
			{ID: alice},
		},
		Assignments: []rbac.RoleAssignment{{Name: name(1), Scope: groupA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice}},
	}
	valid := rbac.RoleAssignment{Name: name(2), Scope: groupA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: bob}
	tests := []struct {
		name string
		edit func(*rbac.RoleAssignment)
		is   error
		text string
	}{
		{"no name", func(a *rbac.RoleAssignment) { a.Name = "" }, nil, "rbac: Name: "},
		{"name", func(a *rbac.RoleAssignment) { a.Name = "x" }, nil, "rbac: Name: "},
		{"scope", func(a *rbac.RoleAssignment) { a.Scope = "x" }, nil, "rbac: Scope: "},
		{"principal", func(a *rbac.RoleAssignment) { a.PrincipalID = "x" }, rbac.ErrInvalidPrincipal, "rbac: PrincipalID: "},
		{"role", func(a *rbac.RoleAssignment) { a.RoleDefinitionID = admins }, rbac.ErrRoleNotFound, "rbac: RoleDefinitionID: "},
		{"condition", func(a *rbac.RoleAssignment) { a.Condition = "x" }, rbac.ErrCondition, "rbac: Condition: "},
		{"not assignable there", func(a *rbac.RoleAssignment) { a.RoleDefinitionID, a.Scope = customRole, subA }, rbac.ErrNotAssignable, ""},
		{"not assignable anywhere", func(a *rbac.RoleAssignment) { a.RoleDefinitionID = alice }, rbac.ErrNotAssignable, ""},
		{"exists", func(a *rbac.RoleAssignment) {
			a.RoleDefinitionID, a.PrincipalID = strings.ToUpper(rbac.RoleReader), strings.ToUpper(alice)
		}, rbac.ErrAssignmentExists, ""},
		{"other principal", func(a *rbac.RoleAssignment) { a.Name, a.RoleDefinitionID = name(1), rbac.RoleReader }, rbac.ErrAssignmentUpdate, ""},
		{"other role", func(a *rbac.RoleAssignment) { a.Name, a.PrincipalID = name(1), alice }, rbac.ErrAssignmentUpdate, ""},
		{"other scope", func(a *rbac.RoleAssignment) {
			a.Name, a.PrincipalID, a.RoleDefinitionID, a.Scope = name(1), alice, rbac.RoleReader, subA
		}, rbac.ErrAssignmentUpdate, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := newStore(t, config)
			before, _ := store.Policy(t.Context())
			assignment := valid
			tt.edit(&assignment)
			stored, created, err := store.PutAssignment(t.Context(), assignment)
			if err == nil || created || stored != (rbac.RoleAssignment{}) || tt.is != nil && !errors.Is(err, tt.is) || !strings.HasPrefix(err.Error(), tt.text) {
				t.Errorf("error %v, want %v", err, tt.is)
			}
			if after, _ := store.Policy(t.Context()); after != before {
				t.Error("a refused change made a new policy")
			}
		})
	}
	store := newStore(t, config)
	for i, scope := range []string{machine, subB, groupOf(subB)} {
		assignment := rbac.RoleAssignment{Name: name(byte(10 + i)), Scope: scope, RoleDefinitionID: customRole, PrincipalID: bob}
		if _, created, err := store.PutAssignment(t.Context(), assignment); err != nil || !created {
			t.Errorf("assignable at %s: %v", scope, err)
		}
	}
}

func TestStoreLimits(t *testing.T) {
	guid := func(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-000000000000", i+1) }
	var config rbac.PolicyConfig
	for i := range 4000 {
		scope := subA
		if i%2 == 0 {
			scope = groupA
		}
		config.Assignments = append(config.Assignments, rbac.RoleAssignment{Name: guid(i), Scope: scope, RoleDefinitionID: rbac.RoleReader, PrincipalID: guid(i)})
	}
	for i := range 500 {
		config.Assignments = append(config.Assignments, rbac.RoleAssignment{Name: guid(4000 + i), Scope: mgmtGroup, RoleDefinitionID: rbac.RoleReader, PrincipalID: guid(i)})
	}
	for i := range 5000 {
		config.Roles = append(config.Roles, rbac.RoleDefinition{ID: guid(i)})
	}
	store := newStore(t, config)
	n := 10_000
	for scope, full := range map[string]bool{subA: true, machine: true, strings.ToUpper(groupA): true, mgmtGroup: true, subB: false, "/": false, mgmtGroup + "2": false} {
		n++
		_, _, err := store.PutAssignment(t.Context(), rbac.RoleAssignment{Name: guid(n), Scope: scope, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice})
		if errors.Is(err, rbac.ErrAssignmentLimit) != full || !full && err != nil {
			t.Errorf("%s: %v", scope, err)
		}
	}
	// What exists can be changed.
	if _, created, err := store.PutAssignment(t.Context(), config.Assignments[0]); err != nil || created {
		t.Errorf("change of an assignment: %v", err)
	}
	if _, _, err := store.PutRoleDefinition(t.Context(), rbac.RoleDefinition{ID: customRole}); !errors.Is(err, rbac.ErrRoleLimit) {
		t.Errorf("one more role: %v", err)
	}
	if _, created, err := store.PutRoleDefinition(t.Context(), rbac.RoleDefinition{ID: guid(0), RoleName: "x"}); err != nil || created {
		t.Errorf("change of a role: %v", err)
	}
}

func TestStoreRoleDefinitions(t *testing.T) {
	ctx := t.Context()
	made := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	store := newStore(t, rbac.PolicyConfig{})
	definition := rbac.RoleDefinition{
		ID:               customRole,
		RoleName:         "Reader of a",
		Permissions:      []rbac.Permission{{Actions: []string{"a/read"}}},
		AssignableScopes: []string{"/"},
		Stamp:            rbac.Stamp{CreatedOn: made, CreatedBy: alice},
	}
	stored, created, err := store.PutRoleDefinition(ctx, definition)
	if err != nil || !created || stored.Type != rbac.CustomRole {
		t.Fatalf("put: %+v, %v, %v", stored, created, err)
	}
	if _, _, err := store.PutAssignment(ctx, rbac.RoleAssignment{Name: name(1), Scope: subA, RoleDefinitionID: customRole, PrincipalID: alice}); err != nil {
		t.Fatal(err)
	}
	if !allowed(t, store, alice, "a/read", subA) || allowed(t, store, alice, "a/write", subA) {
		t.Error("not what the role grants")
	}

	// Nothing that goes in or comes out shares memory with the store.
	definition.Permissions[0].Actions[0] = "*"
	stored.Permissions[0].Actions[0] = "*"
	got, err := store.RoleDefinition(ctx, "/providers/Microsoft.Authorization/roleDefinitions/"+strings.ToUpper(customRole))
	if err != nil || got.Permissions[0].Actions[0] != "a/read" {
		t.Fatalf("get: %+v, %v", got, err)
	}
	got.AssignableScopes[0] = "x"
	list, err := store.RoleDefinitions(ctx)
	if err != nil || len(list) != 5 || list[0].ID != rbac.RoleUserAccessAdministrator {
		t.Fatalf("list: %+v, %v", list, err)
	}
	list[4].Permissions[0].Actions[0] = "*"
	if got, _ := store.RoleDefinition(ctx, customRole); got.Permissions[0].Actions[0] != "a/read" || got.AssignableScopes[0] != "/" {
		t.Error("the store is changed from outside")
	}

	definition.Permissions[0].Actions[0], definition.CreatedOn, definition.CreatedBy = "a/write", made.Add(1), bob
	if stored, created, err = store.PutRoleDefinition(ctx, definition); err != nil || created || !stored.CreatedOn.Equal(made) || stored.CreatedBy != alice {
		t.Fatalf("put again: %+v, %v, %v", stored, created, err)
	}
	if allowed(t, store, alice, "a/read", subA) || !allowed(t, store, alice, "a/write", subA) {
		t.Error("a changed role does not count")
	}

	conditional := definition
	conditional.Permissions = []rbac.Permission{{Actions: []string{"*"}, Condition: "x"}}
	broken := definition
	broken.Permissions = []rbac.Permission{{Actions: []string{"**"}}}
	builtIn := definition
	builtIn.ID, builtIn.Type = admins, rbac.BuiltInRole
	reader := definition
	reader.ID = rbac.RoleReader
	for want, definition := range map[error]rbac.RoleDefinition{
		rbac.ErrCondition:     conditional,
		rbac.ErrInvalidAction: broken,
		rbac.ErrBuiltInRole:   builtIn,
	} {
		if stored, created, err := store.PutRoleDefinition(ctx, definition); !errors.Is(err, want) || created || stored.ID != "" {
			t.Errorf("put: %v, want %v", err, want)
		}
	}
	if _, _, err := store.PutRoleDefinition(ctx, reader); !errors.Is(err, rbac.ErrBuiltInRole) {
		t.Errorf("put over Reader: %v", err)
	}
	if !allowed(t, store, alice, "a/write", subA) {
		t.Error("a refused change counts")
	}

	for id, want := range map[string]error{customRole: rbac.ErrRoleHasAssignments, rbac.RoleOwner: rbac.ErrBuiltInRole, admins: rbac.ErrNotFound, "x": rbac.ErrNotFound} {
		if _, err := store.DeleteRoleDefinition(ctx, id); !errors.Is(err, want) {
			t.Errorf("delete %s: %v, want %v", id, err, want)
		}
	}
	if _, err := store.DeleteAssignment(ctx, name(1)); err != nil {
		t.Fatal(err)
	}
	if deleted, err := store.DeleteRoleDefinition(ctx, customRole); err != nil || deleted.RoleName != "Reader of a" {
		t.Errorf("delete: %+v, %v", deleted, err)
	}
	if _, err := store.RoleDefinition(ctx, customRole); !errors.Is(err, rbac.ErrNotFound) {
		t.Errorf("get what is gone: %v", err)
	}
}

func TestDeleteAssignmentsWithin(t *testing.T) {
	config := rbac.PolicyConfig{}
	for i, scope := range []string{"/", mgmtGroup, subA, groupA, groupA + "2", machine, strings.ToUpper(machine) + "/EXTENSIONS/e", machine + "/providers/a/b/c", subB} {
		config.Assignments = append(config.Assignments, rbac.RoleAssignment{Name: name(byte(i)), Scope: scope, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice})
	}
	for _, tt := range []struct {
		scope   string
		deleted int
		left    string // the last digits of names
	}{
		{"/", 9, ""},
		{mgmtGroup, 1, "02345678"},
		{subA, 6, "018"},
		{groupA, 4, "01248"},
		{strings.ToUpper(groupA), 4, "01248"},
		{machine, 3, "012348"},
		{machine + "/extensions/e", 1, "01234578"},
		{groupOf(subB), 0, "012345678"},
	} {
		store := newStore(t, config)
		deleted, err := store.DeleteAssignmentsWithin(t.Context(), mustScope(t, tt.scope))
		if err != nil || deleted != tt.deleted {
			t.Errorf("%s: %d deleted, %v, want %d", tt.scope, deleted, err, tt.deleted)
		}
		left := ""
		assignments, _ := store.Assignments(t.Context())
		for _, a := range assignments {
			left += a.Name[len(a.Name)-1:]
		}
		if left != tt.left {
			t.Errorf("%s: %s left, want %s", tt.scope, left, tt.left)
		}
	}

	// What comes to lie there later is not what the old assignments were for.
	store := newStore(t, rbac.PolicyConfig{Assignments: config.Assignments[3:4]})
	if !allowed(t, store, alice, "a/read", machine) {
		t.Fatal("not allowed before")
	}
	if _, err := store.DeleteAssignmentsWithin(t.Context(), mustScope(t, groupA)); err != nil {
		t.Fatal(err)
	}
	if allowed(t, store, alice, "a/read", machine) {
		t.Error("allowed after the assignments are gone")
	}
}

func TestRoleNames(t *testing.T) {
	// What a site exported may hold a name twice.
	store := newStore(t, rbac.PolicyConfig{Roles: []rbac.RoleDefinition{
		{ID: customRole, RoleName: "Operator"},
		{ID: alice, RoleName: "operator"},
		{ID: bob, RoleName: "Auditor"},
		{ID: admins},
	}})
	for _, tt := range []struct {
		id, name string
		refused  bool
	}{
		{strings.ToUpper(customRole), "Operator", false}, // kept
		{alice, "OPERATOR", false},
		{alice, "AUDITOR", true},
		{bob, "Operator", true},
		{name(1), "auditor", true},
		{name(1), "owner", true},
		{name(1), "Operators", false},
		{name(2), "Operators", true},
		{name(2), "", false}, // as many as there are
		{alice, "Operator 2", false},
		{customRole, "Operator 2", true},
	} {
		_, _, err := store.PutRoleDefinition(t.Context(), rbac.RoleDefinition{ID: tt.id, RoleName: tt.name})
		if errors.Is(err, rbac.ErrRoleNameExists) != tt.refused || !tt.refused && err != nil {
			t.Errorf("%s %q: %v", tt.id, tt.name, err)
		}
	}
}

func TestPutAssignmentNarrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := time.Now()
		store := newStore(t, rbac.PolicyConfig{})
		assignment := rbac.RoleAssignment{Name: name(1), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice,
			Stamp: rbac.Stamp{CreatedOn: made, CreatedBy: bob, UpdatedOn: made, UpdatedBy: bob}}
		for i, edit := range []func(*rbac.RoleAssignment){
			func(*rbac.RoleAssignment) {},
			func(a *rbac.RoleAssignment) { a.Condition = aboutX },
			func(a *rbac.RoleAssignment) { a.Condition, a.ConditionVersion = aboutX, "2.0" },
			func(a *rbac.RoleAssignment) { a.Condition, a.ConditionVersion = "", "" },
			func(a *rbac.RoleAssignment) { a.Start = made.Add(time.Hour) },
			func(a *rbac.RoleAssignment) { a.End = made.Add(2 * time.Hour) },
			func(a *rbac.RoleAssignment) { a.Start, a.End = time.Time{}, time.Time{} },
		} {
			edit(&assignment)
			assignment.UpdatedOn, assignment.CreatedBy = made.Add(time.Duration(i)), alice
			stored, _, err := store.PutAssignment(t.Context(), assignment)
			want := assignment
			want.CreatedBy = bob
			if i == 0 {
				want.CreatedBy = alice
				bobs := assignment
				bobs.CreatedBy = bob
				if _, err := store.DeleteAssignment(t.Context(), name(1)); err != nil {
					t.Fatal(err)
				}
				if _, _, err := store.PutAssignment(t.Context(), bobs); err != nil {
					t.Fatal(err)
				}
			}
			if err != nil || stored != want {
				t.Fatalf("put %d: %+v, %v, want %+v", i, stored, err, want)
			}
			counts := assignment.Condition == "" && assignment.Start.IsZero()
			if got := allowed(t, store, alice, "a/read", subA); got != counts {
				t.Errorf("put %d: allowed %v", i, got)
			}
			if again, _, err := store.PutAssignment(t.Context(), func() rbac.RoleAssignment {
				equal := assignment
				equal.Stamp = rbac.Stamp{UpdatedBy: sid}
				return equal
			}()); err != nil || again.UpdatedBy != bob {
				t.Errorf("put %d again: %+v, %v", i, again, err)
			}
		}
	})
}

func TestStoreDenyAssignments(t *testing.T) {
	ctx := t.Context()
	made := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	store := newStore(t, rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
		{Name: name(1), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
	}})
	deny := denying(name(2), groupA, rbac.EveryoneID)
	deny.Stamp = rbac.Stamp{CreatedOn: made, CreatedBy: alice, UpdatedOn: made, UpdatedBy: alice}
	stored, created, err := store.PutDenyAssignment(ctx, deny)
	if err != nil || !created || stored.Scope != groupA || stored.Stamp != deny.Stamp {
		t.Fatalf("put: %+v, %v, %v", stored, created, err)
	}
	if allowed(t, store, alice, "a/read", machine) || !allowed(t, store, alice, "a/read", subA) {
		t.Error("not what is denied")
	}

	// Nothing that goes in or comes out shares memory with the store.
	deny.Permissions[0].Actions[0], stored.Principals[0].ID = "x", "x"
	got, err := store.DenyAssignment(ctx, strings.ToUpper(name(2)))
	if err != nil || got.Permissions[0].Actions[0] != "*" || got.Principals[0].ID != rbac.EveryoneID {
		t.Fatalf("get: %+v, %v", got, err)
	}
	got.Permissions[0].Actions[0] = "x"

	equal := denying(name(2), groupA, rbac.EveryoneID)
	equal.UpdatedBy = bob
	if stored, created, err = store.PutDenyAssignment(ctx, equal); err != nil || created || stored.Stamp != deny.Stamp {
		t.Errorf("put an equal one: %+v, %v, %v", stored, created, err)
	}
	changed := excluding(equal, alice)
	changed.CreatedBy = bob
	if stored, created, err = store.PutDenyAssignment(ctx, changed); err != nil || created || stored.CreatedBy != alice || stored.UpdatedBy != bob {
		t.Errorf("put another one: %+v, %v, %v", stored, created, err)
	}
	if !allowed(t, store, alice, "a/read", machine) {
		t.Error("a change does not count")
	}

	if _, _, err := store.PutDenyAssignment(ctx, denying(name(1), subA, bob)); err != nil {
		t.Fatal(err)
	}
	list, err := store.DenyAssignments(ctx)
	if err != nil || len(list) != 2 || list[0].Name != name(1) {
		t.Errorf("list: %+v, %v", list, err)
	}
	for title, scope := range map[string]string{"root": "/", "sub": subA, "machine": machine, "other": subB} {
		above, err := store.DenyAssignmentsAbove(ctx, mustScope(t, scope))
		if want := map[string]int{"root": 0, "sub": 1, "machine": 2, "other": 0}[title]; err != nil || len(above) != want || want == 2 && above[0].Name != name(2) {
			t.Errorf("above %s: %+v, %v", scope, above, err)
		}
		within, err := store.DenyAssignmentsWithin(ctx, mustScope(t, scope))
		if want := map[string]int{"root": 2, "sub": 2, "machine": 0, "other": 0}[title]; err != nil || len(within) != want {
			t.Errorf("within %s: %+v, %v", scope, within, err)
		}
	}

	for want, deny := range map[string]rbac.DenyAssignment{
		"rbac: Name: ":                      denying("", subA, alice),
		"rbac: Scope: ":                     denying(name(3), "x", alice),
		"rbac: Principals: ":                denying(name(3), subA),
		"rbac: Permissions[0].Actions[0]: ": permitting(denying(name(3), subA, alice), rbac.Permission{Actions: []string{""}}),
	} {
		if _, created, err := store.PutDenyAssignment(ctx, deny); err == nil || created || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}

	if deleted, err := store.DeleteDenyAssignment(ctx, strings.ToUpper(name(2))); err != nil || deleted.Name != name(2) {
		t.Errorf("delete: %+v, %v", deleted, err)
	}
	if _, err := store.DeleteDenyAssignment(ctx, name(2)); !errors.Is(err, rbac.ErrNotFound) {
		t.Errorf("delete again: %v", err)
	}
	if _, err := store.DenyAssignment(ctx, "x"); !errors.Is(err, rbac.ErrNotFound) {
		t.Errorf("get by no name: %v", err)
	}

	// What is deleted with its scope leaves no deny assignment behind for what comes to lie there later.
	if deleted, err := store.DeleteAssignmentsWithin(ctx, mustScope(t, subA)); err != nil || deleted != 2 {
		t.Errorf("%d deleted, %v", deleted, err)
	}
}

func TestStoreManagementGroups(t *testing.T) {
	ctx := t.Context()
	store := newStore(t, rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
		{Name: name(1), Scope: managementGroup("top"), RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
		{Name: name(2), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: bob},
		{Name: name(3), Scope: subB, RoleDefinitionID: rbac.RoleReader, PrincipalID: bob},
	}})
	for i, member := range []rbac.ManagementGroupMember{inGroup("top", "low"), inGroup("low", subA), inGroup("top", strings.ToUpper(subA)), inGroup("low", subA)} {
		if created, err := store.PutManagementGroupMember(ctx, member); err != nil || created != (i < 2) {
			t.Errorf("put %v: %v, %v", member, created, err)
		}
	}
	if !allowed(t, store, alice, "a/read", machine) || allowed(t, store, alice, "a/read", subB) {
		t.Error("not what lies in the management group")
	}
	list, err := store.ManagementGroupMembers(ctx)
	if err != nil || len(list) != 2 || list[0] != inGroup("top", "low") || list[1] != inGroup("low", subA) {
		t.Errorf("list: %v, %v", list, err)
	}
	for scope, want := range map[string][2]string{ // the last digits of names, above and within
		"/":                    {"", "123"},
		managementGroup("top"): {"1", "12"},
		managementGroup("low"): {"1", "2"},
		subA:                   {"21", "2"},
		machine:                {"21", ""},
		subB:                   {"3", "3"},
	} {
		var got [2]string
		for i, of := range []func(context.Context, rbac.Scope) ([]rbac.RoleAssignment, error){store.AssignmentsAbove, store.AssignmentsWithin} {
			list, err := of(ctx, mustScope(t, scope))
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range list {
				got[i] += a.Name[len(a.Name)-1:]
			}
		}
		if got != want {
			t.Errorf("above and within %s: %q, want %q", scope, got, want)
		}
	}
	for want, member := range map[string]rbac.ManagementGroupMember{
		"rbac: Member: ": inGroup("top", groupA),
		"rbac: ManagementGroup: the management group would lie in itself": inGroup("low", "top"),
	} {
		if created, err := store.PutManagementGroupMember(ctx, member); err == nil || created || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}

	// What is at the members of a management group stays when it is deleted.
	if deleted, err := store.DeleteAssignmentsWithin(ctx, mustScope(t, managementGroup("top"))); err != nil || deleted != 1 {
		t.Errorf("%d deleted, %v", deleted, err)
	}
	if was, err := store.DeleteManagementGroupMember(ctx, mustScope(t, strings.ToUpper(subA))); err != nil || was != inGroup("low", subA) {
		t.Errorf("delete: %v, %v", was, err)
	}
	if _, err := store.DeleteManagementGroupMember(ctx, mustScope(t, subA)); !errors.Is(err, rbac.ErrNotFound) {
		t.Errorf("delete again: %v", err)
	}
}

func TestAssignableInManagementGroup(t *testing.T) {
	store := newStore(t, rbac.PolicyConfig{
		Roles:            []rbac.RoleDefinition{{ID: customRole, AssignableScopes: []string{managementGroup("g")}}},
		ManagementGroups: []rbac.ManagementGroupMember{inGroup("g", subA)},
	})
	for scope, assignable := range map[string]bool{managementGroup("G"): true, subA: true, machine: true, subB: false, "/": false} {
		_, _, err := store.PutAssignment(t.Context(), rbac.RoleAssignment{Name: name(1), Scope: scope, RoleDefinitionID: customRole, PrincipalID: alice})
		if errors.Is(err, rbac.ErrNotAssignable) == assignable || assignable && err != nil {
			t.Errorf("%s: %v", scope, err)
		}
		if err == nil {
			if _, err := store.DeleteAssignment(t.Context(), name(1)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestAssignmentsOf(t *testing.T) {
	store := newStore(t, rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
		{Name: name(1), Scope: subB, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
		{Name: name(2), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
		{Name: name(3), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: sid},
		{Name: name(4), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: bob},
	}})
	for _, tt := range []struct {
		ids  []string
		want string
	}{
		{nil, ""},
		{[]string{"nobody", admins}, ""},
		{[]string{strings.ToUpper(alice)}, "21"},
		{[]string{strings.ToLower(sid), alice, sid}, "321"},
	} {
		list, err := store.AssignmentsOf(t.Context(), tt.ids...)
		got := ""
		for _, a := range list {
			got += a.Name[len(a.Name)-1:]
		}
		if err != nil || got != tt.want {
			t.Errorf("%v: %s, %v, want %s", tt.ids, got, err, tt.want)
		}
	}
}

// The count of what a subscription has follows every change.
func TestStoreLimitFollowsChanges(t *testing.T) {
	guid := func(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-000000000000", i+1) }
	var config rbac.PolicyConfig
	for i := range 3999 {
		config.Assignments = append(config.Assignments, rbac.RoleAssignment{Name: guid(i), Scope: groupA, RoleDefinitionID: rbac.RoleReader, PrincipalID: guid(i)})
	}
	store := newStore(t, config)
	put := func(n int, scope string) error {
		_, _, err := store.PutAssignment(t.Context(), rbac.RoleAssignment{Name: guid(n), Scope: scope, RoleDefinitionID: rbac.RoleReader, PrincipalID: guid(n)})
		return err
	}
	for i := range 3 {
		if err := put(5000+i, machine); err != nil {
			t.Fatal(err)
		}
		if err := put(6000, subA); !errors.Is(err, rbac.ErrAssignmentLimit) {
			t.Fatal(err)
		}
		if err := put(7000+i, subA+"2"); err != nil {
			t.Fatal(err)
		}
		if _, err := store.DeleteAssignment(t.Context(), guid(5000+i)); err != nil {
			t.Fatal(err)
		}
	}
}
