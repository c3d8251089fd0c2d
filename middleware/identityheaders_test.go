package middleware

import (
	"maps"
	"net/http"
	"slices"
	"testing"
)

func TestIsIdentityHeader(t *testing.T) {
	tests := []struct {
		name string
		want bool
	}{
		{"X-Ms-Client-Object-Id", true},
		{"x-ms-client-object-id", true},
		{"X-MS-CLIENT-OBJECT-ID", true},
		{"X_ms_client_object_id", true},
		{"X-Ms-Client_object-Id", true},
		{"X-Ms-Client-Tenant-Id", true},
		{"X-Ms-Client-App-Id", true},
		{"X-Ms-Client-App-Id-Acr", true},
		{"X-Ms-Client-Issuer", true},
		{"X-Ms-Client-Audience", true},
		{"X-Ms-Client-Scope", true},
		{"X-Ms-Client-Wids", true},
		{"X-Ms-Client-Authentication-Methods", true},
		{"X_MS_CLIENT_AUTHENTICATION_METHODS", true},
		{"X-Ms-Client-Principal", true},
		{"X-Ms-Client-Principal-Id", true},
		{"X-Ms-Client-Principal-Name", true},
		{"X-Ms-Client-Principal-Idp", true},
		{"X-Ms-Client-Principal-Anything", true},
		{"X_Ms_Client_Principal", true},
		{"X-Ms-Client-Request-Id", false},
		{"X-Ms-Correlation-Request-Id", false},
		{"X_ms_client_request_id", false},
		{"X-Ms-Client-", false},
		{"X-Ms-Client", false},
		{"X-Ms-Client-Object-Identity", false},
		{"Client-Object-Id", false},
		{"X-Ms-Version", false},
		{"Accept", false},
		{"", false},
	}
	for _, tt := range tests {
		if got := isIdentityHeader(tt.name); got != tt.want {
			t.Errorf("isIdentityHeader(%q) = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestWithoutIdentity(t *testing.T) {
	header := http.Header{
		"Accept":                 {"text/plain", "text/html"},
		"Authorization":          {"Bearer abc"},
		"X-Ms-Client-Object-Id":  {"forged"},
		"X-Ms-Client-Request-Id": {"id"},
		"authorization":          {"put there by hand"},
	}
	before := maps.Clone(header)
	tests := []struct {
		keepAuthorization bool
		want              []string
	}{
		{false, []string{"Accept", "X-Ms-Client-Request-Id"}},
		{true, []string{"Accept", "Authorization", "X-Ms-Client-Request-Id", "authorization"}},
	}
	for _, tt := range tests {
		got := withoutIdentity(header, tt.keepAuthorization)
		if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, tt.want) {
			t.Errorf("withoutIdentity(header, %v) keeps %q, want %q", tt.keepAuthorization, names, tt.want)
		}
		if !slices.Equal(got["Accept"], header["Accept"]) {
			t.Errorf("Accept is %q, want %q", got["Accept"], header["Accept"])
		}
	}
	if !maps.EqualFunc(header, before, slices.Equal) {
		t.Errorf("the request's own header was changed to %v", header)
	}
}
