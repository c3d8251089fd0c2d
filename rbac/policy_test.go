package rbac_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hubgate.example/rbac"
)

const (
	alice  = "aaaaaaaa-0000-0000-0000-000000000001"
	bob    = "bbbbbbbb-0000-0000-0000-000000000002"
	admins = "cccccccc-0000-0000-0000-000000000003"
	sid    = "S-1-5-21-1004336348-1177238915-682003330-512"

	customRole = "dddddddd-0000-0000-0000-000000000004"
)

// aboutX holds where the attribute x is 1.
const aboutX = "@Resource[x] StringEquals '1'"

// name returns an assignment's name.
func name(n byte) string {
	return "eeeeeeee-0000-0000-0000-0000000000" + string([]byte{'0' + n/10, '0' + n%10})
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
		{"condition of a permission", role(func(r *rbac.RoleDefinition) {
			r.Permissions = append(r.Permissions, rbac.Permission{Actions: []string{"*"}, Condition: "@Resource..."})
		}), "rbac: Roles[0].Permissions[1].Condition: invalid condition: ", rbac.ErrCondition},
		{"condition", assignment(func(a *rbac.RoleAssignment) { a.Condition = "x" }), "rbac: Assignments[1].Condition: invalid condition: ", rbac.ErrCondition},
		{"condition's version", assignment(func(a *rbac.RoleAssignment) { a.Condition, a.ConditionVersion = aboutX, "3.0" }), "rbac: Assignments[1].Condition: ", rbac.ErrCondition},
		{"same name, other condition", twice(func(a *rbac.RoleAssignment) { a.Condition = aboutX }), "rbac: Assignments[1]: conflicts with Assignments[0]: ", nil},
		{"same name, other end", twice(func(a *rbac.RoleAssignment) { a.End = time.Unix(1, 0) }), "rbac: Assignments[1]: conflicts with Assignments[0]: ", nil},
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
		"conditions": {
			Roles: []rbac.RoleDefinition{{ID: customRole, Permissions: []rbac.Permission{{Actions: []string{"*"}, Condition: aboutX, ConditionVersion: "2.0"}}}},
			Assignments: []rbac.RoleAssignment{
				{Scope: "/", RoleDefinitionID: customRole, PrincipalID: sid, Condition: aboutX},
				{Scope: subA, RoleDefinitionID: customRole, PrincipalID: sid, Condition: aboutX, ConditionVersion: "1.0"},
			},
		},
		"name of zeros": {Assignments: []rbac.RoleAssignment{
			{Name: rbac.EveryoneID, Scope: "/", RoleDefinitionID: rbac.RoleReader, PrincipalID: sid},
			{Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: sid},
			{Scope: subB, RoleDefinitionID: rbac.RoleReader, PrincipalID: sid},
		}},
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
