package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

const lackingLink = "The client '%s' with object id '%s' has permission to perform action '%s' on scope '%s'; however, it does not have permission to " +
	"perform action '%s' on the linked scope(s) '%s' or the linked scope(s) are invalid."

func TestAuthorizeLinked(t *testing.T) {
	const (
		app = "5a5a5a5a-0000-4000-8000-000000000001"
		nic = webGroup + "/providers/Microsoft.Network/networkInterfaces/nic1"
		// Of the resource groups beside web, the joiner may join in net.
		net    = "/subscriptions/" + subscription + "/resourceGroups/net/providers/Microsoft.Network/"
		joiner = "10100000-0000-4000-8000-000000000005"
		role   = "10100000-0000-4000-8000-000000000006"
	)
	p, err := rbac.NewPolicy(rbac.PolicyConfig{
		Roles: []rbac.RoleDefinition{{ID: role, RoleName: "Joiner", Permissions: []rbac.Permission{{Actions: []string{"*/join/action"}}}}},
		Assignments: []rbac.RoleAssignment{
			{Scope: webGroup, RoleDefinitionID: ownerRole, PrincipalID: joiner},
			{Scope: "/subscriptions/" + subscription + "/resourceGroups/net", RoleDefinitionID: role, PrincipalID: joiner},
			{Scope: "/subscriptions/" + foreignSubscription, RoleDefinitionID: ownerRole, PrincipalID: joiner},
		},
		DenyAssignments: []rbac.DenyAssignment{{
			Name: noDeletes, DenyAssignmentName: "Not this one", Scope: net + "virtualNetworks/locked",
			Principals: []rbac.DenyPrincipal{{ID: rbac.EveryoneID}}, Permissions: []rbac.Permission{{Actions: []string{"*"}}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(config *middleware.Config) { config.Authorizer = authorizer(t, p) })
	join := func(scope string) rbac.Operation {
		at := rbac.MustParseScope(scope)
		return rbac.Operation{Action: at.ResourceType() + "/join/action", Scope: at}
	}
	subnet, group := join(net+"virtualNetworks/v/subnets/s"), join(net+"networkSecurityGroups/g")
	elsewhere := join("/subscriptions/" + subscription + "/resourceGroups/db/providers/Microsoft.Network/virtualNetworks/v/subnets/s")
	foreign, unknown := join("/subscriptions/"+foreignSubscription+"/resourceGroups/net"), join("/subscriptions/"+unknownSubscription+"/resourceGroups/net")
	locked := join(net + "virtualNetworks/locked/subnets/s")
	tests := []struct {
		name   string
		linked []rbac.Operation
		first  *rbac.Operation // the first that is not allowed; nil when all are
		denial any             // in the log
	}{
		{"none", nil, nil, nil},
		{"one", []rbac.Operation{subnet}, nil, nil},
		{"two", []rbac.Operation{subnet, group}, nil, nil},
		{"not allowed", []rbac.Operation{elsewhere}, &elsewhere, nil},
		{"the second is not allowed", []rbac.Operation{subnet, elsewhere, foreign}, &elsewhere, nil},
		{"another tenant's", []rbac.Operation{foreign}, &foreign, nil},
		{"in no subscription that there is", []rbac.Operation{unknown, subnet}, &unknown, nil},
		{"denied", []rbac.Operation{subnet, locked}, &locked, noDeletes},
	}
	token := s.issuer.Token(openidtest.User(joiner), openidtest.Application(app), openidtest.With("upn", "joiner@contoso.example"))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.log.take(t)
			var allowed bool
			api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if allowed = s.gate.AuthorizeLinked(w, r, tt.linked...); allowed {
					s.ServeHTTP(w, r)
				}
			})
			r := request("PUT", nic, token)
			r.Header.Set("X-Ms-Correlation-Request-Id", "correlation-1")
			answer := s.do(s.gate.Handler(api), r)
			text, lines := s.log.take(t)
			if allowed != (tt.first == nil) {
				t.Errorf("allowed is %v", allowed)
			}
			if tt.first == nil {
				answer.wantServed(t)
				return
			}
			answer.want(t, 403, "LinkedAuthorizationFailed", fmt.Sprintf(lackingLink, app, joiner,
				"Microsoft.Network/networkInterfaces/write", nic, tt.first.Action, tt.first.Scope))
			if got := answer.header.Get("X-Ms-Correlation-Request-Id"); got != "correlation-1" {
				t.Errorf("correlation id is %q", got)
			}
			lines = refusals(lines)
			if len(lines) != 1 || lines[0]["code"] != "LinkedAuthorizationFailed" || lines[0]["oid"] != joiner || lines[0]["path"] != nic ||
				lines[0]["action"] != tt.first.Action || lines[0]["scope"] != tt.first.Scope.String() || lines[0]["deny_assignment"] != tt.denial {
				t.Errorf("log is %s", text)
			}
		})
	}
}

// Who is asked about must have passed the gate: without a set nothing is allowed, and nothing is served.
func TestAuthorizeLinkedOutsideTheGate(t *testing.T) {
	s := newSite(t, nil)
	set, err := authorizer(t, policy(t)).ResourceSet(t.Context(), rbac.Subject{Tenant: tenant, ObjectID: bob, Groups: []string{readers}})
	if err != nil {
		t.Fatal(err)
	}
	principal := &openid.Principal{Tenant: tenant, ObjectID: bob}
	write := rbac.Operation{Action: "a/write", Scope: rbac.MustParseScope(webGroup)}
	tests := []struct {
		name      string
		principal *openid.Principal
		set       *rbac.ResourceSet
		path      string
		status    int
	}{
		{"behind the gate", principal, set, webVM, 403},
		{"authenticated only", principal, nil, webVM, 500},
		{"a set of nobody's", nil, set, webVM, 500},
		{"nothing", nil, nil, webVM, 500},
		{"a path that the gate does not let through", principal, set, "/console", 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, linked := range [][]rbac.Operation{{write}, nil} {
				if linked == nil && tt.principal != nil && tt.set != nil {
					continue // no operation needs no permission
				}
				api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if s.gate.AuthorizeLinked(w, r, linked...) {
						io.WriteString(w, "served")
					}
				})
				r := request("PUT", tt.path, "")
				answer := s.do(api, r.WithContext(middleware.WithPrincipal(r.Context(), tt.principal, tt.set)))
				if answer.status != tt.status || strings.Contains(answer.body, "served") {
					t.Errorf("%d %s", answer.status, answer.body)
				}
			}
		})
	}
	t.Run("an application without a name is named by its object id", func(t *testing.T) {
		api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.gate.AuthorizeLinked(w, r, write) })
		r := request("GET", webVM, "")
		s.do(api, r.WithContext(middleware.WithPrincipal(r.Context(), principal, set))).want(t, 403, "LinkedAuthorizationFailed",
			fmt.Sprintf(lackingLink, bob, bob, "Microsoft.Compute/virtualMachines/read", webVM, "a/write", webGroup))
	})
}
