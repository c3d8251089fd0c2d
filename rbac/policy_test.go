package rbac_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

const (
	alice  = "aaaaaaaa-0000-0000-0000-000000000001"
	bob    = "bbbbbbbb-0000-0000-0000-000000000002"
	admins = "cccccccc-0000-0000-0000-000000000003"
	sid    = "S-1-5-21-1004336348-1177238915-682003330-512"

	customRole = "dddddddd-0000-0000-0000-000000000004"
)

// name returns an assignment's name.
func name(n byte) string {
	return "eeeeeeee-0000-0000-0000-0000000000" + string([]byte{'0' + n/10, '0' + n%10})
}

func TestBuiltInRoles(t *testing.T) {
	tests := []struct {
		role   string
		action string
		plane  rbac.Plane
		allow  bool
	}{
		{rbac.RoleOwner, "Microsoft.Compute/virtualMachines/write", rbac.ControlPlane, true},
		{rbac.RoleOwner, "Microsoft.Authorization/roleAssignments/write", rbac.ControlPlane, true},
		{rbac.RoleOwner, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", rbac.DataPlane, false},
		{rbac.RoleContributor, "Microsoft.Compute/virtualMachines/write", rbac.ControlPlane, true},
		{rbac.RoleContributor, "Microsoft.Authorization/roleAssignments/read", rbac.ControlPlane, true},
		{rbac.RoleContributor, "Microsoft.Authorization/roleAssignments/write", rbac.ControlPlane, false},
		{rbac.RoleContributor, "microsoft.authorization/roledefinitions/DELETE", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Authorization/elevateAccess/action", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Blueprint/blueprintAssignments/write", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Blueprint/blueprintAssignments/delete", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Compute/galleries/share/action", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Purview/consents/write", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Purview/consents/delete", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Resources/deploymentStacks/manageDenySetting/action", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Subscription/cancel/action", rbac.ControlPlane, false},
		{rbac.RoleContributor, "Microsoft.Subscription/enable/action", rbac.ControlPlane, false},
		{rbac.RoleReader, "Microsoft.Compute/virtualMachines/read", rbac.ControlPlane, true},
		{rbac.RoleReader, "Microsoft.Compute/virtualMachines/write", rbac.ControlPlane, false},
		{rbac.RoleReader, "Microsoft.Compute/virtualMachines/start/action", rbac.ControlPlane, false},
		{rbac.RoleUserAccessAdministrator, "Microsoft.Compute/virtualMachines/read", rbac.ControlPlane, true},
		{rbac.RoleUserAccessAdministrator, "Microsoft.Authorization/roleAssignments/delete", rbac.ControlPlane, true},
		{rbac.RoleUserAccessAdministrator, "Microsoft.Support/supportTickets/write", rbac.ControlPlane, true},
		{rbac.RoleUserAccessAdministrator, "Microsoft.Compute/virtualMachines/write", rbac.ControlPlane, false},
	}
	for _, tt := range tests {
		set := resourceSet(t, rbac.PolicyConfig{
			Assignments: []rbac.RoleAssignment{{Scope: subA, RoleDefinitionID: tt.role, PrincipalID: alice}},
		}, rbac.Subject{ObjectID: alice})
		got := set.Check(rbac.Operation{Action: tt.action, Scope: mustScope(t, machine), Plane: tt.plane})
		if got.Allowed != tt.allow {
			t.Errorf("%s, %s, plane %d: %v, want %v", tt.role, tt.action, tt.plane, got.Allowed, tt.allow)
		}
	}
}

func TestBuiltInRolesAreTheCallersOwn(t *testing.T) {
	rbac.BuiltInRoles()[0].Permissions[0].Actions[0] = "changed"
	if got := rbac.BuiltInRoles()[0].Permissions[0].Actions[0]; got != "*" {
		t.Errorf("Owner has %q", got)
	}
}

func TestNewPolicyErrors(t *testing.T) {
	valid := rbac.RoleAssignment{Name: name(1), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice}
	assignment := func(edit func(*rbac.RoleAssignment)) rbac.PolicyConfig {
		a := valid
		edit(&a)
		return rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{{Scope: subB, RoleDefinitionID: rbac.RoleReader, PrincipalID: bob}, a}}
	}
	role := func(edit func(*rbac.RoleDefinition)) rbac.PolicyConfig {
		r := rbac.RoleDefinition{ID: customRole, Permissions: []rbac.Permission{{Actions: []string{"a/read"}}}}
		edit(&r)
		return rbac.PolicyConfig{Roles: []rbac.RoleDefinition{r}}
	}
	twice := func(edit func(*rbac.RoleAssignment)) rbac.PolicyConfig {
		a := valid
		edit(&a)
		return rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{valid, a}}
	}
	tests := []struct {
		name   string
		config rbac.PolicyConfig
		want   string // begins the error
		is     error
	}{
		{"assignment name", assignment(func(a *rbac.RoleAssignment) { a.Name = "x" }), "rbac: Assignments[1].Name: ", nil},
		{"scope", assignment(func(a *rbac.RoleAssignment) { a.Scope = subA + "/" }), "rbac: Assignments[1].Scope: ", nil},
		{"no scope", assignment(func(a *rbac.RoleAssignment) { a.Scope = "" }), "rbac: Assignments[1].Scope: ", nil},
		{"role id", assignment(func(a *rbac.RoleAssignment) { a.RoleDefinitionID = "Reader" }), "rbac: Assignments[1].RoleDefinitionID: ", nil},
		{"unknown role", assignment(func(a *rbac.RoleAssignment) { a.RoleDefinitionID = customRole }), "rbac: Assignments[1].RoleDefinitionID: ", rbac.ErrRoleNotFound},
		{"principal", assignment(func(a *rbac.RoleAssignment) { a.PrincipalID = "alice@contoso.com" }), "rbac: Assignments[1].PrincipalID: ", rbac.ErrInvalidPrincipal},
		{"no principal", assignment(func(a *rbac.RoleAssignment) { a.PrincipalID = "" }), "rbac: Assignments[1].PrincipalID: ", rbac.ErrInvalidPrincipal},
		{"everyone", assignment(func(a *rbac.RoleAssignment) { a.PrincipalID = "00000000-0000-0000-0000-000000000000" }), "rbac: Assignments[1].PrincipalID: ", rbac.ErrInvalidPrincipal},
		{"SID of another revision", assignment(func(a *rbac.RoleAssignment) { a.PrincipalID = "S-2-5-21-1" }), "rbac: Assignments[1].PrincipalID: ", rbac.ErrInvalidPrincipal},
		{"SID without sub-authority", assignment(func(a *rbac.RoleAssignment) { a.PrincipalID = "S-1-5" }), "rbac: Assignments[1].PrincipalID: ", rbac.ErrInvalidPrincipal},
		{"SID with a letter", assignment(func(a *rbac.RoleAssignment) { a.PrincipalID = "S-1-5-2x" }), "rbac: Assignments[1].PrincipalID: ", rbac.ErrInvalidPrincipal},
		{"SID with long s", assignment(func(a *rbac.RoleAssignment) { a.PrincipalID = "ſ-1-5-21" }), "rbac: Assignments[1].PrincipalID: ", rbac.ErrInvalidPrincipal},
		{"same name, other scope", twice(func(a *rbac.RoleAssignment) { a.Scope = subB }), "rbac: Assignments[1]: conflicts with Assignments[0]: ", nil},
		{"same name, other description", twice(func(a *rbac.RoleAssignment) { a.Description = "x" }), "rbac: Assignments[1]: conflicts with Assignments[0]: ", nil},
		{"same name, other type", twice(func(a *rbac.RoleAssignment) { a.PrincipalType = "User" }), "rbac: Assignments[1]: conflicts with Assignments[0]: ", nil},
		{"same grant, other name", twice(func(a *rbac.RoleAssignment) { a.Name = name(2) }), "rbac: Assignments[1]: conflicts with Assignments[0]: ", nil},
		{"same grant, no name", twice(func(a *rbac.RoleAssignment) { a.Name = "" }), "rbac: Assignments[1]: conflicts with Assignments[0]: ", nil},

		{"role id", role(func(r *rbac.RoleDefinition) {
			r.ID = "/providers/Microsoft.Authorization/roleDefinitions/" + customRole
		}), "rbac: Roles[0].ID: ", nil},
		{"role type", role(func(r *rbac.RoleDefinition) { r.Type = "Custom" }), "rbac: Roles[0].Type: ", nil},
		{"two wildcards", role(func(r *rbac.RoleDefinition) { r.Permissions[0].Actions = []string{"*", "a/*/b/*"} }), "rbac: Roles[0].Permissions[0].Actions[1]: ", rbac.ErrInvalidAction},
		{"two wildcards taken away", role(func(r *rbac.RoleDefinition) { r.Permissions[0].NotActions = []string{"**"} }), "rbac: Roles[0].Permissions[0].NotActions[0]: ", rbac.ErrInvalidAction},
		{"empty data action", role(func(r *rbac.RoleDefinition) { r.Permissions[0].DataActions = []string{""} }), "rbac: Roles[0].Permissions[0].DataActions[0]: ", rbac.ErrInvalidAction},
		{"bad data action taken away", role(func(r *rbac.RoleDefinition) {
			r.Permissions = append(r.Permissions, rbac.Permission{NotDataActions: []string{"a\x00"}})
		}), "rbac: Roles[0].Permissions[1].NotDataActions[0]: ", rbac.ErrInvalidAction},
		{"assignable scope", role(func(r *rbac.RoleDefinition) { r.AssignableScopes = []string{"/", "x"} }), "rbac: Roles[0].AssignableScopes[1]: ", nil},
		{"two definitions", rbac.PolicyConfig{Roles: []rbac.RoleDefinition{{ID: customRole}, {ID: strings.ToUpper(customRole), RoleName: "x"}}}, "rbac: Roles[1]: conflicts with Roles[0]: ", nil},
		{"two definitions of a built-in role", rbac.PolicyConfig{Roles: []rbac.RoleDefinition{{ID: rbac.RoleReader}, {ID: rbac.RoleReader, Description: "x"}}}, "rbac: Roles[1]: conflicts with Roles[0]: ", nil},
		{"condition", rbac.PolicyConfig{
			Roles:       []rbac.RoleDefinition{{ID: customRole, Permissions: []rbac.Permission{{Actions: []string{"*"}, Condition: "@Resource..."}}}},
			Assignments: []rbac.RoleAssignment{{Scope: "/", RoleDefinitionID: customRole, PrincipalID: alice}},
		}, "rbac: Assignments[0].RoleDefinitionID: ", rbac.ErrCondition},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			policy, err := rbac.NewPolicy(tt.config)
			if policy != nil || err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Fatalf("error %v, want %s...", err, tt.want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v is not %v", err, tt.is)
			}
		})
	}
}

func TestNewPolicyAccepts(t *testing.T) {
	full := rbac.RoleAssignment{Name: name(1), Scope: groupA, RoleDefinitionID: subA + "/providers/Microsoft.Authorization/roleDefinitions/" + rbac.RoleReader, PrincipalID: alice}
	again := rbac.RoleAssignment{Name: strings.ToUpper(name(1)), Scope: strings.ToUpper(groupA), RoleDefinitionID: strings.ToUpper(rbac.RoleReader), PrincipalID: strings.ToUpper(alice)}
	definition := rbac.RoleDefinition{ID: customRole, Permissions: []rbac.Permission{{Actions: []string{"a/*"}}}}
	retyped := definition
	retyped.Type = rbac.CustomRole
	retyped.Permissions = []rbac.Permission{{Actions: []string{"a/*"}, NotActions: []string{}}}
	for title, config := range map[string]rbac.PolicyConfig{
		"nothing":                        {},
		"SID":                            {Assignments: []rbac.RoleAssignment{{Scope: "/", RoleDefinitionID: rbac.RoleReader, PrincipalID: sid}}},
		"identical assignments":          {Assignments: []rbac.RoleAssignment{full, again, full}},
		"identical assignments, no name": {Assignments: []rbac.RoleAssignment{{Scope: "/", RoleDefinitionID: rbac.RoleReader, PrincipalID: sid}, {Scope: "/", RoleDefinitionID: rbac.RoleReader, PrincipalID: "s" + sid[1:]}}},
		"identical definitions":          {Roles: []rbac.RoleDefinition{definition, retyped}},
		"role without permissions":       {Roles: []rbac.RoleDefinition{{ID: customRole}}},
		"built-in role with wildcards":   {Roles: []rbac.RoleDefinition{{ID: customRole, Type: rbac.BuiltInRole, Permissions: []rbac.Permission{{Actions: []string{"a/*/b/*"}}}}}},
		"condition of a role that nobody has": {Roles: []rbac.RoleDefinition{{ID: customRole, Type: rbac.BuiltInRole,
			Permissions: []rbac.Permission{{Actions: []string{"*"}, Condition: "@Resource..."}}}}},
	} {
		if _, err := rbac.NewPolicy(config); err != nil {
			t.Errorf("%s: %v", title, err)
		}
	}
}

func TestPolicyIsItsOwn(t *testing.T) {
	config := rbac.PolicyConfig{
		Roles:       []rbac.RoleDefinition{{ID: customRole, Permissions: []rbac.Permission{{Actions: []string{"a/read"}}}}},
		Assignments: []rbac.RoleAssignment{{Scope: subA, RoleDefinitionID: customRole, PrincipalID: alice}},
	}
	policy, err := rbac.NewPolicy(config)
	if err != nil {
		t.Fatal(err)
	}
	config.Roles[0].Permissions[0].Actions[0] = "*"
	config.Assignments[0].Scope = "/"
	set := setOf(t, policy, rbac.Subject{ObjectID: alice})
	if got := set.Check(rbac.Operation{Action: "a/write", Scope: mustScope(t, subA)}); got.Allowed {
		t.Error("the policy changed with its configuration")
	}
	if scopes := set.Scopes("a/read"); len(scopes) != 1 || scopes[0].String() != subA {
		t.Errorf("scopes %v", scopes)
	}
}

func TestDefinitionReplacesBuiltIn(t *testing.T) {
	set := resourceSet(t, rbac.PolicyConfig{
		Roles: []rbac.RoleDefinition{{ID: strings.ToUpper(rbac.RoleReader), Type: rbac.BuiltInRole, Permissions: []rbac.Permission{{Actions: []string{"a/read"}}}}},
		Assignments: []rbac.RoleAssignment{
			{Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
		},
	}, rbac.Subject{ObjectID: alice})
	for action, want := range map[string]bool{"a/read": true, "b/read": false} {
		if got := set.Check(rbac.Operation{Action: action, Scope: mustScope(t, subA)}); got.Allowed != want {
			t.Errorf("%s: %v", action, got.Allowed)
		}
	}
}

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
