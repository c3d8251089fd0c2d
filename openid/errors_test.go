package openid_test

import (
	"errors"
	"fmt"
	"testing"

	"hubgate.example/openid"
)

func TestTokenError(t *testing.T) {
	for _, test := range []struct {
		err  *openid.TokenError
		want string
	}{
		{&openid.TokenError{Err: openid.ErrExpired}, "openid: token has expired"},
		{&openid.TokenError{Err: openid.ErrExpired, Detail: "exp 2026"}, "openid: token has expired: exp 2026"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("text %q, want %q", got, test.want)
		}
		wrapped := fmt.Errorf("gate: %w", test.err)
		if !errors.Is(wrapped, openid.ErrExpired) || errors.Is(wrapped, openid.ErrTenant) {
			t.Errorf("%v does not stand for its reason alone", wrapped)
		}
	}
}
