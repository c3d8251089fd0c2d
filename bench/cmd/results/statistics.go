package main

import (
	"fmt"
	"math"
	"slices"
)

// median of no values is not a number.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// ratios are those of the values of each round.
func ratios(values, to []float64) []float64 {
	var ratios []float64
	for i := range min(len(values), len(to)) {
		ratios = append(ratios, values[i]/to[i])
	}
	return ratios
}

// differences are those of the values of each round.
func differences(values, from []float64) []float64 {
	var differences []float64
	for i := range min(len(values), len(from)) {
		differences = append(differences, values[i]-from[i])
	}
	return differences
}

// spread is the median, with the least and the greatest.
func spread(values []float64, format func(float64) string) string {
	if len(values) == 0 {
		return "–"
	}
	return fmt.Sprintf("%s (%s–%s)", format(median(values)), format(slices.Min(values)), format(slices.Max(values)))
}

// number writes a value with two or three digits that count.
func number(value float64) string {
	switch size := math.Abs(value); {
	case math.IsNaN(value):
		return "–"
	case size >= 100:
		return fmt.Sprintf("%.0f", value)
	case size >= 10:
		return fmt.Sprintf("%.1f", value)
	case size >= 0.1 || size == 0:
		return fmt.Sprintf("%.2f", value)
	default:
		return fmt.Sprintf("%.4f", value)
	}
}

// duration writes nanoseconds.
func duration(nanoseconds float64) string {
	switch {
	case math.IsNaN(nanoseconds):
		return "–"
	case nanoseconds >= 1e9:
		return number(nanoseconds/1e9) + " s"
	case nanoseconds >= 1e6:
		return number(nanoseconds/1e6) + " ms"
	case nanoseconds >= 1e3:
		return number(nanoseconds/1e3) + " µs"
	}
	return number(nanoseconds) + " ns"
}

// percent writes a share in hundredths.
func percent(share float64) string { return percents(100 * share) }

// percents writes hundredths.
func percents(hundredths float64) string {
	if math.IsNaN(hundredths) {
		return "–"
	}
	return number(hundredths) + " %"
}
