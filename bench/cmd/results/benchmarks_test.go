package main

import (
	"slices"
	"strings"
	"testing"
)

func TestSamples_Read(t *testing.T) {
	s := make(samples)
	for _, output := range []string{
		"goos: linux\nBenchmarkVerify/groups=5/peer=limit-2 \t 100\t 20000 ns/op\t 1376 B/op\t 9 allocs/op\nPASS\n",
		"BenchmarkVerify/groups=5/peer=limit-2 \t 100\t 30000 ns/op\t 1376 B/op\t 9 allocs/op\n",
		"BenchmarkMemory/groups=equal-2 \t 1\t 7 ns/op\t 80000000 heap-B\t 100.0 %remembered\n",
	} {
		if err := s.read(strings.NewReader(output)); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.time("Verify/groups=5/peer=limit-2"); !slices.Equal(got, []float64{20_000, 30_000}) {
		t.Errorf("times %v", got)
	}
	if got := s.allocations("Verify/groups=5/peer=limit-2"); got != 9 {
		t.Errorf("allocations %v", got)
	}
	if got := s["Memory/groups=equal-2"]["heap-B"]; !slices.Equal(got, []float64{80e6}) {
		t.Errorf("memory %v", got)
	}
}
