package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"hubgate.example/rbac"
)

func TestNewAuthorizerErrors(t *testing.T) {
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{})
	if err != nil {
		t.Fatal(err)
	}
	tenantOf := func(string) (string, bool) { return "t", true }
	for _, tt := range []struct {
		config rbac.AuthorizerConfig
		want   string
	}{
		{rbac.AuthorizerConfig{}, "rbac: AuthorizerConfig.Source: is required"},
		{rbac.AuthorizerConfig{Source: policy, TenantOf: tenantOf}, "rbac: AuthorizerConfig.HomeTenant: is required with TenantOf"},
		{rbac.AuthorizerConfig{Source: policy, HomeTenant: "t"}, "rbac: AuthorizerConfig.HomeTenant: has no meaning without TenantOf"},
	} {
		if a, err := rbac.NewAuthorizer(tt.config); a != nil || err == nil || err.Error() != tt.want {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
}

type sourceFunc func(context.Context) (*rbac.Policy, error)

func (f sourceFunc) Policy(ctx context.Context) (*rbac.Policy, error) { return f(ctx) }

func TestResourceSetErrors(t *testing.T) {
	broken := errors.New("disk gone")
	for title, tt := range map[string]struct {
		policy  *rbac.Policy
		err     error
		subject rbac.Subject
		want    error
	}{
		"source fails":     {err: broken, subject: rbac.Subject{ObjectID: alice}, want: broken},
		"source has none":  {subject: rbac.Subject{ObjectID: alice}, want: rbac.ErrUnavailable},
		"nobody's subject": {policy: &rbac.Policy{}, subject: rbac.Subject{Groups: []string{alice}}},
	} {
		authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{
			Source: sourceFunc(func(context.Context) (*rbac.Policy, error) { return tt.policy, tt.err }),
		})
		if err != nil {
			t.Fatal(err)
		}
		set, err := authorizer.ResourceSet(t.Context(), tt.subject)
		if set != nil || err == nil || errors.Is(err, rbac.ErrUnavailable) != (tt.want != nil) || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, %v", title, set, err)
		}
	}
}

func TestTenantRule(t *testing.T) {
	const home, guest = "10000000-0000-0000-0000-000000000000", "20000000-0000-0000-0000-000000000000"
	owners := map[string]string{
		mustScope(t, subA).Subscription(): home,
		mustScope(t, subB).Subscription(): guest,
		"nobodys":                         "",
	}
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
		{Scope: "/", RoleDefinitionID: rbac.RoleReader, PrincipalID: alice},
		{Scope: mgmtGroup, RoleDefinitionID: rbac.RoleReader, PrincipalID: bob},
		{Scope: subA, RoleDefinitionID: rbac.RoleContributor, PrincipalID: alice},
		{Scope: subB, RoleDefinitionID: rbac.RoleContributor, PrincipalID: alice},
		{Scope: "/subscriptions/nobodys", RoleDefinitionID: rbac.RoleContributor, PrincipalID: alice},
		{Scope: "/subscriptions/unknown", RoleDefinitionID: rbac.RoleContributor, PrincipalID: alice},
	}})
	if err != nil {
		t.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{
		Source:     policy,
		HomeTenant: strings.ToUpper(home),
		TenantOf: func(subscription string) (string, bool) {
			tenant, ok := owners[subscription]
			return tenant, ok
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !authorizer.KnowsTenants() {
		t.Error("KnowsTenants() = false")
	}
	tests := []struct {
		tenant, objectID, action, scope string
		allow                           bool
	}{
		{home, alice, "a/read", "/", true},
		{home, alice, "a/read", "/providers/Microsoft.Capacity/orders/o", true},
		{home, alice, "a/write", subA, true},
		{home, alice, "a/read", subB, false}, // not even with a role at "/"
		{home, alice, "a/write", subB, false},
		{home, bob, "a/read", mgmtGroup, true},
		{guest, alice, "a/read", "/", false},
		{guest, alice, "a/write", subA, false},
		{guest, alice, "a/write", subB, true},
		{strings.ToUpper(guest), alice, "a/write", groupOf(subB), true},
		{guest, bob, "a/read", mgmtGroup, false},
		{home, alice, "a/write", "/subscriptions/unknown", false},
		{home, alice, "a/read", "/subscriptions/unknown", false},
		{home, alice, "a/write", "/subscriptions/nobodys", false},
		{"", alice, "a/write", "/subscriptions/nobodys", false},
		{"", alice, "a/write", subA, false},
		{"", alice, "a/read", "/", false},
	}
	for _, tt := range tests {
		set, err := authorizer.ResourceSet(t.Context(), rbac.Subject{Tenant: tt.tenant, ObjectID: tt.objectID})
		if err != nil {
			t.Fatal(err)
		}
		scope := mustScope(t, tt.scope)
		if got := set.Check(rbac.Operation{Action: tt.action, Scope: scope}); got.Allowed != tt.allow {
			t.Errorf("%s of tenant %q, %s at %s: %v", tt.objectID, tt.tenant, tt.action, tt.scope, got.Allowed)
		}
		// Scopes and Holds follow the same rule.
		granted := false
		for _, s := range set.Scopes(tt.action) {
			granted = granted || s.Contains(scope)
		}
		if tt.allow && !granted {
			t.Errorf("%s of tenant %q: %s at %s is allowed by none of %v", tt.objectID, tt.tenant, tt.action, tt.scope, set.Scopes(tt.action))
		}
		if tt.action == "a/write" && set.Holds(mustScope(t, tt.scope)) && !tt.allow {
			t.Errorf("%s of tenant %q holds a role at %s", tt.objectID, tt.tenant, tt.scope)
		}
	}
	for subscription, tenant := range owners {
		if got, known := authorizer.TenantOf(subscription); got != tenant || !known {
			t.Errorf("TenantOf(%s) = %q, %v", subscription, got, known)
		}
	}
	if _, known := authorizer.TenantOf("unknown"); known {
		t.Error("an unknown subscription is known")
	}
}

func groupOf(subscription string) string { return subscription + "/resourceGroups/g" }

func TestWithoutTenants(t *testing.T) {
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{})
	if err != nil {
		t.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		t.Fatal(err)
	}
	if tenant, known := authorizer.TenantOf("any"); tenant != "" || !known || authorizer.KnowsTenants() {
		t.Errorf("TenantOf = %q, %v", tenant, known)
	}
}

// A change of roles counts from the next request on, a set that was handed out stays as it is, and no principal is ever
// given the set of another.
func TestResourceSetCache(t *testing.T) {
	grant := func(scope, principal string) *rbac.Policy {
		policy, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
			{Scope: scope, RoleDefinitionID: rbac.RoleReader, PrincipalID: principal},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return policy
	}
	current := grant(subA, alice)
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{
		Source: sourceFunc(func(context.Context) (*rbac.Policy, error) { return current, nil }),
	})
	if err != nil {
		t.Fatal(err)
	}
	get := func(subject rbac.Subject) *rbac.ResourceSet {
		t.Helper()
		set, err := authorizer.ResourceSet(t.Context(), subject)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	inA := rbac.Operation{Action: "a/read", Scope: mustScope(t, subA)}
	inB := rbac.Operation{Action: "a/read", Scope: mustScope(t, subB)}

	first := get(rbac.Subject{ObjectID: alice})
	if first != get(rbac.Subject{ObjectID: alice}) {
		t.Error("the set of an unchanged policy is built again")
	}
	for title, other := range map[string]rbac.Subject{
		"other tenant":         {Tenant: "t", ObjectID: alice},
		"other principal":      {ObjectID: bob},
		"other groups":         {ObjectID: alice, Groups: []string{admins}},
		"groups run together":  {ObjectID: alice, Groups: []string{admins + sid}},
		"groups split":         {ObjectID: alice, Groups: []string{admins, sid}},
		"tenant and id merged": {Tenant: alice[:1], ObjectID: alice[1:]},
	} {
		if set := get(other); set == first || set.Subject().ObjectID != other.ObjectID || len(set.Subject().Groups) != len(other.Groups) {
			t.Errorf("%s: the set of another subject", title)
		}
	}

	current = grant(subB, alice)
	second := get(rbac.Subject{ObjectID: alice})
	if second.Check(inA).Allowed || !second.Check(inB).Allowed {
		t.Error("the change does not count")
	}
	if !first.Check(inA).Allowed || first.Check(inB).Allowed {
		t.Error("a set changed")
	}

	// The caller's slice of groups is the caller's.
	current = grant(subA, admins)
	groups := []string{admins}
	member := get(rbac.Subject{ObjectID: alice, Groups: groups})
	groups[0] = bob
	if got := get(rbac.Subject{ObjectID: alice, Groups: []string{bob}}); got == member || got.Check(inA).Allowed {
		t.Error("a set of other groups")
	}
}

func TestResourceSetCacheIsBounded(t *testing.T) {
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{})
	if err != nil {
		t.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		t.Fatal(err)
	}
	first, err := authorizer.ResourceSet(t.Context(), rbac.Subject{ObjectID: alice})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5000 {
		if _, err := authorizer.ResourceSet(t.Context(), rbac.Subject{ObjectID: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if again, err := authorizer.ResourceSet(t.Context(), rbac.Subject{ObjectID: alice}); err != nil || again == first {
		t.Errorf("still cached after 5,000 others, %v", err)
	}
}

func TestAuthorizerConcurrently(t *testing.T) {
	store, err := rbac.NewMemoryStore(rbac.PolicyConfig{})
	if err != nil {
		t.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: store})
	if err != nil {
		t.Fatal(err)
	}
	read := rbac.Operation{Action: "a/read", Scope: mustScope(t, subA)}
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				for _, who := range []string{alice, bob} {
					set, err := authorizer.ResourceSet(t.Context(), rbac.Subject{ObjectID: who})
					if err != nil {
						t.Error(err)
						return
					}
					if decision := set.Check(read); decision.Allowed && decision.Assignment.PrincipalID != who {
						t.Errorf("%s is allowed by %v", who, decision.Assignment)
						return
					}
				}
			}
		})
	}
	for range 50 {
		assignment := rbac.RoleAssignment{Name: name(1), Scope: subA, RoleDefinitionID: rbac.RoleReader, PrincipalID: alice}
		if _, _, err := store.PutAssignment(t.Context(), assignment); err != nil {
			t.Fatal(err)
		}
		for _, want := range []bool{true, false} {
			set, err := authorizer.ResourceSet(t.Context(), rbac.Subject{ObjectID: alice})
			if err != nil {
				t.Fatal(err)
			}
			if got := set.Check(read).Allowed; got != want {
				t.Fatalf("allowed %v after the change, want %v", got, want)
			}
			if want {
				if _, err := store.DeleteAssignment(t.Context(), assignment.Name); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	close(done)
	readers.Wait()
}

// One set serves many requests at a time, and what it makes when it is first needed it makes once.
func TestResourceSetConcurrently(t *testing.T) {
	set := resourceSet(t, rbac.PolicyConfig{
		Assignments: []rbac.RoleAssignment{
			{Scope: subA, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice},
			{Scope: subB, RoleDefinitionID: rbac.RoleOwner, PrincipalID: alice, Condition: aboutX},
		},
		DenyAssignments: []rbac.DenyAssignment{excluding(denying(name(1), "/", rbac.EveryoneID), admins)},
	}, rbac.Subject{ObjectID: alice, Groups: []string{sid, admins}})
	start := make(chan struct{})
	decisions := make(chan rbac.Decision, 80)
	var readers sync.WaitGroup
	for i := range 8 {
		readers.Go(func() {
			<-start
			for range 10 {
				op := rbac.Operation{Action: "a/read", Scope: rbac.MustParseScope(subA)}
				decisions <- set.Check(op)
				op = rbac.Operation{Action: "a/read", Scope: rbac.MustParseScope(subB), Attributes: resourceAttributes{"x": {fmt.Sprint(i % 2)}}}
				if got := set.Check(op); got.Allowed != (i%2 == 1) {
					t.Errorf("x is %d, and it is allowed: %v", i%2, got.Allowed)
				}
				if e := set.Explain(op); e.Decision != set.Check(op) {
					t.Errorf("explained: %+v", e.Decision)
				}
			}
		})
	}
	close(start)
	readers.Wait()
	close(decisions)
	first := <-decisions
	for got := range decisions {
		if got != first || !got.Allowed {
			t.Fatalf("%+v and %+v", first, got)
		}
	}
}
