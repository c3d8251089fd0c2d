package rbac_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"hubgate.example/rbac"
)

// benchSizes are the numbers of assignments that each target is measured at.
var benchSizes = []int{1_000, 10_000, 100_000, 1_000_000}

// A benchSite is a policy as a large site has it: 4,000 assignments in each subscription, which is Azure's limit, at the subscription,
// at 40 resource groups and at 400 resources; ten for each principal; 54 roles. Of them 1,000 are held by the 200 groups that the
// subject is in.
type benchSite struct {
	config  rbac.PolicyConfig
	policy  *rbac.Policy
	subject rbac.Subject
	// operations are at or below scopes at which the subject holds a role, and as many anywhere in the same subscriptions.
	operations []rbac.Operation
}

// benchGUID returns the i-th GUID of a kind.
func benchGUID(kind byte, i int) string {
	r := rand.New(rand.NewPCG(uint64(kind), uint64(i)))
	high, low := r.Uint64(), r.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", high>>32, high>>16&0xffff, high&0xfff, low>>48&0xfff, low&0xffffffffffff)
}

func benchScope(i int) string {
	const perSubscription = 1 + 40 + 400
	subscription := "/subscriptions/" + benchGUID('s', i/perSubscription)
	switch i %= perSubscription; {
	case i == 0:
		return subscription
	case i <= 40:
		return fmt.Sprintf("%s/resourceGroups/rg-payments-%d", subscription, i)
	}
	return fmt.Sprintf("%s/resourceGroups/rg-payments-%d/providers/Microsoft.Compute/virtualMachines/vm-weu-%d", subscription, i%40+1, i)
}

func benchAction(i int) string {
	return fmt.Sprintf("Microsoft.Compute/virtualMachines/%s", []string{"read", "write", "delete", "restart/action"}[i%4])
}

func newBenchSite(tb testing.TB, n int, more ...rbac.RoleAssignment) *benchSite {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	site := &benchSite{subject: rbac.Subject{ObjectID: benchGUID('u', 0)}}
	for i := range 200 {
		site.subject.Groups = append(site.subject.Groups, benchGUID('p', i))
	}
	roles := []string{rbac.RoleOwner, rbac.RoleContributor, rbac.RoleReader, rbac.RoleUserAccessAdministrator}
	for i := range 50 {
		roles = append(roles, benchGUID('r', i))
		site.config.Roles = append(site.config.Roles, rbac.RoleDefinition{ID: roles[4+i], Permissions: []rbac.Permission{{
			Actions:    []string{fmt.Sprintf("Microsoft.Kind%d/*", i), "Microsoft.Compute/virtualMachines/restart/action", "*/read"},
			NotActions: []string{fmt.Sprintf("Microsoft.Kind%d/*/delete", i)},
		}}})
	}
	// What the subject holds is the same in a policy of any size: it lies in the first three subscriptions.
	const held = 1000
	subscriptions := max(3, (n+3999)/4000)
	type grant struct{ principal, role, scope int }
	given := make(map[grant]bool, n)
	for i := 0; i < n; {
		g := grant{r.IntN(max(n/10, 300)) + 200, r.IntN(len(roles)), r.IntN(441 * subscriptions)}
		if i < held {
			g.principal, g.scope = i%200, r.IntN(441*3)
		}
		if r.IntN(10) == 0 {
			g.scope -= g.scope % 441 // at the subscription
		}
		if given[g] {
			continue
		}
		given[g] = true
		site.config.Assignments = append(site.config.Assignments, rbac.RoleAssignment{
			Name:             benchGUID('a', i),
			Scope:            benchScope(g.scope),
			RoleDefinitionID: "/providers/Microsoft.Authorization/roleDefinitions/" + roles[g.role],
			PrincipalID:      benchGUID('p', g.principal),
			PrincipalType:    "Group",
		})
		if i < held {
			at := mustScope(tb, benchScope(g.scope))
			if at.ResourceGroup() == "" {
				at = mustScope(tb, at.String()+"/resourceGroups/rg-payments-7/providers/Microsoft.Compute/virtualMachines/vm")
			}
			site.operations = append(site.operations,
				rbac.Operation{Action: benchAction(i), Scope: at},
				rbac.Operation{Action: benchAction(i), Scope: mustScope(tb, benchScope(r.IntN(441*3)))})
		}
		i++
	}
	site.config.Assignments = append(site.config.Assignments, more...)
	policy, err := rbac.NewPolicy(site.config)
	if err != nil {
		tb.Fatal(err)
	}
	site.policy = policy
	return site
}

var benchSites sync.Map // int -> *benchSite

func benchSiteOf(tb testing.TB, n int) *benchSite {
	if site, ok := benchSites.Load(n); ok {
		return site.(*benchSite)
	}
	site := newBenchSite(tb, n)
	benchSites.Store(n, site)
	return site
}

func benchChecks(b *testing.B, set *rbac.ResourceSet, operations []rbac.Operation) {
	allowed := 0
	for _, op := range operations { // and what names an assignment is made
		if set.Check(op).Allowed {
			allowed++
		}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		set.Check(operations[i])
		if i++; i == len(operations) {
			i = 0
		}
	}
	b.ReportMetric(100*float64(allowed)/float64(len(operations)), "%allowed")
}

func BenchmarkCheck(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprintf("assignments=%d", n), func(b *testing.B) {
			site := benchSiteOf(b, n)
			benchChecks(b, setOf(b, site.policy, site.subject), site.operations)
		})
	}
}

// A hot scope has as many assignments as a subscription can have.
func BenchmarkCheckHotScope(b *testing.B) {
	hot := "/subscriptions/" + benchGUID('h', 0)
	for _, holder := range []string{"others", "subject"} {
		var more []rbac.RoleAssignment
		for i := range 4000 {
			a := rbac.RoleAssignment{Name: benchGUID('x', i), Scope: hot, RoleDefinitionID: rbac.RoleReader, PrincipalID: benchGUID('y', i)}
			if holder == "subject" { // each of its groups has twenty roles there
				a.PrincipalID, a.RoleDefinitionID = benchGUID('p', i%200), benchGUID('r', i/200)
			}
			more = append(more, a)
		}
		site := newBenchSite(b, 10_000, more...)
		var operations []rbac.Operation
		for i := range site.operations {
			operations = append(operations, rbac.Operation{
				Action: benchAction(i),
				Scope:  mustScope(b, fmt.Sprintf("%s/resourceGroups/rg-%d/providers/Microsoft.Compute/virtualMachines/vm", hot, i)),
			})
		}
		b.Run("holder="+holder, func(b *testing.B) {
			benchChecks(b, setOf(b, site.policy, site.subject), operations)
		})
	}
}

// BenchmarkResourceSet builds the set of a subject with 200 groups and 1,000 assignments.
func BenchmarkResourceSet(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprintf("assignments=%d", n), func(b *testing.B) {
			site := benchSiteOf(b, n)
			authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: site.policy})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			// Two tokens of one principal with other groups take each other's place in the cache.
			other := site.subject
			other.Groups = append(append([]string(nil), site.subject.Groups[1:]...), site.subject.Groups[0])
			for i := 0; b.Loop(); i++ {
				if _, err := authorizer.ResourceSet(b.Context(), []rbac.Subject{site.subject, other}[i%2]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkResourceSetCached(b *testing.B) {
	site := benchSiteOf(b, 10_000)
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: site.policy})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := authorizer.ResourceSet(b.Context(), site.subject); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWith makes a change and lets the one whom it is about check it: the time until it is visible.
func BenchmarkWith(b *testing.B) {
	for _, change := range []string{"add", "remove"} {
		for _, n := range benchSizes {
			b.Run(fmt.Sprintf("change=%s/assignments=%d", change, n), func(b *testing.B) {
				policy := benchSiteOf(b, n).policy
				assignment := rbac.RoleAssignment{
					Name: benchGUID('b', 0), Scope: benchScope(3), RoleDefinitionID: rbac.RoleOwner, PrincipalID: benchGUID('p', 250),
				}
				made := rbac.Change{PutAssignments: []rbac.RoleAssignment{assignment}}
				if change == "remove" {
					var err error
					if policy, err = policy.With(made); err != nil {
						b.Fatal(err)
					}
					made = rbac.Change{DeleteAssignments: []string{assignment.Name}}
				}
				op := rbac.Operation{Action: "Microsoft.Authorization/elevateAccess/action", Scope: mustScope(b, assignment.Scope)}
				who := rbac.Subject{ObjectID: assignment.PrincipalID}
				b.ReportAllocs()
				for b.Loop() {
					next, err := policy.With(made)
					if err != nil {
						b.Fatal(err)
					}
					if setOf(b, next, who).Check(op).Allowed != (change == "add") {
						b.Fatal("the change is not visible")
					}
				}
			})
		}
	}
}

// BenchmarkNewPolicy compiles a policy and says what each of its assignments takes in memory, with all that leads to it.
func BenchmarkNewPolicy(b *testing.B) {
	for _, n := range benchSizes {
		b.Run(fmt.Sprintf("assignments=%d", n), func(b *testing.B) {
			site := benchSiteOf(b, n)
			var policy *rbac.Policy
			before := heapInUse()
			for b.Loop() {
				var err error
				if policy, err = rbac.NewPolicy(site.config); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(heapInUse()-before)/float64(n), "B/assignment")
			runtime.KeepAlive(policy)
		})
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkOperationFor(b *testing.B) {
	r := newRequest(b, "GET", machine)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rbac.OperationFor(r); err != nil {
			b.Fatal(err)
		}
	}
}
