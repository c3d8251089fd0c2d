package middleware

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestNewRequestID(t *testing.T) {
	guid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 100 {
		id := newRequestID()
		if !guid.MatchString(id) {
			t.Errorf("request id %q is no random GUID", id)
		}
		if seen[id] {
			t.Errorf("request id %q was given twice", id)
		}
		seen[id] = true
	}
}

func TestClientCorrelationID(t *testing.T) {
	const guid = "0f1c2d3e-4a5b-4c6d-8e7f-9a0b1c2d3e4f"
	tests := []struct {
		name   string
		values []string
		want   string
	}{
		{"absent", nil, ""},
		{"GUID", []string{guid}, guid},
		{"made up", []string{"Run_7.retry-2"}, "Run_7.retry-2"},
		{"empty", []string{""}, ""},
		{"two", []string{guid, guid}, ""},
		{"longest", []string{strings.Repeat("a", 128)}, strings.Repeat("a", 128)},
		{"too long", []string{strings.Repeat("a", 129)}, ""},
		{"markup", []string{"<script>"}, ""},
		{"blank", []string{"a b"}, ""},
		{"line break", []string{"a\r\nSet-Cookie: x=y"}, ""},
		{"Latin-1", []string{"caf\xe9"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := http.Header{}
			if tt.values != nil {
				header["X-Ms-Correlation-Request-Id"] = tt.values
			}
			if got := clientCorrelationID(header); got != tt.want {
				t.Errorf("clientCorrelationID(%q) = %q, want %q", tt.values, got, tt.want)
			}
		})
	}
}
