package mfaaudit_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/middleware/mfaaudit"
)

// by is a write of a principal.
func by(oid string) mfaaudit.Call {
	return write(func(c *mfaaudit.Call) { c.Principal.ObjectID = oid })
}

func readFile(tb testing.TB, path string) mfaaudit.Report {
	tb.Helper()
	report, err := mfaaudit.Read(path)
	if err != nil {
		tb.Fatal(err)
	}
	return report
}

// The list survives a restart, and goes on.
func TestRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	a := newAudit(t, mfaaudit.Config{File: path, MaxRecords: 2})
	for _, oid := range []string{alice, alice, bob, contributors} {
		a.Add(by(oid))
	}
	before := a.Report()
	closeAudit(t, a)
	if got := readFile(t, path); !reflect.DeepEqual(got, before) {
		t.Errorf("the file has\n%+v\nwant\n%+v", got, before)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}

	a = newAudit(t, mfaaudit.Config{File: path, MaxRecords: 2})
	if got := a.Report(); !reflect.DeepEqual(got, before) {
		t.Errorf("after the restart the list is\n%+v\nwant\n%+v", got, before)
	}
	a.Add(by(bob))
	a.Add(by(contributors))
	closeAudit(t, a)
	got := readFile(t, path)
	if len(got.Records) != 2 || got.Records[0].Count != 2 || got.Records[1].Count != 2 || got.Unlisted != 2 {
		t.Errorf("the file has %+v", got)
	}
	if !got.Records[0].First.Equal(before.Records[0].First) {
		t.Errorf("first is %v, was %v", got.Records[0].First, before.Records[0].First)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 2 || entries[1].Name() != "audit.jsonl.lock" {
		t.Errorf("beside the file and its lock there is more, or less: %v, %v", entries, err)
	}
}

// What has changed is written within a second, without a Close, and the file can be read meanwhile.
func TestFileIsWrittenSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		a := newAudit(t, mfaaudit.Config{File: path})
		if got := readFile(t, path); len(got.Records) != 0 {
			t.Errorf("at first the file has %+v", got)
		}
		for i := range 3 {
			a.Add(by(alice))
			a.Add(by(bob))
			time.Sleep(time.Second)
			synctest.Wait()
			if got := readFile(t, path); !reflect.DeepEqual(got, a.Report()) || got.Records[0].Count != int64(i+1) {
				t.Errorf("after %d seconds the file has %+v", i+1, got)
			}
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// Appended: a line for each record that had changed.
		if lines := strings.Count(string(content), "\n"); lines != 7 {
			t.Errorf("%d lines", lines)
		}
		a.Add(by(alice))
		time.Sleep(time.Hour)
		size := func() int64 {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			return info.Size()
		}
		before := size()
		time.Sleep(time.Hour)
		if after := size(); after != before {
			t.Errorf("the file grows from %d to %d bytes while nothing happens", before, after)
		}
	})
}

// However much is counted, the file stays within a bound.
func TestFileIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		a := newAudit(t, mfaaudit.Config{File: path})
		long := strings.Repeat("n", 250)
		var largest int64
		shrank := false
		for range 4000 {
			for _, oid := range []string{alice, bob} {
				a.Add(write(func(c *mfaaudit.Call) {
					c.Principal.ObjectID, c.Principal.Name, c.Operation.Action = oid, long, long
				}))
			}
			time.Sleep(time.Second)
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			shrank = shrank || info.Size() < largest
			largest = max(largest, info.Size())
		}
		if !shrank || largest > 1<<20+16<<10 {
			t.Errorf("the file had up to %d bytes; was it ever written anew: %v", largest, shrank)
		}
		if got := readFile(t, path); got.Records[0].Count < 3999 {
			t.Errorf("the file has %+v", got)
		}
	})
}

// Half a line at the end is what a crash leaves: the rest counts.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	a := newAudit(t, mfaaudit.Config{File: path})
	a.Add(by(alice))
	closeAudit(t, a)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	if err := os.WriteFile(path, append(bytes.Clone(whole), lines[1][:40]...), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, path); len(got.Records) != 1 {
		t.Errorf("the file has %+v", got)
	}
	a = newAudit(t, mfaaudit.Config{File: path})
	a.Add(by(bob))
	closeAudit(t, a)
	if got := readFile(t, path); len(got.Records) != 2 {
		t.Errorf("the file has %+v", got)
	}
}

// A damaged file is set aside, and said so; one that is no audit's is left alone.
func TestRefusedFiles(t *testing.T) {
	const begun = `{"mfaAudit":1}` + "\n"
	record := `{"tenant":"` + tenant + `","objectId":"` + alice + `","kind":"user","credential":"none","operations":null,"count":1,` +
		`"first":"2026-01-02T03:04:05Z","last":"2026-01-02T03:04:05Z","why":["x"],"moveTo":"y"}` + "\n"
	tests := []struct {
		name, content string
		aside         bool
		wantErr       bool
		records       int
	}{
		{"empty", "", false, false, 0},
		{"begun", begun, false, false, 0},
		{"a record", begun + record, false, false, 1},
		{"no JSON", begun + record + "{\n", true, false, 0},
		{"another shape", begun + "[]\n" + record, true, false, 0},
		{"no record", begun + `{"tenant":"x"}` + "\n", true, false, 0},
		{"a time that is none", begun + strings.Replace(record, "2026-01-02", "yesterday", 1), true, false, 0},
		{"a line without end", begun + record + strings.Repeat(" ", 2<<20) + "\n", true, false, 0},
		{"another file", "root:x:0:0\n", false, true, 0},
		{"another version", `{"mfaAudit":2}` + "\n" + record, false, true, 0},
		{"a long line", strings.Repeat("x", 2<<20), false, true, 0},
		{"a list of records alone", record, false, true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "audit.jsonl")
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			a, err := mfaaudit.New(mfaaudit.Config{File: path, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if tt.wantErr {
				if err == nil || !strings.HasPrefix(err.Error(), "mfaaudit: Config.File: ") {
					t.Errorf("New = %v, %v", a, err)
				}
				if content, err := os.ReadFile(path); err != nil || string(content) != tt.content {
					t.Errorf("the file was changed: %v", err)
				}
				if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
					t.Errorf("something was left beside the file: %v, %v", entries, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if report := a.Report(); len(report.Records) != tt.records {
				t.Errorf("report is %+v", report)
			}
			closeAudit(t, a)
			readFile(t, path)
			content, err := os.ReadFile(path + ".refused")
			if tt.aside && (err != nil || string(content) != tt.content || !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "line ")) {
				t.Errorf("the damaged file is not aside, or nobody was told: %v, %s", err, log.String())
			}
			if !tt.aside && (!errors.Is(err, fs.ErrNotExist) || log.Len() > 0) {
				t.Errorf("a good file was set aside: %v, %s", err, log.String())
			}
		})
	}
}

// Wrong configuration fails at construction, with an error that names the field.
func TestConfig(t *testing.T) {
	dir := t.TempDir()
	full := filepath.Join(dir, "full.jsonl")
	a := newAudit(t, mfaaudit.Config{File: full})
	a.Add(by(alice))
	a.Add(by(bob))
	closeAudit(t, a)
	for want, config := range map[string]mfaaudit.Config{
		"mfaaudit: Config.MaxRecords: -1 is negative":             {MaxRecords: -1},
		"mfaaudit: Config.MaxRecords: 1, but the file has 2 reco": {MaxRecords: 1, File: full},
		"mfaaudit: Config.File: " + dir + " is not a regular":     {File: dir},
		"mfaaudit: Config.File: open " + dir + "/missing/":        {File: filepath.Join(dir, "missing", "audit.jsonl")},
	} {
		if a, err := mfaaudit.New(config); a != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("New = %v, %v, want an error that begins with %s", a, err, want)
		}
	}
	if _, err := mfaaudit.Read(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read = %v", err)
	}
	if got := readFile(t, full); len(got.Records) != 2 {
		t.Errorf("a refused configuration changed the file: %+v", got)
	}
}

// A disk that fails costs no request and no count: the list goes on in memory and is written whole when the disk is back.
func TestDiskFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "state")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "audit.jsonl")
		var log bytes.Buffer
		a := newAudit(t, mfaaudit.Config{File: path, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		long := strings.Repeat("n", 250)
		grow := func() { // until the file is due to be written anew, for which its directory is needed
			for range 2000 {
				a.Add(write(func(c *mfaaudit.Call) { c.Principal.Name, c.Operation.Action = long, long }))
				time.Sleep(time.Second)
			}
		}
		if err := os.Rename(dir, dir+".away"); err != nil {
			t.Fatal(err)
		}
		grow()
		synctest.Wait()
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
			t.Errorf("%d errors in the log: %s", n, log.String())
		}
		a.Add(by(bob))
		if err := os.Rename(dir+".away", dir); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := readFile(t, path); len(got.Records) != 2 || got.Records[0].Count != 2000 {
			t.Errorf("the file has %+v", got)
		}
	})
}
