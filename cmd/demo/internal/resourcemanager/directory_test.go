package resourcemanager_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"hubgate.example/cmd/demo/internal/resourcemanager"
)

const (
	directories = vault + "/providers/Microsoft.Subscriptions.Admin/directoryTenants"
	guest       = "d0000000-1111-4222-8333-000000000001"
	another     = "d0000000-1111-4222-8333-000000000002"
)

// An applied is what the user's side was told.
type applied struct {
	mu   sync.Mutex
	sets [][]string
	err  error
}

func (a *applied) apply(tenants []string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return a.err
	}
	a.sets = append(a.sets, tenants)
	return nil
}

func (a *applied) want(tb testing.TB, want ...string) {
	tb.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.sets) != 1 && len(want) > 0 || len(a.sets) > 0 && !slices.Equal(a.sets[0], want) {
		tb.Errorf("applied %q, want once %q", a.sets, want)
	}
	a.sets = nil
}

// administrators is a site on the administrator's side.
func administrators(tb testing.TB) (*site, *resourcemanager.Directory, *applied) {
	a := new(applied)
	directory := must[*resourcemanager.Directory](tb)(resourcemanager.NewDirectory(resourcemanager.DirectoryConfig{
		Home:   resourcemanager.DirectoryTenant{ID: directories + "/Home", TenantID: home},
		Guests: []resourcemanager.DirectoryTenant{{ID: directories + "/Foreign", TenantID: foreign}},
		Apply:  a.apply,
	}))
	return newSite(tb, func(c *resourcemanager.Config) { c.Directory = directory }), directory, a
}

func TestDirectoryTenants(t *testing.T) {
	s, directory, applied := administrators(t)
	if got := directory.Tenants(); !slices.Equal(got, []string{home, foreign}) {
		t.Errorf("tenants are %q", got)
	}
	all := request{as: owner, method: "GET", path: directories, query: "api-version=2015-11-01"}
	s.wantIDs(t, all, directories+"/Foreign", directories+"/Home")
	a := s.want(t, request{as: owner, method: "GET", path: strings.ToUpper(directories) + "/HOME"}, 200, "")
	want := `{"id":"` + directories + `/Home","name":"Home","type":"Microsoft.Subscriptions.Admin/directoryTenants","location":"local","properties":{"tenantId":"` + home + `"}}`
	if a.body != want {
		t.Errorf("home is\n\t%s, want\n\t%s", a.body, want)
	}

	register := request{as: owner, method: "PUT", path: strings.ToLower(vault) + "/providers/microsoft.subscriptions.admin/directorytenants/Guest",
		body: `{"location":"local","properties":{"tenantId":"` + strings.ToUpper(guest) + `"}}`}
	a = s.want(t, register, 201, "")
	if want := strings.NewReplacer("/Home", "/Guest", `"Home"`, `"Guest"`, home, guest).Replace(want); a.body != want {
		t.Errorf("registered\n\t%s, want\n\t%s", a.body, want)
	}
	applied.want(t, home, foreign, guest)
	s.want(t, register, 200, "")
	applied.want(t)
	s.wantIDs(t, all, directories+"/Foreign", directories+"/Guest", directories+"/Home")
	s.wantIDs(t, request{as: owner, method: "GET", path: primary + "/providers/Microsoft.Subscriptions.Admin/directoryTenants"},
		directories+"/Foreign", directories+"/Guest", directories+"/Home")
	s.wantIDs(t, request{as: owner, method: "GET", path: shop + "/providers/Microsoft.Subscriptions.Admin/directoryTenants"})
	s.wantIDs(t, request{as: contributor, method: "GET", path: directories})
	s.want(t, request{as: owner, method: "HEAD", path: directories + "/guest"}, 200, "")

	a = s.want(t, request{as: owner, method: "GET", path: primary + "/providers/Microsoft.Subscriptions.Admin"}, 200, "")
	if types := list(a.json["resourceTypes"]); len(types) != 1 || !slices.Equal(list(object(types[0])["apiVersions"]), []any{"2015-11-01"}) {
		t.Errorf("the provider is %s", a.body)
	}

	// Another tenant under the same name replaces it.
	register.body = `{"properties":{"tenantId":"` + another + `"}}`
	s.want(t, register, 200, "")
	applied.want(t, home, foreign, another)

	remove := request{as: owner, method: "DELETE", path: directories + "/GUEST"}
	s.want(t, remove, 200, "")
	applied.want(t, home, foreign)
	s.want(t, remove, 204, "")
	applied.want(t)
	s.want(t, request{as: owner, method: "GET", path: directories + "/Guest"}, 404, "ResourceNotFound")
	if got := directory.Tenants(); !slices.Equal(got, []string{home, foreign}) {
		t.Errorf("tenants are %q", got)
	}
}

func TestDirectoryTenantsRefused(t *testing.T) {
	s, _, applied := administrators(t)
	tenant := func(id string) string { return `{"properties":{"tenantId":` + id + `}}` }
	good := tenant(`"` + guest + `"`)
	for _, test := range []struct {
		name, as, method, path, body string
		status                       int
		code                         string
		message                      string
	}{
		{"home is removed", owner, "DELETE", directories + "/home", "", 409, "Conflict", "The home directory tenant cannot be removed."},
		{"home is replaced", owner, "PUT", directories + "/HOME", good, 409, "Conflict", "The home directory tenant cannot be replaced."},
		{"home again", owner, "PUT", directories + "/Home", tenant(`"` + home + `"`), 200, "", ""},
		{"home by another name", owner, "PUT", directories + "/Other", tenant(`"` + strings.ToUpper(home) + `"`), 409, "Conflict",
			"The directory tenant '" + home + "' is registered already, as 'Home'."},
		{"no GUID", owner, "PUT", directories + "/New", tenant(`"contoso"`), 400, "InvalidRequestContent", ""},
		{"no string", owner, "PUT", directories + "/New", tenant(`1`), 400, "InvalidRequestContent", ""},
		{"null", owner, "PUT", directories + "/New", tenant(`null`), 400, "InvalidRequestContent", ""},
		{"no tenant", owner, "PUT", directories + "/New", `{"properties":{}}`, 400, "InvalidRequestContent", ""},
		{"no content", owner, "PUT", directories + "/New", ``, 415, "UnsupportedMediaType", ""},
		{"patch", owner, "PATCH", directories + "/Foreign", good, 405, "MethodNotAllowed", ""},
		{"action", owner, "POST", directories + "/Foreign/go", "", 405, "MethodNotAllowed", ""},
		{"no such group", owner, "PUT", strings.Replace(directories, "Vault", "none", 1) + "/New", good, 404, "ResourceGroupNotFound", ""},
		{"list of no such group", owner, "GET", strings.Replace(directories, "Vault", "none", 1), "", 404, "ResourceGroupNotFound", ""},
		{"in no group", owner, "PUT", primary + "/providers/Microsoft.Subscriptions.Admin/directoryTenants/New", good, 404, "NotFound", ""},
		{"unknown type", owner, "PUT", vault + "/providers/Microsoft.Subscriptions.Admin/plans/New", good, 404, "InvalidResourceType", ""},
		{"may not write", auditor, "PUT", directories + "/New", good, 403, "AuthorizationFailed", ""},
		{"may not delete", auditor, "DELETE", directories + "/Foreign", "", 403, "AuthorizationFailed", ""},
		{"may not read", contributor, "GET", directories + "/Foreign", "", 403, "AuthorizationFailed", ""},
		{"its group is deleted", owner, "DELETE", vault, "", 409, "Conflict", "The resource group 'Vault' has directory tenants and cannot be deleted."},
		{"another group is deleted", owner, "DELETE", shop, "", 202, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := s.want(t, request{as: test.as, method: test.method, path: test.path, body: test.body}, test.status, test.code)
			if test.message != "" && a.message != test.message {
				t.Error(a.message)
			}
			if a.status == 405 && a.header.Get("Allow") != "GET, HEAD, PUT, DELETE" {
				t.Errorf("Allow is %q", a.header.Get("Allow"))
			}
			applied.want(t)
		})
	}
}

// What the user's side refuses has not happened.
func TestDirectoryChangeThatFails(t *testing.T) {
	s, directory, applied := administrators(t)
	applied.err = errors.New("AD FS has one directory.")
	for _, r := range []request{
		{method: "PUT", path: directories + "/New", body: `{"properties":{"tenantId":"` + guest + `"}}`},
		{method: "PUT", path: directories + "/Foreign", body: `{"properties":{"tenantId":"` + guest + `"}}`},
		{method: "DELETE", path: directories + "/Foreign"},
	} {
		r.as = owner
		if a := s.want(t, r, 409, "Conflict"); a.message != "AD FS has one directory." {
			t.Error(a.message)
		}
	}
	if got := directory.Tenants(); !slices.Equal(got, []string{home, foreign}) {
		t.Errorf("tenants are %q", got)
	}
}

func TestNewDirectoryNamesWhatIsWrong(t *testing.T) {
	good := resourcemanager.DirectoryTenant{ID: directories + "/Home", TenantID: home}
	for _, test := range []struct {
		name   string
		config resourcemanager.DirectoryConfig
		field  string
	}{
		{"nothing", resourcemanager.DirectoryConfig{}, "Apply: "},
		{"no home", resourcemanager.DirectoryConfig{Apply: new(applied).apply}, "Home.ID: "},
		{"no resource of a group", resourcemanager.DirectoryConfig{
			Home: resourcemanager.DirectoryTenant{ID: primary + "/providers/Microsoft.Subscriptions.Admin/directoryTenants/a", TenantID: home}}, "Home.ID: "},
		{"another type", resourcemanager.DirectoryConfig{Home: resourcemanager.DirectoryTenant{ID: safe, TenantID: home}}, "Home.ID: "},
		{"no GUID", resourcemanager.DirectoryConfig{Home: resourcemanager.DirectoryTenant{ID: directories + "/Home", TenantID: "home"}}, "Home.TenantID: "},
		{"the same name", resourcemanager.DirectoryConfig{Home: good, Guests: []resourcemanager.DirectoryTenant{{ID: directories + "/HOME", TenantID: guest}}}, "Guests[0].ID"},
		{"the same tenant", resourcemanager.DirectoryConfig{Home: good, Guests: []resourcemanager.DirectoryTenant{
			{ID: directories + "/a", TenantID: guest}, {ID: directories + "/b", TenantID: strings.ToUpper(home)},
		}}, "Guests[1].ID or TenantID: "},
	} {
		if test.config.Home.ID != "" {
			test.config.Apply = new(applied).apply
		}
		if _, err := resourcemanager.NewDirectory(test.config); err == nil || !strings.HasPrefix(err.Error(), "resourcemanager: DirectoryConfig."+test.field) {
			t.Errorf("%s: %v, want one that names %s", test.name, err, test.field)
		}
	}
}
