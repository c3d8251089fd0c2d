//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package mfaaudit_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hubgate.example/middleware/mfaaudit"
)

// auditEnv makes the test binary a process that has an Audit with the file that it names, says so, and keeps it until it is killed.
const auditEnv = "MFAAUDIT_TEST_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(auditEnv); path != "" {
		a, err := mfaaudit.New(mfaaudit.Config{File: path})
		if err != nil {
			os.Stdout.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		a.Add(by(alice))
		if err := a.Close(); err != nil { // so that what was added is in the file
			os.Exit(1)
		}
		if _, err := mfaaudit.New(mfaaudit.Config{File: path}); err != nil {
			os.Exit(1)
		}
		os.Stdout.WriteString("ready\n")
		_, _ = io.Copy(io.Discard, os.Stdin) // which ends with the test, if nothing ends the process before
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// auditor starts such a process and returns what it says first.
func auditor(t *testing.T, path string) (said string, kill func()) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), auditEnv+"="+path)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	kill = func() {
		if !ended {
			ended = true
			_ = command.Process.Kill() // it may have ended by itself
			_ = command.Wait()
		}
	}
	t.Cleanup(kill)
	said, err = bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(said), kill
}

// wantInUse fails the test unless the file is refused as another Audit's.
func wantInUse(t *testing.T, path, err string) {
	t.Helper()
	if want := "mfaaudit: Config.File: " + path + ": another audit writes it: each process needs a file of its own"; err != want {
		t.Errorf("the error is %q, want %q", err, want)
	}
}

// Two processes never write one file. Others read it meanwhile, and a process that is killed locks nobody out.
func TestLockBetweenProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	said, kill := auditor(t, path)
	if said != "ready" {
		t.Fatal(said)
	}
	if _, err := mfaaudit.New(mfaaudit.Config{File: path}); err == nil {
		t.Error("a second process has the file")
	} else {
		wantInUse(t, path, err.Error())
	}
	if got := readFile(t, path); len(got.Records) != 1 {
		t.Errorf("the file has %+v", got)
	}
	kill()
	a := newAudit(t, mfaaudit.Config{File: path})
	if got := only(t, a.Report()); got.ObjectID != alice {
		t.Errorf("after the other was killed the list has %+v", got)
	}
	said, _ = auditor(t, path)
	wantInUse(t, path, said)
}

// Nor do two Audits of one process; one that is closed, or that was refused for another reason, locks nobody out.
func TestLockWithinAProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	a := newAudit(t, mfaaudit.Config{File: path})
	a.Add(by(alice))
	a.Add(by(bob))
	if _, err := mfaaudit.New(mfaaudit.Config{File: path}); err == nil {
		t.Error("a second audit has the file")
	} else {
		wantInUse(t, path, err.Error())
	}
	closeAudit(t, a)
	if _, err := mfaaudit.New(mfaaudit.Config{File: path, MaxRecords: 1}); err == nil || strings.Contains(err.Error(), "another audit") {
		t.Errorf("with too little room: %v", err)
	}
	if got := newAudit(t, mfaaudit.Config{File: path}).Report(); len(got.Records) != 2 {
		t.Errorf("the list has %+v", got)
	}
}
