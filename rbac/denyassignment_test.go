package rbac_test

import (
	"errors"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

// denying returns a deny assignment of everything for principals.
func denying(name, scope string, principals ...string) rbac.DenyAssignment {
	d := rbac.DenyAssignment{Name: name, Scope: scope, Permissions: []rbac.Permission{{Actions: []string{"*"}}}}
	for _, id := range principals {
		d.Principals = append(d.Principals, rbac.DenyPrincipal{ID: id})
	}
	return d
}

func excluding(d rbac.DenyAssignment, principals ...string) rbac.DenyAssignment {
	for _, id := range principals {
		d.ExcludePrincipals = append(d.ExcludePrincipals, rbac.DenyPrincipal{ID: id})
	}
	return d
}

func permitting(d rbac.DenyAssignment, permissions ...rbac.Permission) rbac.DenyAssignment {
	d.Permissions = permissions
	return d
}

func only(d rbac.DenyAssignment) rbac.DenyAssignment {
	d.DoNotApplyToChildScopes = true
	return d
}

func TestDenyAssignments(t *testing.T) {
	const everyone = rbac.EveryoneID
	me := rbac.Subject{ObjectID: alice, Groups: []string{admins, sid}}
	for _, tt := range []struct {
		name   string
		denies []rbac.DenyAssignment
		// action is a/write, scope the machine, who is me and is owner of subA, when nothing else is said.
		op  rbac.Operation
		who rbac.Subject
		// by are the names of the role assignment that grants it, and the deny assignment that blocks it.
		grantedBy, blockedBy string
	}{
		{name: "none", grantedBy: name(1)},
		{name: "of the subject", denies: []rbac.DenyAssignment{denying(name(2), subA, alice)}, grantedBy: name(1), blockedBy: name(2)},
		{name: "in other letters", denies: []rbac.DenyAssignment{denying(strings.ToUpper(name(2)), strings.ToUpper(subA), strings.ToUpper(alice))}, grantedBy: name(1), blockedBy: strings.ToUpper(name(2))},
		{name: "of a group", denies: []rbac.DenyAssignment{denying(name(2), subA, bob, strings.ToLower(sid))}, grantedBy: name(1), blockedBy: name(2)},
		{name: "of everyone", denies: []rbac.DenyAssignment{denying(name(2), "/", everyone)}, grantedBy: name(1), blockedBy: name(2)},
		{name: "of somebody else", denies: []rbac.DenyAssignment{denying(name(2), subA, bob)}, grantedBy: name(1)},
		{name: "at another scope", denies: []rbac.DenyAssignment{denying(name(2), subB, alice, everyone), denying(name(3), subA+"2", alice, everyone)}, grantedBy: name(1)},
		{name: "below", denies: []rbac.DenyAssignment{denying(name(2), machine+"/extensions/e", alice, everyone)}, grantedBy: name(1)},
		{name: "at the scope", denies: []rbac.DenyAssignment{denying(name(2), machine, alice)}, grantedBy: name(1), blockedBy: name(2)},
		{name: "the nearest", denies: []rbac.DenyAssignment{denying(name(2), subA, alice), denying(name(3), machine, everyone), denying(name(4), groupA, alice)}, grantedBy: name(1), blockedBy: name(3)},
		{name: "nothing granted", denies: []rbac.DenyAssignment{denying(name(2), subA, everyone)}, who: rbac.Subject{ObjectID: bob}, blockedBy: name(2)},

		{name: "the subject excluded", denies: []rbac.DenyAssignment{
			excluding(denying(name(2), subA, everyone), strings.ToUpper(alice)), excluding(denying(name(3), subA, admins), alice),
		}, grantedBy: name(1)},
		{name: "a group excluded", denies: []rbac.DenyAssignment{
			excluding(denying(name(2), subA, everyone), sid), excluding(denying(name(3), subA, alice), strings.ToLower(sid)),
		}, grantedBy: name(1)},
		{name: "somebody else excluded", denies: []rbac.DenyAssignment{excluding(denying(name(2), subA, everyone), bob)}, grantedBy: name(1), blockedBy: name(2)},
		{name: "excluded from one only", denies: []rbac.DenyAssignment{
			excluding(denying(name(2), machine, everyone), alice), denying(name(3), subA, alice),
		}, grantedBy: name(1), blockedBy: name(3)},
		{name: "who calls itself everyone", denies: []rbac.DenyAssignment{denying(name(2), subA, bob)},
			who: rbac.Subject{ObjectID: alice, Groups: []string{everyone}}, grantedBy: name(1)},

		{name: "child scopes spared, at the scope", denies: []rbac.DenyAssignment{only(denying(name(2), strings.ToUpper(machine), alice)), only(denying(name(3), machine, everyone))},
			grantedBy: name(1), blockedBy: name(2)},
		{name: "child scopes spared, below", denies: []rbac.DenyAssignment{only(denying(name(2), groupA, alice)), only(denying(name(3), groupA, everyone))}, grantedBy: name(1)},

		{name: "other actions", denies: []rbac.DenyAssignment{permitting(denying(name(2), subA, alice), rbac.Permission{Actions: []string{"*/read", "b/*"}})}, grantedBy: name(1)},
		{name: "notActions", denies: []rbac.DenyAssignment{permitting(denying(name(2), subA, alice), rbac.Permission{Actions: []string{"*"}, NotActions: []string{"A/WRITE"}})}, grantedBy: name(1)},
		{name: "notActions of another permission", denies: []rbac.DenyAssignment{permitting(denying(name(2), subA, everyone),
			rbac.Permission{Actions: []string{"*"}, NotActions: []string{"a/*"}}, rbac.Permission{Actions: []string{"*/*/*", "*/WRITE"}})}, grantedBy: name(1), blockedBy: name(2)},
		{name: "the data plane", denies: []rbac.DenyAssignment{permitting(denying(name(2), subA, alice), rbac.Permission{DataActions: []string{"*"}})}, grantedBy: name(1)},
		{name: "on the data plane", denies: []rbac.DenyAssignment{permitting(denying(name(2), subA, alice), rbac.Permission{DataActions: []string{"*"}, NotDataActions: []string{"a/read"}})},
			op: rbac.Operation{Plane: rbac.DataPlane}, blockedBy: name(2)},
		{name: "no permissions", denies: []rbac.DenyAssignment{permitting(denying(name(2), subA, alice))}, grantedBy: name(1)},
		{name: "a condition that holds", denies: []rbac.DenyAssignment{permitting(denying(name(2), subA, alice), rbac.Permission{Actions: []string{"*"}, Condition: aboutX})},
			op: rbac.Operation{Attributes: resourceAttributes{"x": {"1"}}}, grantedBy: name(1), blockedBy: name(2)},
		{name: "a condition that does not hold", denies: []rbac.DenyAssignment{permitting(denying(name(2), subA, alice), rbac.Permission{Actions: []string{"*"}, Condition: aboutX})},
			op: rbac.Operation{Attributes: resourceAttributes{"x": {"2"}}}, grantedBy: name(1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.who.ObjectID == "" {
				tt.who = me
			}
			tt.op.Action, tt.op.Scope = "a/write", mustScope(t, machine)
			set := resourceSet(t, rbac.PolicyConfig{
				Assignments:     []rbac.RoleAssignment{{Name: name(1), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice}},
				DenyAssignments: tt.denies,
			}, tt.who)
			got := set.Check(tt.op)
			grantedBy, blockedBy := "", ""
			if got.Assignment != nil {
				grantedBy = got.Assignment.Name
			}
			if got.DenyAssignment != nil {
				blockedBy = got.DenyAssignment.Name
			}
			if grantedBy != tt.grantedBy || blockedBy != tt.blockedBy || got.Allowed != (tt.grantedBy != "" && tt.blockedBy == "") {
				t.Errorf("allowed %v, granted by %q, blocked by %q; want %q and %q", got.Allowed, grantedBy, blockedBy, tt.grantedBy, tt.blockedBy)
			}
			if tt.op.Attributes != nil {
				return // what conditions are asked with is pooled, and the race detector empties pools
			}
			if n := testing.AllocsPerRun(10, func() { set.Check(tt.op) }); n != 0 {
				t.Errorf("a check allocates %v times", n)
			}
		})
	}
}

func TestDenyAssignmentErrors(t *testing.T) {
	edit := func(edit func(*rbac.DenyAssignment)) []rbac.DenyAssignment {
		d := denying(name(1), subA, alice)
		edit(&d)
		return []rbac.DenyAssignment{denying(name(2), subA, bob), d}
	}
	for _, tt := range []struct {
		name   string
		denies []rbac.DenyAssignment
		want   string // begins the error
		is     error
	}{
		{"no name", edit(func(d *rbac.DenyAssignment) { d.Name = "" }), "rbac: DenyAssignments[1].Name: ", rbac.ErrInvalid},
		{"name", edit(func(d *rbac.DenyAssignment) { d.Name = "x" }), "rbac: DenyAssignments[1].Name: ", rbac.ErrInvalid},
		{"scope", edit(func(d *rbac.DenyAssignment) { d.Scope = "" }), "rbac: DenyAssignments[1].Scope: ", rbac.ErrInvalid},
		{"action", edit(func(d *rbac.DenyAssignment) { d.Permissions[0].NotDataActions = []string{"*", ""} }), "rbac: DenyAssignments[1].Permissions[0].NotDataActions[1]: ", rbac.ErrInvalidAction},
		{"condition", edit(func(d *rbac.DenyAssignment) { d.Permissions[0].Condition = "x" }), "rbac: DenyAssignments[1].Permissions[0].Condition: ", rbac.ErrCondition},
		{"nobody", edit(func(d *rbac.DenyAssignment) { d.Principals = nil }), "rbac: DenyAssignments[1].Principals: ", rbac.ErrInvalid},
		{"principal", edit(func(d *rbac.DenyAssignment) { d.Principals = append(d.Principals, rbac.DenyPrincipal{ID: "x"}) }), "rbac: DenyAssignments[1].Principals[1].ID: ", rbac.ErrInvalidPrincipal},
		{"excluded principal", edit(func(d *rbac.DenyAssignment) { *d = excluding(*d, bob, "x") }), "rbac: DenyAssignments[1].ExcludePrincipals[1].ID: ", rbac.ErrInvalidPrincipal},
		{"everyone excluded", edit(func(d *rbac.DenyAssignment) { *d = excluding(*d, rbac.EveryoneID) }), "rbac: DenyAssignments[1].ExcludePrincipals[0].ID: ", rbac.ErrInvalidPrincipal},
		{"same name, other principal", edit(func(d *rbac.DenyAssignment) { d.Name = strings.ToUpper(name(2)) }), "rbac: DenyAssignments[1]: conflicts with DenyAssignments[0]: ", nil},
		{"same name, other scope", edit(func(d *rbac.DenyAssignment) { *d = denying(name(2), subB, bob) }), "rbac: DenyAssignments[1]: conflicts with DenyAssignments[0]: ", nil},
		{"same name, other permission", edit(func(d *rbac.DenyAssignment) { *d = permitting(denying(name(2), subA, bob)) }), "rbac: DenyAssignments[1]: conflicts with DenyAssignments[0]: ", nil},
		{"same name, child scopes", edit(func(d *rbac.DenyAssignment) { *d = only(denying(name(2), subA, bob)) }), "rbac: DenyAssignments[1]: conflicts with DenyAssignments[0]: ", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			policy, err := rbac.NewPolicy(rbac.PolicyConfig{DenyAssignments: tt.denies})
			if policy != nil || err == nil || !strings.HasPrefix(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v, want %s...", err, tt.want)
			}
		})
	}

	// What repeats may do so in other letters and another order.
	again := denying(strings.ToUpper(name(1)), strings.ToUpper(subA), bob, strings.ToUpper(alice), bob)
	policy := newPolicy(t, rbac.PolicyConfig{DenyAssignments: []rbac.DenyAssignment{denying(name(1), subA, alice, bob), again}})
	with(t, policy, rbac.Change{DeleteDenyAssignments: []string{name(1)}})
}

// What the policy has of a deny assignment is its own.
func TestDenyAssignmentIsThePolicys(t *testing.T) {
	d := denying(name(1), subA, alice)
	policy := newPolicy(t, rbac.PolicyConfig{DenyAssignments: []rbac.DenyAssignment{d}})
	d.Permissions[0].Actions[0], d.Principals[0].ID = "x", bob
	got := setOf(t, policy, rbac.Subject{ObjectID: alice}).Check(rbac.Operation{Action: "a/read", Scope: mustScope(t, subA)})
	if got.DenyAssignment == nil || got.DenyAssignment.Principals[0].ID != alice || got.DenyAssignment.Permissions[0].Actions[0] != "*" {
		t.Errorf("blocked by %+v", got.DenyAssignment)
	}
}

// A deny assignment counts for the same tenants as a role assignment would.
func TestDenyAssignmentTenants(t *testing.T) {
	const home, guest = "10000000-0000-0000-0000-000000000000", "20000000-0000-0000-0000-000000000000"
	policy := newPolicy(t, rbac.PolicyConfig{
		Assignments: []rbac.RoleAssignment{
			{Name: name(1), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
			{Name: name(2), Scope: subB, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
		},
		DenyAssignments: []rbac.DenyAssignment{
			permitting(denying(name(3), "/", rbac.EveryoneID), rbac.Permission{Actions: []string{"a/write"}}),
			permitting(denying(name(4), mgmtGroup, alice), rbac.Permission{Actions: []string{"a/delete"}}),
			permitting(denying(name(5), subB, rbac.EveryoneID), rbac.Permission{Actions: []string{"a/read"}}),
		},
		ManagementGroups: []rbac.ManagementGroupMember{{ManagementGroup: mgmtGroup, Member: subA}, {ManagementGroup: mgmtGroup, Member: subB}},
	})
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{
		Source:     policy,
		HomeTenant: home,
		TenantOf: func(subscription string) (string, bool) {
			if subscription == mustScope(t, subA).Subscription() {
				return home, true
			}
			return guest, true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		tenant, action, scope string
		allow                 bool
	}{
		{home, "a/read", subA, true},
		{home, "a/write", groupA, false},
		{home, "a/delete", groupA, false},
		{home, "b/delete", groupA, true},
		{guest, "a/write", subB, true},
		{guest, "a/delete", subB, true},
		{guest, "a/read", groupOf(subB), false},
		{guest, "b/read", groupOf(subB), true},
		{guest, "b/read", subA, false},
		{home, "b/read", subB, false},
	} {
		set, err := authorizer.ResourceSet(t.Context(), rbac.Subject{Tenant: tt.tenant, ObjectID: alice})
		if err != nil {
			t.Fatal(err)
		}
		if got := set.Check(rbac.Operation{Action: tt.action, Scope: mustScope(t, tt.scope)}); got.Allowed != tt.allow {
			t.Errorf("of tenant %s, %s at %s: %+v", tt.tenant[:1], tt.action, tt.scope, got)
		}
	}
}
