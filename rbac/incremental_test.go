package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

// changed returns what a policy's configuration becomes by a change, and whether all that the change deletes is there.
func changed(config rbac.PolicyConfig, c rbac.Change) (_ rbac.PolicyConfig, found bool) {
	found = true
	role := func(r rbac.RoleDefinition) string { return r.ID }
	assignment := func(a rbac.RoleAssignment) string { return a.Name }
	deny := func(d rbac.DenyAssignment) string { return d.Name }
	member := func(m rbac.ManagementGroupMember) string { return m.Member }
	return rbac.PolicyConfig{
		Roles:            changedList(config.Roles, c.DeleteRoles, c.PutRoles, role, &found),
		Assignments:      changedList(config.Assignments, c.DeleteAssignments, c.PutAssignments, assignment, &found),
		DenyAssignments:  changedList(config.DenyAssignments, c.DeleteDenyAssignments, c.PutDenyAssignments, deny, &found),
		ManagementGroups: changedList(config.ManagementGroups, c.DeleteManagementGroups, c.PutManagementGroups, member, &found),
	}, found
}

// changedList takes what is deleted and what is replaced out of a list, and adds what is put. What is put twice is in it twice,
// so that the list is refused where the change has to be.
func changedList[T any](list []T, deleted []string, put []T, key func(T) string, found *bool) []T {
	list = slices.Clone(list)
	remove := func(id string) bool {
		n := len(list)
		list = slices.DeleteFunc(list, func(one T) bool { return strings.EqualFold(key(one), id) })
		return len(list) < n
	}
	for _, id := range deleted {
		*found = remove(id) && *found
	}
	for _, one := range put {
		remove(key(one))
	}
	return append(list, put...)
}

// namedScenario returns a scenario whose objects have names, and are in it once.
func (w world) namedScenario() scenario {
	s := w.scenario()
	s.config.Roles = once(s.config.Roles, func(r rbac.RoleDefinition) string { return r.ID })
	s.config.Assignments = once(s.config.Assignments, grantKey)
	for i := range s.config.Assignments {
		s.config.Assignments[i].Name = guid('c', i)
	}
	s.config.DenyAssignments = once(s.config.DenyAssignments, func(d rbac.DenyAssignment) string { return d.Name })
	s.config.ManagementGroups = once(s.config.ManagementGroups, func(m rbac.ManagementGroupMember) string { return m.Member })
	return s
}

func once[T any](list []T, key func(T) string) []T {
	seen := make(map[string]bool)
	return slices.DeleteFunc(list, func(one T) bool {
		k := strings.ToLower(key(one))
		was := seen[k]
		seen[k] = true
		return was
	})
}

// anyOf returns one of the list's keys, or, rarely, one that is not there.
func anyOf[T any](w world, list []T, key func(T) string) string {
	if len(list) == 0 || w.IntN(20) == 0 {
		return guid('f', w.IntN(3))
	}
	return w.mixCase(key(pick(w, list)))
}

// change makes a random change of a policy: most are accepted, and some must be refused.
func (w world) change(s *scenario) rbac.Change {
	var c rbac.Change
	for more := true; more; more = w.IntN(2) == 0 {
		switch w.IntN(12) {
		case 0, 1: // a new assignment, or, as often as not, another one under a name that is taken
			a := w.assignment(rolesOf(s.config), s)
			a.Name = w.mixCase(guid('c', w.IntN(40)))
			c.PutAssignments = append(c.PutAssignments, a)
		case 2: // one thing changed
			if len(s.config.Assignments) == 0 {
				continue
			}
			a := pick(w, s.config.Assignments)
			switch w.IntN(4) {
			case 0:
				a.Condition = w.conditionText(s)
			case 1:
				a.Condition, a.ConditionVersion = "", ""
			case 2:
				a.Start, a.End = w.period()
			case 3:
				a.Name = guid('c', w.IntN(40)) // what is given under another name already is refused
			}
			c.PutAssignments = append(c.PutAssignments, a)
		case 3, 4:
			c.DeleteAssignments = appendNew(c.DeleteAssignments, anyOf(w, s.config.Assignments, func(a rbac.RoleAssignment) string { return a.Name }))
		case 5:
			role := w.role(pick(w, customRoles), s)
			c.PutRoles = append(c.PutRoles, role)
		case 6: // refused while it is assigned; a built-in role becomes itself again
			id := anyOf(w, s.config.Roles, func(r rbac.RoleDefinition) string { return r.ID })
			put := func(r rbac.RoleDefinition) bool { return strings.EqualFold(r.ID, id) }
			if !slices.ContainsFunc(c.PutRoles, put) {
				c.DeleteRoles = appendNew(c.DeleteRoles, id)
			}
		case 7, 8:
			c.PutDenyAssignments = append(c.PutDenyAssignments, w.deny(guid('d', w.IntN(12)), s))
		case 9:
			c.DeleteDenyAssignments = appendNew(c.DeleteDenyAssignments, anyOf(w, s.config.DenyAssignments, func(d rbac.DenyAssignment) string { return d.Name }))
		case 10: // a subscription moves, or a management group, which may make a circle or lie too deep
			m := rbac.ManagementGroupMember{
				ManagementGroup: w.mixCase(managementGroups + pick(w, groupIDs)),
				Member:          w.mixCase("/subscriptions/" + pick(w, subscriptionIDs)),
			}
			if w.IntN(2) == 0 {
				m.Member = w.mixCase(managementGroups + pick(w, groupIDs))
			}
			c.PutManagementGroups = append(c.PutManagementGroups, m)
		case 11:
			if len(s.config.ManagementGroups) > 0 {
				c.DeleteManagementGroups = appendNew(c.DeleteManagementGroups, w.mixCase(pick(w, s.config.ManagementGroups).Member))
			}
		}
	}
	if w.IntN(12) == 0 {
		w.spoil(&c)
	}
	return c
}

func appendNew(list []string, s string) []string {
	if slices.ContainsFunc(list, func(other string) bool { return strings.EqualFold(other, s) }) {
		return list
	}
	return append(list, s)
}

// The names of what spoil adds, and nothing else has.
var spoiledAssignment, spoiledRole, spoiledDeny = guid('c', 99), guid('b', 99), guid('d', 99)

// spoil adds something to a change for which all of it has to be refused.
func (w world) spoil(c *rbac.Change) {
	a := rbac.RoleAssignment{Name: spoiledAssignment, Scope: "/", PrincipalID: guid('a', 99), RoleDefinitionID: rbac.RoleOwner}
	switch w.IntN(7) {
	case 0:
		a.Scope = "/subscriptions"
	case 1:
		a.PrincipalID = rbac.EveryoneID
	case 2:
		a.RoleDefinitionID = guid('f', 1)
	case 3:
		a.Condition = "@Resource[name] StringEquals 'a' AND @Resource[name] StringEquals 'b' OR @Resource[name] StringEquals 'c'"
	case 4:
		c.PutRoles = append(c.PutRoles, rbac.RoleDefinition{ID: spoiledRole, Permissions: []rbac.Permission{{Actions: []string{"*/a/*"}}}})
		return
	case 5:
		c.PutManagementGroups = append(c.PutManagementGroups, rbac.ManagementGroupMember{ManagementGroup: "/subscriptions/s1", Member: "/subscriptions/s12"})
		return
	case 6:
		c.PutDenyAssignments = append(c.PutDenyAssignments, rbac.DenyAssignment{
			Name: spoiledDeny, Scope: "/",
			Principals:        []rbac.DenyPrincipal{{ID: rbac.EveryoneID}},
			ExcludePrincipals: []rbac.DenyPrincipal{{ID: rbac.EveryoneID}},
		})
		return
	}
	c.PutAssignments = append(c.PutAssignments, a)
}

// whyInvalid says why objects make no policy, and "" when they do. They are valid each by itself, apart from what is spoiled.
func whyInvalid(config rbac.PolicyConfig) string {
	roles := make(map[string]rbac.RoleDefinition)
	for _, role := range rbac.BuiltInRoles() {
		roles[role.ID] = role
	}
	own := make(map[string]bool)
	for _, role := range config.Roles {
		id := strings.ToLower(role.ID)
		if id == spoiledRole {
			return "spoiled"
		}
		if role.ID = id; own[id] && !reflect.DeepEqual(roles[id], role) {
			return "two roles " + id
		}
		roles[id], own[id] = role, true
	}
	named, given := make(map[string]string), make(map[string]string)
	conditions := make(map[string]string)
	for _, a := range config.Assignments {
		name, grant := strings.ToLower(a.Name), grantKey(a)
		if name == spoiledAssignment {
			return "spoiled"
		}
		rest := fmt.Sprint(a.Condition, a.ConditionVersion, a.Start, a.End)
		if other, ok := named[name]; ok && (other != grant || conditions[name] != rest) {
			return "two assignments " + name
		}
		if other, ok := given[grant]; ok && other != name {
			return "two names for one assignment: " + name + " and " + other
		}
		named[name], given[grant], conditions[name] = grant, name, rest
		if _, ok := roles[strings.Fields(grant)[1]]; !ok {
			return "no role for " + name
		}
	}
	denies := make(map[string]rbac.DenyAssignment)
	for _, d := range config.DenyAssignments {
		name := strings.ToLower(d.Name)
		if name == spoiledDeny {
			return "spoiled"
		}
		d.Name = name
		if other, ok := denies[name]; ok && !reflect.DeepEqual(other, d) {
			return "two deny assignments " + name
		}
		denies[name] = d
	}
	parents := make(map[string]string)
	for _, m := range config.ManagementGroups {
		member, group := strings.ToLower(m.Member), strings.ToLower(m.ManagementGroup)
		if other, ok := parents[member]; ok && other != group {
			return "two parents of " + member
		}
		parents[member] = group
		if !strings.HasPrefix(group, strings.ToLower(managementGroups)) {
			return "no management group: " + group
		}
	}
	for member := range parents {
		level := -1 // of the management group, below the one at the top, which is the tenant's root group and does not count
		for at := member; at != ""; at = parents[at] {
			if !strings.HasPrefix(at, "/subscriptions/") {
				level++
			}
			if level > 6 {
				return "too deep, or in a circle: " + member
			}
		}
	}
	return ""
}

// An interview is the questions that every revision of a policy is asked: each subject for each request.
type interview struct {
	subjects []rbac.Subject
	requests []request
}

func (w world) interview(s scenario) (in interview) {
	for range 5 {
		in.subjects = append(in.subjects, w.subject())
	}
	for range 20 {
		in.requests = append(in.requests, w.request(s))
	}
	return in
}

// ask returns all decisions.
func (in interview) ask(t *testing.T, s scenario, source rbac.Source) []rbac.Decision {
	t.Helper()
	var decisions []rbac.Decision
	for _, who := range in.subjects {
		set, err := s.resourceSet(source, who)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range in.requests {
			decisions = append(decisions, set.Check(r.operation()))
		}
	}
	return decisions
}

// differs compares a source with the oracle: all decisions, and of some all else that is answered. It returns the first
// question with a difference.
func (in interview) differs(t *testing.T, s scenario, source rbac.Source) (question, string) {
	t.Helper()
	o := newOracle(s)
	var judged []judgement
	for _, r := range in.requests {
		judged = append(judged, o.judge(r))
	}
	for n, who := range in.subjects {
		set, err := s.resourceSet(source, who)
		if err != nil {
			t.Fatal(err)
		}
		ids := idsOf(who)
		for i, j := range judged {
			q := question{who, j.request}
			difference := o.decisionDiffers(o.of(who, ids, j), j, set.Check(j.operation()))
			if difference == "" && i == n {
				difference = o.differs(q, set)
			}
			if difference != "" {
				return q, difference
			}
		}
	}
	return question{}, ""
}

// apply applies a change to a policy of that configuration, and compiles what should come of it. Both are nil when the change is
// refused, and the difference says whether it should not have been, or should have been.
func apply(policy *rbac.Policy, config rbac.PolicyConfig, c rbac.Change) (next, compiled *rbac.Policy, difference string) {
	config, found := changed(config, c)
	compiled, compileErr := rbac.NewPolicy(config)
	next, err := policy.With(c)
	invalid := whyInvalid(config)
	switch {
	case (compileErr == nil) != (invalid == ""):
		return nil, nil, fmt.Sprintf("NewPolicy says %v, the oracle %q", compileErr, invalid)
	case (err == nil) != (compileErr == nil && found):
		return nil, nil, fmt.Sprintf("With says %v, NewPolicy %v; all that is deleted is there: %v", err, compileErr, found)
	case (err == nil) != (next != nil):
		return nil, nil, fmt.Sprintf("With returns %v and the error %v", next, err)
	case !found && compileErr == nil && !errors.Is(err, rbac.ErrNotFound) && !errors.Is(err, rbac.ErrBuiltInRole):
		return nil, nil, fmt.Sprintf("deleting what is not there: %v", err)
	case err != nil:
		return nil, nil, ""
	}
	return next, compiled, ""
}

// changeDiffers says in what a policy that is changed once differs from the oracle, and what it answers to a question.
func changeDiffers(s scenario, c rbac.Change, q question) string {
	policy, err := rbac.NewPolicy(s.config)
	if err != nil {
		return ""
	}
	next, _, difference := apply(policy, s.config, c)
	if next == nil || q.subject.ObjectID == "" {
		return difference
	}
	set, err := s.resourceSet(next, q.subject)
	if err != nil {
		return err.Error()
	}
	s.config, _ = changed(s.config, c)
	return newOracle(s).differs(q, set)
}

// shrinkChange makes the policy, the change and the question of a difference small.
func shrinkChange(s scenario, c rbac.Change, q question) (scenario, rbac.Change, question) {
	for {
		s, q = shrink(s, q, func(s scenario, q question) string { return changeDiffers(s, c, q) })
		smaller := false
		for _, edit := range changeEdits(c) {
			if fewer := edit(c); changeDiffers(s, fewer, q) != "" {
				c, smaller = fewer, true
				break
			}
		}
		if !smaller {
			return s, c, q
		}
	}
}

// changeEdits take one thing each out of a change.
func changeEdits(c rbac.Change) []func(rbac.Change) rbac.Change {
	var all []func(rbac.Change) rbac.Change
	v := reflect.ValueOf(c)
	for field := range v.NumField() {
		for i := range v.Field(field).Len() {
			all = append(all, func(c rbac.Change) rbac.Change {
				list := reflect.ValueOf(&c).Elem().Field(field)
				fewer := reflect.AppendSlice(reflect.MakeSlice(list.Type(), 0, list.Len()), list.Slice(0, i))
				list.Set(reflect.AppendSlice(fewer, list.Slice(i+1, list.Len())))
				return c
			})
		}
	}
	return all
}

// TestIncrementalEqualsCompiled applies random changes to a policy one after the other. Each revision answers like the oracle,
// and so like a policy that is compiled anew; it is refused exactly when that one is; and no change touches the revisions
// before it.
func TestIncrementalEqualsCompiled(t *testing.T) {
	t.Parallel()
	outcomes := make(tally)
	for seed := range oracleSeeds(t, 30) {
		w := newWorld(seed)
		s := w.namedScenario()
		policy, err := rbac.NewPolicy(s.config)
		if err != nil {
			t.Fatalf("%v\n%s", err, again(t, seed))
		}
		questions := w.interview(s)
		type revision struct {
			policy    *rbac.Policy
			decisions []rbac.Decision
		}
		revisions := []revision{{policy, questions.ask(t, s, policy)}}
		for step := range 20 {
			c := w.change(&s)
			fail := func(q question, difference string) {
				t.Helper()
				if changeDiffers(s, c, q) != "" {
					s, c, q = shrinkChange(s, c, q)
					difference += "\n\nShrunk to one change of a policy that is compiled anew, it is: " + changeDiffers(s, c, q)
				}
				t.Fatalf("change %d: %s\n\npolicy: %s\nchange: %s\nsubject: %s\nrequest: %s\n\n%s",
					step, difference, goSyntax(s.config), goSyntax(c), goSyntax(q.subject), goSyntax(q.request), again(t, seed))
			}
			next, compiled, difference := apply(policy, s.config, c)
			if difference != "" {
				fail(question{request: request{Scope: "/"}}, difference) // whatever is asked
			}
			if next == nil {
				outcomes["refused"]++
				continue
			}
			outcomes["accepted"]++
			after := s
			after.config, _ = changed(s.config, c)
			if q, difference := questions.differs(t, after, next); difference != "" {
				fail(q, difference)
			}
			policy, s = next, after
			decisions := questions.ask(t, s, policy)
			for i, d := range questions.ask(t, s, compiled) {
				if different(d, decisions[i]) {
					t.Fatalf("change %d, question %d: %s; by the policy compiled anew %s\n%s", step, i, inWords(decisions[i]), inWords(d), again(t, seed))
				}
			}
			revisions = append(revisions, revision{policy, decisions})
		}
		for i, r := range revisions {
			if got := questions.ask(t, s, r.policy); !slices.EqualFunc(got, r.decisions, sameDecision) {
				t.Fatalf("revision %d of %d answers otherwise than it did when it was made\n%s", i, len(revisions), again(t, seed))
			}
		}
	}
	if *oracleSeed == 0 && (outcomes["accepted"] < 200 || outcomes["refused"] < 50) {
		t.Errorf("%v: the changes have little to do with the policies", outcomes)
	}
}

// TestMemoryStoreEqualsCompiled changes a store at random. Its policy answers like the oracle after every change, and its lists
// hold what was put into it and not deleted.
func TestMemoryStoreEqualsCompiled(t *testing.T) {
	t.Parallel()
	outcomes := make(tally)
	for seed := range oracleSeeds(t, 20) {
		w := newWorld(seed)
		s := w.namedScenario()
		store, err := rbac.NewMemoryStore(s.config)
		if err != nil {
			t.Fatalf("%v\n%s", err, again(t, seed))
		}
		questions := w.interview(s)
		for step := range 25 {
			done, err := w.changeStore(t.Context(), store, &s)
			if err != nil {
				outcomes["refused"]++
			} else {
				outcomes["accepted"]++
			}
			fail := func(format string, args ...any) {
				t.Helper()
				t.Fatalf("change %d, %s (error %v): %s\n\nThe store should hold %s\n\n%s", step, done, err, fmt.Sprintf(format, args...), goSyntax(s.config), again(t, seed))
			}
			if difference := listed(t.Context(), store, s, w.scope()); difference != "" {
				fail("%s", difference)
			}
			if q, difference := questions.differs(t, s, store); difference != "" {
				fail("%s. Asked was %s\n%s", difference, goSyntax(q.subject), goSyntax(q.request))
			}
		}
	}
	if *oracleSeed == 0 && (outcomes["accepted"] < 100 || outcomes["refused"] < 50) {
		t.Errorf("%v: the changes have little to do with the stores", outcomes)
	}
}

// changeStore makes one random change of a store, and the same change of what the store should hold when it is accepted.
func (w world) changeStore(ctx context.Context, store *rbac.MemoryStore, s *scenario) (done string, err error) {
	var c rbac.Change
	switch w.IntN(11) {
	case 0, 1, 2:
		a := w.assignment(rolesOf(s.config), s)
		a.Name = guid('c', w.IntN(60))
		done = "PutAssignment " + goSyntax(a)
		a, _, err = store.PutAssignment(ctx, a)
		c.PutAssignments = []rbac.RoleAssignment{a}
	case 3, 4:
		name := anyOf(w, s.config.Assignments, func(a rbac.RoleAssignment) string { return a.Name })
		done = "DeleteAssignment " + name
		_, err = store.DeleteAssignment(ctx, name)
		c.DeleteAssignments = []string{name}
	case 5:
		role := w.role(pick(w, customRoles), s)
		role.RoleName, role.AssignableScopes = role.ID, []string{"/"}
		done = "PutRoleDefinition " + goSyntax(role)
		role, _, err = store.PutRoleDefinition(ctx, role)
		c.PutRoles = []rbac.RoleDefinition{role}
	case 6:
		id := anyOf(w, s.config.Roles, func(r rbac.RoleDefinition) string { return r.ID })
		done = "DeleteRoleDefinition " + id
		_, err = store.DeleteRoleDefinition(ctx, id)
		c.DeleteRoles = []string{id}
	case 7:
		deny := w.deny(guid('d', w.IntN(12)), s)
		done = "PutDenyAssignment " + goSyntax(deny)
		deny, _, err = store.PutDenyAssignment(ctx, deny)
		c.PutDenyAssignments = []rbac.DenyAssignment{deny}
	case 8:
		name := anyOf(w, s.config.DenyAssignments, func(d rbac.DenyAssignment) string { return d.Name })
		done = "DeleteDenyAssignment " + name
		_, err = store.DeleteDenyAssignment(ctx, name)
		c.DeleteDenyAssignments = []string{name}
	case 9:
		m := rbac.ManagementGroupMember{ManagementGroup: managementGroups + pick(w, groupIDs), Member: w.mixCase("/subscriptions/" + pick(w, subscriptionIDs))}
		if w.IntN(3) == 0 {
			done = "DeleteManagementGroupMember " + m.Member
			_, err = store.DeleteManagementGroupMember(ctx, rbac.MustParseScope(m.Member))
			c.DeleteManagementGroups = []string{m.Member}
			break
		}
		done = "PutManagementGroupMember " + goSyntax(m)
		_, err = store.PutManagementGroupMember(ctx, m)
		c.PutManagementGroups = []rbac.ManagementGroupMember{m}
	case 10:
		scope := w.scope()
		if len(segments(scope)) < 2 {
			break // not all that there is
		}
		done = "DeleteAssignmentsWithin " + scope
		// By the path alone: what is at the members of a management group stays.
		within := func(other string) bool {
			above, below := segments(scope), segments(other)
			return len(above) <= len(below) && slices.Equal(above, below[:len(above)])
		}
		for _, a := range s.config.Assignments {
			if within(a.Scope) {
				c.DeleteAssignments = append(c.DeleteAssignments, a.Name)
			}
		}
		for _, d := range s.config.DenyAssignments {
			if within(d.Scope) {
				c.DeleteDenyAssignments = append(c.DeleteDenyAssignments, d.Name)
			}
		}
		var deleted int
		deleted, err = store.DeleteAssignmentsWithin(ctx, rbac.MustParseScope(scope))
		if want := len(c.DeleteAssignments) + len(c.DeleteDenyAssignments); err == nil && deleted != want {
			err = fmt.Errorf("%d deleted, want %d", deleted, want)
		}
	}
	if err == nil {
		s.config, _ = changed(s.config, c)
	}
	return done, err
}

// listed compares a store's lists of assignments with what it should hold.
func listed(ctx context.Context, store *rbac.MemoryStore, s scenario, scope string) string {
	o, at := newOracle(s), rbac.MustParseScope(scope)
	want := make(map[string][]string)
	all := func(list, name string) { want[list] = append(want[list], strings.ToLower(name)) }
	for i, a := range s.config.Assignments {
		all("Assignments", a.Name)
		if distance(o.assignments[i].scope, o.lineage(segments(scope))) >= 0 {
			all("AssignmentsAbove", a.Name)
		}
		if distance(segments(scope), o.lineage(o.assignments[i].scope)) >= 0 {
			all("AssignmentsWithin", a.Name)
		}
		if intersect(o.assignments[i].principals, []string{guid('a', 1), "s-1-5-21-2"}) {
			all("AssignmentsOf", a.Name)
		}
	}
	for i, d := range s.config.DenyAssignments {
		all("DenyAssignments", d.Name)
		if distance(o.denies[i].scope, o.lineage(segments(scope))) >= 0 {
			all("DenyAssignmentsAbove", d.Name)
		}
		if distance(segments(scope), o.lineage(o.denies[i].scope)) >= 0 {
			all("DenyAssignmentsWithin", d.Name)
		}
	}
	got := make(map[string][]string)
	var failed error
	roles := func(list string, assignments []rbac.RoleAssignment, err error) {
		failed = errors.Join(failed, err)
		for _, a := range assignments {
			got[list] = append(got[list], strings.ToLower(a.Name))
		}
	}
	denies := func(list string, assignments []rbac.DenyAssignment, err error) {
		failed = errors.Join(failed, err)
		for _, d := range assignments {
			got[list] = append(got[list], strings.ToLower(d.Name))
		}
	}
	assignments, err := store.Assignments(ctx)
	roles("Assignments", assignments, err)
	assignments, err = store.AssignmentsAbove(ctx, at)
	roles("AssignmentsAbove", assignments, err)
	assignments, err = store.AssignmentsWithin(ctx, at)
	roles("AssignmentsWithin", assignments, err)
	assignments, err = store.AssignmentsOf(ctx, guid('a', 1), "S-1-5-21-2")
	roles("AssignmentsOf", assignments, err)
	deny, err := store.DenyAssignments(ctx)
	denies("DenyAssignments", deny, err)
	deny, err = store.DenyAssignmentsAbove(ctx, at)
	denies("DenyAssignmentsAbove", deny, err)
	deny, err = store.DenyAssignmentsWithin(ctx, at)
	denies("DenyAssignmentsWithin", deny, err)
	if failed != nil {
		return failed.Error()
	}
	for _, list := range []string{
		"Assignments", "AssignmentsAbove", "AssignmentsWithin", "AssignmentsOf",
		"DenyAssignments", "DenyAssignmentsAbove", "DenyAssignmentsWithin",
	} {
		slices.Sort(want[list])
		slices.Sort(got[list])
		if !slices.Equal(got[list], want[list]) {
			return fmt.Sprintf("%s at %s: %q, want %q", list, scope, got[list], want[list])
		}
	}
	return ""
}
