package openid_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// MS-03: a directory counts, or ceases to count, from the next token on.
func TestSetTenants(t *testing.T) {
	for _, f := range many {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, f)
			accepted := func(tenant string) bool {
				t.Helper()
				principal, err := s.verifier.Verify(t.Context(), s.token(openidtest.Tenant(tenant)))
				if err != nil {
					checkRefusal(t, principal, err, openid.ErrTenant, true)
				}
				return err == nil
			}
			for _, test := range []struct {
				name    string
				tenants []string
				want    []string
			}{
				{"one added", []string{home, guest, foreign}, []string{home, foreign, guest}},
				{"one removed", []string{foreign, home}, []string{home, foreign}},
				{"in capitals, twice", []string{strings.ToUpper(guest), guest}, []string{guest}},
			} {
				if err := s.verifier.SetTenants(test.tenants); err != nil {
					t.Fatalf("%s: %v", test.name, err)
				}
				if got := s.verifier.Tenants(); !slices.Equal(got, slices.Sorted(slices.Values(test.want))) {
					t.Errorf("%s: tenants %q, want %q", test.name, got, test.want)
				}
				if got := s.verifier.MultiTenant(); got != (len(test.want) > 1) {
					t.Errorf("%s: MultiTenant is %t", test.name, got)
				}
				for _, tenant := range []string{home, guest, foreign} {
					if got, want := accepted(tenant), slices.Contains(test.want, tenant); got != want {
						t.Errorf("%s: %s accepted %t, want %t", test.name, tenant, got, want)
					}
				}
			}
			if got := s.fetches(); got != 1 {
				t.Errorf("%d fetches, want the first", got)
			}
		})
	}
}

// The list is copied: who changes his own changes nothing.
func TestSetTenants_Copies(t *testing.T) {
	s := newSite(t, entraV2Many)
	list := []string{home}
	if err := s.verifier.SetTenants(list); err != nil {
		t.Fatal(err)
	}
	list[0] = foreign
	s.verifier.Tenants()[0] = foreign
	if got := s.verifier.Tenants(); !slices.Equal(got, []string{home}) {
		t.Errorf("tenants %q", got)
	}
}

// The rules of construction hold, and a list that breaks one leaves the old in force.
func TestSetTenants_Refused(t *testing.T) {
	anyTenant := func(_ *openid.ProviderConfig, v *openid.VerifierConfig) {
		v.Tenants, v.InsecureAcceptAnyTenant = nil, true
	}
	type edit = func(*openid.ProviderConfig, *openid.VerifierConfig)
	for _, test := range []struct {
		name    string
		flavour flavour
		edits   []edit
		tenants []string
		want    string
	}{
		{"none, with common", entraV2Many, nil, nil, "SetTenants: is required"},
		{"no GUID", entraV2Many, nil, []string{home, "contoso.onmicrosoft.com"}, "SetTenants[1]"},
		{"the zero GUID", entraV2Many, nil, []string{zero}, "SetTenants[0]"},
		{"consumers", entraV1Many, nil, []string{home, consumers}, "SetTenants[1]"},
		{"without the authority's own", entraV2, nil, []string{guest}, "SetTenants: lacks"},
		{"without the AD FS's own", adfsTenanted, nil, []string{guest}, "SetTenants: lacks"},
		{"an empty one with AD FS", adfs, nil, []string{"adfs", ""}, "SetTenants[1]"},
		{"with any tenant", entraV2Many, []edit{anyTenant}, []string{home}, "SetTenants: contradicts InsecureAcceptAnyTenant"},
		{"none, with any tenant", entraV2Many, []edit{anyTenant}, nil, "SetTenants: contradicts InsecureAcceptAnyTenant"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, test.flavour, test.edits...)
			before := s.verifier.Tenants()
			err := s.verifier.SetTenants(test.tenants)
			if err == nil || !strings.HasPrefix(err.Error(), "openid: "+test.want) {
				t.Errorf("error %v, want it to begin with %q", err, test.want)
			}
			if got := s.verifier.Tenants(); !slices.Equal(got, before) {
				t.Errorf("tenants %q, they were %q", got, before)
			}
			if _, err := s.verifier.Verify(t.Context(), s.token()); err != nil {
				t.Error(err)
			}
		})
	}

	// No list stands for the providers' own tenants, as at construction.
	s := newSite(t, entraV2)
	if err := s.verifier.SetTenants(nil); err != nil || !slices.Equal(s.verifier.Tenants(), []string{home}) {
		t.Errorf("tenants %q, %v", s.verifier.Tenants(), err)
	}
}

// A tenant that is on every list is accepted at every moment, whoever changes the list.
func TestSetTenants_Concurrently(t *testing.T) {
	s := newSite(t, entraV2Many)
	token := s.token()
	var all sync.WaitGroup
	for _, list := range [][]string{{home}, {home, guest}, {foreign, home}} {
		all.Go(func() {
			for range 50 {
				if err := s.verifier.SetTenants(list); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 50 {
				if _, err := s.verifier.Verify(t.Context(), token); err != nil {
					t.Error(err)
				}
				s.verifier.MultiTenant()
				if !slices.Contains(s.verifier.Tenants(), home) {
					t.Error("the common tenant is missing")
				}
			}
		})
	}
	all.Wait()
}
