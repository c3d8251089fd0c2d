package e2e

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binaries holds what TestMain built.
var binaries struct{ demo, issuer string }

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binaries.demo, binaries.issuer = filepath.Join(dir, "demo"), filepath.Join(dir, "issuer")
	code := 1
	if err := errors.Join(build("..", "./cmd/demo", binaries.demo), build(".", "./issuer", binaries.issuer)); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// build builds a package of the module in dir: the demo as it is shipped, with the versions of its own go.mod.
func build(dir, pkg, to string) error {
	output, err := exec.Command("go", "build", "-C", dir, "-o", to, pkg).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build %s in %s: %w\n%s", pkg, dir, err, output)
	}
	return nil
}

// A demo is a running demo server.
type demo struct {
	URL    string // https, of Resource Manager and the identity provider alike
	Plain  string // http, with --listen-http
	Data   string
	Client *http.Client // trusts the demo's certificate authority
}

var (
	httpsURL = regexp.MustCompile(`https://localhost:\d+`)
	httpURL  = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
)

// startDemo starts the built binary on free ports and waits until it is ready.
func startDemo(t *testing.T, args ...string) demo {
	t.Helper()
	d := demo{Data: t.TempDir()}
	args = append([]string{"serve", "--data", d.Data, "--listen", "127.0.0.1:0", "--listen-http", "", "--listen-admin", "127.0.0.1:0"}, args...)
	command := exec.Command(binaries.demo, args...)
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log lockedBuffer
	command.Stderr = &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("demo ended with %v, want a clean end\n%s", err, log.String())
		}
		if t.Failed() {
			t.Logf("demo's log:\n%s", log.String())
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "Ctrl-C") {
		d.URL = cmp.Or(d.URL, httpsURL.FindString(lines.Text()))
		d.Plain = cmp.Or(d.Plain, httpURL.FindString(lines.Text()))
	}
	if d.URL == "" {
		t.Fatalf("the demo printed no URL\n%s", log.String())
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	d.Client = trusting(t, readFile(t, filepath.Join(d.Data, "ca.pem")))
	waitReady(t, d)
	return d
}

// waitReady asks /readyz until the demo has the keys of its identity provider.
func waitReady(t *testing.T, d demo) {
	t.Helper()
	for range 100 {
		response, err := d.Client.Get(d.URL + "/readyz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the demo is not ready after 5 seconds")
}

// A lockedBuffer collects a process's output while the test reads it.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// trusting returns a client that trusts the certificate authorities in pem and nobody else.
func trusting(t *testing.T, pem []byte) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in PEM")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

// A principal is one of the demo's sample principals, as demo principals prints them.
type principal struct {
	Name            string   `json:"name"`
	Kind            string   `json:"kind"`
	TenantID        string   `json:"tenantId"`
	ObjectID        string   `json:"objectId"`
	ApplicationID   string   `json:"applicationId"`
	ClientSecret    string   `json:"clientSecret"`
	CertificateFile string   `json:"certificateFile"`
	Username        string   `json:"username"`
	Password        string   `json:"password"`
	HomeTenantID    string   `json:"homeTenantId"` // of a guest
	ResourceID      string   `json:"resourceId"`
	Groups          []string `json:"groups"`
}

// principals are the sample principals, each in its own tenant: where it is no guest and, of an application in several, the first.
func (d demo) principals(t *testing.T) map[string]principal {
	t.Helper()
	principals := make(map[string]principal)
	for _, p := range d.allPrincipals(t) {
		if _, earlier := principals[p.Name]; !earlier && p.HomeTenantID == "" {
			principals[p.Name] = p
		}
	}
	return principals
}

// allPrincipals are the sample principals of all tenants.
func (d demo) allPrincipals(t *testing.T) []principal {
	t.Helper()
	var list []principal
	if err := json.Unmarshal(d.run(t, "principals", "--output", "json"), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// of returns the entry of a principal in another tenant.
func (d demo) of(t *testing.T, name, tenant string) principal {
	t.Helper()
	for _, p := range d.allPrincipals(t) {
		if p.Name == name && p.TenantID == tenant {
			return p
		}
	}
	t.Fatalf("no principal %s in the tenant %s", name, tenant)
	return principal{}
}

// run runs another command of the demo on the same data directory.
func (d demo) run(t *testing.T, command string, args ...string) []byte {
	t.Helper()
	run := exec.Command(binaries.demo, append([]string{command, "--data", d.Data}, args...)...)
	var stderr bytes.Buffer
	run.Stderr = &stderr
	output, err := run.Output()
	if err != nil {
		t.Fatalf("demo %s: %v\n%s", command, err, stderr.Bytes())
	}
	return output
}
