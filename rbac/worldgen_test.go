package rbac_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
	"unicode"

	"hubgate.example/rbac"
)

// A world makes policies and requests from a small vocabulary, so that they have to do with each other.
type world struct{ *rand.Rand }

// newWorld returns the world of a seed: the same seed, the same world.
func newWorld(seed uint64) world { return world{rand.New(rand.NewPCG(seed, 0))} }

// A scenario is all that a decision depends on besides the subject and the request.
type scenario struct {
	config rbac.PolicyConfig
	// tenants says who owns a subscription, by its id in lower case, and home is the home tenant. They are nil and empty where
	// tenants are not told apart.
	tenants map[string]string
	home    string
	// conditions says what the text of each condition in config means.
	conditions map[string]clause
}

// A request is an operation in a form that can be shrunk, printed and written in another case.
type request struct {
	Action       string
	Scope        string
	Plane        rbac.Plane
	SubOperation string
	Attributes   attributes
}

func (r request) operation() rbac.Operation {
	op := rbac.Operation{Action: r.Action, Scope: rbac.MustParseScope(r.Scope), Plane: r.Plane, SubOperation: r.SubOperation}
	if r.Attributes != nil {
		op.Attributes = r.Attributes
	}
	return op
}

func pick[T any](w world, from []T) T { return from[w.IntN(len(from))] }

// some returns up to n values.
func some(w world, n int, make func() string) []string {
	var values []string
	for range w.IntN(n + 1) {
		values = append(values, make())
	}
	return values
}

// mixCase returns s as it is, in capitals, or in a mixture.
func (w world) mixCase(s string) string {
	switch w.IntN(4) {
	case 0:
		return strings.ToUpper(s)
	case 1:
		return strings.Map(func(r rune) rune {
			if w.IntN(2) == 0 {
				return unicode.ToUpper(r)
			}
			return unicode.ToLower(r)
		}, s)
	}
	return s
}

// guid returns the nth GUID of a kind.
func guid(kind byte, n int) string {
	return fmt.Sprintf("%s-0000-4000-8000-%012x", strings.Repeat(string(kind), 8), n)
}

// principal returns a principal's id: some are SIDs, and there are few enough of them that a subject holds something.
func (w world) principal() string {
	if w.IntN(3) == 0 {
		return w.mixCase(fmt.Sprintf("S-1-5-21-%d", 1+w.IntN(3)))
	}
	return w.mixCase(guid('a', w.IntN(6)))
}

// subject returns someone with groups, among them now and then one that is nobody's.
func (w world) subject() rbac.Subject {
	who := rbac.Subject{
		Tenant:   pick(w, []string{"home", "home", "HOME", "guest", ""}),
		ObjectID: w.principal(),
		Groups:   some(w, 4, w.principal),
	}
	if w.IntN(4) == 0 {
		who.Groups = append(who.Groups, pick(w, []string{"not a group", "", rbac.EveryoneID}))
	}
	return who
}

const managementGroups = "/providers/Microsoft.Management/managementGroups/"

// The subscriptions, of which s12 is another tenant's and s2 nobody's, and the management groups.
var (
	subscriptionIDs = []string{"s1", "s1", "s12", "s2", "ärger"}
	groupIDs        = []string{"g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8"}
)

// scope returns a scope of any kind, at any depth.
func (w world) scope() string {
	scope := ""
	switch w.IntN(10) {
	case 0:
		scope = "/"
	case 1, 2:
		scope = managementGroups + pick(w, groupIDs)
	default:
		scope = "/subscriptions/" + pick(w, subscriptionIDs)
		if w.IntN(4) > 0 {
			scope += "/resourceGroups/" + pick(w, []string{"g", "gg", "s1", "a (b)"})
		}
	}
	for w.IntN(2) == 0 && scope != "/" {
		scope = w.resourceIn(scope)
	}
	return w.mixCase(scope)
}

// resourceIn returns a resource that lies in a scope, or extends it.
func (w world) resourceIn(scope string) string {
	scope = strings.TrimSuffix(scope, "/") + "/providers/" + pick(w, []string{"Microsoft.A", "Microsoft.AB"})
	for more := true; more; more = w.IntN(3) == 0 {
		scope += "/" + pick(w, []string{"t", "u"}) + "/" + pick(w, []string{"n", "m"})
	}
	return scope
}

func (w world) action() string {
	namespace := pick(w, []string{"Microsoft.A", "Microsoft.A", "Microsoft.AB", "Microsoft.Authorization"})
	types := pick(w, []string{"t", "t/u", "u", "$t-{u}:t"})
	if namespace == "Microsoft.Authorization" {
		types = "roleAssignments"
	}
	return w.mixCase(namespace + "/" + types + "/" + pick(w, []string{"read", "read", "write", "delete", "go/action"}))
}

// pattern returns what matches some action: one of a custom role, which has at most one '*'.
func (w world) pattern() string {
	action := w.action()
	from := w.IntN(len(action) + 1)
	to := from + w.IntN(len(action)-from+1)
	switch w.IntN(8) {
	case 0:
		return "*"
	case 1:
		return " " + action + " "
	case 2:
		return action
	case 3:
		return "*" + action[strings.LastIndexByte(action, '/'):]
	case 4:
		return action[:strings.IndexByte(action, '/')+1] + "*"
	}
	return action[:from] + "*" + action[to:]
}

// wildPattern returns a pattern of a built-in role, which may have several.
func (w world) wildPattern() string {
	if w.IntN(2) == 0 {
		return w.pattern()
	}
	segments := strings.Split(w.action(), "/")
	for i := range segments {
		if w.IntN(2) == 0 {
			segments[i] = "*"
		}
	}
	return strings.Join(segments, "/")
}

// permissions returns up to n permissions, one in four of them with a condition.
func (w world) permissions(n int, s *scenario, pattern func() string) []rbac.Permission {
	var permissions []rbac.Permission
	for range w.IntN(n + 1) {
		p := rbac.Permission{
			Actions:        some(w, 3, pattern),
			NotActions:     some(w, 1, pattern),
			DataActions:    some(w, 2, pattern),
			NotDataActions: some(w, 1, pattern),
		}
		if w.IntN(4) == 0 {
			p.Condition, p.ConditionVersion = w.conditionText(s), "2.0"
		}
		permissions = append(permissions, p)
	}
	return permissions
}

// conditionText returns the text of a condition, whose meaning it writes into s.
func (w world) conditionText(s *scenario) string {
	c := w.condition()
	text := spell(c, w.Rand)
	s.conditions[text] = c
	return text
}

// role returns a role of that id.
func (w world) role(id string, s *scenario) rbac.RoleDefinition {
	role := rbac.RoleDefinition{ID: w.mixCase(id)}
	pattern := w.pattern
	if id == rbac.RoleReader || w.IntN(4) == 0 {
		role.Type, pattern = rbac.BuiltInRole, w.wildPattern
	}
	role.Permissions = w.permissions(3, s, pattern)
	return role
}

// Times long past and far off, so that what is in force does not depend on when the test runs.
var (
	longPast = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	past     = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	future   = time.Date(2900, 1, 1, 0, 0, 0, 0, time.UTC)
	farOff   = time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
)

// period returns a start and an end. Most assignments have neither.
func (w world) period() (start, end time.Time) {
	periods := [][2]time.Time{{past, {}}, {{}, future}, {past, future}, {future, {}}, {{}, past}, {longPast, past}, {future, farOff}}
	if n := w.IntN(2 * len(periods)); n < len(periods) {
		return periods[n][0], periods[n][1]
	}
	return
}

// assignment returns an assignment of one of the roles.
func (w world) assignment(roles []string, s *scenario) rbac.RoleAssignment {
	a := rbac.RoleAssignment{
		Scope:            w.scope(),
		RoleDefinitionID: pick(w, []string{"", "/providers/Microsoft.Authorization/roleDefinitions/", "/subscriptions/S9/providers/x/y/"}) + w.mixCase(pick(w, roles)),
		PrincipalID:      w.principal(),
	}
	if w.IntN(4) == 0 {
		a.Condition, a.ConditionVersion = w.conditionText(s), pick(w, []string{"", "2.0"})
	}
	if w.IntN(4) == 0 {
		a.Start, a.End = w.period()
	}
	return a
}

// deny returns a deny assignment of that name. It concerns few, or everyone with exceptions.
func (w world) deny(name string, s *scenario) rbac.DenyAssignment {
	deny := rbac.DenyAssignment{
		Name:                    w.mixCase(name),
		Scope:                   w.scope(),
		DoNotApplyToChildScopes: w.IntN(3) == 0,
		Permissions:             w.permissions(2, s, w.pattern),
	}
	if w.IntN(3) == 0 {
		deny.Permissions = append(deny.Permissions, rbac.Permission{Actions: []string{"*"}, NotActions: []string{"*/read"}, DataActions: []string{"*"}})
	}
	if w.IntN(3) == 0 {
		deny.Principals = []rbac.DenyPrincipal{{ID: rbac.EveryoneID, Type: "SystemDefined"}}
	}
	for _, id := range append(some(w, 2, w.principal), w.principal()) {
		if w.IntN(2) == 0 && len(deny.Principals) > 0 {
			deny.ExcludePrincipals = append(deny.ExcludePrincipals, rbac.DenyPrincipal{ID: id, Type: "Group"})
		} else {
			deny.Principals = append(deny.Principals, rbac.DenyPrincipal{ID: id, Type: "User"})
		}
	}
	return deny
}

// members puts most management groups and subscriptions below management groups, up to six levels below one at the top.
func (w world) members() []rbac.ManagementGroupMember {
	var members []rbac.ManagementGroupMember
	level := []int{0}
	for i := 1; i < len(groupIDs); i++ {
		parent := max(0, i-1-w.IntN(2)) // rather a chain than a bush
		if w.IntN(6) == 0 || level[parent] == 6 {
			level = append(level, 0)
			continue
		}
		level = append(level, level[parent]+1)
		members = append(members, rbac.ManagementGroupMember{
			ManagementGroup: w.mixCase(managementGroups + groupIDs[parent]),
			Member:          w.mixCase(managementGroups + groupIDs[i]),
		})
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(subscriptionIDs))) {
		if w.IntN(4) > 0 {
			members = append(members, rbac.ManagementGroupMember{
				ManagementGroup: w.mixCase(managementGroups + pick(w, groupIDs)),
				Member:          w.mixCase("/subscriptions/" + id),
			})
		}
	}
	return members
}

// customRoles are the ids of the roles that a world defines; one replaces a built-in role.
var (
	customRoles = []string{rbac.RoleReader, guid('b', 1), guid('b', 2), guid('b', 3), guid('b', 4)}
	allRoles    = append([]string{rbac.RoleOwner, rbac.RoleContributor, rbac.RoleUserAccessAdministrator}, customRoles...)
)

// scenario makes a policy, which compiles.
func (w world) scenario() scenario {
	s := scenario{conditions: make(map[string]clause)}
	for _, id := range customRoles {
		s.config.Roles = append(s.config.Roles, w.role(id, &s))
	}
	given := make(map[string]bool)
	for n := range 10 + w.IntN(30) {
		a := w.assignment(allRoles, &s)
		if w.IntN(3) > 0 {
			a.Name = guid('c', n)
		}
		if once := grantKey(a); !given[once] {
			given[once] = true
			s.config.Assignments = append(s.config.Assignments, a)
		}
	}
	for n := range w.IntN(12) {
		s.config.DenyAssignments = append(s.config.DenyAssignments, w.deny(guid('d', n), &s))
	}
	if w.IntN(4) > 0 {
		s.config.ManagementGroups = w.members()
	}
	if w.IntN(2) == 0 {
		s.home, s.tenants = "Home", map[string]string{"s1": "home", "s12": "guest", "ärger": "HOME"} // s2 is unknown
	}
	// What is said twice is said once.
	s.config.Roles = repeat(w, s.config.Roles)
	s.config.Assignments = repeat(w, s.config.Assignments)
	s.config.DenyAssignments = repeat(w, s.config.DenyAssignments)
	s.config.ManagementGroups = repeat(w, s.config.ManagementGroups)
	return s
}

// repeat adds a few objects once more.
func repeat[T any](w world, objects []T) []T {
	for range w.IntN(3) {
		if len(objects) > 0 {
			objects = append(objects, pick(w, objects))
		}
	}
	return objects
}

// grantKey tells assignments apart by principal, role and scope, of which a policy has each only once.
func grantKey(a rbac.RoleAssignment) string {
	return strings.ToLower(a.PrincipalID + " " + a.RoleDefinitionID[strings.LastIndexByte(a.RoleDefinitionID, '/')+1:] + " " + a.Scope)
}

// request makes a request, more often than not at a place that an assignment has to do with, or below it.
func (w world) request(s scenario) request {
	r := request{
		Action: w.action(),
		Scope:  w.scope(),
		Plane:  rbac.Plane(min(w.IntN(3), 1) ^ 1),
	}
	if w.IntN(2) == 0 {
		var scopes []string
		for _, a := range s.config.Assignments {
			scopes = append(scopes, a.Scope)
		}
		for _, d := range s.config.DenyAssignments {
			scopes = append(scopes, d.Scope)
		}
		if len(scopes) > 0 {
			r.Scope = w.mixCase(pick(w, scopes))
			if w.IntN(2) == 0 {
				r.Scope = w.mixCase(w.resourceIn(r.Scope))
			}
		}
	}
	if w.IntN(2) == 0 {
		r.SubOperation = w.mixCase(pick(w, subOperations))
	}
	if w.IntN(4) > 0 {
		r.Attributes = w.attributes()
	}
	return r
}

// clone returns a scenario that shares nothing with s that a test might change.
func (s scenario) clone() scenario {
	s.config.Roles = slices.Clone(s.config.Roles)
	for i := range s.config.Roles {
		s.config.Roles[i].Permissions = clonePermissions(s.config.Roles[i].Permissions)
	}
	s.config.Assignments = slices.Clone(s.config.Assignments)
	s.config.DenyAssignments = slices.Clone(s.config.DenyAssignments)
	for i := range s.config.DenyAssignments {
		d := &s.config.DenyAssignments[i]
		d.Permissions = clonePermissions(d.Permissions)
		d.Principals, d.ExcludePrincipals = slices.Clone(d.Principals), slices.Clone(d.ExcludePrincipals)
	}
	s.config.ManagementGroups = slices.Clone(s.config.ManagementGroups)
	s.tenants, s.conditions = maps.Clone(s.tenants), maps.Clone(s.conditions)
	return s
}

func clonePermissions(permissions []rbac.Permission) []rbac.Permission {
	permissions = slices.Clone(permissions)
	for i := range permissions {
		p := &permissions[i]
		p.Actions, p.NotActions = slices.Clone(p.Actions), slices.Clone(p.NotActions)
		p.DataActions, p.NotDataActions = slices.Clone(p.DataActions), slices.Clone(p.NotDataActions)
	}
	return permissions
}
