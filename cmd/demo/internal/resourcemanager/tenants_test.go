package resourcemanager_test

import "testing"

func TestTenants(t *testing.T) {
	s := newSite(t)
	for as, want := range map[string]string{
		nobody:   `{"value":[{"id":"/tenants/` + home + `","tenantId":"` + home + `","displayName":"Home"}]}`,
		stranger: `{"value":[{"id":"/tenants/` + foreign + `","tenantId":"` + foreign + `","displayName":"` + foreign + `"}]}`,
	} {
		if a := s.want(t, request{as: as, method: "GET", path: "/tenants"}, 200, ""); a.body != want {
			t.Errorf("tenants are\n\t%s, want\n\t%s", a.body, want)
		}
	}
}
