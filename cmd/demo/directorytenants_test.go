package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
)

const (
	directoryTenants = "/subscriptions/" + sample.DefaultProviderID + "/resourceGroups/system.local/providers/Microsoft.Subscriptions.Admin/directoryTenants"
	directoryVersion = "?api-version=2015-11-01"
)

// directories returns the registered directory tenants: domain and id.
func (d *demo) directories(t *testing.T, operator string) []string {
	t.Helper()
	got := d.callAt(t, d.admin, operator, "GET", directoryTenants+directoryVersion, "")
	values, ok := got.body["value"].([]any)
	if got.status != 200 || !ok {
		t.Fatalf("%d %s", got.status, got.code)
	}
	var all []string
	for _, value := range values {
		entry := value.(map[string]any)
		all = append(all, fmt.Sprint(entry["name"], " ", entry["properties"].(map[string]any)["tenantId"]))
	}
	slices.Sort(all)
	return all
}

// The administrator registers and removes guest directories, and the user's side knows at the next request.
func TestDirectoryTenants(t *testing.T) {
	d := start(t, "--provider", "entra")
	home, partner, stranger := sample.Entra().Tenants[0], sample.Entra().Tenants[1], sample.Entra().Tenants[2]
	operator, owner := d.token(t, "operator", "--admin"), d.token(t, "owner")
	ours, theirs := d.token(t, "partner"), d.token(t, "stranger")
	partnerSubscription := "/subscriptions/" + sample.PartnerID + version
	want := func(when string, token, path, outcome string) {
		t.Helper()
		got := d.call(t, token, "GET", path, "")
		if text := strings.TrimSpace(fmt.Sprintf("%d %s", got.status, got.code)); text != outcome {
			t.Errorf("%s: %s, want %s", when, text, outcome)
		}
	}
	change := func(method, name, body string, status int) {
		t.Helper()
		if got := d.callAt(t, d.admin, operator, method, directoryTenants+"/"+name+directoryVersion, body); got.status != status {
			t.Fatalf("%s %s: %d %v, want %d", method, name, got.status, got.body, status)
		}
	}
	registration := func(tenant sample.Tenant) string {
		return fmt.Sprintf(`{"location":"local","properties":{"tenantId":%q}}`, tenant.ID)
	}
	wantDirectories := func(want ...string) {
		t.Helper()
		if got := d.directories(t, operator); !slices.Equal(got, want) {
			t.Errorf("directories %v, want %v", got, want)
		}
	}

	wantDirectories("hubgate.example "+home.ID, "partner.example "+partner.ID)
	want("at the start, partner", ours, partnerSubscription, "200")
	want("at the start, owner", owner, partnerSubscription, "401 InvalidAuthenticationTokenTenant")
	want("at the start, stranger", theirs, "/tenants"+version, "401 InvalidAuthenticationTokenTenant")

	change("DELETE", "partner.example", "", 200)
	wantDirectories("hubgate.example " + home.ID)
	if _, page := landingPageOf(t, d); !strings.Contains(page, partner.ID+" Partner, partner.example, not registered\n") || strings.Contains(page, sample.PartnerID) {
		t.Errorf("removed, but a browser is shown\n%s", page)
	}
	want("removed, partner", ours, partnerSubscription, "401 InvalidAuthenticationTokenTenant")
	want("removed, partner's list", ours, "/subscriptions"+version, "401 InvalidAuthenticationTokenTenant")
	want("removed, owner", owner, partnerSubscription, "404 SubscriptionNotFound")
	want("removed, owner elsewhere", owner, production+version, "200")

	change("PUT", "again", registration(partner), 201)
	want("registered again, partner", ours, partnerSubscription, "200")
	want("registered again, owner", owner, partnerSubscription, "401 InvalidAuthenticationTokenTenant")

	change("PUT", "stranger.example", registration(stranger), 201)
	wantDirectories("again "+partner.ID, "hubgate.example "+home.ID, "stranger.example "+stranger.ID)
	want("registered, stranger", theirs, "/tenants"+version, "200")
	want("registered, stranger elsewhere", theirs, partnerSubscription, "401 InvalidAuthenticationTokenTenant")
	if got := d.subscriptions(t, d.url, theirs); len(got) != 0 {
		t.Errorf("stranger sees %v", got)
	}
	change("DELETE", "stranger.example", "", 200)
	want("removed, stranger", theirs, "/tenants"+version, "401 InvalidAuthenticationTokenTenant")

	change("DELETE", "hubgate.example", "", 409)
	change("PUT", "nonsense", `{"location":"local","properties":{"tenantId":"nonsense"}}`, 400)
	want("at the end, owner", owner, production+version, "200")

	// Nobody else does that: not with a token for the user's side, and not without a role.
	for name, token := range map[string]string{"user's side": d.token(t, "operator"), "no role": d.token(t, "owner", "--admin")} {
		got := d.callAt(t, d.admin, token, "DELETE", directoryTenants+"/again"+directoryVersion, "")
		if got.status != 401 && got.status != 403 {
			t.Errorf("%s: %d %s", name, got.status, got.code)
		}
	}
	if got := d.call(t, owner, "GET", production+"/resourceGroups/app/providers/Microsoft.Subscriptions.Admin/directoryTenants"+directoryVersion, ""); got.status != 404 {
		t.Errorf("directory tenants on the user's side: %d %s", got.status, got.code)
	}

	// At the next start there are the samples' again.
	d.stopped()
	d = startIn(t, d.data, "--provider", "entra")
	if got, want := d.directories(t, d.token(t, "operator", "--admin")), []string{"hubgate.example " + home.ID, "partner.example " + partner.ID}; !slices.Equal(got, want) {
		t.Errorf("after a restart: %v, want %v", got, want)
	}
}

// An AD FS has one directory.
func TestDirectoryTenantsOfADFS(t *testing.T) {
	d := start(t)
	operator := d.token(t, "operator", "--admin")
	want := []string{"hubgate.example " + sample.ADFS().Home()}
	if got := d.directories(t, operator); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	got := d.callAt(t, d.admin, operator, "PUT", directoryTenants+"/more"+directoryVersion, fmt.Sprintf(`{"location":"local","properties":{"tenantId":%q}}`, someTenant))
	if got.status != 409 || !strings.Contains(fmt.Sprint(got.body), "AD FS has one directory tenant") {
		t.Errorf("%d %v", got.status, got.body)
	}
	if got := d.directories(t, operator); !slices.Equal(got, want) {
		t.Errorf("afterwards %v, want %v", got, want)
	}
}

// Each side tells clients its own audience.
func TestAdministratorsMetadata(t *testing.T) {
	for _, provider := range []string{adfs, entra} {
		d := start(t, "--provider", provider)
		got := d.callAt(t, d.admin, "", "GET", "/metadata/endpoints?api-version=2015-01-01", "").body
		authentication, _ := got["authentication"].(map[string]any)
		login := map[string]string{adfs: d.url + "/adfs", entra: d.url + "/"}[provider]
		if audience := installationOf(provider).Admin.Audience; authentication["loginEndpoint"] != login || authentication["audiences"].([]any)[0] != audience {
			t.Errorf("%s: %v", provider, got)
		}
		for _, path := range []string{"/livez", "/readyz", "/"} {
			if got := d.callAt(t, d.admin, "", "GET", path, ""); got.status != 200 {
				t.Errorf("%s: %s: %d", provider, path, got.status)
			}
		}
		// Nobody signs in there.
		if got := d.callAt(t, d.admin, "", "GET", "/adfs/.well-known/openid-configuration", ""); got.status != 401 {
			t.Errorf("%s: AD FS on the administrator's side: %d", provider, got.status)
		}
	}
}

func TestNoAdministratorsSide(t *testing.T) {
	d := start(t, "--listen-admin", "")
	if d.admin != "" {
		t.Errorf("the banner has %s", d.admin)
	}
	if got := d.call(t, d.token(t, "owner"), "GET", production+version, ""); got.status != 200 {
		t.Errorf("the user's side: %d %s", got.status, got.code)
	}
	var stdout, stderr strings.Builder
	if status := run(t.Context(), []string{"token", "--as", "operator", "--admin", "--data", d.data}, &stdout, &stderr); status != 1 || !strings.Contains(stderr.String(), "has no administrator's side") {
		t.Errorf("token: status %d: %s", status, stderr.String())
	}
}
