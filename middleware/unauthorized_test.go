package middleware

import (
	"testing"

	"hubgate.example/openid"
)

func TestClientName(t *testing.T) {
	tests := []struct {
		name string
		in   openid.Principal
		want string
	}{
		{"user", openid.Principal{Kind: openid.KindUser, Name: "user@contoso.example", Application: "app"}, "user@contoso.example"},
		{"guest", openid.Principal{Kind: openid.KindGuest, Name: "guest@fabrikam.example", Application: "app"}, "guest@fabrikam.example"},
		{"unknown kind with a name", openid.Principal{Kind: openid.KindUnknown, Name: "user@contoso.example", Application: "app"}, "user@contoso.example"},
		{"unknown kind without one", openid.Principal{Kind: openid.KindUnknown, Application: "app"}, "app"},
		{"user without a name", openid.Principal{Kind: openid.KindUser, Application: "app"}, "app"},
		{"service principal", openid.Principal{Kind: openid.KindServicePrincipal, Application: "app"}, "app"},
		{"service principal with a name", openid.Principal{Kind: openid.KindServicePrincipal, Name: "name", Application: "app"}, "app"},
		{"managed identity with a name", openid.Principal{Kind: openid.KindManagedIdentity, Name: "name", Application: "app"}, "app"},
		{"workload without an application", openid.Principal{Kind: openid.KindServicePrincipal, Name: "name"}, "name"},
		{"nothing", openid.Principal{}, ""},
		{"quotes", openid.Principal{Kind: openid.KindUser, Name: "o'brien"}, `o\'brien`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := clientName(&tt.in); got != tt.want {
				t.Errorf("clientName = %q, want %q", got, tt.want)
			}
		})
	}
}
