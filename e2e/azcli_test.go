package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// azTimeout bounds one command of az, which takes about a second.
const azTimeout = time.Minute

// An azCLI is the unmodified az with a configuration directory of its own: the clouds it knows and who is signed in.
type azCLI struct {
	config string
	cloud  string   // the name of the demo's cloud
	env    []string // without AZURE_CONFIG_DIR
}

// An azResult is what a command of az leaves.
type azResult struct {
	code           int
	stdout, stderr string
}

// requireAZ skips a test that az drives on a machine without it.
func requireAZ(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("az"); err != nil {
		t.Skip("az is not installed: Debian has it in the package azure-cli")
	}
}

// newAZ returns an az that trusts the demo's certificate authority and that nobody has used yet. It reaches loopback only.
func newAZ(t *testing.T, d demo, outside *outsideProxy) azCLI {
	t.Helper()
	return azCLI{config: t.TempDir(), cloud: "hubgate", env: []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + t.TempDir(),
		"LANG=C.UTF-8",
		"REQUESTS_CA_BUNDLE=" + filepath.Join(d.Data, "ca.pem"),
		"HTTP_PROXY=" + outside.url(), "HTTPS_PROXY=" + outside.url(), "NO_PROXY=localhost,127.0.0.1",
		"AZURE_CORE_COLLECT_TELEMETRY=no", "AZURE_CORE_NO_COLOR=yes", "AZURE_CORE_DISABLE_PROGRESS_BAR=yes",
	}}
}

// register makes a Resource Manager the cloud that az works with.
func (a azCLI) register(t *testing.T, resourceManager, profile string) azCLI {
	t.Helper()
	a.run(t, "cloud", "register", "--name", a.cloud, "--endpoint-resource-manager", resourceManager, "--profile", profile,
		"--suffix-storage-endpoint", "local.hubgate.example", "--suffix-keyvault-dns", ".vault.local.hubgate.example")
	a.run(t, "cloud", "set", "--name", a.cloud)
	return a
}

// fresh is an az that knows the same clouds, with its own people signed in.
func (a azCLI) fresh(t *testing.T) azCLI {
	t.Helper()
	config := t.TempDir()
	if err := os.CopyFS(config, os.DirFS(a.config)); err != nil {
		t.Fatal(err)
	}
	a.config = config
	return a
}

func (a azCLI) command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "az", args...)
	command.Env = append([]string{"AZURE_CONFIG_DIR=" + a.config}, a.env...)
	command.WaitDelay = time.Second // for what holds its output open after it was killed
	return command
}

// try runs a command of az, whatever comes of it.
func (a azCLI) try(t *testing.T, args ...string) azResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), azTimeout)
	defer cancel()
	command := a.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited || ctx.Err() != nil {
		t.Fatalf("az %s: %v\n%s", azWords(args), err, stderr.Bytes())
	}
	return azResult{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// run runs a command of az that has to succeed.
func (a azCLI) run(t *testing.T, args ...string) {
	t.Helper()
	if result := a.try(t, args...); result.code != 0 {
		t.Fatalf("az %s: exit code %d\n%s", azWords(args), result.code, result.stderr)
	}
}

// azJSON runs a command of az that has to succeed, and reads its output.
func azJSON[T any](t *testing.T, a azCLI, args ...string) T {
	t.Helper()
	return azDecode[T](t, args, a.try(t, append(args, "--output", "json")...))
}

// azStartedJSON waits for a command of az that has to succeed, and reads its output.
func azStartedJSON[T any](t *testing.T, r *azRunning) T {
	t.Helper()
	return azDecode[T](t, r.args, r.wait())
}

func azDecode[T any](t *testing.T, args []string, result azResult) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(result.stdout), &value); err != nil || result.code != 0 {
		t.Fatalf("az %s: exit code %d, %v\n%s%s", azWords(args), result.code, err, result.stdout, result.stderr)
	}
	return value
}

// refused runs a command of az that has to fail, with an exit code and parts of what it tells its user.
func (a azCLI) refused(t *testing.T, code int, parts []string, args ...string) {
	t.Helper()
	result := a.try(t, args...)
	if result.code != code {
		t.Errorf("az %s: exit code %d, want %d\n%s%s", azWords(args), result.code, code, result.stdout, result.stderr)
	}
	for _, part := range parts {
		if !strings.Contains(result.stderr, part) {
			t.Errorf("az %s: does not say %q:\n%s", azWords(args), part, result.stderr)
		}
	}
}

// An azRunning is a command of az that waits for someone.
type azRunning struct {
	args   []string
	stderr *bufio.Scanner
	said   []string // lines of stderr
	wait   func() azResult
}

// start starts a command of az. Its standard error has to be read while it runs, by until and by wait.
func (a azCLI) start(t *testing.T, args ...string) *azRunning {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), azTimeout)
	t.Cleanup(cancel)
	command := a.command(ctx, args...)
	var stdout bytes.Buffer
	command.Stdout = &stdout
	stderr, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	r := &azRunning{args: args, stderr: bufio.NewScanner(stderr)}
	r.wait = sync.OnceValue(func() azResult {
		for r.stderr.Scan() {
			r.said = append(r.said, r.stderr.Text())
		}
		_ = command.Wait() // the exit code says it
		return azResult{command.ProcessState.ExitCode(), stdout.String(), strings.Join(r.said, "\n")}
	})
	t.Cleanup(func() {
		cancel()
		r.wait()
	})
	return r
}

// until reads what the command says until it matches, and returns the match and its groups.
func (r *azRunning) until(t *testing.T, pattern *regexp.Regexp) []string {
	t.Helper()
	for r.stderr.Scan() {
		r.said = append(r.said, r.stderr.Text())
		if match := pattern.FindStringSubmatch(r.stderr.Text()); match != nil {
			return match
		}
	}
	t.Fatalf("az never said %s:\n%s", pattern, strings.Join(r.said, "\n"))
	return nil
}

// azWords is a command line for a message. What follows --password stays out of logs.
func azWords(args []string) string {
	words := slices.Clone(args)
	for i := 1; i < len(words); i++ {
		if words[i-1] == "--password" {
			words[i] = "..."
		}
	}
	return strings.Join(words, " ")
}
