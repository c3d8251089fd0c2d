package main

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

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
		{"by GET", "GET", home + "/revoke", ``, 405},
	} {
		if got := d.callAt(t, d.admin, d.token(t, "operations", "--admin"), test.method, path+test.path+version, test.body); got.status != test.status {
			t.Errorf("%s: %d %v, want %d", test.name, got.status, got.body, test.status)
		}
	}
	want("after its tenant", other, partner, 401)
	if got := d.callAt(t, d.admin, d.token(t, "owner", "--admin"), "POST", path+home+"/revoke"+version, "{}"); got.status != 403 {
		t.Errorf("who is no administrator: %d %s", got.status, got.code)
	}

	// What the challenge to a client that understands it asks for is issued at once, and taken.
	told := d.tokenWithClaims(t, p, capable)
	from := time.Now().Add(time.Second).Truncate(time.Second)
	event := fmt.Sprintf(`{"objectId":"%s","from":"%s"}`, p.ObjectID, from.Format(time.RFC3339))
	if got := d.callAt(t, d.admin, d.token(t, "operations", "--admin"), "POST", path+home+"/revoke"+version, event); got.status != 204 {
		t.Fatalf("%d %v", got.status, got.body)
	}
	claims := d.challenged(t, want("told", told, production, 401), home, fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, from.Unix()))
	want("as it was told", d.tokenWithClaims(t, p, claims), production, 200)
}

// Everybody in a tenant is revoked, the administrators among them; whoever gets a token after it is not.
func TestRevokeEverybody(t *testing.T) {
	d := start(t, "--provider", "entra")
	reader, partner := d.token(t, "reader"), d.token(t, "partner")
	want := func(what, token, path string, status int) {
		t.Helper()
		if got := d.call(t, token, "GET", path+version, ""); got.status != status {
			t.Errorf("%s: %d %s, want %d", what, got.status, got.code, status)
		}
	}
	guests := "/subscriptions/" + sample.PartnerID
	runCommand(t, "revoke", "--everybody", "--tenant", "Partner.example", "--data", d.data)
	want("somebody in the tenant", partner, guests, 401)
	want("somebody in another one", reader, production, 200)
	want("somebody in the tenant, anew", d.token(t, "partner"), guests, 200)
	runCommand(t, "revoke", "--everybody", "--data", d.data)
	want("somebody at home", reader, production, 401)
	want("somebody at home, anew", d.token(t, "reader"), production, 200)
	runCommand(t, "revoke", "--as", "reader", "--data", d.data) // by an application at home
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--everybody", "--as", "reader"}, "--everybody: give either it or --as"},
		{[]string{"--everybody", "--tenant", "contoso.example"}, `--tenant: "contoso.example" is none of `},
		{[]string{"--tenant", "partner.example"}, "--as: is required without --everybody"},
		{[]string{"--as", "reader", "--tenant", "partner.example"}, "--tenant: reader is not in "},
		{[]string{"--as", "somebody"}, `--as: "somebody" is none of owner, `},
		{[]string{"--as", "engineer"}, `--as: "engineer" is none of owner, `}, // who is in the AD FS
	} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), append([]string{"revoke", "--data", d.data}, test.args...), &stdout, &stderr)
		if status != 2 || !strings.Contains(stderr.String(), test.want) || strings.Contains(stderr.String(), ", engineer") {
			t.Errorf("%q: status %d: %s", test.args, status, &stderr)
		}
	}
}

// tokenWithClaims gets a token by a secret or a password, as a client does that sends the parameter claims.
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
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {p.ApplicationID}, "client_secret": {credentials.Secret(p)}}
	if p.IsUser() {
		form = url.Values{"grant_type": {"password"}, "client_id": {azureCLI}, "username": {p.Username}, "password": {credentials.Secret(p)}}
	}
	form.Set("scope", sample.Entra().User.Audience+"/.default")
	form.Set("claims", claims)
	token, err := requestToken(t.Context(), d.client, d.url+"/"+p.Tenant+"/oauth2/v2.0/token", form)
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
