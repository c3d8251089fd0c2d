package localca

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
)

const (
	caLifetime     = 10 * 365 * 24 * time.Hour
	serverLifetime = 365 * 24 * time.Hour
	// backdate keeps a certificate valid for clients whose clock is a little behind.
	backdate = time.Hour
)

// A CA issues the demo's server certificate.
type CA struct {
	dir         *datadir.Dir
	key         crypto.Signer
	certificate *x509.Certificate
}

// Open reads the CA from the data directory, or makes one there.
func Open(dir *datadir.Dir) (*CA, error) {
	pair, err := dir.KeyPair("ca-key.pem", nil, newCA)
	if err != nil {
		return nil, err
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Leaf.Raw})
	if written, err := dir.Read("ca.pem"); err != nil || !bytes.Equal(written, public) {
		if err := dir.Write("ca.pem", public, 0o644); err != nil {
			return nil, err
		}
	}
	return &CA{dir: dir, key: pair.PrivateKey.(crypto.Signer), certificate: pair.Leaf}, nil
}

// File is the path of ca.pem, the certificate that clients are to trust.
func (ca *CA) File() string { return ca.dir.File("ca.pem") }

// Pool holds the CA's certificate and no other.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.certificate)
	return pool
}

// ServerCertificate reads the server's certificate for localhost, 127.0.0.1 and ::1 from the data directory. It issues one
// when there is none, when the CA is another than the one that issued it, or when it ends within 60 days.
func (ca *CA) ServerCertificate() (tls.Certificate, error) {
	return ca.dir.KeyPair("server.pem",
		func(certificate *x509.Certificate) bool { return certificate.CheckSignatureFrom(ca.certificate) == nil },
		ca.issueServer)
}

func newCA() (crypto.Signer, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "Hubgate demo CA " + now.UTC().Format(time.DateOnly)},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(caLifetime),
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},

		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         []string{"localhost"},
		PermittedIPRanges: []*net.IPNet{
			{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
			{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
		},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return key, certificate, err
}

func (ca *CA) issueServer() (crypto.Signer, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "localhost"},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(serverLifetime),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ca.certificate.NotAfter.Before(template.NotAfter) {
		template.NotAfter = ca.certificate.NotAfter
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, key.Public(), ca.key)
	return key, certificate, err
}
