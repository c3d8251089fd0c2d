package main

import (
	"errors"
	"slices"
	"strings"

	"hubgate.example/cmd/demo/internal/resourcemanager"
	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/openid"
)

// newDirectory is what the administrator registers guest directories in. They count on the user's side from the next request on; at
// the next start of the demo they are the samples' again.
func newDirectory(o *serveOptions, users *openid.Verifier) (*resourcemanager.Directory, error) {
	config := resourcemanager.DirectoryConfig{Apply: users.SetTenants}
	if o.provider == adfs {
		config.Apply = func([]string) error {
			return errors.New("an installation that signs in with AD FS has one directory tenant, so that no guest directory can be registered")
		}
	}
	for i, tenant := range o.installation().Tenants {
		directory := resourcemanager.DirectoryTenant{ID: sample.DirectoryTenantID(tenant), TenantID: tenant.ID}
		switch {
		case i == 0:
			config.Home = directory
		case !tenant.Unregistered:
			config.Guests = append(config.Guests, directory)
		}
	}
	return resourcemanager.NewDirectory(config)
}

// ofRegistered takes the subscriptions of directories that are not registered any more out of sight.
func ofRegistered(users *openid.Verifier, tenantOf func(string) (string, bool)) func(subscription string) (tenant string, known bool) {
	return func(subscription string) (string, bool) {
		tenant, known := tenantOf(subscription)
		if !known || !slices.Contains(users.Tenants(), strings.ToLower(tenant)) {
			return "", false
		}
		return tenant, true
	}
}
