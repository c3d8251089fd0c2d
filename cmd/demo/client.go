package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
)

// newClient returns a client for the demo that runs with this data directory. It trusts the directory's CA and no other.
func newClient(dir *datadir.Dir) (*http.Client, error) {
	content, err := dir.Read("ca.pem")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no demo was ever started with the data directory %s", dir.Path())
	}
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("%s holds no certificate", dir.File("ca.pem"))
	}
	return &http.Client{Transport: newTransport(roots), Timeout: 10 * time.Second}, nil
}

// newTransport reaches the demo itself: by no proxy, and over a connection for each request, because an idle one would hold
// up the end of the server for a second.
func newTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		DisableKeepAlives: true,
	}
}
