package rbac_test

import (
	"slices"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

func resourceSet(t testing.TB, config rbac.PolicyConfig, subject rbac.Subject) *rbac.ResourceSet {
	t.Helper()
	policy, err := rbac.NewPolicy(config)
	if err != nil {
		t.Fatal(err)
	}
	return setOf(t, policy, subject)
}

func setOf(t testing.TB, source rbac.Source, subject rbac.Subject) *rbac.ResourceSet {
	t.Helper()
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: source})
	if err != nil {
		t.Fatal(err)
	}
	set, err := authorizer.ResourceSet(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestCheck(t *testing.T) {
	config := rbac.PolicyConfig{
		Roles: []rbac.RoleDefinition{
			{ID: customRole, Permissions: []rbac.Permission{
				// Each permission by itself: the second one's notActions take nothing from the first.
				{Actions: []string{"Microsoft.Sql/*"}, NotActions: []string{"*/delete"}},
				{Actions: []string{"*/delete"}, NotActions: []string{"Microsoft.Sql/servers/*", "Microsoft.Compute/*"}},
				{DataActions: []string{"Microsoft.Storage/*"}, NotDataActions: []string{"*/write"}},
			}},
		},
		Assignments: []rbac.RoleAssignment{
			{Name: name(1), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
			{Name: name(2), Scope: groupA, RoleDefinitionID: rbac.RoleContributor, PrincipalID: alice},
			{Name: name(3), Scope: groupA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: admins},
			{Name: name(4), Scope: subB, RoleDefinitionID: customRole, PrincipalID: bob},
			{Name: name(5), Scope: machine, RoleDefinitionID: rbac.RoleOwner, PrincipalID: sid},
			{Name: name(6), Scope: "/", RoleDefinitionID: rbac.RoleReader, PrincipalID: admins},
		},
	}
	tests := []struct {
		who    rbac.Subject
		action string
		scope  string
		plane  rbac.Plane
		by     string // the assignment that grants it, "" when nothing does
	}{
		{rbac.Subject{ObjectID: alice}, "a/b/read", subA, 0, name(1)},
		{rbac.Subject{ObjectID: strings.ToUpper(alice)}, "A/B/READ", strings.ToUpper(machine), 0, name(2)},
		{rbac.Subject{ObjectID: alice}, "a/b/read", "/", 0, ""},
		{rbac.Subject{ObjectID: alice}, "a/b/read", subB, 0, ""},
		{rbac.Subject{ObjectID: alice}, "a/b/write", subA, 0, ""},
		{rbac.Subject{ObjectID: alice}, "a/b/write", groupA, 0, name(2)},
		{rbac.Subject{ObjectID: alice}, "a/b/write", machine + "/extensions/e", 0, name(2)},
		{rbac.Subject{ObjectID: alice}, "a/b/write", groupA + "2", 0, ""},
		{rbac.Subject{ObjectID: alice}, "Microsoft.Authorization/roleAssignments/write", groupA, 0, ""},
		{rbac.Subject{ObjectID: alice}, "a/b/read", machine, rbac.DataPlane, ""},
		{rbac.Subject{ObjectID: alice}, "a/b/read", machine, 7, ""},
		{rbac.Subject{ObjectID: alice}, "", machine, 0, ""},
		{rbac.Subject{ObjectID: alice, Groups: []string{admins}}, "Microsoft.Authorization/roleAssignments/write", machine, 0, name(3)},
		{rbac.Subject{ObjectID: alice, Groups: []string{admins}}, "a/read", mgmtGroup, 0, name(6)},
		{rbac.Subject{ObjectID: alice, Groups: []string{admins}}, "a/read", subA, 0, name(1)},
		{rbac.Subject{ObjectID: bob, Groups: []string{"not a group", strings.ToUpper(admins), admins}}, "a/write", groupA, 0, name(3)},
		{rbac.Subject{ObjectID: bob}, "Microsoft.Sql/servers/write", subB, 0, name(4)},
		{rbac.Subject{ObjectID: bob}, "Microsoft.Sql/servers/delete", subB, 0, ""},
		{rbac.Subject{ObjectID: bob}, "Microsoft.Sql/managedInstances/delete", subB, 0, name(4)},
		{rbac.Subject{ObjectID: bob}, "Microsoft.Compute/disks/delete", subB, 0, ""},
		{rbac.Subject{ObjectID: bob}, "Microsoft.Web/sites/delete", subB, 0, name(4)},
		{rbac.Subject{ObjectID: bob}, "Microsoft.Storage/blobs/read", subB, rbac.DataPlane, name(4)},
		{rbac.Subject{ObjectID: bob}, "Microsoft.Storage/blobs/read", subB, rbac.ControlPlane, ""},
		{rbac.Subject{ObjectID: bob}, "Microsoft.Storage/blobs/write", subB, rbac.DataPlane, ""},
		{rbac.Subject{ObjectID: sid}, "a/delete", machine, 0, name(5)},
		{rbac.Subject{ObjectID: strings.ToLower(sid)}, "a/delete", machine, 0, name(5)},
		{rbac.Subject{ObjectID: sid}, "a/delete", groupA, 0, ""},
		{rbac.Subject{ObjectID: bob, Groups: []string{sid}}, "a/delete", machine, 0, name(5)},
		{rbac.Subject{ObjectID: "nobody"}, "a/read", subA, 0, ""},
	}
	policy, err := rbac.NewPolicy(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		set := setOf(t, policy, tt.who)
		got := set.Check(rbac.Operation{Action: tt.action, Scope: mustScope(t, tt.scope), Plane: tt.plane})
		by := ""
		if got.Assignment != nil {
			by = got.Assignment.Name
		}
		if by != tt.by || got.Allowed != (tt.by != "") {
			t.Errorf("%+v, %s at %s, plane %d: %v by %q, want %q", tt.who, tt.action, tt.scope, tt.plane, got.Allowed, by, tt.by)
		}
	}
}

func TestZeroResourceSetAllowsNothing(t *testing.T) {
	var set rbac.ResourceSet
	if set.Check(rbac.Operation{Action: "a/read"}).Allowed || set.Holds(rbac.Root) || len(set.Scopes("a/read")) != 0 {
		t.Error("something is allowed")
	}
}

func TestScopesHoldsFilter(t *testing.T) {
	set := resourceSet(t, rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
		{Scope: groupA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
		{Scope: strings.ToUpper(groupA), RoleDefinitionID: rbac.RoleContributor, PrincipalID: admins},
		{Scope: subB, RoleDefinitionID: rbac.RoleContributor, PrincipalID: alice},
		{Scope: subB + "/resourceGroups/x", RoleDefinitionID: rbac.RoleOwner, PrincipalID: bob},
	}}, rbac.Subject{ObjectID: alice, Groups: []string{admins}})

	for action, want := range map[string][]string{
		"a/read":  {groupA, subB},
		"a/write": {groupA, subB},
		"A/WRITE": {groupA, subB},
		"Microsoft.Authorization/roleAssignments/write": nil,
	} {
		var got []string
		for _, scope := range set.Scopes(action) {
			got = append(got, scope.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("Scopes(%s) = %v, want %v", action, got, want)
		}
	}

	for scope, want := range map[string]bool{
		"/": true, subA: true, subB: true, groupA: true,
		machine:                       false, // a role above it is not held there
		subB + "/resourceGroups/x":    false,
		"/subscriptions/s":            false,
		mgmtGroup:                     false,
		subA + "/resourceGroups/web2": false,
	} {
		if got := set.Holds(mustScope(t, scope)); got != want {
			t.Errorf("Holds(%s) = %v, want %v", scope, got, want)
		}
	}

	read := func(s string) rbac.Operation {
		return rbac.Operation{Action: "Microsoft.Compute/virtualMachines/read", Scope: mustScope(t, s)}
	}
	items := []string{machine, subA + "/resourceGroups/other", subB, groupA}
	if got, want := rbac.Filter(set, items, read), []string{machine, subB, groupA}; !slices.Equal(got, want) {
		t.Errorf("Filter = %v, want %v", got, want)
	}
	if got := rbac.Filter(set, nil, read); got == nil || len(got) != 0 {
		t.Errorf("Filter of nothing = %#v", got)
	}
}

func TestNoAllocations(t *testing.T) {
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
		{Scope: subA, RoleDefinitionID: rbac.RoleContributor, PrincipalID: admins},
	}})
	if err != nil {
		t.Fatal(err)
	}
	set := setOf(t, policy, rbac.Subject{ObjectID: alice, Groups: []string{admins}})
	op := rbac.Operation{Action: "Microsoft.Authorization/roleAssignments/Write", Scope: mustScope(t, machine)}
	if n := testing.AllocsPerRun(100, func() { set.Check(op) }); n != 0 {
		t.Errorf("a check allocates %v times", n)
	}
}
