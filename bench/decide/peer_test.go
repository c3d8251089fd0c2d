package decide_test

import (
	"testing"

	"hubgate.example/bench/decide"
)

// The peers agree about every operation, and neither of the two answers is rare, except where the caller has no role.
func TestPeers_Agree(t *testing.T) {
	for _, tc := range []struct {
		name       string
		workload   *decide.Workload
		operations int // of those that there are: casbin looks at all assignments for each
		rare       bool
	}{
		{"small", decide.NewWorkload(1_000), 500, false},
		{"large", decide.NewWorkload(5_000), 100, false},
		{"hot scope of others", decide.NewHotScope(false), 24, true},
		{"hot scope of the caller", decide.NewHotScope(true), 24, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := tc.workload
			w.Operations = w.Operations[:tc.operations]
			want := make([]bool, len(w.Operations))
			for n, peer := range decide.Peers() {
				decider, err := peer.New(w)
				if err != nil {
					t.Fatal(peer.Name, err)
				}
				allowed := 0
				for i, op := range w.Operations {
					got, err := decider(i)
					if err != nil {
						t.Fatal(peer.Name, op, err)
					}
					if n == 0 {
						want[i] = got
					}
					if got != want[i] {
						t.Errorf("%s: %s at %s: got %t, want %t", peer.Name, op.Action, op.Scope, got, want[i])
					}
					if got {
						allowed++
					}
				}
				if !tc.rare && (allowed < tc.operations/10 || allowed > tc.operations*9/10) {
					t.Errorf("%s allows %d of %d", peer.Name, allowed, tc.operations)
				}
			}
		})
	}
}
