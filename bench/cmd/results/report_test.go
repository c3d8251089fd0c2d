package main

import (
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hubgate.example/bench/decide"
	"hubgate.example/bench/gate"
	"hubgate.example/bench/tokencache"
	"hubgate.example/bench/verify"
)

// measured is a run in which each benchmark that the packages have took so many nanoseconds.
func measured(t *testing.T, nanoseconds float64) *measurement {
	t.Helper()
	m := &measurement{plan: fullPlan, benchmarks: make(samples), load: loads{make(map[loaded][]float64), make(map[loaded][]float64)}}
	sample := func(name string) {
		m.benchmarks[name] = map[string][]float64{
			"ns/op": {nanoseconds}, "allocs/op": {0}, "B/assignment": {1}, "heap-B": {1},
		}
	}
	for _, groups := range tokenGroups {
		for _, peer := range []string{"limit", "none", "authenticate-warm", "gate-warm", "gate-cold"} {
			sample(gateName(groups, peer))
		}
		for _, peer := range gate.Peers() {
			m.load.processor[loaded{peer.Name, groups}] = []float64{nanoseconds}
			m.load.rate[loaded{peer.Name, groups}] = []float64{1}
		}
	}
	for _, groups := range tokenGroups {
		sample(verifyName(groups, "limit"))
		sample(verifyName(groups, "limit") + "-2")
		for _, peer := range verify.Peers() {
			sample(verifyName(groups, peer.Name))
			sample(verifyName(groups, peer.Name) + "-2")
		}
	}
	for _, d := range dimensions {
		for _, n := range d.sizes {
			sample(d.name(n, "warm"))
			sample(d.name(n, "cold"))
		}
	}
	for _, peer := range decide.Peers() {
		for _, n := range decide.Sizes {
			sample(decideName(n, peer.Name))
		}
		sample(hotScopeName("others", peer.Name))
		sample(hotScopeName("caller", peer.Name))
	}
	for _, n := range decide.Sizes {
		sample(resourceSetName(n))
		sample(resourceSetName(n) + "-2")
		sample(policyName(n))
	}
	for _, peer := range tokencache.Peers() {
		sample(hitName(peer.Name))
		sample(hitName(peer.Name) + "-2")
		sample(floodName(peer.Name))
	}
	sample(memoryName("equal"))
	sample(memoryName("distinct"))
	m.start = starts{first: []float64{1}, again: []float64{1}, imported: []float64{1}, importBytes: 1}
	return m
}

func TestTargets(t *testing.T) {
	for _, target := range measured(t, 1).targets() {
		if math.IsNaN(target.measured) {
			t.Errorf("%s: not measured", target.what)
		}
	}
	for _, target := range new(measurement).targets() {
		if target.verdict() != "not measured" {
			t.Errorf("%s: %s of nothing", target.what, target.verdict())
		}
	}
	for _, tc := range []struct {
		measured float64
		want     string
	}{{1, "met"}, {1.01, "**missed**"}, {math.NaN(), "not measured"}} {
		if got := (target{measured: tc.measured, atMost: 1}).verdict(); got != tc.want {
			t.Errorf("%v: %s, want %s", tc.measured, got, tc.want)
		}
	}
}

// Every row of every table has as many cells as its header.
func TestReport(t *testing.T) {
	for _, m := range []*measurement{new(measurement), measured(t, 1000)} {
		cells := 0
		for line := range strings.Lines(m.report()) {
			if !strings.HasPrefix(line, "|") {
				cells = 0
				continue
			}
			if n := strings.Count(line, "|"); cells == 0 {
				cells = n
			} else if n != cells {
				t.Errorf("%d cells, want %d: %s", n-1, cells-1, line)
			}
		}
	}
}

// What was not measured is a dash, without a unit and without another.
func TestReport_NotMeasured(t *testing.T) {
	for line := range strings.Lines(new(measurement).report()) {
		if regexp.MustCompile(`–[, ]*(–|%|[a-zµA-Z])`).MatchString(line) {
			t.Error(line)
		}
	}
}

// The names that the tables ask for are those that the benchmarks have.
func TestNames(t *testing.T) {
	var sources strings.Builder
	for _, name := range []string{
		"../../verify/verify_bench_test.go", "../../gate/gate_bench_test.go", "../../gate/flat_bench_test.go",
		"../../gate/memory_bench_test.go", "../../decide/decide_bench_test.go", "../../tokencache/tokencache_bench_test.go",
	} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources.Write(content)
	}
	var benchmarks []string
	for _, found := range regexp.MustCompile(`func Benchmark(\w+)\(`).FindAllStringSubmatch(sources.String(), -1) {
		benchmarks = append(benchmarks, found[1])
	}
	for name := range measured(t, 1).benchmarks {
		if benchmark, _, _ := strings.Cut(name, "/"); !slices.Contains(benchmarks, benchmark) {
			t.Errorf("no benchmark %s for %s", benchmark, name)
		}
	}
	for _, plan := range []plan{fullPlan, quickPlan} {
		for _, b := range plan.benchmarks {
			top, _, _ := strings.Cut(b.pattern, "/")
			if pattern := regexp.MustCompile(strings.Trim(top, "()")); !slices.ContainsFunc(benchmarks, pattern.MatchString) {
				t.Errorf("no benchmark matches %s", b.pattern)
			}
		}
	}
}

// What cannot be written, and what is no flag, is an error before anything is measured.
func TestRun_Arguments(t *testing.T) {
	for _, args := range [][]string{{"-quick", "more"}, {"-quick", "-o", t.TempDir() + "/none/RESULTS.md"}, {"-slow"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
