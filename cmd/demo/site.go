package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/localca"
	"hubgate.example/cmd/demo/internal/resourcemanager"
	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/rbac"
	"hubgate.example/rbac/armapi"
)

// A site is all that the demo serves. Whoever makes one sets the fields up to plainURL and calls open.
type site struct {
	options *serveOptions
	dir     *datadir.Dir
	ca      *localca.CA
	log     *slog.Logger
	url     string // https://localhost:8443
	// plainURL is http://127.0.0.1:8080, or "" when plain HTTP is switched off.
	plainURL string

	identity  identity
	inventory *resourcemanager.Inventory
	imported  rbac.PolicyConfig
	store     *rbac.MemoryStore
	providers []*openid.Provider
	verifier  *openid.Verifier
	manager   http.Handler
}

// open builds the site; imported are the roles and assignments of --import. What can be wrong is found before the providers, which
// fetch and log from their first moment on, are started. Somebody has to serve the site soon then. Close ends them, whether open
// succeeds or not.
func (s *site) open(ctx context.Context, imported rbac.PolicyConfig) error {
	var err error
	if s.options.external() {
		s.identity, err = externalIdentity(ctx, s.options, s.log)
	} else {
		s.identity, err = ownIdentity(s.url, s.dir, s.ca.Pool(), s.log)
	}
	if err != nil {
		return err
	}
	accepted, err := s.identity.check(s.options)
	if err != nil {
		return err
	}
	if err := s.openInventory(accepted); err != nil {
		return err
	}
	if err := s.openStore(imported); err != nil {
		return err
	}
	if err := s.openVerifier(); err != nil {
		return err
	}
	return s.openManager(accepted.home)
}

// openInventory makes what exists: the sample subscriptions and those of the command line. With someone else's identity provider
// the samples are there only when there would be nothing else.
func (s *site) openInventory(accepted tenants) error {
	var contents resourcemanager.Contents
	if !s.options.external() || len(s.options.subscriptions) == 0 {
		contents = sample.Contents(accepted.home)
	}
	for _, subscription := range s.options.subscriptions {
		if hasSubscription(contents.Subscriptions, subscription.ID) {
			return usagef("--subscription: %s is a sample subscription", subscription.ID)
		}
		subscription.Tenant = cmp.Or(strings.ToLower(subscription.Tenant), accepted.home)
		if !slices.Contains(accepted.all, subscription.Tenant) {
			return usagef("--subscription: %s: tokens of the tenant %q are not accepted, only those of %s",
				subscription.ID, subscription.Tenant, strings.Join(accepted.all, ", "))
		}
		contents.Subscriptions = append(contents.Subscriptions, subscription)
	}
	var err error
	s.inventory, err = resourcemanager.NewInventory(contents)
	return err
}

// openStore makes what may be done: what was imported and, with the demo's own AD FS, what its principals may do.
func (s *site) openStore(imported rbac.PolicyConfig) error {
	s.imported = imported
	policy := imported
	if !s.options.external() {
		policy.Assignments = slices.Concat(imported.Assignments, sample.RoleAssignments())
		for _, subscription := range s.options.subscriptions {
			policy.Assignments = append(policy.Assignments, sample.OwnerAssignment(subscription.ID))
		}
	}
	var err error
	if s.store, err = rbac.NewMemoryStore(policy); err != nil {
		return fmt.Errorf("role assignments of --import and of the samples: %w", err)
	}
	return nil
}

// openVerifier starts what says who is calling.
func (s *site) openVerifier() error {
	for _, config := range s.identity.providers {
		provider, err := openid.NewProvider(config)
		if err != nil {
			return err
		}
		s.providers = append(s.providers, provider)
	}
	var err error
	s.verifier, err = openid.NewVerifier(s.identity.verifierConfig(s.providers))
	return err
}

// openManager makes the gate, and the Resource Manager behind it.
func (s *site) openManager(homeTenant string) error {
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: s.store, TenantOf: s.inventory.TenantOf, HomeTenant: homeTenant})
	if err != nil {
		return err
	}
	gate, err := middleware.New(middleware.Config{Verifier: s.verifier, Authorizer: authorizer, Logger: s.log})
	if err != nil {
		return err
	}
	authorization, err := armapi.New(armapi.Config{
		Store:           s.store,
		ClientName:      application,
		ResourceSetFrom: middleware.ResourceSetFrom,
		GroupsOf:        s.identity.groupsOf,
	})
	if err != nil {
		return err
	}
	s.manager, err = resourcemanager.New(resourcemanager.Config{
		Gate:          gate,
		Inventory:     s.inventory,
		Authorization: authorization,
		Deleted:       s.deleteAssignments,
		Metadata: resourcemanager.Metadata{
			LoginEndpoint: s.identity.loginEndpoint,
			Audiences:     s.identity.audiences,
			// Clients insist on the member and call it for nothing that the demo is for.
			GraphEndpoint: cmp.Or(s.identity.graph, s.url+"/graph/"),
		},
		Tenants: []resourcemanager.Tenant{{ID: sample.Tenant, DisplayName: "Hubgate demo"}},
		Region:  sample.Region,
	})
	return err
}

// deleteAssignments deletes the role assignments of what is gone.
func (s *site) deleteAssignments(ctx context.Context, scope rbac.Scope) {
	deleted, err := s.store.DeleteAssignmentsWithin(ctx, scope)
	switch {
	case err != nil:
		s.log.ErrorContext(ctx, "role assignments remain of what was deleted", "scope", scope.String(), "error", err)
	case deleted > 0:
		s.log.InfoContext(ctx, "role assignments deleted with what they were at", "scope", scope.String(), "assignments", deleted)
	}
}

// ServeHTTP divides the paths. It redirects none and cleans none: what is odd about a path is for the gate to judge.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		s.landing(w, r)
	case path == "/livez":
		livez(w, r)
	case path == "/readyz":
		s.readyz(w, r)
	case s.identity.adfs != nil && strings.HasPrefix(path, "/adfs/"):
		s.identity.adfs.ServeHTTP(w, r)
	default:
		s.manager.ServeHTTP(w, r)
	}
}

// Close ends the providers' background work.
func (s *site) Close() error {
	var errs []error
	for _, provider := range s.providers {
		errs = append(errs, provider.Close())
	}
	return errors.Join(errs...)
}

// application is what LinkedAuthorizationFailed calls the caller: the client application's id.
func application(ctx context.Context) string {
	principal, ok := middleware.PrincipalFrom(ctx)
	if !ok {
		return ""
	}
	return principal.Application
}
