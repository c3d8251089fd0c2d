package rbac_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"hubgate.example/rbac"
)

// A property says how two decisions relate, of which one is made after a change of the policy, or of the question.
type property struct {
	title string
	// given makes the policy one that the property is about; nil when every one is.
	given func(s *scenario)
	// change changes the policy, and ask the question; either may be nil.
	change func(w world, s *scenario)
	ask    func(w world, s scenario, q question) question
	// broken says that the property does not hold, and shows that the change made the difference that it may make. Unless shows
	// is nil, a run in which that never happens proves nothing and fails.
	broken, shows func(before, after rbac.Decision) bool
}

func lost(before, after rbac.Decision) bool { return before.Allowed && !after.Allowed }
func won(before, after rbac.Decision) bool  { return !before.Allowed && after.Allowed }
func lostGrant(before, after rbac.Decision) bool {
	return before.Assignment != nil && after.Assignment == nil
}
func wonGrant(before, after rbac.Decision) bool {
	return before.Assignment == nil && after.Assignment != nil
}
func blockedMore(before, after rbac.Decision) bool {
	return before.DenyAssignment == nil && after.DenyAssignment != nil
}
func blockedLess(before, after rbac.Decision) bool {
	return before.DenyAssignment != nil && after.DenyAssignment == nil
}

var properties = []property{
	{
		title: "more role assignments never take access away",
		change: func(w world, s *scenario) {
			for range 3 {
				a := w.assignment(rolesOf(s.config), s)
				taken := func(b rbac.RoleAssignment) bool { return grantKey(a) == grantKey(b) }
				if !slices.ContainsFunc(s.config.Assignments, taken) {
					s.config.Assignments = append(s.config.Assignments, a)
				}
			}
		},
		broken: func(before, after rbac.Decision) bool { return lost(before, after) || blockedMore(before, after) },
		shows:  won,
	},
	{
		title: "more deny assignments never give access",
		change: func(w world, s *scenario) {
			for n := range 3 {
				s.config.DenyAssignments = append(s.config.DenyAssignments, w.deny(guid('e', n), s))
			}
		},
		broken: func(before, after rbac.Decision) bool { return won(before, after) || blockedLess(before, after) },
		shows:  lost,
	},
	{
		title: "conditions on role assignments never widen them",
		change: func(w world, s *scenario) {
			text, chosen := w.conditionText(s), choose(w, s.config.Assignments, grantKey)
			for i, a := range s.config.Assignments {
				if chosen[grantKey(a)] && a.Condition == "" {
					s.config.Assignments[i].Condition = text
				}
			}
		},
		broken: func(before, after rbac.Decision) bool { return wonGrant(before, after) || won(before, after) },
		shows:  lost,
	},
	{
		title: "conditions on permissions of roles never widen them",
		change: func(w world, s *scenario) {
			text, chosen := w.conditionText(s), choose(w, s.config.Roles, roleID)
			for _, role := range s.config.Roles {
				if chosen[role.ID] {
					addCondition(role.Permissions, text)
				}
			}
		},
		broken: func(before, after rbac.Decision) bool { return wonGrant(before, after) || won(before, after) },
		shows:  lost,
	},
	{
		title: "conditions on permissions of deny assignments never block more",
		change: func(w world, s *scenario) {
			text, chosen := w.conditionText(s), choose(w, s.config.DenyAssignments, denyName)
			for _, deny := range s.config.DenyAssignments {
				if chosen[deny.Name] {
					addCondition(deny.Permissions, text)
				}
			}
		},
		broken: func(before, after rbac.Decision) bool { return blockedMore(before, after) || lost(before, after) },
		shows:  blockedLess,
	},
	{
		title: "times in which they count never widen role assignments",
		change: func(w world, s *scenario) {
			chosen := choose(w, s.config.Assignments, grantKey)
			start, end := w.period()
			for start.IsZero() && end.IsZero() {
				start, end = w.period()
			}
			for i, a := range s.config.Assignments {
				if chosen[grantKey(a)] && a.Start.IsZero() && a.End.IsZero() {
					s.config.Assignments[i].Start, s.config.Assignments[i].End = start, end
				}
			}
		},
		broken: wonGrant,
		shows:  lost,
	},
	{
		title: "more notActions never widen roles",
		change: func(w world, s *scenario) {
			pattern, chosen := w.pattern(), choose(w, s.config.Roles, roleID)
			for _, role := range s.config.Roles {
				for i := range role.Permissions {
					if p := &role.Permissions[i]; chosen[role.ID] {
						p.NotActions, p.NotDataActions = append(p.NotActions, pattern), append(p.NotDataActions, pattern)
					}
				}
			}
		},
		broken: wonGrant,
		shows:  lostGrant,
	},
	{
		title: "a group more never takes a grant away",
		ask: func(w world, _ scenario, q question) question {
			q.subject.Groups = append(slices.Clone(q.subject.Groups), w.principal())
			return q
		},
		broken: lostGrant,
		shows:  wonGrant,
	},
	{
		title: "the case of ids, scopes, actions and names counts nowhere",
		change: func(w world, s *scenario) {
			recase(pick(w, cases), s)
		},
		ask: func(w world, _ scenario, q question) question {
			return q.recased(pick(w, cases))
		},
		broken: different,
	},
	{
		title: "the order of lists counts nowhere",
		change: func(w world, s *scenario) {
			shuffle(w, s.config.Roles)
			shuffle(w, s.config.Assignments)
			shuffle(w, s.config.DenyAssignments)
			shuffle(w, s.config.ManagementGroups)
			// What repeats must go on repeating, so the lists within objects are reversed and not shuffled.
			for i := range s.config.Roles {
				reversePermissions(s.config.Roles[i].Permissions)
			}
			for i, deny := range s.config.DenyAssignments {
				reversePermissions(deny.Permissions)
				slices.Reverse(s.config.DenyAssignments[i].Principals)
				slices.Reverse(s.config.DenyAssignments[i].ExcludePrincipals)
			}
		},
		ask: func(w world, _ scenario, q question) question {
			q.subject.Groups = slices.Clone(q.subject.Groups)
			shuffle(w, q.subject.Groups)
			return q
		},
		broken: different,
	},
	{
		title: "what is granted or blocked at a scope is below it",
		given: forChildScopes,
		ask: func(w world, s scenario, q question) question {
			q.request.Scope = w.below(s, q.request.Scope)
			return q
		},
		broken: func(before, after rbac.Decision) bool { return lostGrant(before, after) || blockedLess(before, after) },
		shows:  blockedMore,
	},
}

// choose chooses half of the objects by their keys, so that it chooses an object that repeats every time or never.
func choose[T any](w world, objects []T, key func(T) string) map[string]bool {
	chosen := make(map[string]bool)
	for _, one := range objects {
		if _, seen := chosen[key(one)]; !seen {
			chosen[key(one)] = w.IntN(2) == 0
		}
	}
	return chosen
}

func roleID(role rbac.RoleDefinition) string   { return role.ID }
func denyName(deny rbac.DenyAssignment) string { return deny.Name }

// rolesOf returns the ids of the roles that a policy has.
func rolesOf(config rbac.PolicyConfig) []string {
	ids := []string{rbac.RoleOwner, rbac.RoleContributor, rbac.RoleReader}
	for _, role := range config.Roles {
		ids = append(ids, role.ID)
	}
	return ids
}

// addCondition makes permissions without a condition conditional.
func addCondition(permissions []rbac.Permission, text string) {
	for i := range permissions {
		if permissions[i].Condition == "" {
			permissions[i].Condition = text
		}
	}
}

// cases are ways to write the same in another case.
var cases = []func(string) string{
	strings.ToUpper,
	strings.ToLower,
	func(s string) string {
		n := 0
		return strings.Map(func(r rune) rune {
			if n++; n%2 == 0 {
				return unicode.ToUpper(r)
			}
			return unicode.ToLower(r)
		}, s)
	},
}

func recased(other func(string) string, list []string) []string {
	list = slices.Clone(list)
	for i := range list {
		list[i] = other(list[i])
	}
	return list
}

// recase writes a policy in another case, all but the conditions: what they have in quotes can count.
func recase(other func(string) string, s *scenario) {
	permissions := func(permissions []rbac.Permission) {
		for i, p := range permissions {
			p.Actions, p.NotActions = recased(other, p.Actions), recased(other, p.NotActions)
			p.DataActions, p.NotDataActions = recased(other, p.DataActions), recased(other, p.NotDataActions)
			permissions[i] = p
		}
	}
	for i := range s.config.Roles {
		s.config.Roles[i].ID = other(s.config.Roles[i].ID)
		permissions(s.config.Roles[i].Permissions)
	}
	for i := range s.config.Assignments {
		a := &s.config.Assignments[i]
		a.Name, a.Scope, a.PrincipalID, a.RoleDefinitionID = other(a.Name), other(a.Scope), other(a.PrincipalID), other(a.RoleDefinitionID)
	}
	for i := range s.config.DenyAssignments {
		d := &s.config.DenyAssignments[i]
		d.Name, d.Scope = other(d.Name), other(d.Scope)
		permissions(d.Permissions)
		for _, principals := range [][]rbac.DenyPrincipal{d.Principals, d.ExcludePrincipals} {
			for i := range principals {
				principals[i].ID = other(principals[i].ID)
			}
		}
	}
	for i, m := range s.config.ManagementGroups {
		s.config.ManagementGroups[i] = rbac.ManagementGroupMember{ManagementGroup: other(m.ManagementGroup), Member: other(m.Member)}
	}
}

// recased returns the same question in another case, all but the values of attributes.
func (q question) recased(other func(string) string) question {
	q.subject = rbac.Subject{Tenant: other(q.subject.Tenant), ObjectID: other(q.subject.ObjectID), Groups: recased(other, q.subject.Groups)}
	q.request.Action, q.request.Scope, q.request.SubOperation = other(q.request.Action), other(q.request.Scope), other(q.request.SubOperation)
	return q
}

func shuffle[T any](w world, list []T) {
	w.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

func reversePermissions(permissions []rbac.Permission) {
	slices.Reverse(permissions)
	for i := range permissions {
		for _, list := range [][]string{permissions[i].Actions, permissions[i].NotActions, permissions[i].DataActions, permissions[i].NotDataActions} {
			slices.Reverse(list)
		}
	}
}

// forChildScopes makes all deny assignments apply to child scopes.
func forChildScopes(s *scenario) {
	for i := range s.config.DenyAssignments {
		s.config.DenyAssignments[i].DoNotApplyToChildScopes = false
	}
}

// below returns a scope below another one: one that an assignment has to do with, a resource, or, where tenants are not told
// apart, what lies in a management group.
func (w world) below(s scenario, scope string) string {
	var known []string
	add := func(other string) {
		if strings.HasPrefix(strings.ToLower(other), strings.ToLower(scope)+"/") {
			known = append(known, other)
		}
	}
	for _, a := range s.config.Assignments {
		add(a.Scope)
	}
	for _, d := range s.config.DenyAssignments {
		add(d.Scope)
	}
	for _, m := range s.config.ManagementGroups {
		if s.tenants == nil && (strings.EqualFold(m.ManagementGroup, scope) || scope == "/") {
			known = append(known, m.Member)
		}
	}
	if len(known) > 0 && w.IntN(4) > 0 {
		return w.mixCase(pick(w, known))
	}
	return w.mixCase(w.resourceIn(scope))
}

// TestProperties holds the engine against itself: what the oracle might have wrong too.
func TestProperties(t *testing.T) {
	const worlds, subjects, requests = 50, 6, 25
	for _, p := range properties {
		t.Run(p.title, func(t *testing.T) {
			t.Parallel()
			shown := 0
			for seed := range oracleSeeds(t, worlds) {
				w := newWorld(seed)
				s := w.scenario()
				if p.given != nil {
					p.given(&s)
				}
				changeSeed := w.Uint64()
				after := s.clone()
				if p.change != nil {
					p.change(newWorld(changeSeed), &after)
				}
				a, err := rbac.NewPolicy(s.config)
				if err != nil {
					t.Fatalf("%v\n%s", err, again(t, seed))
				}
				b, err := rbac.NewPolicy(after.config)
				if err != nil {
					t.Fatalf("after the change: %v\n%s", err, again(t, seed))
				}
				for range subjects {
					who := w.subject()
					for range requests {
						q := question{who, w.request(s)}
						before, later, err := p.decisions(s, a, b, q, changeSeed)
						if err != nil {
							t.Fatalf("%v\n%s", err, again(t, seed))
						}
						if p.broken(before, later) {
							s, q := shrink(s, q, func(s scenario, q question) string { return p.isBroken(s, q, changeSeed) })
							t.Fatalf("Shrunk, it is this case before the change:\n\n%s\n%s\n\n%s", shrunkCase(s, q), p.isBroken(s, q, changeSeed), again(t, seed))
						}
						if p.shows != nil && p.shows(before, later) {
							shown++
						}
					}
				}
			}
			if *oracleSeed == 0 && p.shows != nil && shown == 0 {
				t.Error("nothing shows what the change does")
			}
		})
	}
}

// decisions answers a question before and after the change.
func (p property) decisions(s scenario, before, after *rbac.Policy, q question, changeSeed uint64) (a, b rbac.Decision, err error) {
	set, err := s.resourceSet(before, q.subject)
	if err != nil {
		return a, b, err
	}
	a = set.Check(q.request.operation())
	if p.ask != nil {
		q = p.ask(newWorld(changeSeed), s, q)
	}
	if set, err = s.resourceSet(after, q.subject); err != nil {
		return a, b, err
	}
	return a, set.Check(q.request.operation()), nil
}

// isBroken is what a property is shrunk by.
func (p property) isBroken(s scenario, q question, changeSeed uint64) string {
	after := s.clone()
	if p.change != nil {
		p.change(newWorld(changeSeed), &after)
	}
	a, err := rbac.NewPolicy(s.config)
	if err != nil {
		return ""
	}
	b, err := rbac.NewPolicy(after.config)
	if err != nil {
		return ""
	}
	before, later, err := p.decisions(s, a, b, q, changeSeed)
	if err != nil || !p.broken(before, later) {
		return ""
	}
	if p.ask != nil {
		q = p.ask(newWorld(changeSeed), s, q)
	}
	return fmt.Sprintf("Before, it is %s. After, it is %s, by\n\n%s\n\nfor %s\n%s", inWords(before), inWords(later), goSyntax(after.config), goSyntax(q.subject), goSyntax(q.request))
}
