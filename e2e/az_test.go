package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const azNetworks = "Microsoft.Network/virtualNetworks"

// An azProfile is a set of api-versions that az speaks: those of today's Azure, or those of an Azure Stack Hub.
type azProfile struct {
	name       string
	assignment string // a new role assignment's name
	// roleAssignments is the api-version of az's own role commands. Those are broken in Debian's package; az rest stands in for them.
	roleAssignments string
	// unregistered is a resource type whose provider nobody has registered yet, or "". az registers it, which takes ten seconds.
	unregistered string
	logins       []azUserLogin
}

// An azUserLogin is a way for people to sign in. AD FS has one tenant, which az is told as the word adfs or not at all.
type azUserLogin struct {
	name   string
	tenant string
	login  func(t *testing.T, d demo, az azCLI, p principal, args []string) []azAccount
}

var azProfiles = []azProfile{
	{
		name: "latest", roleAssignments: "2020-04-01-preview", assignment: "5a0f5ce4-64d1-4c0e-8f0d-0a9a3a1d7b01",
		unregistered: "Microsoft.KeyVault/vaults",
		logins: []azUserLogin{
			{"password", "", azLoginByPassword}, {"device code", "adfs", azLoginByCode}, {"browser", "", azLoginInBrowser},
		},
	},
	{
		name: "2020-09-01-hybrid", roleAssignments: "2015-07-01", assignment: "5a0f5ce4-64d1-4c0e-8f0d-0a9a3a1d7b02",
		logins: []azUserLogin{
			{"password", "adfs", azLoginByPassword}, {"device code", "", azLoginByCode},
		},
	},
}

// TestAZ drives the demo's AD FS with the unmodified az.
func TestAZ(t *testing.T) {
	requireAZ(t)
	d := startDemo(t)
	outside := startOutsideProxy(t, nil)
	for _, profile := range azProfiles {
		t.Run(profile.name, func(t *testing.T) {
			t.Parallel()
			az := newAZ(t, d, outside).register(t, d.URL, profile.name)
			t.Run("service principal", func(t *testing.T) {
				t.Parallel()
				testAZServicePrincipal(t, d, az.fresh(t), profile)
			})
			t.Run("user", func(t *testing.T) {
				t.Parallel()
				testAZUser(t, d, az.fresh(t), profile.logins)
			})
		})
	}
	t.Run("refusals", func(t *testing.T) {
		t.Parallel()
		testAZRefusals(t, d, newAZ(t, d, outside).register(t, d.URL, "latest"))
	})
	t.Run("administrator", func(t *testing.T) {
		t.Parallel()
		testAZAdministrator(t, d, newAZ(t, d, outside))
	})
}

// An azAccount is a subscription as az account list prints it.
type azAccount struct {
	CloudName string
	ID        string
	IsDefault bool
	Name      string
	State     string
	TenantID  string
	User      struct{ Name, Type string }
}

// An azResource is a resource, or a resource group, as az prints it.
type azResource struct {
	ID         string
	Name       string
	Location   string
	Tags       map[string]string
	Properties map[string]any
}

func testAZServicePrincipal(t *testing.T, d demo, az azCLI, profile azProfile) {
	p := d.principals(t)["deployer"]
	// The last sends the certificate along, as x5c.
	for _, credential := range [][]string{{p.ClientSecret}, {p.CertificateFile}, {p.CertificateFile, "--use-cert-sn-issuer"}} {
		login := []string{"login", "--service-principal", "--tenant", "adfs", "--username", p.ApplicationID, "--password"}
		accounts := azJSON[[]azAccount](t, az, append(login, credential...)...)
		if len(accounts) != 1 || accounts[0].User.Type != "servicePrincipal" || accounts[0].User.Name != p.ApplicationID {
			t.Fatalf("login: %+v, want the subscription that deployer owns", accounts)
		}
	}
	accounts := azJSON[[]azAccount](t, az, "account", "list")
	if len(accounts) != 1 || accounts[0].Name != "Production" || accounts[0].State != "Enabled" ||
		accounts[0].CloudName != az.cloud || !accounts[0].IsDefault {
		t.Fatalf("account list: %+v", accounts)
	}
	subscription := "/subscriptions/" + accounts[0].ID
	group := "az-" + profile.name

	testAZProviders(t, az)
	testAZGroup(t, az, subscription, group)
	testAZResources(t, az, subscription, group)
	if profile.unregistered != "" {
		testAZRegistration(t, az, group, profile.unregistered)
	}
	testAZRoleAssignments(t, d, az, profile, subscription+"/resourceGroups/"+group)

	az.run(t, "group", "delete", "--name", group, "--yes")
	if exists := azJSON[bool](t, az, "group", "exists", "--name", group); exists {
		t.Error("the deleted group exists")
	}
	gone := []string{"(ResourceGroupNotFound) Resource group '" + group + "' could not be found."}
	az.refused(t, 3, gone, "group", "show", "--name", group)
	az.refused(t, 3, gone, "group", "delete", "--name", group, "--yes")
}

func testAZProviders(t *testing.T, az azCLI) {
	t.Helper()
	type provider struct{ Namespace, RegistrationState string }
	isNetwork := func(p provider) bool { return p == provider{"Microsoft.Network", "Registered"} }
	if list := azJSON[[]provider](t, az, "provider", "list"); !slices.ContainsFunc(list, isNetwork) {
		t.Errorf("provider list: %+v, want a registered Microsoft.Network", list)
	}
	az.run(t, "provider", "register", "--namespace", "Microsoft.Network", "--wait") // it shows the provider until that is registered
	operations := azJSON[[]string](t, az, "provider", "operation", "list", "--query", "[].name")
	if !slices.Contains(operations, "Microsoft.Network") {
		t.Errorf("provider operation list: %v, want Microsoft.Network in it", operations)
	}
	if locations := azJSON[[]string](t, az, "account", "list-locations", "--query", "[].name"); !slices.Equal(locations, []string{"local"}) {
		t.Errorf("account list-locations: %v, want local", locations)
	}
}

// testAZRegistration makes a resource of a provider that is not registered: az reads that in the refusal, registers it and tries again.
func testAZRegistration(t *testing.T, az azCLI, group, resourceType string) {
	t.Helper()
	namespace, _, _ := strings.Cut(resourceType, "/")
	state := func(want string) {
		t.Helper()
		if state := azJSON[string](t, az, "provider", "show", "--namespace", namespace, "--query", "registrationState"); state != want {
			t.Errorf("%s is %s, want %s", namespace, state, want)
		}
	}
	state("NotRegistered")
	az.run(t, "resource", "create", "--resource-group", group, "--name", "first", "--resource-type", resourceType,
		"--location", "local", "--properties", "{}")
	state("Registered")
}

// testAZGroup makes a resource group and finds it in all the ways that az has.
func testAZGroup(t *testing.T, az azCLI, subscription, name string) {
	t.Helper()
	created := azJSON[azResource](t, az, "group", "create", "--name", name, "--location", "local", "--tags", "made=by-az")
	if created.Name != name || created.Location != "local" || created.Tags["made"] != "by-az" ||
		created.Properties["provisioningState"] != "Succeeded" {
		t.Errorf("group create: %+v", created)
	}
	if exists := azJSON[bool](t, az, "group", "exists", "--name", name); !exists {
		t.Errorf("%s does not exist after it was made", name)
	}
	shown := azJSON[azResource](t, az, "group", "show", "--name", name)
	if !strings.EqualFold(shown.ID, subscription+"/resourceGroups/"+name) {
		t.Errorf("group show: %+v", shown)
	}
	names := azJSON[[]string](t, az, "group", "list", "--query", "[].name")
	for _, want := range []string{"app", "data", name} {
		if !slices.Contains(names, want) {
			t.Errorf("group list: %v, want %s in it", names, want)
		}
	}
}

// testAZResources makes a resource in a group, changes and deletes it. az asks the resource provider for the api-version.
func testAZResources(t *testing.T, az azCLI, subscription, group string) {
	t.Helper()
	network := []string{"--resource-group", group, "--name", "net", "--resource-type", azNetworks}
	resource := func(command string, more ...string) []string {
		return slices.Concat([]string{"resource", command}, network, more)
	}
	id := subscription + "/resourceGroups/" + group + "/providers/" + azNetworks + "/net"

	properties := `{"addressSpace":{"addressPrefixes":["10.9.0.0/16"]}}`
	created := azJSON[azResource](t, az, resource("create", "--location", "local", "--properties", properties)...)
	if !strings.EqualFold(created.ID, id) || created.Properties["addressSpace"] == nil {
		t.Errorf("resource create: %+v, want %s", created, id)
	}
	if tagged := azJSON[azResource](t, az, resource("tag", "--tags", "made=by-az")...); tagged.Tags["made"] != "by-az" {
		t.Errorf("resource tag: %+v", tagged)
	}
	if shown := azJSON[azResource](t, az, resource("show")...); shown.Tags["made"] != "by-az" || shown.Properties["addressSpace"] == nil {
		t.Errorf("resource show: %+v, want what was created and its tag", shown)
	}
	subnet := azJSON[azResource](t, az, "resource", "show", "--resource-group", "app", "--name", "default",
		"--namespace", "Microsoft.Network", "--parent", "virtualNetworks/app-net", "--resource-type", "subnets")
	if !strings.HasSuffix(subnet.ID, "/app-net/subnets/default") {
		t.Errorf("resource show of a subnet: %+v", subnet)
	}
	list := func(want []string, args ...string) {
		t.Helper()
		names := azJSON[[]string](t, az, slices.Concat([]string{"resource", "list", "--query", "[].name"}, args)...)
		if !slices.Equal(names, want) {
			t.Errorf("resource list %s: %v, want %v", azWords(args), names, want)
		}
	}
	list([]string{"net"}, "--resource-group", group)
	list([]string{"web1", "web2"}, "--resource-type", "Microsoft.Compute/virtualMachines")
	table := az.try(t, "resource", "list", "--resource-group", group, "--output", "table")
	if table.code != 0 || !strings.Contains(table.stdout, "net") {
		t.Errorf("resource list as a table: exit code %d, %s%s", table.code, table.stdout, table.stderr)
	}
	az.run(t, resource("delete")...)
	az.refused(t, 3, []string{"(ResourceNotFound)", "'" + azNetworks + "/net'"}, resource("show")...)
}

// testAZRoleAssignments gives the user without any role one, sees it count from the next request on, and takes it away again.
func testAZRoleAssignments(t *testing.T, d demo, az azCLI, profile azProfile, scope string) {
	t.Helper()
	outsider := d.principals(t)["outsider"].ObjectID
	token := strings.TrimSpace(string(d.run(t, "token", "--as", "outsider")))
	canRead := func(when string, want int) {
		t.Helper()
		if status, _, body := d.get(t, token, scope+"?api-version=2021-04-01"); status != want {
			t.Errorf("%s: outsider gets %d, want %d\n%s", when, status, want, body)
		}
	}
	type assignment struct {
		Name       string
		Properties struct{ PrincipalID, Scope string }
	}
	rest := func(method, name string, more ...string) []string {
		url := scope + "/providers/Microsoft.Authorization/roleAssignments" + name + "?api-version=" + profile.roleAssignments
		return append([]string{"rest", "--method", method, "--url", url}, more...)
	}
	subscription, _, _ := strings.Cut(scope, "/resourceGroups/")
	body, err := json.Marshal(map[string]any{"properties": map[string]any{
		"principalId":      outsider,
		"roleDefinitionId": subscription + "/providers/Microsoft.Authorization/roleDefinitions/" + readerRole,
	}})
	if err != nil {
		t.Fatal(err)
	}

	canRead("before", http.StatusForbidden)
	created := azJSON[assignment](t, az, rest("put", "/"+profile.assignment, "--body", string(body))...)
	if created.Properties.PrincipalID != outsider || !strings.EqualFold(created.Properties.Scope, scope) {
		t.Errorf("created %+v", created)
	}
	canRead("assigned", http.StatusOK)
	if names := azJSON[[]string](t, az, rest("get", "", "--query", "value[].name")...); !slices.Contains(names, profile.assignment) {
		t.Errorf("role assignments %v, want the new one in it", names)
	}
	again := rest("put", "/2a1d7a52-4f8e-4f13-8a5e-90c1f3f6a001", "--body", string(body))
	az.refused(t, 1, []string{"Conflict", "RoleAssignmentExists"}, again...)
	az.run(t, rest("delete", "/"+profile.assignment)...)
	canRead("deleted", http.StatusForbidden)
}

// testAZUser signs a person in in every way, and works as that person.
func testAZUser(t *testing.T, d demo, az azCLI, logins []azUserLogin) {
	owner := d.principals(t)["owner"]
	for _, login := range logins {
		t.Run(login.name, func(t *testing.T) {
			args, tenant := []string{"login"}, owner.TenantID
			if login.tenant != "" {
				args, tenant = append(args, "--tenant", login.tenant), login.tenant // az keeps the word
			}
			var names []string
			for _, account := range login.login(t, d, az, owner, args) {
				names = append(names, account.Name)
				if account.TenantID != tenant || account.User.Type != "user" || account.User.Name != owner.Username {
					t.Errorf("account %+v, want %s in tenant %s", account, owner.Username, tenant)
				}
			}
			slices.Sort(names)
			if !slices.Equal(names, []string{"Production", "Sandbox"}) {
				t.Fatalf("subscriptions %v, want the two that owner owns", names)
			}
			testAZToken(t, d, az)
			az.run(t, "account", "set", "--subscription", "Sandbox")
			if names := azJSON[[]string](t, az, "group", "list", "--query", "[].name"); !slices.Equal(names, []string{"lab"}) {
				t.Errorf("group list of Sandbox: %v, want lab", names)
			}
			az.run(t, "logout")
		})
	}
	az.refused(t, 1, []string{"Please run 'az login'"}, "group", "list")
}

func azLoginByPassword(t *testing.T, _ demo, az azCLI, p principal, args []string) []azAccount {
	t.Helper()
	return azJSON[[]azAccount](t, az, append(args, "--username", p.Username, "--password", p.Password)...)
}

var azDeviceMessage = regexp.MustCompile(`open the page (https://\S+) and enter the code (\S+) to authenticate`)

// azLoginByCode reads the code that az shows, and enters it in a browser.
func azLoginByCode(t *testing.T, d demo, az azCLI, p principal, args []string) []azAccount {
	t.Helper()
	login := az.start(t, append(args, "--use-device-code", "--output", "json")...)
	message := login.until(t, azDeviceMessage)
	b := newBrowser(t, d)
	if page := b.signIn(t, b.open(t, message[1]), p.Username, message[2]); page.title() != "Signed in" {
		t.Fatalf("the page at the end is %q:\n%s", page.title(), page.text)
	}
	return azStartedJSON[[]azAccount](t, login)
}

// azLoginInBrowser lets az open a browser, as it does where there is one, and signs in there. With AD FS, az waits for the browser to
// come back on port 8400, whatever else is there.
func azLoginInBrowser(t *testing.T, d demo, az azCLI, p principal, args []string) []azAccount {
	t.Helper()
	accounts, end := azLoginIn(t, newBrowser(t, d), az, p, args)
	if end.Host != "localhost:8400" {
		t.Errorf("the browser ends at %s", end)
	}
	return accounts
}

// azLoginIn signs in in a browser that az opens, and says where that ends.
func azLoginIn(t *testing.T, b browser, az azCLI, p principal, args []string) (accounts []azAccount, end *url.URL) {
	t.Helper()
	opener, opened := browserOpener(t)
	az.env = append(slices.Clone(az.env), "BROWSER="+opener)
	login := az.start(t, append(args, "--output", "json")...)
	page := b.signIn(t, b.open(t, opened()), p.Username, "")
	return azStartedJSON[[]azAccount](t, login), page.url
}

var adminURL = regexp.MustCompile(`Administration +(https://localhost:\d+)`)

// testAZAdministrator works on the administrator's side, which to az is another cloud.
func testAZAdministrator(t *testing.T, d demo, az azCLI) {
	_, _, overview := d.get(t, "", "/")
	match := adminURL.FindStringSubmatch(overview)
	if match == nil {
		t.Fatalf("the demo names no address for administration:\n%s", overview)
	}
	az = az.register(t, match[1], "2020-09-01-hybrid")
	principals := d.principals(t)
	accounts := azLoginByPassword(t, d, az, principals["operator"], []string{"login"})
	if len(accounts) != 1 || accounts[0].Name != "Default Provider Subscription" {
		t.Fatalf("login: %+v", accounts)
	}
	tenants := azJSON[[]string](t, az, "rest", "--query", "value[].properties.tenantId", "--url",
		"/subscriptions/{subscriptionId}/resourceGroups/system.local/providers/Microsoft.Subscriptions.Admin/directoryTenants?api-version=2015-11-01")
	if !slices.Equal(tenants, []string{principals["owner"].TenantID}) {
		t.Errorf("directory tenants %v, want the one of the AD FS", tenants)
	}
	az.refused(t, 1, []string{"No subscriptions found for " + principals["owner"].Username + "."},
		"login", "--username", principals["owner"].Username, "--password", principals["owner"].Password)
}

// testAZToken takes az's own access token, and one for another resource, which az gets by its refresh token.
func testAZToken(t *testing.T, d demo, az azCLI) {
	t.Helper()
	type token struct{ AccessToken, TokenType, ExpiresOn string }
	first := azJSON[token](t, az, "account", "get-access-token")
	if first.TokenType != "Bearer" || first.ExpiresOn == "" {
		t.Errorf("token type %q, expires %q", first.TokenType, first.ExpiresOn)
	}
	if status, _, body := d.get(t, first.AccessToken, "/subscriptions?api-version=2022-12-01"); status != http.StatusOK {
		t.Errorf("az's token gets %d\n%s", status, body)
	}
	audience, application := tokenClaims(t, first.AccessToken)
	if application != azureCLI {
		t.Errorf("appid %s, want az's", application)
	}
	second := azJSON[token](t, az, "account", "get-access-token", "--resource", audience+"/")
	if other, _ := tokenClaims(t, second.AccessToken); other != audience+"/" {
		t.Errorf("audience %s, want %s/", other, audience)
	}
}

// tokenClaims reads who a token is for and which application got it.
func tokenClaims(t *testing.T, token string) (audience, application string) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatal("not a token of three parts")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Aud, AppID string }
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims.Aud, claims.AppID
}

// testAZRefusals is what a person reads when sign-in or Resource Manager says no.
func testAZRefusals(t *testing.T, d demo, az azCLI) {
	principals := d.principals(t)
	deployer, owner, reader, outsider := principals["deployer"], principals["owner"], principals["reader"], principals["outsider"]
	application := func(id, credential string) []string {
		return []string{"--service-principal", "--username", id, "--password", credential, "--tenant", "adfs"}
	}
	user := func(name, password string) []string { return []string{"--username", name, "--password", password} }
	alias, _, _ := strings.Cut(owner.Username, "@")
	for _, refusal := range []struct {
		name  string
		login []string
		says  string
	}{
		{"secret", application(deployer.ApplicationID, "wrong"), "MSIS9622: Client authentication failed."},
		{"application", application(outsider.TenantID, deployer.ClientSecret), "MSIS9607: The 'client_id' parameter in the request is invalid."},
		{"password", user(owner.Username, "wrong"), "MSIS9659: Invalid 'username' or 'password'."},
		{"DOMAIN\\alias", user(`HUBGATE\owner`, owner.Password), "MSIS9659: Invalid 'username' or 'password'."},
		{"alias", user(alias, owner.Password), "MSIS9659: Invalid 'username' or 'password'."},
		{"no role", user(outsider.Username, outsider.Password), "No subscriptions found for " + outsider.Username + "."},
	} {
		az.refused(t, 1, []string{"ERROR: " + refusal.says}, append([]string{"login"}, refusal.login...)...)
	}

	az.run(t, append([]string{"login"}, user(reader.Username, reader.Password)...)...)
	account := azJSON[azAccount](t, az, "account", "show")
	scope := "/subscriptions/" + account.ID + "/resourcegroups/app" // as az writes it
	az.refused(t, 1, []string{
		"(AuthorizationFailed) The client '" + reader.Username + "' with object id '" + reader.ObjectID + "' does not have authorization " +
			"to perform action 'Microsoft.Resources/subscriptions/resourceGroups/delete' over scope '" + scope + "' or the scope is invalid. " +
			"If access was recently granted, please refresh your credentials.",
	}, "group", "delete", "--name", "app", "--yes")
	if exists := azJSON[bool](t, az, "group", "exists", "--name", "app"); !exists {
		t.Error("the group is gone that reader may not delete")
	}
}
