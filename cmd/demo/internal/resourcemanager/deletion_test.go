package resourcemanager_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/cmd/demo/internal/resourcemanager"
)

func deletingFor(d time.Duration) func(*resourcemanager.Config) {
	return func(c *resourcemanager.Config) { c.DeleteDuration = d }
}

// result returns the request for the result that a deletion has promised. It must lead to where the server is configured to be.
func (a *answer) result(tb testing.TB, as string) request {
	tb.Helper()
	location := a.header.Get("Location")
	if !strings.HasPrefix(location, address+primary+"/operationresults/") || a.body != "" {
		tb.Fatalf("%d, Location: %q, body %q", a.status, location, a.body)
	}
	u := must[*url.URL](tb)(url.Parse(location))
	return request{as: as, method: http.MethodGet, path: u.Path, query: u.RawQuery}
}

func (a *answer) state() any {
	properties, _ := a.json["properties"].(map[string]any)
	return properties["provisioningState"]
}

func TestDeletionTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newHandler(t, deletingFor(2500*time.Millisecond))
		before := s.do(t, request{as: owner, method: "GET", path: shop})
		begun := s.want(t, request{as: owner, method: "DELETE", path: shop, query: "api-version=2019-10-01"}, 202, "")
		if got := begun.header.Get("Retry-After"); got != "3" {
			t.Errorf("Retry-After is %s", got)
		}
		result := begun.result(t, owner)
		if result.query != "api-version=2019-10-01" {
			t.Errorf("Location asks with %s", result.query)
		}

		// Until it is over, all is there to be read, and nothing to be changed.
		group := s.want(t, request{as: owner, method: "GET", path: shop}, 200, "")
		if group.state() != "Deleting" || group.header.Get("ETag") == before.header.Get("ETag") {
			t.Errorf("%s, ETag %s", group.body, group.header.Get("ETag"))
		}
		if a := s.want(t, request{as: owner, method: "GET", path: web}, 200, ""); a.state() != "Succeeded" {
			t.Error(a.body)
		}
		s.wantIDs(t, request{as: owner, method: "GET", path: shop + "/resources"}, web, disk, net)
		assignment := "/providers/Microsoft.Authorization/roleAssignments/c0000000-0000-4000-8000-000000000001"
		for _, r := range []request{
			{method: "PUT", path: shop, body: `{"location":"local"}`},
			{method: "PATCH", path: shop, body: `{}`},
			{method: "PUT", path: web, body: `{}`},
			{method: "PATCH", path: web, body: `{}`},
			{method: "DELETE", path: web},
			{method: "POST", path: web + "/start"},
			{method: "PUT", path: disk, body: `{}`},
			{method: "PUT", path: shop + "/providers/Microsoft.Compute/disks/new", body: `{}`},
			{method: "PUT", path: disk + "/providers/Microsoft.Insights/diagnosticSettings/new", body: `{}`},
			{method: "PUT", path: shop + assignment, body: `{}`},
			{method: "PUT", path: web + assignment, body: `{}`},
		} {
			r.as = owner
			a := s.want(t, r, 409, "ResourceGroupBeingDeleted")
			if want := "The resource group 'Shop' is in deprovisioning state and cannot perform this operation."; a.message != want {
				t.Errorf("%s %s: %s", r.method, r.path, a.message)
			}
		}
		s.want(t, request{as: owner, method: "DELETE", path: shop + assignment}, 200, "")
		s.want(t, request{as: owner, method: "PATCH", path: safe, body: `{}`}, 200, "")
		s.wantDeleted(t)

		time.Sleep(time.Second)
		a := s.want(t, result, 202, "")
		if got := a.header.Get("Retry-After"); got != "2" || a.header.Get("Location") != begun.header.Get("Location") {
			t.Errorf("Retry-After is %s, Location %s", got, a.header.Get("Location"))
		}
		time.Sleep(1500*time.Millisecond - time.Nanosecond)
		synctest.Wait()
		s.want(t, result, 202, "")
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		s.wantDeleted(t, shop)
		for range 2 {
			if a := s.want(t, result, 200, ""); a.body != "" || a.header.Get("Location") != "" {
				t.Errorf("the result is %q", a.body)
			}
		}
		result.method = "HEAD"
		s.want(t, result, 200, "")
		s.want(t, request{as: owner, method: "GET", path: shop}, 404, "ResourceGroupNotFound")
		s.want(t, request{as: owner, method: "GET", path: web}, 404, "ResourceNotFound")
	})
}

// Who deletes what is being deleted waits for the same end.
func TestDeletionIsJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newHandler(t, deletingFor(10*time.Second))
		first := s.want(t, request{as: owner, method: "DELETE", path: shop}, 202, "")
		time.Sleep(6 * time.Second)
		second := s.want(t, request{as: contributor, method: "DELETE", path: strings.ToUpper(shop)}, 202, "")
		if first.header.Get("Location") == second.header.Get("Location") {
			t.Error("two callers have one operation")
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		s.want(t, first.result(t, owner), 200, "")
		s.want(t, second.result(t, contributor), 200, "")
		s.wantDeleted(t, shop)

		// One of the same name has nothing to do with it.
		s.want(t, request{as: owner, method: "PUT", path: shop, body: `{"location":"local"}`}, 201, "")
		time.Sleep(time.Hour)
		s.want(t, request{as: owner, method: "GET", path: shop}, 200, "")
		s.want(t, first.result(t, owner), 200, "")
		third := s.want(t, request{as: owner, method: "DELETE", path: shop}, 202, "")
		time.Sleep(9 * time.Second)
		s.want(t, third.result(t, owner), 202, "")
		time.Sleep(time.Second)
		synctest.Wait()
		s.want(t, third.result(t, owner), 200, "")
	})
}

// The result is for who began the deletion, and for who may read what was deleted.
func TestWhoMayAskForTheResult(t *testing.T) {
	s := newSite(t, deletingFor(time.Hour))
	result := s.want(t, request{as: contributor, method: "DELETE", path: shop}, 202, "").result(t, "")
	for _, test := range []struct {
		as     string
		change func(path string) string
		status int
		code   string
	}{
		{contributor, nil, 202, ""}, // without a role at the subscription
		{contributor, strings.ToUpper, 202, ""},
		{owner, nil, 202, ""},
		{auditor, nil, 202, ""},
		{reader, nil, 404, "OperationNotFound"},
		{nobody, nil, 404, "OperationNotFound"},
		{stranger, nil, 401, "InvalidAuthenticationTokenTenant"},
		{"", nil, 401, "AuthenticationFailed"},
		{owner, func(path string) string { return strings.Replace(path, primary, second, 1) }, 404, "OperationNotFound"},
		{owner, func(path string) string { return path + "x" }, 404, "OperationNotFound"},
		{owner, func(path string) string { return path[:len(path)-1] }, 404, "OperationNotFound"},
		{owner, func(path string) string { return path + "/x" }, 404, "NotFound"},
		{owner, func(string) string { return primary + "/operationresults" }, 404, "NotFound"},
	} {
		r := result
		r.as = test.as
		if test.change != nil {
			r.path = test.change(r.path)
		}
		s.want(t, r, test.status, test.code)
	}
	r := result
	r.as, r.query = contributor, "x=y"
	s.want(t, r, 400, "MissingApiVersionParameter")
	r.query, r.method = "api-version=2021-04-01", "DELETE"
	s.want(t, r, 405, "MethodNotAllowed")
}

// Close ends what runs, and nothing begins after it.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newHandler(t, deletingFor(time.Minute))
		result := s.want(t, request{as: owner, method: "DELETE", path: shop}, 202, "").result(t, owner)
		if err := s.handler.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Hour)
		s.wantDeleted(t)
		s.want(t, result, 202, "")
		s.want(t, request{as: owner, method: "DELETE", path: vault}, 503, "ServiceUnavailable")
		if a := s.want(t, request{as: owner, method: "GET", path: vault}, 200, ""); a.state() != "Succeeded" {
			t.Error(a.body)
		}
		if err := s.handler.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestDeleteDurationByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newHandler(t, deletingFor(0))
		begun := s.want(t, request{as: owner, method: "DELETE", path: shop}, 202, "")
		if got := begun.header.Get("Retry-After"); got != "1" {
			t.Errorf("Retry-After is %s", got)
		}
		time.Sleep(time.Second)
		s.want(t, begun.result(t, owner), 200, "")
	})
}

// Results take bounded memory; the oldest is forgotten.
func TestResultsAreBounded(t *testing.T) {
	s := newHandler(t, deletingFor(time.Hour), limitedTo(resourcemanager.Limits{Deletes: 2 * resourcemanager.MaxOperations}))
	first := s.want(t, request{as: owner, method: "DELETE", path: shop}, 202, "").result(t, owner)
	var last request
	for range resourcemanager.MaxOperations {
		last = s.want(t, request{as: owner, method: "DELETE", path: shop}, 202, "").result(t, owner)
	}
	s.want(t, first, 404, "OperationNotFound")
	s.want(t, last, 202, "")
}

// An authentication context is asked of who may delete a resource group, and of nobody else and for nothing else.
func TestDeleteGroupContext(t *testing.T) {
	s := newSite(t, func(c *resourcemanager.Config) { c.DeleteGroupContext = "c1" })
	for _, test := range []struct {
		request
		status int
		code   string
	}{
		{request{as: owner, method: "DELETE", path: shop}, 403, "RequestDisallowedByAzure"},
		{request{as: owner, method: "DELETE", path: strings.ToUpper(shop) + "/"}, 403, "RequestDisallowedByAzure"},
		{request{as: nobody, method: "DELETE", path: shop}, 403, "AuthorizationFailed"},
		{request{as: owner, method: "PUT", path: shop, body: `{"location":"local"}`}, 200, ""},
		{request{as: owner, method: "DELETE", path: disk}, 200, ""},
	} {
		s.want(t, test.request, test.status, test.code)
	}
}
