package rbac_test

import (
	"fmt"
	"testing"

	"hubgate.example/rbac"
)

// benchPolicy has n assignments of groups, of which the subject is in 200, on n/4 resource groups.
func benchPolicy(b *testing.B, n int) (*rbac.Policy, rbac.Subject) {
	group := func(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-000000000000", i) }
	config := rbac.PolicyConfig{Assignments: make([]rbac.RoleAssignment, n)}
	for i := range config.Assignments {
		config.Assignments[i] = rbac.RoleAssignment{
			Scope:            fmt.Sprintf("%s/resourceGroups/g%d", subA, i/4),
			RoleDefinitionID: rbac.RoleContributor,
			PrincipalID:      group(i + 1),
		}
	}
	policy, err := rbac.NewPolicy(config)
	if err != nil {
		b.Fatal(err)
	}
	subject := rbac.Subject{ObjectID: alice}
	for i := range 200 {
		subject.Groups = append(subject.Groups, group(i*n/200+1))
	}
	return policy, subject
}

func BenchmarkCheck(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		policy, subject := benchPolicy(b, n)
		set := setOf(b, policy, subject)
		for _, action := range []string{"Microsoft.Compute/virtualMachines/write", "Microsoft.Authorization/roleAssignments/write"} {
			op := rbac.Operation{
				Action: action,
				Scope:  mustScope(b, subA+"/resourceGroups/g0/providers/Microsoft.Compute/virtualMachines/vm"),
			}
			b.Run(fmt.Sprintf("assignments=%d/allowed=%v", n, set.Check(op).Allowed), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					set.Check(op)
				}
			})
		}
	}
}

func BenchmarkResourceSet(b *testing.B) {
	policy, subject := benchPolicy(b, 100_000)
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("built", func(b *testing.B) {
		b.ReportAllocs()
		// Two tokens of one principal with other groups take each other's place in the cache.
		other := subject
		other.Groups = subject.Groups[1:]
		for i := 0; b.Loop(); i++ {
			if _, err := authorizer.ResourceSet(b.Context(), []rbac.Subject{subject, other}[i%2]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := authorizer.ResourceSet(b.Context(), subject); err != nil {
				b.Fatal(err)
			}
		}
	})
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
