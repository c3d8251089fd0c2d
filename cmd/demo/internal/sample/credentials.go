package sample

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/openid"
)

const secretsFile = "secrets.json"

// Credentials are what the sample principals prove themselves with. They are generated once for each data directory. Who is in
// several tenants has the same credentials in all of them. A managed identity has none that anybody could show.
type Credentials struct {
	dir          *datadir.Dir
	secrets      map[string]string            // by the principal's name
	certificates map[string]*x509.Certificate // likewise
}

// OpenCredentials reads the credentials of an installation's principals from the data directory, and makes those that are not there.
func OpenCredentials(dir *datadir.Dir, installation Installation) (*Credentials, error) {
	c := &Credentials{dir: dir, secrets: map[string]string{}, certificates: map[string]*x509.Certificate{}}
	principals := installation.Principals()
	if err := c.openSecrets(principals); err != nil {
		return nil, err
	}
	if err := c.openCertificates(principals); err != nil {
		return nil, err
	}
	return c, nil
}

// openCertificates makes those that are not there at the same time: an RSA key takes a tenth of a second.
func (c *Credentials) openCertificates(principals []Principal) error {
	var clients []Principal
	for _, p := range principals {
		if p.Kind == openid.KindServicePrincipal && !slices.ContainsFunc(clients, func(q Principal) bool { return q.Name == p.Name }) {
			clients = append(clients, p)
		}
	}
	pairs, errs := make([]tls.Certificate, len(clients)), make([]error, len(clients))
	var opened sync.WaitGroup
	for i, p := range clients {
		opened.Go(func() { pairs[i], errs[i] = c.dir.KeyPair(certificateFile(p), nil, datadir.SelfSigned(p.Name)) })
	}
	opened.Wait()
	for i, p := range clients {
		if errs[i] != nil {
			return errs[i]
		}
		c.certificates[p.Name] = pairs[i].Leaf
	}
	return nil
}

// openSecrets keeps what is in the file for others: it may be another installation's.
func (c *Credentials) openSecrets(principals []Principal) error {
	content, err := c.dir.ReadPrivate(secretsFile)
	if err == nil {
		if err := json.Unmarshal(content, &c.secrets); err != nil {
			return fmt.Errorf("%s: %w", c.dir.File(secretsFile), err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	complete := true
	for _, p := range principals {
		if c.secrets[p.Name] == "" && p.Kind != openid.KindManagedIdentity {
			c.secrets[p.Name] = rand.Text()
			complete = false
		}
	}
	if complete {
		return nil
	}
	if content, err = json.MarshalIndent(c.secrets, "", "  "); err != nil {
		return err
	}
	return c.dir.Write(secretsFile, append(content, '\n'), 0o600)
}

// Secret returns a user's password or a service principal's client secret, and "" for a managed identity.
func (c *Credentials) Secret(p Principal) string { return c.secrets[p.Name] }

// Certificate returns a service principal's certificate, and nil for everyone else.
func (c *Credentials) Certificate(p Principal) *x509.Certificate { return c.certificates[p.Name] }

// CertificateFile returns the path of the PEM file with a service principal's key and certificate, and "" for everyone else.
func (c *Credentials) CertificateFile(p Principal) string {
	if c.certificates[p.Name] == nil {
		return ""
	}
	return c.dir.File(certificateFile(p))
}

func certificateFile(p Principal) string { return "clients/" + p.Name + ".pem" }
