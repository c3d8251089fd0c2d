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

// installations are both, by a name for messages.
func installations() map[string]Installation {
	return map[string]Installation{"AD FS": ADFS(), "Entra ID": Entra()}
}

// inTenant is how the tests call a principal: name@domain, because some are in several tenants.
func inTenant(i Installation, p Principal) string {
	tenant, _ := i.Tenant(p.Tenant)
	return p.Name + "@" + tenant.Domain
}

func TestGroupsAreTransitive(t *testing.T) {
	for name, want := range map[string]map[string][]string{
		"AD FS": {"reader@hubgate.example": {domainSID + "-1302", domainSID + "-1301"}}, // auditors, and readers through it
		"Entra ID": {
			"reader@hubgate.example": {"4cecf6ba-a364-4d34-a10b-98bf3bc725fb", "0b989ce0-c9f5-4b7d-8299-9d8e154ba854"},
			"member@hubgate.example": projectIDs(), "partner@partner.example": {"34c644f0-1d00-4775-9614-f9a694591e1d", "ae495375-0a8a-4f9e-9183-a4eda7d7cf35"},
		},
	} {
		i := installations()[name]
		members := 0
		for _, p := range i.Principals() {
			want := want[inTenant(i, p)]
			if got := p.GroupIDs(); !slices.Equal(got, want) {
				t.Errorf("%s: %s is in %v, want %v", name, inTenant(i, p), got, want)
			}
			if got := i.GroupsOf(strings.ToUpper(p.ObjectID)); !slices.Equal(got, want) {
				t.Errorf("%s: GroupsOf %s is %v, want %v", name, inTenant(i, p), got, want)
			}
			if len(want) > 0 {
				members++
			}
		}
		if members != len(want) {
			t.Errorf("%s: %d principals are in groups, this table has %d", name, members, len(want))
		}
		if got := i.GroupsOf("S-1-5-21-1-2-3-4"); got != nil {
			t.Errorf("%s: a stranger is in %v", name, got)
		}
	}
}

func projectIDs() []string {
	var ids []string
	for _, group := range projects() {
		ids = append(ids, group.ObjectID)
	}
	return ids
}

// The role of a principal in more groups than a token holds comes from a group that would be cut off.
func TestMemberOfTooManyGroups(t *testing.T) {
	i := Entra()
	home := i.Tenants[0].Principals()
	member := home[slices.IndexFunc(home, func(p Principal) bool { return p.Name == "member" })]
	assignments := i.RoleAssignmentsOf(member)
	if len(member.Groups) != 250 || len(assignments) != 1 || assignments[0].PrincipalID != member.Groups[249].ObjectID {
		t.Errorf("%d groups, %+v", len(member.Groups), assignments)
	}
}

// A managed identity is of a resource that is there, or one of its own, and is a workload in one tenant of Entra ID.
func TestManagedIdentities(t *testing.T) {
	kinds := map[bool]int{}
	for name, i := range installations() {
		for _, p := range i.Principals() {
			if managed := p.Kind == openid.KindManagedIdentity; managed != (p.ManagedIdentity != "") {
				t.Errorf("%s: %s is a %s with the resource id %q", name, inTenant(i, p), p.Kind, p.ManagedIdentity)
			} else if !managed {
				continue
			}
			own := strings.Contains(p.ManagedIdentity, "/Microsoft.ManagedIdentity/userAssignedIdentities/"+p.Name)
			resource := slices.ContainsFunc(i.User.Contents(i.Home()).Resources, func(r resourcemanager.Resource) bool { return r.ID == p.ManagedIdentity })
			if own == resource {
				t.Errorf("%s: %s is neither its own resource nor another's: %s", name, p.Name, p.ManagedIdentity)
			}
			if p.Federated && !own {
				t.Errorf("%s: %s is system-assigned and has a federated credential", name, p.Name)
			}
			kinds[own]++
		}
	}
	if kinds[true] != 1 || kinds[false] != 1 {
		t.Errorf("%v", kinds)
	}
}

// An object id is one principal's or group's in one tenant. Names, user names and applications are the same in every tenant that a
// principal is in, and in both installations.
func TestIds(t *testing.T) {
	identities := map[string]string{} // name -> what it signs in with
	for name, i := range installations() {
		seen := map[string]bool{}
		for _, tenant := range i.Tenants {
			if seen[tenant.ID] || seen[tenant.Domain] {
				t.Errorf("%s: %s is there twice", name, tenant.Domain)
			}
			seen[tenant.ID], seen[tenant.Domain] = true, true
			for _, group := range tenant.groups {
				if seen[group.ObjectID] || seen[group.Name] {
					t.Errorf("%s: %s is there twice", name, group.Name)
				}
				seen[group.ObjectID], seen[group.Name] = true, true
			}
			for _, p := range tenant.Principals() {
				if seen[p.ObjectID] {
					t.Errorf("%s: %s of %s is there twice", name, p.ObjectID, p.Name)
				}
				seen[p.ObjectID] = true
				if sid := strings.HasPrefix(p.ObjectID, "S-1-"); sid != (name == "AD FS") || !sid && !rbac.IsGUID(p.ObjectID) {
					t.Errorf("%s: %s has the object id %s", name, p.Name, p.ObjectID)
				}
				if (p.Username == "") == (p.ApplicationID == "") || p.IsUser() == p.Kind.Workload() {
					t.Errorf("%s: %s is neither a user nor a workload: %+v", name, p.Name, p)
				}
				if own := identities[p.Name]; own != "" && own != p.Username+p.ApplicationID {
					t.Errorf("%s: %s has two user names or applications", name, p.Name)
				}
				identities[p.Name] = p.Username + p.ApplicationID
			}
		}
	}
}

// A guest is a user of its home tenant, under the same name, and of no other; a user's name has the home tenant's domain.
func TestGuestsHaveAHome(t *testing.T) {
	for name, i := range installations() {
		for _, p := range i.Principals() {
			if (p.HomeTenant != "") != (p.Kind == openid.KindGuest) || p.HomeTenant == p.Tenant {
				t.Errorf("%s: %s is a %s with the home tenant %q", name, inTenant(i, p), p.Kind, p.HomeTenant)
			}
			if !p.IsUser() {
				continue
			}
			home := p.Tenant
			if p.HomeTenant != "" {
				home = p.HomeTenant
			}
			tenant, _ := i.Tenant(home)
			isHim := func(q Principal) bool { return q.Name == p.Name && q.HomeTenant == "" }
			if p.Username != p.Name+"@"+tenant.Domain || !slices.ContainsFunc(tenant.Principals(), isHim) {
				t.Errorf("%s: %s, %s, is no user of %s", name, inTenant(i, p), p.Username, tenant.Domain)
			}
		}
	}
}

// The table of the package comment, as the real engine sees it: who may do what on which side. Everyone else may not.
func TestWhoMayDoWhat(t *testing.T) {
	const (
		read   = "Microsoft.Resources/subscriptions/resourceGroups/read"
		write  = "Microsoft.Resources/subscriptions/resourceGroups/write"
		assign = "Microsoft.Authorization/roleAssignments/write"
		home   = "@hubgate.example"
		guests = "@partner.example"
	)
	app, data, lab, web := production.path()+"/resourceGroups/app", production.path()+"/resourceGroups/data", sandbox.path()+"/resourceGroups/lab", partner.path()+"/resourceGroups/web"
	system := defaultProvider.path() + "/resourceGroups/system.local"
	for _, test := range []struct {
		action, scope      string
		may, onlyWithEntra []string
	}{
		{read, app, []string{"owner" + home, "contributor" + home, "reader" + home, "deployer" + home, "engineer" + home}, []string{"web1" + home}},
		{write, app, []string{"owner" + home, "contributor" + home, "deployer" + home, "engineer" + home}, nil},
		{assign, app, []string{"owner" + home, "deployer" + home}, nil},
		{read, data, []string{"owner" + home, "reader" + home, "deployer" + home}, []string{"pipeline" + home}},
		{write, data, []string{"owner" + home, "deployer" + home}, []string{"pipeline" + home}},
		{assign, production.path(), []string{"owner" + home, "deployer" + home}, nil},
		{read, lab, []string{"owner" + home}, []string{"visitor" + home, "consultant" + home, "member" + home}},
		{write, lab, []string{"owner" + home}, []string{"consultant" + home}},
		{assign, sandbox.path(), []string{"owner" + home}, nil},
		{read, web, nil, []string{"partner" + guests, "visitor" + guests, "deployer" + guests}},
		{write, web, nil, []string{"partner" + guests, "deployer" + guests}},
		{assign, partner.path(), nil, []string{"partner" + guests}},
		{read, system, []string{"operator" + home, "operations" + home}, nil},
		{assign, defaultProvider.path(), []string{"operator" + home, "operations" + home}, nil},
	} {
		scope, err := rbac.ParseScope(test.scope)
		if err != nil {
			t.Fatal(err)
		}
		for name, i := range installations() {
			may := test.may
			if name == "Entra ID" {
				may = slices.Concat(may, test.onlyWithEntra)
			}
			sets := resourceSets(t, i)
			for _, p := range i.Principals() {
				allowed := false
				for _, set := range sets(p) {
					allowed = allowed || set.Check(rbac.Operation{Action: test.action, Scope: scope}).Allowed
				}
				if want := slices.Contains(may, inTenant(i, p)); allowed != want {
					t.Errorf("%s: %s: %s at %s is %t, want %t", name, inTenant(i, p), test.action, test.scope, allowed, want)
				}
			}
		}
	}
}

// resourceSets returns the resource sets of a principal on both sides.
func resourceSets(t *testing.T, i Installation) func(Principal) []*rbac.ResourceSet {
	t.Helper()
	var authorizers []*rbac.Authorizer
	for _, side := range []Side{i.User, i.Admin} {
		inventory, err := resourcemanager.NewInventory(side.Contents(i.Home()))
		if err != nil {
			t.Fatal(err)
		}
		store, err := rbac.NewMemoryStore(rbac.PolicyConfig{Assignments: i.RoleAssignments(side)})
		if err != nil {
			t.Fatal(err)
		}
		authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: store, TenantOf: inventory.TenantOf, HomeTenant: i.Home()})
		if err != nil {
			t.Fatal(err)
		}
		authorizers = append(authorizers, authorizer)
	}
	return func(p Principal) []*rbac.ResourceSet {
		var sets []*rbac.ResourceSet
		for _, authorizer := range authorizers {
			set, err := authorizer.ResourceSet(t.Context(), rbac.Subject{Tenant: p.Tenant, ObjectID: p.ObjectID, Groups: p.GroupIDs()})
			if err != nil {
				t.Fatal(err)
			}
			sets = append(sets, set)
		}
		return sets
	}
}

// Whoever has no word about what he may do has no role, and the other way round.
func TestRoleAssignmentsOfAPrincipal(t *testing.T) {
	for name, i := range installations() {
		counted := 0
		for _, p := range i.Principals() {
			own := len(i.RoleAssignmentsOf(p))
			if (own == 0) != (p.About == "") {
				t.Errorf("%s: %s has %d role assignments and is said to be %q", name, inTenant(i, p), own, p.About)
			}
			counted += own
		}
		if all := len(i.RoleAssignments(i.User)) + len(i.RoleAssignments(i.Admin)); counted != all {
			t.Errorf("%s: %d role assignments of principals, of %d", name, counted, all)
		}
	}
}

func TestRegistered(t *testing.T) {
	if got, want := ADFS().Registered(), []string{ADFS().Home()}; !slices.Equal(got, want) {
		t.Errorf("AD FS: %v, want %v", got, want)
	}
	if got, want := Entra().Registered(), []string{homeTenant, partnerTenant}; !slices.Equal(got, want) {
		t.Errorf("Entra ID: %v, want %v", got, want)
	}
}

func openCredentials(t *testing.T, path string, i Installation) *Credentials {
	t.Helper()
	dir, err := datadir.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := OpenCredentials(dir, i)
	if err != nil {
		t.Fatal(err)
	}
	return credentials
}

func TestCredentials(t *testing.T) {
	for name, i := range installations() {
		path := filepath.Join(t.TempDir(), "data")
		first, second := openCredentials(t, path, i), openCredentials(t, path, i)
		other := openCredentials(t, filepath.Join(t.TempDir(), "data"), i)
		owner := map[string]string{} // secret -> principal's name
		for _, p := range i.Principals() {
			secret := first.Secret(p)
			if p.Kind == openid.KindManagedIdentity {
				if secret != "" || first.Certificate(p) != nil || first.CertificateFile(p) != "" {
					t.Errorf("%s: %s has a credential", name, p.Name)
				}
				continue
			}
			if len(secret) < 26 || owner[secret] != "" && owner[secret] != p.Name {
				t.Errorf("%s: %s has a short secret or another's", name, p.Name)
			}
			owner[secret] = p.Name
			if second.Secret(p) != secret {
				t.Errorf("%s: %s has another secret after a restart", name, p.Name)
			}
			if other.Secret(p) == secret {
				t.Errorf("%s: %s has the same secret in another data directory", name, p.Name)
			}
			isClient := p.Kind == openid.KindServicePrincipal
			if (first.Certificate(p) != nil) != isClient || (first.CertificateFile(p) != "") != isClient {
				t.Errorf("%s: %s has certificate %v in %q", name, p.Name, first.Certificate(p) != nil, first.CertificateFile(p))
			}
			if isClient && !first.Certificate(p).Equal(second.Certificate(p)) {
				t.Errorf("%s: %s has another certificate after a restart", name, p.Name)
			}
		}
	}
}

// A data directory of an older demo, or of one with another identity provider, may lack a principal's secret: those that are there stay.
func TestMissingSecretIsAdded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	before := openCredentials(t, path, ADFS())
	after := openCredentials(t, path, Entra())
	again := openCredentials(t, path, ADFS())
	for _, p := range ADFS().Principals() {
		if before.Secret(p) != after.Secret(p) || before.Secret(p) != again.Secret(p) {
			t.Errorf("%s has another secret", p.Name)
		}
	}
	for _, p := range Entra().Principals() {
		if (after.Secret(p) == "") != (p.Kind == openid.KindManagedIdentity) || after.Secret(p) != again.Secret(p) {
			t.Errorf("%s has the secret %q, and then %q", p.Name, after.Secret(p), again.Secret(p))
		}
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
	if _, err := OpenCredentials(dir, ADFS()); err == nil || !strings.Contains(err.Error(), secretsFile) {
		t.Errorf("error %v", err)
	}
}

func TestCertificateFileHoldsKeyAndCertificate(t *testing.T) {
	credentials := openCredentials(t, filepath.Join(t.TempDir(), "data"), ADFS())
	principals := ADFS().Principals()
	deployer := principals[slices.IndexFunc(principals, func(p Principal) bool { return p.Name == "deployer" })]
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

// What the samples assign says the same of principals as the directory does.
// A user is in the home tenant and in those where it is a guest, whichever of them is asked about; an application is not asked about.
func TestTenantsOf(t *testing.T) {
	both := []string{homeTenant, partnerTenant}
	entra := map[string][]string{"visitor": both, "consultant": both, "partner": {partnerTenant}, "stranger": {strangerTenant}, "deployer": nil, "web1": nil}
	for _, p := range Entra().Principals() {
		if want, found := entra[p.Name]; found && !slices.Equal(Entra().TenantsOf(strings.ToUpper(p.ObjectID)), want) {
			t.Errorf("%s is in %v, want %v", p.Name, Entra().TenantsOf(p.ObjectID), want)
		}
	}
	for _, p := range ADFS().Principals() {
		if got := ADFS().TenantsOf(p.ObjectID); p.IsUser() && !slices.Equal(got, []string{ADFS().Home()}) {
			t.Errorf("%s is in %v", p.Name, got)
		}
	}
	if got := Entra().TenantsOf("S-1-5-21-1"); got != nil {
		t.Errorf("a stranger is in %v", got)
	}
}

func TestPrincipalTypeOf(t *testing.T) {
	for _, installation := range []Installation{ADFS(), Entra()} {
		seen := map[string]bool{}
		for _, assignment := range installation.RoleAssignments(installation.User) {
			got, known := installation.PrincipalTypeOf(strings.ToUpper(assignment.PrincipalID))
			if !known || got != assignment.PrincipalType {
				t.Errorf("%s is %q, assigned as %q", assignment.PrincipalID, got, assignment.PrincipalType)
			}
			seen[got] = true
		}
		if len(seen) != 3 {
			t.Errorf("types %v, want User, Group and ServicePrincipal", seen)
		}
		if got, known := installation.PrincipalTypeOf("S-1-5-21-1"); known || got != "" {
			t.Errorf("a stranger is %q", got)
		}
	}
}
