package openid

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var encode64 = base64.RawURLEncoding.EncodeToString

// modulus answers an odd number of that many bits, which differs from seed to seed. No key needs to stand behind it.
func modulus(bits int, seed int64) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return n.Add(n, big.NewInt(2*seed+1))
}

// rsaMembers are the members of a published RSA key, with changes; a nil value takes a member away.
func rsaMembers(changes map[string]any) map[string]any {
	return withChanges(map[string]any{"kty": "RSA", "use": "sig", "kid": "k", "n": encode64(modulus(2048, 0).Bytes()), "e": "AQAB"}, changes)
}

func withChanges(members, changes map[string]any) map[string]any {
	maps.Copy(members, changes)
	maps.DeleteFunc(members, func(_ string, value any) bool { return value == nil })
	return members
}

func ecMembers(t testing.TB, curve elliptic.Curve, changes map[string]any) map[string]any {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	half := len(point) / 2
	return withChanges(map[string]any{"kty": "EC", "kid": "k", "crv": curve.Params().Name, "x": encode64(point[1 : 1+half]), "y": encode64(point[1+half:])}, changes)
}

func keySet(t testing.TB, keys ...any) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// A certified key is a key and its self-signed certificate.
type certified struct {
	signer crypto.Signer
	der    []byte
}

func (c certified) x5c() []string { return []string{base64.StdEncoding.EncodeToString(c.der)} }

func (c certified) thumbprint() string {
	sum := sha1.Sum(c.der)
	return encode64(sum[:])
}

func certify(signer crypto.Signer, err error) certified {
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)} // long expired
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		panic(err)
	}
	return certified{signer, der}
}

var (
	rsaCertified     = sync.OnceValue(func() certified { return certify(rsa.GenerateKey(rand.Reader, 2048)) })
	ecCertified      = sync.OnceValue(func() certified { return certify(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	ed25519Certified = sync.OnceValue(func() certified {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return certify(private, err)
	})
)

// certifiedMembers are the members that Entra ID publishes: kid and x5t are the certificate's thumbprint.
func certifiedMembers(changes map[string]any) map[string]any {
	c := rsaCertified()
	public := c.signer.Public().(*rsa.PublicKey)
	return withChanges(map[string]any{
		"kty": "RSA", "use": "sig", "kid": c.thumbprint(), "x5t": c.thumbprint(), "x5c": c.x5c(),
		"n": encode64(public.N.Bytes()), "e": encode64(big.NewInt(int64(public.E)).Bytes()),
	}, changes)
}

// JWT-06, JWT-07, JWK-01, JWK-02, JWK-04: which single keys are used. A key that is not never spoils the one beside it.
func TestJWK_OneAmongGood(t *testing.T) {
	const used, notUsed = true, false
	exponent := func(e int64) string { return encode64(big.NewInt(e).Bytes()) }
	bits := func(n int) string { return encode64(modulus(n, 0).Bytes()) }
	even := encode64(new(big.Int).Add(modulus(2048, 0), big.NewInt(1)).Bytes())
	changed := func(changes map[string]any) map[string]any { return rsaMembers(changes) }
	for _, test := range []struct {
		name      string
		key       any
		want      bool
		wantFault string // "" when nothing is to be told
	}{
		{"JWT-07 RSA of 2048 bits", changed(nil), used, ""},
		{"JWT-07 RSA of 8192 bits", changed(map[string]any{"n": bits(8192)}), used, ""},
		{"JWT-07 RSA of 2047 bits", changed(map[string]any{"n": bits(2047)}), notUsed, "2047 bits"},
		{"JWT-07 RSA of 1024 bits", changed(map[string]any{"n": bits(1024)}), notUsed, "1024 bits"},
		{"JWT-07 RSA of 8193 bits", changed(map[string]any{"n": bits(8193)}), notUsed, "8193 bits"},
		{"JWT-07 RSA of a million bits", changed(map[string]any{"n": bits(1_000_000)}), notUsed, "1000000 bits"},
		{"JWT-07 even modulus", changed(map[string]any{"n": even}), notUsed, "even"},
		{"JWT-07 modulus zero", changed(map[string]any{"n": "AA"}), notUsed, "0 bits"},
		{"JWT-07 modulus empty", changed(map[string]any{"n": ""}), notUsed, "n is not an integer"},
		{"JWT-07 modulus missing", changed(map[string]any{"n": nil}), notUsed, "n is not an integer"},
		{"JWT-07 modulus padded", changed(map[string]any{"n": bits(2048) + "="}), notUsed, "n is not an integer"},
		{"JWT-07 modulus with a line break", changed(map[string]any{"n": bits(2048)[:9] + "\n" + bits(2048)[9:]}), notUsed, "n is not an integer"},
		{"JWT-07 modulus a number", changed(map[string]any{"n": 12345}), notUsed, "n"},
		{"JWT-07 modulus with leading zeros", changed(map[string]any{"n": encode64(append([]byte{0, 0}, modulus(2048, 0).Bytes()...))}), used, ""},
		{"JWT-07 e = 65537", changed(map[string]any{"e": exponent(65537)}), used, ""},
		{"JWT-07 e = 2^31 - 1", changed(map[string]any{"e": exponent(1<<31 - 1)}), used, ""},
		{"JWT-07 e = 65535", changed(map[string]any{"e": exponent(65535)}), notUsed, "exponent 65535"},
		{"JWT-07 e = 3", changed(map[string]any{"e": exponent(3)}), notUsed, "exponent 3"},
		{"JWT-07 e = 1", changed(map[string]any{"e": exponent(1)}), notUsed, "exponent 1"},
		{"JWT-07 e = 0", changed(map[string]any{"e": "AA"}), notUsed, "exponent 0"},
		{"JWT-07 e even", changed(map[string]any{"e": exponent(65538)}), notUsed, "exponent 65538"},
		{"JWT-07 e = 2^31 + 1", changed(map[string]any{"e": exponent(1<<31 + 1)}), notUsed, "e has 32 bits"},
		{"JWT-07 e = 2^64 + 65537", changed(map[string]any{"e": "AQAAAAAAAQAB"}), notUsed, "e has"},
		{"JWT-07 e missing", changed(map[string]any{"e": nil}), notUsed, "e is not an integer"},

		{"JWK-02 no use", changed(map[string]any{"use": nil}), used, ""},
		{"JWK-02 use enc", changed(map[string]any{"use": "enc"}), notUsed, `use is "enc"`},
		{"JWK-02 use in capitals", changed(map[string]any{"use": "SIG"}), notUsed, `use is "SIG"`},
		{"JWK-02 use an array", changed(map[string]any{"use": []string{"sig"}}), notUsed, "use"},
		{"JWK-02 key_ops verify", changed(map[string]any{"key_ops": []string{"verify"}}), used, ""},
		{"JWK-02 key_ops with verify", changed(map[string]any{"key_ops": []string{"sign", "verify"}}), used, ""},
		{"JWK-02 key_ops sign", changed(map[string]any{"key_ops": []string{"sign"}}), notUsed, "key_ops"},
		{"JWK-02 key_ops encrypt", changed(map[string]any{"key_ops": []string{"encrypt", "wrapKey"}}), notUsed, "key_ops"},
		{"JWK-02 key_ops empty", changed(map[string]any{"key_ops": []string{}}), notUsed, "key_ops"},
		{"JWK-02 key_ops a string", changed(map[string]any{"key_ops": "verify"}), notUsed, "key_ops"},

		{"JWK-01 kid missing", changed(map[string]any{"kid": nil}), notUsed, "neither kid nor x5t"},
		{"JWK-01 kid empty", changed(map[string]any{"kid": ""}), notUsed, "neither kid nor x5t"},
		{"JWK-01 kid missing beside x5t", changed(map[string]any{"kid": nil, "x5t": "k"}), used, ""},
		{"JWK-01 kid a number", changed(map[string]any{"kid": 1}), notUsed, "kid"},
		{"JWK-01 kid of 256 bytes", changed(map[string]any{"kid": strings.Repeat("k", 256)}), used, ""},
		{"JWK-01 kid of 257 bytes", changed(map[string]any{"kid": strings.Repeat("k", 257)}), notUsed, "longer than 256"},
		{"JWK-01 x5t of 257 bytes", changed(map[string]any{"x5t": strings.Repeat("k", 257)}), notUsed, "longer than 256"},
		{"JWK-01 members that nobody knows", changed(map[string]any{"ext": true, "KTY": "oct", "exp": 1, "x5t#S256": 1}), used, ""},

		{"JWK-02 kty oct", map[string]any{"kty": "oct", "kid": "k", "k": "AAAA"}, notUsed, `kty "oct"`},
		{"JWK-01 kty OKP", map[string]any{"kty": "OKP", "kid": "k", "crv": "Ed25519", "x": "AAAA"}, notUsed, `kty "OKP"`},
		{"JWK-01 kty in lower case", changed(map[string]any{"kty": "rsa"}), notUsed, `kty "rsa"`},
		{"JWK-01 kty missing", changed(map[string]any{"kty": nil}), notUsed, `kty ""`},

		{"JWT-06 EC P-256", ecMembers(t, elliptic.P256(), nil), used, ""},
		{"JWT-06 EC P-384", ecMembers(t, elliptic.P384(), nil), used, ""},
		{"JWT-06 EC P-521", ecMembers(t, elliptic.P521(), nil), used, ""},
		{"JWT-06 EC P-224", ecMembers(t, elliptic.P224(), nil), notUsed, `crv "P-224"`},
		{"JWT-06 EC secp256k1", ecMembers(t, elliptic.P256(), map[string]any{"crv": "secp256k1"}), notUsed, `crv "secp256k1"`},
		{"JWT-06 EC of another curve", ecMembers(t, elliptic.P256(), map[string]any{"crv": "P-384"}), notUsed, "x is not 48 octets"},
		{"JWT-06 EC off the curve", ecMembers(t, elliptic.P256(), map[string]any{"y": encode64(make([]byte, 32))}), notUsed, "not on P-256"},
		{"JWT-06 EC at infinity", ecMembers(t, elliptic.P256(), map[string]any{"x": encode64(make([]byte, 32)), "y": encode64(make([]byte, 32))}), notUsed, "not on P-256"},
		{"JWT-06 EC x one octet short", ecMembers(t, elliptic.P256(), map[string]any{"x": encode64(make([]byte, 31))}), notUsed, "x is not 32 octets"},
		{"JWT-06 EC y missing", ecMembers(t, elliptic.P256(), map[string]any{"y": nil}), notUsed, "y is not 32 octets"},

		{"JWK-04 certificate, long expired", certifiedMembers(nil), used, ""},
		{"JWK-04 certificate without x5t", certifiedMembers(map[string]any{"x5t": nil}), used, ""},
		{"JWK-04 certificate without kid and x5t", certifiedMembers(map[string]any{"x5t": nil, "kid": nil}), used, ""},
		{"JWK-04 certificate with a chain that is no chain", certifiedMembers(map[string]any{"x5c": append(rsaCertified().x5c(), "??")}), used, ""},
		{"JWK-04 certificate of another RSA key", changed(map[string]any{"x5c": rsaCertified().x5c()}), notUsed, "of another key"},
		{"JWK-04 certificate of an EC key", certifiedMembers(map[string]any{"x5c": ecCertified().x5c(), "x5t": nil}), notUsed, "of another key"},
		{"JWK-04 certificate of an Ed25519 key", certifiedMembers(map[string]any{"x5c": ed25519Certified().x5c(), "x5t": nil}), notUsed, "of another key"},
		{"JWK-04 certificate with another e", certifiedMembers(map[string]any{"e": exponent(65539)}), notUsed, "of another key"},
		{"JWK-04 x5t is not the certificate's", certifiedMembers(map[string]any{"x5t": ecCertified().thumbprint()}), notUsed, "x5t is not the thumbprint"},
		{"JWK-04 certificate that is no certificate", changed(map[string]any{"x5c": []string{"AAAA"}}), used, "x5c cannot be parsed"},
		{"JWK-04 certificate that is no base64", changed(map[string]any{"x5c": []string{"?"}}), used, "x5c cannot be decoded"},
		{"JWK-04 certificate empty", changed(map[string]any{"x5c": []string{""}}), used, "x5c cannot be parsed"},
		{"JWK-04 no certificate in the chain", changed(map[string]any{"x5c": []string{}}), used, ""},

		{"JWK-01 a string for a key", "k", notUsed, ""},
		{"JWK-01 null for a key", nil, notUsed, ""},
		{"JWK-01 an array for a key", []any{rsaMembers(nil)}, notUsed, ""},
		{"JWK-01 an empty key", map[string]any{}, notUsed, `kty ""`},
		{"JWK-01 a member twice", json.RawMessage(`{"kty":"RSA","kid":"k","kid":"l","n":"` + bits(2048) + `","e":"AQAB"}`), notUsed, "duplicate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			good := rsaMembers(map[string]any{"kid": "good", "n": encode64(modulus(2048, 7).Bytes())})
			keys, faults, err := readKeySet(keySet(t, test.key, good))
			if err != nil {
				t.Fatal(err)
			}
			if last := keys[len(keys)-1]; last.kid != "good" {
				t.Fatalf("the good key is gone, the last is %s", last.name())
			}
			if got := len(keys) == 2; got != test.want {
				t.Errorf("used %t, want %t (faults %+v)", got, test.want, faults)
			}
			switch {
			case test.want == used && test.wantFault == "" && len(faults) > 0:
				t.Errorf("faults %+v, want none", faults)
			case test.want == notUsed || test.wantFault != "":
				if len(faults) != 1 || faults[0].used != test.want || faults[0].key == "" || !strings.Contains(faults[0].reason, test.wantFault) {
					t.Errorf("faults %+v, want one with %q, used %t", faults, test.wantFault, test.want)
				}
			}
		})
	}
}

// What keeps nobody from using a key still has to be read right.
func TestReadKeySet_WhatIsRead(t *testing.T) {
	const issuer = "https://login.microsoftonline.com/{tenantid}/v2.0"
	keys, _, err := readKeySet(keySet(t, certifiedMembers(map[string]any{"x5t": nil, "kid": "k", "issuer": issuer, "alg": "RS256"})))
	if err != nil {
		t.Fatal(err)
	}
	got := keys[0]
	if got.kid != "k" || got.x5t != rsaCertified().thumbprint() || got.issuer != issuer || got.alg != "RS256" {
		t.Errorf("kid %q, x5t %q, issuer %q, alg %q", got.kid, got.x5t, got.issuer, got.alg)
	}
	if public, ok := rsaCertified().signer.Public().(*rsa.PublicKey); !ok || !public.Equal(got.public) {
		t.Error("the public key is another one")
	}
	if marshalled := got.jwk.Marshal(); marshalled.KID != "k" || string(marshalled.ALG) != "RS256" || string(marshalled.USE) != "sig" {
		t.Errorf("for keyfunc: kid %q, alg %q, use %q", marshalled.KID, marshalled.ALG, marshalled.USE)
	}
}

// JWK-03: two keys under one id are an ambiguity, and neither is used; the same key twice is no ambiguity.
func TestJWK_03_SameID(t *testing.T) {
	n := func(seed int64) string { return encode64(modulus(2048, seed).Bytes()) }
	key := func(kid, x5t any, seed int64) map[string]any {
		return rsaMembers(map[string]any{"kid": kid, "x5t": x5t, "n": n(seed)})
	}
	for _, test := range []struct {
		name       string
		keys       []any
		want       []string // kid/x5t of the keys that are used
		wantFaults int
	}{
		{"different", []any{key("a", nil, 1), key("b", nil, 2)}, []string{"a/", "b/"}, 0},
		{"same kid, other material", []any{key("a", nil, 1), key("a", nil, 2), key("b", nil, 3)}, []string{"b/"}, 2},
		{"same kid, three times", []any{key("a", nil, 1), key("a", nil, 2), key("a", nil, 1), key("b", nil, 3)}, []string{"b/"}, 2},
		{"same kid, same material", []any{key("a", nil, 1), key("a", nil, 1)}, []string{"a/"}, 0},
		{"same kid, other exponent", []any{key("a", nil, 1), rsaMembers(map[string]any{"kid": "a", "n": n(1), "e": "AQAD"}), key("b", nil, 3)}, []string{"b/"}, 2},
		{"same kid, other kind", []any{key("k", nil, 1), ecMembers(t, elliptic.P256(), nil), key("b", nil, 3)}, []string{"b/"}, 2},
		{"same x5t, other material", []any{key("a", "t", 1), key("b", "t", 2), key("c", nil, 3)}, []string{"c/"}, 2},
		{"same x5t, same material, other kid", []any{key("a", "t", 1), key("b", "t", 1)}, []string{"a/t", "b/t"}, 0},
		{"kid of one is x5t of the other", []any{key("a", "b", 1), key("b", "a", 2)}, []string{"a/b", "b/a"}, 0},
		{"one of the two is broken", []any{key("a", nil, 1), rsaMembers(map[string]any{"kid": "a", "n": n(2), "use": "enc"})}, []string{"a/"}, 1},
		{"kid in other case", []any{key("a", nil, 1), key("A", nil, 2)}, []string{"a/", "A/"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			keys, faults, err := readKeySet(keySet(t, test.keys...))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, key := range keys {
				got = append(got, key.kid+"/"+key.x5t)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("keys %q, want %q", got, test.want)
			}
			if len(faults) != test.wantFaults {
				t.Errorf("faults %+v, want %d", faults, test.wantFaults)
			}
		})
	}
}

// A document that is no key set, or holds no usable key, is refused whole, so that the last good keys stay.
func TestReadKeySet_Document(t *testing.T) {
	good, err := json.Marshal(rsaMembers(nil))
	if err != nil {
		t.Fatal(err)
	}
	set := func(n int) string {
		return `{"keys":[` + strings.TrimSuffix(strings.Repeat(string(good)+",", n), ",") + `]}`
	}
	for _, test := range []struct {
		name, body string
		wantError  string // "" when accepted
	}{
		{"good", set(1), ""},
		{"byte-order mark", "\xef\xbb\xbf" + set(1), ""},
		{"white space around", "\r\n" + set(1) + "\r\n", ""},
		{"more members", `{"issuer":"x","keys":[` + string(good) + `],"more":[{}]}`, ""},
		{"1,000 keys", set(1000), ""},
		{"1,001 keys", set(1001), "more than 1000 keys"},
		{"10,000 keys", set(10000), "more than 1000 keys"},
		{"empty", "", "key set"},
		{"two byte-order marks", "\xef\xbb\xbf\xef\xbb\xbf" + set(1), "key set"},
		{"cut short", set(1)[:len(set(1))-2], "key set"},
		{"data after", set(1) + "{}", "key set"},
		{"an error", `{"error":"temporarily_unavailable"}`, "none of 0 keys"},
		{"a page", `<!DOCTYPE html><title>Sign in</title>`, "key set"},
		{"an array", `[` + string(good) + `]`, "key set"},
		{"null", `null`, "none of 0 keys"},
		{"keys null", `{"keys":null}`, "not an array"},
		{"keys an object", `{"keys":{"k":` + string(good) + `}}`, "not an array"},
		{"keys in other case", `{"Keys":[` + string(good) + `]}`, "none of 0 keys"},
		{"keys empty", `{"keys":[]}`, "none of 0 keys"},
		{"no usable key", `{"keys":[{"kty":"oct","kid":"k","k":"AAAA"},{}]}`, "none of 2 keys"},
		{"keys twice", `{"keys":[` + string(good) + `],"keys":[]}`, "none of 0 keys"},
	} {
		t.Run(test.name, func(t *testing.T) {
			keys, _, err := readKeySet([]byte(test.body))
			switch {
			case test.wantError == "" && err != nil:
				t.Error(err)
			case test.wantError == "" && len(keys) != 1:
				t.Errorf("%d keys, want the one", len(keys))
			case test.wantError != "" && err == nil:
				t.Errorf("accepted, with %d keys", len(keys))
			case test.wantError != "" && !strings.Contains(err.Error(), test.wantError):
				t.Errorf("error %q, want %q in it", err, test.wantError)
			}
		})
	}
}

// Four megabytes of next to nothing cost no more than a copy of them.
func TestReadKeySet_ManyKeysCostLittle(t *testing.T) {
	body := []byte(`{"keys":[` + strings.Repeat("1,", maxKeySetBytes/2-8) + `1]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := readKeySet(body)
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Error("accepted")
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 2*maxKeySetBytes {
		t.Errorf("%d bytes were allocated for a key set of %d", got, len(body))
	}
}

// A fault is told of by the key's name where it has one, else by its place.
func TestReadKeySet_FaultsNameTheKey(t *testing.T) {
	_, faults, err := readKeySet(keySet(t,
		rsaMembers(map[string]any{"kid": "weak\n", "n": "AQAB"}),
		map[string]any{"kty": "oct"},
		map[string]any{"kid": 1},
		"key",
		rsaMembers(nil),
	))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, fault := range faults {
		got = append(got, fault.key)
	}
	if want := []string{`weak\n`, "keys[1]", "keys[2]", "keys[3]"}; !slices.Equal(got, want) {
		t.Errorf("faults of %q, want %q", got, want)
	}
}

// Under which ids a key is not used is told for every row that can be read that far, however bad the rest.
func TestReadKeySet_FaultsHaveIDs(t *testing.T) {
	n := func(seed int64) string { return encode64(modulus(2048, seed).Bytes()) }
	_, faults, err := readKeySet(keySet(t,
		rsaMembers(map[string]any{"kid": "enc", "x5t": "t", "use": "enc"}),
		rsaMembers(map[string]any{"kid": nil, "x5t": "weak", "n": "AQAB"}),
		json.RawMessage(`{"kid":"twice","kty":"RSA","kty":"oct"}`),
		map[string]any{"kid": "typed", "use": 1},
		map[string]any{"kid": 1, "x5t": 2},
		rsaMembers(map[string]any{"kid": "two", "x5t": "one", "n": n(1)}),
		rsaMembers(map[string]any{"kid": "two", "n": n(2)}),
		rsaMembers(map[string]any{"kid": "remark", "x5c": []string{"AAAA"}, "n": n(3)}),
		rsaMembers(map[string]any{"kid": "good", "n": n(4)}),
	))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, fault := range faults {
		if !fault.used {
			got = append(got, fault.key+":"+fault.kid+"/"+fault.x5t)
		}
	}
	if want := []string{"enc:enc/", "keys[1]:/weak", "twice:twice/", "typed:typed/", "keys[4]:/", "two:two/one", "two:two/"}; !slices.Equal(got, want) {
		t.Errorf("faults %q, want %q", got, want)
	}
}

// No document makes the reader panic, and what it takes is within the rules.
func FuzzReadKeySet(f *testing.F) {
	for _, keys := range [][]any{
		{rsaMembers(nil)}, {certifiedMembers(nil)}, {ecMembers(f, elliptic.P256(), nil)},
		{rsaMembers(map[string]any{"kid": nil, "x5t": "t"}), rsaMembers(map[string]any{"key_ops": []string{"sign"}})},
	} {
		f.Add(keySet(f, keys...))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		keys, _, err := readKeySet(body)
		if err != nil {
			return
		}
		ids := make(map[string]bool)
		for _, key := range keys {
			if id := fmt.Sprintf("%q %q", key.kid, key.x5t); key.id() == "" || ids[id] {
				t.Errorf("key %s without an id, or twice", id)
			} else {
				ids[id] = true
			}
			switch public := key.public.(type) {
			case *rsa.PublicKey:
				if n := public.N.BitLen(); n < 2048 || n > 8192 || public.E < 65537 || public.E%2 == 0 {
					t.Errorf("RSA key of %d bits with exponent %d", n, public.E)
				}
			case *ecdsa.PublicKey:
				if _, err := public.Bytes(); err != nil {
					t.Error(err)
				}
			default:
				t.Errorf("key of type %T", public)
			}
		}
	})
}
