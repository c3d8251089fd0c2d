package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/federation"
	"hubgate.example/cmd/demo/internal/imds"
	"hubgate.example/cmd/demo/internal/sample"
)

// Managed identities get tokens on plain HTTP, which is for this machine alone, and where there are any.
func TestManagedIdentities(t *testing.T) {
	d := start(t, "--provider", "entra")
	web1 := d.token(t, "web1")
	if claims := claimsOf(t, web1); claims["xms_mirid"] != principal(t, sample.Entra(), "web1").ManagedIdentity {
		t.Errorf("the token says %v", claims)
	}
	if got := d.call(t, web1, "GET", production+"/resourcegroups/app"+version, ""); got.status != 200 {
		t.Errorf("web1: %d %s", got.status, got.code)
	}

	header, err := os.ReadFile(filepath.Join(d.data, identityHeaderFile))
	if err != nil {
		t.Fatal(err)
	}
	appService := imds.AppServicePath + "?api-version=2019-08-01&resource=" + url.QueryEscape(sample.Entra().User.Audience)
	metadata := imds.MetadataPath + "?api-version=2018-02-01&resource=" + url.QueryEscape(sample.Entra().User.Audience)
	for _, test := range []struct {
		name, address, header, value string
		status                       int
	}{
		{"virtual machine", d.plain + metadata, "Metadata", "true", 200},
		{"App Service", d.plain + appService, "X-IDENTITY-HEADER", string(header), 200},
		{"App Service without its header", d.plain + appService, "X-IDENTITY-HEADER", "guessed", 401},
		{"virtual machine from elsewhere", d.url + metadata, "Metadata", "true", 401},
		{"App Service from elsewhere", d.url + appService, "X-IDENTITY-HEADER", string(header), 401},
		{"the administrator's side", d.admin + metadata, "Metadata", "true", 401},
	} {
		request, err := http.NewRequestWithContext(t.Context(), "GET", test.address, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(test.header, test.value)
		response, err := d.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		var answer map[string]any
		err = json.NewDecoder(response.Body).Decode(&answer)
		response.Body.Close()
		if token, _ := answer["access_token"].(string); response.StatusCode != test.status || (test.status == 200) != (token != "") || err != nil {
			t.Errorf("%s: status %d, %v, %v", test.name, response.StatusCode, answer, err)
		}
	}
}

func TestManagedIdentitiesWithoutPlainHTTP(t *testing.T) {
	d := start(t, "--provider", "entra", "--listen-http", "")
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), []string{"token", "--as", "pipeline", "--data", d.data}, &stdout, &stderr); status != 1 || !strings.Contains(stderr.String(), "over plain HTTP") {
		t.Errorf("status %d: %s", status, &stderr)
	}
	if _, err := os.Stat(filepath.Join(d.data, identityHeaderFile)); err == nil {
		t.Error("there is a header for an endpoint that is not there")
	}
}

// The token of a Kubernetes service account stands for an application and for a managed identity.
func TestFederatedIdentities(t *testing.T) {
	d := start(t, "--provider", "entra")
	for _, name := range []string{"deployer", "pipeline"} {
		p := principal(t, sample.Entra(), name)
		assertion, err := os.ReadFile(filepath.Join(d.data, federation.KubernetesToken))
		if err != nil {
			t.Fatal(err)
		}
		token, err := requestToken(t.Context(), d.client, d.url+"/"+p.Tenant+"/oauth2/v2.0/token", url.Values{
			"grant_type": {"client_credentials"}, "client_id": {p.ApplicationID}, "scope": {sample.Entra().User.Audience + "/.default"},
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {string(assertion)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.call(t, token, "GET", production+"/resourcegroups/data"+version, ""); got.status != 200 {
			t.Errorf("%s: %d %s", name, got.status, got.code)
		}
	}
}

// Who is in more groups than a token holds gets in by the last of them, on each call and not only on the first.
func TestMemberOfManyGroups(t *testing.T) {
	d := start(t, "--provider", "entra")
	token := d.token(t, "member")
	if claims := claimsOf(t, token); claims["groups"] != nil || claims["_claim_names"] == nil {
		t.Fatalf("the token says %v", claims)
	}
	for range 3 {
		if got := d.call(t, token, "GET", sandbox+version, ""); got.status != 200 {
			t.Errorf("%d %s", got.status, got.code)
		}
	}
	// The demo's Graph answers in pages of 100, and is asked once.
	if calls := strings.Count(d.stderr.String(), "graph: groups answered"); calls != 3 {
		t.Errorf("the Graph was asked %d times, want 3 pages:\n%s", calls, d.stderr)
	}
	var stdout, stderr bytes.Buffer
	run(t.Context(), []string{"principals", "--data", d.data}, &stdout, &stderr)
	if text := stdout.String(); !strings.Contains(text, "250 groups") || strings.Contains(text, "9d3e7b52-4c18-4f60-8a95-000000000250") {
		t.Errorf("principals lists the groups:\n%s", text)
	}
}
