package resourcemanager_test

import (
	"strings"
	"testing"
)

// az resource writes a second slash where a parent could stand. No other empty segment is taken.
func TestEmptyParent(t *testing.T) {
	s := newSite(t)
	double := func(path string) string { return strings.Replace(path, "Microsoft.Compute/", "Microsoft.Compute//", 1) }
	for _, test := range []struct {
		as, method, path string
		status           int
		code             string
	}{
		{owner, "GET", double(web), 200, ""},
		{owner, "GET", strings.ToUpper(strings.Replace(web, "Microsoft.Compute/", "Microsoft.Compute//", 1)), 200, ""},
		{owner, "GET", strings.Replace(double(web), "/resourceGroups/", "/resourcegroups/", 1), 200, ""},
		{owner, "GET", double(web) + "/", 200, ""},
		{owner, "GET", strings.Replace(double(web), "Web", "%57eb", 1), 200, ""},
		{owner, "PUT", double(web) + "2", 201, ""},
		{owner, "POST", double(web) + "/start", 200, ""},
		{reader, "GET", double(web), 200, ""},
		{reader, "GET", double(safe), 403, "AuthorizationFailed"},
		{reader, "PUT", double(web), 403, "AuthorizationFailed"},
		{"", "GET", double(web), 401, "AuthenticationFailed"},

		{owner, "GET", strings.Replace(web, "Microsoft.Compute/", "Microsoft.Compute///", 1), 400, "InvalidRequestUri"},
		{owner, "GET", strings.Replace(web, "/providers/", "//providers/", 1), 400, "InvalidRequestUri"},
		{owner, "GET", strings.Replace(web, "/providers/", "/providers//", 1), 400, "InvalidRequestUri"},
		{owner, "GET", strings.Replace(web, "/virtualMachines/", "/virtualMachines//", 1), 400, "InvalidRequestUri"},
		{owner, "GET", double(strings.Replace(web, "/virtualMachines/", "/virtualMachines//", 1)), 400, "InvalidRequestUri"},
		{owner, "GET", double(web) + "//", 400, "InvalidRequestUri"},
		{owner, "GET", double(disk) + "/more", 400, "InvalidRequestUri"},
		{owner, "GET", double(web) + "%2Fextensions", 400, "InvalidRequestUri"},
		{owner, "GET", strings.Replace(web, "Microsoft.Compute/", "Microsoft.Compute%2F/", 1), 400, "InvalidRequestUri"},
		{owner, "GET", strings.Replace(double(web), "/Shop/", "/../", 1), 400, "InvalidRequestUri"},
		{owner, "GET", strings.Replace(double(web), "/Web", "/..", 1), 400, "InvalidRequestUri"},
		{owner, "GET", shop + "/providers/Microsoft.Compute//virtualMachines", 400, "InvalidRequestUri"},
		{owner, "GET", primary + "/providers/Microsoft.Consumption//budgets/Budget", 400, "InvalidRequestUri"},
	} {
		body := ""
		if test.method == "PUT" {
			body = "{}"
		}
		s.want(t, request{as: test.as, method: test.method, path: test.path, body: body}, test.status, test.code)
	}
	s.want(t, request{as: owner, method: "GET", path: web + "2"}, 200, "")
}
