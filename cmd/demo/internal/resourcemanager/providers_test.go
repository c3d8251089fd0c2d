package resourcemanager_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hubgate.example/cmd/demo/internal/resourcemanager"
)

// object and list read an answer's members.
func object(value any) map[string]any { m, _ := value.(map[string]any); return m }
func list(value any) []any            { l, _ := value.([]any); return l }

func TestProviders(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		as, path string
		id       string
		state    any
		policy   any
	}{
		{owner, primary + "/providers/microsoft.compute", primary + "/providers/Microsoft.Compute", "Registered", "RegistrationRequired"},
		{owner, strings.ToUpper(primary) + "/PROVIDERS/MICROSOFT.KEYVAULT", primary + "/providers/Microsoft.KeyVault", "NotRegistered", "RegistrationRequired"},
		{owner, primary + "/providers/Microsoft.Authorization", primary + "/providers/Microsoft.Authorization", "Registered", "RegistrationFree"},
		{nobody, "/providers/Microsoft.Compute", "/providers/Microsoft.Compute", nil, nil},
	} {
		a := s.want(t, request{as: test.as, method: "GET", path: test.path}, 200, "")
		if a.json["id"] != test.id || a.json["registrationState"] != test.state || a.json["registrationPolicy"] != test.policy ||
			!strings.HasSuffix(test.id, "/providers/"+a.json["namespace"].(string)) {
			t.Errorf("%s: %.200s", test.path, a.body)
		}
	}

	// What az resource reads: the types, each with its api-versions, the newest first.
	a := s.want(t, request{as: owner, method: "GET", path: primary + "/providers/Microsoft.Compute"}, 200, "")
	i := slices.IndexFunc(list(a.json["resourceTypes"]), func(t any) bool { return object(t)["resourceType"] == "virtualMachines" })
	machines := object(list(a.json["resourceTypes"])[i])
	if got := list(machines["locations"]); !slices.Equal(got, []any{"local"}) {
		t.Errorf("locations are %v", got)
	}
	if got := list(machines["apiVersions"]); len(got) < 10 || got[0] != "2022-08-01" || !slices.Contains(got, "2020-06-01") {
		t.Errorf("api-versions are %v", got)
	}

	for _, path := range []string{"/providers", primary + "/providers"} {
		a := s.want(t, request{as: owner, method: "GET", path: path}, 200, "")
		var namespaces []string
		for _, provider := range list(a.json["value"]) {
			namespaces = append(namespaces, object(provider)["namespace"].(string))
		}
		if !slices.IsSorted(namespaces) || !slices.Contains(namespaces, "Microsoft.Storage") || slices.Contains(namespaces, "Microsoft.Subscriptions.Admin") {
			t.Errorf("%s lists %q", path, namespaces)
		}
	}
	s.want(t, request{as: contributor, method: "GET", path: primary + "/providers"}, 403, "AuthorizationFailed")
	s.want(t, request{as: contributor, method: "GET", path: primary + "/providers/Microsoft.Compute"}, 403, "AuthorizationFailed")
	s.want(t, request{as: owner, method: "GET", path: unknown + "/providers"}, 404, "SubscriptionNotFound")
	s.want(t, request{as: owner, method: "PUT", path: primary + "/providers/Microsoft.Compute", body: "{}"}, 405, "MethodNotAllowed")
	for _, path := range []string{"/providers/Microsoft.Nothing", primary + "/providers/Microsoft.Nothing"} {
		a := s.want(t, request{as: owner, method: "GET", path: path}, 404, "InvalidResourceNamespace")
		if a.message != "The resource namespace 'Microsoft.Nothing' is invalid." {
			t.Error(a.message)
		}
	}
}

// The table is in order: clients take the first version for the newest.
func TestProviderTable(t *testing.T) {
	s := newSite(t)
	version := regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(-preview)?$`)
	for _, provider := range list(s.do(t, request{as: owner, method: "GET", path: "/providers"}).json["value"]) {
		seen := map[string]bool{}
		for _, t1 := range list(object(provider)["resourceTypes"]) {
			name := object(t1)["resourceType"].(string)
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
			var dates []string
			for _, v := range list(object(t1)["apiVersions"]) {
				match := version.FindStringSubmatch(v.(string))
				if match == nil {
					t.Fatalf("%s: %s is no version", name, v)
				}
				if _, err := time.Parse(time.DateOnly, match[1]); err != nil {
					t.Error(err)
				}
				dates = append(dates, v.(string))
			}
			if len(dates) == 0 || !slices.IsSortedFunc(dates, func(a, b string) int { return strings.Compare(b[:10], a[:10]) }) {
				t.Errorf("%s: versions are %q", name, dates)
			}
		}
	}
}

func TestRegistration(t *testing.T) {
	s := newSite(t)
	secret := shop + "/providers/Microsoft.KeyVault/vaults/Secret"
	register := request{as: owner, method: "POST", path: primary + "/providers/microsoft.keyvault/register"}
	unregister := request{as: owner, method: "POST", path: primary + "/providers/Microsoft.KeyVault/unregister"}
	state := func(subscription string) any {
		return s.want(t, request{as: owner, method: "GET", path: subscription + "/providers/Microsoft.KeyVault"}, 200, "").json["registrationState"]
	}

	a := s.want(t, request{as: owner, method: "PUT", path: strings.ToLower(secret), body: `{}`}, 409, "MissingSubscriptionRegistration")
	message := "The subscription is not registered to use namespace 'Microsoft.KeyVault'. See https://aka.ms/rps-not-found for how to register subscriptions."
	want := `{"error":{"code":"MissingSubscriptionRegistration","message":"` + message + `","details":[{"code":"MissingSubscriptionRegistration","target":"Microsoft.KeyVault","message":"` + message + `"}]}}`
	if a.body != want {
		t.Errorf("answer is\n\t%s, want\n\t%s", a.body, want)
	}
	for _, method := range []string{"PATCH", "POST"} {
		path := secret
		if method == "POST" {
			path += "/deploy"
		}
		s.want(t, request{as: owner, method: method, path: path, body: "{}"}, 409, "MissingSubscriptionRegistration")
	}
	// Reading needs no registration, and who may not write is told nothing of it.
	s.want(t, request{as: owner, method: "GET", path: secret}, 404, "ResourceNotFound")
	s.wantIDs(t, request{as: owner, method: "GET", path: primary + "/providers/Microsoft.KeyVault/vaults"})
	s.want(t, request{as: owner, method: "DELETE", path: secret}, 204, "")
	s.want(t, request{as: reader, method: "PUT", path: secret, body: "{}"}, 403, "AuthorizationFailed")

	if a := s.want(t, register, 200, ""); a.json["registrationState"] != "Registered" || a.json["id"] != primary+"/providers/Microsoft.KeyVault" {
		t.Errorf("registered: %.200s", a.body)
	}
	if state(primary) != "Registered" || state(second) != "NotRegistered" {
		t.Errorf("states are %v and %v", state(primary), state(second))
	}
	s.want(t, request{as: owner, method: "PUT", path: secret, body: `{}`}, 201, "")
	s.want(t, unregister, 409, "Conflict")
	s.want(t, request{as: owner, method: "DELETE", path: secret}, 200, "")
	if a := s.want(t, unregister, 200, ""); a.json["registrationState"] != "Unregistered" {
		t.Errorf("unregistered: %.200s", a.body)
	}
	s.want(t, request{as: owner, method: "PUT", path: secret, body: `{}`}, 409, "MissingSubscriptionRegistration")

	for _, test := range []struct {
		as, path string
		status   int
		code     string
	}{
		{contributor, primary + "/providers/Microsoft.KeyVault/register", 403, "AuthorizationFailed"},
		{auditor, primary + "/providers/Microsoft.KeyVault/unregister", 403, "AuthorizationFailed"},
		{owner, primary + "/providers/Microsoft.Nothing/register", 404, "InvalidResourceNamespace"},
		{owner, primary + "/providers/Microsoft.Authorization/Register", 200, ""},
		{owner, primary + "/providers/Microsoft.Consumption/register", 200, ""},
		{owner, primary + "/providers/Microsoft.Consumption/unregister", 409, "Conflict"},
		{owner, primary + "/providers/Microsoft.Compute/unregister", 409, "Conflict"},
		{owner, second + "/providers/Microsoft.Compute/unregister", 200, ""},
		{owner, primary + "/providers/Microsoft.Compute/restart", 404, "NotFound"},
		{owner, shop + "/providers/Microsoft.KeyVault/register", 404, "NotFound"},
	} {
		a := s.want(t, request{as: test.as, method: "POST", path: test.path}, test.status, test.code)
		if test.status == 200 && a.json["registrationState"] == nil {
			t.Errorf("%s: %.200s", test.path, a.body)
		}
	}
}

func TestTypesThatThereAreNot(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		as, method, path string
		status           int
		code             string
		message          string // its beginning
	}{
		{owner, "PUT", shop + "/providers/Microsoft.Nothing/a/b", 404, "InvalidResourceNamespace", "The resource namespace 'Microsoft.Nothing' is invalid."},
		{owner, "GET", shop + "/providers/Microsoft.Nothing/a", 404, "InvalidResourceNamespace", "The resource namespace 'Microsoft.Nothing' is invalid."},
		{owner, "GET", shop + "/providers/Microsoft.KeyVault/a/b", 404, "InvalidResourceType",
			"The resource type 'a' could not be found in the namespace 'Microsoft.KeyVault' for api version '2021-04-01'. The supported api-versions are '2022-07-01,2021-10-01,"},
		{owner, "PUT", web + "/nothings/b", 404, "InvalidResourceType", "The resource type 'virtualMachines/nothings' could not be found in the namespace 'Microsoft.Compute' "},
		{owner, "GET", web + "/nothings", 404, "InvalidResourceType", "The resource type 'virtualMachines/nothings' "},
		{owner, "PUT", web + "/providers/Microsoft.Nothing/a/b", 404, "InvalidResourceNamespace", ""},
		{owner, "PUT", primary + "/providers/Microsoft.Resources/subscriptions/x", 404, "InvalidResourceType", ""},
		{owner, "PUT", primary + "/providers/Microsoft.Subscriptions.Admin/directoryTenants/x", 404, "InvalidResourceNamespace", ""},
		{reader, "PUT", shop + "/providers/Microsoft.Nothing/a/b", 403, "AuthorizationFailed", ""},

		{owner, "PUT", shop + "/providers/Microsoft.Compute/disks/New", 400, "NoRegisteredProviderFound",
			"No registered resource provider found for location 'moon' and API version '2021-04-01' for type 'disks'. The supported api-versions are '2022-07-02, 2022-03-02, "},
		{owner, "PUT", web + "/extensions/New", 400, "NoRegisteredProviderFound",
			"No registered resource provider found for location 'moon' and API version '2021-04-01' for type 'virtualMachines/extensions'. "},
		{owner, "PUT", web, 409, "InvalidResourceLocation", ""},
	} {
		r := request{as: test.as, method: test.method, path: test.path}
		if test.method == http.MethodPut {
			r.body = `{"location":"Moon"}`
		}
		a := s.want(t, r, test.status, test.code)
		if !strings.HasPrefix(a.message, test.message) {
			t.Errorf("%s %s: %s", test.method, test.path, a.message)
		}
	}
	a := s.do(t, request{as: owner, method: "PUT", path: web + "/extensions/New", body: `{"location":"moon"}`})
	if !strings.HasSuffix(a.message, "'. The supported locations are 'local'.") {
		t.Error(a.message)
	}
	far := newSite(t, func(c *resourcemanager.Config) { c.Region = "Far East" })
	far.want(t, request{as: owner, method: "PUT", path: shop + "/providers/Microsoft.Compute/disks/New", body: `{"location":"fareast"}`}, 201, "")
}

func TestProviderOperations(t *testing.T) {
	s := newSite(t)
	const path = "/providers/Microsoft.Authorization/providerOperations"
	const expanded = "api-version=2018-01-01-preview&$expand=resourceTypes"
	a := s.want(t, request{as: nobody, method: "GET", path: path + "/microsoft.compute", query: expanded}, 200, "")
	if a.json["id"] != path+"/Microsoft.Compute" || a.json["name"] != "Microsoft.Compute" || a.json["type"] != "Microsoft.Authorization/providerOperations" {
		t.Errorf("%.300s", a.body)
	}
	actions := func(provider map[string]any) (names []string) {
		for _, operation := range list(provider["operations"]) {
			names = append(names, object(operation)["name"].(string))
		}
		for _, t := range list(provider["resourceTypes"]) {
			for _, operation := range list(object(t)["operations"]) {
				names = append(names, object(operation)["name"].(string))
			}
		}
		return names
	}
	names := actions(a.json)
	for _, want := range []string{
		"Microsoft.Compute/register/action", "Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/write",
		"Microsoft.Compute/virtualMachines/delete", "Microsoft.Compute/virtualMachines/restart/action", "Microsoft.Compute/virtualMachines/extensions/read",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("no %s in %q", want, names)
		}
	}
	a = s.want(t, request{as: nobody, method: "GET", path: path, query: expanded}, 200, "")
	for _, provider := range list(a.json["value"]) {
		for _, name := range actions(object(provider)) {
			if !strings.HasPrefix(name, object(provider)["name"].(string)+"/") {
				t.Errorf("%s of %s", name, object(provider)["name"])
			}
		}
	}
	if a = s.want(t, request{as: nobody, method: "GET", path: path + "/Microsoft.Compute"}, 200, ""); a.json["resourceTypes"] != nil {
		t.Error("the types are there unasked")
	}
	s.want(t, request{as: nobody, method: "GET", path: path + "/Microsoft.Nothing"}, 404, "InvalidResourceNamespace")
	s.want(t, request{as: nobody, method: "HEAD", path: path}, 200, "")
	s.want(t, request{method: "GET", path: path}, 401, "AuthenticationFailed")
	// At any other scope it is the resource provider's.
	if a := s.want(t, request{as: owner, method: "GET", path: primary + path}, 200, ""); a.json["authorization"] == nil {
		t.Error(a.body)
	}
}
