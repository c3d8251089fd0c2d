package rbac_test

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/rbac"
)

var oracleSeed = flag.Uint64("oracle.seed", 0, "make only the random policy of that seed, which a failure named")

// oracleSeeds returns so many seeds, or the one of the flag. They are printed once.
func oracleSeeds(t *testing.T, n uint64) iter.Seq[uint64] {
	t.Helper()
	first := *oracleSeed
	if first == 0 {
		first = rand.Uint64()
		t.Logf("the seeds are %d and following", first)
	} else {
		n = 1
	}
	return func(yield func(uint64) bool) {
		for i := range n {
			if !yield(first + i) {
				return
			}
		}
	}
}

// again says how to repeat what failed.
func again(t *testing.T, seed uint64) string {
	name, _, _ := strings.Cut(t.Name(), "/")
	return fmt.Sprintf("repeat with go test -run '^%s$' -oracle.seed=%d", name, seed)
}

// An oracle answers what the engine answers, by the rules of Azure RBAC in their plainest form: it walks over all assignments,
// splits every scope at its slashes and tries every way to place a wildcard. It shares no code with the engine.
//
// Everything that compares without regard to case is in lower case here, once and for all.
type oracle struct {
	scenario
	now time.Time
	// assignments and denies are those of the policy, at the same indexes.
	assignments []oracleRule
	denies      []oracleRule
	// parents are the management groups of subscriptions and management groups; both are scopes in lower case.
	parents map[string]string
}

// An oracleRule is a role assignment or a deny assignment.
type oracleRule struct {
	scope       []string // its segments
	principals  []string
	excluded    []string
	permissions []oraclePermission
	condition   clause // or nil
	start, end  time.Time
	notForChild bool
}

type oraclePermission struct {
	yes, no   map[rbac.Plane][]string
	condition clause // or nil
}

func newOracle(s scenario) *oracle {
	o := &oracle{scenario: s, now: time.Now(), parents: make(map[string]string)}
	for _, m := range s.config.ManagementGroups {
		o.parents[strings.ToLower(m.Member)] = strings.ToLower(m.ManagementGroup)
	}
	for _, a := range s.config.Assignments {
		o.assignments = append(o.assignments, oracleRule{
			scope:       segments(a.Scope),
			principals:  []string{strings.ToLower(a.PrincipalID)},
			permissions: o.permissions(o.role(a.RoleDefinitionID).Permissions),
			condition:   o.meaning(a.Condition),
			start:       a.Start,
			end:         a.End,
		})
	}
	for _, d := range s.config.DenyAssignments {
		o.denies = append(o.denies, oracleRule{
			scope:       segments(d.Scope),
			principals:  denyIDs(d.Principals),
			excluded:    denyIDs(d.ExcludePrincipals),
			permissions: o.permissions(d.Permissions),
			notForChild: d.DoNotApplyToChildScopes,
		})
	}
	return o
}

// role finds a definition by the GUID that an id ends in. The policy's own definitions replace the built-in ones. A policy whose
// role is not found does not compile, so what it grants does not matter.
func (o *oracle) role(id string) rbac.RoleDefinition {
	id = id[strings.LastIndex(id, "/")+1:]
	for _, role := range append(slices.Clone(o.config.Roles), rbac.BuiltInRoles()...) {
		if strings.EqualFold(role.ID, id) {
			return role
		}
	}
	return rbac.RoleDefinition{}
}

// meaning returns what the text of a condition says, and nil for no condition.
func (o *oracle) meaning(text string) clause {
	if text == "" {
		return nil
	}
	c, ok := o.conditions[text]
	if !ok {
		panic("a condition that the world did not make: " + text)
	}
	return c
}

func (o *oracle) permissions(permissions []rbac.Permission) []oraclePermission {
	var all []oraclePermission
	for _, p := range permissions {
		all = append(all, o.permission(p, o.meaning(p.Condition)))
	}
	return all
}

func (o *oracle) permission(p rbac.Permission, condition clause) oraclePermission {
	return oraclePermission{
		yes:       map[rbac.Plane][]string{rbac.ControlPlane: patterns(p.Actions), rbac.DataPlane: patterns(p.DataActions)},
		no:        map[rbac.Plane][]string{rbac.ControlPlane: patterns(p.NotActions), rbac.DataPlane: patterns(p.NotDataActions)},
		condition: condition,
	}
}

func patterns(written []string) []string {
	var all []string
	for _, pattern := range written {
		all = append(all, strings.ToLower(strings.TrimSpace(pattern)))
	}
	return all
}

func denyIDs(principals []rbac.DenyPrincipal) []string {
	var ids []string
	for _, p := range principals {
		ids = append(ids, strings.ToLower(p.ID))
	}
	return ids
}

// idsOf returns the subject's object id and groups. Everyone is nobody's id.
func idsOf(who rbac.Subject) []string {
	var ids []string
	for _, id := range append([]string{who.ObjectID}, who.Groups...) {
		if id != rbac.EveryoneID {
			ids = append(ids, strings.ToLower(id))
		}
	}
	return ids
}

// Obstacles are all reasons for which an assignment does not count. It counts when there are none.
type obstacles uint32

func obstacle(reason rbac.Reason) obstacles { return 1 << reason }

func (o obstacles) has(reason rbac.Reason) bool { return o&obstacle(reason) != 0 }

// A judgement is what stands against each assignment of a policy in a request, whoever asks.
type judgement struct {
	request
	lineage           [][]string
	assignments, deny []obstacles
}

// judge considers every assignment.
func (o *oracle) judge(r request) judgement {
	j := judgement{
		request:     r,
		lineage:     o.lineage(segments(r.Scope)),
		assignments: make([]obstacles, len(o.assignments)),
		deny:        make([]obstacles, len(o.denies)),
	}
	action := strings.ToLower(r.Action)
	for i, rule := range o.assignments {
		j.assignments[i] = o.against(rule, j, action)
	}
	for i, rule := range o.denies {
		j.deny[i] = o.against(rule, j, action)
	}
	return j
}

// against returns what stands against one assignment in a request, whoever asks.
func (o *oracle) against(rule oracleRule, j judgement, action string) (found obstacles) {
	switch distance(rule.scope, j.lineage) {
	case -1:
		found |= obstacle(rbac.OtherScope)
	case 0:
	default:
		if rule.notForChild {
			found |= obstacle(rbac.NotForChildScopes)
		}
	}
	found |= matches(rule.permissions, action, j.request)
	if rule.condition != nil && !rule.condition.holds(j.request) {
		found |= obstacle(rbac.ConditionFalse)
	}
	if !rule.start.IsZero() && o.now.Before(rule.start) {
		found |= obstacle(rbac.NotYetInForce)
	}
	if !rule.end.IsZero() && !o.now.Before(rule.end) {
		found |= obstacle(rbac.NoLongerInForce)
	}
	return found
}

// matches returns what stands against permissions, each by itself. One without an obstacle is enough.
func matches(permissions []oraclePermission, action string, r request) obstacles {
	found := obstacles(0)
	for _, p := range permissions {
		switch {
		case !anyStarMatches(p.yes[r.Plane], action):
		case anyStarMatches(p.no[r.Plane], action):
			found |= obstacle(rbac.ActionExcluded)
		case p.condition != nil && !p.condition.holds(r):
			found |= obstacle(rbac.PermissionConditionFalse)
		default:
			return 0
		}
	}
	if found == 0 {
		found = obstacle(rbac.ActionNotMatched)
	}
	return found
}

func anyStarMatches(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return starMatches(pattern, action) })
}

// starMatches tries every end for what a '*' stands for. Both are in lower case.
func starMatches(pattern, action string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !strings.HasPrefix(action, before) || !star {
		return !star && action == before
	}
	for end := len(before); end <= len(action); end++ {
		if starMatches(after, action[end:]) {
			return true
		}
	}
	return false
}

// segments splits a scope at its slashes, in lower case.
func segments(scope string) []string {
	return strings.FieldsFunc(strings.ToLower(scope), func(r rune) bool { return r == '/' })
}

// lineage returns a scope and all above it, the nearest first: what is left when segments are cut off its end, down to its
// subscription or management group, then the management groups, then "/".
func (o *oracle) lineage(scope []string) [][]string {
	var lineage [][]string
	for n := len(scope); n > 0; n-- {
		lineage = append(lineage, scope[:n])
	}
	top := ""
	switch {
	case len(scope) >= 2 && scope[0] == "subscriptions":
		top = "/" + strings.Join(scope[:2], "/")
	case len(scope) >= 4 && "/"+strings.Join(scope[:3], "/")+"/" == strings.ToLower(managementGroups):
		top = "/" + strings.Join(scope[:4], "/")
	}
	for parent := o.parents[top]; parent != ""; parent = o.parents[parent] {
		lineage = append(lineage, segments(parent))
	}
	return append(lineage, nil)
}

// distance says how far above, in a lineage, a scope is: 0 for the scope itself, -1 for one that is not above.
func distance(scope []string, lineage [][]string) int {
	return slices.IndexFunc(lineage, func(s []string) bool { return slices.Equal(s, scope) })
}

// subscription returns the id of a scope's subscription, or "".
func subscription(scope []string) string {
	if len(scope) >= 2 && scope[0] == "subscriptions" {
		return scope[1]
	}
	return ""
}

// otherTenant says whether an assignment counts for another tenant than the subject's: below a subscription for that
// subscription's, above for the home tenant. In the subscription of another tenant, or of nobody, nothing counts.
func (o *oracle) otherTenant(who rbac.Subject, scope, at []string) bool {
	if o.tenants == nil {
		return false
	}
	for _, id := range []string{subscription(scope), subscription(at)} {
		if tenant, known := o.tenants[id]; id != "" && (!known || !strings.EqualFold(tenant, who.Tenant)) {
			return true
		}
	}
	return subscription(scope) == "" && !strings.EqualFold(o.home, who.Tenant)
}

// A consideration is one assignment that concerns a subject, by its index, and what stands against it.
type consideration struct {
	index     int
	obstacles obstacles
}

// A verdict is the oracle's answer to one check: the assignments that the subject holds, and the deny assignments that name it.
type verdict struct {
	assignments, deny []consideration
}

// of turns a judgement into the verdict about a subject, whose ids are those of idsOf.
func (o *oracle) of(who rbac.Subject, ids []string, j judgement) (v verdict) {
	for i, rule := range o.assignments {
		if !intersect(rule.principals, ids) {
			continue
		}
		found := j.assignments[i]
		if o.otherTenant(who, rule.scope, j.lineage[0]) {
			found |= obstacle(rbac.OtherTenant)
		}
		v.assignments = append(v.assignments, consideration{i, found})
	}
	for i, rule := range o.denies {
		if !intersect(rule.principals, ids) && !slices.Contains(rule.principals, rbac.EveryoneID) {
			continue
		}
		found := j.deny[i]
		if o.otherTenant(who, rule.scope, j.lineage[0]) {
			found |= obstacle(rbac.OtherTenant)
		}
		if intersect(rule.excluded, ids) {
			found |= obstacle(rbac.ExcludedPrincipal)
		}
		v.deny = append(v.deny, consideration{i, found})
	}
	return v
}

func intersect(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// decide answers one check.
func (o *oracle) decide(who rbac.Subject, r request) verdict {
	return o.of(who, idsOf(who), o.judge(r))
}

// counts says whether one of the assignments that were considered counts.
func counts(considered []consideration) bool {
	return slices.ContainsFunc(considered, func(c consideration) bool { return c.obstacles == 0 })
}

func (v verdict) granted() bool { return counts(v.assignments) }
func (v verdict) blocked() bool { return counts(v.deny) }
func (v verdict) allowed() bool { return v.granted() && !v.blocked() }

// holds says whether an assignment that is the subject's lies at a scope or below it, now.
func (o *oracle) holds(who rbac.Subject, scope string) bool {
	ids, at := idsOf(who), segments(scope)
	for _, rule := range o.assignments {
		if intersect(rule.principals, ids) && distance(at, o.lineage(rule.scope)) >= 0 && !o.otherTenant(who, rule.scope, rule.scope) &&
			!o.now.Before(rule.start) && (rule.end.IsZero() || o.now.Before(rule.end)) {
			return true
		}
	}
	return false
}

// scopes returns, in order, the scopes of the subject's assignments at which one of them grants an action of the control plane
// and none of the denies blocks it, in a request that has nothing that a condition could ask for.
func (o *oracle) scopes(who rbac.Subject, action string) []string {
	var scopes []string
	for i, rule := range o.assignments {
		scope := strings.ToLower(o.config.Assignments[i].Scope)
		if !intersect(rule.principals, idsOf(who)) || slices.Contains(scopes, scope) {
			continue
		}
		v := o.decide(who, request{Action: action, Scope: scope})
		here := func(c consideration) bool {
			return c.obstacles == 0 && slices.Equal(o.assignments[c.index].scope, rule.scope)
		}
		if slices.ContainsFunc(v.assignments, here) && !v.blocked() {
			scopes = append(scopes, scope)
		}
	}
	slices.Sort(scopes)
	return scopes
}

// resourceSet returns a subject's set under a policy, with the scenario's tenants.
func (s scenario) resourceSet(source rbac.Source, who rbac.Subject) (*rbac.ResourceSet, error) {
	config := rbac.AuthorizerConfig{Source: source, HomeTenant: s.home}
	if s.tenants != nil {
		config.TenantOf = func(subscription string) (string, bool) {
			tenant, known := s.tenants[strings.ToLower(subscription)]
			return tenant, known
		}
	}
	authorizer, err := rbac.NewAuthorizer(config)
	if err != nil {
		return nil, err
	}
	return authorizer.ResourceSet(context.Background(), who)
}

// A tally counts the outcomes of checks, to show that the random policies have to do with the requests.
type tally map[string]int

func (t tally) count(o *oracle, v verdict, j judgement) {
	t["checks"]++
	for _, c := range v.assignments {
		above := distance(o.assignments[c.index].scope, j.lineage)
		if c.obstacles == 0 && above >= len(j.lineage[0]) && above < len(j.lineage)-1 {
			t["granted through a management group"]++
			break
		}
	}
	why := func(considered []consideration, only ...rbac.Reason) bool {
		var mask obstacles
		for _, reason := range only {
			mask |= obstacle(reason)
		}
		return slices.ContainsFunc(considered, func(c consideration) bool { return c.obstacles != 0 && c.obstacles&^mask == 0 })
	}
	switch {
	case v.allowed():
		t["allowed"]++
		if len(v.deny) > 0 {
			t["allowed past a deny assignment"]++
		}
	case v.granted():
		t["granted, and denied"]++
	case why(v.assignments, rbac.ConditionFalse):
		t["refused by the condition of an assignment"]++
	case why(v.assignments, rbac.PermissionConditionFalse):
		t["refused by the condition of a permission"]++
	case why(v.assignments, rbac.ActionExcluded):
		t["refused by notActions"]++
	case why(v.assignments, rbac.NotYetInForce, rbac.NoLongerInForce):
		t["refused before or after its time"]++
	case why(v.assignments, rbac.OtherTenant):
		t["refused to another tenant"]++
	}
	if v.blocked() && !v.granted() {
		t["denied, and not granted"]++
	}
	if why(v.deny, rbac.ExcludedPrincipal) {
		t["not denied to an excluded principal"]++
	}
	if why(v.deny, rbac.NotForChildScopes) {
		t["not denied to a child scope"]++
	}
	if why(v.deny, rbac.PermissionConditionFalse) {
		t["not denied by a condition"]++
	}
}

// The shares of outcomes that a run must have, in checks of 10,000.
var leastShares = tally{
	"allowed":                                   500,
	"allowed past a deny assignment":            300,
	"granted through a management group":        50,
	"granted, and denied":                       50,
	"denied, and not granted":                   100,
	"refused by the condition of an assignment": 30,
	"refused by the condition of a permission":  15,
	"refused by notActions":                     30,
	"refused before or after its time":          15,
	"refused to another tenant":                 100,
	"not denied to an excluded principal":       50,
	"not denied to a child scope":               50,
	"not denied by a condition":                 4,
}

// TestOracle compares the engine with the oracle over random policies, some more than a million checks of them. A policy on
// which they differ is shrunk and printed; its seed repeats it.
func TestOracle(t *testing.T) {
	const worlds = 320 // of 20 subjects and 160 requests each
	seeds := slices.Collect(oracleSeeds(t, worlds))
	var mu sync.Mutex
	total := make(tally)
	t.Run("worlds", func(t *testing.T) {
		shards := runtime.GOMAXPROCS(0)
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				outcomes := make(tally)
				for i := shard; i < len(seeds); i += shards {
					compareWorld(t, seeds[i], outcomes)
				}
				mu.Lock()
				defer mu.Unlock()
				for outcome, n := range outcomes {
					total[outcome] += n
				}
			})
		}
	})
	if t.Failed() || *oracleSeed != 0 {
		return
	}
	if total["checks"] < 1_000_000 {
		t.Errorf("%d checks are no million", total["checks"])
	}
	for _, outcome := range slices.Sorted(maps.Keys(total)) {
		t.Logf("%8d %s", total[outcome], outcome)
	}
	for outcome, least := range leastShares {
		if total[outcome]*10_000 < least*total["checks"] {
			t.Errorf("%q is the outcome of only %d checks of %d: the policies have little to do with the requests", outcome, total[outcome], total["checks"])
		}
	}
}

// TestOracleOverTime asks the same resource sets again and again while assignments come into force and cease to be.
func TestOracleOverTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for seed := range oracleSeeds(t, 8) {
			w := newWorld(seed)
			s := w.namedScenario()
			begin := time.Now()
			for i := range s.config.Assignments {
				a := &s.config.Assignments[i]
				a.Start, a.End = time.Time{}, time.Time{}
				if w.IntN(2) == 0 {
					a.Start = begin.Add(time.Duration(w.IntN(12)) * time.Hour)
				}
				if w.IntN(2) == 0 {
					a.End = begin.Add(time.Duration(12+w.IntN(12)) * time.Hour)
				}
			}
			policy, err := rbac.NewPolicy(s.config)
			if err != nil {
				t.Fatalf("%v\n%s", err, again(t, seed))
			}
			questions := w.interview(s)
			var sets []*rbac.ResourceSet
			for _, who := range questions.subjects {
				set, err := s.resourceSet(policy, who)
				if err != nil {
					t.Fatal(err)
				}
				sets = append(sets, set)
			}
			// At every full hour, and the moment before.
			for hour := range 25 {
				for _, at := range []time.Time{begin.Add(time.Duration(hour)*time.Hour - 1), begin.Add(time.Duration(hour) * time.Hour)} {
					time.Sleep(time.Until(at))
					o := newOracle(s)
					for i, who := range questions.subjects {
						if difference := o.differs(question{who, pick(w, questions.requests)}, sets[i]); difference != "" {
							t.Fatalf("%s after the beginning: %s\n%s", time.Since(begin), difference, again(t, seed))
						}
					}
				}
			}
		}
	})
}

// compareWorld makes the policy of a seed and compares all that is asked about it.
func compareWorld(t *testing.T, seed uint64, outcomes tally) {
	t.Helper()
	const subjects, requests = 20, 160
	w := newWorld(seed)
	s := w.scenario()
	policy, err := rbac.NewPolicy(s.config)
	if err != nil {
		t.Fatalf("the policy does not compile: %v\n%s\n%s", err, goSyntax(s.config), again(t, seed))
	}
	o := newOracle(s)
	var judged []judgement
	var ops []rbac.Operation
	for range requests {
		r := w.request(s)
		judged, ops = append(judged, o.judge(r)), append(ops, r.operation())
	}
	for n := range subjects {
		who := w.subject()
		set, err := s.resourceSet(policy, who)
		if err != nil {
			t.Fatal(err)
		}
		ids := idsOf(who)
		allowed := make([]bool, requests)
		for i, j := range judged {
			v := o.of(who, ids, j)
			outcomes.count(o, v, j)
			allowed[i] = v.allowed()
			decision := set.Check(ops[i])
			difference := o.decisionDiffers(v, j, decision)
			if difference == "" && w.IntN(100) == 0 {
				difference = o.explanationDiffers(v, j, decision, set.Explain(ops[i]))
			}
			if difference == "" && w.IntN(200) == 0 {
				difference = o.listsDiffer(question{who, j.request}, v, set)
			}
			if difference != "" {
				s, q := shrink(s, question{who, j.request}, differs)
				t.Fatalf("%s\n\nShrunk, it is this case for foundCases:\n\n%s\n(%s)\n\n%s", difference, shrunkCase(s, q), differs(s, q), again(t, seed))
			}
		}
		if n%4 > 0 {
			continue
		}
		if difference := severalDiffer(w, set, ops, allowed); difference != "" {
			t.Fatalf("%s: %s\n%s", goSyntax(who), difference, again(t, seed))
		}
	}
}
