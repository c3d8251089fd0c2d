package middleware_test

import (
	"fmt"
	"strings"
	"testing"

	"hubgate.example/middleware"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

const (
	denying = "The client '%s' with object id '%s' has permission to perform action '%s' on scope '%s'; however, the access is denied because of " +
		"the deny assignment with name '%s' and Id '%s' at scope '%s'."
	noDeletes = "d0000000-0000-4000-8000-000000000001"
	strange   = "d0000000-0000-4000-8000-000000000002"
)

// denySite is the site with deny assignments in resource group web: nobody deletes there, but for the readers, and nobody starts machines.
func denySite(t *testing.T) *site {
	t.Helper()
	everyone := []rbac.DenyPrincipal{{ID: rbac.EveryoneID, Type: "SystemDefined"}}
	p, err := rbac.NewPolicy(rbac.PolicyConfig{
		Assignments: []rbac.RoleAssignment{
			{Scope: "/subscriptions/" + subscription, RoleDefinitionID: ownerRole, PrincipalID: alice},
			{Scope: "/subscriptions/" + subscription, RoleDefinitionID: ownerRole, PrincipalID: readers},
		},
		DenyAssignments: []rbac.DenyAssignment{
			{
				Name: noDeletes, DenyAssignmentName: "Nobody deletes", Scope: webGroup, Principals: everyone,
				ExcludePrincipals: []rbac.DenyPrincipal{{ID: readers, Type: "Group"}},
				Permissions:       []rbac.Permission{{Actions: []string{"*/delete"}}},
			},
			{
				Name: strange, DenyAssignmentName: "it's\n" + strings.Repeat("x", 300), Scope: webGroup, Principals: everyone,
				Permissions: []rbac.Permission{{Actions: []string{"*/start/action"}}},
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return newSite(t, func(config *middleware.Config) { config.Authorizer = authorizer(t, p) })
}

// What a role grants and a deny assignment blocks is refused in words of its own; what nothing grants is refused as ever. The log
// names the deny assignment in both cases.
func TestDenyAssignment(t *testing.T) {
	s := denySite(t)
	handler := s.gate.Handler(s)
	const upn = "someone@contoso.example"
	owner, excluded, nobody := openidtest.User(alice), openidtest.User(bob, readers), openidtest.User(mallory)
	tests := []struct {
		name           string
		who            openidtest.Claim
		method, path   string
		status         int
		code, message  string
		reason, denial string // in the log
	}{
		{"another action", owner, "GET", webVM, 200, "", "", "", ""},
		{"another scope", owner, "DELETE", "/subscriptions/" + subscription + "/resourceGroups/db", 200, "", "", "", ""},
		{"excluded by a group", excluded, "DELETE", webVM, 200, "", "", "", ""},
		{
			"granted and denied", owner, "DELETE", webVM, 403, "DenyAssignmentAuthorizationFailed",
			fmt.Sprintf(denying, upn, alice, "Microsoft.Compute/virtualMachines/delete", webVM, "Nobody deletes", noDeletes, webGroup),
			"a deny assignment blocks the operation", noDeletes,
		},
		{
			"denied where it is", owner, "DELETE", webGroup, 403, "DenyAssignmentAuthorizationFailed",
			fmt.Sprintf(denying, upn, alice, "Microsoft.Resources/subscriptions/resourceGroups/delete", webGroup, "Nobody deletes", noDeletes, webGroup),
			"a deny assignment blocks the operation", noDeletes,
		},
		{
			"denied and never granted", nobody, "DELETE", webVM, 403, "AuthorizationFailed",
			fmt.Sprintf(lacking, upn, mallory, "Microsoft.Compute/virtualMachines/delete", webVM), "no role grants the operation", noDeletes,
		},
		{
			"a name that somebody thought up", owner, "POST", webVM + "/start", 403, "DenyAssignmentAuthorizationFailed",
			fmt.Sprintf(denying, upn, alice, "Microsoft.Compute/virtualMachines/start/action", webVM, `it\'s\n`+strings.Repeat("x", 251)+"...", strange, webGroup),
			"a deny assignment blocks the operation", strange,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.log.take(t)
			answer := s.do(handler, request(tt.method, tt.path, s.issuer.Token(tt.who, openidtest.With("upn", upn))))
			text, lines := s.log.take(t)
			if tt.status == 200 {
				answer.wantServed(t)
				if strings.Contains(text, "deny_assignment") {
					t.Errorf("log is %s", text)
				}
				return
			}
			answer.want(t, tt.status, tt.code, tt.message)
			if len(lines) != 1 || lines[0]["code"] != tt.code || lines[0]["reason"] != tt.reason || lines[0]["deny_assignment"] != tt.denial {
				t.Errorf("log is %s", text)
			}
		})
	}
}
