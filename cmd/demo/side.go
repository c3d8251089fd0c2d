package main

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"hubgate.example/cmd/demo/internal/resourcemanager"
	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/rbac"
	"hubgate.example/rbac/armapi"
)

// A side is a Resource Manager behind its gate: the user's or the administrator's. They share the identity provider and nothing else.
type side struct {
	url       string // https://localhost:8443
	audiences []string
	inventory *resourcemanager.Inventory
	store     *rbac.MemoryStore
	verifier  *openid.Verifier
	gate      *middleware.Gate
	manager   *resourcemanager.Server
	// administration of the gates is on one side, if at all.
	administration *administration
}

// openManager makes the gate of a side, and the Resource Manager behind it. tenantOf says who owns a subscription; directory is the
// administrator's, and nil on the user's side.
func (s *site) openManager(side *side, home string, tenantOf func(string) (string, bool), directory *resourcemanager.Directory) error {
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: side.store, TenantOf: tenantOf, HomeTenant: home})
	if err != nil {
		return err
	}
	authorizations := armapi.Config{
		Store: side.store, ClientName: application, ResourceSetFrom: middleware.ResourceSetFrom, Authorizer: authorizer,
	}
	gating := middleware.Config{
		Verifier: side.verifier, Authorizer: authorizer, MFA: s.mfa, Revocations: s.revocations.gates, Logger: s.log,
	}
	config := resourcemanager.Config{
		Inventory: side.inventory,
		URL:       side.url,
		Directory: directory,
		PageSize:  s.options.pageSize,
		Deleted: func(ctx context.Context, scope rbac.Scope) {
			s.deleteAssignments(ctx, side.store, scope)
		},
		Metadata: resourcemanager.Metadata{
			LoginEndpoint: s.identity.loginEndpoint,
			Audiences:     side.audiences,
			// Clients insist on the member and call it for nothing that the demo is for.
			GraphEndpoint: cmp.Or(s.identity.graph, s.url+"/graph/"),
		},
		Region: sample.Region,
	}
	if own := s.identity.own; own != nil {
		authorizations.GroupsOf = own.installation.GroupsOf
		authorizations.PrincipalTypeOf = own.installation.PrincipalTypeOf
		if own.groups != nil {
			gating.Groups = own.groups.Groups
		}
		config.TenantsOf = func(p *openid.Principal) []string {
			registered := side.verifier.Tenants() // the others' tokens are refused
			return slices.DeleteFunc(own.installation.TenantsOf(p.ObjectID), func(id string) bool { return !slices.Contains(registered, id) })
		}
		for _, tenant := range own.installation.Tenants {
			config.Tenants = append(config.Tenants, resourcemanager.Tenant{ID: tenant.ID, DisplayName: tenant.DisplayName})
		}
	}
	authorization, err := armapi.New(authorizations)
	if err != nil {
		return err
	}
	config.Authorization = authorization
	// What conditions on who may assign which roles ask about.
	gating.Attributes = func(r *http.Request, _ *openid.Principal, op rbac.Operation) rbac.Attributes {
		return authorization.Attributes(r, op)
	}
	if side.gate, err = middleware.New(gating); err != nil {
		return err
	}
	config.Gate, config.DeleteGroupContext = side.gate, s.options.deleteGroupContext
	side.manager, err = resourcemanager.New(config)
	return err
}

// deleteAssignments deletes the role assignments of what is gone.
func (s *site) deleteAssignments(ctx context.Context, store *rbac.MemoryStore, scope rbac.Scope) {
	deleted, err := store.DeleteAssignmentsWithin(ctx, scope)
	switch {
	case err != nil:
		s.log.ErrorContext(ctx, "role assignments remain of what was deleted", "scope", scope.String(), "error", err)
	case deleted > 0:
		s.log.InfoContext(ctx, "role assignments deleted with what they were at", "scope", scope.String(), "assignments", deleted)
	}
}

// application is what LinkedAuthorizationFailed calls the caller: the client application's id.
func application(ctx context.Context) string {
	principal, ok := middleware.PrincipalFrom(ctx)
	if !ok {
		return ""
	}
	return principal.Application
}
