package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// With someone else's identity provider there is no administrator's side: who has a role at "/" reads the list there, and revokes.
func TestMFAOfExternalProvider(t *testing.T) {
	for kind, test := range map[openid.AuthorityType]struct {
		user, tenant string
		more         []string
	}{
		openid.ADFS:    {someSID, "adfs", []string{"--mfa-claim", ownMFAClaim.Name + "=" + ownMFAClaim.Value}},
		openid.EntraV1: {someUser, someTenant, nil},
	} {
		t.Run(string(kind), func(t *testing.T) {
			p := startProvider(t, kind)
			owner := filepath.Join(t.TempDir(), "owner.json")
			if err := os.WriteFile(owner, []byte(`[{"name":"`+someUser+`","scope":"/","principalId":"`+test.user+`",
				"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}]`), 0o600); err != nil {
				t.Fatal(err)
			}
			d := start(t, append([]string{
				"--authority", p.Authority(), "--audience", someAudience, "--ca-file", p.caFile, "--import", owner,
				"--subscription", someSubscription, "--mfa", "audit",
			}, test.more...)...)
			d.awaitReady(t)
			group := "/subscriptions/" + someSubscription + "/resourcegroups/try" + version
			without, with := p.Token(openidtest.User(test.user)), p.Token(openidtest.User(test.user), openidtest.MFA())
			for _, token := range []string{without, with} {
				if got := d.call(t, token, "PUT", group, newGroup); got.status/100 != 2 {
					t.Fatalf("%d %s", got.status, got.code)
				}
			}
			const administration = "/providers/hubgate.admin"
			report := d.call(t, without, "GET", administration+"/mfareports/current"+version, "")
			if records, _ := report.body["records"].([]any); len(records) != 1 || records[0].(map[string]any)["count"] != 1.0 {
				t.Errorf("the report is %v", report.body)
			}
			someoneElse := p.Token(openidtest.User(strings.Replace(test.user, "1", "2", 1)))
			for _, token := range []string{"", someoneElse} {
				if got := d.call(t, token, "GET", administration+"/mfareports/current"+version, ""); got.status != 401 && got.status != 403 {
					t.Errorf("the report to somebody: %d", got.status)
				}
			}
			if got := d.call(t, without, "POST", administration+"/tenants/"+test.tenant+"/revoke"+version, ""); got.status != 204 {
				t.Errorf("the revocation: %d %v", got.status, got.body)
			}
			if got := d.call(t, without, "GET", group, ""); got.status != 401 {
				t.Errorf("after the revocation: %d", got.status)
			}
			waitFor(t, "the record in the file", func() bool {
				return strings.Contains(runCommand(t, "mfa-report", "--data", d.data), test.user)
			})
		})
	}
}

// Someone else's AD FS tells service principals by a claim of the site's own. They need no second factor; those without it are told what
// they lack.
func TestWorkloadClaimOfExternalProvider(t *testing.T) {
	p := startProvider(t, openid.ADFS)
	owner := filepath.Join(t.TempDir(), "owner.json")
	if err := os.WriteFile(owner, []byte(`[{"name":"`+someUser+`","scope":"/","principalId":"`+someSID+`",
		"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	d := start(t, "--authority", p.Authority(), "--audience", someAudience, "--ca-file", p.caFile, "--import", owner, "--subscription", someSubscription,
		"--mfa", "enforce", "--mfa-claim", ownMFAClaim.Name+"="+ownMFAClaim.Value, "--workload-claim", "role=Workload")
	d.awaitReady(t)
	for name, test := range map[string]struct {
		claims []openidtest.Claim
		status int
		told   string
	}{
		"with the claim":           {[]openidtest.Claim{openidtest.With("role", "Workload")}, 201, ""},
		"without":                  {nil, 403, "openid.VerifierConfig.WorkloadClaim"},
		"with the default's claim": {[]openidtest.Claim{openidtest.With("idtyp", "app")}, 403, "openid.VerifierConfig.WorkloadClaim"},
	} {
		got := d.call(t, p.Token(openidtest.ServicePrincipal(someSID), test.claims...), "PUT", "/subscriptions/"+someSubscription+"/resourcegroups/try"+version, newGroup)
		failure, _ := got.body["error"].(map[string]any)
		message, _ := failure["message"].(string)
		if got.status != test.status || !strings.Contains(message, test.told) {
			t.Errorf("%s: %d %v", name, got.status, got.body)
		}
	}
}
