package openid_test

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hubgate.example/openid"
)

func TestNewVerifier_Refused(t *testing.T) {
	provider := func(authority string, issuers ...string) *openid.Provider {
		return newProvider(t, openid.ProviderConfig{Authority: authority, Issuers: issuers, Transport: &network{state: down}})
	}
	var (
		one        = provider("https://login.entra.example/" + home)
		oneAgain   = provider("https://login.entra.example/" + home)
		common     = provider("https://login.entra.example/common")
		atADFS     = provider("https://adfs.local.azurestack.example/adfs")
		otherADFS  = provider("https://adfs.east.azurestack.example/adfs")
		pinned     = provider("https://login.entra.example/"+guest, "https://sts.entra.example/"+guest+"/")
		pinnedToo  = provider("https://login.contoso.example/"+guest, "https://other.example/"+guest+"/", "https://sts.entra.example/"+guest+"/")
		audiences  = []string{"api"}
		claimNames = func(edit func(*openid.ClaimNames)) *openid.ClaimNames {
			names := openid.EntraClaimNames()
			edit(&names)
			return &names
		}
	)
	snapshot := filepath.Join(t.TempDir(), "snapshot.json")
	keeping := func(tenant string) *openid.Provider {
		return newProvider(t, openid.ProviderConfig{Authority: "https://login.entra.example/" + tenant, Snapshot: snapshot, Transport: &network{state: down}})
	}
	kept, keptToo := keeping(home), keeping(guest)
	type config = openid.VerifierConfig
	type providers = []*openid.Provider
	for _, test := range []struct {
		name   string
		config config
		want   string // the field
	}{
		{"nothing", config{}, "Providers"},
		{"no providers", config{Audiences: audiences}, "Providers"},
		{"a nil provider", config{Providers: providers{one, nil}, Audiences: audiences}, "Providers[1]"},
		{"AD FS beside Entra ID", config{Providers: providers{one, atADFS}, Audiences: audiences}, "Providers[1]"},
		{"Entra ID beside AD FS", config{Providers: providers{atADFS, one}, Audiences: audiences}, "Providers[1]"},
		{"a provider twice", config{Providers: providers{one, one}, Audiences: audiences}, "Providers[1]"},
		{"an authority twice", config{Providers: providers{one, oneAgain}, Audiences: audiences}, "Providers[1]"},
		{"an issuer twice", config{Providers: providers{pinned, pinnedToo}, Audiences: audiences}, "Providers[1]"},
		{"a snapshot twice", config{Providers: providers{kept, keptToo}, Audiences: audiences}, "Providers[1]"},
		{"two AD FS with the default tenant", config{Providers: providers{atADFS, otherADFS}, Audiences: audiences}, "Providers[1]"},
		{"no audiences", config{Providers: providers{one}}, "Audiences"},
		{"empty audiences", config{Providers: providers{one}, Audiences: []string{}}, "Audiences"},
		{"an empty audience", config{Providers: providers{one}, Audiences: []string{"api", ""}}, "Audiences[1]"},
		{"a blank audience", config{Providers: providers{one}, Audiences: []string{" "}}, "Audiences[0]"},
		{"no tenants with common", config{Providers: providers{common}, Audiences: audiences}, "Tenants"},
		{"no tenants with common beside one", config{Providers: providers{one, common}, Audiences: audiences}, "Tenants"},
		{"a tenant that is no GUID", config{Providers: providers{common}, Audiences: audiences, Tenants: []string{home, "contoso.onmicrosoft.com"}}, "Tenants[1]"},
		{"an empty tenant", config{Providers: providers{common}, Audiences: audiences, Tenants: []string{""}}, "Tenants[0]"},
		{"the zero GUID", config{Providers: providers{common}, Audiences: audiences, Tenants: []string{zero}}, "Tenants[0]"},
		{"consumers", config{Providers: providers{common}, Audiences: audiences, Tenants: []string{strings.ToUpper(consumers)}}, "Tenants[0]"},
		{"the word common", config{Providers: providers{common}, Audiences: audiences, Tenants: []string{"common"}}, "Tenants[0]"},
		{"without the provider's own tenant", config{Providers: providers{one}, Audiences: audiences, Tenants: []string{guest}}, "Tenants"},
		{"without the AD FS's own tenant", config{Providers: providers{atADFS}, Audiences: audiences, Tenants: []string{guest}}, "Tenants"},
		{"an empty tenant with AD FS", config{Providers: providers{atADFS}, Audiences: audiences, Tenants: []string{"adfs", ""}}, "Tenants[1]"},
		{"any tenant and a list", config{Providers: providers{common}, Audiences: audiences, Tenants: []string{home}, InsecureAcceptAnyTenant: true}, "Tenants"},
		{"any tenant with AD FS", config{Providers: providers{atADFS}, Audiences: audiences, InsecureAcceptAnyTenant: true}, "InsecureAcceptAnyTenant"},
		{"no names", config{Providers: providers{one}, Audiences: audiences, ClaimNames: &openid.ClaimNames{}}, "ClaimNames.ObjectID"},
		{"no name for the object id", config{Providers: providers{one}, Audiences: audiences, ClaimNames: claimNames(func(n *openid.ClaimNames) { n.ObjectID = nil })}, "ClaimNames.ObjectID"},
		{"an empty name for the groups", config{Providers: providers{one}, Audiences: audiences, ClaimNames: claimNames(func(n *openid.ClaimNames) { n.Groups = []string{"groups", ""} })}, "ClaimNames.Groups"},
		{"no name for the tenant", config{Providers: providers{one}, Audiences: audiences, ClaimNames: claimNames(func(n *openid.ClaimNames) { n.Tenant = []string{} })}, "ClaimNames.Tenant"},
		{"no name for the application", config{Providers: providers{one}, Audiences: audiences, ClaimNames: claimNames(func(n *openid.ClaimNames) { n.Application = nil })}, "ClaimNames.Application"},
		{"a workload claim with Entra ID", config{Providers: providers{one}, Audiences: audiences, WorkloadClaim: openid.ClaimValue{Name: "idtyp", Value: "app"}}, "WorkloadClaim"},
		{"a workload claim without a name", config{Providers: providers{atADFS}, Audiences: audiences, WorkloadClaim: openid.ClaimValue{Value: "app"}}, "WorkloadClaim.Name"},
		{"a workload claim without a value", config{Providers: providers{atADFS}, Audiences: audiences, WorkloadClaim: openid.ClaimValue{Name: "idtyp"}}, "WorkloadClaim.Value"},
		{"leeway of more than five minutes", config{Providers: providers{one}, Audiences: audiences, Leeway: 5*time.Minute + 1}, "Leeway"},
		{"negative leeway", config{Providers: providers{one}, Audiences: audiences, Leeway: -time.Second}, "Leeway"},
		{"smallest leeway", config{Providers: providers{one}, Audiences: audiences, Leeway: math.MinInt64}, "Leeway"},
		{"negative lifetime", config{Providers: providers{one}, Audiences: audiences, MaxLifetime: -1}, "MaxLifetime"},
		{"negative size", config{Providers: providers{one}, Audiences: audiences, MaxTokenBytes: -1}, "MaxTokenBytes"},
		{"size out of bounds", config{Providers: providers{one}, Audiences: audiences, MaxTokenBytes: 1<<30 + 1}, "MaxTokenBytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, err := openid.NewVerifier(test.config)
			if err == nil {
				t.Fatalf("accepted, for tenants %q", v.Tenants())
			}
			if !strings.HasPrefix(err.Error(), "openid: VerifierConfig."+test.want+": ") {
				t.Errorf("error %q does not begin with the field %s", err, test.want)
			}
		})
	}
}

func TestNewVerifier(t *testing.T) {
	provider := func(authority string) *openid.Provider {
		return newProvider(t, openid.ProviderConfig{Authority: authority, Transport: &network{state: down}})
	}
	one, two := provider("https://login.entra.example/"+home), provider("https://login.entra.example/"+guest+"/v2.0")
	common, atADFS := provider("https://login.entra.example/common"), provider("https://adfs.local.azurestack.example/adfs")
	for _, test := range []struct {
		name            string
		config          openid.VerifierConfig
		wantTenants     []string
		wantMultiTenant bool
	}{
		{"one tenant", openid.VerifierConfig{Providers: []*openid.Provider{one}}, []string{home}, false},
		{"the same tenant named", openid.VerifierConfig{Providers: []*openid.Provider{one}, Tenants: []string{strings.ToUpper(home)}}, []string{home}, false},
		{"two providers", openid.VerifierConfig{Providers: []*openid.Provider{two, one}}, []string{home, guest}, true},
		{"one of many", openid.VerifierConfig{Providers: []*openid.Provider{common}, Tenants: []string{guest}}, []string{guest}, false},
		{"some of many", openid.VerifierConfig{Providers: []*openid.Provider{common}, Tenants: []string{guest, home, guest}}, []string{home, guest}, true},
		{"many beside one", openid.VerifierConfig{Providers: []*openid.Provider{common, one}, Tenants: []string{home, foreign}}, []string{home, foreign}, true},
		{"any", openid.VerifierConfig{Providers: []*openid.Provider{common}, InsecureAcceptAnyTenant: true}, nil, true},
		{"AD FS", openid.VerifierConfig{Providers: []*openid.Provider{atADFS}}, []string{"adfs"}, false},
		{"AD FS, named", openid.VerifierConfig{Providers: []*openid.Provider{atADFS}, Tenants: []string{"ADFS"}}, []string{"adfs"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.config.Audiences = []string{"api", "https://api.example/"}
			v := newVerifier(t, test.config)
			if got := v.Tenants(); !slices.Equal(got, test.wantTenants) {
				t.Errorf("tenants %q, want %q", got, test.wantTenants)
			}
			if got := v.MultiTenant(); got != test.wantMultiTenant {
				t.Errorf("MultiTenant %t, want %t", got, test.wantMultiTenant)
			}
			// What is answered is a copy.
			v.Audiences()[0], v.Providers()[0] = "changed", nil
			if got := v.Audiences(); !slices.Equal(got, []string{"api", "https://api.example/"}) {
				t.Errorf("audiences %q", got)
			}
			if got := v.Providers(); !slices.Equal(got, test.config.Providers) {
				t.Errorf("providers %v, want %v", got, test.config.Providers)
			}
			test.config.Audiences[0] = "changed"
			if got := v.Audiences()[0]; got != "api" {
				t.Errorf("the configuration's slice is the verifier's: %q", got)
			}
		})
	}
}
