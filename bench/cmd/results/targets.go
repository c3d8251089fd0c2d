package main

import (
	"fmt"
	"math"

	"hubgate.example/bench/decide"
	"hubgate.example/bench/gate"
)

// tokenGroups are the numbers of groups of the tokens that are measured: 2.4 and 12.5 KB.
var tokenGroups = []int{5, 200}

// A target is what Hubgate promises itself.
type target struct {
	what     string
	measured float64
	atMost   float64
	format   func(float64) string
}

func (t target) verdict() string {
	switch {
	case math.IsNaN(t.measured):
		return "not measured"
	case t.measured <= t.atMost:
		return "met"
	}
	return "**missed**"
}

func (m *measurement) writeTargets(r *report) {
	r.line("## Targets\n")
	var rows [][]string
	for _, t := range m.targets() {
		measured, verdict := t.format(t.measured), t.verdict()
		if t.measured > t.atMost && measured == t.format(t.atMost) {
			measured = "a little over " + measured
		}
		if m.plan.quick {
			verdict = "–"
		}
		rows = append(rows, []string{t.what, measured, t.format(t.atMost), verdict})
	}
	r.table([]string{"", "measured", "at most", ""}, rows)
}

func (m *measurement) targets() []target {
	var targets []target
	add := func(format func(float64) string, atMost, measured float64, what string, args ...any) {
		targets = append(targets, target{fmt.Sprintf(what, args...), measured, atMost, format})
	}
	// The bounds are for tokenGroups.
	type bounds struct{ cold, coldParallel, warm, gate, loadCold float64 }
	for i, bound := range []bounds{
		{1.2, 1.35, 0.02, 0.06, 2.4},
		{1.7, 1.75, 0.06, 0.10, 1.7},
	} {
		groups := tokenGroups[i]
		verify := func(peer string) string { return verifyName(groups, peer) }
		to := func(peer, suffix string) float64 {
			return median(ratios(m.benchmarks.time(verify(peer)+suffix), m.benchmarks.time(verify("limit")+suffix)))
		}
		add(number, bound.cold, to("hubgate-cold", ""), "cold verification, %d groups, serial, to the limit", groups)
		add(number, bound.coldParallel, to("hubgate-cold", "-2"), "cold verification, %d groups, on two cores, to the limit", groups)
		add(number, 20, m.benchmarks.allocations(verify("hubgate-cold")), "allocations of it")
		add(percent, bound.warm, to("hubgate-warm", ""), "remembered token, %d groups, of the limit", groups)
		add(number, 0, m.benchmarks.allocations(verify("hubgate-warm")), "allocations of it")
		added, allocations := m.gate(groups, "gate-warm")
		add(percent, bound.gate, median(added), "the whole gate, warm, %d groups, of the limit", groups)
		add(number, 5, allocations, "allocations of it")
		none := m.load.processor[loaded{gate.None, groups}]
		add(number, 1.08, median(ratios(m.load.processor[loaded{"hubgate-warm", groups}], none)),
			"processor time under load, warm, %d groups, to no gate", groups)
		cold := median(ratios(m.load.processor[loaded{"hubgate-cold", groups}], none))
		add(number, bound.loadCold, cold, "processor time under load, cold, %d groups, to no gate", groups)
		add(number, m.fastestPeer(groups), cold, "the same, to the fastest peer, which only verifies")
	}
	for _, d := range dimensions {
		for _, cache := range []string{"warm", "cold"} {
			add(number, 1.2, median(m.growth(d, cache)), "a request with the most %s to one with the fewest, %s", d.what, cache)
		}
	}
	add(duration, 600, median(m.benchmarks.time(decideName(1_000_000, "hubgate-check"))), "one decision with 1,000,000 assignments")
	add(number, 0, m.benchmarks.allocations(decideName(1_000_000, "hubgate-check")), "allocations of it")
	add(number, 1.2, median(ratios(m.benchmarks.time(decideName(1_000_000, "hubgate-check")),
		m.benchmarks.time(decideName(decide.Sizes[0], "hubgate-check")))), "the same, to 1,000 assignments")
	for _, holder := range []string{"others", "caller"} {
		add(duration, 600, median(m.benchmarks.time(hotScopeName(holder, "hubgate-check"))), "one decision on a hot scope, of the %s", holder)
	}
	add(duration, 30_000, median(m.benchmarks.time(resourceSetName(1_000_000)+"-2")), "building a set of 1,000 assignments out of 1,000,000, on two cores")
	add(number, 120, median(m.benchmarks[policyName(1_000_000)]["B/assignment"]), "bytes for each of 1,000,000 assignments")
	for _, lists := range []string{"equal", "distinct"} {
		add(megabytes, 200e6, m.remembered(lists), "100,000 remembered principals in 20 groups each, %s lists", lists)
	}
	add(duration, 300e6, median(m.start.first), "the demo's first start")
	add(duration, 300e6, median(m.start.again), "a later start of the demo")
	add(duration, 5e9, median(m.start.imported), "a start of the demo with %d imported assignments", m.plan.imported)
	return targets
}

// fastestPeer is the least processor time under load of those that are not Hubgate, to no gate.
func (m *measurement) fastestPeer(groups int) float64 {
	fastest := math.NaN()
	for _, peer := range gate.Peers() {
		switch peer.Name {
		case gate.None, gate.SignatureAlone, "hubgate-warm", "hubgate-cold":
			continue
		}
		ratio := median(ratios(m.load.processor[loaded{peer.Name, groups}], m.load.processor[loaded{gate.None, groups}]))
		if math.IsNaN(fastest) || ratio < fastest {
			fastest = ratio
		}
	}
	return fastest
}
