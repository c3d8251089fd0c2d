package decide

import (
	"context"

	"hubgate.example/rbac"
)

// hubgate is what the gate does for each request: the set of the caller is looked up, its groups are compared, and the set decides.
var hubgate = Peer{
	Name:   "hubgate",
	Module: "hubgate.example",
	Most:   1_000_000,
	New: func(w *Workload) (Decider, error) {
		authorizer, err := newAuthorizer(w)
		if err != nil {
			return nil, err
		}
		ctx := context.Background()
		return func(i int) (bool, error) {
			set, err := authorizer.ResourceSet(ctx, w.Subject)
			if err != nil {
				return false, err
			}
			return set.Check(w.Operations[i]).Allowed, nil
		}, nil
	},
}

// hubgateCheck is the decision alone.
var hubgateCheck = Peer{
	Name:   "hubgate-check",
	Module: "hubgate.example",
	Most:   1_000_000,
	New: func(w *Workload) (Decider, error) {
		authorizer, err := newAuthorizer(w)
		if err != nil {
			return nil, err
		}
		set, err := authorizer.ResourceSet(context.Background(), w.Subject)
		if err != nil {
			return nil, err
		}
		return func(i int) (bool, error) { return set.Check(w.Operations[i]).Allowed, nil }, nil
	},
}

func newAuthorizer(w *Workload) (*rbac.Authorizer, error) {
	policy, err := rbac.NewPolicy(w.Policy)
	if err != nil {
		return nil, err
	}
	return rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
}
