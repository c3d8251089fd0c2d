package main

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/sample"
)

// What was issued is refused at once, and what a client gets that asks as the challenge says is taken.
func TestRevoke(t *testing.T) {
	d := start(t, "--provider", "entra")
	own, other := d.token(t, "deployer"), d.token(t, "deployer", "--tenant", "partner.example")
	want := func(what, token, path string, status int) call {
		t.Helper()
		got := d.call(t, token, "GET", path+version, "")
		if got.status != status {
			t.Errorf("%s: %d %s, want %d", what, got.status, got.code, status)
		}
		return got
	}
	partner := "/subscriptions/" + sample.PartnerID + "/resourcegroups/web"
	want("before", own, production, 200)
	runCommand(t, "revoke", "--as", "deployer", "--data", d.data)
	if got := want("after", own, production, 401); got.code != "InvalidAuthenticationToken" {
		t.Errorf("the code is %s", got.code)
	}
	want("in another tenant", other, partner, 200)
	want("somebody else", d.token(t, "reader"), production, 200)

	// An administrator's call, for the time from which on tokens count; claims of a challenge ask for one of that time.
	home := sample.Entra().Home()
	path := sample.GateAdministration() + "/tenants/"
	p := principal(t, sample.Entra(), "deployer")
	for _, test := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"a principal", "POST", home + "/revoke", `{"objectId":"` + p.ObjectID + `"}`, 204},
		{"from a time", "POST", strings.ToUpper(home) + "/REVOKE", `{"objectId":"` + p.ObjectID + `","from":"2001-01-01T00:00:00Z"}`, 204},
		{"a tenant, from a time", "POST", home + "/revoke", `{"from":"2001-01-01T00:00:00Z"}`, 204},
		{"a tenant", "POST", sample.Entra().Tenants[1].ID + "/revoke", ``, 204},
		{"mistyped", "POST", home + "/revoke", `{"objectID ":"` + p.ObjectID + `"}`, 400},
		{"no id", "POST", home + "/revoke", `{"objectId":"deployer"}`, 400},
		{"no tenant", "POST", "hubgate.example/revoke", `{}`, 400},
		{"no JSON", "POST", home + "/revoke", `[]`, 400},
		{"no time", "POST", home + "/revoke", `{"from":"now"}`, 400},
		{"too much", "POST", home + "/revoke", `{"objectId":"` + strings.Repeat("0", maxRevocation) + `"}`, 400},
		{"another action", "POST", home + "/restore", `{}`, 404},
		{"by GET", "GET", home + "/revoke", ``, 404},
	} {
		if got := d.callAt(t, d.admin, d.token(t, "operations", "--admin"), test.method, path+test.path, test.body); got.status != test.status {
			t.Errorf("%s: %d %v, want %d", test.name, got.status, got.body, test.status)
		}
	}
	want("after its tenant", other, partner, 401)
	if got := d.callAt(t, d.admin, d.token(t, "owner", "--admin"), "POST", path+home+"/revoke", "{}"); got.status != 403 {
		t.Errorf("who is no administrator: %d %s", got.status, got.code)
	}

	// What the challenge to a client that understands it asks for is issued at once, and taken.
	capable := `{"access_token":{"xms_cc":{"values":["cp1"]}}}`
	runCommand(t, "revoke", "--as", "deployer", "--data", d.data)
	challenge := want("told", d.tokenWithClaims(t, p, capable), production, 401).header.Get("WWW-Authenticate")
	encoded := regexp.MustCompile(`error="insufficient_claims", claims="([^"]+)"`).FindStringSubmatch(challenge)
	if encoded == nil {
		t.Fatalf("no claims in %q", challenge)
	}
	claims, err := base64.StdEncoding.DecodeString(encoded[1])
	if err != nil {
		t.Fatal(err)
	}
	want("as it was told", d.tokenWithClaims(t, p, string(claims)), production, 200)
}

// tokenWithClaims gets an application's token as a client does that sends the parameter claims.
func (d *demo) tokenWithClaims(t *testing.T, p sample.Principal, claims string) string {
	t.Helper()
	dir, err := datadir.Open(d.data)
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := sample.OpenCredentials(dir, sample.Entra())
	if err != nil {
		t.Fatal(err)
	}
	token, err := requestToken(t.Context(), d.client, d.url+"/"+p.Tenant+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {p.ApplicationID}, "client_secret": {credentials.Secret(p)},
		"scope": {sample.Entra().User.Audience + "/.default"}, "claims": {claims},
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestRevokeWithoutAdministrator(t *testing.T) {
	d := start(t, "--listen-admin", "")
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), []string{"revoke", "--as", "owner", "--data", d.data}, &stdout, &stderr); status != 1 || !strings.Contains(stderr.String(), "has no administrator's side") {
		t.Errorf("status %d: %s", status, &stderr)
	}
}
