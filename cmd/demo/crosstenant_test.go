package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
)

// The outcomes of a call, one letter each.
const (
	allowed   = 'y' // 200
	noRole    = 'n' // 403
	noTenant  = 't' // 401: the token is from another tenant
	otherSide = 'a' // 401: the token is for the other side
)

var outcomes = map[rune]string{
	allowed:   "200 ",
	noRole:    "403 AuthorizationFailed",
	noTenant:  "401 InvalidAuthenticationTokenTenant",
	otherSide: "401 InvalidAuthenticationTokenAudience",
}

// A crossRow says what a principal may read on both sides: each subscription and, behind it, its resource groups, first with a token
// for the user's side, then with one for the administrator's; and which subscriptions a list shows, each to the token of its side.
type crossRow struct {
	principal   string // name@domain of the tenant that the token is from
	user, admin string // an outcome per place; blanks are for the eye
	listed      string
}

// Every principal of every tenant, registered or not, against everything on both sides. What is at stake is in the columns of the
// other tenant: nobody but its own principals gets anything there, and who is in both tenants is somebody else in each.
func TestCrossTenant(t *testing.T) {
	for _, test := range []struct {
		provider string
		places   []string // of a row's outcomes
		rows     []crossRow
	}{
		{adfs, []string{
			"Production", "app", "data", "Sandbox", "lab", "Default Provider Subscription", "system.local",
		}, []crossRow{
			{"owner@hubgate.example", "yyy yy aa", "aaa aa nn", "Production Sandbox"},
			{"contributor@hubgate.example", "nyn nn aa", "aaa aa nn", "Production"},
			{"reader@hubgate.example", "yyy nn aa", "aaa aa nn", "Production"},
			{"outsider@hubgate.example", "nnn nn aa", "aaa aa nn", ""},
			{"deployer@hubgate.example", "yyy nn aa", "aaa aa nn", "Production"},
			{"operator@hubgate.example", "nnn nn aa", "aaa aa yy", "Default Provider Subscription"},
			{"operations@hubgate.example", "nnn nn aa", "aaa aa yy", "Default Provider Subscription"},
			{"engineer@hubgate.example", "nyn nn aa", "aaa aa nn", "Production"},
		}},
		{entra, []string{
			"Production", "app", "data", "Sandbox", "lab", "Partner", "web", "Default Provider Subscription", "system.local",
		}, []crossRow{
			{"owner@hubgate.example", "yyy yy tt aa", "aaa aa aa nn", "Production Sandbox"},
			{"contributor@hubgate.example", "nyn nn tt aa", "aaa aa aa nn", "Production"},
			{"reader@hubgate.example", "yyy nn tt aa", "aaa aa aa nn", "Production"},
			{"outsider@hubgate.example", "nnn nn tt aa", "aaa aa aa nn", ""},
			{"visitor@hubgate.example", "nnn yy tt aa", "aaa aa aa nn", "Sandbox"},
			{"consultant@hubgate.example", "nnn ny tt aa", "aaa aa aa nn", "Sandbox"},
			{"deployer@hubgate.example", "yyy nn tt aa", "aaa aa aa nn", "Production"},
			{"operator@hubgate.example", "nnn nn tt aa", "aaa aa aa yy", "Default Provider Subscription"},
			{"operations@hubgate.example", "nnn nn tt aa", "aaa aa aa yy", "Default Provider Subscription"},
			{"member@hubgate.example", "nnn yy tt aa", "aaa aa aa nn", "Sandbox"},
			{"web1@hubgate.example", "nyn nn tt aa", "aaa aa aa nn", "Production"},
			{"pipeline@hubgate.example", "nny nn tt aa", "aaa aa aa nn", "Production"},
			{"resolver@hubgate.example", "nnn nn tt aa", "aaa aa aa nn", ""},

			{"partner@partner.example", "ttt tt yy aa", "aaa aa aa tt", "Partner"},
			{"consultant@partner.example", "ttt tt nn aa", "aaa aa aa tt", ""},
			{"visitor@partner.example", "ttt tt yy aa", "aaa aa aa tt", "Partner"},
			{"deployer@partner.example", "ttt tt ny aa", "aaa aa aa tt", "Partner"},
			{"resolver@partner.example", "ttt tt nn aa", "aaa aa aa tt", ""},

			{"stranger@stranger.example", "ttt tt tt aa", "aaa aa aa tt", ""},
			{"deployer@stranger.example", "ttt tt tt aa", "aaa aa aa tt", ""},
		}},
	} {
		t.Run(test.provider, func(t *testing.T) {
			d := start(t, "--provider", test.provider)
			installation := installationOf(test.provider)
			places := placesOf(t, d, installation)
			if got, want := slices.Sorted(maps.Keys(places)), slices.Sorted(slices.Values(test.places)); !slices.Equal(got, want) {
				t.Fatalf("the installation has %v, the table %v", got, want)
			}
			rows := make(map[string]crossRow)
			for _, row := range test.rows {
				rows[row.principal] = row
			}
			for _, tenant := range installation.Tenants {
				for _, p := range tenant.Principals() {
					name := p.Name + "@" + tenant.Domain
					row, found := rows[name]
					if !found {
						t.Errorf("%s is not in the table", name)
					}
					delete(rows, name)
					t.Run(name, func(t *testing.T) {
						user, admin := d.tokens(t, p)
						d.wantOutcomes(t, user, row.user, test.places, places)
						d.wantOutcomes(t, admin, row.admin, test.places, places)
						listed := slices.Concat(d.subscriptions(t, d.url, user), d.subscriptions(t, d.admin, admin))
						if got := strings.Join(listed, " "); got != row.listed {
							t.Errorf("lists show %q, want %q", got, row.listed)
						}
					})
				}
			}
			for name := range rows {
				t.Errorf("%s is in the table and nowhere else", name)
			}
		})
	}
}

// placesOf returns the URLs of all subscriptions and resource groups of both sides.
func placesOf(t *testing.T, d *demo, installation sample.Installation) map[string]string {
	t.Helper()
	places := make(map[string]string)
	for base, side := range map[string]sample.Side{d.url: installation.User, d.admin: installation.Admin} {
		contents := side.Contents(installation.Home())
		for _, subscription := range contents.Subscriptions {
			places[subscription.DisplayName] = base + "/subscriptions/" + subscription.ID
		}
		for _, resource := range contents.Resources {
			if segments := strings.Split(resource.ID, "/"); len(segments) == 5 { // a resource group
				places[segments[4]] = base + resource.ID
			}
		}
	}
	return places
}

func (d *demo) wantOutcomes(t *testing.T, token, want string, names []string, urls map[string]string) {
	t.Helper()
	letters := []rune(strings.ReplaceAll(want, " ", ""))
	if len(letters) != len(names) {
		t.Fatalf("%q has outcomes for %d places, not for %d", want, len(letters), len(names))
	}
	for i, name := range names {
		got := d.callAt(t, urls[name], token, "GET", version, "")
		if text := fmt.Sprintf("%d %s", got.status, got.code); text != outcomes[letters[i]] {
			t.Errorf("%s: %s, want %s", name, text, outcomes[letters[i]])
		}
	}
}

// subscriptions returns the names in the list of a side, and none when the token is refused.
func (d *demo) subscriptions(t *testing.T, base, token string) []string {
	t.Helper()
	values, _ := d.callAt(t, base, token, "GET", "/subscriptions"+version, "").body["value"].([]any)
	var names []string
	for _, value := range values {
		names = append(names, value.(map[string]any)["displayName"].(string))
	}
	return names
}

// tokens returns a principal's tokens for both sides.
func (d *demo) tokens(t *testing.T, p sample.Principal) (user, admin string) {
	t.Helper()
	if p.MFA {
		return d.tokenWithSecondFactor(t, p, false, ""), d.tokenWithSecondFactor(t, p, true, "")
	}
	return d.token(t, p.Name, "--tenant", p.Tenant), d.token(t, p.Name, "--tenant", p.Tenant, "--admin")
}
