package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"

	"hubgate.example/openid"
)

// An identity says whose tokens the two sides take.
type identity struct {
	providers []openid.ProviderConfig
	audiences []string // of the user's side; the first is the one that clients are told
	tenants   []string // accepted beside the providers' own
	mfaClaim  openid.ClaimValue
	// workloadClaim is empty for the default.
	workloadClaim openid.ClaimValue

	loginEndpoint string // what clients are told
	graph         string // the directory's own API, or "" when nobody has said

	own *ownIdentity // nil with someone else's identity provider
}

// externalIdentity is someone else's identity provider: what the command line names, or what a Resource Manager says.
func externalIdentity(ctx context.Context, o *serveOptions, log *slog.Logger) (identity, error) {
	roots, err := readCAs(o.caFile)
	if err != nil {
		return identity{}, err
	}
	id := identity{audiences: o.audiences, tenants: o.tenants, mfaClaim: o.mfaClaim, workloadClaim: o.workloadClaim}
	if o.resourceManager != "" {
		err = id.discover(ctx, o.resourceManager, roots)
	} else {
		err = id.name(o.authorities)
	}
	if err != nil {
		return identity{}, err
	}
	for i := range id.providers {
		id.providers[i].RootCAs, id.providers[i].Logger = roots, log
	}
	return id, nil
}

// name trusts the authorities of the command line.
func (id *identity) name(authorities []string) error {
	for _, authority := range authorities {
		if !isADFS(authority) {
			id.providers = append(id.providers, openid.ProviderConfig{Authority: authority})
		} else if err := id.addADFS(authority); err != nil {
			return err
		}
	}
	id.loginEndpoint = loginEndpoint(authorities[0])
	return nil
}

// discover trusts what the Resource Manager at address trusts.
func (id *identity) discover(ctx context.Context, address string, roots *x509.CertPool) error {
	found, err := openid.Discover(ctx, address, openid.DiscoverConfig{RootCAs: roots})
	if err != nil {
		return fmt.Errorf("--resource-manager: %w", err)
	}
	id.audiences, id.graph, id.loginEndpoint = found.Audiences, found.Graph, found.LoginEndpoint
	if found.ADFS {
		return id.addADFS(found.LoginEndpoint)
	}
	if len(id.tenants) == 0 {
		return usagef("--tenant: is required, because %s signs in with Entra ID (%s)", address, found.LoginEndpoint)
	}
	for _, tenant := range id.tenants {
		id.providers = append(id.providers, openid.ProviderConfig{Authority: found.Authority(tenant)})
	}
	id.loginEndpoint += "/" // as Resource Manager writes it with Entra ID
	return nil
}

// addADFS trusts an AD FS, which has one tenant and does not say which.
func (id *identity) addADFS(authority string) error {
	config := openid.ProviderConfig{Authority: authority, Type: openid.ADFS}
	switch len(id.tenants) {
	case 0:
	case 1:
		config.Tenant = id.tenants[0]
	default:
		return usagef("--tenant: an AD FS (%s) serves one tenant, not %d", authority, len(id.tenants))
	}
	id.providers = append(id.providers, config)
	return nil
}

// isADFS tells the kind of an authority as package openid does: AD FS is below /adfs.
func isADFS(authority string) bool {
	u, err := url.Parse(authority)
	if err != nil {
		return false // openid.NewProvider says what is wrong
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return strings.EqualFold(first, "adfs")
}

// loginEndpoint is what clients are told of an authority: they tell AD FS by a path that ends in /adfs, and put the tenant
// behind the address of Entra ID themselves.
func loginEndpoint(authority string) string {
	u, err := url.Parse(authority)
	if err != nil {
		return authority // openid.NewProvider says what is wrong
	}
	origin := u.Scheme + "://" + u.Host
	if isADFS(authority) {
		return origin + "/adfs"
	}
	return origin + "/"
}

// readCAs adds the certificates of a PEM file to those that the system trusts: an installation's own CA vouches for its
// Resource Manager and AD FS, the world's for Entra ID. Without a file it is nil, which stands for the system's.
func readCAs(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--ca-file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("--ca-file: the system's certificate authorities: %w", err)
	}
	if !pool.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("--ca-file: %s holds no PEM certificate", file)
	}
	return pool, nil
}
