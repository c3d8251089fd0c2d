package resourcemanager_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/cmd/demo/internal/resourcemanager"
)

func limitedTo(limits resourcemanager.Limits) func(*resourcemanager.Config) {
	return func(c *resourcemanager.Config) { c.Limits = limits }
}

func TestRequestsAreCounted(t *testing.T) {
	s := newSite(t)
	const prefix = "X-Ms-Ratelimit-Remaining-"
	for _, test := range []struct {
		r    request
		name string
		left int
	}{
		{request{as: owner, method: "GET", path: web}, "Subscription-Reads", 11999},
		{request{as: owner, method: "HEAD", path: strings.ToUpper(shop)}, "Subscription-Reads", 11998},
		{request{as: owner, method: "GET", path: primary + "/nothing"}, "Subscription-Reads", 11997},
		{request{as: owner, method: "GET", path: second}, "Subscription-Reads", 11999},
		{request{as: auditor, method: "GET", path: web}, "Subscription-Reads", 11999},
		{request{as: nobody, method: "GET", path: web}, "Subscription-Reads", 11999}, // a refusal counts
		{request{as: owner, method: "PUT", path: web, body: "{}"}, "Subscription-Writes", 1199},
		{request{as: owner, method: "PATCH", path: web, body: "{}"}, "Subscription-Writes", 1198},
		{request{as: owner, method: "POST", path: web + "/start"}, "Subscription-Writes", 1197},
		{request{as: owner, method: "DELETE", path: web}, "Subscription-Deletes", 14999},
		{request{as: owner, method: "GET", path: "/subscriptions"}, "Tenant-Reads", 11999},
		{request{as: owner, method: "GET", path: "/tenants"}, "Tenant-Reads", 11998},
		{request{as: owner, method: "GET", path: unknown}, "Tenant-Reads", 11997}, // what does not exist has no count of its own
		{request{as: owner, method: "PUT", path: "/providers/Microsoft.A/b/c", body: "{}"}, "Tenant-Writes", 1199},
	} {
		a := s.do(t, test.r)
		for name, values := range a.header {
			if strings.HasPrefix(name, prefix) && name != prefix+test.name {
				t.Errorf("%s %s: also %s: %s", test.r.method, test.r.path, name, values)
			}
		}
		if got := a.header.Get(prefix + test.name); got != strconv.Itoa(test.left) {
			t.Errorf("%s %s: %s is %q, want %d", test.r.method, test.r.path, test.name, got, test.left)
		}
	}
	for _, r := range []request{{method: "GET", path: web}, {method: "GET", path: "/metadata/endpoints"}} {
		for name := range s.do(t, r).header {
			if strings.HasPrefix(name, prefix) {
				t.Errorf("%s without a token: %s", r.path, name)
			}
		}
	}
}

func TestTooManyRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newHandler(t, limitedTo(resourcemanager.Limits{Reads: 2, Writes: 1, Deletes: 1}))
		get := request{as: owner, method: "GET", path: web}
		for range 2 {
			s.want(t, get, 200, "")
		}
		time.Sleep(10*time.Minute - time.Millisecond)
		for range 3 { // and refusing does not prolong it
			a := s.want(t, get, 429, "SubscriptionRequestsThrottled")
			if a.header.Get("Retry-After") != "3001" || a.header.Get("x-ms-ratelimit-remaining-subscription-reads") != "0" {
				t.Errorf("headers are %v", a.header)
			}
			want := "Number of 'read' requests for subscription '" + strings.TrimPrefix(primary, "/subscriptions/") + "' actor '" + owner +
				"' exceeded. Please try again after '3001' seconds after additional tokens are available. Refer to " +
				"https://aka.ms/arm-throttling for additional information."
			if a.message != want {
				t.Errorf("message is\n\t%s, want\n\t%s", a.message, want)
			}
		}
		// What is counted apart goes on.
		s.want(t, request{as: owner, method: "GET", path: second}, 200, "")
		s.want(t, request{as: auditor, method: "GET", path: web}, 200, "")
		s.want(t, request{as: owner, method: "PATCH", path: web, body: "{}"}, 200, "")
		s.want(t, request{as: owner, method: "PATCH", path: web, body: "{}"}, 429, "SubscriptionRequestsThrottled")
		s.want(t, request{as: owner, method: "DELETE", path: disk}, 200, "")
		s.want(t, request{as: owner, method: "DELETE", path: disk}, 429, "SubscriptionRequestsThrottled")
		s.want(t, request{as: owner, method: "GET", path: "/tenants"}, 200, "")
		s.want(t, request{as: owner, method: "GET", path: "/tenants"}, 200, "")
		a := s.want(t, request{as: owner, method: "GET", path: "/tenants"}, 429, "TenantRequestsThrottled")
		if !strings.HasPrefix(a.message, "Number of 'read' requests for tenant '"+home+"' actor '"+owner+"' exceeded. ") {
			t.Error(a.message)
		}
		s.want(t, request{method: "GET", path: web}, 401, "AuthenticationFailed")

		time.Sleep(50 * time.Minute)
		s.want(t, get, 429, "SubscriptionRequestsThrottled")
		time.Sleep(time.Millisecond)
		a = s.want(t, get, 200, "")
		if got := a.header.Get("x-ms-ratelimit-remaining-subscription-reads"); got != "1" {
			t.Errorf("%s are left in the next hour", got)
		}
	})
}

// Counting takes bounded memory: of too many accounts the one whose hour ends first is forgotten.
func TestUsageIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		usage := resourcemanager.NewUsage()
		usage.Count("first", "read", 1)
		time.Sleep(time.Second)
		for i := range resourcemanager.MaxAccounts - 1 {
			usage.Count(fmt.Sprint(i), "read", 1)
		}
		if left := usage.Count("first", "read", 1); left != -1 {
			t.Errorf("forgotten while there was room: %d", left)
		}
		usage.Count("another", "read", 1)
		if got := usage.Len(); got != resourcemanager.MaxAccounts {
			t.Errorf("%d accounts", got)
		}
		if left := usage.Count("5", "read", 1); left != -1 {
			t.Errorf("another one was forgotten: %d", left)
		}
		if left := usage.Count("first", "read", 1); left != 0 {
			t.Errorf("the first one was not forgotten: %d", left)
		}
	})
}

func TestCountingAtOnce(t *testing.T) {
	s := newSite(t, limitedTo(resourcemanager.Limits{Reads: 5}))
	statuses := make(chan int)
	for range 10 {
		go func() { statuses <- s.do(t, request{as: owner, method: http.MethodGet, path: web}).status }()
	}
	served := 0
	for range 10 {
		if <-statuses == http.StatusOK {
			served++
		}
	}
	if served != 5 {
		t.Errorf("%d served", served)
	}
}
