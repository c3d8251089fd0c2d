package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/sample"
)

// A demo is a server that runs in this process, started as the command line starts it.
type demo struct {
	data    string // its data directory
	url     string // https://localhost:{port}
	admin   string // the administrator's https://localhost:{port}, or ""
	plain   string // http://127.0.0.1:{port}, or ""
	banner  string
	client  *http.Client // trusts ca.pem
	stopped func() int   // ends the demo as Ctrl-C does and returns its exit status
	stderr  *buffer
}

// A buffer is a bytes.Buffer that one goroutine writes while another reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// start runs demo serve on ports that are free, until the test ends. Its RSA keys are the same in all tests, because they are
// slow to make.
func start(t *testing.T, args ...string) *demo {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	if err := errors.Join(os.Mkdir(data, 0o700), os.CopyFS(data, os.DirFS(rsaKeys()))); err != nil {
		t.Fatal(err)
	}
	for _, file := range rsaKeyFiles { // CopyFS does not keep modes
		if err := os.Chmod(filepath.Join(data, file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return startIn(t, data, args...)
}

var rsaKeyFiles = []string{
	"signing.pem", "signing-entra.pem", "signing-federation.pem",
	"clients/deployer.pem", "clients/operations.pem", "clients/resolver.pem",
}

// rsaKeys is a data directory with nothing but the RSA keys.
var rsaKeys = sync.OnceValue(func() string {
	path, err := os.MkdirTemp("", "demo")
	if err != nil {
		panic(err)
	}
	dir, err := datadir.Open(path)
	if err != nil {
		panic(err)
	}
	for _, file := range rsaKeyFiles {
		if _, err := dir.KeyPair(file, nil, datadir.SelfSigned("test")); err != nil {
			panic(err)
		}
	}
	return path
})

func TestMain(m *testing.M) {
	status := m.Run()
	os.RemoveAll(rsaKeys())
	os.Exit(status)
}

// startIn runs demo serve with a data directory that may be new.
func startIn(t *testing.T, data string, args ...string) *demo {
	t.Helper()
	d := &demo{data: data, stderr: &buffer{}}
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--listen-http", "127.0.0.1:0", "--listen-admin", "127.0.0.1:0", "--data", data}, args...)
	ctx, cancel := context.WithCancel(context.Background())
	status := make(chan int, 1)
	output, stdout := io.Pipe()
	go func() {
		status <- run(ctx, args, stdout, d.stderr)
		stdout.Close()
	}()
	d.stopped = sync.OnceValue(func() int {
		cancel()
		return <-status
	})
	t.Cleanup(func() {
		if got := d.stopped(); got != 0 {
			t.Errorf("the demo ends with status %d:\n%s", got, d.stderr)
		}
	})

	banner, err := io.ReadAll(untilLast(output, "Ctrl-C ends it.\n"))
	if err != nil {
		t.Fatal(err)
	}
	d.banner = string(banner)
	if d.url = regexp.MustCompile(`https://localhost:\d+`).FindString(d.banner); d.url == "" {
		t.Fatalf("the banner names no URL:\n%s\n%s", d.banner, d.stderr)
	}
	if admin := regexp.MustCompile(`Administration +(https://localhost:\d+)`).FindStringSubmatch(d.banner); admin != nil {
		d.admin = admin[1]
	}
	d.plain = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(d.banner)
	dir, err := datadir.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	if d.client, err = newClient(dir); err != nil {
		t.Fatal(err)
	}
	return d
}

// untilLast reads up to and with the line end.
func untilLast(r io.Reader, end string) io.Reader {
	var read strings.Builder
	return readerFunc(func(p []byte) (int, error) {
		if strings.HasSuffix(read.String(), end) {
			return 0, io.EOF
		}
		n, err := r.Read(p)
		read.Write(p[:n])
		return n, err
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// command runs a command that ends by itself and fails the test unless it succeeds.
func runCommand(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), args, &stdout, &stderr); status != 0 || stderr.Len() > 0 {
		t.Fatalf("demo %s: status %d: %s", strings.Join(args, " "), status, &stderr)
	}
	return stdout.String()
}

// token gets a token as scripts do.
func (d *demo) token(t *testing.T, name string, args ...string) string {
	t.Helper()
	args = append([]string{"token", "--as", name, "--data", d.data}, args...)
	return strings.TrimSuffix(runCommand(t, args...), "\n")
}

// principal finds a sample principal in its own tenant.
func principal(t *testing.T, installation sample.Installation, name string) sample.Principal {
	t.Helper()
	p, err := findPrincipal(installation, name, "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A call is a request and what came of it.
type call struct {
	status int
	code   string // of an error in Resource Manager's form
	header http.Header
	text   string
	body   map[string]any // unless the answer is an array
}

func (d *demo) call(t *testing.T, token, method, path, body string) call {
	t.Helper()
	return d.callAt(t, d.url, token, method, path, body)
}

func (d *demo) callAt(t *testing.T, base, token, method, path, body string) call {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := d.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	c := call{status: response.StatusCode, header: response.Header, text: string(content)}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") && len(content) > 0 && content[0] != '[' {
		if err := json.Unmarshal(content, &c.body); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, content)
		}
		if e, ok := c.body["error"].(map[string]any); ok {
			c.code, _ = e["code"].(string)
		}
	}
	return c
}

// waitFor polls what another goroutine brings about.
func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s never happened", what)
		}
	}
}

// insecure is a TLS configuration for looking at certificates.
func insecure() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }
