package rbac_test

import (
	"slices"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

// inGroup returns a member of a management group. Both are ids, and the member one of a management group or a scope.
func inGroup(group, member string) rbac.ManagementGroupMember {
	if !strings.HasPrefix(member, "/") {
		member = managementGroup(member)
	}
	return rbac.ManagementGroupMember{ManagementGroup: managementGroup(group), Member: member}
}

func managementGroup(id string) string {
	return "/providers/Microsoft.Management/managementGroups/" + id
}

func TestManagementGroups(t *testing.T) {
	policy := newPolicy(t, rbac.PolicyConfig{
		Assignments: []rbac.RoleAssignment{
			{Name: name(1), Scope: managementGroup("top"), RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
			{Name: name(2), Scope: managementGroup("LEFT"), RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
			{Name: name(3), Scope: "/", RoleDefinitionID: rbac.RoleReader, PrincipalID: bob},
			{Name: name(4), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: bob},
			{Name: name(5), Scope: managementGroup("alone"), RoleDefinitionID: rbac.RoleOwner, PrincipalID: admins},
			{Name: name(6), Scope: groupA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: sid},
		},
		DenyAssignments: []rbac.DenyAssignment{
			permitting(denying(name(7), managementGroup("left"), rbac.EveryoneID), rbac.Permission{Actions: []string{"a/delete"}}),
		},
		ManagementGroups: []rbac.ManagementGroupMember{
			inGroup("TOP", "left"), inGroup("left", strings.ToUpper(subA)), inGroup("top", "right"), inGroup("right", subB),
		},
	})
	for _, tt := range []struct {
		who, action, scope string
		by                 string
		allow              bool
	}{
		{alice, "a/read", managementGroup("Top"), name(1), true},
		{alice, "a/write", managementGroup("top"), "", false},
		{alice, "a/read", managementGroup("right"), name(1), true},
		{alice, "a/read", subB, name(1), true},
		{alice, "a/write", subB, "", false},
		{alice, "a/write", machine, name(2), true},
		{alice, "a/delete", machine, name(2), false},
		{alice, "a/read", managementGroup("left") + "/providers/a/b/c", name(2), true},
		{alice, "a/read", "/subscriptions/elsewhere", "", false},
		{alice, "a/read", managementGroup("alone"), "", false},
		{alice, "a/read", managementGroup("left2"), "", false},
		{alice, "a/read", "/", "", false},
		{bob, "a/read", managementGroup("alone"), name(3), true},
		{bob, "a/read", subB, name(3), true},
		{bob, "a/read", subA, name(4), true},
		{admins, "a/read", subA, "", false},
	} {
		got := setOf(t, policy, rbac.Subject{ObjectID: tt.who}).Check(rbac.Operation{Action: tt.action, Scope: mustScope(t, tt.scope)})
		by := ""
		if got.Assignment != nil {
			by = got.Assignment.Name
		}
		if by != tt.by || got.Allowed != tt.allow {
			t.Errorf("%s at %s: %v by %q, want %v by %q", tt.action, tt.scope, got.Allowed, by, tt.allow, tt.by)
		}
	}

	for _, tt := range []struct {
		who, scope string
		holds      bool
	}{
		{alice, managementGroup("top"), true},
		{alice, managementGroup("left"), true},
		{alice, managementGroup("right"), false},
		{alice, subA, false},
		{sid, managementGroup("TOP"), true},
		{sid, managementGroup("left"), true},
		{sid, managementGroup("right"), false},
		{sid, "/", true},
	} {
		if got := setOf(t, policy, rbac.Subject{ObjectID: tt.who}).Holds(mustScope(t, tt.scope)); got != tt.holds {
			t.Errorf("%s holds a role at %s: %v", tt.who, tt.scope, got)
		}
	}

	for _, tt := range []struct {
		above, below string
		contains     bool
	}{
		{"/", managementGroup("top"), true},
		{managementGroup("top"), managementGroup("TOP"), true},
		{managementGroup("top"), managementGroup("left"), true},
		{managementGroup("top"), managementGroup("left") + "/providers/a/b/c", true},
		{managementGroup("TOP"), machine, true},
		{managementGroup("left"), machine, true},
		{managementGroup("right"), machine, false},
		{managementGroup("left"), managementGroup("top"), false},
		{managementGroup("top"), managementGroup("alone"), false},
		{managementGroup("top"), "/", false},
		{subA, managementGroup("left"), false},
		{subA, machine, true},
	} {
		if got := policy.Contains(mustScope(t, tt.above), mustScope(t, tt.below)); got != tt.contains {
			t.Errorf("%s contains %s: %v", tt.above, tt.below, got)
		}
	}
}

func TestManagementGroupErrors(t *testing.T) {
	// levels are management groups below each other, n levels of them below the first.
	levels := func(n int) []rbac.ManagementGroupMember {
		var members []rbac.ManagementGroupMember
		for i := range n {
			members = append(members, inGroup(string(rune('a'+i)), string(rune('b'+i))))
		}
		return members
	}
	for _, tt := range []struct {
		name    string
		members []rbac.ManagementGroupMember
		want    string // begins the error, which is nil when it is empty
	}{
		{"six levels and a subscription", append(levels(6), inGroup("g", subA)), ""},
		{"identical members", []rbac.ManagementGroupMember{inGroup("a", "b"), inGroup("A", "B")}, ""},
		{"seven levels", levels(7), "rbac: ManagementGroups[0].ManagementGroup: more than 6 levels"},
		{"seven levels, the last put first", append([]rbac.ManagementGroupMember{inGroup("g", "h")}, levels(6)...), "rbac: ManagementGroups[0].ManagementGroup: more than 6 levels"},
		{"in itself", []rbac.ManagementGroupMember{inGroup("a", "b"), inGroup("c", "C")}, "rbac: ManagementGroups[1].ManagementGroup: the management group would lie in itself"},
		{"a circle", []rbac.ManagementGroupMember{inGroup("x", subA), inGroup("a", "b"), inGroup("b", "c"), inGroup("C", "a"), inGroup("c", "x")}, "rbac: ManagementGroups[1].ManagementGroup: the management group would lie in itself"},
		{"two management groups", []rbac.ManagementGroupMember{inGroup("a", subA), inGroup("b", strings.ToUpper(subA))}, "rbac: ManagementGroups[1]: conflicts with ManagementGroups[0]: "},
		{"no management group", []rbac.ManagementGroupMember{{ManagementGroup: "/", Member: subA}}, "rbac: ManagementGroups[0].ManagementGroup: "},
		{"a subscription", []rbac.ManagementGroupMember{{ManagementGroup: subB, Member: subA}}, "rbac: ManagementGroups[0].ManagementGroup: "},
		{"what lies in a management group", []rbac.ManagementGroupMember{{ManagementGroup: managementGroup("a") + "/providers/a/b/c", Member: subA}}, "rbac: ManagementGroups[0].ManagementGroup: "},
		{"an id alone", []rbac.ManagementGroupMember{{ManagementGroup: "a", Member: subA}}, "rbac: ManagementGroups[0].ManagementGroup: "},
		{"no member", []rbac.ManagementGroupMember{{ManagementGroup: managementGroup("a")}}, "rbac: ManagementGroups[0].Member: "},
		{"the root as a member", []rbac.ManagementGroupMember{inGroup("a", "/")}, "rbac: ManagementGroups[0].Member: "},
		{"a resource group", []rbac.ManagementGroupMember{inGroup("a", groupA)}, "rbac: ManagementGroups[0].Member: "},
		{"another provider's resource", []rbac.ManagementGroupMember{inGroup("a", "/providers/a/b/c")}, "rbac: ManagementGroups[0].Member: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rbac.NewPolicy(rbac.PolicyConfig{ManagementGroups: tt.members})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
				t.Errorf("error %v, want %s...", err, tt.want)
			}
		})
	}

	// A management group that moves takes what lies in it with it.
	policy := newPolicy(t, rbac.PolicyConfig{ManagementGroups: slices.Concat(levels(4), []rbac.ManagementGroupMember{inGroup("x", "y"), inGroup("y", "z")})})
	_, err := policy.With(rbac.Change{PutManagementGroups: []rbac.ManagementGroupMember{inGroup("w", subA), inGroup("e", "x")}})
	if want := "rbac: PutManagementGroups[1].ManagementGroup: more than 6 levels"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %s...", err, want)
	}
	with(t, policy, rbac.Change{PutManagementGroups: []rbac.ManagementGroupMember{inGroup("d", "x")}})
}
