package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	homeTenant    = "6f8a1c3e-9d55-4b0f-8a36-3f1d2c7be901"
	foreignTenant = "0b2d7f64-1c38-4f6e-9f0a-d1b7a5c4e822"
	subscription  = "3c1a7a0e-52c8-4d6b-9a53-0de1c7a4f6b2"
)

// An issuer is a running identity provider that is not the demo's.
type issuer struct {
	Authority, Common, Audience, CA, Mint string

	caFile string
	client *http.Client
}

func startIssuer(t *testing.T, kind, tenant string) issuer {
	t.Helper()
	command := exec.Command(binaries.issuer, "-type", kind, "-tenant", tenant)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(stdin.Close(), command.Wait()); err != nil {
			t.Errorf("issuer: %v", err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var i issuer
	if err := json.Unmarshal(line, &i); err != nil {
		t.Fatal(err)
	}
	i.caFile = filepath.Join(t.TempDir(), "issuer-ca.pem")
	if err := os.WriteFile(i.caFile, []byte(i.CA), 0o600); err != nil {
		t.Fatal(err)
	}
	i.client = trusting(t, []byte(i.CA))
	return i
}

// token asks the issuer's process for a token.
func (i issuer) token(t *testing.T, oid, tenant string, groups ...string) string {
	t.Helper()
	response, err := i.client.Get(i.Mint + "?" + url.Values{"oid": {oid}, "tenant": {tenant}, "group": groups}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	token, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v: %s", response.StatusCode, err, token)
	}
	return string(token)
}

// get calls the demo and answers the status and the error code, if any.
func (d demo) get(t *testing.T, token, path string) (status int, code, body string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, d.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := d.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Error struct{ Code string }
	}
	_ = json.Unmarshal(raw, &answer)
	return response.StatusCode, answer.Error.Code, string(raw)
}

// TestExternalProvider puts the demo's Resource Manager behind an identity provider in another process, over real HTTPS.
func TestExternalProvider(t *testing.T) {
	const (
		guid      = "4fbd7f0c-5a0b-4b57-bd6a-5c4b3b0f9a11"
		guidGroup = "9a6d3c52-71a4-4f5b-8f7d-2b8f6a0c1d33"
		sid       = "S-1-5-21-3623811015-3361044348-30300820-1013"
		sidGroup  = "S-1-5-21-3623811015-3361044348-30300820-2013"
	)
	tests := []struct {
		name, kind, tenant string
		common             bool
		oid, group         string
	}{
		{name: "AD FS", kind: "adfs", oid: sid, group: sidGroup},
		{name: "AD FS with a tenant", kind: "adfs", tenant: homeTenant, oid: sid, group: sidGroup},
		{name: "Entra ID v1", kind: "entra-v1", tenant: homeTenant, oid: guid, group: guidGroup},
		{name: "Entra ID v2", kind: "entra-v2", tenant: homeTenant, oid: guid, group: guidGroup},
		{name: "Entra ID v1 common", kind: "entra-v1", tenant: homeTenant, common: true, oid: guid, group: guidGroup},
		{name: "Entra ID v2 common", kind: "entra-v2", tenant: homeTenant, common: true, oid: guid, group: guidGroup},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			i := startIssuer(t, test.kind, test.tenant)
			authority := i.Authority
			if test.common {
				authority = i.Common
			}
			args := []string{
				"--authority", authority, "--audience", i.Audience, "--ca-file", i.caFile,
				"--subscription", subscription, "--import", writeAssignment(t, test.group),
			}
			if test.tenant != "" {
				args = append(args, "--tenant", test.tenant)
			}
			d := startDemo(t, args...)
			path := "/subscriptions/" + subscription + "?api-version=2022-12-01"

			if status, code, body := d.get(t, i.token(t, test.oid, "", test.group), path); status != http.StatusOK {
				t.Errorf("member of the group: %d %s, want 200\n%s", status, code, body)
			}
			if status, code, _ := d.get(t, i.token(t, test.oid, ""), path); status != http.StatusForbidden || code != "AuthorizationFailed" {
				t.Errorf("without the group: %d %s, want 403 AuthorizationFailed", status, code)
			}
			stranger := startIssuer(t, test.kind, test.tenant)
			if status, code, _ := d.get(t, stranger.token(t, test.oid, "", test.group), path); status != http.StatusUnauthorized || code != "InvalidAuthenticationToken" {
				t.Errorf("token of another issuer: %d %s, want 401 InvalidAuthenticationToken", status, code)
			}
			if strings.HasPrefix(test.kind, "entra") {
				status, code, _ := d.get(t, i.token(t, test.oid, foreignTenant, test.group), path)
				want := "InvalidAuthenticationToken" // the tenant's issuer is unknown to an authority of one tenant
				if test.common {
					want = "InvalidAuthenticationTokenTenant"
				}
				if status != http.StatusUnauthorized || code != want {
					t.Errorf("token of another tenant: %d %s, want 401 %s", status, code, want)
				}
			}
		})
	}
}

// writeAssignment writes what az role assignment list --all -o json prints for a group that reads the subscription.
func writeAssignment(t *testing.T, group string) string {
	t.Helper()
	scope := "/subscriptions/" + subscription
	assignments := []map[string]any{{
		"id":                 scope + "/providers/Microsoft.Authorization/roleAssignments/7d3bfc56-1c83-4d0f-a8ad-5f2f6f2a9c10",
		"name":               "7d3bfc56-1c83-4d0f-a8ad-5f2f6f2a9c10",
		"principalId":        group,
		"principalType":      "Group",
		"roleDefinitionId":   scope + "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
		"roleDefinitionName": "Reader",
		"scope":              scope,
		"type":               "Microsoft.Authorization/roleAssignments",
	}}
	content, err := json.Marshal(assignments)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "assignments.json")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
