package e2e

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAZEntra drives the demo's Entra ID with the unmodified az, to which the public cloud says that the demo is an authority.
func TestAZEntra(t *testing.T) {
	requireAZ(t)
	d := startDemo(t, "--provider", "entra", "--mfa", "enforce")
	az := newAZForEntra(t, d).register(t, d.URL, "latest")
	for name, test := range map[string]func(*testing.T, demo, azCLI){
		"step-up":           testAZStepUp,
		"service principal": testAZUnchallenged,
		"tenants":           testAZTenants,
		"passwords":         testAZPasswords,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, d, az.fresh(t))
		})
	}
}

// azWrites are one change: a command of az on its libraries, which understand challenges, and one that shows what it gets.
var azWrites = struct{ command, raw []string }{
	[]string{"group", "create", "--name", "app", "--location", "local"},
	[]string{
		"rest", "--method", "put", "--url", "/subscriptions/{subscriptionId}/resourcegroups/app?api-version=2021-04-01", "--body", `{"location":"local"}`,
	},
}

// azAdvice is what az tells its user to run.
var azAdvice = regexp.MustCompile(`(?s)Please run:\n(.*)$`)

// advised are the commands that az tells its user to run, without their first word.
func advised(t *testing.T, result azResult) [][]string {
	t.Helper()
	match := azAdvice.FindStringSubmatch(result.stderr)
	if match == nil {
		t.Fatalf("az advises nothing:\n%s", result.stderr)
	}
	var commands [][]string
	for line := range strings.Lines(match[1]) {
		if command, found := strings.CutPrefix(line, "az "); found {
			commands = append(commands, strings.Fields(command))
		}
	}
	return commands
}

// unchallenged runs a command of az that succeeds at once.
func unchallenged(t *testing.T, az azCLI, args ...string) {
	t.Helper()
	if result := az.try(t, args...); result.code != 0 || strings.Contains(result.stderr, "claims challenge") {
		t.Errorf("az %s: exit code %d\n%s", azWords(args), result.code, result.stderr)
	}
}

// testAZStepUp: a user without a second factor reads, and is challenged on a change. az asks for what the challenge wants, is told that the
// user has to be there, and says what to run. After that the same change goes through.
func testAZStepUp(t *testing.T, d demo, az azCLI) {
	owner := d.principals(t)["owner"]
	scope := d.installation(t).Audiences[0] + "/.default"
	azLoginByCode(t, d, az, owner, []string{"login"})
	unchallenged(t, az, "group", "show", "--name", "app")

	refused := func(write []string, advice [][]string, says ...string) {
		t.Helper()
		result := az.try(t, write...)
		if result.code != 1 {
			t.Errorf("az %s: exit code %d\n%s", azWords(write), result.code, result.stderr)
		}
		for _, part := range says {
			if !strings.Contains(result.stderr, part) {
				t.Errorf("az %s: does not say %q:\n%s", azWords(write), part, result.stderr)
			}
		}
		if got := advised(t, result); !slices.EqualFunc(got, advice, slices.Equal) {
			t.Errorf("az %s: says to run %q, want %q", azWords(write), got, advice)
		}
	}
	refused(azWrites.raw, [][]string{{"logout"}, {"login"}},
		`Unauthorized({"error":{"code":"RequestDisallowedByAzure"`, "Sign in again with multi-factor authentication.")
	advice := [][]string{{"logout"}, {"login", "--scope", scope}}
	refused(azWrites.command, advice,
		"Acquiring new access token silently for tenant "+owner.TenantID+` with claims challenge: {"access_token":{"acrs":{"essential":true,"values":["p1"]}}}`,
		"AADSTS50076: ", "you must use multi-factor authentication to access '")

	// This az cannot ask for what the challenge wants where it signs in. Who shows a second factor all the same has it in the token.
	az.run(t, advice[0]...)
	b := newBrowser(t, d)
	b.offers = true
	if accounts, _ := azLoginIn(t, b, az, owner, advice[1]); len(accounts) != 2 {
		t.Errorf("login: %+v, want the two subscriptions that owner owns", accounts)
	}
	unchallenged(t, az, azWrites.command...)
	unchallenged(t, az, azWrites.raw...)
	testAZToken(t, d, az)

	// What a challenge wants because a token is revoked, az gets without its user.
	d.run(t, "revoke", "--as", "owner")
	result := az.try(t, "group", "show", "--name", "app")
	if result.code != 0 || !strings.Contains(result.stderr, `with claims challenge: {"access_token":{"nbf":{"essential":true,`) {
		t.Errorf("with a revoked token: exit code %d\n%s", result.code, result.stderr)
	}
	unchallenged(t, az, azWrites.command...) // the second factor is that of the sign-in, and still shown
}

// testAZUnchallenged: nobody asks a service principal for a second factor.
func testAZUnchallenged(t *testing.T, d demo, az azCLI) {
	deployer := d.principals(t)["deployer"]
	for tenant, credential := range map[string]string{"hubgate.example": deployer.ClientSecret, deployer.TenantID: deployer.CertificateFile} {
		accounts := azJSON[[]azAccount](t, az, "login", "--service-principal", "--tenant", tenant, "--username", deployer.ApplicationID, "--password", credential)
		if len(accounts) != 1 || accounts[0].Name != "Production" || accounts[0].TenantID != deployer.TenantID || accounts[0].User.Type != "servicePrincipal" {
			t.Errorf("login: %+v, want the subscription that deployer owns", accounts)
		}
		unchallenged(t, az, azWrites.command...)
		unchallenged(t, az, azWrites.raw...)
	}
}

// testAZTenants: az looks for the subscriptions of a user in every tenant that the user is in. Of one that demands a second factor it
// says that, and after a sign-in there its user has accounts in both.
func testAZTenants(t *testing.T, d demo, az azCLI) {
	home := d.principals(t)["visitor"]
	partner := d.of(t, "visitor", d.principals(t)["partner"].TenantID)
	login := []string{"login", "--username", home.Username, "--password", home.Password, "--output", "json"}
	result := az.try(t, login...)
	if accounts := azDecode[[]azAccount](t, login, result); len(accounts) != 1 || accounts[0].Name != "Sandbox" || accounts[0].TenantID != home.TenantID {
		t.Fatalf("login: %+v, want the subscription that visitor reads at home", accounts)
	}
	for _, says := range []string{"The following tenants require Multi-Factor Authentication (MFA).", partner.TenantID + " 'Partner'"} {
		if !strings.Contains(result.stderr, says) {
			t.Errorf("login: does not say %q:\n%s", says, result.stderr)
		}
	}
	az.refused(t, 1, []string{"AADSTS50076: "}, "account", "get-access-token", "--tenant", partner.TenantID)
	if accounts, _ := azLoginIn(t, newBrowser(t, d), az, home, []string{"login", "--tenant", "partner.example"}); len(accounts) != 1 || accounts[0].Name != "Partner" || accounts[0].TenantID != partner.TenantID {
		t.Fatalf("login: %+v, want the subscription that visitor reads as a guest", accounts)
	}

	accounts := azJSON[[]azAccount](t, az, "account", "list")
	tenants := make(map[string]string) // by subscription
	for _, account := range accounts {
		tenants[account.Name] = account.TenantID
		if account.User.Name != home.Username || account.User.Type != "user" {
			t.Errorf("account list: %+v, want visitor's", account)
		}
	}
	if len(accounts) != 2 || tenants["Sandbox"] != home.TenantID || tenants["Partner"] != partner.TenantID {
		t.Errorf("account list: %+v, want visitor's in both tenants", accounts)
	}
	for subscription, tenant := range tenants {
		token := azJSON[struct{ AccessToken, Tenant, Subscription string }](t, az, "account", "get-access-token", "--subscription", subscription)
		if token.Tenant != tenant {
			t.Errorf("%s: token of tenant %s, want %s", subscription, token.Tenant, tenant)
		}
		path := "/subscriptions/" + token.Subscription + "?api-version=2022-12-01"
		if status, _, body := d.get(t, token.AccessToken, path); status != http.StatusOK {
			t.Errorf("%s: %d\n%s", subscription, status, body)
		}
	}

	consultant := d.principals(t)["consultant"] // at home in Partner, without a role
	accounts = azLoginByCode(t, d, az, consultant, []string{"login"})
	if len(accounts) != 1 || accounts[0].Name != "Sandbox" || accounts[0].TenantID != home.TenantID {
		t.Errorf("login: %+v, want the subscription in which consultant works as a guest", accounts)
	}
}

// testAZPasswords: a password is enough where no second factor is demanded, and to read.
func testAZPasswords(t *testing.T, d demo, az azCLI) {
	principals := d.principals(t)
	reader, outsider, visitor := principals["reader"], principals["outsider"], d.of(t, "visitor", principals["partner"].TenantID)
	if accounts := azLoginByPassword(t, d, az, reader, []string{"login", "--tenant", reader.TenantID}); len(accounts) != 1 || accounts[0].Name != "Production" {
		t.Errorf("login: %+v, want the subscription that reader reads", accounts)
	}
	unchallenged(t, az, "group", "show", "--name", "app")
	for _, refusal := range []struct{ user, password, tenant, says string }{
		{visitor.Username, visitor.Password, visitor.TenantID, "AADSTS50076: "},
		{reader.Username, "wrong", reader.TenantID, "AADSTS50126: "},
		{outsider.Username, outsider.Password, visitor.TenantID, "AADSTS50034: "},
		{outsider.Username, outsider.Password, outsider.TenantID, "No subscriptions found for " + outsider.Username + "."},
	} {
		az.refused(t, 1, []string{"ERROR: " + refusal.says}, "login", "--tenant", refusal.tenant, "--username", refusal.user, "--password", refusal.password)
	}
}
