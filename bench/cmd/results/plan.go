package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// A plan says how much is measured.
type plan struct {
	quick      bool
	benchmarks []benchmarks
	// load is in requests for each server, after a tenth of them that do not count.
	loadRounds, loadRequests, loadConnections int
	// starts are how often the demo is started in each way, and imported how many role assignments it then has.
	starts, imported int
}

// benchmarks are those of one package that match a pattern.
type benchmarks struct {
	pkg, pattern, time, cpus string
	rounds                   int
}

var fullPlan = plan{
	benchmarks: []benchmarks{
		{"verify", "Verify", "100ms", "1,2", 12},
		{"gate", "Gate", "100ms", "1", 12},
		{"gate", "Tenants|Keys|Providers|Assignments", "100ms", "1", 5},
		{"gate", "Memory", "1x", "2", 1},
		{"decide", "Decide|HotScope", "100ms", "1", 3},
		{"decide", "ResourceSet", "200ms", "1,2", 5},
		{"decide", "Policy", "1x", "1", 3},
		{"tokencache", "Hit", "100ms", "1,2", 5},
		{"tokencache", "Flood", "1x", "1", 3},
	},
	loadRounds: 6, loadRequests: 15_000, loadConnections: 32,
	starts: 5, imported: 1_000_000,
}

var quickPlan = plan{
	quick: true,
	benchmarks: []benchmarks{
		{"verify", "Verify", "2x", "1,2", 2},
		{"gate", "Gate", "2x", "1", 2},
		{"gate", "(Tenants|Keys|Providers|Assignments)/=(1|2|100|1000)(/|$)", "2x", "1", 2},
		{"decide", "(Decide|Policy)/=1000(/|$)", "2x", "1", 2},
		{"decide", "ResourceSet/=1000(/|$)", "2x", "1,2", 2},
		{"decide", "HotScope", "2x", "1", 1},
		{"tokencache", "Hit", "2x", "1,2", 1},
	},
	loadRounds: 1, loadRequests: 100, loadConnections: 2,
	starts: 1, imported: 1_000,
}

// A measurement is a run of the command.
type measurement struct {
	plan     plan
	machine  machine
	begin    time.Time
	took     time.Duration
	log, raw io.Writer

	programs   map[string]string // the paths of what is built, by name
	benchmarks samples
	load       loads
	start      starts
}

func (m *measurement) measure(ctx context.Context, scratch string) error {
	m.benchmarks = make(samples)
	for _, b := range m.plan.benchmarks {
		if err := m.runBenchmarks(ctx, b); err != nil {
			return err
		}
	}
	m.tell("servers under load")
	if err := m.putUnderLoad(ctx); err != nil {
		return err
	}
	m.tell("starts of the demo")
	return m.startDemo(ctx, scratch)
}

// tell writes what is being done, and since when.
func (m *measurement) tell(what string) {
	fmt.Fprintf(m.log, "%6.0fs %s\n", time.Since(m.begin).Seconds(), what)
}
