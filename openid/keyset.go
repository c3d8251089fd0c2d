package openid

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is a SHA-1 thumbprint by definition (RFC 7517, section 4.8); it finds a key and proves nothing
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/MicahParks/jwkset"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxKeySetBytes = 4 << 20
	maxKeys        = 1000
	maxKeyIDBytes  = 256

	minRSABits     = 2048
	maxRSABits     = 8192 // bounds the cost of one verification
	minRSAExponent = 65537
)

// A signingKey is one usable key of a provider.
type signingKey struct {
	kid, x5t string // one of them may be empty
	// issuer is the member "issuer" of Entra ID's v2 key sets: whose tokens the key may sign, with {tenantid} in it or
	// exact. Empty passes.
	issuer string
	alg    string // the member "alg", "" when absent
	public crypto.PublicKey
	jwk    jwkset.JWK     // the same key for keyfunc
	raw    jsontext.Value // the same key as published, for the snapshot
}

// name is how logs call the key.
func (k *signingKey) name() string {
	if k.kid != "" {
		return clip(k.kid)
	}
	return clip(k.x5t)
}

// sameMaterial reports whether k and other are the same key, whatever they are called.
func (k *signingKey) sameMaterial(other *signingKey) bool {
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		return public.Equal(other.public)
	case *ecdsa.PublicKey:
		return public.Equal(other.public)
	}
	return false
}

// sameIn reports whether other, of the same material, is k in everything else that is read of it, too.
func (k *signingKey) sameIn(other *signingKey) bool {
	return k.kid == other.kid && k.x5t == other.x5t && k.issuer == other.issuer && k.alg == other.alg
}

// A keyFault is why a published key is not used, or is used with a reservation.
type keyFault struct {
	key    string // its kid, or its place in the set
	reason string
	used   bool
	// kid and x5t are the ids under which a key is not used, as far as they can be read: nor is one that was known under
	// them before.
	kid, x5t string
}

// concerns reports whether key bears an id under which the set's own key is not used.
func (f keyFault) concerns(key *signingKey) bool {
	return f.kid != "" && f.kid == key.kid || f.x5t != "" && f.x5t == key.x5t
}

// jwk holds the members of a published key that Hubgate reads (RFC 7517, section 4; RFC 7518, section 6; issuer is Entra ID's).
type jwk struct {
	KeyType    string   `json:"kty"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  string   `json:"alg"`
	KeyID      string   `json:"kid"`
	Thumbprint string   `json:"x5t"`
	Chain      []string `json:"x5c"`
	Issuer     string   `json:"issuer"`
	N          string   `json:"n"`
	E          string   `json:"e"`
	Curve      string   `json:"crv"`
	X          string   `json:"x"`
	Y          string   `json:"y"`
}

// readKeySet reads a JWK Set. A key that cannot be used is left out and told of; it never spoils the others (RFC 7517,
// section 5). A document that is no key set, or holds no usable key, is an error.
func readKeySet(body []byte) ([]*signingKey, []keyFault, error) {
	var set struct {
		Keys publishedKeys `json:"keys"`
	}
	lenient := json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) // each key is read strictly below
	if err := json.Unmarshal(trimBOM(body), &set, lenient); err != nil {
		return nil, nil, fmt.Errorf("key set: %w", err)
	}
	var keys []*signingKey
	var faults []keyFault
	for i, raw := range set.Keys {
		key, remark, err := readKey(raw)
		switch {
		case err != nil:
			faults = append(faults, unusable(raw, i, err))
			continue
		case remark != "":
			faults = append(faults, keyFault{key: key.name(), reason: remark, used: true})
		}
		keys = append(keys, key)
	}
	keys, ambiguous := dropAmbiguous(keys)
	faults = append(faults, ambiguous...)
	if len(keys) == 0 {
		return nil, faults, fmt.Errorf("key set: none of %d keys is usable", len(set.Keys))
	}
	return keys, faults, nil
}

// publishedKeys are the members of a key set's array, as they came.
type publishedKeys []jsontext.Value

// UnmarshalJSONFrom stops at the first key too many, so that 4 MiB of them never become 2,000,000 values.
func (k *publishedKeys) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	*k = nil
	if start, err := decoder.ReadToken(); err != nil {
		return err
	} else if start.Kind() != '[' {
		return errors.New("not an array")
	}
	for decoder.PeekKind() != ']' {
		if len(*k) == maxKeys {
			return fmt.Errorf("more than %d keys", maxKeys)
		}
		key, err := decoder.ReadValue()
		if err != nil {
			return err
		}
		*k = append(*k, key.Clone())
	}
	_, err := decoder.ReadToken()
	return err
}

// unusable is the fault of a key that could not be read, under the name that can be.
func unusable(raw jsontext.Value, i int, reason error) keyFault {
	var named struct {
		KeyID      any `json:"kid"`
		Thumbprint any `json:"x5t"`
	}
	_ = json.Unmarshal(raw, &named, jsontext.AllowDuplicateNames(true)) // what stays empty is named by its place
	fault := keyFault{reason: reason.Error()}
	if fault.kid, _ = named.KeyID.(string); fault.kid != "" {
		fault.key = clip(fault.kid)
		return fault
	}
	fault.x5t, _ = named.Thumbprint.(string)
	fault.key = fmt.Sprintf("keys[%d]", i)
	return fault
}

// dropAmbiguous removes every key whose kid or x5t also stands for other material in the same set: to choose one would be a
// guess. A key that is merely repeated stays, once.
func dropAmbiguous(keys []*signingKey) ([]*signingKey, []keyFault) {
	var faults []keyFault
	ambiguous := make(map[*signingKey]bool)
	first := make(map[string]*signingKey, 2*len(keys))
	repeated := make(map[*signingKey]bool)
	for _, key := range keys {
		for _, id := range []string{"kid " + key.kid, "x5t " + key.x5t} {
			if len(id) == len("kid ") {
				continue
			}
			earlier, found := first[id]
			switch {
			case !found:
				first[id] = key
			case !earlier.sameMaterial(key):
				ambiguous[earlier], ambiguous[key] = true, true
			case earlier.kid == key.kid:
				repeated[key] = true
			}
		}
	}
	kept := slices.DeleteFunc(keys, func(key *signingKey) bool {
		if ambiguous[key] {
			faults = append(faults, keyFault{key: key.name(), reason: "the set has other key material under the same id", kid: key.kid, x5t: key.x5t})
		}
		return ambiguous[key] || repeated[key]
	})
	return kept, faults
}

// readKey reads one key. A remark tells of a flaw that does not keep the key from being used.
func readKey(raw jsontext.Value) (key *signingKey, remark string, err error) {
	var k jwk
	if err := json.Unmarshal(raw, &k); err != nil {
		return nil, "", err
	}
	switch {
	case k.Use != "" && k.Use != "sig":
		return nil, "", fmt.Errorf("use is %q, not sig", clip(k.Use))
	case k.Operations != nil && !slices.Contains(k.Operations, "verify"):
		return nil, "", errors.New("key_ops lacks verify")
	case len(k.KeyID) > maxKeyIDBytes || len(k.Thumbprint) > maxKeyIDBytes:
		return nil, "", fmt.Errorf("kid or x5t is longer than %d bytes", maxKeyIDBytes)
	}
	key = &signingKey{kid: k.KeyID, x5t: k.Thumbprint, issuer: k.Issuer, alg: k.Algorithm, raw: raw.Clone()}
	switch k.KeyType {
	case "RSA":
		key.public, err = rsaKey(k)
	case "EC":
		key.public, err = ecKey(k)
	default:
		err = fmt.Errorf("kty %q is not used to verify tokens", clip(k.KeyType))
	}
	if err != nil {
		return nil, "", err
	}
	if remark, err = key.checkCertificate(k.Chain); err != nil {
		return nil, "", err
	}
	if key.kid == "" && key.x5t == "" {
		return nil, "", errors.New("neither kid nor x5t")
	}
	key.jwk, err = jwkset.NewJWKFromKey(key.public, jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{KID: key.id(), ALG: jwkset.ALG(key.alg), USE: jwkset.USE(k.Use)},
		Validate: jwkset.JWKValidateOptions{SkipAll: true}, // all of it is done here, by the rules of this package
	})
	return key, remark, err
}

// id is the name under which keyfunc finds the key.
func (k *signingKey) id() string {
	if k.kid != "" {
		return k.kid
	}
	return k.x5t
}

// checkCertificate compares the key with the leaf of x5c (RFC 7517, section 4.7). Its expiry is of no account: Entra ID's keys
// rotate by publication, and their certificates outlive them by years.
func (k *signingKey) checkCertificate(chain []string) (remark string, err error) {
	if len(chain) == 0 {
		return "", nil
	}
	der, err := base64.StdEncoding.DecodeString(chain[0])
	if err != nil {
		return "x5c cannot be decoded; n and e count", nil
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return "x5c cannot be parsed; n and e count", nil
	}
	if public, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(k.public) {
		return "", errors.New("the certificate in x5c is of another key")
	}
	sum := sha1.Sum(leaf.Raw)
	thumbprint := base64.RawURLEncoding.EncodeToString(sum[:])
	if k.x5t == "" {
		k.x5t = thumbprint
	}
	if k.x5t != thumbprint {
		return "", errors.New("x5t is not the thumbprint of the certificate in x5c")
	}
	return "", nil
}

// rsaKey reads n and e (RFC 7518, section 6.3.1) within the bounds of NIST SP 800-56B and of what one verification may cost.
func rsaKey(k jwk) (*rsa.PublicKey, error) {
	n, err := base64Uint("n", k.N, maxRSABits)
	if err != nil {
		return nil, err
	}
	e, err := base64Uint("e", k.E, 31)
	if err != nil {
		return nil, err
	}
	switch {
	case n.BitLen() < minRSABits:
		return nil, fmt.Errorf("RSA modulus of %d bits, at least %d are required", n.BitLen(), minRSABits)
	case n.Bit(0) == 0:
		return nil, errors.New("RSA modulus is even")
	case e.Bit(0) == 0 || e.Int64() < minRSAExponent:
		return nil, fmt.Errorf("RSA exponent %s, an odd one of at least %d is required", e, minRSAExponent)
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

// ecKey reads crv, x and y (RFC 7518, section 6.2.1); a point off the curve is refused.
func ecKey(k jwk) (*ecdsa.PublicKey, error) {
	curves := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}
	curve, ok := curves[k.Curve]
	if !ok {
		return nil, fmt.Errorf("crv %q is not supported", clip(k.Curve))
	}
	size := (curve.Params().BitSize + 7) / 8
	point := bytes.NewBuffer([]byte{4}) // uncompressed, SEC 1 section 2.3.3
	for _, coordinate := range []struct{ name, value string }{{"x", k.X}, {"y", k.Y}} {
		octets, err := decodeBase64URL(coordinate.value)
		if err != nil || len(octets) != size {
			return nil, fmt.Errorf("%s is not %d octets in base64url", coordinate.name, size)
		}
		point.Write(octets)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, point.Bytes())
	if err != nil {
		return nil, fmt.Errorf("the point is not on %s", k.Curve)
	}
	return public, nil
}

func base64Uint(name, value string, maxBits int) (*big.Int, error) {
	octets, err := decodeBase64URL(value)
	if err != nil || len(octets) == 0 {
		return nil, fmt.Errorf("%s is not an integer in base64url", name)
	}
	i := new(big.Int).SetBytes(octets)
	if i.BitLen() > maxBits {
		return nil, fmt.Errorf("%s has %d bits, at most %d are taken", name, i.BitLen(), maxBits)
	}
	return i, nil
}
