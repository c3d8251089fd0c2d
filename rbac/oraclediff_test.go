package rbac_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hubgate.example/rbac"
)

// A question is one check: who asks for what.
type question struct {
	subject rbac.Subject
	request request
}

// differs compares all that the engine answers about a question with the oracle, and says what differs first.
func differs(s scenario, q question) string {
	policy, err := rbac.NewPolicy(s.config)
	if err != nil {
		return "" // a case that does not compile shows nothing
	}
	set, err := s.resourceSet(policy, q.subject)
	if err != nil {
		return err.Error()
	}
	return newOracle(s).differs(q, set)
}

// differs compares what a resource set answers about a question.
func (o *oracle) differs(q question, set *rbac.ResourceSet) string {
	j := o.judge(q.request)
	v := o.of(q.subject, idsOf(q.subject), j)
	op := q.request.operation()
	decision := set.Check(op)
	return cmp.Or(
		o.decisionDiffers(v, j, decision),
		o.explanationDiffers(v, j, decision, set.Explain(op)),
		o.listsDiffer(q, v, set),
	)
}

// nearest says whether got is one of the assignments that count, and of those one that lies nearest to the request.
func nearest[T any](got T, among []T, considered []consideration, rules []oracleRule, lineage [][]string, same func(a, b T) bool) bool {
	first, found := len(lineage), len(lineage)
	for _, c := range considered {
		if c.obstacles != 0 {
			continue
		}
		at := distance(rules[c.index].scope, lineage)
		first = min(first, at)
		if same(among[c.index], got) {
			found = min(found, at)
		}
	}
	return found == first && found < len(lineage)
}

func sameAssignment(a, b rbac.RoleAssignment) bool {
	return strings.EqualFold(a.Name, b.Name) && grantKey(a) == grantKey(b) && a.Condition == b.Condition && a.Start.Equal(b.Start) && a.End.Equal(b.End)
}

func sameDeny(a, b rbac.DenyAssignment) bool { return strings.EqualFold(a.Name, b.Name) }

// different says whether two decisions differ in what they say of the operation.
func different(a, b rbac.Decision) bool {
	return a.Allowed != b.Allowed || (a.Assignment == nil) != (b.Assignment == nil) || (a.DenyAssignment == nil) != (b.DenyAssignment == nil)
}

// sameDecision says whether two decisions say the same and name the same assignments.
func sameDecision(a, b rbac.Decision) bool {
	return !different(a, b) && (a.Assignment == nil || sameAssignment(*a.Assignment, *b.Assignment)) &&
		(a.DenyAssignment == nil || sameDeny(*a.DenyAssignment, *b.DenyAssignment))
}

// inWords prints a decision.
func inWords(d rbac.Decision) string {
	words := "refused"
	if d.Allowed {
		words = "allowed"
	}
	if d.Assignment != nil {
		words += fmt.Sprintf(", granted by %q at %s", d.Assignment.Name, d.Assignment.Scope)
	}
	if d.DenyAssignment != nil {
		words += fmt.Sprintf(", denied by %q at %s", d.DenyAssignment.Name, d.DenyAssignment.Scope)
	}
	return words
}

// decisionDiffers says in what the engine's decision differs from the verdict, and "" when they agree. The assignment that is
// named must be enough to grant, and the deny assignment enough to block, each by itself.
func (o *oracle) decisionDiffers(v verdict, j judgement, got rbac.Decision) string {
	switch {
	case got.Allowed != v.allowed():
		return fmt.Sprintf("allowed: engine %v, oracle %v", got.Allowed, v.allowed())
	case (got.Assignment != nil) != v.granted():
		return fmt.Sprintf("granted by an assignment: engine %v, oracle %v", got.Assignment != nil, v.granted())
	case (got.DenyAssignment != nil) != v.blocked():
		return fmt.Sprintf("blocked by a deny assignment: engine %v, oracle %v", got.DenyAssignment != nil, v.blocked())
	case v.granted() && !nearest(*got.Assignment, o.config.Assignments, v.assignments, o.assignments, j.lineage, sameAssignment):
		return fmt.Sprintf("the assignment that the engine names does not grant it, or is not the nearest: %s", goSyntax(*got.Assignment))
	case v.blocked() && !nearest(*got.DenyAssignment, o.config.DenyAssignments, v.deny, o.denies, j.lineage, sameDeny):
		return fmt.Sprintf("the deny assignment that the engine names does not block it, or is not the nearest: %s", goSyntax(*got.DenyAssignment))
	}
	return ""
}

// explanationDiffers says in what the engine's explanation differs from its own decision, or from the verdict. It must consider
// what the verdict considers, and each reason must be true; where several are, the engine chooses.
func (o *oracle) explanationDiffers(v verdict, j judgement, decided rbac.Decision, got rbac.Explanation) string {
	if !sameDecision(got.Decision, decided) {
		return fmt.Sprintf("Explain decides %s, Check %s", inWords(got.Decision), inWords(decided))
	}
	considered := make(map[string]obstacles)
	at := 0 // how far above the request's scope the last one was
	for _, c := range v.assignments {
		considered["role "+grantKey(o.config.Assignments[c.index])] = c.obstacles
	}
	for _, c := range v.deny {
		considered["deny "+strings.ToLower(o.config.DenyAssignments[c.index].Name)] = c.obstacles
	}
	for _, c := range got.Considered {
		var key, scope string
		switch {
		case c.Assignment != nil && c.DenyAssignment == nil:
			key, scope = "role "+grantKey(*c.Assignment), c.Assignment.Scope
		case c.Assignment == nil && c.DenyAssignment != nil:
			key, scope = "deny "+strings.ToLower(c.DenyAssignment.Name), c.DenyAssignment.Scope
		default:
			return fmt.Sprintf("Explain considers neither a role assignment nor a deny assignment, or both: %+v", c)
		}
		before := at
		if at = distance(segments(scope), j.lineage); at < 0 {
			at = len(j.lineage)
		}
		if at < before {
			return fmt.Sprintf("Explain considers %s after one that lies farther away", key)
		}
		found, ok := considered[key]
		switch {
		case !ok:
			return fmt.Sprintf("Explain considers %s twice, or it does not concern the subject", key)
		case c.Reason == rbac.Counts && found != 0 || c.Reason != rbac.Counts && !found.has(c.Reason):
			return fmt.Sprintf("Explain's reason for %s is %d %q, the oracle's are %b", key, c.Reason, c.Reason, found)
		}
		delete(considered, key)
	}
	if len(considered) > 0 {
		return fmt.Sprintf("Explain does not consider %q", slices.Sorted(maps.Keys(considered)))
	}
	if lines := strings.Count(got.String(), "\n"); lines < len(got.Considered) {
		return fmt.Sprintf("Explain considers %d assignments in %d lines:\n%s", len(got.Considered), lines, got)
	}
	return ""
}

// listsDiffer compares what the engine answers besides decisions: about the scope and the action of a question.
func (o *oracle) listsDiffer(q question, v verdict, set *rbac.ResourceSet) string {
	op := q.request.operation()
	if got, want := set.Holds(op.Scope), o.holds(q.subject, q.request.Scope); got != want {
		return fmt.Sprintf("Holds: engine %v, oracle %v", got, want)
	}

	var scopes []string
	for _, scope := range set.Scopes(q.request.Action) {
		scopes = append(scopes, strings.ToLower(scope.String()))
	}
	if want := o.scopes(q.subject, q.request.Action); !slices.Equal(scopes, want) {
		return fmt.Sprintf("Scopes: engine %q, oracle %q", scopes, want)
	}

	// The permissions grant what the role assignments grant. Their conditions are the engine's own text.
	granted := false
	for _, p := range set.Permissions(op.Scope) {
		var condition clause
		if p.Condition != "" {
			parsed, err := rbac.ParseCondition(p.Condition, p.ConditionVersion)
			if err != nil {
				return fmt.Sprintf("Permissions: %q: %v", p.Condition, err)
			}
			condition = parsedClause{parsed}
		}
		granted = granted || matches([]oraclePermission{o.permission(p, condition)}, strings.ToLower(q.request.Action), q.request) == 0
	}
	if granted != v.granted() {
		return fmt.Sprintf("Permissions grant it: engine %v, oracle %v", granted, v.granted())
	}
	return ""
}

// A parsedClause is a condition that only the engine can read.
type parsedClause struct{ *rbac.Condition }

func (c parsedClause) holds(r request) bool   { return c.Holds(r.operation()) }
func (c parsedClause) write(*conditionWriter) {}
func (c parsedClause) simpler() []clause      { return nil }

// severalDiffer compares what the engine says of several operations at once with what is allowed of each.
func severalDiffer(w world, set *rbac.ResourceSet, ops []rbac.Operation, allowed []bool) string {
	var want []int
	var indexes []int
	for i := range ops {
		indexes = append(indexes, i)
		if allowed[i] {
			want = append(want, i)
		}
	}
	if got := rbac.Filter(set, indexes, func(i int) rbac.Operation { return ops[i] }); got == nil || !slices.Equal(got, want) {
		return fmt.Sprintf("Filter answers %v, want %v", got, want)
	}
	for range 10 {
		// Rather those that are allowed, or the first one never is.
		var linked []int
		for range w.IntN(4) {
			if len(want) > 0 && w.IntN(4) > 0 {
				linked = append(linked, pick(w, want))
			} else {
				linked = append(linked, w.IntN(len(ops)))
			}
		}
		var all []rbac.Operation
		for _, i := range linked {
			all = append(all, ops[i])
		}
		first := slices.IndexFunc(linked, func(i int) bool { return !allowed[i] })
		var decision rbac.Decision
		switch {
		case first >= 0:
			decision = set.Check(all[first])
		case len(all) > 0:
			decision = set.Check(all[len(all)-1])
		}
		if got, at := set.CheckAll(all...); at != first || !sameDecision(got, decision) {
			return fmt.Sprintf("CheckAll of %v answers %s and %d, want %s and %d", linked, inWords(got), at, inWords(decision), first)
		}
	}
	return ""
}
