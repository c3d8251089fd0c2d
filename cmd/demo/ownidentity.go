package main

import (
	"crypto/x509"
	"errors"
	"log/slog"
	"slices"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/directorygraph"
	"hubgate.example/cmd/demo/internal/federation"
	"hubgate.example/cmd/demo/internal/identityprovider"
	"hubgate.example/cmd/demo/internal/imds"
	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/openid"
	"hubgate.example/openid/graph"
)

// An ownIdentity is the demo's own identity provider, with the sample principals.
type ownIdentity struct {
	installation   sample.Installation
	credentials    *sample.Credentials
	tenants        []identityprovider.Tenant
	server         *identityprovider.Server
	adminAudiences []string

	// The rest is nil with AD FS. What comes after federation is there once openWorkloads has run.

	federation *federation.Server
	graph      *directorygraph.Server
	machine    *imds.Server // on plain HTTP
	groups     *graph.Resolver
}

// newOwnIdentity makes the identity provider at baseURL: an AD FS or an Entra ID.
func newOwnIdentity(o *serveOptions, baseURL string, dir *datadir.Dir, roots *x509.CertPool, log *slog.Logger) (identity, error) {
	installation := o.installation()
	// Clients that were given the App ID URI with a slash at its end ask for it so, and the audience is compared exactly.
	audiences := []string{installation.User.Audience, installation.User.Audience + "/"}
	own := &ownIdentity{
		installation:   installation,
		adminAudiences: []string{installation.Admin.Audience, installation.Admin.Audience + "/"},
	}
	id := identity{audiences: audiences, tenants: installation.Registered(), graph: baseURL + "/graph/"}
	config := identityprovider.Config{
		Type:      openid.ADFS,
		BaseURL:   baseURL,
		Resources: slices.Concat(audiences, own.adminAudiences, graphAudiences(baseURL)),
		Logger:    log,
	}
	keys, err := openKeys(o.provider, dir, installation)
	if err != nil {
		return identity{}, err
	}
	config.SigningKey, own.credentials = keys.signing, keys.credentials
	if o.provider == entra {
		config.Type, config.Transport = openid.EntraV1, newTransport(roots)
		id.loginEndpoint = baseURL + "/"
		// The home tenant's own authority is what clients are told where no subscription names a tenant.
		id.providers = []openid.ProviderConfig{{Authority: baseURL + "/" + installation.Home()}, {Authority: baseURL + "/common"}}
	} else {
		id.loginEndpoint, id.mfaClaim = baseURL+"/adfs", ownMFAClaim
		id.providers = []openid.ProviderConfig{{Authority: id.loginEndpoint, Tenant: installation.Home()}}
	}
	for i := range id.providers {
		id.providers[i].Transport, id.providers[i].Logger = newTransport(roots), log
	}
	if o.provider == entra {
		if own.federation, err = newFederation(baseURL, keys.federation, dir, log); err != nil {
			return identity{}, err
		}
	}
	own.tenants = own.directory(baseURL)
	config.Tenants = own.tenants
	if own.server, err = identityprovider.New(config); err != nil {
		return identity{}, errors.Join(err, own.close())
	}
	id.own = own
	return id, nil
}

// directory returns the sample tenants as the identity provider takes them, with the credentials of the data directory.
func (own *ownIdentity) directory(baseURL string) []identityprovider.Tenant {
	var tenants []identityprovider.Tenant
	for _, t := range own.installation.Tenants {
		tenant := identityprovider.Tenant{ID: t.ID, Domain: t.Domain, DisplayName: t.DisplayName}
		for _, p := range t.Principals() {
			if p.IsUser() {
				tenant.Users = append(tenant.Users, own.user(p))
			} else {
				tenant.ServicePrincipals = append(tenant.ServicePrincipals, own.servicePrincipal(p, baseURL))
			}
		}
		tenants = append(tenants, tenant)
	}
	return tenants
}

func (own *ownIdentity) user(p sample.Principal) identityprovider.User {
	user := identityprovider.User{
		Name: p.Username, DisplayName: p.Name, ObjectID: p.ObjectID, Groups: p.GroupIDs(), HomeTenant: p.HomeTenant, MFA: p.MFA,
	}
	if p.HomeTenant == "" { // a guest signs in with the password of the home tenant
		user.Password = own.credentials.Secret(p)
	}
	return user
}

func (own *ownIdentity) servicePrincipal(p sample.Principal, baseURL string) identityprovider.ServicePrincipal {
	sp := identityprovider.ServicePrincipal{
		ApplicationID: p.ApplicationID, DisplayName: p.Name, ObjectID: p.ObjectID, Groups: p.GroupIDs(),
		Secret: own.credentials.Secret(p), Certificate: own.credentials.Certificate(p), ManagedIdentity: p.ManagedIdentity,
	}
	if p.Federated {
		for _, workload := range []federation.Workload{own.federation.Kubernetes(), own.federation.GitHub()} {
			sp.Federated = append(sp.Federated, identityprovider.FederatedCredential{Issuer: workload.Issuer, Subject: workload.Subject})
		}
	}
	if len(p.GraphPermissions) > 0 {
		sp.Roles = map[string][]string{graphURL(baseURL): p.GraphPermissions}
	}
	return sp
}

func (own *ownIdentity) close() error {
	var errs []error
	if own.groups != nil {
		errs = append(errs, own.groups.Close())
	}
	if own.server != nil {
		errs = append(errs, own.server.Close())
	}
	if own.federation != nil {
		errs = append(errs, own.federation.Close())
	}
	return errors.Join(errs...)
}
