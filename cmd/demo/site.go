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

// A site is all that the demo serves. Whoever makes one sets the first fields and calls open.
type site struct {
	options *serveOptions
	dir     *datadir.Dir
	ca      *localca.CA
	log     *slog.Logger
	url     string // https://localhost:8443

	identity  identity
	providers []*openid.Provider
	verifier  *openid.Verifier
	manager   http.Handler
}

// open builds the site; imported are the roles and assignments of --import. The providers begin to fetch at once, so somebody
// has to serve the site soon. Close ends them, whether open succeeds or not.
func (s *site) open(ctx context.Context, imported rbac.PolicyConfig) error {
	var err error
	if s.options.external() {
		s.identity, err = externalIdentity(ctx, s.options, s.log)
	} else {
		s.identity, err = ownIdentity(s.url, s.dir, s.ca.Pool(), s.log)
		imported.Assignments = slices.Concat(imported.Assignments, sample.RoleAssignments())
	}
	if err != nil {
		return err
	}
	if err := s.openVerifier(); err != nil {
		return err
	}
	return s.openManager(imported)
}

// openVerifier makes what says who is calling.
func (s *site) openVerifier() error {
	for _, config := range s.identity.providers {
		provider, err := openid.NewProvider(config)
		if err != nil {
			return usagef("identity provider %s: %w", config.Authority, err)
		}
		s.providers = append(s.providers, provider)
		if provider.Tenant() == "" && len(s.identity.tenants) == 0 {
			return usagef("--tenant: is required, because %s serves many tenants", config.Authority)
		}
	}
	var err error
	s.verifier, err = openid.NewVerifier(openid.VerifierConfig{
		Providers: s.providers,
		Audiences: s.identity.audiences,
		Tenants:   s.identity.tenants,
	})
	if err != nil {
		return usageError{err}
	}
	return nil
}

// openManager makes what says what a caller may do, and the Resource Manager behind it.
func (s *site) openManager(policy rbac.PolicyConfig) error {
	homeTenant := s.providers[0].Tenant()
	if len(s.identity.tenants) > 0 {
		homeTenant = strings.ToLower(s.identity.tenants[0])
	}
	inventory, err := resourcemanager.NewInventory(contents(s.options, homeTenant))
	if err != nil {
		return usagef("--subscription: %w", err)
	}
	store, err := rbac.NewMemoryStore(policy)
	if err != nil {
		return fmt.Errorf("role assignments of --import and of the samples: %w", err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: store, TenantOf: inventory.TenantOf, HomeTenant: homeTenant})
	if err != nil {
		return err
	}
	gate, err := middleware.New(middleware.Config{Verifier: s.verifier, Authorizer: authorizer, Logger: s.log})
	if err != nil {
		return err
	}
	authorization, err := armapi.New(armapi.Config{
		Store:           store,
		ResourceSetFrom: middleware.ResourceSetFrom,
		GroupsOf:        s.identity.groupsOf,
	})
	if err != nil {
		return err
	}
	s.manager, err = resourcemanager.New(resourcemanager.Config{
		Gate:          gate,
		Inventory:     inventory,
		Authorization: authorization,
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

// contents are the sample subscriptions and those of the command line. With someone else's identity provider the samples
// are there only when there would be nothing else.
func contents(o *serveOptions, homeTenant string) resourcemanager.Contents {
	var contents resourcemanager.Contents
	if !o.external() || len(o.subscriptions) == 0 {
		contents = sample.Contents(homeTenant)
	}
	for _, s := range o.subscriptions {
		s.Tenant = cmp.Or(s.Tenant, homeTenant)
		contents.Subscriptions = append(contents.Subscriptions, s)
	}
	return contents
}

// ServeHTTP divides the paths. It redirects none and cleans none: what is odd about a path is for the gate to judge.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
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
