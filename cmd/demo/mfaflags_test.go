package main

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/middleware/mfaaudit"
)

// wantMode fails the test unless the banner says what is asked of people who change something.
func (d *demo) wantMode(t *testing.T, mode string) {
	t.Helper()
	if mode != "off" {
		d.wantBanner(t, "MFA for changes    "+mode)
	} else if strings.Contains(d.banner, "MFA for changes") {
		t.Errorf("banner:\n%s", d.banner)
	}
}

// Who is exempt needs no second factor until the exemption ends, on either side.
func TestMFAExempt(t *testing.T) {
	const partnerGroup = "ae495375-0a8a-4f9e-9183-a4eda7d7cf35" // of which partner is a member, by another group
	app, lab := production+"/resourcegroups/app", sandbox+"/resourcegroups/lab"
	web := "/subscriptions/" + sample.PartnerID + "/resourcegroups/web"
	system := "/subscriptions/" + sample.DefaultProviderID + "/resourcegroups/try"
	type row struct {
		who, tenant, path string
		admin             bool
		exempt            bool
	}
	for _, test := range []struct {
		name, provider string
		exempt         []string
		rows           []row
		banner         []string
	}{
		{"principals", entra, []string{
			"principal=owner,until=2999-01-31", "until=2001-01-31,principal=contributor",
			"principal=CONSULTANT@,until=2999-01-31", // replaced below by an object id
			"principal=operator,until=2999-01-31T18:00:00Z",
		}, []row{
			{"owner", "", app, false, true}, {"contributor", "", app, false, false}, {"consultant", "hubgate.example", lab, false, true},
			{"partner", "", web, false, false}, {"operator", "", system, true, true},
		}, []string{
			"Exempt             principal=owner,until=2999-01-31",
			"Exempt             until=2001-01-31,principal=contributor, which is over",
		}},
		{"a name in another tenant than its own", entra, []string{"principal=consultant,tenant=hubgate.example,until=2999-01-31"}, []row{
			{"consultant", "hubgate.example", lab, false, true}, {"owner", "", app, false, false},
		}, nil},
		{"a name in its own tenant", entra, []string{"principal=consultant,until=2999-01-31"}, []row{{"consultant", "hubgate.example", lab, false, false}}, nil},
		{"a group", entra, []string{"group=" + partnerGroup + ",tenant=PARTNER.example,until=2999-01-31"}, []row{
			{"partner", "", web, false, true}, {"owner", "", app, false, false},
		}, nil},
		{"a group of another tenant", entra, []string{"group=" + partnerGroup + ",until=2999-01-31"}, []row{{"partner", "", web, false, false}}, nil},
		{"an application", adfs, []string{"application=" + strings.ToUpper(azureCLI) + ",until=2999-01-31"}, []row{
			{"owner", "", app, false, true}, {"contributor", "", app, false, true}, {"operator", "", system, true, true},
		}, nil},
		{"a principal of AD FS", adfs, []string{"principal=" + strings.ToLower(principal(t, sample.ADFS(), "owner").ObjectID) + ",until=2999-01-31"}, []row{
			{"owner", "", app, false, true}, {"contributor", "", app, false, false}, {"operator", "", system, true, false},
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := []string{"--provider", test.provider, "--mfa", "enforce"}
			guest, err := findPrincipal(sample.Entra(), "consultant", "hubgate.example")
			if err != nil {
				t.Fatal(err)
			}
			for _, exempt := range test.exempt {
				args = append(args, "--mfa-exempt", strings.Replace(exempt, "CONSULTANT@", guest.ObjectID, 1))
			}
			d := start(t, args...)
			d.wantBanner(t, test.banner...)
			for _, r := range test.rows {
				base, more := d.url, []string{"--tenant", r.tenant}
				if r.admin {
					base, more = d.admin, append(more, "--admin")
				}
				got := d.callAt(t, base, d.token(t, r.who, more...), "PUT", r.path+version, newGroup)
				if r.exempt && got.status/100 != 2 || !r.exempt && (got.status != 403 || got.code != "RequestDisallowedByAzure") {
					t.Errorf("%s: %d %s", r.who, got.status, got.code)
				}
			}
		})
	}
}

// POST counts as a change when it is told to.
func TestMFAPost(t *testing.T) {
	action := production + "/resourcegroups/app/providers/Microsoft.Compute/virtualMachines/web1/start" + version
	for _, test := range []struct {
		name   string
		args   []string
		status int
		listed int
		banner string
	}{
		{"enforce", []string{"--mfa", "enforce"}, 200, 0, "enforce"},
		{"enforce with POST", []string{"--mfa", "enforce", "--mfa-post"}, 403, 0, "enforce, POST too"},
		{"audit", []string{"--mfa", "audit"}, 200, 0, "audit"},
		{"audit with POST", []string{"--mfa", "audit", "--mfa-post"}, 200, 1, "audit, POST too"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := start(t, test.args...)
			d.wantMode(t, test.banner)
			got := d.call(t, d.token(t, "owner"), "POST", action, "{}")
			if got.status != test.status || (got.code == "RequestDisallowedByAzure") != (test.status == 403) {
				t.Errorf("%d %s", got.status, got.code)
			}
			if test.args[1] != "audit" {
				return
			}
			var report mfaaudit.Report
			if err := json.Unmarshal([]byte(runCommand(t, "mfa-report", "--output", "json", "--data", d.data)), &report); err != nil {
				t.Fatal(err)
			}
			if len(report.Records) != test.listed {
				t.Errorf("%+v", report)
			}
		})
	}
}

// capable declares what clients declare that understand challenges.
const capable = `{"access_token":{"xms_cc":{"values":["cp1"]}}}`

// challenged fails the test unless an answer is 401 with a challenge, in the one form that all clients read, for the claims. It returns
// what the client then asks the identity provider for.
func (d *demo) challenged(t *testing.T, got call, tenant, claims string) string {
	t.Helper()
	want := `Bearer realm="", authorization_uri="` + d.url + "/" + tenant + `/oauth2/authorize", error="insufficient_claims", claims="` +
		base64.StdEncoding.EncodeToString([]byte(claims)) + `"`
	if all := got.header.Values("WWW-Authenticate"); got.status != 401 || len(all) != 1 || all[0] != want {
		t.Fatalf("%d with the challenge %q, want %q", got.status, all, want)
	}
	return strings.TrimSuffix(claims, "}}") + `,"xms_cc":{"values":["cp1"]}}}`
}

// The context is what a challenge asks for, and a token with it is taken. The default may be named.
func TestMFAContext(t *testing.T) {
	for _, context := range []string{"c7", "p1"} {
		t.Run(context, func(t *testing.T) {
			d := start(t, "--provider", "entra", "--mfa", "enforce", "--mfa-context", context)
			d.wantMode(t, "enforce, by the authentication context "+context)
			owner := principal(t, sample.Entra(), "owner")
			path := production + "/resourcegroups/try" + version
			got := d.call(t, d.tokenWithClaims(t, owner, capable), "PUT", path, newGroup)
			claims := d.challenged(t, got, owner.Tenant, `{"access_token":{"acrs":{"essential":true,"values":["`+context+`"]}}}`)
			if got := d.call(t, d.tokenWithSecondFactor(t, owner, false, claims), "PUT", path, newGroup); got.status != 201 {
				t.Errorf("%d %s", got.status, got.code)
			}
		})
	}
}

// Users need the authentication context to delete a resource group, and for nothing else.
func TestDeleteGroupContext(t *testing.T) {
	d := start(t, "--provider", "entra", "--delete-group-context", "c1")
	d.wantBanner(t, "Group deletion     by users with the authentication context c1")
	owner := principal(t, sample.Entra(), "owner")
	group := production + "/resourcegroups/data" + version
	weak, otherwise := d.tokenWithClaims(t, owner, capable), d.tokenWithSecondFactor(t, owner, false, `{"access_token":{"acrs":{"essential":true,"values":["p1"]}}}`)
	for _, test := range []struct {
		name, token, method, path, body string
		status                          int
		code                            string
	}{
		{"reads", weak, "GET", group, "", 200, ""},
		{"changes", weak, "PUT", group, newGroup, 200, ""},
		{"deletes a resource", weak, "DELETE", production + "/resourcegroups/app/providers/Microsoft.Compute/virtualMachines/web2" + version, "", 200, ""},
		{"may not anyhow", d.token(t, "reader"), "DELETE", group, "", 403, "AuthorizationFailed"},
		{"a client that understands no challenges", d.token(t, "owner"), "DELETE", group, "", 403, "RequestDisallowedByAzure"},
		{"MFA, but not the context", otherwise, "DELETE", group, "", 403, "RequestDisallowedByAzure"},
		{"a workload", d.token(t, "deployer"), "DELETE", group, "", 403, "RequestDisallowedByAzure"},
		{"in another case", weak, "DELETE", strings.ToUpper(production) + "/RESOURCEGROUPS/DATA" + version, "", 401, "RequestDisallowedByAzure"},
	} {
		if got := d.call(t, test.token, test.method, test.path, test.body); got.status != test.status || got.code != test.code {
			t.Errorf("%s: %d %s, want %d %s", test.name, got.status, got.code, test.status, test.code)
		}
	}
	got := d.call(t, weak, "DELETE", group, "")
	claims := d.challenged(t, got, owner.Tenant, `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`)
	if got := d.call(t, d.tokenWithSecondFactor(t, owner, false, claims), "DELETE", group, ""); got.status != 202 {
		t.Errorf("with the context: %d %s", got.status, got.code)
	}
}

// With --mfa enforce too, one challenge is all that a client gets to see, because it steps up once for a call.
func TestDeleteGroupContextWithMFA(t *testing.T) {
	d := start(t, "--provider", "entra", "--mfa", "enforce", "--delete-group-context", "c1")
	owner := principal(t, sample.Entra(), "owner")
	group := production + "/resourcegroups/data" + version
	got := d.call(t, d.tokenWithClaims(t, owner, capable), "DELETE", group, "")
	claims := d.challenged(t, got, owner.Tenant, `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`)
	if got := d.call(t, d.tokenWithSecondFactor(t, owner, false, claims), "DELETE", group, ""); got.status != 202 {
		t.Errorf("with the context: %d %s", got.status, got.code)
	}
}
