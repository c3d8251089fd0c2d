package datadir

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// renewal is how long before its end a certificate is replaced. Only a start looks, so it exceeds what a demo is likely to
// run without one.
const renewal = 60 * 24 * time.Hour

// KeyPair returns the key and certificate that the file holds, as one PEM. It calls issue and writes the file when it is not
// there, when its certificate ends within 60 days, or when usable, which may be nil, refuses the certificate. A file that
// cannot be read is an error and never replaced: somebody may trust what is in it.
func (d *Dir) KeyPair(name string, usable func(*x509.Certificate) bool, issue func() (crypto.Signer, []byte, error)) (tls.Certificate, error) {
	content, err := d.ReadPrivate(name)
	if err == nil {
		pair, err := tls.X509KeyPair(content, content)
		if err != nil {
			return tls.Certificate{}, fmt.Errorf("%s: %w", d.File(name), err)
		}
		if time.Until(pair.Leaf.NotAfter) > renewal && (usable == nil || usable(pair.Leaf)) {
			return pair, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, err
	}

	key, certificate, err := issue()
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s: %w", d.File(name), err)
	}
	if content, err = encodeKeyPair(key, certificate); err != nil {
		return tls.Certificate{}, fmt.Errorf("%s: %w", d.File(name), err)
	}
	if err := d.Write(name, content, 0o600); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(content, content)
}

// encodeKeyPair writes a key and a DER certificate in the form that az and azidentity read: one PEM, PKCS #8.
func encodeKeyPair(key crypto.Signer, certificate []byte) ([]byte, error) {
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var content bytes.Buffer
	for _, block := range []*pem.Block{{Type: "PRIVATE KEY", Bytes: private}, {Type: "CERTIFICATE", Bytes: certificate}} {
		if err := pem.Encode(&content, block); err != nil {
			return nil, err
		}
	}
	return content.Bytes(), nil
}
