package datadir

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"time"
)

// SelfSigned returns an issue function for KeyPair that makes an RSA key, which is what AD FS and Azure's clients sign with,
// and a certificate that nobody vouches for: who registers it trusts it. It is valid for ten years, because nothing tells a
// client of another one.
func SelfSigned(commonName string) func() (crypto.Signer, []byte, error) {
	return func() (crypto.Signer, []byte, error) {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, nil, err
		}
		now := time.Now()
		template := &x509.Certificate{
			Subject:               pkix.Name{CommonName: commonName},
			NotBefore:             now.Add(-time.Hour), // for clocks that are a little behind
			NotAfter:              now.AddDate(10, 0, 0),
			BasicConstraintsValid: true,
			KeyUsage:              x509.KeyUsageDigitalSignature,
		}
		certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		return key, certificate, err
	}
}
