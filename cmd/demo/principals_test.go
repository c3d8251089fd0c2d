package main

import (
	"crypto/tls"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/openid"
)

func TestPrincipalsAsJSON(t *testing.T) {
	d := start(t)
	output := runCommand(t, "principals", "--output", "json", "--data", d.data)
	var entries []map[string]any
	if err := json.Unmarshal([]byte(output), &entries); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	user := []string{"name", "kind", "tenantId", "tenantName", "objectId", "username", "password"}
	application := []string{"name", "kind", "tenantId", "tenantName", "objectId", "applicationId", "clientSecret", "certificateFile", "roles"}
	admin := "/subscriptions/" + sample.DefaultProviderID
	for i, want := range []struct {
		name, kind string
		members    []string
		groups     int
		roles      []any
	}{
		{"owner", "user", append(user, "roles"), 0, []any{"Owner at " + production, "Owner at " + sandbox}},
		{"contributor", "user", append(user, "roles"), 0, []any{"Contributor at " + production + "/resourceGroups/app"}},
		{"reader", "user", append(user, "groups", "roles"), 2, []any{"Reader at " + production}},
		{"outsider", "user", user, 0, nil},
		{"deployer", "servicePrincipal", application, 0, []any{"Owner at " + production}},
		{"operator", "user", append(user, "roles"), 0, []any{"Owner at " + admin}},
		{"operations", "servicePrincipal", application, 0, []any{"Owner at " + admin}},
		{"engineer", "user", append(user, "roles", "mfa"), 0, []any{"Contributor at " + production + "/resourceGroups/app"}},
	} {
		entry := entries[i]
		if entry["name"] != want.name || entry["kind"] != want.kind || entry["tenantId"] != sample.ADFS().Home() {
			t.Errorf("entry %d is %v", i, entry)
		}
		if len(entry) != len(want.members) {
			t.Errorf("%s has %d members, want %v", want.name, len(entry), want.members)
		}
		for _, member := range want.members {
			if value, ok := entry[member]; !ok || value == "" {
				t.Errorf("%s lacks %s", want.name, member)
			}
		}
		if groups, _ := entry["groups"].([]any); len(groups) != want.groups {
			t.Errorf("%s is in the groups %v", want.name, groups)
		}
		if roles, _ := entry["roles"].([]any); !reflect.DeepEqual(roles, want.roles) {
			t.Errorf("%s has the roles %v, want %v", want.name, roles, want.roles)
		}
	}
	if len(entries) != 8 {
		t.Errorf("%d entries", len(entries))
	}
	content, err := os.ReadFile(entries[4]["certificateFile"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tls.X509KeyPair(content, content); err != nil {
		t.Errorf("the certificate file is not key and certificate: %v", err)
	}
}

func TestPrincipalsAsText(t *testing.T) {
	d := start(t)
	output := runCommand(t, "principals", "--data", d.data)
	for _, p := range sample.ADFS().Principals() {
		for _, want := range []string{p.Name + "\n", p.ObjectID, p.ApplicationID, p.Username} {
			if !strings.Contains(output, want) {
				t.Errorf("lacks %q:\n%s", want, output)
			}
		}
		if !strings.Contains(d.banner, "\n  "+p.Name+" ") {
			t.Errorf("the banner lacks %s:\n%s", p.Name, d.banner)
		}
	}
	// What is printed at the start may end up in somebody's log.
	if secret := regexpSecret.FindString(d.banner); secret != "" {
		t.Errorf("the banner has the secret %s", secret)
	}
	if regexpSecret.FindString(output) == "" {
		t.Errorf("no secret in the list:\n%s", output)
	}
}

// Who is in several tenants is listed in each. What is listed is what runs or, when nothing does, what is asked for.
func TestPrincipalsOfEntra(t *testing.T) {
	d := start(t, "--provider", "entra")
	list := func(args ...string) map[string]principalEntry {
		t.Helper()
		var entries []principalEntry
		output := runCommand(t, append([]string{"principals", "--output", "json", "--data", d.data}, args...)...)
		if err := json.Unmarshal([]byte(output), &entries); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		byName := make(map[string]principalEntry)
		for _, e := range entries {
			byName[e.Name+" in "+e.TenantName] = e
		}
		if len(byName) != len(entries) {
			t.Errorf("%d entries, %d names", len(entries), len(byName))
		}
		return byName
	}
	running := list()
	if len(running) != len(sample.Entra().Principals()) {
		t.Errorf("%d entries", len(running))
	}
	if got := list("--provider", "adfs"); len(got) != len(sample.ADFS().Principals()) {
		t.Errorf("%d entries of adfs", len(got))
	}
	d.stopped()
	if got := list(); len(got) != len(sample.ADFS().Principals()) {
		t.Errorf("%d entries when nothing runs", len(got))
	}
	if got := list("--provider", "entra"); !reflect.DeepEqual(got, running) {
		t.Errorf("entra is %v, and was %v while it ran", got, running)
	}

	home, guest := running["visitor in Hubgate demo"], running["visitor in Partner"]
	if home.Kind != openid.KindUser || home.HomeTenantID != "" || home.MFA {
		t.Errorf("visitor at home is %+v", home)
	}
	if guest.Kind != openid.KindGuest || guest.HomeTenantID != home.TenantID || !guest.MFA || guest.ObjectID == home.ObjectID || guest.Password != home.Password {
		t.Errorf("visitor as a guest is %+v", guest)
	}
	own, other := running["deployer in Hubgate demo"], running["deployer in Partner"]
	if own.ApplicationID != other.ApplicationID || own.ClientSecret != other.ClientSecret || own.CertificateFile != other.CertificateFile || own.ObjectID == other.ObjectID {
		t.Errorf("deployer is %+v and %+v", own, other)
	}
}

// A demo with another identity provider that was killed leaves its file behind. It hides nothing.
func TestPrincipalsAfterAKilledDemo(t *testing.T) {
	d := start(t)
	d.stopped()
	if err := os.WriteFile(filepath.Join(d.data, runningFile), []byte(`{"url":"`+d.url+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if output := runCommand(t, "principals", "--data", d.data); !strings.Contains(output, "deployer") {
		t.Errorf("principals:\n%s", output)
	}
}
