package resourcemanager_test

import (
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/resourcemanager"
	"hubgate.example/openid"
)

func TestTenants(t *testing.T) {
	const atHome = `{"id":"/tenants/` + home + `","tenantId":"` + home + `","displayName":"Home"}`
	const abroad = `{"id":"/tenants/` + foreign + `","tenantId":"` + foreign + `","displayName":"` + foreign + `"}`
	everybodyInBoth := func(config *resourcemanager.Config) {
		config.TenantsOf = func(*openid.Principal) []string { return []string{strings.ToUpper(home), foreign} }
	}
	for _, test := range []struct {
		site     *site
		as, want string
	}{
		{newSite(t), nobody, atHome},
		{newSite(t), stranger, abroad},
		{newSite(t, everybodyInBoth), nobody, atHome + "," + abroad},
		{newSite(t, everybodyInBoth), stranger, abroad + "," + atHome}, // the token's own first
	} {
		want := `{"value":[` + test.want + `]}`
		if a := test.site.want(t, request{as: test.as, method: "GET", path: "/tenants"}, 200, ""); a.body != want {
			t.Errorf("tenants are\n\t%s, want\n\t%s", a.body, want)
		}
	}
}
