package rbac_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/rbac"
)

func TestExplain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		never := "ActionMatches{'nothing'}"
		config := rbac.PolicyConfig{
			Roles: []rbac.RoleDefinition{
				{ID: customRole, RoleName: "Conditional", Permissions: []rbac.Permission{{Actions: []string{"a/*"}, NotActions: []string{"*/write"}}, {Actions: []string{"a/*"}, Condition: never}}},
			},
			Assignments: []rbac.RoleAssignment{
				{Name: name(1), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
				{Name: name(2), Scope: groupA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
				{Name: name(3), Scope: groupA, RoleDefinitionID: customRole, PrincipalID: admins},
				{Name: name(4), Scope: groupA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: admins, Condition: never},
				{Name: name(5), Scope: managementGroup("g"), RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice, Start: now.Add(time.Hour)},
				{Name: name(6), Scope: "/", RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice, End: now},
				{Name: name(7), Scope: subB, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
				{Name: name(8), Scope: groupA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: bob},
				{Name: name(9), Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: admins}, // like #01 of the subject itself
				{Scope: machine, RoleDefinitionID: rbac.RoleContributor, PrincipalID: sid},
			},
			DenyAssignments: []rbac.DenyAssignment{
				only(denying(name(11), subA, alice)),
				excluding(denying(name(12), groupA, rbac.EveryoneID, alice), sid),
				permitting(denying(name(13), groupA, alice), rbac.Permission{Actions: []string{"*"}, NotActions: []string{"a/*"}}),
				denying(name(14), subB, rbac.EveryoneID),
				denying(name(15), groupA, bob),
				permitting(denying(name(16), "/", rbac.EveryoneID), rbac.Permission{Actions: []string{"*/delete"}}),
			},
			ManagementGroups: []rbac.ManagementGroupMember{inGroup("g", subA)},
		}
		who := rbac.Subject{ObjectID: alice, Groups: []string{admins, sid, strings.ToUpper(admins)}}
		config.DenyAssignments[5].DenyAssignmentName = "no deleting"
		set := resourceSet(t, config, who)
		op := rbac.Operation{Action: "a/write", Scope: mustScope(t, groupA)}

		check := func(set *rbac.ResourceSet, op rbac.Operation, want string) {
			t.Helper()
			got := set.Explain(op)
			if got.Decision != set.Check(op) {
				t.Errorf("Explain decides %+v, Check %+v", got.Decision, set.Check(op))
			}
			counted := rbac.Decision{}
			for _, c := range got.Considered {
				if c.Reason == rbac.Counts && c.Assignment != nil && counted.Assignment == nil {
					counted.Assignment = c.Assignment
				}
				if c.Reason == rbac.Counts && c.DenyAssignment != nil && counted.DenyAssignment == nil {
					counted.DenyAssignment = c.DenyAssignment
				}
			}
			counted.Allowed = counted.Assignment != nil && counted.DenyAssignment == nil
			if counted != got.Decision {
				t.Errorf("by what was considered it is %+v, decided is %+v", counted, got.Decision)
			}
			text := strings.NewReplacer(machine, "MACHINE", groupA, "GROUP", subA, "SUBA", subB, "SUBB", managementGroup("g"), "MG",
				alice, "ALICE", admins, "ADMINS", sid, "SID", strings.TrimSuffix(name(0), "00"), "#").Replace(got.String())
			if want = strings.ReplaceAll(strings.TrimPrefix(want, "\n"), "\t", ""); text != want {
				t.Errorf("explained as\n%swant\n%s", text, want)
			}
		}
		check(set, op, `
			"a/write" at GROUP by "ALICE" with 3 groups: allowed
			- role assignment #02 of "Reader" to ALICE at GROUP: does not have the action
			- role assignment #03 of "Conditional" to ADMINS at GROUP: has the action on a condition that does not hold
			- role assignment #04 of "Owner" to ADMINS at GROUP: has a condition that does not hold
			- deny assignment #12 at GROUP: excludes the principal
			- deny assignment #13 at GROUP: excludes the action
			- role assignment #01 of "Owner" to ALICE at SUBA: grants it
			- role assignment #09 of "Owner" to ADMINS at SUBA: grants it
			- deny assignment #11 at SUBA: does not apply to child scopes
			- role assignment #05 of "Owner" to ALICE at MG: is not yet in force
			- role assignment #06 of "Owner" to ALICE at /: is no longer in force
			- deny assignment #16 "no deleting" at /: does not have the action
			- role assignment #07 of "Owner" to ALICE at SUBB: is at another scope
			- role assignment without a name of "Contributor" to SID at MACHINE: is at another scope
			- deny assignment #14 at SUBB: is at another scope
			`)
		check(set, rbac.Operation{Action: "a/delete", Scope: mustScope(t, machine)}, `
			"a/delete" at MACHINE by "ALICE" with 3 groups: not allowed, because a deny assignment blocks it
			- role assignment without a name of "Contributor" to SID at MACHINE: grants it
			- role assignment #02 of "Reader" to ALICE at GROUP: does not have the action
			- role assignment #03 of "Conditional" to ADMINS at GROUP: grants it
			- role assignment #04 of "Owner" to ADMINS at GROUP: has a condition that does not hold
			- deny assignment #12 at GROUP: excludes the principal
			- deny assignment #13 at GROUP: excludes the action
			- role assignment #01 of "Owner" to ALICE at SUBA: grants it
			- role assignment #09 of "Owner" to ADMINS at SUBA: grants it
			- deny assignment #11 at SUBA: does not apply to child scopes
			- role assignment #05 of "Owner" to ALICE at MG: is not yet in force
			- role assignment #06 of "Owner" to ALICE at /: is no longer in force
			- deny assignment #16 "no deleting" at /: blocks it
			- role assignment #07 of "Owner" to ALICE at SUBB: is at another scope
			- deny assignment #14 at SUBB: is at another scope
			`)
		check(resourceSet(t, config, rbac.Subject{ObjectID: "somebody"}), rbac.Operation{Action: "x\n/y", Scope: mustScope(t, subB), Plane: rbac.DataPlane}, `
			"x\n/y" (data) at SUBB by "somebody" with 0 groups: not allowed, because nothing grants it
			- deny assignment #14 at SUBB: does not have the action
			- deny assignment #16 "no deleting" at /: does not have the action
			- deny assignment #12 at GROUP: is at another scope
			`)

		var none rbac.ResourceSet
		check(&none, rbac.Operation{Action: "a/read"}, `
			"a/read" at / by "" with 0 groups: not allowed, because nothing grants it
			`)
	})
}

func TestExplainTenants(t *testing.T) {
	config := rbac.PolicyConfig{
		Assignments: []rbac.RoleAssignment{
			{Name: name(1), Scope: "/", RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
			{Name: name(2), Scope: managementGroup("g"), RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
			{Name: name(3), Scope: "/subscriptions/guest", RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
		},
		DenyAssignments:  []rbac.DenyAssignment{denying(name(4), "/", rbac.EveryoneID)},
		ManagementGroups: []rbac.ManagementGroupMember{inGroup("g", "/subscriptions/guest"), inGroup("g", "/subscriptions/home")},
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{
		Source:     newPolicy(t, config),
		HomeTenant: "home",
		TenantOf:   func(subscription string) (string, bool) { return subscription, subscription != "nobodys" },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		tenant, scope string
		// reasons are those of the assignments in the order of their names.
		reasons [4]rbac.Reason
	}{
		{"guest", "/subscriptions/guest", [4]rbac.Reason{rbac.OtherTenant, rbac.OtherTenant, rbac.Counts, rbac.OtherTenant}},
		{"guest", managementGroup("g"), [4]rbac.Reason{rbac.OtherTenant, rbac.OtherTenant, rbac.OtherScope, rbac.OtherTenant}},
		{"guest", "/", [4]rbac.Reason{rbac.OtherTenant, rbac.OtherScope, rbac.OtherScope, rbac.OtherTenant}},
		{"guest", "/subscriptions/home", [4]rbac.Reason{rbac.OtherTenant, rbac.OtherTenant, rbac.OtherScope, rbac.OtherTenant}},
		{"home", "/subscriptions/home", [4]rbac.Reason{rbac.Counts, rbac.Counts, rbac.OtherScope, rbac.Counts}},
		{"home", "/subscriptions/guest", [4]rbac.Reason{rbac.OtherTenant, rbac.OtherTenant, rbac.OtherTenant, rbac.OtherTenant}},
		{"home", "/subscriptions/nobodys", [4]rbac.Reason{rbac.OtherTenant, rbac.OtherScope, rbac.OtherScope, rbac.OtherTenant}},
	} {
		set, err := authorizer.ResourceSet(t.Context(), rbac.Subject{Tenant: tt.tenant, ObjectID: alice})
		if err != nil {
			t.Fatal(err)
		}
		var got [4]rbac.Reason
		for _, c := range set.Explain(rbac.Operation{Action: "a/write", Scope: mustScope(t, tt.scope)}).Considered {
			if c.DenyAssignment != nil {
				got[3] = c.Reason
			} else {
				got[c.Assignment.Name[len(name(0))-1]-'1'] = c.Reason
			}
		}
		if got != tt.reasons {
			t.Errorf("of tenant %s at %s: %v, want %v", tt.tenant, tt.scope, got, tt.reasons)
		}
	}
}

func TestReasons(t *testing.T) {
	said := make(map[string]bool)
	for reason := rbac.Counts; reason <= rbac.ConditionFalse; reason++ {
		if text := reason.String(); said[text] || strings.HasPrefix(text, "Reason(") {
			t.Errorf("reason %d is %q", reason, text)
		}
		said[reason.String()] = true
	}
	if text := (rbac.ConditionFalse + 1).String(); text != "Reason(11)" {
		t.Errorf("no reason is %q", text)
	}
}
