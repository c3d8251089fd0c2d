package verify

import (
	"context"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
)

// keyfuncPeer is golang-jwt with the keys in keyfunc's storage in memory.
var keyfuncPeer = Peer{
	Name:   "golang-jwt+keyfunc",
	Module: "github.com/MicahParks/keyfunc/v3",
	New: func(site *Site) (Verifier, error) {
		key, err := jwkset.NewJWKFromKey(site.PublicKey(), jwkset.JWKOptions{
			Metadata: jwkset.JWKMetadataOptions{KID: site.KeyID(), ALG: jwkset.AlgRS256, USE: jwkset.UseSig},
		})
		if err != nil {
			return nil, err
		}
		storage := jwkset.NewMemoryStorage()
		if err := storage.KeyWrite(context.Background(), key); err != nil {
			return nil, err
		}
		keys, err := keyfunc.New(keyfunc.Options{Storage: storage, UseWhitelist: []jwkset.USE{jwkset.UseSig}})
		if err != nil {
			return nil, err
		}
		parser := newGolangJWTParser(site)
		return func(ctx context.Context, token string) (Identity, error) {
			return parseGolangJWT(parser, token, keys.KeyfuncCtx(ctx))
		}, nil
	},
	Accepts: accepts("alg twice", "critical extension", "names no key", "object id twice", "payload said not to be encoded",
		"without object id"),
}
