package openidtest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// refusals are the forgeries of every issuer, and why they are refused.
var refusals = map[string]error{
	"claims changed after signing":            openid.ErrSignature,
	"header changed after signing":            openid.ErrSignature,
	"signature cut short":                     openid.ErrSignature,
	"signature left out":                      openid.ErrMalformed,
	"encrypted":                               openid.ErrMalformed,
	"signed with another key":                 openid.ErrSignature,
	"signed with a key that is not published": openid.ErrUnknownKey,
	"key in the header as jwk":                openid.ErrUnknownKey,
	"key in the header as x5c":                openid.ErrUnknownKey,
	"key in the header as jku":                openid.ErrUnknownKey,
	"key in the header as x5u":                openid.ErrUnknownKey,
	"names no key":                            openid.ErrMalformed,
	"alg none":                                openid.ErrMalformed,
	"alg None":                                openid.ErrMalformed,
	"alg NONE":                                openid.ErrMalformed,
	"alg nOnE":                                openid.ErrMalformed,
	"alg none with a genuine signature":       openid.ErrAlgorithm,
	"alg left out":                            openid.ErrMalformed,
	"alg twice":                               openid.ErrMalformed,
	"typ of a logout token":                   openid.ErrMalformed,
	"critical extension":                      openid.ErrMalformed,
	"payload said not to be encoded":          openid.ErrMalformed,
	"payload said to be compressed":           openid.ErrMalformed,
	"expired":                                 openid.ErrExpired,
	"without exp":                             openid.ErrClaims,
	"not valid yet":                           openid.ErrNotYetValid,
	"issued in the future":                    openid.ErrNotYetValid,
	"for another audience":                    openid.ErrAudience,
	"for the audience and a slash":            openid.ErrAudience,
	"without audience":                        openid.ErrClaims,
	"from another issuer":                     openid.ErrIssuer,
	"from the issuer and a slash":             openid.ErrIssuer,
	"without issuer":                          openid.ErrIssuer,
	"bound to a proof of possession":          openid.ErrTokenType,
	"for Microsoft Graph":                     openid.ErrTokenType,
	"without object id":                       openid.ErrIdentity,
	"with the zero object id":                 openid.ErrIdentity,
	"object id twice":                         openid.ErrMalformed,
	"more after the claims":                   openid.ErrMalformed,
	"HS256 with the public key in PEM":        openid.ErrAlgorithm,
	"HS256 with the public key in PEM without its last line break": openid.ErrAlgorithm,
	"HS256 with the public key in DER":                             openid.ErrAlgorithm,
	"HS256 with the certificate in PEM":                            openid.ErrAlgorithm,
	"HS256 with the certificate in DER":                            openid.ErrAlgorithm,
	"HS256 with the certificate as in x5c":                         openid.ErrAlgorithm,
	"HS256 with an empty secret":                                   openid.ErrAlgorithm,
}

// These depend on the key or on the type of the issuer.
var (
	rsaRefusals = map[string]error{
		"HS256 with the public key in PKCS #1 PEM": openid.ErrAlgorithm,
		"HS256 with the public key in PKCS #1 DER": openid.ErrAlgorithm,
		"HS256 with the modulus":                   openid.ErrAlgorithm,
		"HS256 with the modulus as in n":           openid.ErrAlgorithm,
		"HS256 with the modulus in decimal digits": openid.ErrAlgorithm,
	}
	ecRefusals   = map[string]error{"HS256 with the curve point": openid.ErrAlgorithm}
	adfsRefusals = map[string]error{
		"of another tenant": openid.ErrTenant,
		"an ID token":       openid.ErrIssuer,
	}
	entraRefusals = map[string]error{
		"of another tenant":        openid.ErrIssuer, // the metadata of one tenant names that tenant's issuer
		"an ID token":              openid.ErrTokenType,
		"tid of another tenant":    openid.ErrClaims,
		"issuer of another tenant": openid.ErrIssuer,
		"of the consumers' tenant": openid.ErrIssuer,
		"without tid":              openid.ErrClaims,
		"of the other version":     openid.ErrClaims,
	}
	// consumerRefusals come with AnnounceConsumer, in v2 only.
	consumerRefusals = map[string]error{"signed with a key for consumer accounts": openid.ErrKeyIssuer}
)

// Every forgery is refused, and for the reason that its name says.
func TestForgeries(t *testing.T) {
	for _, config := range configs {
		t.Run(config.name, func(t *testing.T) {
			issuer := openidtest.NewFor(t, config.Config)
			want := maps.Clone(refusals)
			if strings.HasPrefix(config.Algorithm, "ES") {
				maps.Copy(want, ecRefusals)
			} else {
				maps.Copy(want, rsaRefusals)
			}
			if config.Type == openid.ADFS {
				maps.Copy(want, adfsRefusals)
			} else {
				maps.Copy(want, entraRefusals)
			}
			if config.Type == openid.EntraV2 {
				issuer.AnnounceConsumer()
				maps.Copy(want, consumerRefusals)
			}

			verifier := issuer.Verifier()
			who := openidtest.User(oid, group)
			if _, err := verifier.Verify(t.Context(), issuer.Token(who)); err != nil {
				t.Fatalf("the genuine token: %v", err)
			}
			for name, token := range issuer.Forgeries(who) {
				principal, err := verifier.Verify(t.Context(), token)
				switch {
				case want[name] == nil:
					t.Errorf("%q: not expected, or seen before", name)
				case !errors.Is(err, want[name]) || principal != nil:
					t.Errorf("%q: principal %v, error %v, want %v", name, principal, err, want[name])
				}
				delete(want, name)
			}
			if len(want) > 0 {
				t.Errorf("not made: %q", slices.Sorted(maps.Keys(want)))
			}
		})
	}
}

// What the test says of its own tokens is in the forgeries too, and a loop may end early.
func TestForgeriesOfOwnTokens(t *testing.T) {
	issuer := openidtest.NewFor(t, fast(openid.EntraV1))
	for name, token := range issuer.Forgeries(openidtest.ServicePrincipal(oid), openidtest.With("xms_cc", []string{"cp1"})) {
		if name != "expired" {
			continue
		}
		_, claims := parts(t, token)
		if claims["xms_cc"] == nil || claims["idtyp"] != "app" || claims["oid"] != oid {
			t.Errorf("claims %v", claims)
		}
		return
	}
	t.Error("no expired token")
}

// The signature of a token for Microsoft Graph covers the hash of the nonce: the forgery is as genuine as such tokens are,
// so that what is refused is the kind of the token and nothing else.
func TestForgeryForGraph(t *testing.T) {
	issuer := openidtest.NewFor(t, fast(openid.EntraV1))
	tokens := maps.Collect(issuer.Forgeries(openidtest.User(oid)))
	header, rest, _ := strings.Cut(tokens["for Microsoft Graph"], ".")
	members, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		t.Fatal(err)
	}
	var h struct{ Nonce string }
	if err := json.Unmarshal(members, &h); err != nil || h.Nonce == "" {
		t.Fatalf("header %s: %v", members, err)
	}
	hash := sha256.Sum256([]byte(h.Nonce))
	signed := strings.Replace(string(members), h.Nonce, base64.RawURLEncoding.EncodeToString(hash[:]), 1)
	_, err = jwt.Parse(base64.RawURLEncoding.EncodeToString([]byte(signed))+"."+rest, func(*jwt.Token) (any, error) {
		return issuer.Key().Leaf.PublicKey, nil
	})
	if err != nil {
		t.Error(err)
	}
}
