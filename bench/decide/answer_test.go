package decide_test

import (
	"context"
	"fmt"

	"hubgate.example/bench/decide"
	"hubgate.example/rbac"
)

// An answer is Hubgate's to one of a workload's operations, which every peer has to give too.
type answer struct {
	operation int
	allowed   bool
}

// answersEach is how many operations of either answer a benchmark compares: casbin takes milliseconds for each.
const answersEach = 12

// newAnswers lets Hubgate decide about all operations, and returns so many of those that are allowed and of those that are not, each
// spread over all of their kind. Nothing but them is kept: the largest policy takes more than a hundred megabytes.
func newAnswers(w *decide.Workload, each int) ([]answer, error) {
	policy, err := rbac.NewPolicy(w.Policy)
	if err != nil {
		return nil, err
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		return nil, err
	}
	set, err := authorizer.ResourceSet(context.Background(), w.Subject)
	if err != nil {
		return nil, err
	}
	var allowed, refused []answer
	for i, op := range w.Operations {
		if a := (answer{i, set.Check(op).Allowed}); a.allowed {
			allowed = append(allowed, a)
		} else {
			refused = append(refused, a)
		}
	}
	var answers []answer
	for _, all := range [][]answer{allowed, refused} {
		if len(all) < each { // or a peer that always says the same might pass
			return nil, fmt.Errorf("%d operations are allowed and %d are not, want %d of each", len(allowed), len(refused), each)
		}
		for i := range each {
			answers = append(answers, all[i*len(all)/each])
		}
	}
	return answers, nil
}

// compare fails at the first operation about which a peer does not answer as Hubgate does.
func compare(decider decide.Decider, w *decide.Workload, answers []answer) error {
	for _, a := range answers {
		op := w.Operations[a.operation]
		got, err := decider(a.operation)
		if err != nil {
			return fmt.Errorf("%s at %s: %w", op.Action, op.Scope, err)
		}
		if got != a.allowed {
			return fmt.Errorf("%s at %s: allowed %t, want %t", op.Action, op.Scope, got, a.allowed)
		}
	}
	return nil
}
