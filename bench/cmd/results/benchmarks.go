package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"

	"golang.org/x/perf/benchfmt"
)

// runBenchmarks runs benchmarks in rounds: each in a new process, so that no round inherits another's heap.
func (m *measurement) runBenchmarks(ctx context.Context, b benchmarks) error {
	for round := range b.rounds {
		m.tell(fmt.Sprintf("%s: %s, round %d of %d", b.pkg, b.pattern, round+1, b.rounds))
		command := exec.CommandContext(ctx, m.programs[b.pkg],
			"-test.run", "^$", "-test.bench", b.pattern, "-test.benchtime", b.time, "-test.cpu", b.cpus)
		output, err := command.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", b.pkg, err, output)
		}
		if err := m.benchmarks.read(bytes.NewReader(output)); err != nil {
			return fmt.Errorf("%s: %w", b.pkg, err)
		}
		if _, err := m.raw.Write(output); err != nil {
			return err
		}
	}
	return nil
}

// samples are what benchmarks have measured: for each name and unit a value for each round. A name has the suffix -2 where it ran on two
// cores.
type samples map[string]map[string][]float64

// read adds a round.
func (s samples) read(output io.Reader) error {
	results := benchfmt.NewReader(output, "")
	for results.Scan() {
		result, ok := results.Result().(*benchfmt.Result)
		if !ok {
			continue // lines that are no results
		}
		name := result.Name.String()
		if s[name] == nil {
			s[name] = make(map[string][]float64)
		}
		for _, value := range result.Values {
			unit, number := value.Unit, value.Value
			if value.OrigUnit != "" {
				unit, number = value.OrigUnit, value.OrigValue
			}
			s[name][unit] = append(s[name][unit], number)
		}
	}
	return results.Err()
}

// time are the nanoseconds that each round took for one operation.
func (s samples) time(name string) []float64 { return s[name]["ns/op"] }

// allocations are those of one operation.
func (s samples) allocations(name string) float64 { return median(s[name]["allocs/op"]) }
