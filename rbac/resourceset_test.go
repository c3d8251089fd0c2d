package rbac_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

// resourceAttributes are the resource attributes of an operation by their names in small letters.
type resourceAttributes map[string][]string

func (a resourceAttributes) Attribute(source rbac.AttributeSource, name string) []string {
	if source != rbac.ResourceAttribute {
		return nil
	}
	return a[strings.ToLower(name)]
}

func TestCheckConditions(t *testing.T) {
	policy := newPolicy(t, rbac.PolicyConfig{
		Roles: []rbac.RoleDefinition{{ID: customRole, Permissions: []rbac.Permission{
			{Actions: []string{"a/*"}, Condition: aboutX},
			{Actions: []string{"*/read"}},
		}}},
		Assignments: []rbac.RoleAssignment{
			{Name: name(1), Scope: subA, RoleDefinitionID: customRole, PrincipalID: alice},
			{Name: name(2), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice, Condition: "ActionMatches{'b/*'} AND SubOperationMatches{'go'}"},
			{Name: name(3), Scope: subB, RoleDefinitionID: customRole, PrincipalID: alice, Condition: "NOT (Exists @Resource[y])"},
		},
	})
	for _, tt := range []struct {
		action, subOperation, scope string
		attributes                  rbac.Attributes
		by                          string
	}{
		{"a/write", "", subA, resourceAttributes{"x": {"1"}}, name(1)},
		{"a/write", "", machine, resourceAttributes{"x": {"2"}}, ""},
		{"a/write", "", subA, nil, ""},
		{"a/read", "", subA, nil, name(1)}, // by the permission without a condition
		{"b/write", "go", subA, nil, name(2)},
		{"B/WRITE", "GO", subA, nil, name(2)},
		{"b/write", "", subA, nil, ""},
		{"c/write", "go", subA, nil, ""},
		{"a/write", "", subB, resourceAttributes{"x": {"1"}}, name(3)},
		{"a/write", "", subB, resourceAttributes{"x": {"1"}, "y": {"1"}}, ""},
		{"a/write", "", subB, resourceAttributes{"x": {"2"}}, ""},
	} {
		set := setOf(t, policy, rbac.Subject{ObjectID: alice})
		op := rbac.Operation{Action: tt.action, SubOperation: tt.subOperation, Scope: mustScope(t, tt.scope), Attributes: tt.attributes}
		got, by := set.Check(op), ""
		if got.Assignment != nil {
			by = got.Assignment.Name
		}
		if by != tt.by || got.Allowed != (tt.by != "") {
			t.Errorf("%s %s at %s, %v: %v by %q, want %q", tt.action, tt.subOperation, tt.scope, tt.attributes, got.Allowed, by, tt.by)
		}
	}

	// Scopes asks about an operation without attributes.
	set := setOf(t, policy, rbac.Subject{ObjectID: alice})
	for action, want := range map[string]int{"a/write": 0, "a/read": 2, "b/write": 0} {
		if scopes := set.Scopes(action); len(scopes) != want {
			t.Errorf("Scopes(%s) = %v", action, scopes)
		}
	}
}

// An assignment counts from its start on and before its end, by the time of the check and not by that of the set.
func TestCheckTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		at := func(scope string, start, end time.Time) rbac.RoleAssignment {
			return rbac.RoleAssignment{Scope: scope, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice, Start: start, End: end}
		}
		set := resourceSet(t, rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
			at("/subscriptions/from", now.Add(time.Hour), time.Time{}),
			at("/subscriptions/until", time.Time{}, now.Add(2*time.Hour)),
			at("/subscriptions/between", now.Add(time.Hour), now.Add(2*time.Hour)),
			at("/subscriptions/never", now.Add(2*time.Hour), now.Add(time.Hour)),
		}}, rbac.Subject{ObjectID: alice})
		for _, want := range []string{"until", "from until between", "from"} {
			for _, name := range []string{"from", "until", "between", "never"} {
				scope := mustScope(t, "/subscriptions/"+name)
				counts := slices.Contains(strings.Fields(want), name)
				if got := set.Check(rbac.Operation{Action: "a/read", Scope: scope}); got.Allowed != counts || (got.Assignment != nil) != counts {
					t.Errorf("after %v: %s is allowed: %v", time.Since(now), name, got.Allowed)
				}
				if got := set.Holds(scope); got != counts {
					t.Errorf("after %v: holds %s: %v", time.Since(now), name, got)
				}
				if got := len(set.Permissions(scope)); (got > 0) != counts {
					t.Errorf("after %v: %d permissions at %s", time.Since(now), got, name)
				}
			}
			if got := len(set.Scopes("a/read")); got != len(strings.Fields(want)) {
				t.Errorf("after %v: %d scopes, want %s", time.Since(now), got, want)
			}
			// The first and the last moment of a time count as they should: each check below is an hour later, to the nanosecond.
			time.Sleep(time.Hour)
		}
	})
}

// Of several assignments that grant an operation, the decision names the nearest, and at one scope one that always counts.
func TestCheckPrefers(t *testing.T) {
	always := "ActionMatches{'*'}"
	config := rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
		{Name: name(1), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: admins, Condition: always},
		{Name: name(2), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: sid},
		{Name: name(3), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
		{Name: name(4), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: sid},
		{Name: name(5), Scope: groupA, RoleDefinitionID: rbac.RoleReader, PrincipalID: admins, Condition: always},
	}}
	subject := rbac.Subject{ObjectID: alice, Groups: []string{admins, sid}}
	for range 2 {
		set := resourceSet(t, config, subject)
		for _, tt := range []struct{ action, scope, want string }{
			{"a/read", subA, name(3)},
			{"a/write", subA, name(2)},
			{"a/read", groupA, name(5)},
			{"a/write", groupA, name(2)},
		} {
			if got := set.Check(rbac.Operation{Action: tt.action, Scope: mustScope(t, tt.scope)}); got.Assignment == nil || got.Assignment.Name != tt.want {
				t.Errorf("%s at %s: %+v, want %s", tt.action, tt.scope, got.Assignment, tt.want)
			}
		}
		slices.Reverse(config.Assignments)
	}
}

// What a decision names has ids in the form by which they compare, and all that was said of the assignment.
func TestDecisionNamesTheAssignment(t *testing.T) {
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	for _, a := range []rbac.RoleAssignment{
		{Name: strings.ToUpper(name(1)), Scope: "/SUBSCRIPTIONS/Mixed/ResourceGroups/Ärger", RoleDefinitionID: "/x/" + strings.ToUpper(rbac.RoleOwner), PrincipalID: strings.ToUpper(alice),
			PrincipalType: "User", Description: "because", Condition: "ActionMatches{'*'}", ConditionVersion: "2.0", Start: at, End: at.AddDate(500, 0, 0), Stamp: rbac.Stamp{CreatedOn: at, CreatedBy: bob}},
		{Scope: "/", RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
	} {
		set := resourceSet(t, rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{a}}, rbac.Subject{ObjectID: alice})
		got := set.Check(rbac.Operation{Action: "a/write", Scope: mustScope(t, a.Scope)}).Assignment
		a.Name, a.RoleDefinitionID, a.PrincipalID = strings.ToLower(a.Name), rbac.RoleOwner, strings.ToLower(a.PrincipalID)
		if got == nil || *got != a {
			t.Errorf("%+v, want %+v", got, a)
		}
	}
}

func TestCheckAll(t *testing.T) {
	set := resourceSet(t, rbac.PolicyConfig{
		Assignments: []rbac.RoleAssignment{
			{Name: name(1), Scope: subA, RoleDefinitionID: rbac.RoleContributor, PrincipalID: alice},
			{Name: name(2), Scope: subB, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
		},
		DenyAssignments: []rbac.DenyAssignment{denying(name(3), groupA, alice)},
	}, rbac.Subject{ObjectID: alice})
	op := func(action, scope string) rbac.Operation {
		return rbac.Operation{Action: action, Scope: mustScope(t, scope)}
	}
	for _, tt := range []struct {
		ops       []rbac.Operation
		allowed   bool
		first     int
		grantedBy string
		denied    bool
	}{
		{nil, false, -1, "", false},
		{[]rbac.Operation{op("a/write", subA)}, true, -1, name(1), false},
		{[]rbac.Operation{op("a/write", subA), op("a/read", subB)}, true, -1, name(2), false},
		{[]rbac.Operation{op("a/write", subA), op("a/write", subB), op("a/write", "/")}, false, 1, "", false},
		{[]rbac.Operation{op("a/write", groupA), op("a/write", subA)}, false, 0, name(1), true},
	} {
		got, first := set.CheckAll(tt.ops...)
		by := ""
		if got.Assignment != nil {
			by = got.Assignment.Name
		}
		if got.Allowed != tt.allowed || first != tt.first || by != tt.grantedBy || (got.DenyAssignment != nil) != tt.denied {
			t.Errorf("%v: %+v, %d", tt.ops, got, first)
		}
	}
}

func TestScopesWithDenyAssignments(t *testing.T) {
	set := resourceSet(t, rbac.PolicyConfig{
		Assignments: []rbac.RoleAssignment{
			{Name: name(1), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
			{Name: name(2), Scope: groupA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
			{Name: name(3), Scope: machine, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
			{Name: name(4), Scope: subB, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
		},
		DenyAssignments: []rbac.DenyAssignment{
			permitting(denying(name(5), groupA, alice), rbac.Permission{Actions: []string{"a/*"}}),
			permitting(only(denying(name(6), subB, rbac.EveryoneID)), rbac.Permission{Actions: []string{"b/*"}}),
		},
	}, rbac.Subject{ObjectID: alice})
	for action, want := range map[string][]string{
		"a/read": {subA, subB},
		"b/read": {subA, groupA, machine},
		"c/read": {subA, groupA, machine, subB},
		"":       nil,
	} {
		var got []string
		for _, scope := range set.Scopes(action) {
			got = append(got, scope.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("Scopes(%s) = %v, want %v", action, got, want)
		}
	}
	if !set.Holds(mustScope(t, groupA)) {
		t.Error("what is denied is not held")
	}
}

func TestPermissions(t *testing.T) {
	read := rbac.Permission{Actions: []string{"a/read"}}
	write := rbac.Permission{Actions: []string{"a/write"}, Condition: aboutX, ConditionVersion: "1.0"}
	set := resourceSet(t, rbac.PolicyConfig{
		Roles: []rbac.RoleDefinition{{ID: customRole, Permissions: []rbac.Permission{read, write}}},
		Assignments: []rbac.RoleAssignment{
			{Name: name(1), Scope: managementGroup("g"), RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
			{Name: name(2), Scope: groupA, RoleDefinitionID: customRole, PrincipalID: admins},
			{Name: name(3), Scope: subB, RoleDefinitionID: customRole, PrincipalID: alice, Condition: "ActionMatches{'*'}"},
			{Name: name(4), Scope: groupOf(subB), RoleDefinitionID: rbac.RoleReader, PrincipalID: alice, Condition: "ActionMatches{'a'}"},
			{Name: name(5), Scope: groupOf(subB), RoleDefinitionID: rbac.RoleReader, PrincipalID: admins, Condition: "ActionMatches{'b'}"},
			{Name: name(6), Scope: machine, RoleDefinitionID: customRole, PrincipalID: alice},
			{Name: name(7), Scope: machine, RoleDefinitionID: rbac.RoleOwner, PrincipalID: bob},
		},
		DenyAssignments:  []rbac.DenyAssignment{denying(name(8), "/", rbac.EveryoneID)},
		ManagementGroups: []rbac.ManagementGroupMember{inGroup("g", subA)},
	}, rbac.Subject{ObjectID: alice, Groups: []string{admins}})
	reader := rbac.Permission{Actions: []string{"*/read"}}
	narrowed := func(p rbac.Permission, condition string) rbac.Permission {
		p.Condition, p.ConditionVersion = condition, "2.0"
		return p
	}
	for scope, want := range map[string][]rbac.Permission{
		"/":                   nil,
		managementGroup("g"):  {reader},
		subA:                  {reader},
		groupA:                {read, write, reader},
		machine:               {read, write, reader}, // of the role that it has twice, once
		subB:                  {narrowed(read, "ActionMatches{'*'}"), narrowed(write, "("+aboutX+") AND (ActionMatches{'*'})")},
		groupOf(subB):         {narrowed(reader, "ActionMatches{'b'}"), narrowed(reader, "ActionMatches{'a'}"), narrowed(read, "ActionMatches{'*'}"), narrowed(write, "("+aboutX+") AND (ActionMatches{'*'})")},
		"/subscriptions/none": nil,
	} {
		got := set.Permissions(mustScope(t, scope))
		if !slices.EqualFunc(got, want, func(a, b rbac.Permission) bool {
			return slices.Equal(a.Actions, b.Actions) && a.Condition == b.Condition && a.ConditionVersion == b.ConditionVersion
		}) {
			t.Errorf("%s: %+v, want %+v", scope, got, want)
		}
	}

	// They are the caller's own, and one condition in parentheses is still one.
	got := set.Permissions(mustScope(t, subB))
	if _, err := rbac.ParseCondition(got[1].Condition, got[1].ConditionVersion); err != nil {
		t.Error(err)
	}
	got[0].Actions[0] = "*"
	if again := set.Permissions(mustScope(t, subB)); again[0].Actions[0] != "a/read" {
		t.Error("the policy is changed from outside")
	}
}

func TestNoAllocationsAtScale(t *testing.T) {
	site := newBenchSite(t, 4000)
	set := setOf(t, site.policy, site.subject)
	for _, op := range site.operations[:100] {
		if n := testing.AllocsPerRun(5, func() { set.Check(op) }); n != 0 {
			t.Fatalf("a check of %s at %s allocates %v times", op.Action, op.Scope, n)
		}
	}
}

// A role may list hundreds of actions.
func TestCheckManyActions(t *testing.T) {
	many := rbac.Permission{Actions: []string{"x/*"}}
	for i := range 300 {
		many.Actions = append(many.Actions, fmt.Sprintf("A/%d/Read", i))
		many.NotActions = append(many.NotActions, fmt.Sprintf("x/%d", i))
	}
	set := resourceSet(t, rbac.PolicyConfig{
		Roles:       []rbac.RoleDefinition{{ID: customRole, Permissions: []rbac.Permission{many}}},
		Assignments: []rbac.RoleAssignment{{Scope: "/", RoleDefinitionID: customRole, PrincipalID: alice}},
	}, rbac.Subject{ObjectID: alice})
	for action, want := range map[string]bool{"a/0/read": true, "A/299/READ": true, "a/300/read": false, "a/1": false, "x/299": false, "x/300": true} {
		if got := set.Check(rbac.Operation{Action: action}); got.Allowed != want {
			t.Errorf("%s: %v", action, got.Allowed)
		}
	}
}

// What is no well-formed action is granted by nothing: another spelling must not get around what is excluded or denied.
func TestCheckIllFormedAction(t *testing.T) {
	policy := newPolicy(t, rbac.PolicyConfig{
		Assignments: []rbac.RoleAssignment{{Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice}},
		DenyAssignments: []rbac.DenyAssignment{{
			Name: "d0000000-0000-4000-8000-000000000001", Scope: subA, Principals: []rbac.DenyPrincipal{{ID: rbac.EveryoneID}},
			Permissions: []rbac.Permission{{Actions: []string{"*/delete"}}},
		}},
	})
	set := setOf(t, policy, rbac.Subject{ObjectID: alice})
	for action, want := range map[string]bool{
		"a/b/read": true, "Microsoft.A/b-c/$d:{e}/go/action": true, "ä/b/read": true,
		"a/b/delete": false, "a/b/delete ": false, " a/b/delete": false, "a/b/delete/": false, "/a/b/read": false, "a//b/read": false,
		"a/b/delete\x00": false, "a/b/delete\t": false, "a/b/delete\u200b": false, "a/b/delete\u00a0": false, "a/b/delete\xff": false,
		"a/b read": false, "*": false, "a/*/read": false, "": false, strings.Repeat("a", 2000): false,
	} {
		op := rbac.Operation{Action: action, Scope: mustScope(t, subA)}
		if got := set.Check(op).Allowed; got != want {
			t.Errorf("%q: allowed %t, want %t", action, got, want)
		}
		if got := set.Explain(op).Decision.Allowed; got != want {
			t.Errorf("%q: explained as %t, want %t", action, got, want)
		}
		if got := len(set.Scopes(action)) == 1; got != want {
			t.Errorf("%q: listed %t, want %t", action, got, want)
		}
	}
}

// A decision's deny assignment is not what the policy decides by.
func TestGivenDenyAssignmentIsNotThePolicy(t *testing.T) {
	policy := newPolicy(t, rbac.PolicyConfig{
		Assignments: []rbac.RoleAssignment{{Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice}},
		DenyAssignments: []rbac.DenyAssignment{{
			Name: "d0000000-0000-4000-8000-000000000001", Scope: subA, Principals: []rbac.DenyPrincipal{{ID: rbac.EveryoneID}},
			Permissions: []rbac.Permission{{Actions: []string{"*"}}},
		}},
	})
	set := setOf(t, policy, rbac.Subject{ObjectID: alice})
	op := rbac.Operation{Action: "a/b/read", Scope: mustScope(t, subA+"/resourceGroups/g")}
	given := set.Check(op).DenyAssignment
	given.DoNotApplyToChildScopes, given.Permissions, given.Principals = true, nil, nil
	if set.Check(op).Allowed {
		t.Error("the change of what was given out changed the decision")
	}
}
