package sample

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/resourcemanager"
	"hubgate.example/openid"
	"hubgate.example/rbac"
)

func TestGroupsAreTransitive(t *testing.T) {
	for name, want := range map[string][]string{
		"owner":       nil,
		"contributor": nil,
		"reader":      {domain + "-1302", domain + "-1301"}, // auditors, and readers through it
		"outsider":    nil,
		"deployer":    nil,
	} {
		i := slices.IndexFunc(principals, func(p Principal) bool { return p.Name == name })
		if got := principals[i].GroupIDs(); !slices.Equal(got, want) {
			t.Errorf("%s is in %v, want %v", name, got, want)
		}
		if got := GroupsOf(strings.ToLower(principals[i].ObjectID)); !slices.Equal(got, want) {
			t.Errorf("GroupsOf %s is %v, want %v", name, got, want)
		}
	}
	if len(principals) != 5 {
		t.Errorf("%d principals, this table has 5", len(principals))
	}
	if got := GroupsOf("S-1-5-21-1-2-3-4"); got != nil {
		t.Errorf("a stranger is in %v", got)
	}
}

func TestIdsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range principals {
		for _, id := range []string{p.Name, p.ObjectID, p.ApplicationID, p.Username} {
			if id != "" && seen[id] {
				t.Errorf("%s is there twice", id)
			}
			seen[id] = true
		}
	}
	for _, group := range groups {
		if seen[group.Name] || seen[group.ObjectID] {
			t.Errorf("%s is there twice", group.Name)
		}
		seen[group.Name], seen[group.ObjectID] = true, true
	}
}

// The table of the package comment, as the real engine sees it.
func TestWhoMayDoWhat(t *testing.T) {
	inventory, err := resourcemanager.NewInventory(Contents(Tenant))
	if err != nil {
		t.Fatal(err)
	}
	store, err := rbac.NewMemoryStore(rbac.PolicyConfig{Assignments: RoleAssignments()})
	if err != nil {
		t.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: store, TenantOf: inventory.TenantOf, HomeTenant: Tenant})
	if err != nil {
		t.Fatal(err)
	}
	const (
		read   = "Microsoft.Resources/subscriptions/resourceGroups/read"
		write  = "Microsoft.Resources/subscriptions/resourceGroups/write"
		assign = "Microsoft.Authorization/roleAssignments/write"
		app    = production + "/resourceGroups/app"
		data   = production + "/resourceGroups/data"
		lab    = sandbox + "/resourceGroups/lab"
	)
	for _, test := range []struct {
		action, scope string
		may           []string // everyone else may not
	}{
		{read, app, []string{"owner", "contributor", "reader", "deployer"}},
		{write, app, []string{"owner", "contributor", "deployer"}},
		{assign, app, []string{"owner", "deployer"}},
		{read, data, []string{"owner", "reader", "deployer"}},
		{write, data, []string{"owner", "deployer"}},
		{assign, production, []string{"owner", "deployer"}},
		{read, lab, []string{"owner"}},
		{write, lab, []string{"owner"}},
		{assign, sandbox, []string{"owner"}},
	} {
		scope, err := rbac.ParseScope(test.scope)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range Principals() {
			set, err := authorizer.ResourceSet(t.Context(), rbac.Subject{Tenant: Tenant, ObjectID: p.ObjectID, Groups: p.GroupIDs()})
			if err != nil {
				t.Fatal(err)
			}
			allowed := set.Check(rbac.Operation{Action: test.action, Scope: scope}).Allowed
			if want := slices.Contains(test.may, p.Name); allowed != want {
				t.Errorf("%s: %s at %s is %t, want %t", p.Name, test.action, test.scope, allowed, want)
			}
		}
	}
}

func TestRoleAssignmentsOfAPrincipal(t *testing.T) {
	for _, p := range Principals() {
		want := map[string]int{"owner": 2, "contributor": 1, "reader": 1, "outsider": 0, "deployer": 1}[p.Name]
		if got := len(p.RoleAssignments()); got != want {
			t.Errorf("%s has %d role assignments, want %d", p.Name, got, want)
		}
	}
}

func openCredentials(t *testing.T, path string) *Credentials {
	t.Helper()
	dir, err := datadir.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := OpenCredentials(dir)
	if err != nil {
		t.Fatal(err)
	}
	return credentials
}

func TestCredentials(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	first, second := openCredentials(t, path), openCredentials(t, path)
	other := openCredentials(t, filepath.Join(t.TempDir(), "data"))
	seen := map[string]bool{}
	for _, p := range Principals() {
		secret := first.Secret(p)
		if len(secret) < 26 || seen[secret] {
			t.Errorf("%s has a short secret or another's", p.Name)
		}
		seen[secret] = true
		if second.Secret(p) != secret {
			t.Errorf("%s has another secret after a restart", p.Name)
		}
		if other.Secret(p) == secret {
			t.Errorf("%s has the same secret in another data directory", p.Name)
		}
		isClient := p.Kind == openid.KindServicePrincipal
		if (first.Certificate(p) != nil) != isClient || (first.CertificateFile(p) != "") != isClient {
			t.Errorf("%s has certificate %v in %q", p.Name, first.Certificate(p) != nil, first.CertificateFile(p))
		}
		if isClient && !first.Certificate(p).Equal(second.Certificate(p)) {
			t.Errorf("%s has another certificate after a restart", p.Name)
		}
	}
}

// A data directory of an older demo may lack a principal's secret: those that are there stay.
func TestMissingSecretIsAdded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	before := openCredentials(t, path)
	file := filepath.Join(path, secretsFile)
	if err := os.WriteFile(file, []byte(`{"owner":"`+before.Secret(principals[0])+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	after := openCredentials(t, path)
	if after.Secret(principals[0]) != before.Secret(principals[0]) {
		t.Error("owner has another secret")
	}
	if reader := after.Secret(principals[2]); reader == "" || reader == before.Secret(principals[2]) {
		t.Errorf("reader's secret is %q", reader)
	}
}

func TestBrokenSecretsAreNotReplaced(t *testing.T) {
	dir, err := datadir.Create(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Write(secretsFile, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCredentials(dir); err == nil || !strings.Contains(err.Error(), secretsFile) {
		t.Errorf("error %v", err)
	}
}

func TestCertificateFileHoldsKeyAndCertificate(t *testing.T) {
	credentials := openCredentials(t, filepath.Join(t.TempDir(), "data"))
	deployer := principals[len(principals)-1]
	content, err := os.ReadFile(credentials.CertificateFile(deployer))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(content), "-----BEGIN PRIVATE KEY-----") != 1 || strings.Count(string(content), "-----BEGIN CERTIFICATE-----") != 1 {
		t.Error("the file is not one key and one certificate")
	}
	if credentials.Certificate(deployer).PublicKeyAlgorithm != x509.RSA {
		t.Error("the key is not RSA")
	}
}
