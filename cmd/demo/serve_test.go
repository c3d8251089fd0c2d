package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
)

const (
	production = "/subscriptions/" + sample.ProductionID
	sandbox    = "/subscriptions/" + sample.SandboxID
	version    = "?api-version=2021-04-01"
)

// Everyone against everything, as a client sees it.
func TestCalls(t *testing.T) {
	d := start(t)
	tokens := map[string]string{"nobody": ""}
	for _, p := range sample.ADFS().Principals() {
		tokens[p.Name], _ = d.tokens(t, p)
	}
	for _, test := range []struct {
		who, method, path string
		status            int
		code              string
	}{
		{"nobody", "GET", "/livez", 200, ""},
		{"nobody", "GET", "/readyz", 200, ""},
		{"nobody", "HEAD", "/readyz", 200, ""},
		{"nobody", "POST", "/livez", 405, ""},
		{"nobody", "GET", "/metadata/endpoints?api-version=2015-01-01", 200, ""},
		{"nobody", "GET", "/adfs/.well-known/openid-configuration", 200, ""},
		{"nobody", "GET", "/adfs/nothing", 404, ""},
		{"nobody", "GET", "/subscriptions" + version, 401, "AuthenticationFailed"},
		{"nobody", "GET", "/livez/more", 401, "AuthenticationFailed"},
		{"nobody", "GET", "/", 200, ""},
		{"nobody", "HEAD", "/", 200, ""},
		{"nobody", "PUT", "/", 401, "AuthenticationFailed"},
		{"nobody", "GET", "//", 401, "AuthenticationFailed"},

		{"owner", "GET", "/tenants" + version, 200, ""},
		{"owner", "GET", production + version, 200, ""},
		{"owner", "GET", sandbox + "/resourcegroups/lab" + version, 200, ""},
		{"owner", "GET", production + "/resourcegroups/none" + version, 404, "ResourceGroupNotFound"},
		{"owner", "GET", "/subscriptions/00000000-0000-4000-8000-000000000000" + version, 404, "SubscriptionNotFound"},
		{"owner", "GET", production, 400, "MissingApiVersionParameter"},
		{"owner", "GET", production + "/resourcegroups/app/..%2Fdata" + version, 400, "InvalidRequestUri"},

		{"reader", "GET", production + "/resourcegroups" + version, 200, ""},
		{"reader", "GET", production + "/resourceGroups/APP/providers/Microsoft.Compute/virtualMachines/web1" + version, 200, ""},
		{"reader", "DELETE", production + "/resourcegroups/app" + version, 403, "AuthorizationFailed"},
		{"reader", "GET", sandbox + "/resourcegroups/lab" + version, 403, "AuthorizationFailed"},

		{"contributor", "GET", production + "/resourcegroups/app" + version, 200, ""},
		{"contributor", "DELETE", production + "/resourcegroups/app/providers/Microsoft.Compute/virtualMachines/web2" + version, 200, ""},
		{"contributor", "GET", production + "/resourcegroups/data" + version, 403, "AuthorizationFailed"},
		{"contributor", "DELETE", production + "/resourcegroups/data" + version, 403, "AuthorizationFailed"},

		{"outsider", "GET", "/subscriptions" + version, 200, ""},
		{"outsider", "GET", production + "/resourcegroups/app" + version, 403, "AuthorizationFailed"},

		{"deployer", "GET", production + "/resourcegroups/data" + version, 200, ""},
		{"deployer", "GET", sandbox + "/resourcegroups/lab" + version, 403, "AuthorizationFailed"},
	} {
		got := d.call(t, tokens[test.who], test.method, test.path, "")
		if got.status != test.status || got.code != test.code {
			t.Errorf("%s: %s %s: %d %s, want %d %s", test.who, test.method, test.path, got.status, got.code, test.status, test.code)
		}
	}
}

func TestListsAreFiltered(t *testing.T) {
	d := start(t)
	names := func(token, path, member string) []string {
		got := d.call(t, token, "GET", path+version, "")
		values, ok := got.body["value"].([]any)
		if got.status != 200 || !ok {
			t.Fatalf("%s: %d %s", path, got.status, got.code)
		}
		var names []string
		for _, value := range values {
			names = append(names, value.(map[string]any)[member].(string))
		}
		return names
	}
	for who, want := range map[string]struct{ subscriptions, groups []string }{
		"owner":       {[]string{"Production", "Sandbox"}, []string{"app", "data"}},
		"contributor": {[]string{"Production"}, []string{"app"}},
		"reader":      {[]string{"Production"}, []string{"app", "data"}},
		"outsider":    {nil, nil},
		"deployer":    {[]string{"Production"}, []string{"app", "data"}},
	} {
		token := d.token(t, who)
		if got := names(token, "/subscriptions", "displayName"); !slices.Equal(got, want.subscriptions) {
			t.Errorf("%s sees the subscriptions %v, want %v", who, got, want.subscriptions)
		}
		if got := names(token, production+"/resourcegroups", "name"); !slices.Equal(got, want.groups) {
			t.Errorf("%s sees the resource groups %v, want %v", who, got, want.groups)
		}
	}
}

// A role assignment counts from the next request on, and no longer than it is there.
func TestRoleAssignmentCountsAtOnce(t *testing.T) {
	d := start(t)
	deployer, outsider := d.token(t, "deployer"), d.token(t, "outsider")
	const (
		group      = production + "/resourcegroups/data"
		assignment = group + "/providers/Microsoft.Authorization/roleAssignments/3f0c1f0e-6d5b-4d0b-8a5e-0c1d2e3f4a5b?api-version=2022-04-01"
	)
	role := production + "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
	body := fmt.Sprintf(`{"properties":{"roleDefinitionId":%q,"principalId":%q,"principalType":"User"}}`, role, principal(t, sample.ADFS(), "outsider").ObjectID)
	see := func(want int) {
		t.Helper()
		if got := d.call(t, outsider, "GET", group+version, ""); got.status != want {
			t.Errorf("outsider gets %d %s, want %d", got.status, got.code, want)
		}
	}
	see(403)
	if got := d.call(t, outsider, "PUT", assignment, body); got.status != 403 {
		t.Errorf("outsider may give roles: %d", got.status)
	}
	if got := d.call(t, deployer, "PUT", assignment, body); got.status != 201 {
		t.Fatalf("PUT: %d %s %v", got.status, got.code, got.body)
	}
	see(200)
	if got := d.call(t, deployer, "DELETE", assignment, ""); got.status != 200 {
		t.Errorf("DELETE: %d %s", got.status, got.code)
	}
	see(403)

	// It does not outlive what it is at, and is not made for what is not there yet.
	if got := d.call(t, deployer, "PUT", assignment, body); got.status != 201 {
		t.Fatalf("PUT again: %d %s", got.status, got.code)
	}
	const below = group + "/providers/Microsoft.Storage/storageAccounts/backups/providers/Microsoft.Authorization/roleAssignments/" +
		"4f0c1f0e-6d5b-4d0b-8a5e-0c1d2e3f4a5b?api-version=2022-04-01"
	if got := d.call(t, deployer, "PUT", below, body); got.status != 201 {
		t.Fatalf("PUT below: %d %s", got.status, got.code)
	}
	if got := d.call(t, deployer, "DELETE", group+version, ""); got.status != 202 {
		t.Fatalf("DELETE of the resource group: %d %s", got.status, got.code)
	}
	waitFor(t, "the end of the resource group", func() bool { return d.call(t, deployer, "GET", group+version, "").status == 404 })
	if got := d.call(t, deployer, "PUT", assignment, body); got.status != 404 || got.code != "ResourceGroupNotFound" {
		t.Errorf("PUT where nothing is: %d %s", got.status, got.code)
	}
	all := d.call(t, deployer, "GET", production+"/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=principalId%20eq%20'"+
		principal(t, sample.ADFS(), "outsider").ObjectID+"'", "")
	if values, ok := all.body["value"].([]any); !ok || len(values) != 0 {
		t.Errorf("remaining assignments: %d %v", all.status, all.body)
	}
	if got := d.call(t, deployer, "PUT", group+version, `{"location":"local"}`); got.status != 201 {
		t.Fatalf("PUT of the resource group: %d %s", got.status, got.code)
	}
	see(403)
}

// A list in pages leads from one to the next.
func TestPageSize(t *testing.T) {
	d := start(t, "--page-size", "1")
	token := d.token(t, "owner")
	var names []string
	for url := d.url + production + "/resourcegroups" + version; url != ""; {
		got := d.callAt(t, url, token, "GET", "", "")
		values, _ := got.body["value"].([]any)
		if len(values) != 1 {
			t.Fatalf("%s: %d %v", url, got.status, got.body)
		}
		names = append(names, values[0].(map[string]any)["name"].(string))
		if url, _ = got.body["nextLink"].(string); url != "" && !strings.HasPrefix(url, d.url+"/") {
			t.Fatalf("nextLink %s is not below %s", url, d.url)
		}
	}
	if want := []string{"app", "data"}; !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
}

func TestMetadataEndpoints(t *testing.T) {
	d := start(t)
	for _, path := range []string{"/metadata/endpoints", "//metadata/endpoints"} {
		got := d.call(t, "", "GET", path+"?api-version=2015-01-01", "").body
		authentication := got["authentication"].(map[string]any)
		if authentication["loginEndpoint"] != d.url+"/adfs" || authentication["audiences"].([]any)[0] != sample.ADFS().User.Audience {
			t.Errorf("%s: %v", path, got)
		}
		if _, ok := got["graphEndpoint"].(string); !ok {
			t.Errorf("%s: no graphEndpoint: %v", path, got)
		}
	}
}

func TestPlainHTTPAnswersForThisMachineOnly(t *testing.T) {
	d := start(t)
	port := d.plain[strings.LastIndex(d.plain, ":"):]
	for host, want := range map[string]int{
		"localhost":              200,
		"localhost" + port:       200,
		"LOCALHOST" + port:       200,
		"127.0.0.1" + port:       200,
		"[::1]" + port:           200,
		"[::1]":                  200,
		"evil.example":           421,
		"evil.example" + port:    421,
		"localhost.evil.example": 421,
		"127.0.0.1.evil.example": 421,
		"192.0.2.1" + port:       421,
		"[2001:db8::1]" + port:   421,
		"localhost:1:2":          421,
		"localhost evil.example": 400, // net/http's own answer
	} {
		connection, err := net.Dial("tcp", strings.TrimPrefix(d.plain, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(connection, "GET /livez HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host)
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		connection.Close()
		if response.StatusCode != want {
			t.Errorf("Host %s: %d, want %d", host, response.StatusCode, want)
		}
	}
	// Everything else is as it is over HTTPS.
	got := d.callAt(t, d.plain, d.token(t, "reader"), "GET", production+"/resourcegroups"+version, "")
	if got.status != 200 || len(got.body["value"].([]any)) != 2 {
		t.Errorf("%d %v", got.status, got.body)
	}
}

func TestNoPlainHTTP(t *testing.T) {
	d := start(t, "--listen-http", "")
	if d.plain != "" || strings.Contains(d.banner, "http://") {
		t.Errorf("the banner names plain HTTP:\n%s", d.banner)
	}
}

func TestTLS(t *testing.T) {
	d := start(t)
	address := strings.TrimPrefix(d.url, "https://")
	old := insecure()
	old.MaxVersion = tls.VersionTLS11
	if connection, err := tls.Dial("tcp", address, old); err == nil {
		connection.Close()
		t.Error("TLS 1.1 is taken")
	}
	// Without ca.pem nobody trusts the demo.
	if response, err := http.Get(d.url + "/livez"); err == nil {
		response.Body.Close()
		t.Error("a client trusts the demo without ca.pem")
	}
}

func TestRestartKeepsWhatClientsHold(t *testing.T) {
	first := startIn(t, filepath.Join(t.TempDir(), "data"))
	token := first.token(t, "reader")
	files := []string{"ca.pem", "ca-key.pem", "server.pem", "signing.pem", "secrets.json", "clients/deployer.pem"}
	before := map[string][]byte{}
	for _, name := range files {
		content, err := os.ReadFile(filepath.Join(first.data, name))
		if err != nil {
			t.Fatal(err)
		}
		before[name] = content
		info, err := os.Stat(filepath.Join(first.data, name))
		if err != nil {
			t.Fatal(err)
		}
		if private := name != "ca.pem"; runtime.GOOS != "windows" && private && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o", name, info.Mode().Perm())
		}
	}
	if info, err := os.Stat(first.data); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the data directory: %v, %v", info.Mode(), err)
	}
	if status := first.stopped(); status != 0 {
		t.Fatalf("status %d", status)
	}
	if _, err := os.Stat(filepath.Join(first.data, runningFile)); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", runningFile, err)
	}

	// The old address, because the token's issuer and the certificate's users know it.
	second := startIn(t, first.data, "--listen", strings.TrimPrefix(first.url, "https://"))
	for _, name := range files {
		if content, err := os.ReadFile(filepath.Join(second.data, name)); err != nil || !bytes.Equal(content, before[name]) {
			t.Errorf("%s has changed, %v", name, err)
		}
	}
	if got := second.call(t, token, "GET", production+version, ""); got.status != 200 {
		t.Errorf("a token from before the restart: %d %s", got.status, got.code)
	}
}

// A demo that was killed leaves its file behind, and a running one must not be mistaken for it.
func TestDataDirectoryIsOneDemos(t *testing.T) {
	d := start(t)
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"--listen", "127.0.0.1:0", "--listen-http", "", "--listen-admin", "", "--data", d.data}, &stdout, &stderr)
	if status != 1 || !strings.Contains(stderr.String(), d.url+" uses") {
		t.Errorf("a second demo: status %d: %s", status, &stderr)
	}
	d.token(t, "owner") // still finds the first

	dead := filepath.Join(t.TempDir(), "data")
	other := startIn(t, dead)
	other.stopped()
	left := fmt.Sprintf(`{"url":%q,"tokenEndpoint":%q,"audience":"x"}`, other.url, other.url+"/adfs/oauth2/token")
	if err := os.WriteFile(filepath.Join(dead, runningFile), []byte(left), 0o600); err != nil {
		t.Fatal(err)
	}
	startIn(t, dead).token(t, "owner")
}

// The first Ctrl-C lets a request that is under way end.
func TestDrain(t *testing.T) {
	d := start(t)
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"stranger"}, "scope": {sample.ADFS().User.Audience + "/.default"},
	}.Encode()
	connection, err := net.Dial("tcp", strings.TrimPrefix(d.plain, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprintf(connection, "POST /adfs/oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", len(form))
	reader := bufio.NewReader(connection)
	// The server asks for the body only once the handler reads it: the request is under way.
	if line, err := reader.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	reader.ReadString('\n')

	status := make(chan int, 1)
	go func() { status <- d.stopped() }()
	waitFor(t, "the end of listening", func() bool {
		connection, err := net.Dial("tcp", strings.TrimPrefix(d.plain, "http://"))
		if err == nil {
			connection.Close()
		}
		return err != nil
	})
	io.WriteString(connection, form)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", response.StatusCode)
	}
	if got := <-status; got != 0 {
		t.Errorf("exit status %d", got)
	}
	if !strings.Contains(d.stderr.String(), "ending; Ctrl-C again to cut off requests") {
		t.Errorf("the log does not say how to end at once:\n%s", d.stderr)
	}
}

func TestLogFormatJSON(t *testing.T) {
	d := start(t, "--log-format", "json")
	d.call(t, "", "GET", "/subscriptions"+version, "")
	token := d.token(t, "reader")
	d.call(t, token, "DELETE", production+"/resourcegroups/app"+version, "")
	d.stopped()
	lines := strings.Split(strings.TrimSpace(d.stderr.String()), "\n")
	for _, line := range lines {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		if strings.Contains(line, token[len(token)-40:]) {
			t.Errorf("a log line has the token: %s", line)
		}
	}
	for _, code := range []string{"AuthenticationFailed", "AuthorizationFailed"} {
		if !strings.Contains(d.stderr.String(), code) {
			t.Errorf("no refusal with %s in the log:\n%s", code, d.stderr)
		}
	}
}

func TestLogLevel(t *testing.T) {
	for level, want := range map[string]bool{"debug": true, "info": true, "warn": false, "error": false} {
		d := start(t, "--log-level", level)
		d.stopped()
		if got := strings.Contains(d.stderr.String(), "ending"); got != want {
			t.Errorf("%s: a record of level info: %v, want %v", level, got, want)
		}
	}
}

func TestCancelledBeforeItStarts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr bytes.Buffer
	args := []string{"--listen", "127.0.0.1:0", "--listen-http", "", "--listen-admin", "", "--data", filepath.Join(t.TempDir(), "data")}
	if status := run(ctx, args, io.Discard, &stderr); status != 0 {
		t.Errorf("status %d: %s", status, &stderr)
	}
}

// A refusal because of a linked scope names the client application, as Resource Manager does.
func TestLinkedAuthorizationNamesTheApplication(t *testing.T) {
	d := start(t)
	body := fmt.Sprintf(`{"properties":{"roleName":"Both","type":"CustomRole","permissions":[{"actions":["*/read"]}],"assignableScopes":[%q,%q]}}`, production, sandbox)
	got := d.call(t, d.token(t, "deployer"), "PUT",
		production+"/providers/Microsoft.Authorization/roleDefinitions/5b1d0c7e-3a44-4f6a-9d0b-2f6c1e8a7b90?api-version=2022-04-01", body)
	deployer := principal(t, sample.ADFS(), "deployer")
	message := fmt.Sprint(got.body)
	want := "The client '" + deployer.ApplicationID + "' with object id '" + deployer.ObjectID + "' has permission"
	if got.status != 403 || got.code != "LinkedAuthorizationFailed" || !strings.Contains(message, want) {
		t.Errorf("%d %s, want %q", got.status, message, want)
	}
}
