package resourcemanager_test

import (
	"strings"
	"testing"
)

func TestSubscriptionShape(t *testing.T) {
	s := newSite(t)
	want := `{"id":"` + primary + `","subscriptionId":"` + strings.TrimPrefix(primary, "/subscriptions/") +
		`","tenantId":"` + home + `","displayName":"Primary","state":"Enabled"}`
	if a := s.want(t, request{as: owner, method: "GET", path: strings.ToUpper(primary)}, 200, ""); a.body != want {
		t.Errorf("subscription is\n\t%s, want\n\t%s", a.body, want)
	}
	if a := s.want(t, request{as: contributor, method: "GET", path: "/subscriptions"}, 200, ""); a.body != `{"value":[`+want+`]}` {
		t.Errorf("subscriptions are\n\t%s", a.body)
	}
}

func TestLocations(t *testing.T) {
	s := newSite(t)
	want := `{"value":[{"id":"` + primary + `/locations/local","name":"local","displayName":"local","longitude":"0","latitude":"0"}]}`
	if a := s.want(t, request{as: owner, method: "GET", path: primary + "/locations"}, 200, ""); a.body != want {
		t.Errorf("locations are\n\t%s, want\n\t%s", a.body, want)
	}
}
