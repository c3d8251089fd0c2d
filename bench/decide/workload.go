package decide

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"hubgate.example/rbac"
)

// Sizes are the numbers of assignments that are measured.
var Sizes = []int{1_000, 10_000, 100_000, 1_000_000}

// Each subscription has 40 resource groups, each of these ten machines, and at most 4,000 assignments, which is Azure's limit.
const (
	groupsPerSubscription      = 40
	machinesPerGroup           = 10
	assignmentsPerSubscription = 4_000
	scopesPerSubscription      = 1 + groupsPerSubscription + groupsPerSubscription*machinesPerGroup
)

// The caller is in 200 groups, which hold 1,000 assignments in the first three subscriptions, however large the site is.
const (
	callerGroups      = 200
	callerAssignments = 1_000
	callerSites       = 3
)

// hotScopeElsewhere is how many operations of a hot scope's workload are elsewhere: some of them are allowed.
const hotScopeElsewhere = 100

// A Workload is a site and a caller.
type Workload struct {
	Policy  rbac.PolicyConfig
	Subject rbac.Subject
	// Operations are what the caller wants to do: one half at or below scopes at which it has a role.
	Operations []rbac.Operation
	// Measured is how many of the Operations are measured, from the first. What follows is for comparing answers, where all that are
	// measured have the same.
	Measured int
}

// NewWorkload makes a workload that is always the same for a number of assignments, 1,000 at least. Everybody holds about ten, one in ten at
// the subscription, of 24 roles.
func NewWorkload(assignments int) *Workload {
	r := rand.New(rand.NewPCG(1, 2))
	w := &Workload{Subject: rbac.Subject{ObjectID: guid("user", 0)}}
	for i := range callerGroups {
		w.Subject.Groups = append(w.Subject.Groups, guid("principal", i))
	}
	w.Policy.Roles = customRoles()
	var roles []string
	for _, role := range slices.Concat(rbac.BuiltInRoles(), w.Policy.Roles) {
		roles = append(roles, role.ID)
	}
	subscriptions := max(callerSites, (assignments+assignmentsPerSubscription-1)/assignmentsPerSubscription)
	principals := max(callerGroups, assignments/10)
	type grant struct{ principal, role, scope int }
	given := make(map[grant]bool, assignments)
	for len(given) < assignments {
		g := grant{
			principal: callerGroups + r.IntN(principals),
			role:      r.IntN(len(roles)),
			scope:     r.IntN(scopesPerSubscription * subscriptions),
		}
		callers := len(given) < callerAssignments
		if callers {
			g.principal, g.scope = r.IntN(callerGroups), r.IntN(scopesPerSubscription*callerSites)
		}
		if r.IntN(10) == 0 {
			g.scope -= g.scope % scopesPerSubscription
			if callers { // or it might do anything there
				g.role = len(roles) - 1 - r.IntN(len(w.Policy.Roles))
			}
		}
		if given[g] {
			continue
		}
		given[g] = true
		w.assign(scopeName(g.scope), roles[g.role], guid("principal", g.principal))
		if callers {
			w.want(scopeName(g.scope))
			w.want(scopeName(r.IntN(scopesPerSubscription * callerSites)))
		}
	}
	w.Measured = len(w.Operations)
	return w
}

// NewHotScope is a workload with as many assignments on one subscription as it can have, and operations below it: of the caller's
// groups, or of others. A few operations elsewhere follow, which are not measured: where the assignments are of others, the caller may do
// none of those that are.
func NewHotScope(callers bool) *Workload {
	w := NewWorkload(10_000)
	elsewhere := w.Operations[:hotScopeElsewhere]
	w.Operations = nil
	hot := "/subscriptions/" + guid("hot", 0)
	for i := range assignmentsPerSubscription {
		if callers { // each group has every role that grants little
			w.assign(hot, w.Policy.Roles[i/callerGroups].ID, guid("principal", i%callerGroups))
		} else {
			w.assign(hot, rbac.RoleReader, guid("other", i))
		}
	}
	for i := range 2 * callerAssignments {
		w.want(fmt.Sprintf("%s/resourceGroups/payments-%d/providers/Microsoft.Compute/virtualMachines/web-%d", hot, i%groupsPerSubscription, i))
	}
	w.Measured = len(w.Operations)
	w.Operations = append(w.Operations, elsewhere...)
	return w
}

func (w *Workload) assign(scope, role, principal string) {
	w.Policy.Assignments = append(w.Policy.Assignments, rbac.RoleAssignment{
		Name:             guid("assignment", len(w.Policy.Assignments)),
		Scope:            scope,
		RoleDefinitionID: role,
		PrincipalID:      principal,
		PrincipalType:    "Group",
	})
}

// want adds an operation on a machine at a scope, or in it.
func (w *Workload) want(scope string) {
	at := rbac.MustParseScope(scope)
	if at.ResourceGroup() == "" {
		at = rbac.MustParseScope(scope + "/resourceGroups/payments-7")
	}
	if at.ResourceType() != machineType {
		at = rbac.MustParseScope(at.String() + "/providers/" + machineType + "/web")
	}
	actions := []string{"read", "write", "delete", "restart/action"}
	w.Operations = append(w.Operations, rbac.Operation{Action: machineType + "/" + actions[len(w.Operations)%len(actions)], Scope: at})
}

const machineType = "Microsoft.Compute/virtualMachines"

// customRoles are as many as the caller's groups need for a hot scope, where nobody has a role twice: each grants a service of its own, to
// restart machines, and to read.
func customRoles() []rbac.RoleDefinition {
	var roles []rbac.RoleDefinition
	for i := range assignmentsPerSubscription / callerGroups {
		roles = append(roles, rbac.RoleDefinition{
			ID:       guid("role", i),
			RoleName: fmt.Sprint("Operator ", i),
			Permissions: []rbac.Permission{{
				Actions:    []string{fmt.Sprintf("Microsoft.Service%d/*", i), machineType + "/restart/action", "*/read"},
				NotActions: []string{fmt.Sprintf("Microsoft.Service%d/*/delete", i)},
			}},
		})
	}
	return roles
}

// scopeName is the i-th scope of the site: a subscription, then its resource groups, then their machines, then the next subscription.
func scopeName(i int) string {
	subscription := "/subscriptions/" + guid("subscription", i/scopesPerSubscription)
	i %= scopesPerSubscription
	switch {
	case i == 0:
		return subscription
	case i <= groupsPerSubscription:
		return fmt.Sprintf("%s/resourceGroups/payments-%d", subscription, i-1)
	}
	i -= 1 + groupsPerSubscription
	return fmt.Sprintf("%s/resourceGroups/payments-%d/providers/%s/web-%d", subscription, i/machinesPerGroup, machineType, i)
}

// guid returns the i-th GUID of a kind.
func guid(kind string, i int) string {
	var seed uint64
	for _, c := range []byte(kind) {
		seed = seed*257 + uint64(c)
	}
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	high, low := r.Uint64(), r.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", high>>32, high>>16&0xffff, high&0xfff, low>>48&0xfff, low&0xffff_ffff_ffff)
}

// principals are the caller's ids: its own and its groups'.
func (w *Workload) principals() []string {
	return append([]string{w.Subject.ObjectID}, w.Subject.Groups...)
}

// lineage are the keys of a scope and of all above it, the nearest first.
func lineage(scope rbac.Scope) []string {
	keys := []string{scope.Key()}
	for {
		parent, ok := scope.Parent()
		if !ok {
			return keys
		}
		scope = parent
		keys = append(keys, scope.Key())
	}
}

// A role is a definition's only permission in lower case, for libraries that compare bytes.
type role struct{ actions, notActions []string }

func (w *Workload) roles() map[string]role {
	roles := make(map[string]role)
	for _, definition := range slices.Concat(rbac.BuiltInRoles(), w.Policy.Roles) {
		permission := definition.Permissions[0]
		roles[definition.ID] = role{lower(permission.Actions), lower(permission.NotActions)}
	}
	return roles
}

func lower(patterns []string) []string {
	folded := []string{}
	for _, pattern := range patterns {
		folded = append(folded, strings.ToLower(pattern))
	}
	return folded
}

func keyOf(scope string) string { return rbac.MustParseScope(scope).Key() }

func lineageOf(scope string) []string { return lineage(rbac.MustParseScope(scope)) }
