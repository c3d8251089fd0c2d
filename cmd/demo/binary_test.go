package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestBinary builds the program and does with it what a shell does.
func TestBinary(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a POSIX shell and signals")
	}
	binary := filepath.Join(t.TempDir(), "a directory", "demo") // the blank has to be quoted
	if output, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	home := t.TempDir()

	t.Run("printed commands, default data directory", func(t *testing.T) {
		p := startProcess(t, binary, home)
		if strings.Contains(p.banner, "--data") {
			t.Errorf("the commands name the default directory:\n%s", p.banner)
		}
		p.paste(t)
		p.end(t, os.Interrupt)
	})
	t.Run("printed commands, data directory to be quoted", func(t *testing.T) {
		p := startProcess(t, binary, home, "--data", filepath.Join(t.TempDir(), "it's $HOME"))
		p.paste(t)
		p.end(t, syscall.SIGTERM)
	})
	t.Run("serve by name, relative data directory", func(t *testing.T) {
		p := startProcess(t, binary, home, "serve", "--data", "here")
		p.paste(t)
		p.end(t, os.Interrupt)
	})
	t.Run("status of a wrong command line", func(t *testing.T) {
		command := exec.Command(binary, "--nope")
		err := command.Run()
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 2 {
			t.Errorf("%v, want exit status 2", err)
		}
	})
}

// A process is a running demo.
type process struct {
	command *exec.Cmd
	banner  string
	stderr  *bytes.Buffer
	output  io.Reader
}

// startProcess starts the demo in home's configuration directory and reads its banner.
func startProcess(t *testing.T, binary, home string, args ...string) *process {
	t.Helper()
	if len(args) > 0 && args[0] == "serve" {
		args = append(args, "--listen", "127.0.0.1:0", "--listen-http", "127.0.0.1:0", "--listen-admin", "127.0.0.1:0")
	} else {
		args = append([]string{"--listen", "127.0.0.1:0", "--listen-http", "127.0.0.1:0", "--listen-admin", "127.0.0.1:0"}, args...)
	}
	p := &process{command: exec.Command(binary, args...), stderr: &bytes.Buffer{}}
	p.command.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME=")
	p.command.Dir = home
	p.command.Stderr = p.stderr
	output, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.command.ProcessState == nil {
			p.command.Process.Kill()
			p.command.Wait()
		}
	})
	reader := bufio.NewReader(output)
	p.output = reader
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			p.command.Wait()
			t.Fatalf("no banner: %v\n%s", err, p.stderr)
		}
		p.banner += line
		if strings.HasPrefix(line, "Ctrl-C") {
			return p
		}
	}
}

// paste runs the three printed commands, as they are, in a shell that is somewhere else.
func (p *process) paste(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	var commands []string
	for line := range strings.Lines(p.banner) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "TOKEN=") || strings.HasPrefix(line, "curl ") {
			commands = append(commands, line)
		}
	}
	if len(commands) != 3 {
		t.Fatalf("%d commands:\n%s", len(commands), p.banner)
	}
	shell := exec.Command("sh", "-e", "-c", strings.Join([]string{commands[0], commands[1], "echo ----", commands[2]}, "\n"))
	shell.Env = p.command.Env
	shell.Dir = t.TempDir()
	output, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	allowed, forbidden, _ := strings.Cut(string(output), "\n----\n") // an answer ends its line
	if !strings.HasSuffix(forbidden, "}\n") {
		t.Errorf("the prompt would stick to %q", forbidden)
	}
	if !strings.Contains(allowed, `"name":"app"`) || strings.Contains(allowed, `"error"`) {
		t.Errorf("the allowed call answers %s", allowed)
	}
	if !strings.Contains(forbidden, `"code":"AuthorizationFailed"`) {
		t.Errorf("the forbidden call answers %s", forbidden)
	}
}

// end sends a signal and wants a clean end.
func (p *process) end(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := p.command.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(p.output)
	if err != nil || len(rest) > 0 {
		t.Errorf("after the banner: %q, %v", rest, err)
	}
	if err := p.command.Wait(); err != nil {
		t.Errorf("%v\n%s", err, p.stderr)
	}
}
