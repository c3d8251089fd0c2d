package resourcemanager_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/resourcemanager"
)

func inPagesOf(size int) func(*resourcemanager.Config) {
	return func(c *resourcemanager.Config) { c.PageSize = size }
}

// next returns the request that a page's nextLink stands for. It must lead to where the server is configured to be.
func (a *answer) next(tb testing.TB, as string) (request, bool) {
	tb.Helper()
	link, _ := a.json["nextLink"].(string)
	if link == "" {
		return request{}, false
	}
	if !strings.HasPrefix(link, address+"/") {
		tb.Fatalf("nextLink leads elsewhere: %s", link)
	}
	u := must[*url.URL](tb)(url.Parse(link))
	return request{as: as, method: http.MethodGet, path: u.EscapedPath(), query: u.RawQuery}, true
}

// pages follows a list to its end.
func (s *site) pages(tb testing.TB, r request) (pages [][]string) {
	tb.Helper()
	for more := true; more; {
		a := s.do(tb, r)
		pages = append(pages, a.ids(tb))
		r, more = a.next(tb, r.as)
	}
	return pages
}

func TestPages(t *testing.T) {
	for _, test := range []struct {
		name string
		size int
		r    request
		want [][]string
	}{
		{"all on one page", 5, request{as: owner, path: primary + "/resources"}, [][]string{{budget, web, disk, net, safe}}},
		{"two pages", 3, request{as: owner, path: primary + "/resources"}, [][]string{{budget, web, disk}, {net, safe}}},
		{"pages of one", 1, request{as: owner, path: vault + "/resources"}, [][]string{{safe}}},
		{"$top", 5, request{as: owner, path: primary + "/resources", query: "api-version=2021-04-01&$top=2"}, [][]string{{budget, web}, {disk, net}, {safe}}},
		{"$top beyond the size", 3, request{as: owner, path: primary + "/resources", query: "api-version=2021-04-01&$top=99"}, [][]string{{budget, web, disk}, {net, safe}}},
		{"only what may be read counts", 2, request{as: contributor, path: primary + "/resources"}, [][]string{{web, disk}, {net}}},
		{"nothing", 1, request{as: nobody, path: primary + "/resources"}, [][]string{{}}},
		{"filter", 1, request{as: owner, path: primary + "/resources", query: "api-version=2021-04-01&$filter=" + url.QueryEscape("resourceType eq 'Microsoft.Compute/virtualMachines'")},
			[][]string{{web}, {safe}}},
		{"resource groups", 1, request{as: owner, path: primary + "/resourcegroups"}, [][]string{{shop}, {vault}}},
		{"resources of a type", 1, request{as: owner, path: primary + "/providers/Microsoft.Compute/virtualMachines"}, [][]string{{web}, {safe}}},
		{"subscriptions", 1, request{as: owner, path: "/subscriptions"}, [][]string{{primary}, {second}}},
		{"another spelling", 1, request{as: owner, path: strings.ToUpper(primary) + "/RESOURCEGROUPS"}, [][]string{{shop}, {vault}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, inPagesOf(test.size))
			test.r.method = http.MethodGet
			if got := s.pages(t, test.r); !slices.EqualFunc(got, test.want, slices.Equal[[]string]) {
				t.Errorf("pages are\n\t%q, want\n\t%q", got, test.want)
			}
		})
	}
}

func TestNextLink(t *testing.T) {
	s := newSite(t, inPagesOf(1))
	query := "api-version=2019-10-01&$expand=createdTime&$filter=" + url.QueryEscape("location eq 'local'") + "&$top=7&other=x"
	a := s.do(t, request{as: owner, method: "GET", path: primary + "/resources", query: query, header: http.Header{"X-Forwarded-Host": {"evil.example"}}})
	link := must[*url.URL](t)(url.Parse(a.json["nextLink"].(string)))
	got := link.Query()
	token := got.Get("$skiptoken")
	got.Del("$skiptoken")
	if want := (url.Values{"api-version": {"2019-10-01"}, "$expand": {"createdTime"}, "$filter": {"location eq 'local'"}, "$top": {"7"}}); got.Encode() != want.Encode() {
		t.Errorf("query of nextLink is %v, want %v", got, want)
	}
	if link.Path != primary+"/resources" || token == "" {
		t.Errorf("nextLink is %s", link)
	}
	// The last item of a page is readable here, but who is sent the link in a log may not know it.
	if strings.Contains(strings.ToLower(a.json["nextLink"].(string)), "budget") {
		t.Errorf("nextLink tells: %s", link)
	}

	sent := s.request(t, request{as: owner, method: "GET", path: primary + "/resourcegroups"})
	sent.Host = "evil.example"
	sent.URL = must[*url.URL](t)(url.Parse(s.server.URL + sent.RequestURI))
	sent.RequestURI = ""
	a = read(t, must[*http.Response](t)(s.server.Client().Do(sent)))
	if link, _ := a.json["nextLink"].(string); !strings.HasPrefix(link, address+"/") {
		t.Errorf("nextLink follows the Host header: %s", link)
	}
}

// What is made or deleted between two pages neither hides nor repeats another item.
func TestPagesUnderChange(t *testing.T) {
	s := newSite(t, inPagesOf(2))
	first := s.do(t, request{as: owner, method: "GET", path: primary + "/resources"})
	if got := first.ids(t); !slices.Equal(got, []string{budget, web}) {
		t.Fatalf("first page is %q", got)
	}
	s.want(t, request{as: owner, method: "DELETE", path: budget}, 200, "")
	s.want(t, request{as: owner, method: "DELETE", path: web}, 200, "") // with disk: what the token stands for is gone
	s.want(t, request{as: owner, method: "PUT", path: shop + "/providers/Microsoft.Compute/disks/Aaa", body: "{}"}, 201, "")
	next, _ := first.next(t, owner)
	if got := s.pages(t, next); !slices.EqualFunc(got, [][]string{{net, safe}}, slices.Equal[[]string]) {
		t.Errorf("the rest is %q", got)
	}
}

// A token continues the list that it comes from, for whom it was made, and nothing else.
func TestSkipTokenIsSealed(t *testing.T) {
	s := newSite(t, inPagesOf(1))
	list := func(as, path, query string) request {
		return request{as: as, method: "GET", path: path, query: "api-version=2021-04-01" + query}
	}
	next, _ := s.do(t, list(owner, primary+"/resources", "")).next(t, owner)
	token := must[url.Values](t)(url.ParseQuery(next.query)).Get("$skiptoken")
	with := "&$skiptoken=" + token
	s.want(t, list(owner, primary+"/resources", with), 200, "")
	s.want(t, list(owner, strings.ToLower(primary)+"/RESOURCES", with+"&$top=1"), 200, "")

	again, _ := s.do(t, list(owner, primary+"/resources", "")).next(t, owner)
	if again.query == next.query {
		t.Error("equal tokens show that they stand for equal items")
	}
	elsewhere := newSite(t, inPagesOf(1))
	for name, r := range map[string]request{
		"another caller": list(auditor, primary+"/resources", with),
		"another list":   list(owner, primary+"/resourceGroups", with),
		"another scope":  list(owner, shop+"/resources", with),
		"another filter": list(owner, primary+"/resources", with+"&$filter="+url.QueryEscape("name eq 'Web'")),
		"changed":        list(owner, primary+"/resources", "&$skiptoken="+flip(token)),
		"cut":            list(owner, primary+"/resources", "&$skiptoken="+token[:8]),
		"empty":          list(owner, primary+"/resources", "&$skiptoken="),
		"made up":        list(owner, primary+"/resources", "&$skiptoken=L3N1YnNjcmlwdGlvbnM"),
		"of no alphabet": list(owner, primary+"/resources", "&$skiptoken=%00%25"),
	} {
		t.Run(name, func(t *testing.T) { s.want(t, r, 400, "InvalidSkipToken") })
	}
	elsewhere.want(t, list(owner, primary+"/resources", with), 400, "InvalidSkipToken")

	// Even the right token shows only what may be read now.
	s.want(t, list(nobody, primary+"/resources", with), 400, "InvalidSkipToken")
}

func flip(token string) string {
	if token[len(token)/2] == 'A' {
		return token[:len(token)/2] + "B" + token[len(token)/2+1:]
	}
	return token[:len(token)/2] + "A" + token[len(token)/2+1:]
}

func TestTop(t *testing.T) {
	s := newSite(t)
	for _, top := range []string{"", "0", "-1", "x", "1.5", "99999999999999999999", "%2B", "1%00"} {
		s.want(t, request{as: owner, method: "GET", path: primary + "/resources", query: "api-version=2021-04-01&$top=" + top}, 400, "InvalidTopInQueryString")
	}
}
