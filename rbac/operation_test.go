package rbac_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

// newRequest returns a request as a server reads it from the wire. Unlike httptest.NewRequest it takes any target.
func newRequest(t testing.TB, method, target string) *http.Request {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Request{Method: method, URL: u, Header: make(http.Header)}
}

func TestOperationFor(t *testing.T) {
	const s = "/subscriptions/s"
	const g = s + "/resourceGroups/g"
	const vm = g + "/providers/Microsoft.Compute/virtualMachines/vm"
	tests := []struct {
		method, path string
		action       string
		scope        string
		collection   bool
		err          error
	}{
		// What lies in no resource provider.
		{method: "GET", path: "/tenants", action: "Microsoft.Resources/tenants/read", scope: "/", collection: true},
		{method: "GET", path: "/subscriptions", action: "Microsoft.Resources/subscriptions/read", scope: "/", collection: true},
		{method: "GET", path: s, action: "Microsoft.Resources/subscriptions/read", scope: s},
		{method: "HEAD", path: s, action: "Microsoft.Resources/subscriptions/read", scope: s},
		{method: "GET", path: s + "/resourceGroups", action: "Microsoft.Resources/subscriptions/resourceGroups/read", scope: s, collection: true},
		{method: "GET", path: s + "/resourcegroups/", action: "Microsoft.Resources/subscriptions/resourceGroups/read", scope: s, collection: true},
		{method: "GET", path: g, action: "Microsoft.Resources/subscriptions/resourceGroups/read", scope: g},
		{method: "HEAD", path: g, action: "Microsoft.Resources/subscriptions/resourceGroups/read", scope: g},
		{method: "PUT", path: "/SUBSCRIPTIONS/s/resourcegroups/g", action: "Microsoft.Resources/subscriptions/resourceGroups/write", scope: "/SUBSCRIPTIONS/s/resourcegroups/g"},
		{method: "PATCH", path: g, action: "Microsoft.Resources/subscriptions/resourceGroups/write", scope: g},
		{method: "DELETE", path: g, action: "Microsoft.Resources/subscriptions/resourceGroups/delete", scope: g},
		{method: "GET", path: s + "/resources", action: "Microsoft.Resources/subscriptions/resources/read", scope: s, collection: true},
		{method: "GET", path: g + "/resources", action: "Microsoft.Resources/subscriptions/resourceGroups/resources/read", scope: g, collection: true},
		{method: "GET", path: s + "/locations", action: "Microsoft.Resources/subscriptions/locations/read", scope: s},
		{method: "GET", path: s + "/providers", action: "Microsoft.Resources/subscriptions/providers/read", scope: s},
		{method: "GET", path: s + "/providers/Microsoft.Compute", action: "Microsoft.Resources/subscriptions/providers/read", scope: s},
		{method: "GET", path: "/providers", action: "Microsoft.Resources/providers/read", scope: "/"},
		{method: "GET", path: "/providers/Microsoft.Compute", action: "Microsoft.Resources/providers/read", scope: "/"},
		{method: "GET", path: s + "/operationresults/o", action: "Microsoft.Resources/subscriptions/operationresults/read", scope: s, collection: true},
		{method: "HEAD", path: s + "/OperationResults/o", action: "Microsoft.Resources/subscriptions/operationresults/read", scope: s, collection: true},
		{method: "POST", path: g + "/moveResources", action: "Microsoft.Resources/subscriptions/resourceGroups/moveResources/action", scope: g},
		{method: "POST", path: s + "/validateMoveResources", action: "Microsoft.Resources/subscriptions/validateMoveResources/action", scope: s},

		// Resources, at any level.
		{method: "GET", path: vm, action: "Microsoft.Compute/virtualMachines/read", scope: vm},
		{method: "PUT", path: vm, action: "Microsoft.Compute/virtualMachines/write", scope: vm},
		{method: "PATCH", path: vm, action: "Microsoft.Compute/virtualMachines/write", scope: vm},
		{method: "DELETE", path: vm, action: "Microsoft.Compute/virtualMachines/delete", scope: vm},
		{method: "POST", path: vm + "/start", action: "Microsoft.Compute/virtualMachines/start/action", scope: vm},
		{method: "GET", path: vm + "/extensions", action: "Microsoft.Compute/virtualMachines/extensions/read", scope: vm, collection: true},
		{method: "GET", path: vm + "/extensions/e", action: "Microsoft.Compute/virtualMachines/extensions/read", scope: vm + "/extensions/e"},
		{method: "POST", path: vm + "/extensions/e/reset", action: "Microsoft.Compute/virtualMachines/extensions/reset/action", scope: vm + "/extensions/e"},
		{method: "GET", path: g + "/providers/Microsoft.Compute/virtualMachines", action: "Microsoft.Compute/virtualMachines/read", scope: g, collection: true},
		{method: "GET", path: s + "/providers/Microsoft.Compute/virtualMachines", action: "Microsoft.Compute/virtualMachines/read", scope: s, collection: true},
		{method: "HEAD", path: s + "/providers/Microsoft.Compute/virtualMachines", action: "Microsoft.Compute/virtualMachines/read", scope: s, collection: true},
		{method: "POST", path: s + "/providers/Microsoft.Compute/register", action: "Microsoft.Compute/register/action", scope: s},
		{method: "POST", path: s + "/providers/Microsoft.Storage/checkNameAvailability", action: "Microsoft.Storage/checkNameAvailability/action", scope: s},
		{method: "POST", path: s + "/providers/Microsoft.Compute/locations/local/capture", action: "Microsoft.Compute/locations/capture/action", scope: s + "/providers/Microsoft.Compute/locations/local"},
		{method: "GET", path: mgmtGroup, action: "Microsoft.Management/managementGroups/read", scope: mgmtGroup},
		{method: "GET", path: "/providers/Microsoft.Management/managementGroups", action: "Microsoft.Management/managementGroups/read", scope: "/", collection: true},
		{method: "PUT", path: mgmtGroup + "/subscriptions/s", action: "Microsoft.Management/managementGroups/subscriptions/write", scope: mgmtGroup + "/subscriptions/s"},
		{method: "GET", path: g + "/providers/microsoft.compute/VIRTUALMACHINES/a%20b", action: "microsoft.compute/VIRTUALMACHINES/read", scope: g + "/providers/microsoft.compute/VIRTUALMACHINES/a b"},

		// Extension resources: role assignments at what they are for, others at their own id.
		{method: "GET", path: "/providers/Microsoft.Authorization/roleAssignments", action: "Microsoft.Authorization/roleAssignments/read", scope: "/", collection: true},
		{method: "GET", path: s + "/providers/Microsoft.Authorization/roleAssignments", action: "Microsoft.Authorization/roleAssignments/read", scope: s, collection: true},
		{method: "GET", path: vm + "/providers/Microsoft.Authorization/roleAssignments", action: "Microsoft.Authorization/roleAssignments/read", scope: vm, collection: true},
		{method: "PUT", path: "/providers/Microsoft.Authorization/roleAssignments/r", action: "Microsoft.Authorization/roleAssignments/write", scope: "/"},
		{method: "PUT", path: mgmtGroup + "/providers/Microsoft.Authorization/roleAssignments/r", action: "Microsoft.Authorization/roleAssignments/write", scope: mgmtGroup},
		{method: "PUT", path: s + "/providers/Microsoft.Authorization/roleAssignments/r", action: "Microsoft.Authorization/roleAssignments/write", scope: s},
		{method: "GET", path: g + "/providers/microsoft.authorization/roleassignments/r", action: "microsoft.authorization/roleassignments/read", scope: g},
		{method: "DELETE", path: vm + "/providers/Microsoft.Authorization/roleAssignments/r", action: "Microsoft.Authorization/roleAssignments/delete", scope: vm},
		{method: "PUT", path: s + "/providers/Microsoft.Authorization/roleDefinitions/r", action: "Microsoft.Authorization/roleDefinitions/write", scope: s + "/providers/Microsoft.Authorization/roleDefinitions/r"},
		{method: "GET", path: vm + "/providers/Microsoft.Insights/diagnosticSettings/d", action: "Microsoft.Insights/diagnosticSettings/read", scope: vm + "/providers/Microsoft.Insights/diagnosticSettings/d"},
		{method: "POST", path: vm + "/providers/Microsoft.Authorization/checkAccess", action: "Microsoft.Authorization/checkAccess/action", scope: vm},

		// Errors.
		{method: "GET", path: "/", err: rbac.ErrUnknownPath},
		{method: "GET", path: "/metadata/endpoints", err: rbac.ErrUnknownPath},
		{method: "POST", path: "/metadata", err: rbac.ErrUnknownPath},
		{method: "GET", path: s + "/tagNames", err: rbac.ErrUnknownPath},
		{method: "GET", path: s + "/resourceGroups/g/deployments", err: rbac.ErrUnknownPath},
		{method: "GET", path: g + "/providers", err: rbac.ErrUnknownPath},
		{method: "GET", path: g + "/providers/Microsoft.Compute", err: rbac.ErrUnknownPath},
		{method: "GET", path: "/tenants/t", err: rbac.ErrUnknownPath},
		{method: "GET", path: s + "/locations/local", err: rbac.ErrUnknownPath},
		{method: "GET", path: s + "/operationresults/o/p", err: rbac.ErrUnknownPath},
		{method: "GET", path: g + "/operationresults/o", err: rbac.ErrUnknownPath},
		{method: "GET", path: "/operationresults/o", err: rbac.ErrUnknownPath},
		{method: "DELETE", path: s + "/operationresults/o", err: rbac.ErrMethod},
		{method: "POST", path: s + "/operationresults/o", err: rbac.ErrInvalidPath},
		{method: "POST", path: s + "/a/b", err: rbac.ErrUnknownPath},
		{method: "PUT", path: "/subscriptions", err: rbac.ErrMethod},
		{method: "DELETE", path: s + "/resourceGroups", err: rbac.ErrMethod},
		{method: "PATCH", path: vm + "/extensions", err: rbac.ErrMethod},
		{method: "DELETE", path: s + "/providers/Microsoft.Authorization/roleAssignments", err: rbac.ErrMethod},
		{method: "PUT", path: s + "/providers/Microsoft.Compute", err: rbac.ErrMethod},
		{method: "OPTIONS", path: s, err: rbac.ErrMethod},
		{method: "TRACE", path: s, err: rbac.ErrMethod},
		{method: "CONNECT", path: s, err: rbac.ErrMethod},
		{method: "get", path: s, err: rbac.ErrMethod},
		{method: "POST", path: "/subscriptions", err: rbac.ErrInvalidPath},
		{method: "POST", path: "/", err: rbac.ErrInvalidPath},
		{method: "POST", path: s, err: rbac.ErrInvalidPath},
		{method: "POST", path: s + "/resourceGroups", err: rbac.ErrInvalidPath},
		{method: "POST", path: s + "/resources", err: rbac.ErrInvalidPath},
		{method: "POST", path: g, err: rbac.ErrInvalidPath},
		{method: "POST", path: vm, err: rbac.ErrInvalidPath},
		{method: "POST", path: s + "/providers", err: rbac.ErrInvalidPath},
		{method: "POST", path: s + "/providers/Microsoft.Compute", err: rbac.ErrInvalidPath},
		{method: "GET", path: "//subscriptions/s", err: rbac.ErrInvalidPath},
		{method: "GET", path: s + "%2fresourceGroups%2fg", err: rbac.ErrInvalidPath},
		{method: "GET", path: s + "/resourceGroups/%2e%2e", err: rbac.ErrInvalidPath},
		{method: "GET", path: s + "/resourceGroups/providers/providers/Microsoft.Compute/virtualMachines/vm", err: rbac.ErrInvalidPath},
		{method: "GET", path: s + "/providers/Microsoft.Compute/providers/Microsoft.Sql/servers", err: rbac.ErrInvalidPath},
		{method: "GET", path: g + "/providers/Microsoft.Sql/servers/providers/databases/d", err: rbac.ErrInvalidPath},
		{method: "POST", path: vm + "/providers/providers/go", err: rbac.ErrInvalidPath},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			got, err := rbac.OperationFor(newRequest(t, tt.method, tt.path))
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if tt.err != nil {
				if got != (rbac.Operation{}) {
					t.Fatalf("%+v besides an error", got)
				}
				return
			}
			if got.Action != tt.action || got.Scope.String() != tt.scope || got.Collection != tt.collection || got.Plane != rbac.ControlPlane {
				t.Errorf("got %s at %s, collection %v", got.Action, got.Scope, got.Collection)
			}
		})
	}
}

func TestMethodOverridesAreIgnored(t *testing.T) {
	r := httptest.NewRequest("POST", machine+"/start?_method=GET&x-http-method=GET&api-version=2020-06-01", strings.NewReader("_method=GET"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		r.Header.Set(name, "GET")
	}
	got, err := rbac.OperationFor(r)
	if err != nil || got.Action != "Microsoft.Compute/virtualMachines/start/action" {
		t.Errorf("got %q, %v", got.Action, err)
	}
}

// A router that is written from the table of paths, as regular expressions over the path in lower case. It knows what
// resource a request is served from and shares nothing with the package.
var (
	routeProvider = regexp.MustCompile(`^(.*)/providers/([^/]+)((?:/[^/]+)*)$`)
	routeBase     = regexp.MustCompile(`^(?:/subscriptions/[^/]+(?:/resourcegroups/[^/]+)?)?$`)
)

// served returns the resource that the router serves a request from, and the words of the type.
func served(path string) (resource string, types []string, rest string) {
	m := routeProvider.FindStringSubmatch(path)
	if m == nil {
		for _, depth := range []int{4, 2} {
			segments := strings.Split(path, "/")
			if len(segments) > depth {
				if base := strings.Join(segments[:depth+1], "/"); routeBase.MatchString(base) {
					return base, nil, path[len(base):]
				}
			}
		}
		return "", nil, path
	}
	resource, types = m[1]+"/providers/"+m[2], []string{m[2]}
	words := strings.Split(m[3], "/")[1:]
	if len(words) < 2 {
		return m[1], types, m[3]
	}
	for len(words) >= 2 {
		resource += "/" + words[0] + "/" + words[1]
		types = append(types, words[0])
		words = words[2:]
	}
	if len(words) == 1 {
		rest = "/" + words[0]
	}
	return resource, types, rest
}

func FuzzOperationFor(f *testing.F) {
	for _, method := range []string{"GET", "PUT", "DELETE", "POST", "OPTIONS"} {
		for _, target := range []string{
			"/subscriptions", subA, groupA, machine, machine + "/start", machine + "/extensions",
			machine + "/providers/Microsoft.Authorization/roleAssignments/r", subA + "/providers/Microsoft.Compute",
			subA + "/providers/Microsoft.Compute/register", subA + "%2fresourceGroups", subA + "//", "/a/../b",
			"/subscriptions/s/resourceGroups/g/providers/providers/x/y", "/providers/A/B/C/providers/D/E/F",
			"/PROVIDERS/A/b/%C5%BF", "/subscriptions/s/resourceGroups/g/providers/a/b/c%20d",
		} {
			f.Add(method, target)
		}
	}
	f.Fuzz(func(t *testing.T, method, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		op, err := rbac.OperationFor(&http.Request{Method: method, URL: u})
		if err != nil {
			if !errors.Is(err, rbac.ErrInvalidPath) && !errors.Is(err, rbac.ErrUnknownPath) && !errors.Is(err, rbac.ErrMethod) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		path, err := rbac.CanonicalPath(u)
		if err != nil {
			t.Fatalf("an operation for a path without a canonical form: %v", err)
		}
		resource, types, rest := served(strings.ToLower(path))
		action, scope := strings.ToLower(op.Action), strings.ToLower(op.Scope.String())
		if strings.Join(types, "/") == "microsoft.authorization/roleassignments" && !op.Collection && method != "POST" {
			// Role assignments are authorized at what they are for.
			resource = resource[:strings.LastIndex(resource, "/providers/")]
		}
		if resource == "" {
			resource = "/"
		}
		if scope != resource {
			t.Fatalf("%s %q is authorized at %q and served from %q", method, target, scope, resource)
		}
		if op.Collection && rest == "" {
			t.Fatalf("%s %q is no collection", method, target)
		}
		verb := map[string]string{"GET": "/read", "HEAD": "/read", "PUT": "/write", "PATCH": "/write", "DELETE": "/delete", "POST": "/action"}[method]
		if verb == "" || !strings.HasSuffix(action, verb) {
			t.Fatalf("%s is %q", method, action)
		}
		if len(types) > 1 || len(types) == 1 && rest != "" {
			if want := strings.Join(types, "/") + rest + verb; action != want {
				t.Fatalf("%s %q is %q, want %q", method, target, action, want)
			}
		} else if !strings.HasPrefix(action, "microsoft.resources/") {
			t.Fatalf("%s %q is %q", method, target, action)
		}
	})
}
