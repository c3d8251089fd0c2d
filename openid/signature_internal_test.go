package openid

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"slices"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// verifyPKCS1v15 and golang-jwt's own methods accept and refuse the same.
func TestVerifyPKCS1v15(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	methods := []*jwt.SigningMethodRSA{jwt.SigningMethodRS256, jwt.SigningMethodRS384, jwt.SigningMethodRS512}
	const text = "eyJhbGciOiJSUzI1NiJ9.e30"
	for _, signing := range methods {
		signature, err := signing.Sign(text, key)
		if err != nil {
			t.Fatal(err)
		}
		damaged := slices.Clone(signature)
		damaged[100] ^= 1
		for _, verifying := range methods {
			for _, test := range []struct {
				name      string
				text      string
				signature []byte
				key       *rsa.PublicKey
				good      bool
			}{
				{"good", text, signature, &key.PublicKey, signing == verifying},
				{"another text", text + "A", signature, &key.PublicKey, false},
				{"no text", "", signature, &key.PublicKey, false},
				{"another key", text, signature, &other.PublicKey, false},
				{"damaged", text, damaged, &key.PublicKey, false},
				{"cut", text, signature[:255], &key.PublicKey, false},
				{"longer", text, append(slices.Clone(signature), 0), &key.PublicKey, false},
				{"empty", text, nil, &key.PublicKey, false},
				{"zero", text, make([]byte, 256), &key.PublicKey, false},
			} {
				token := compactToken{signed: test.text, signature: test.signature, digest: make([]byte, 0, sha512.Size)}
				err, reference := verifyPKCS1v15(verifying, token, test.key), verifying.Verify(test.text, test.signature, test.key)
				if (err == nil) != test.good || (reference == nil) != test.good {
					t.Errorf("signed by %s, verified by %s, %s: %v, by golang-jwt %v", signing.Alg(), verifying.Alg(), test.name, err, reference)
				}
			}
		}
	}
}
