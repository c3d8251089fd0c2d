package localca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
)

func open(t *testing.T, path string) *CA {
	t.Helper()
	dir, err := datadir.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func serverCertificate(t *testing.T, ca *CA) tls.Certificate {
	t.Helper()
	certificate, err := ca.ServerCertificate()
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// poolOf is what a client makes of ca.pem.
func poolOf(t *testing.T, ca *CA) *x509.CertPool {
	t.Helper()
	content, err := os.ReadFile(ca.File())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		t.Fatal("ca.pem holds no certificate")
	}
	return pool
}

func TestClientsTrustTheServer(t *testing.T) {
	ca := open(t, filepath.Join(t.TempDir(), "data"))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{serverCertificate(t, ca)}}
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for pool, roots := range map[string]*x509.CertPool{"ca.pem": poolOf(t, ca), "Pool": ca.Pool()} {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
		for _, host := range []string{"localhost", "127.0.0.1"} {
			response, err := client.Get("https://" + net.JoinHostPort(host, port))
			if err != nil {
				t.Errorf("%s, %s: %v", pool, host, err)
				continue
			}
			response.Body.Close()
		}
	}
}

func TestServerCertificateNames(t *testing.T) {
	ca := open(t, filepath.Join(t.TempDir(), "data"))
	leaf := serverCertificate(t, ca).Leaf
	for name, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "::1": true, "127.0.0.2": false, "example.com": false, "sub.localhost": false,
	} {
		_, err := leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), DNSName: name})
		if (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err == nil {
		t.Error("the certificate serves for clients")
	}
}

// The CA's key must be worth nothing beyond this machine.
func TestCAIsConstrained(t *testing.T) {
	ca := open(t, filepath.Join(t.TempDir(), "data"))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(template *x509.Certificate) *x509.Certificate {
		template.Subject = pkix.Name{CommonName: "test"}
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, key.Public(), ca.key)
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return certificate
	}
	serverAuth := []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, test := range []struct {
		name     string
		template *x509.Certificate
		usage    x509.ExtKeyUsage
		want     bool
	}{
		{"localhost", &x509.Certificate{DNSNames: []string{"localhost"}, ExtKeyUsage: serverAuth}, x509.ExtKeyUsageServerAuth, true},
		{"loopback", &x509.Certificate{IPAddresses: []net.IP{net.IPv6loopback}, ExtKeyUsage: serverAuth}, x509.ExtKeyUsageServerAuth, true},
		{"another host", &x509.Certificate{DNSNames: []string{"login.microsoftonline.com"}, ExtKeyUsage: serverAuth}, x509.ExtKeyUsageServerAuth, false},
		{"another address", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}, ExtKeyUsage: serverAuth}, x509.ExtKeyUsageServerAuth, false},
		{"code", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}}, x509.ExtKeyUsageCodeSigning, false},
	} {
		_, err := issue(test.template).Verify(x509.VerifyOptions{Roots: ca.Pool(), KeyUsages: []x509.ExtKeyUsage{test.usage}})
		if (err == nil) != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if !ca.certificate.MaxPathLenZero || ca.certificate.MaxPathLen != 0 {
		t.Error("the CA may have CAs below it")
	}
}

func TestRestartKeepsCertificates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	first := open(t, path)
	server := serverCertificate(t, first)
	// Whoever lost the public half gets it back.
	if err := os.Remove(first.File()); err != nil {
		t.Fatal(err)
	}
	second := open(t, path)
	if !first.certificate.Equal(second.certificate) {
		t.Error("another CA")
	}
	if !server.Leaf.Equal(serverCertificate(t, second).Leaf) {
		t.Error("another server certificate")
	}
	poolOf(t, second)
}

func TestServerCertificateOfAnotherCAIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	server := serverCertificate(t, open(t, path))
	if err := os.Remove(filepath.Join(path, "ca-key.pem")); err != nil {
		t.Fatal(err)
	}
	ca := open(t, path)
	renewed := serverCertificate(t, ca)
	if server.Leaf.Equal(renewed.Leaf) {
		t.Fatal("the old certificate is still there")
	}
	if _, err := renewed.Leaf.Verify(x509.VerifyOptions{Roots: poolOf(t, ca), DNSName: "localhost"}); err != nil {
		t.Error(err)
	}
}

func TestBrokenCAIsNotReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	open(t, path)
	file := filepath.Join(path, "ca-key.pem")
	if err := os.WriteFile(file, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir, err := datadir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("no error")
	}
	if content, _ := os.ReadFile(file); string(content) != "broken" {
		t.Error("the file was replaced")
	}
}

func TestOnlyThePublicHalfIsPublic(t *testing.T) {
	ca := open(t, filepath.Join(t.TempDir(), "data"))
	serverCertificate(t, ca)
	content, err := os.ReadFile(ca.File())
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode(content)
	if block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 {
		t.Errorf("ca.pem is not one certificate: %s", content)
	}
	for _, name := range []string{"ca-key.pem", "server.pem"} {
		info, err := os.Stat(ca.dir.File(name))
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o", name, info.Mode().Perm())
		}
	}
}
