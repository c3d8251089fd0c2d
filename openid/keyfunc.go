package openid

import (
	"context"
	"errors"
	"fmt"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

// Keyfunc returns the provider's keys for code that already speaks golang-jwt. It finds a key by kid, else by x5t, and takes
// only the provider's Algorithms; the keys of consumer accounts, which stand in Entra ID's v2 key set too, it never takes. Like every
// jwt.Keyfunc it says nothing about issuer, audience, times, tenant or a header's crit: prefer a [Verifier]. ctx bounds the wait for a shared refresh
// of the keys.
func (p *Provider) Keyfunc(ctx context.Context) jwt.Keyfunc {
	return func(token *jwt.Token) (any, error) {
		alg, _ := token.Header["alg"].(string)
		if !p.accepts(alg) {
			return nil, fmt.Errorf("openid: %w: %q", ErrAlgorithm, clip(alg))
		}
		named := *token
		if _, ok := token.Header["kid"]; !ok {
			x5t, _ := token.Header["x5t"].(string)
			key, err := p.signingKey(ctx, "", x5t)
			if err != nil {
				return nil, err
			}
			named.Header = map[string]any{"alg": alg, "kid": key.id()}
		}
		return p.keyfunc.KeyfuncCtx(ctx)(&named)
	}
}

func newKeyfunc(store *keyStore) (keyfunc.Keyfunc, error) {
	k, err := keyfunc.New(keyfunc.Options{Storage: store})
	if err != nil {
		return nil, errors.Join(errors.New("openid: keyfunc"), err)
	}
	return k, nil
}
