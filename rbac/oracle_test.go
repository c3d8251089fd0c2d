package rbac_test

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

var oracleSeed = flag.Uint64("oracle.seed", 0, "repeat the random policies of TestOracle that a failure named")

// An oracle answers what the engine answers, by the rules of Azure RBAC in their plainest form: it walks over all
// assignments, splits every scope at its slashes and tries every way to place a wildcard. It shares no code with the engine.
type oracle struct {
	config rbac.PolicyConfig
	// tenantOf and home are nil and empty where tenants are not told apart.
	tenantOf map[string]string
	home     string
}

func (o oracle) allows(who rbac.Subject, action, scope string, plane rbac.Plane) bool {
	for _, assignment := range o.config.Assignments {
		if o.counts(who, assignment, scope) && oracleInherits(assignment.Scope, scope) && o.grants(assignment.RoleDefinitionID, action, plane) {
			return true
		}
	}
	return false
}

// counts says whether the assignment is the subject's own, or of one of its groups, and of the right tenant.
func (o oracle) counts(who rbac.Subject, assignment rbac.RoleAssignment, scope string) bool {
	own := strings.EqualFold(assignment.PrincipalID, who.ObjectID)
	for _, group := range who.Groups {
		own = own || strings.EqualFold(assignment.PrincipalID, group)
	}
	if !own || o.tenantOf == nil {
		return own
	}
	if subscription := oracleSubscription(scope); subscription != "" && !strings.EqualFold(o.tenantOf[subscription], who.Tenant) {
		return false
	}
	if subscription := oracleSubscription(assignment.Scope); subscription == "" && !strings.EqualFold(o.home, who.Tenant) {
		return false
	}
	return true
}

func (o oracle) grants(roleID, action string, plane rbac.Plane) bool {
	roleID = roleID[strings.LastIndex(roleID, "/")+1:]
	var found *rbac.RoleDefinition
	for _, list := range [][]rbac.RoleDefinition{rbac.BuiltInRoles(), o.config.Roles} {
		for _, role := range list {
			if strings.EqualFold(role.ID, roleID) {
				found = &role
			}
		}
	}
	for _, permission := range found.Permissions {
		yes, no := permission.Actions, permission.NotActions
		if plane == rbac.DataPlane {
			yes, no = permission.DataActions, permission.NotDataActions
		}
		if oracleMatches(yes, action) && !oracleMatches(no, action) {
			return true
		}
	}
	return false
}

func oracleMatches(patterns []string, action string) bool {
	for _, pattern := range patterns {
		if oracleStar(strings.ToLower(strings.TrimSpace(pattern)), strings.ToLower(action)) {
			return true
		}
	}
	return false
}

func oracleStar(pattern, action string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !strings.HasPrefix(action, before) || !star {
		return !star && action == before
	}
	for end := len(before); end <= len(action); end++ {
		if oracleStar(after, action[end:]) {
			return true
		}
	}
	return false
}

func oracleInherits(above, scope string) bool {
	a, s := oracleSegments(above), oracleSegments(scope)
	if len(a) > len(s) {
		return false
	}
	for i := range a {
		if !strings.EqualFold(a[i], s[i]) {
			return false
		}
	}
	return true
}

func oracleSegments(scope string) []string {
	return strings.FieldsFunc(scope, func(r rune) bool { return r == '/' })
}

func oracleSubscription(scope string) string {
	if segments := oracleSegments(scope); len(segments) > 1 && strings.EqualFold(segments[0], "subscriptions") {
		return strings.ToLower(segments[1])
	}
	return ""
}

// A world makes policies and requests from a small vocabulary, so that they have to do with each other.
type world struct{ *rand.Rand }

func pick[T any](w world, from []T) T { return from[w.IntN(len(from))] }

// some returns up to n values.
func some(w world, n int, make func() string) []string {
	var values []string
	for range w.IntN(n + 1) {
		values = append(values, make())
	}
	return values
}

func (w world) mixCase(s string) string {
	if w.IntN(2) == 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if w.IntN(3) == 0 {
			return []rune(strings.ToUpper(string(r)))[0]
		}
		return r
	}, s)
}

func (w world) guid(kind byte, n int) string {
	return strings.Repeat(string(kind), 8) + "-0000-4000-8000-00000000000" + string(rune('0'+n))
}

func (w world) principal() string {
	if w.IntN(3) == 0 {
		return "S-1-5-21-" + string(rune('1'+w.IntN(4)))
	}
	return w.mixCase(w.guid('a', w.IntN(6)))
}

func (w world) scope() string {
	scope := ""
	switch w.IntN(8) {
	case 0:
		scope = "/"
	case 1:
		scope = "/providers/Microsoft.Management/managementGroups/mg" + string(rune('1'+w.IntN(2)))
	default:
		scope = "/subscriptions/" + pick(w, []string{"s1", "s12", "s2", "ärger"})
		if w.IntN(4) > 0 {
			scope += "/resourceGroups/" + pick(w, []string{"g", "gg", "s1"})
		}
	}
	for w.IntN(2) == 0 && scope != "/" {
		scope += "/providers/" + pick(w, []string{"Microsoft.A", "Microsoft.AB"})
		for more := true; more; more = w.IntN(3) == 0 {
			scope += "/" + pick(w, []string{"t", "u"}) + "/" + pick(w, []string{"n", "m"})
		}
	}
	return w.mixCase(scope)
}

func (w world) action() string {
	return w.mixCase(pick(w, []string{"Microsoft.A", "Microsoft.AB"}) + "/" + pick(w, []string{"t", "t/u", "u"}) + "/" +
		pick(w, []string{"read", "write", "delete", "go/action"}))
}

func (w world) pattern() string {
	action := w.action()
	from := w.IntN(len(action) + 1)
	to := from + w.IntN(len(action)-from+1)
	switch w.IntN(6) {
	case 0:
		return "*"
	case 1:
		return action + " "
	}
	return action[:from] + "*" + action[to:]
}

func (w world) config() rbac.PolicyConfig {
	var config rbac.PolicyConfig
	roles := []string{rbac.RoleOwner, rbac.RoleContributor, rbac.RoleReader, rbac.RoleUserAccessAdministrator}
	for i := range 4 {
		role := rbac.RoleDefinition{ID: w.guid('b', i)}
		if i == 0 {
			role.ID = rbac.RoleReader // replaced
			role.Type = rbac.BuiltInRole
		}
		for range w.IntN(4) {
			role.Permissions = append(role.Permissions, rbac.Permission{
				Actions:        some(w, 3, w.pattern),
				NotActions:     some(w, 2, w.pattern),
				DataActions:    some(w, 2, w.pattern),
				NotDataActions: some(w, 1, w.pattern),
			})
		}
		config.Roles = append(config.Roles, role)
		roles = append(roles, role.ID)
	}
	for range w.IntN(25) {
		config.Assignments = append(config.Assignments, rbac.RoleAssignment{
			Scope:            w.scope(),
			RoleDefinitionID: pick(w, []string{"", "/providers/Microsoft.Authorization/roleDefinitions/"}) + w.mixCase(pick(w, roles)),
			PrincipalID:      w.principal(),
		})
	}
	return config
}

func TestOracle(t *testing.T) {
	seed := *oracleSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("repeat with -oracle.seed=%d", seed)
	w := world{rand.New(rand.NewPCG(seed, 0))}

	allowed := 0
	for range 300 {
		config := w.config()
		policy, err := rbac.NewPolicy(config)
		if err != nil {
			t.Fatal(err)
		}
		o := oracle{config: config}
		authorization := rbac.AuthorizerConfig{Source: policy}
		if w.IntN(2) == 0 {
			o.home, o.tenantOf = "home", map[string]string{"s1": "home", "s12": "guest", "ärger": "HOME"} // s2 is unknown
			authorization.HomeTenant = "home"
			authorization.TenantOf = func(subscription string) (string, bool) {
				tenant, ok := o.tenantOf[strings.ToLower(subscription)]
				return tenant, ok
			}
		}
		authorizer, err := rbac.NewAuthorizer(authorization)
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			who := rbac.Subject{
				Tenant:   pick(w, []string{"home", "Home", "guest"}),
				ObjectID: w.principal(),
				Groups:   some(w, 4, w.principal),
			}
			set, err := authorizer.ResourceSet(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			for range 25 {
				action, scope, plane := w.action(), w.scope(), rbac.Plane(w.IntN(2))
				at, err := rbac.ParseScope(scope)
				if err != nil {
					t.Fatal(err)
				}
				want := o.allows(who, action, scope, plane)
				got := set.Check(rbac.Operation{Action: action, Scope: at, Plane: plane})
				if got.Allowed != want || (got.Assignment != nil) != want {
					t.Fatalf("%+v, %s at %s, plane %d: engine %v, oracle %v\n%+v", who, action, scope, plane, got.Allowed, want, config)
				}
				if want {
					allowed++
					one := oracle{config: rbac.PolicyConfig{Roles: config.Roles, Assignments: []rbac.RoleAssignment{*got.Assignment}}, tenantOf: o.tenantOf, home: o.home}
					if !one.allows(who, action, scope, plane) {
						t.Fatalf("%+v, %s at %s: not granted by the assignment named, %+v", who, action, scope, *got.Assignment)
					}
				}

				// Scopes says the same of the control plane: where it is done, and below.
				listed := false
				for _, s := range set.Scopes(action) {
					listed = listed || oracleInherits(s.String(), scope)
				}
				if plane == rbac.ControlPlane && want && !listed {
					t.Fatalf("%+v: %s at %s is allowed, and at none of %v", who, action, scope, set.Scopes(action))
				}
				for _, s := range set.Scopes(action) {
					if !o.allows(who, action, s.String(), rbac.ControlPlane) {
						t.Fatalf("%+v: %s is not allowed at %s", who, action, s)
					}
				}

				holds := false
				for _, assignment := range config.Assignments {
					holds = holds || oracleInherits(scope, assignment.Scope) && o.counts(who, assignment, assignment.Scope)
				}
				if set.Holds(at) != holds {
					t.Fatalf("%+v holds a role at %s: engine %v, oracle %v", who, scope, set.Holds(at), holds)
				}
			}
		}
	}
	if allowed < 1000 {
		t.Errorf("only %d of 30,000 checks were allowed: the random policies have little to do with the requests", allowed)
	}
}
