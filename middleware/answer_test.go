package middleware

import (
	"testing"
	"time"
)

func TestWholeSeconds(t *testing.T) {
	tests := []struct {
		in   time.Duration
		want int
	}{
		{-time.Second, 1}, {0, 1}, {time.Nanosecond, 1}, {time.Second, 1}, {time.Second + 1, 2}, {59*time.Second + 500*time.Millisecond, 60},
	}
	for _, tt := range tests {
		if got := wholeSeconds(tt.in); got != tt.want {
			t.Errorf("wholeSeconds(%v) = %d, want %d", tt.in, got, tt.want)
		}
	}
}
