package openidtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/openid"
)

// consumers is the tenant of Microsoft's consumer accounts.
const consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"

// A key is a signing key with its certificate.
type key struct {
	certificate tls.Certificate
	id          string // kid and x5t: base64url(SHA-1(DER)) of the certificate
	published   bool
	consumer    bool // vouches for consumer accounts only; the v2 key set says so
}

func newKey(certificate tls.Certificate, algorithm string) (*key, error) {
	if len(certificate.Certificate) == 0 {
		return nil, errors.New("no certificate")
	}
	if certificate.Leaf == nil {
		leaf, err := x509.ParseCertificate(certificate.Certificate[0])
		if err != nil {
			return nil, err
		}
		certificate.Leaf = leaf
	}
	// A key that cannot sign fails here and not with the first token.
	if _, err := sign(algorithm, "", certificate.PrivateKey); err != nil {
		return nil, err
	}
	public, ok := certificate.Leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if signer, isSigner := certificate.PrivateKey.(crypto.Signer); !ok || !isSigner || !public.Equal(signer.Public()) {
		return nil, errors.New("the certificate is another key's")
	}
	thumbprint := sha1.Sum(certificate.Certificate[0])
	return &key{certificate: certificate, id: encode(thumbprint[:]), published: true}, nil
}

// generateKey makes a key with a self-signed certificate: AD FS renews its own every year, those of Entra ID live for five.
func (i *Issuer) generateKey() (*key, error) {
	signer, err := i.generateSigner()
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	name, years := "accounts.accesscontrol."+i.address.Hostname(), 5
	if i.typ == openid.ADFS {
		name, years = "ADFS Signing - "+i.address.Hostname(), 1
	}
	now := i.now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(years, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		return nil, err
	}
	return newKey(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: signer}, i.algorithm)
}

func (i *Issuer) generateSigner() (crypto.Signer, error) {
	switch i.algorithm {
	case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512":
		k, err := rsa.GenerateKey(rand.Reader, i.bits)
		if err != nil {
			return nil, fmt.Errorf("openidtest: KeyBits: %w", err)
		}
		return k, nil
	case "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	default:
		return nil, fmt.Errorf("openidtest: Algorithm: %q is not known", i.algorithm)
	}
}

// sign signs with golang-jwt, whose errors tell when key and algorithm do not fit.
func sign(algorithm, text string, key any) ([]byte, error) {
	if strings.EqualFold(algorithm, "none") {
		return nil, nil
	}
	method := jwt.GetSigningMethod(algorithm)
	if method == nil {
		return nil, fmt.Errorf("algorithm %q is not known", algorithm)
	}
	return method.Sign(text, key)
}

// jwk returns the public half as the issuer publishes it; issuer is the key's issuer member, if any.
func (k *key) jwk(typ openid.AuthorityType, algorithm, issuer string) map[string]any {
	jwk := map[string]any{
		"use": "sig",
		"kid": k.id,
		"x5t": k.id,
		"x5c": []string{base64.StdEncoding.EncodeToString(k.certificate.Certificate[0])},
	}
	switch public := k.certificate.Leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		jwk["kty"] = "RSA"
		jwk["n"] = encode(public.N.Bytes())
		jwk["e"] = encode(big.NewInt(int64(public.E)).Bytes())
	case *ecdsa.PublicKey:
		point, _ := public.Bytes() // fails for curves that newKey cannot sign with
		half := len(point) / 2
		jwk["kty"] = "EC"
		jwk["crv"] = public.Params().Name
		jwk["x"] = encode(point[1 : 1+half])
		jwk["y"] = encode(point[1+half:])
	}
	if typ == openid.ADFS {
		jwk["alg"] = algorithm
	}
	if issuer != "" {
		jwk["issuer"] = issuer
	}
	return jwk
}
