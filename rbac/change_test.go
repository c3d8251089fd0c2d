package rbac_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"hubgate.example/rbac"
)

// changePolicy is what the changes of these tests begin with.
var changePolicy = rbac.PolicyConfig{
	Roles: []rbac.RoleDefinition{
		{ID: customRole, Permissions: []rbac.Permission{{Actions: []string{"a/read"}}}},
		{ID: rbac.RoleReader, Type: rbac.BuiltInRole, Permissions: []rbac.Permission{{Actions: []string{"a/read"}}}},
	},
	Assignments: []rbac.RoleAssignment{
		{Name: name(1), Scope: subA, RoleDefinitionID: customRole, PrincipalID: alice},
		{Name: name(2), Scope: subB, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
		{Scope: groupA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: sid},
	},
	DenyAssignments: []rbac.DenyAssignment{
		{Name: name(3), Scope: subB, Permissions: []rbac.Permission{{Actions: []string{"*/delete"}}}, Principals: []rbac.DenyPrincipal{{ID: rbac.EveryoneID}}},
	},
	ManagementGroups: []rbac.ManagementGroupMember{{ManagementGroup: mgmtGroup, Member: subA}},
}

func newPolicy(t testing.TB, config rbac.PolicyConfig) *rbac.Policy {
	t.Helper()
	policy, err := rbac.NewPolicy(config)
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

func with(t testing.TB, policy *rbac.Policy, change rbac.Change) *rbac.Policy {
	t.Helper()
	next, err := policy.With(change)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func TestWith(t *testing.T) {
	everyone := []rbac.DenyPrincipal{{ID: rbac.EveryoneID, Type: "SystemDefined"}}
	group := func(n string) string { return mgmtGroup + n }
	for _, tt := range []struct {
		name   string
		change rbac.Change
		action string
		scope  string
		// allowed are alice before and after.
		before, after bool
	}{
		{"nothing", rbac.Change{}, "a/read", subA, true, true},
		{"a new assignment", rbac.Change{PutAssignments: []rbac.RoleAssignment{{Name: name(9), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice}}},
			"a/write", groupA, false, true},
		{"an assignment of another principal", rbac.Change{PutAssignments: []rbac.RoleAssignment{{Name: name(9), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: bob}}},
			"a/write", groupA, false, false},
		{"an assignment gone", rbac.Change{DeleteAssignments: []string{strings.ToUpper(name(1))}}, "a/read", subA, true, false},
		{"an assignment that moves", rbac.Change{PutAssignments: []rbac.RoleAssignment{{Name: name(2), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice}}},
			"a/write", subB, true, false},
		{"the same under another name", rbac.Change{DeleteAssignments: []string{name(1)}, PutAssignments: []rbac.RoleAssignment{{Name: name(9), Scope: subA, RoleDefinitionID: customRole, PrincipalID: alice}}},
			"a/read", subA, true, true},
		{"two that change places", rbac.Change{PutAssignments: []rbac.RoleAssignment{
			{Name: name(2), Scope: subA, RoleDefinitionID: customRole, PrincipalID: alice},
			{Name: name(1), Scope: subB, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice}}},
			"a/write", subB, true, true},
		{"an assignment of a new role", rbac.Change{
			PutRoles:       []rbac.RoleDefinition{{ID: bob, Permissions: []rbac.Permission{{Actions: []string{"a/*"}}}}},
			PutAssignments: []rbac.RoleAssignment{{Name: name(9), Scope: subA, RoleDefinitionID: bob, PrincipalID: alice}}},
			"a/write", subA, false, true},
		{"a role that changes", rbac.Change{PutRoles: []rbac.RoleDefinition{{ID: strings.ToUpper(customRole), Permissions: []rbac.Permission{{Actions: []string{"a/write"}}}}}},
			"a/read", subA, true, false},
		{"a role that nobody holds any more", rbac.Change{DeleteAssignments: []string{name(1)}, DeleteRoles: []string{customRole}}, "a/read", subA, true, false},
		{"a role that an assignment leaves", rbac.Change{
			DeleteRoles:    []string{"/providers/Microsoft.Authorization/roleDefinitions/" + customRole},
			PutAssignments: []rbac.RoleAssignment{{Name: name(1), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice}}},
			"a/read", subA, true, true},
		{"a role deleted and put", rbac.Change{DeleteRoles: []string{customRole}, PutRoles: []rbac.RoleDefinition{{ID: customRole}}}, "a/read", subA, true, false},
		{"a built-in role that Azure defines again", rbac.Change{
			DeleteRoles:    []string{rbac.RoleReader},
			PutAssignments: []rbac.RoleAssignment{{Name: name(9), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice}}},
			"b/read", subA, false, true},
		{"a new deny assignment", rbac.Change{PutDenyAssignments: []rbac.DenyAssignment{{Name: name(9), Scope: "/", Permissions: []rbac.Permission{{Actions: []string{"*"}}}, Principals: everyone}}},
			"a/read", subA, true, false},
		{"a deny assignment gone", rbac.Change{DeleteDenyAssignments: []string{strings.ToUpper(name(3))}}, "a/delete", subB, false, true},
		{"a deny assignment that changes", rbac.Change{PutDenyAssignments: []rbac.DenyAssignment{{Name: name(3), Scope: subB, Permissions: []rbac.Permission{{Actions: []string{"*/write"}}}, Principals: everyone}}},
			"a/delete", subB, false, true},
		{"a role and a deny assignment of one name", rbac.Change{PutDenyAssignments: []rbac.DenyAssignment{{Name: name(1), Scope: subB, Permissions: []rbac.Permission{{Actions: []string{"*/write"}}}, Principals: everyone}}},
			"a/read", subA, true, true},
		{"a management group's role", rbac.Change{PutAssignments: []rbac.RoleAssignment{{Name: name(9), Scope: mgmtGroup, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice}}},
			"a/write", subA, false, true},
		{"another management group", rbac.Change{
			PutManagementGroups: []rbac.ManagementGroupMember{{ManagementGroup: group("2"), Member: subA}},
			PutAssignments:      []rbac.RoleAssignment{{Name: name(9), Scope: mgmtGroup, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice}}},
			"a/write", subA, false, false},
		{"no management group", rbac.Change{
			DeleteManagementGroups: []string{strings.ToUpper(subA)},
			PutAssignments:         []rbac.RoleAssignment{{Name: name(9), Scope: mgmtGroup, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice}}},
			"a/write", subA, false, false},
		{"identical objects", rbac.Change{
			PutAssignments: []rbac.RoleAssignment{
				{Name: name(9), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
				{Name: strings.ToUpper(name(9)), Scope: strings.ToUpper(subA), RoleDefinitionID: rbac.RoleOwner, PrincipalID: strings.ToUpper(alice)},
				changePolicy.Assignments[2]},
			PutManagementGroups: []rbac.ManagementGroupMember{changePolicy.ManagementGroups[0], changePolicy.ManagementGroups[0]}},
			"a/write", subA, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			policy := newPolicy(t, changePolicy)
			next := with(t, policy, tt.change)
			if got := allowed(t, policy, alice, tt.action, tt.scope); got != tt.before {
				t.Errorf("allowed %v before", got)
			}
			if got := allowed(t, next, alice, tt.action, tt.scope); got != tt.after {
				t.Errorf("allowed %v after", got)
			}
		})
	}
}

func TestWithErrors(t *testing.T) {
	valid := rbac.RoleAssignment{Name: name(9), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: bob}
	puts := func(edits ...func(*rbac.RoleAssignment)) rbac.Change {
		var change rbac.Change
		for _, edit := range append([]func(*rbac.RoleAssignment){func(*rbac.RoleAssignment) {}}, edits...) {
			a := valid
			edit(&a)
			change.PutAssignments = append(change.PutAssignments, a)
		}
		return change
	}
	deny := changePolicy.DenyAssignments[0]
	for _, tt := range []struct {
		name   string
		change rbac.Change
		want   string // begins the error
		is     error
	}{
		{"role", rbac.Change{PutRoles: []rbac.RoleDefinition{{ID: customRole}, {}}}, "rbac: PutRoles[1].ID: ", nil},
		{"two roles of one id", rbac.Change{PutRoles: []rbac.RoleDefinition{{ID: bob}, {ID: bob, RoleName: "x"}}}, "rbac: PutRoles[1]: conflicts with PutRoles[0]: ", nil},
		{"no such role", rbac.Change{DeleteRoles: []string{bob}}, "rbac: DeleteRoles[0]: ", rbac.ErrNotFound},
		{"no role's id", rbac.Change{DeleteRoles: []string{"x"}}, "rbac: DeleteRoles[0]: ", rbac.ErrNotFound},
		{"role that is assigned", rbac.Change{DeleteRoles: []string{customRole}}, "rbac: DeleteRoles[0]: ", rbac.ErrRoleHasAssignments},
		{"built-in role", rbac.Change{DeleteRoles: []string{rbac.RoleReader, rbac.RoleOwner}}, "rbac: DeleteRoles[1]: ", rbac.ErrBuiltInRole},
		{"role twice", rbac.Change{DeleteAssignments: []string{name(1)}, DeleteRoles: []string{customRole, customRole}}, "rbac: DeleteRoles[1]: ", rbac.ErrNotFound},
		{"role that goes as it is assigned", rbac.Change{
			DeleteAssignments: []string{name(1)}, DeleteRoles: []string{customRole},
			PutAssignments: []rbac.RoleAssignment{{Name: name(9), Scope: subA, RoleDefinitionID: customRole, PrincipalID: bob}},
		}, "rbac: DeleteRoles[0]: ", rbac.ErrRoleHasAssignments},

		{"scope", puts(func(a *rbac.RoleAssignment) { a.Name, a.Scope = name(8), "x" }), "rbac: PutAssignments[1].Scope: ", nil},
		{"unknown role", puts(func(a *rbac.RoleAssignment) { a.Name, a.RoleDefinitionID = name(8), bob }), "rbac: PutAssignments[1].RoleDefinitionID: ", rbac.ErrRoleNotFound},
		{"condition", puts(func(a *rbac.RoleAssignment) { a.Name, a.Scope, a.Condition = name(8), subB, "x" }), "rbac: PutAssignments[1].Condition: ", rbac.ErrCondition},
		{"two of one name", puts(func(a *rbac.RoleAssignment) { a.Scope = subB }), "rbac: PutAssignments[1]: conflicts with PutAssignments[0]: ", nil},
		{"two that give the same", puts(func(a *rbac.RoleAssignment) { a.Name = name(8) }), "rbac: PutAssignments[1]: conflicts with PutAssignments[0]: ", nil},
		{"one that gives what another gives", puts(func(a *rbac.RoleAssignment) {
			*a = rbac.RoleAssignment{Name: name(8), Scope: strings.ToUpper(subA), RoleDefinitionID: customRole, PrincipalID: strings.ToUpper(alice)}
		}), "rbac: PutAssignments[1]: ", rbac.ErrAssignmentExists},
		{"one that gives what one without a name gives", puts(func(a *rbac.RoleAssignment) {
			*a = rbac.RoleAssignment{Name: name(8), Scope: groupA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: sid}
		}), "rbac: PutAssignments[1]: ", rbac.ErrAssignmentExists},
		{"another one without a name", puts(func(a *rbac.RoleAssignment) {
			*a = rbac.RoleAssignment{Scope: groupA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: sid, Description: "x"}
		}), "rbac: PutAssignments[1]: ", rbac.ErrAssignmentExists},
		{"no such assignment", rbac.Change{DeleteAssignments: []string{name(1), name(9)}}, "rbac: DeleteAssignments[1]: ", rbac.ErrNotFound},
		{"assignment twice", rbac.Change{DeleteAssignments: []string{name(1), name(1)}}, "rbac: DeleteAssignments[1]: ", rbac.ErrNotFound},
		{"no name", rbac.Change{DeleteAssignments: []string{""}}, "rbac: DeleteAssignments[0]: ", rbac.ErrNotFound},

		{"deny assignment", rbac.Change{PutDenyAssignments: []rbac.DenyAssignment{deny, {}}}, "rbac: PutDenyAssignments[1].Name: ", nil},
		{"two deny assignments of one name", rbac.Change{PutDenyAssignments: []rbac.DenyAssignment{deny, {Name: deny.Name, Scope: "/", Principals: deny.Principals}}},
			"rbac: PutDenyAssignments[1]: conflicts with PutDenyAssignments[0]: ", nil},
		{"no such deny assignment", rbac.Change{DeleteDenyAssignments: []string{name(1)}}, "rbac: DeleteDenyAssignments[0]: ", rbac.ErrNotFound},
		{"deny assignment twice", rbac.Change{DeleteDenyAssignments: []string{name(3), name(3)}}, "rbac: DeleteDenyAssignments[1]: ", rbac.ErrNotFound},

		{"management group", rbac.Change{PutManagementGroups: []rbac.ManagementGroupMember{{ManagementGroup: subA, Member: subB}}}, "rbac: PutManagementGroups[0].ManagementGroup: ", nil},
		{"circle", rbac.Change{PutManagementGroups: []rbac.ManagementGroupMember{
			{ManagementGroup: mgmtGroup, Member: subB}, {ManagementGroup: mgmtGroup + "2", Member: mgmtGroup}, {ManagementGroup: mgmtGroup, Member: mgmtGroup + "2"},
		}}, "rbac: PutManagementGroups[1].ManagementGroup: ", nil},
		{"no such member", rbac.Change{DeleteManagementGroups: []string{subA, subB}}, "rbac: DeleteManagementGroups[1]: ", rbac.ErrNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			policy := newPolicy(t, changePolicy)
			next, err := policy.With(tt.change)
			if next != nil || err == nil || !strings.HasPrefix(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Fatalf("%v, error %v, want %s...", next, err, tt.want)
			}
			if !allowed(t, policy, alice, "a/read", subA) || allowed(t, policy, alice, "a/delete", subB) || allowed(t, policy, bob, "a/read", subA) {
				t.Error("a refused change has changed the policy")
			}
		})
	}
}

// What a deleted role has left behind is no part of a role that comes later.
func TestWithRolesComingAndGoing(t *testing.T) {
	policy := newPolicy(t, rbac.PolicyConfig{})
	action := func(n int) []rbac.Permission { return []rbac.Permission{{Actions: []string{fmt.Sprint(n)}}} }
	for i := range 20 {
		role := rbac.RoleDefinition{ID: benchGUID('r', i), Permissions: action(i)}
		next := with(t, policy, rbac.Change{
			PutRoles:       []rbac.RoleDefinition{role},
			PutAssignments: []rbac.RoleAssignment{{Name: name(1), Scope: subA, RoleDefinitionID: role.ID, PrincipalID: alice}},
		})
		if i > 0 {
			next = with(t, next, rbac.Change{DeleteRoles: []string{benchGUID('r', i-1)}})
		}
		for n := range 20 {
			if allowed(t, next, alice, fmt.Sprint(n), subA) != (n == i) || i > 0 && allowed(t, policy, alice, fmt.Sprint(n), subA) != (n == i-1) {
				t.Fatalf("role %d has action %d, or has lost it", i, n)
			}
		}
		policy = next
	}
}

// The zero Policy has no roles, and grants nothing.
func TestZeroPolicy(t *testing.T) {
	var policy rbac.Policy
	if allowed(t, &policy, alice, "a/read", subA) || policy.Contains(rbac.MustParseScope(mgmtGroup), rbac.MustParseScope(subA)) {
		t.Error("something is allowed")
	}
	next := with(t, &policy, rbac.Change{
		PutRoles:            []rbac.RoleDefinition{{ID: customRole, Permissions: []rbac.Permission{{Actions: []string{"a/read"}}}}},
		PutAssignments:      []rbac.RoleAssignment{{Name: name(1), Scope: mgmtGroup, RoleDefinitionID: customRole, PrincipalID: alice}},
		PutManagementGroups: []rbac.ManagementGroupMember{{ManagementGroup: mgmtGroup, Member: subA}},
	})
	if !allowed(t, next, alice, "a/read", subA) || allowed(t, &policy, alice, "a/read", subA) {
		t.Error("not what was put")
	}
}

// A change leaves garbage in proportion to itself.
func TestWithGarbage(t *testing.T) {
	site := newBenchSite(t, 20_000)
	added := rbac.RoleAssignment{Name: benchGUID('b', 0), Scope: benchScope(3), RoleDefinitionID: rbac.RoleOwner, PrincipalID: benchGUID('p', 250)}
	const rounds = 50
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range rounds {
		next := with(t, site.policy, rbac.Change{PutAssignments: []rbac.RoleAssignment{added}})
		with(t, next, rbac.Change{DeleteAssignments: []string{added.Name}})
	}
	runtime.ReadMemStats(&after)
	if bytes := (after.TotalAlloc - before.TotalAlloc) / (2 * rounds); bytes > 50_000 {
		t.Errorf("%d bytes for one change of a policy of 20,000 assignments", bytes)
	}
}

// Readers of a policy read on while others are made of it, by several writers, and what a revision answers never changes.
func TestWithConcurrently(t *testing.T) {
	policy := newPolicy(t, changePolicy)
	check := func(p *rbac.Policy, write bool) error {
		set := setOf(t, p, rbac.Subject{ObjectID: alice, Groups: []string{sid}})
		for action, want := range map[string]bool{"a/read": true, "a/write": write} {
			if got := set.Check(rbac.Operation{Action: action, Scope: rbac.MustParseScope(subA)}); got.Allowed != want {
				return fmt.Errorf("%s is allowed: %v", action, got.Allowed)
			}
		}
		return nil
	}
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			mine := policy
			for i := range 100 {
				put := rbac.RoleAssignment{Name: name(byte(10 + n)), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice}
				next, err := mine.With(rbac.Change{PutAssignments: []rbac.RoleAssignment{put}})
				if err == nil {
					err = errors.Join(check(next, true), check(mine, false), check(policy, false))
				}
				if err == nil {
					mine, err = next.With(rbac.Change{
						DeleteAssignments: []string{put.Name},
						PutAssignments: []rbac.RoleAssignment{{
							Name: benchGUID('c', 100*n+i), Scope: subB, RoleDefinitionID: rbac.RoleReader, PrincipalID: benchGUID('p', 100*n+i),
						}},
					})
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}
