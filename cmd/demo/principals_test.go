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
)

func TestPrincipalsAsJSON(t *testing.T) {
	d := start(t)
	output := runCommand(t, "principals", "--output", "json", "--data", d.data)
	var entries []map[string]any
	if err := json.Unmarshal([]byte(output), &entries); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	user := []string{"name", "kind", "tenantId", "objectId", "username", "password"}
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
		{"deployer", "servicePrincipal", []string{"name", "kind", "tenantId", "objectId", "applicationId", "clientSecret", "certificateFile", "roles"},
			0, []any{"Owner at " + production}},
	} {
		entry := entries[i]
		if entry["name"] != want.name || entry["kind"] != want.kind || entry["tenantId"] != sample.Tenant {
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
	if len(entries) != 5 {
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
	for _, p := range sample.Principals() {
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
