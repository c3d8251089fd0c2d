// Issuer is somebody else's identity provider, for the tests of this module: package openidtest behind real HTTPS, in a process of
// its own. It prints one line of JSON when it is ready and ends with its standard input.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"flag"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// Started is the line that the process prints.
type Started struct {
	Authority string `json:"authority"` // of the home tenant
	Common    string `json:"common"`    // of many tenants, with Entra ID
	Audience  string `json:"audience"`
	CA        string `json:"ca"` // PEM
	Mint      string `json:"mint"`
}

func main() {
	kind := flag.String("type", string(openid.ADFS), "adfs, entra-v1 or entra-v2")
	tenant := flag.String("tenant", "", "home tenant")
	flag.Parse()
	if err := serve(openid.AuthorityType(*kind), *tenant); err != nil {
		log.Fatal(err)
	}
}

func serve(kind openid.AuthorityType, tenant string) error {
	certificate, ca, err := selfSigned()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	base := "https://" + listener.Addr().String()
	issuer, err := openidtest.New(openidtest.Config{Type: kind, Tenant: tenant, BaseURL: base})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", issuer)
	mux.HandleFunc("/mint", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		var more []openidtest.Claim
		if other := query.Get("tenant"); other != "" {
			more = append(more, openidtest.Tenant(other))
		}
		token, err := issuer.Mint(openidtest.User(query.Get("oid"), query["group"]...), more...)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, token)
	})
	started := Started{Authority: issuer.Authority(), Audience: issuer.Audience(), CA: ca, Mint: base + "/mint"}
	if kind != openid.ADFS {
		started.Common = issuer.AuthorityOf("common")
	}
	if err := json.NewEncoder(os.Stdout).Encode(started); err != nil {
		return err
	}
	server := &http.Server{Handler: mux, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	if err := server.ServeTLS(listener, "", ""); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// selfSigned makes a certificate for 127.0.0.1 that is its own authority.
func selfSigned() (tls.Certificate, string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "hubgate e2e issuer"},
		NotBefore:             time.Now().Add(-time.Minute),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, authority, nil
}
