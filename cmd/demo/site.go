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
	"hubgate.example/middleware/mfaaudit"
	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// A site is all that the demo serves. Whoever makes one sets the fields up to adminURL and calls open.
type site struct {
	options *serveOptions
	dir     *datadir.Dir
	ca      *localca.CA
	log     *slog.Logger
	url     string // https://localhost:8443
	// plainURL is http://127.0.0.1:8080, or "" when plain HTTP is switched off.
	plainURL string
	// adminURL is https://localhost:8444, or "" when there is no administrator's side.
	adminURL string

	identity identity
	imported rbac.Imported
	// importedFor is how many role assignments beside the samples --import gives a sample principal, by its object id.
	importedFor map[string]int
	providers   []*openid.Provider
	// revocations and mfa count on both sides.
	revocations *revocations
	mfa         middleware.MFAConfig
	audit       *mfaaudit.Audit // nil unless --mfa audit

	user  side
	admin side // without a manager when there is no administrator's side
}

// open builds the site; imports are the files of --import. What can be wrong is found before the providers, which
// fetch and log from their first moment on, are started. Somebody has to serve the site soon then. Close ends them, whether open
// succeeds or not.
func (s *site) open(ctx context.Context, imports []rbac.ImportFile) error {
	var err error
	if s.options.external() {
		s.identity, err = externalIdentity(ctx, s.options, s.log)
	} else {
		s.identity, err = newOwnIdentity(s.options, s.url, s.dir, s.ca.Pool(), s.log)
	}
	if err != nil {
		return err
	}
	accepted, err := s.identity.check(s.options)
	if err != nil {
		return err
	}
	s.user = side{url: s.url, audiences: s.identity.audiences}
	if s.user.inventory, err = s.userInventory(accepted); err != nil {
		return err
	}
	if s.user.store, err = s.userStore(ctx, imports); err != nil {
		return err
	}
	for _, config := range s.identity.providers {
		provider, err := openid.NewProvider(config)
		if err != nil {
			return err
		}
		s.providers = append(s.providers, provider)
	}
	if err := s.openWorkloads(); err != nil {
		return err
	}
	if s.user.verifier, err = openid.NewVerifier(s.identity.verifierConfig(s.providers)); err != nil {
		return err
	}
	if s.revocations, err = openRevocations(s.user.verifier, s.dir, s.log); err != nil {
		return err
	}
	if s.mfa, err = s.openMFA(accepted); err != nil {
		return err
	}
	// An administrator may remove directory tenants.
	tenantOf := ofRegistered(s.user.verifier, s.user.inventory.TenantOf)
	if err := s.openManager(&s.user, accepted.home, tenantOf, nil); err != nil {
		return err
	}
	if s.adminURL != "" {
		return s.openAdmin()
	}
	if s.options.external() { // who has a role at "/" by --import is as near to an administrator as one gets
		s.user.administration = s.administration("/providers/hubgate.admin", s.user.gate)
	}
	return nil
}

// userInventory makes what exists: the sample subscriptions and those of the command line. With someone else's identity provider
// the samples are there only when there would be nothing else.
func (s *site) userInventory(accepted tenants) (*resourcemanager.Inventory, error) {
	var contents resourcemanager.Contents
	if !s.options.external() || len(s.options.subscriptions) == 0 {
		contents = s.options.installation().User.Contents(accepted.home)
	}
	for _, subscription := range s.options.subscriptions {
		if hasSubscription(contents.Subscriptions, subscription.ID) {
			return nil, usagef("--subscription: %s is a sample subscription", subscription.ID)
		}
		subscription.Tenant = cmp.Or(strings.ToLower(subscription.Tenant), accepted.home)
		if !slices.Contains(accepted.all, subscription.Tenant) {
			return nil, usagef("--subscription: %s: tokens of the tenant %q are not accepted, only those of %s",
				subscription.ID, subscription.Tenant, strings.Join(accepted.all, ", "))
		}
		contents.Subscriptions = append(contents.Subscriptions, subscription)
	}
	return resourcemanager.NewInventory(contents)
}

// userStore makes what may be done: what was imported and, with the demo's own identity provider, what its principals may do.
func (s *site) userStore(ctx context.Context, imports []rbac.ImportFile) (*rbac.MemoryStore, error) {
	var samples []rbac.RoleAssignment
	if own := s.identity.own; own != nil {
		samples = own.installation.RoleAssignments(own.installation.User)
		for _, subscription := range s.options.subscriptions {
			samples = append(samples, own.installation.OwnerAssignment(subscription.ID, cmp.Or(subscription.Tenant, own.installation.Home())))
		}
	}
	policy, imported, err := rbac.ImportPolicy(rbac.PolicyConfig{Assignments: samples}, imports...)
	if err != nil {
		return nil, fmt.Errorf("--import: %w", err)
	}
	s.imported = imported
	store, err := rbac.NewMemoryStoreOf(policy)
	if err == nil {
		err = s.countImported(ctx, store, samples)
	}
	return store, err
}

// countImported counts what the sample principals have beside samples, in a store as it begins.
func (s *site) countImported(ctx context.Context, store *rbac.MemoryStore, samples []rbac.RoleAssignment) error {
	own := s.identity.own
	if own == nil || s.imported.Assignments == 0 {
		return nil
	}
	names := make(map[string]bool)
	for _, sample := range samples {
		names[strings.ToLower(sample.Name)] = true
	}
	s.importedFor = make(map[string]int)
	for _, p := range own.installation.Principals() {
		held, err := store.AssignmentsOf(ctx, append(p.GroupIDs(), p.ObjectID)...)
		if err != nil {
			return err
		}
		for _, a := range held {
			if !names[a.Name] {
				s.importedFor[p.ObjectID]++
			}
		}
	}
	return nil
}

// openAdmin makes the administrator's side. Only tokens of the home tenant open it.
func (s *site) openAdmin() error {
	own := s.identity.own
	home := own.installation.Home()
	s.admin = side{url: s.adminURL, audiences: own.adminAudiences}
	var err error
	if s.admin.inventory, err = resourcemanager.NewInventory(own.installation.Admin.Contents(home)); err != nil {
		return err
	}
	policy := rbac.PolicyConfig{Assignments: own.installation.RoleAssignments(own.installation.Admin)}
	if s.admin.store, err = rbac.NewMemoryStore(policy); err != nil {
		return err
	}
	s.admin.verifier, err = openid.NewVerifier(openid.VerifierConfig{
		Providers: s.providers, Audiences: s.admin.audiences, Tenants: []string{home}, MFAClaim: s.identity.mfaClaim,
	})
	if err != nil {
		return err
	}
	directory, err := newDirectory(s.options, s.user.verifier)
	if err != nil {
		return err
	}
	if err := s.openManager(&s.admin, home, s.admin.inventory.TenantOf, directory); err != nil {
		return err
	}
	s.admin.administration = s.administration(sample.GateAdministration(), s.admin.gate)
	return nil
}

// ServeHTTP is the user's side, and the identity provider. It divides the paths. It redirects none and cleans none: what is odd about
// a path is for the gate to judge.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if own := s.identity.own; own != nil && own.serve(w, r) {
		return
	}
	s.serve(&s.user, w, r)
}

// serveAdmin is the administrator's side.
func (s *site) serveAdmin(w http.ResponseWriter, r *http.Request) { s.serve(&s.admin, w, r) }

// serve answers what a side has beside its Resource Manager.
func (s *site) serve(side *side, w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		s.landing(side, w, r)
	case path == "/livez":
		livez(w, r)
	case path == "/readyz":
		readyz(side.verifier, w, r)
	case side.administration != nil && side.administration.serves(path):
		side.administration.ServeHTTP(w, r)
	default:
		side.manager.ServeHTTP(w, r)
	}
}

// Close ends the background work.
func (s *site) Close() error {
	var errs []error
	for _, side := range []side{s.user, s.admin} {
		if side.manager != nil {
			errs = append(errs, side.manager.Close())
		}
	}
	if s.audit != nil {
		errs = append(errs, s.audit.Close())
	}
	for _, provider := range s.providers {
		errs = append(errs, provider.Close())
	}
	if s.identity.own != nil {
		errs = append(errs, s.identity.own.close())
	}
	return errors.Join(errs...)
}
