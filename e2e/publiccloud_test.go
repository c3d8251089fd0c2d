package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// publicCloud is where MSAL asks about every authority that it does not know (msal/authority.py), and az 2.45 has no switch for that.
const publicCloud = "login.microsoftonline.com"

// newAZForEntra returns an az that nobody has used yet, for a demo that is an Entra ID. What it asks of the public cloud is answered on
// this machine, by a stand-in that knows the demo for an authority. It reaches loopback only.
func newAZForEntra(t *testing.T, d demo) azCLI {
	t.Helper()
	ca := newPublicCA(t)
	cloud := httptest.NewUnstartedServer(instanceDiscovery(d))
	cloud.TLS = &tls.Config{Certificates: []tls.Certificate{ca.issue(t, publicCloud)}}
	cloud.StartTLS()
	t.Cleanup(cloud.Close)
	demoHost := strings.TrimPrefix(d.URL, "https://")
	az := newAZ(t, d, startOutsideProxy(t, map[string]string{
		publicCloud + ":443": cloud.Listener.Addr().String(),
		// MSAL drops the authority's port where it asks how a user's password is to be sent.
		"localhost:443": demoHost,
	}))
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	content := bytes.Join([][]byte{readFile(t, filepath.Join(d.Data, "ca.pem")), ca.pem()}, nil)
	if err := os.WriteFile(bundle, content, 0o600); err != nil {
		t.Fatal(err)
	}
	az.env = append(az.env, "REQUESTS_CA_BUNDLE="+bundle, "NO_PROXY="+demoHost+",127.0.0.1") // the later ones count
	return az
}

// instanceDiscovery answers as the public cloud does about hosts that it knows.
func instanceDiscovery(d demo) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /common/discovery/instance", func(w http.ResponseWriter, r *http.Request) {
		asked, err := url.Parse(r.URL.Query().Get("authorization_endpoint"))
		if err != nil || asked.Hostname() != "localhost" && asked.Hostname() != publicCloud {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_instance"})
			return
		}
		tenant, _, _ := strings.Cut(strings.TrimPrefix(asked.Path, "/"), "/")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"tenant_discovery_endpoint": d.URL + "/" + tenant + "/v2.0/.well-known/openid-configuration",
			"api-version":               "1.1",
			"metadata": []any{map[string]any{
				"preferred_network": asked.Hostname(), "preferred_cache": asked.Hostname(), "aliases": []string{asked.Hostname()},
			}},
		})
	})
	return mux
}

// A publicCA is the certificate authority of the stand-ins for hosts elsewhere. The demo's own must not be: its certificates are for
// localhost alone.
type publicCA struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newPublicCA(t *testing.T) publicCA {
	t.Helper()
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "stand-ins for the public cloud"},
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	ca := publicCA{key: newECKey(t)}
	ca.certificate = signCertificate(t, template, template, ca.key, ca.key)
	return ca
}

// issue returns a certificate of a host.
func (ca publicCA) issue(t *testing.T, host string) tls.Certificate {
	t.Helper()
	key := newECKey(t)
	leaf := signCertificate(t, &x509.Certificate{
		Subject:     pkix.Name{CommonName: host},
		DNSNames:    []string{host},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, ca.certificate, key, ca.key)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}
}

func (ca publicCA) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.certificate.Raw})
}

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signCertificate makes a certificate of key that parent signs with signer, good for the time of a test.
func signCertificate(t *testing.T, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}
