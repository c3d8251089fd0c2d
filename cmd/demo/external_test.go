package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

const (
	someTenant       = "4d1f6c2a-7b3e-4a59-8c0d-2e9f1b5a7c36"
	someAudience     = "https://management.example/5b0e"
	someSubscription = "8f3a1c5e-2d7b-4e96-b0a4-6c1d9e3f5a72"
	someUser         = "0a9b8c7d-6e5f-4a3b-8c1d-0e9f8a7b6c5d"
	someSID          = "S-1-5-21-7-8-9-1101"
)

// A provider is an identity provider that is not the demo's own, on a TLS server of its own.
type provider struct {
	*openidtest.Issuer
	caFile string
	server *httptest.Server
}

func startProvider(t *testing.T, kind openid.AuthorityType) provider {
	t.Helper()
	var issuer *openidtest.Issuer
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { issuer.ServeHTTP(w, r) }))
	config := openidtest.Config{Type: kind, BaseURL: "https://" + server.Listener.Addr().String(), Audience: someAudience}
	if kind != openid.ADFS {
		config.Tenant = someTenant
	}
	issuer = openidtest.NewFor(t, config)
	server.StartTLS()
	t.Cleanup(server.Close)
	return provider{issuer, writeCA(t, server), server}
}

func writeCA(t *testing.T, server *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// importFile gives a principal the role Reader of a subscription, as az role assignment list --all -o json prints it.
func importFile(t *testing.T, principal, subscription string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "assignments.json")
	content, err := json.Marshal([]map[string]any{{
		"id":               "/subscriptions/" + subscription + "/providers/Microsoft.Authorization/roleAssignments/" + someUser,
		"name":             someUser,
		"principalId":      principal,
		"principalType":    "User",
		"roleDefinitionId": "/subscriptions/" + subscription + "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
		"scope":            "/subscriptions/" + subscription,
		"type":             "Microsoft.Authorization/roleAssignments",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func (d *demo) awaitReady(t *testing.T) {
	t.Helper()
	waitFor(t, "readiness", func() bool { return d.call(t, "", "GET", "/readyz", "").status == 200 })
}

func TestExternalAuthority(t *testing.T) {
	for _, test := range []struct {
		kind          openid.AuthorityType
		user          string
		more          []string
		tenant        string
		loginEndpoint string // below the provider's address
	}{
		{openid.ADFS, someSID, []string{"--tenant", someTenant}, someTenant, "/adfs"},
		{openid.ADFS, someSID, nil, "adfs", "/adfs"},
		{openid.EntraV1, someUser, nil, someTenant, "/"},
		{openid.EntraV2, someUser, nil, someTenant, "/"},
		{openid.EntraV2, someUser, []string{"--tenant", someTenant}, someTenant, "/"},
	} {
		t.Run(string(test.kind)+strings.Join(test.more, " "), func(t *testing.T) {
			p := startProvider(t, test.kind)
			d := start(t, append([]string{
				"--authority", p.Authority(), "--audience", someAudience, "--ca-file", p.caFile,
				"--subscription", someSubscription, "--import", importFile(t, test.user, someSubscription),
			}, test.more...)...)
			d.awaitReady(t)
			mine := "/subscriptions/" + someSubscription + version

			got := d.call(t, p.Token(openidtest.User(test.user)), "GET", mine, "")
			if got.status != 200 || got.body["tenantId"] != test.tenant {
				t.Errorf("reader: %d %s %v", got.status, got.code, got.body)
			}
			if got := d.call(t, p.Token(openidtest.User("7c0e1f2a-3b4d-4c5e-8f6a-7b8c9d0e1f2a")), "GET", mine, ""); got.code != "AuthorizationFailed" {
				t.Errorf("another user: %d %s", got.status, got.code)
			}
			if got := d.call(t, p.Token(openidtest.User(test.user), openidtest.Audience("other")), "GET", mine, ""); got.code != "InvalidAuthenticationTokenAudience" {
				t.Errorf("another audience: %d %s", got.status, got.code)
			}
			stranger := startProvider(t, test.kind)
			if got := d.call(t, stranger.Token(openidtest.User(test.user)), "GET", mine, ""); got.code != "InvalidAuthenticationToken" {
				t.Errorf("another issuer: %d %s", got.status, got.code)
			}

			metadata := d.call(t, "", "GET", "/metadata/endpoints?api-version=2015-01-01", "").body["authentication"].(map[string]any)
			if metadata["loginEndpoint"] != p.server.URL+test.loginEndpoint {
				t.Errorf("loginEndpoint is %v", metadata["loginEndpoint"])
			}
			// The demo's own AD FS, its principals and its subscriptions are not there.
			if got := d.call(t, "", "GET", "/adfs/.well-known/openid-configuration", ""); got.status != 401 {
				t.Errorf("AD FS answers %d", got.status)
			}
			if got := d.call(t, p.Token(openidtest.User(test.user)), "GET", production+version, ""); got.status != 404 {
				t.Errorf("a sample subscription answers %d %s", got.status, got.code)
			}
			if strings.Contains(d.banner, "deployer") || !strings.Contains(d.banner, p.Authority()) {
				t.Errorf("banner:\n%s", d.banner)
			}
			if output := runCommand(t, "principals", "--output", "json", "--data", d.data); output != "[]\n" {
				t.Errorf("principals: %s", output)
			}
			var stdout, stderr bytes.Buffer
			if status := run(t.Context(), []string{"token", "--as", "owner", "--data", d.data}, &stdout, &stderr); status != 1 || !strings.Contains(stderr.String(), "another identity provider") {
				t.Errorf("token: status %d: %s", status, &stderr)
			}
		})
	}
}

// Sample assignments name SIDs of the demo's own AD FS. They grant nothing to whom another AD FS gave the same.
func TestExternalAuthorityWithSampleSubscriptions(t *testing.T) {
	p := startProvider(t, openid.ADFS)
	d := start(t, "--authority", p.Authority(), "--audience", someAudience, "--ca-file", p.caFile,
		"--import", importFile(t, someSID, sample.SandboxID))
	d.awaitReady(t)
	if got := d.call(t, p.Token(openidtest.User(someSID)), "GET", sandbox+"/resourcegroups/lab"+version, ""); got.status != 200 {
		t.Errorf("reader by import: %d %s", got.status, got.code)
	}
	owner := p.Token(openidtest.User(principal(t, sample.ADFS(), "owner").ObjectID))
	if got := d.call(t, owner, "GET", production+version, ""); got.code != "AuthorizationFailed" {
		t.Errorf("the sample owner: %d %s", got.status, got.code)
	}
}

func TestSeveralTenants(t *testing.T) {
	p := startProvider(t, openid.EntraV1)
	const guests, others = "b3c5d7e9-1f2a-4b6c-8d0e-9f1a3b5c7d92", "e1d3c5b7-a9f8-4e6d-8c4b-2a0f9e8d7c61"
	const guestSubscription = "d0c2b4a6-9e8f-4d7c-8b5a-3f1e0d9c8b7a"
	d := start(t, "--authority", p.AuthorityOf("organizations"), "--audience", someAudience, "--ca-file", p.caFile,
		"--tenant", someTenant, "--tenant", guests,
		"--subscription", someSubscription, "--subscription", guestSubscription+":"+guests,
		"--import", importFile(t, someUser, guestSubscription))
	d.awaitReady(t)
	for _, test := range []struct {
		tenant, subscription string
		code                 string
	}{
		{guests, guestSubscription, ""},
		{guests, someSubscription, "InvalidAuthenticationTokenTenant"},
		{someTenant, guestSubscription, "InvalidAuthenticationTokenTenant"},
		{someTenant, someSubscription, "AuthorizationFailed"},
		{others, guestSubscription, "InvalidAuthenticationTokenTenant"},
	} {
		token := p.Token(openidtest.User(someUser), openidtest.Tenant(test.tenant))
		if got := d.call(t, token, "GET", "/subscriptions/"+test.subscription+version, ""); got.code != test.code {
			t.Errorf("tenant %s in %s: %d %s, want %s", test.tenant, test.subscription, got.status, got.code, test.code)
		}
	}
}

// One demo discovers another, as it would an Azure Stack Hub with AD FS.
func TestResourceManager(t *testing.T) {
	stackHub := start(t)
	d := start(t, "--resource-manager", stackHub.url+"/", "--ca-file", filepath.Join(stackHub.data, "ca.pem"), "--tenant", sample.ADFS().Home(),
		"--subscription", someSubscription, "--import", importFile(t, principal(t, sample.ADFS(), "owner").ObjectID, someSubscription))
	d.awaitReady(t)
	mine := "/subscriptions/" + someSubscription + version
	if got := d.call(t, stackHub.token(t, "owner"), "GET", mine, ""); got.status != 200 {
		t.Errorf("owner: %d %s", got.status, got.code)
	}
	if got := d.call(t, stackHub.token(t, "reader"), "GET", mine, ""); got.code != "AuthorizationFailed" {
		t.Errorf("reader: %d %s", got.status, got.code)
	}
	got := d.call(t, "", "GET", "/metadata/endpoints?api-version=2015-01-01", "").body
	if got["graphEndpoint"] != stackHub.url+"/graph/" || got["authentication"].(map[string]any)["loginEndpoint"] != stackHub.url+"/adfs" {
		t.Errorf("metadata: %v", got)
	}
}

// An installation with Entra ID names no tenant of its own, in either shape of its metadata.
func TestResourceManagerWithEntra(t *testing.T) {
	p := startProvider(t, openid.EntraV1)
	for name, shape := range map[string]func(loginEndpoint string) any{
		"2015-01-01": func(login string) any {
			return map[string]any{"graphEndpoint": "https://graph.example/",
				"authentication": map[string]any{"loginEndpoint": login, "audiences": []string{someAudience}}}
		},
		"array": func(login string) any {
			return []any{map[string]any{"name": "AzureStack", "graph": "https://graph.example/",
				"authentication": map[string]any{"loginEndpoint": login, "audiences": []string{someAudience}, "identityProvider": "AAD"}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			manager := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/metadata/endpoints" || !slices.Equal(r.URL.Query()["api-version"], []string{"2015-01-01"}) {
					http.NotFound(w, r)
					return
				}
				json.NewEncoder(w).Encode(shape(p.server.URL + "/"))
			}))
			t.Cleanup(manager.Close)
			args := []string{"--resource-manager", manager.URL, "--ca-file", writeCA(t, manager), "--subscription", someSubscription,
				"--import", importFile(t, someUser, someSubscription)}
			d := start(t, append(args, "--tenant", someTenant)...)
			d.awaitReady(t)
			if got := d.call(t, p.Token(openidtest.User(someUser)), "GET", "/subscriptions/"+someSubscription+version, ""); got.status != 200 {
				t.Errorf("reader: %d %s", got.status, got.code)
			}

			var stdout, stderr bytes.Buffer
			args = append(args, "--listen", "127.0.0.1:0", "--listen-http", "", "--listen-admin", "", "--data", filepath.Join(t.TempDir(), "data"))
			if status := run(t.Context(), args, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), "--tenant: is required") {
				t.Errorf("without --tenant: status %d: %s", status, &stderr)
			}
		})
	}
}

// A provider that is away is the server's trouble: 503 with Retry-After, alive but not ready, until it is back.
func TestProviderAway(t *testing.T) {
	p := startProvider(t, openid.ADFS)
	p.Down()
	d := start(t, "--authority", p.Authority(), "--audience", someAudience, "--ca-file", p.caFile,
		"--subscription", someSubscription, "--import", importFile(t, someSID, someSubscription))
	if got := d.call(t, "", "GET", "/livez", ""); got.status != 200 {
		t.Errorf("livez: %d", got.status)
	}
	if got := d.call(t, "", "GET", "/readyz", ""); got.status != 503 {
		t.Errorf("readyz: %d", got.status)
	}
	mine := "/subscriptions/" + someSubscription + version
	if got := d.call(t, p.Token(openidtest.User(someSID)), "GET", mine, ""); got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("a call: %d %s, Retry-After %q", got.status, got.code, got.header.Get("Retry-After"))
	}
	p.Up()
	d.awaitReady(t)
	if got := d.call(t, p.Token(openidtest.User(someSID)), "GET", mine, ""); got.status != 200 {
		t.Errorf("afterwards: %d %s", got.status, got.code)
	}
}
