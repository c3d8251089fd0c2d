package gate_test

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"hubgate.example/bench/gate"
	"hubgate.example/bench/verify"
	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

// flatCallers is how many principals take turns, each with a machine of its own and of another tenant where there are as many: what differs
// is how many there are of one thing, and not what has to be looked at for the same number of requests.
const flatCallers = 100

// mostSigning is how many of the keys sign the callers' tokens, in turn. No provider has nearly as many in use, and they take long to make.
const mostSigning = 20

// A flatSite is one of several tenants or providers, or of many keys. Each zero is one.
type flatSite struct{ tenants, keys, providers int }

// BenchmarkTenants, BenchmarkKeys and BenchmarkProviders show that a request costs the same however many there are.
func BenchmarkTenants(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run(fmt.Sprintf("tenants=%d", n), flatSite{tenants: n}.run)
	}
}

func BenchmarkKeys(b *testing.B) {
	for _, n := range []int{2, 20, 200} {
		b.Run(fmt.Sprintf("keys=%d", n), flatSite{keys: n}.run)
	}
}

func BenchmarkProviders(b *testing.B) {
	for _, n := range []int{1, 5, 20} {
		b.Run(fmt.Sprintf("providers=%d", n), flatSite{providers: n}.run)
	}
}

// BenchmarkAssignments does it for role assignments.
func BenchmarkAssignments(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("assignments=%d", n), func(b *testing.B) {
			site := newSite(b, n)
			r := newRequest(b, site, 5)
			for _, cache := range []string{"warm", "cold"} {
				guarded, err := site.NewGate(maxCachedTokens(cache))
				if err != nil {
					b.Fatal(err)
				}
				reached := 0
				handler := guarded.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
				b.Run("cache="+cache, func(b *testing.B) { serve(b, &reached, handler, r) })
			}
		})
	}
}

func maxCachedTokens(cache string) int {
	if cache == "cold" {
		return openid.NoCache
	}
	return 0
}

// run measures requests of callers who take turns.
func (f flatSite) run(b *testing.B) {
	issuer := openidtest.NewEntraV1(b, verify.Tenant)
	signing := []string{issuer.KeyID()}
	for len(signing) < min(f.keys, mostSigning) {
		signing = append(signing, issuer.Rotate())
	}
	issuer.EditKeys(func(keys []any) []any {
		for i := len(keys); i < f.keys; i++ {
			keys = append(keys, publicKey(b, fmt.Sprint("key ", i)))
		}
		return keys
	})
	var authorities, tenants []string
	for i := range max(f.tenants, f.providers, 1) {
		tenants = append(tenants, fmt.Sprintf("%08x-0000-4000-8000-000000000000", i+1))
	}
	if f.providers > 0 {
		for _, tenant := range tenants {
			authorities = append(authorities, issuer.AuthorityOf(tenant))
		}
	} else {
		authorities = []string{issuer.AuthorityOf("organizations")}
	}
	var providers []*openid.Provider
	for _, authority := range authorities {
		config := issuer.ProviderConfig()
		config.Authority = authority
		provider, err := openid.NewProvider(config)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { provider.Close() })
		providers = append(providers, provider)
	}

	// Each tenant has a subscription, which somebody may read, and the callers may read their machines there.
	owners := make(map[string]string)
	var policy rbac.PolicyConfig
	read := func(scope, objectID string) {
		policy.Assignments = append(policy.Assignments, rbac.RoleAssignment{
			Scope: scope, RoleDefinitionID: rbac.RoleReader, PrincipalID: objectID,
		})
	}
	subscription := func(i int) string { return fmt.Sprintf("%08x-1111-4111-8111-111111111111", i) }
	for i, tenant := range tenants {
		owners[subscription(i)] = tenant
		read("/subscriptions/"+subscription(i), verify.ObjectID)
	}
	var requests []*http.Request
	for i := range flatCallers {
		n := i * len(tenants) / flatCallers
		machine := &gate.Site{Path: fmt.Sprintf("/subscriptions/%s/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web-%d", subscription(n), i)}
		objectID := fmt.Sprintf("%08x-2222-4222-8222-222222222222", i)
		read(machine.Path, objectID)
		r, err := machine.Request(issuer.Token(openidtest.User(objectID, verify.Groups(5)...), openidtest.Tenant(tenants[n]),
			openidtest.SignedBy(signing[i%len(signing)])))
		if err != nil {
			b.Fatal(err)
		}
		requests = append(requests, r)
	}
	compiled, err := rbac.NewPolicy(policy)
	if err != nil {
		b.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{
		Source:     compiled,
		HomeTenant: tenants[0],
		TenantOf: func(subscription string) (string, bool) {
			tenant, known := owners[subscription]
			return tenant, known
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, cache := range []string{"warm", "cold"} {
		verifier, err := openid.NewVerifier(openid.VerifierConfig{
			Providers:       providers,
			Audiences:       []string{issuer.Audience()},
			Tenants:         tenants,
			MaxCachedTokens: maxCachedTokens(cache),
		})
		if err := cmp.Or(err, verify.Await(verifier)); err != nil {
			b.Fatal(err)
		}
		guarded, err := middleware.New(middleware.Config{Verifier: verifier, Authorizer: authorizer})
		if err != nil {
			b.Fatal(err)
		}
		reached := 0
		handler := guarded.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }))
		b.Run("cache="+cache, func(b *testing.B) { serve(b, &reached, handler, requests...) })
	}
}

// publicKey is a key that nobody has the private half of: its modulus is any odd number.
func publicKey(b *testing.B, kid string) map[string]any {
	b.Helper()
	modulus := make([]byte, 256)
	_, _ = rand.Read(modulus) // never fails
	modulus[0] |= 0x80
	modulus[255] |= 1
	return map[string]any{
		"kty": "RSA", "use": "sig", "kid": kid, "n": base64.RawURLEncoding.EncodeToString(modulus), "e": "AQAB",
	}
}
