package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/openid"
)

func (d *demo) wantBanner(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(d.banner, "\n  "+line+"\n") {
			t.Errorf("the banner lacks %q:\n%s", line, d.banner)
		}
	}
}

func TestBanner(t *testing.T) {
	d := start(t)
	d.wantBanner(t,
		"Subscription       "+sample.ProductionID+" Production",
		"Subscription       "+sample.SandboxID+" Sandbox",
		"owner        user              Owner of every subscription",
		"outsider     user              no role at all",
		"Administration     "+d.admin,
		"Subscription       "+sample.DefaultProviderID+" Default Provider Subscription",
		"operator     user              Owner of the administrator's side",
	)
	if strings.Contains(d.banner, "Imported") || strings.Contains(d.banner, "nobody has a role") {
		t.Errorf("banner:\n%s", d.banner)
	}
}

// The subscriptions stand below their tenants.
func TestBannerOfEntra(t *testing.T) {
	d := start(t, "--provider", "entra", "--subscription", someSubscription+":"+sample.Entra().Tenants[1].ID)
	tenants := sample.Entra().Tenants
	d.wantBanner(t,
		"Authority          "+d.url+"/{tenant}",
		"Audience           "+sample.Entra().User.Audience,
		"consultant   guest             Hubgate demo  Contributor on the resource group lab",
		"consultant   user              Partner       no role at all",
		"visitor      guest             Partner       Reader of the subscription Partner, after a second factor",
		"Audience           "+sample.Entra().Admin.Audience,
	)
	var want []string
	for _, line := range []string{
		"Tenant             " + tenants[0].ID + " Hubgate demo, hubgate.example",
		"Subscription       " + sample.ProductionID + " Production",
		"Subscription       " + sample.SandboxID + " Sandbox",
		"Tenant             " + tenants[1].ID + " Partner, partner.example",
		"Subscription       " + someSubscription,
		"Subscription       " + sample.PartnerID + " Partner",
		"Tenant             " + tenants[2].ID + " Stranger, stranger.example, not registered",
		"Administration     " + d.admin,
	} {
		want = append(want, "  "+line+"\n")
	}
	sorted := slices.Clone(want)
	slices.SortFunc(sorted, func(a, b string) int { return strings.Index(d.banner, a) - strings.Index(d.banner, b) })
	if !slices.Equal(sorted, want) || !strings.Contains(d.banner, want[0]) {
		t.Errorf("not in the order of\n%s\n%s", strings.Join(want, ""), d.banner)
	}
	// What is added to a tenant is its owner's.
	for who, status := range map[string]int{"partner": 200, "consultant": 403, "owner": 401} {
		if got := d.call(t, d.token(t, who), "GET", "/subscriptions/"+someSubscription+version, ""); got.status != status {
			t.Errorf("%s: %d %s, want %d", who, got.status, got.code, status)
		}
	}
}

// The sample owner is the Owner of what the command line adds, and what is imported is in the banner.
func TestBannerOfWhatTheCommandLineAdds(t *testing.T) {
	owner, outsider := principal(t, sample.ADFS(), "owner"), principal(t, sample.ADFS(), "outsider")
	d := start(t, "--subscription", strings.ToUpper(someSubscription), "--import", importFile(t, outsider.ObjectID, sample.SandboxID))
	d.wantBanner(t,
		"Subscription       "+strings.ToUpper(someSubscription),
		"Imported           0 role definitions, 1 role assignment",
		owner.Name+"        user              Owner of every subscription",
		"outsider     user              1 imported role assignment",
	)
	if strings.Contains(d.banner, "no role at all") {
		t.Errorf("banner:\n%s", d.banner)
	}
	mine := "/subscriptions/" + someSubscription
	if got := d.call(t, d.token(t, "owner"), "PUT", mine+"/resourcegroups/new"+version, `{"location":"local"}`); got.status != 201 {
		t.Errorf("owner: %d %s", got.status, got.code)
	}
	if got := d.call(t, d.token(t, "deployer"), "GET", mine+version, ""); got.status != 403 {
		t.Errorf("deployer: %d %s", got.status, got.code)
	}
}

// An import of what a demo exported gives nobody anything new.
func TestBannerOfImportedSamples(t *testing.T) {
	var list []map[string]any
	for _, a := range sample.ADFS().RoleAssignments(sample.ADFS().User) {
		list = append(list, map[string]any{"name": a.Name, "scope": a.Scope, "principalId": a.PrincipalID, "principalType": a.PrincipalType,
			"roleDefinitionId": a.RoleDefinitionID})
	}
	content, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "samples.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	d := start(t, "--import", file)
	d.wantBanner(t,
		"Imported           0 role definitions, 6 role assignments",
		"reader       user              Reader of Production, by a group within a group",
		"outsider     user              no role at all",
	)
}

func TestBannerOfAnExternalAuthority(t *testing.T) {
	p := startProvider(t, openid.ADFS)
	args := []string{"--authority", p.Authority(), "--audience", someAudience, "--ca-file", p.caFile, "--subscription", someSubscription}
	d := start(t, args...)
	d.wantBanner(t, "Subscription       "+someSubscription, "Roles              nobody has a role yet: --import FILE")
	d = start(t, append(args, "--import", importFile(t, someSID, someSubscription))...)
	d.wantBanner(t, "Imported           0 role definitions, 1 role assignment")
	if strings.Contains(d.banner, "nobody has a role") {
		t.Errorf("banner:\n%s", d.banner)
	}
}
