package decide_test

import (
	"testing"

	"hubgate.example/bench/decide"
)

// The peers agree, and neither of the two answers is rare. The benchmarks compare fewer operations, at every size.
func TestPeers_Agree(t *testing.T) {
	for _, tc := range []struct {
		name     string
		workload *decide.Workload
		each     int // operations of either answer: casbin looks at all assignments for each
	}{
		{"small", decide.NewWorkload(1_000), 250},
		{"large", decide.NewWorkload(5_000), 50},
		{"hot scope of others", decide.NewHotScope(false), answersEach},
		{"hot scope of the caller", decide.NewHotScope(true), answersEach},
	} {
		t.Run(tc.name, func(t *testing.T) {
			answers, err := newAnswers(tc.workload, tc.each)
			if err != nil {
				t.Fatal(err)
			}
			for _, peer := range decide.Peers() {
				decider, err := peer.New(tc.workload)
				if err != nil {
					t.Fatal(peer.Name, err)
				}
				if err := compare(decider, tc.workload, answers); err != nil {
					t.Errorf("%s: %v", peer.Name, err)
				}
			}
		})
	}
}

// A peer that always says the same, or the opposite, is found out.
func TestCompare(t *testing.T) {
	for _, tc := range []struct {
		name     string
		workload *decide.Workload
	}{
		{"workload", decide.NewWorkload(1_000)},
		{"hot scope of others", decide.NewHotScope(false)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			answers, err := newAnswers(tc.workload, answersEach)
			if err != nil {
				t.Fatal(err)
			}
			for _, always := range []bool{false, true} {
				if err := compare(func(int) (bool, error) { return always, nil }, tc.workload, answers); err == nil {
					t.Errorf("always %t passes", always)
				}
			}
		})
	}
	if _, err := newAnswers(&decide.Workload{}, 1); err == nil {
		t.Error("a workload without operations passes")
	}
}
