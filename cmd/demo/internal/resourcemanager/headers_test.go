package resourcemanager_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestHeaders(t *testing.T) {
	s := newSite(t)
	guid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for _, r := range []request{
		{as: owner, method: "GET", path: web},
		{as: owner, method: "GET", path: shop + "x"},
		{as: owner, method: "GET", path: "/nothing"},
		{as: nobody, method: "GET", path: web},
		{method: "GET", path: "/metadata/endpoints"},
		{method: "GET", path: web},
	} {
		a := s.do(t, r)
		for name, want := range map[string]string{
			"Content-Type":              "application/json; charset=utf-8",
			"Cache-Control":             "no-cache",
			"Pragma":                    "no-cache",
			"X-Content-Type-Options":    "nosniff",
			"Strict-Transport-Security": "max-age=31536000; includeSubDomains",
		} {
			if got := strings.Join(a.header.Values(name), "|"); got != want {
				t.Errorf("%s: %s is %q, want %q", r.path, name, got, want)
			}
		}
		id := a.header.Get("x-ms-request-id")
		if !guid.MatchString(id) || a.header.Get("x-ms-correlation-request-id") != id {
			t.Errorf("%s: request id %q, correlation id %q", r.path, id, a.header.Get("x-ms-correlation-request-id"))
		}
		if got := a.header.Get("x-ms-routing-request-id"); !regexp.MustCompile(`^LOCAL:\d{8}T\d{6}Z:` + id + `$`).MatchString(got) {
			t.Errorf("%s: routing request id %q", r.path, got)
		}
		if got := a.header.Get("x-ms-failure-cause"); (got == "gateway") != (a.status >= 400) {
			t.Errorf("%s: %d, failure cause %q", r.path, a.status, got)
		}
	}
}

func TestCorrelationIDIsEchoedWhenSane(t *testing.T) {
	s := newSite(t)
	for sent, echoed := range map[string]bool{
		"0f8fad5b-d9cb-469f-a165-70867728950e": true,
		"my.test_run-1":                        true,
		"":                                     false,
		"a b":                                  false,
		`<script>`:                             false,
		strings.Repeat("a", 129):               false,
	} {
		a := s.do(t, request{as: owner, method: "GET", path: web, header: http.Header{"X-Ms-Correlation-Request-Id": {sent}}})
		got := a.header.Get("x-ms-correlation-request-id")
		if (got == sent) != echoed || got == "" {
			t.Errorf("%q comes back as %q", sent, got)
		}
	}
}

// RFC 6797 section 7.2: over plain HTTP the header must not be sent.
func TestStrictTransportOverTLSOnly(t *testing.T) {
	s := newSite(t)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metadata/endpoints?api-version=2015-01-01", nil))
	if w.Code != http.StatusOK || w.Header().Get("Strict-Transport-Security") != "" {
		t.Errorf("%d, Strict-Transport-Security: %q", w.Code, w.Header().Get("Strict-Transport-Security"))
	}
}

// HEAD answers as GET does, without content, but for what exists: that is 204, as clients ask for it.
func TestHead(t *testing.T) {
	s := newSite(t)
	for path, want := range map[string]int{
		"/subscriptions": 200, "/tenants": 200, "/providers": 200, primary: 200, primary + "/locations": 200, primary + "/providers": 200,
		primary + "/resourceGroups": 200, primary + "/resources": 200, shop: 204, web: 204, web + "/extensions": 200, shop + "x": 404, "/nothing": 404,
	} {
		a := s.do(t, request{as: owner, method: "HEAD", path: path})
		if a.status != want || a.body != "" {
			t.Errorf("%s: %d %q, want %d", path, a.status, a.body, want)
		}
	}
	s.want(t, request{method: "HEAD", path: "/subscriptions"}, 401, "")
}
