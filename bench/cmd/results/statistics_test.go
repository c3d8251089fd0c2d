package main

import (
	"math"
	"slices"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, tc := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3},
		{[]float64{3, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		if got := median(tc.values); got != tc.want {
			t.Errorf("%v: got %v, want %v", tc.values, got, tc.want)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("no values: got %v", got)
	}
}

// A round is compared with itself, and one that was not finished is left out.
func TestRatiosAndDifferences(t *testing.T) {
	if got := ratios([]float64{2, 9, 4}, []float64{1, 3}); !slices.Equal(got, []float64{2, 3}) {
		t.Errorf("ratios %v", got)
	}
	if got := differences([]float64{2, 9}, []float64{1, 3, 5}); !slices.Equal(got, []float64{1, 6}) {
		t.Errorf("differences %v", got)
	}
}

func TestFormats(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{number(math.NaN()), "–"},
		{number(0), "0.00"},
		{number(0.01234), "0.0123"},
		{number(1.234), "1.23"},
		{number(12.34), "12.3"},
		{number(1234), "1234"},
		{duration(math.NaN()), "–"},
		{duration(999), "999 ns"},
		{duration(51_200), "51.2 µs"},
		{duration(1.5e6), "1.50 ms"},
		{duration(2e9), "2.00 s"},
		{percent(math.NaN()), "–"},
		{percent(0.02), "2.00 %"},
		{percents(97.2), "97.2 %"},
		{megabytes(math.NaN()), "–"},
		{megabytes(200e6), "200 MB"},
		{spread(nil, number), "–"},
		{spread([]float64{3, 1, 2}, number), "2.00 (1.00–3.00)"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}
