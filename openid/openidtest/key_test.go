package openidtest_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// jwks asks for a key set and returns its keys.
func jwks(t *testing.T, issuer *openidtest.Issuer, path string) []map[string]any {
	t.Helper()
	status, answer := get(t, issuer, path)
	list, ok := answer["keys"].([]any)
	if !ok {
		t.Fatalf("%s: status %d, answer %v", path, status, answer)
	}
	var keys []map[string]any
	for _, k := range list {
		keys = append(keys, k.(map[string]any))
	}
	return keys
}

func kids(keys []map[string]any) []string {
	var kids []string
	for _, k := range keys {
		kids = append(kids, k["kid"].(string))
	}
	return kids
}

func TestKeySet(t *testing.T) {
	const v2 = "https://login.entra.example/"
	for _, test := range []struct {
		name, path string
		config     openidtest.Config
		alg        any // of the JWK
		issuer     any // of the JWK
	}{
		{"AD FS", "/adfs/discovery/keys", openidtest.Config{Type: openid.ADFS}, "RS256", nil},
		{"Entra v1", "/common/discovery/keys", openidtest.Config{Type: openid.EntraV1}, nil, nil},
		{"Entra v1 of a tenant", "/" + tenant + "/discovery/keys", openidtest.Config{Type: openid.EntraV1}, nil, nil},
		{"Entra v2", "/common/discovery/v2.0/keys", openidtest.Config{Type: openid.EntraV2}, nil, v2 + "{tenantid}/v2.0"},
		{"Entra v2 of a tenant", "/" + tenant + "/discovery/v2.0/keys", openidtest.Config{Type: openid.EntraV2}, nil, v2 + tenant + "/v2.0"},
		{"EC keys", "/adfs/discovery/keys", openidtest.Config{Type: openid.ADFS, Algorithm: "ES512"}, "ES512", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.config.Tenant = tenant
			if test.config.Algorithm == "" {
				test.config.Keys = rsaKey()
			}
			issuer := openidtest.NewFor(t, test.config)
			keys := jwks(t, issuer, test.path)
			if len(keys) != 1 {
				t.Fatalf("%d keys", len(keys))
			}
			k := keys[0]
			if k["use"] != "sig" || k["alg"] != test.alg || k["issuer"] != test.issuer {
				t.Errorf("use %v, alg %v, issuer %v, want sig, %v, %v", k["use"], k["alg"], k["issuer"], test.alg, test.issuer)
			}
			chain := k["x5c"].([]any)
			der, err := base64.StdEncoding.DecodeString(chain[0].(string))
			if err != nil || len(chain) != 1 {
				t.Fatalf("%d certificates, error %v", len(chain), err)
			}
			thumbprint := sha1.Sum(der)
			if id := base64.RawURLEncoding.EncodeToString(thumbprint[:]); k["kid"] != id || k["x5t"] != id || issuer.KeyID() != id {
				t.Errorf("kid %v, x5t %v, KeyID %v, want %s", k["kid"], k["x5t"], issuer.KeyID(), id)
			}
			certificate, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			switch public := certificate.PublicKey.(type) {
			case *rsa.PublicKey:
				if k["kty"] != "RSA" || number(t, k["n"]).Cmp(public.N) != 0 || number(t, k["e"]).Int64() != int64(public.E) {
					t.Errorf("JWK %v is not the certificate's key", k)
				}
			case *ecdsa.PublicKey:
				point, err := public.Bytes()
				if err != nil {
					t.Fatal(err)
				}
				if k["kty"] != "EC" || k["crv"] != "P-521" || "\x04"+octets(t, k["x"])+octets(t, k["y"]) != string(point) {
					t.Errorf("JWK %v is not the certificate's key", k)
				}
			}
		})
	}
}

func octets(t *testing.T, v any) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(v.(string))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func number(t *testing.T, v any) *big.Int { return new(big.Int).SetBytes([]byte(octets(t, v))) }

// Each key set says of a consumers' key whose it is; v1 sets cannot.
func TestConsumerKey(t *testing.T) {
	for _, test := range []struct {
		typ    openid.AuthorityType
		path   string
		issuer any
	}{
		{openid.EntraV1, "/common/discovery/keys", nil},
		{openid.EntraV2, "/common/discovery/v2.0/keys", "https://login.entra.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"},
		{openid.EntraV2, "/" + tenant + "/discovery/v2.0/keys", "https://login.entra.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"},
	} {
		t.Run(test.path, func(t *testing.T) {
			issuer := openidtest.NewFor(t, fast(test.typ))
			old := issuer.KeyID()
			kid := issuer.AnnounceConsumer()
			if issuer.KeyID() != old {
				t.Error("signs with the consumers' key")
			}
			keys := jwks(t, issuer, test.path)
			if len(keys) != 2 || keys[1]["kid"] != kid || keys[1]["issuer"] != test.issuer {
				t.Errorf("keys %v", keys)
			}
		})
	}
}
