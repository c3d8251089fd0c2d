package resourcemanager_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"hubgate.example/cmd/demo/internal/resourcemanager"
	"hubgate.example/middleware"
)

func TestWhoMayDoWhat(t *testing.T) {
	const json = `{"location":"local"}`
	unchanged := newSite(t)
	for _, test := range []struct {
		name   string
		as     string
		method string
		path   string
		body   string
		status int
		code   string
	}{
		{"no token", "", "GET", "/subscriptions", "", 401, "AuthenticationFailed"},
		{"no token, nothing there", "", "GET", "/nothing", "", 401, "AuthenticationFailed"},
		{"no token, wrong method", "", "DELETE", "/subscriptions", "", 401, "AuthenticationFailed"},
		{"no token, bad path", "", "GET", "/subscriptions/../x", "", 401, "AuthenticationFailed"},
		{"bad path", owner, "GET", "/subscriptions/%2e%2e/x", "", 400, "InvalidRequestUri"},
		{"encoded slash", owner, "GET", primary + "/resourceGroups%2FShop", "", 400, "InvalidRequestUri"},
		{"two slashes", owner, "GET", "/" + primary, "", 400, "InvalidRequestUri"},
		{"escaped comma", owner, "GET", primary + "/resourceGroups/a%2Cb", "", 404, "ResourceGroupNotFound"},
		{"escaped letter", owner, "GET", primary + "/resourceGroups/%53hop", "", 200, ""},
		{"trailing slash", owner, "GET", shop + "/", "", 200, ""},

		{"subscription", owner, "GET", primary, "", 200, ""},
		{"subscription of a role below it", contributor, "GET", primary, "", 403, "AuthorizationFailed"},
		{"unknown subscription", owner, "GET", unknown, "", 404, "SubscriptionNotFound"},
		{"malformed subscription", owner, "GET", "/subscriptions/1", "", 400, "InvalidSubscriptionId"},
		{"subscription of another tenant", owner, "GET", elsewhere, "", 401, "InvalidAuthenticationTokenTenant"},
		{"resource group of another tenant", stranger, "GET", shop, "", 401, "InvalidAuthenticationTokenTenant"},
		{"locations", owner, "GET", primary + "/locations", "", 200, ""},
		{"locations without a role", nobody, "GET", primary + "/locations", "", 403, "AuthorizationFailed"},

		{"resource group", contributor, "GET", shop, "", 200, ""},
		{"resource group that may not be read", contributor, "GET", vault, "", 403, "AuthorizationFailed"},
		{"resource group above what may be read", reader, "GET", shop, "", 403, "AuthorizationFailed"},
		{"no resource group, may be read", owner, "GET", primary + "/resourceGroups/none", "", 404, "ResourceGroupNotFound"},
		{"no resource group, may not be read", contributor, "GET", primary + "/resourceGroups/none", "", 403, "AuthorizationFailed"},
		{"resource group exists", contributor, "HEAD", shop, "", 204, ""},
		{"no resource group exists", owner, "HEAD", primary + "/resourceGroups/none", "", 404, ""},
		{"resource group exists, may not be read", nobody, "HEAD", shop, "", 403, ""},
		{"new resource group", owner, "PUT", primary + "/resourceGroups/new", json, 201, ""},
		{"new resource group, not allowed", contributor, "PUT", primary + "/resourceGroups/new", json, 403, "AuthorizationFailed"},
		{"resource group again", owner, "PUT", shop, json, 200, ""},
		{"patched resource group", contributor, "PATCH", shop, `{"tags":{"a":"b"}}`, 200, ""},
		{"patched resource group, not allowed", reader, "PATCH", shop, `{"tags":{"a":"b"}}`, 403, "AuthorizationFailed"},
		{"no resource group to patch", owner, "PATCH", primary + "/resourceGroups/none", "{}", 404, "ResourceGroupNotFound"},
		{"deleted resource group", owner, "DELETE", shop, "", 202, ""},
		{"deleted resource group, not allowed", reader, "DELETE", shop, "", 403, "AuthorizationFailed"},
		{"no resource group to delete", owner, "DELETE", primary + "/resourceGroups/none", "", 404, "ResourceGroupNotFound"},

		{"resource", reader, "GET", web, "", 200, ""},
		{"nested resource", reader, "GET", disk, "", 200, ""},
		{"resource of the subscription", owner, "GET", budget, "", 200, ""},
		{"resource that may not be read", reader, "GET", net, "", 403, "AuthorizationFailed"},
		{"no resource, may be read", owner, "GET", shop + "/providers/Microsoft.Compute/virtualMachines/none", "", 404, "ResourceNotFound"},
		{"no resource, may not be read", reader, "GET", shop + "/providers/Microsoft.Compute/virtualMachines/none", "", 403, "AuthorizationFailed"},
		{"resource exists", reader, "HEAD", web, "", 204, ""},
		{"new resource", contributor, "PUT", shop + "/providers/Microsoft.Compute/disks/new", json, 201, ""},
		{"new resource, not allowed", reader, "PUT", web + "/extensions/new", json, 403, "AuthorizationFailed"},
		{"new nested resource", contributor, "PUT", web + "/extensions/new", json, 201, ""},
		{"new extension resource", contributor, "PUT", web + "/providers/Microsoft.Insights/diagnosticSettings/new", json, 201, ""},
		{"new resource without its group", owner, "PUT", primary + "/resourceGroups/none/providers/Microsoft.Compute/disks/new", json, 404, "ResourceGroupNotFound"},
		{"new resource without its parent", owner, "PUT", shop + "/providers/Microsoft.Sql/servers/none/databases/new", json, 404, "ParentResourceNotFound"},
		{"resource again", contributor, "PUT", web, json, 200, ""},
		{"patched resource", contributor, "PATCH", web, "{}", 200, ""},
		{"no resource to patch", contributor, "PATCH", shop + "/providers/Microsoft.Compute/disks/none", "{}", 404, "ResourceNotFound"},
		{"deleted resource", contributor, "DELETE", web, "", 200, ""},
		{"deleted resource, not allowed", reader, "DELETE", web, "", 403, "AuthorizationFailed"},
		{"no resource to delete", contributor, "DELETE", shop + "/providers/Microsoft.Compute/disks/none", "", 204, ""},
		{"action", contributor, "POST", web + "/start", "", 200, ""},
		{"action, not allowed", reader, "POST", web + "/start", "", 403, "AuthorizationFailed"},
		{"action on no resource", contributor, "POST", shop + "/providers/Microsoft.Compute/virtualMachines/none/start", "", 404, "ResourceNotFound"},
		{"action of a provider", contributor, "POST", shop + "/providers/Microsoft.Storage/checkNameAvailability", "", 404, "NotFound"},

		{"role assignments", nobody, "GET", primary + "/providers/Microsoft.Authorization/roleAssignments", "", 200, ""},
		{"role assignments everywhere", nobody, "GET", "/providers/microsoft.authorization/roleAssignments", "", 200, ""},
		{"role assignment, not allowed", nobody, "GET", web + "/providers/Microsoft.Authorization/roleAssignments/b0000000-0000-4000-8000-000000000004", "", 403, "AuthorizationFailed"},
		{"role assignment", owner, "PUT", web + "/providers/microsoft.authorization/roleAssignments/b0000000-0000-4000-8000-000000000006", json, 200, ""},
		{"role assignment, by a contributor", contributor, "PUT", web + "/providers/Microsoft.Authorization/roleAssignments/b0000000-0000-4000-8000-000000000006", json, 403, "AuthorizationFailed"},

		{"nothing", nobody, "GET", "/nothing", "", 404, "MissingSubscription"},
		{"root", nobody, "GET", "/", "", 404, "MissingSubscription"},
		{"nothing in the subscription", nobody, "GET", primary + "/nothing", "", 404, "NotFound"},
		{"nothing in the resource group", nobody, "GET", shop + "/nothing", "", 404, "NotFound"},
		{"provider in the resource group", owner, "GET", shop + "/providers/Microsoft.Compute", "", 404, "NotFound"},
		{"resource of the whole tenant", owner, "GET", "/providers/Microsoft.Compute/disks/none", "", 403, "AuthorizationFailed"},
		{"resource of the whole tenant, may be read", auditor, "GET", "/providers/Microsoft.Compute/disks/none", "", 404, "MissingSubscription"},
		{"subscription of another tenant, by a role above it", auditor, "GET", elsewhere, "", 401, "InvalidAuthenticationTokenTenant"},
		{"resources of the whole tenant", owner, "GET", "/providers/Microsoft.Compute/disks", "", 404, "MissingSubscription"},
		{"list that is deleted", owner, "DELETE", "/subscriptions", "", 405, "MethodNotAllowed"},
		{"subscription that is put", owner, "PUT", primary, json, 405, "MethodNotAllowed"},
		{"resources that are put", owner, "PUT", shop + "/providers/Microsoft.Compute/disks", json, 405, "MethodNotAllowed"},
		{"action on a resource group", owner, "POST", shop, "", 405, "MethodNotAllowed"},
		{"options", owner, "OPTIONS", web, "", 405, "MethodNotAllowed"},
		{"unknown method", owner, "BREW", web, "", 405, "MethodNotAllowed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := unchanged
			if test.method != http.MethodGet {
				s = newHandler(t)
			}
			s.want(t, request{as: test.as, method: test.method, path: test.path, body: test.body}, test.status, test.code)
		})
	}
}

// open are the routes that a token is enough for.
var open = []string{
	"/tenants", "/providers", "/providers/{namespace}",
	"/providers/microsoft.authorization/provideroperations", "/providers/microsoft.authorization/provideroperations/{namespace}",
}

// Every route asks for a token, and every one but those that say nothing about the installation for a role.
func TestEveryRouteIsGuarded(t *testing.T) {
	s := newSite(t)
	fill := strings.NewReplacer(
		"{subscription}", strings.TrimPrefix(primary, "/subscriptions/"),
		"{group}", "Shop",
		"{operation}", "none",
		"{namespace}", "Microsoft.Compute",
		"*", "Microsoft.Compute/virtualMachines/Web",
	)
	routes := 0
	err := chi.Walk(s.handler.Routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes++
		path, body := fill.Replace(route), ""
		if method == http.MethodPut || method == http.MethodPatch {
			body = `{"location":"local"}`
		}
		if method == http.MethodPost {
			path += "/start"
		}
		anonymous, roleless := s.do(t, request{method: method, path: path, body: body}), s.do(t, request{as: nobody, method: method, path: path, body: body})
		if anonymous.status != http.StatusUnauthorized {
			t.Errorf("%s %s without a token: %d", method, route, anonymous.status)
		}
		switch list, _ := roleless.json["value"].([]any); {
		case roleless.status == http.StatusForbidden:
		case slices.Contains(open, route):
		case roleless.status == http.StatusNotFound && strings.HasSuffix(route, "/operationresults/{operation}"):
		case method == http.MethodHead: // says no more than GET
			if got := s.do(t, request{as: nobody, method: http.MethodGet, path: path}); got.status != roleless.status {
				t.Errorf("HEAD %s without a role: %d, GET: %d", route, roleless.status, got.status)
			}
		case method == http.MethodGet && roleless.status == http.StatusOK && len(list) == 0 && roleless.json["value"] != nil:
		default:
			t.Errorf("%s %s without a role: %d %s", method, route, roleless.status, roleless.body)
		}
		return nil
	})
	if err != nil || routes < 20 {
		t.Errorf("%d routes walked, %v", routes, err)
	}
}

func TestPathsCountInAnyCase(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{primary, shop, web, disk, budget} {
		want := s.want(t, request{as: owner, method: "GET", path: path}, 200, "")
		for _, spelling := range []string{strings.ToLower(path), strings.ToUpper(path)} {
			got := s.want(t, request{as: owner, method: "GET", path: spelling}, 200, "")
			if got.body != want.body {
				t.Errorf("%s answers\n\t%s, want\n\t%s", spelling, got.body, want.body)
			}
		}
	}
	s.wantIDs(t, request{as: owner, method: "GET", path: strings.ToUpper(shop) + "/PROVIDERS/microsoft.compute/VIRTUALMACHINES"}, web)
	s.want(t, request{method: "GET", path: "/METADATA/Endpoints"}, 200, "")
	a := s.want(t, request{as: owner, method: "PUT", path: strings.ToUpper(shop) + "/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/X", body: "{}"}, 200, "")
	if a.json["authorization"] != strings.ToUpper(shop)+"/PROVIDERS/MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/X" {
		t.Errorf("not handed over as written: %s", a.body)
	}
}

func TestUnknownMethodNamesTheKnownOnes(t *testing.T) {
	s := newSite(t)
	for path, want := range map[string]string{
		"/tenants": "GET, HEAD", primary: "GET, HEAD", shop: "GET, HEAD, PUT, PATCH, DELETE", web: "GET, HEAD, PUT, PATCH, DELETE",
		web + "/extensions": "GET, HEAD, POST", primary + "/providers/Microsoft.Authorization/roleAssignments": "GET, HEAD, POST",
	} {
		a := s.want(t, request{as: owner, method: "OPTIONS", path: path}, 405, "MethodNotAllowed")
		if got := a.header.Get("Allow"); got != want {
			t.Errorf("%s allows %q, want %q", path, got, want)
		}
		// The gate's own 405 says the same.
		a = s.do(t, request{as: owner, method: "PUT", path: path, body: "{}"})
		if got := a.header.Get("Allow"); a.status == 405 && got != want {
			t.Errorf("PUT %s: %q are allowed, OPTIONS says %q", path, got, want)
		}
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	gate := &middleware.Gate{}
	inventory := &resourcemanager.Inventory{}
	for field, remove := range map[string]func(*resourcemanager.Config){
		"Gate":                   func(c *resourcemanager.Config) { c.Gate = nil },
		"Inventory":              func(c *resourcemanager.Config) { c.Inventory = nil },
		"Authorization":          func(c *resourcemanager.Config) { c.Authorization = nil },
		"URL":                    func(c *resourcemanager.Config) { c.URL = "" },
		"PageSize":               func(c *resourcemanager.Config) { c.PageSize = -1 },
		"Limits":                 func(c *resourcemanager.Config) { c.Limits.Writes = -1 },
		"DeleteDuration":         func(c *resourcemanager.Config) { c.DeleteDuration = -1 },
		"Metadata.LoginEndpoint": func(c *resourcemanager.Config) { c.Metadata.LoginEndpoint = "" },
		"Metadata.GraphEndpoint": func(c *resourcemanager.Config) { c.Metadata.GraphEndpoint = "" },
		"Metadata.Audiences":     func(c *resourcemanager.Config) { c.Metadata.Audiences = []string{"a", ""} },
	} {
		c := config(gate, inventory)
		remove(&c)
		if _, err := resourcemanager.New(c); err == nil || !strings.HasPrefix(err.Error(), "resourcemanager: Config."+field+": ") {
			t.Errorf("without %s: %v", field, err)
		}
	}
	for _, wrong := range []string{
		"localhost:8443", "ftp://localhost", "https://", "https://localhost/", "https://localhost?x", "https://user@localhost", "HTTPS://localhost", "://",
	} {
		c := config(gate, inventory)
		c.URL = wrong
		if _, err := resourcemanager.New(c); err == nil || !strings.HasPrefix(err.Error(), "resourcemanager: Config.URL: ") {
			t.Errorf("URL %q: %v", wrong, err)
		}
	}
}
