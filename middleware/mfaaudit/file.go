package mfaaudit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

const (
	// firstLine begins each file, so that no other file is ever taken for one and written over.
	firstLine = `{"mfaAudit":1}` + "\n"
	// maxLine is more than any record takes.
	maxLine = 1 << 20
	// slack is how much a file grows at least before it is written anew, in bytes.
	slack = 1 << 20
)

// A line has either a record or the number of calls that are not listed.
type line struct {
	*Record
	Unlisted int64 `json:"unlisted,omitempty"`
}

// A file is what an Audit writes. Only one goroutine uses it.
type file struct {
	path      string
	appending *os.File // nil before it was first written
	// size is how many bytes the file has, and anew how many it had when it was last written anew.
	size, anew int64
	unlisted   int64 // as last written
	err        error // of the last write
}

// rewrites reports whether the next write is of the whole file, for which it needs every record: at first, after a write that may have
// left half a line, and when most of the file is out of date.
func (f *file) rewrites() bool {
	return f.appending == nil || f.err != nil || f.size > 2*f.anew+slack
}

// write writes records: all of them if rewrites says so, else those that have changed.
func (f *file) write(records []Record, unlisted int64) error {
	whole := f.rewrites()
	var content bytes.Buffer
	if whole {
		content.WriteString(firstLine)
	}
	encoder := json.NewEncoder(&content) // a line for each value
	for i := range records {
		_ = encoder.Encode(line{Record: &records[i]}) // texts, numbers and times always marshal
	}
	if unlisted > 0 && (whole || unlisted != f.unlisted) {
		_ = encoder.Encode(line{Unlisted: unlisted})
	}
	if whole {
		f.err = f.replace(content.Bytes())
	} else {
		var n int
		n, f.err = f.appending.Write(content.Bytes())
		f.size += int64(n)
	}
	f.unlisted = unlisted
	return f.err
}

// replace writes the file whole: to disk first, then under its name.
func (f *file) replace(content []byte) (err error) {
	f.close()
	temporary, err := os.CreateTemp(filepath.Dir(f.path), "."+filepath.Base(f.path)+"-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary.Name())
		}
	}()
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	if err = os.Rename(temporary.Name(), f.path); err != nil {
		return err
	}
	f.size = int64(len(content))
	f.anew = f.size
	f.appending, err = os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND, 0)
	return err
}

func (f *file) close() {
	if f.appending != nil {
		_ = f.appending.Close() // each write has already told whether it failed
		f.appending = nil
	}
}

// damageError is what is wrong with a file that an Audit has begun.
type damageError struct {
	line int
	err  error
}

func (e *damageError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }
func (e *damageError) Unwrap() error { return e.err }

// Read reads the file of an Audit, which may be in use: it answers what has been written so far.
func Read(path string) (Report, error) {
	f, lines, err := open(path)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	report, err := readLines(lines)
	if err != nil {
		return Report{}, fmt.Errorf("%s: %w", path, err)
	}
	return report, nil
}

// open opens a file for what comes after its first line, which tells that it is an Audit's. An empty one is going to be.
func open(path string) (*os.File, *bufio.Reader, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, nil, err
	} else if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	lines := bufio.NewReaderSize(f, maxLine)
	switch first, err := lines.ReadSlice('\n'); {
	case string(first) == firstLine, len(first) == 0 && errors.Is(err, io.EOF):
		return f, lines, nil
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull):
		_ = f.Close()
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	_ = f.Close()
	return nil, nil, fmt.Errorf("%s: it is not an MFA audit's", path)
}

func readLines(r *bufio.Reader) (Report, error) {
	records := make(map[key]Record)
	var report Report
	for number := 2; ; number++ {
		text, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			break // what comes without an end of line is half a line: written just now, or before a crash
		}
		if err != nil {
			return Report{}, &damageError{number, err}
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return Report{}, &damageError{number, err}
		}
		switch {
		case l.Record == nil:
			report.Unlisted = l.Unlisted
		case l.Record.Tenant == "" || l.Record.ObjectID == "" || l.Record.Count < 1 || len(l.Record.Why) == 0:
			return Report{}, &damageError{number, errors.New("it is no record")}
		default:
			sortReasons(l.Record.Why)
			records[keyOf(l.Record)] = *l.Record
		}
	}
	report.Records = slices.AppendSeq([]Record{}, maps.Values(records))
	report.sort()
	return report, nil
}
