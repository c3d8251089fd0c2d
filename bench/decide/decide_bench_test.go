package decide_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"hubgate.example/bench/decide"
	"hubgate.example/rbac"
)

// BenchmarkDecide has all peers at each number of assignments that they bear.
func BenchmarkDecide(b *testing.B) {
	for _, n := range decide.Sizes {
		c := newComparison(func() *decide.Workload { return decide.NewWorkload(n) })
		for _, peer := range decide.Peers() {
			if n <= peer.Most {
				decideAll(b, fmt.Sprintf("assignments=%d", n), peer, c)
			}
		}
	}
}

// BenchmarkHotScope has 4,000 assignments on one subscription, of the caller's groups or of others.
func BenchmarkHotScope(b *testing.B) {
	for _, holder := range []string{"others", "caller"} {
		c := newComparison(func() *decide.Workload { return decide.NewHotScope(holder == "caller") })
		for _, peer := range decide.Peers() {
			decideAll(b, "holder="+holder, peer, c)
		}
	}
}

// A comparison is a workload and Hubgate's answers, made once for all peers and only where -bench asks for one of them.
type comparison struct {
	workload func() *decide.Workload
	answers  func() ([]answer, error)
}

func newComparison(workload func() *decide.Workload) comparison {
	once := sync.OnceValue(workload)
	return comparison{once, sync.OnceValues(func() ([]answer, error) { return newAnswers(once(), answersEach) })}
}

// decideAll makes a peer ready only where -bench asks for it: at the largest size that takes longer than what is measured. Ready is who has
// agreed with Hubgate about some operations of this workload, so that the time of wrong answers is never told, and what a library does at
// its first decision alone, as casbin for each name that it has not met, is no part of it.
func decideAll(b *testing.B, name string, peer decide.Peer, c comparison) {
	decider := sync.OnceValues(func() (decide.Decider, error) {
		answers, err := c.answers()
		if err != nil {
			return nil, err
		}
		decider, err := peer.New(c.workload())
		if err != nil {
			return nil, err
		}
		return decider, compare(decider, c.workload(), answers)
	})
	b.Run(name+"/peer="+peer.Name, func(b *testing.B) {
		decide, err := decider()
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC() // what making it ready has left
		n := c.workload().Measured
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := decide(i % n); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkResourceSet builds the set of a caller who is in 200 groups and has 1,000 assignments.
func BenchmarkResourceSet(b *testing.B) {
	for _, n := range decide.Sizes {
		b.Run(fmt.Sprintf("assignments=%d", n), func(b *testing.B) {
			workload := decide.NewWorkload(n)
			policy, err := rbac.NewPolicy(workload.Policy)
			if err != nil {
				b.Fatal(err)
			}
			authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
			if err != nil {
				b.Fatal(err)
			}
			// Two tokens of one principal with other groups take each other's place in the cache.
			subjects := [2]rbac.Subject{workload.Subject, workload.Subject}
			subjects[1].Groups = slices.Clone(subjects[1].Groups)
			slices.Reverse(subjects[1].Groups)
			runtime.GC() // what making it ready has left
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := authorizer.ResourceSet(b.Context(), subjects[i%2]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPolicy compiles a policy, and tells what it takes in memory beside what it is made of.
func BenchmarkPolicy(b *testing.B) {
	for _, n := range decide.Sizes {
		b.Run(fmt.Sprintf("assignments=%d", n), func(b *testing.B) {
			workload := decide.NewWorkload(n)
			var policy *rbac.Policy
			before := heap()
			for b.Loop() {
				var err error
				if policy, err = rbac.NewPolicy(workload.Policy); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(heap()-before)/float64(n), "B/assignment")
			runtime.KeepAlive(workload)
			runtime.KeepAlive(policy)
		})
	}
}

// heap is what is in use, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // and what finalizers and pools held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
