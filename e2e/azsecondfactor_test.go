package e2e

import (
	"path/filepath"
	"slices"
	"testing"
)

// TestAZSecondFactor: az, unmodified, where users need a second factor to change something. AD FS has no claims challenges, so az cannot
// step up: it prints what the gate says, and its user signs in again, by then with a second factor, or with an account of which AD FS
// demands one. (testAZStepUp has what Entra ID and az do.)
func TestAZSecondFactor(t *testing.T) {
	requireAZ(t)
	d := startDemo(t, "--mfa", "enforce")
	az := newAZ(t, d, startOutsideProxy(t, nil)).register(t, d.URL, "latest")
	principals := d.principals(t)
	put := []string{"group", "create", "--name", "app", "--location", "local"}

	t.Run("without", func(t *testing.T) {
		az := az.fresh(t)
		azLoginByCode(t, d, az, principals["owner"], []string{"login"})
		az.run(t, "group", "show", "--name", "app")
		az.refused(t, 1, []string{
			"(RequestDisallowedByAzure) Resource 'app' was disallowed by Azure: ", "without authenticating through MFA",
			"Sign in again with multi-factor authentication. Automation signs in as a service principal instead, which does not need it.",
		}, put...)
	})
	t.Run("offered", func(t *testing.T) {
		az, b := az.fresh(t), newBrowser(t, d)
		b.offers = true
		azLoginIn(t, b, az, principals["owner"], []string{"login"})
		az.run(t, put...)
	})
	t.Run("demanded", func(t *testing.T) {
		az, engineer := az.fresh(t), principals["engineer"]
		az.refused(t, 1, []string{"A second factor is demanded of " + engineer.Username}, "login", "--username", engineer.Username, "--password", engineer.Password)
		azLoginByCode(t, d, az, engineer, []string{"login"})
		az.run(t, put...)
	})
	t.Run("service principal", func(t *testing.T) {
		az, deployer := az.fresh(t), principals["deployer"]
		az.run(t, "login", "--service-principal", "--tenant", "adfs", "--username", deployer.ApplicationID,
			"--password", filepath.Join(d.Data, "clients", "deployer.pem"))
		az.run(t, put...)
	})
}

// TestAZManagedIdentity: as a managed identity, az asks the machine for its tokens and nobody else, and so works with the demo's Entra ID
// too. It needs no second factor.
func TestAZManagedIdentity(t *testing.T) {
	requireAZ(t)
	d := startDemo(t, "--provider", "entra", "--mfa", "enforce", "--listen-http", "127.0.0.1:0")
	az := newAZ(t, d, startOutsideProxy(t, nil)).register(t, d.URL, "latest")
	az.env = append(az.env, "MSI_ENDPOINT="+d.Plain+"/metadata/identity/oauth2/token")
	groups := func(az azCLI, login ...string) []string {
		t.Helper()
		az.run(t, append([]string{"login", "--identity"}, login...)...)
		return azJSON[[]string](t, az, "group", "list", "--query", "[].name")
	}
	put := func(group string) []string {
		return []string{"group", "create", "--name", group, "--location", "local"}
	}

	system := az.fresh(t) // web1, the machine's own, which may read
	if got := groups(system); !slices.Equal(got, []string{"app"}) {
		t.Errorf("the machine's own identity sees %v", got)
	}
	system.refused(t, 1, []string{"(AuthorizationFailed) The client '" + d.principals(t)["web1"].ApplicationID + "'"}, put("app")...)

	assigned := az.fresh(t)
	if got := groups(assigned, "--username", d.principals(t)["pipeline"].ApplicationID); !slices.Equal(got, []string{"data"}) {
		t.Errorf("the user-assigned identity sees %v", got)
	}
	assigned.run(t, put("data")...)
}
