package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What is not committed counts wherever it is in the repository, except the results.
func TestCommit(t *testing.T) {
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	for _, tc := range []struct {
		changed string
		want    string // after the hash
	}{
		{"", ""},
		{"bench/RESULTS.md", ""},
		{"RESULTS.md", " with changes"},
		{"bench/doc.go", " with changes"},
		{"rbac/policy.go", " with changes"},
	} {
		t.Run(tc.changed, func(t *testing.T) {
			repository := t.TempDir()
			git := func(args ...string) string {
				t.Helper()
				command := exec.Command("git", args...)
				command.Dir = repository
				output, err := command.CombinedOutput()
				if err != nil {
					t.Fatalf("git %q: %v\n%s", args, err, output)
				}
				return strings.TrimSpace(string(output))
			}
			write := func(name, content string) {
				t.Helper()
				if err := os.WriteFile(filepath.Join(repository, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, dir := range []string{"bench", "rbac"} {
				if err := os.Mkdir(filepath.Join(repository, dir), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			git("init", "-q")
			for _, name := range []string{"RESULTS.md", "bench/RESULTS.md", "bench/doc.go", "rbac/policy.go"} {
				write(name, "committed")
			}
			git("add", ".")
			git("-c", "user.name=bench", "-c", "user.email=bench@hubgate.example", "commit", "-q", "-m", "all")
			if tc.changed != "" {
				write(tc.changed, "changed since")
			}
			want := git("rev-parse", "--short=12", "HEAD") + tc.want
			if got := commit(t.Context(), filepath.Join(repository, "bench")); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	if got := commit(t.Context(), t.TempDir()); got != "unknown" {
		t.Errorf("no repository: got %q", got)
	}
}
