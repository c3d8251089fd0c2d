package mfaaudit

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"time"
)

// Config configures an Audit.
type Config struct {
	// File is where the records are kept across restarts; its directory must exist. Without one they are in memory only.
	File string
	// MaxRecords bounds how many principals and applications are listed; the calls of further ones are only counted, in
	// Report.Unlisted. The default is 10,000, which take 60 MB at most.
	MaxRecords int
	// Logger hears of a file that cannot be read or written, and when the list is full. The default discards.
	Logger *slog.Logger
}

const defaultMaxRecords = 10_000

// An Audit is the list. Its methods may be called by many goroutines at once.
type Audit struct {
	maxRecords int
	log        *slog.Logger
	file       *file // nil without Config.File
	lock       *lock // of file

	mu       sync.Mutex
	entries  map[key]*entry
	dirty    []*entry // those with changed set, to be written
	unlisted int64

	wake    chan struct{} // of the writer
	closing chan struct{}
	closed  chan struct{}
	close   sync.Once
}

type key struct{ tenant, objectID, application string }

func keyOf(r *Record) key { return key{r.Tenant, r.ObjectID, r.Application} }

type entry struct {
	Record
	pace    pace
	changed bool // since it was last written
}

// New starts an Audit with what its file has. An error names the field. A file that another Audit writes, of this process or of another one,
// is refused, because each would lose what the other lists. So is a file with another first line than an Audit writes, which is left alone;
// one that is damaged after it is set aside, and the list begins anew.
func New(config Config) (*Audit, error) {
	if config.MaxRecords < 0 {
		return nil, fmt.Errorf("mfaaudit: Config.MaxRecords: %d is negative", config.MaxRecords)
	}
	a := &Audit{
		maxRecords: cmp.Or(config.MaxRecords, defaultMaxRecords),
		log:        config.Logger,
		entries:    make(map[key]*entry),
		wake:       make(chan struct{}, 1),
		closing:    make(chan struct{}),
		closed:     make(chan struct{}),
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if config.File == "" {
		close(a.closed)
		return a, nil
	}
	a.file = &file{path: config.File}
	if err := a.restore(); err != nil {
		if a.lock != nil {
			a.lock.release()
		}
		return nil, err
	}
	go a.write()
	return a, nil
}

// Add counts a call.
func (a *Audit) Add(call Call) {
	now := time.Now()
	p := call.Principal
	k := key{p.Tenant, p.ObjectID, clip(p.Application)}
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.entries[k]
	switch {
	case e != nil:
	case len(a.entries) >= a.maxRecords:
		if a.unlisted == 0 {
			a.log.Warn("MFA audit: the list is full, further principals are only counted", "records", a.maxRecords)
		}
		a.unlisted++
		a.wakeWriter()
		return
	default:
		e = &entry{Record: Record{Tenant: k.tenant, ObjectID: k.objectID, Application: k.application}}
		a.entries[k] = e
	}
	e.add(call, e.pace.write(now), now.UTC().Round(0))
	if !e.changed {
		e.changed = true
		a.dirty = append(a.dirty, e)
	}
	a.wakeWriter()
}

// Report returns what the list has now.
func (a *Audit) Report() Report {
	a.mu.Lock()
	defer a.mu.Unlock()
	report := Report{Records: make([]Record, 0, len(a.entries)), Unlisted: a.unlisted}
	for _, e := range a.entries {
		report.Records = append(report.Records, e.clone())
	}
	report.sort()
	return report
}

// Close writes what is not written yet and ends the Audit's goroutine. What is added later stays in memory.
func (a *Audit) Close() error {
	a.close.Do(func() { close(a.closing) })
	<-a.closed
	if a.file == nil {
		return nil
	}
	return a.file.err
}

// wakeWriter never blocks: one word waiting is enough.
func (a *Audit) wakeWriter() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// How long the writer waits for more to write together, and after a failure.
const (
	flushInterval = time.Second
	retryInterval = 30 * time.Second
)

// write is the goroutine that writes the file, so that no request waits for a disk.
func (a *Audit) write() {
	defer close(a.closed)
	defer a.lock.release()
	defer a.file.close()
	for {
		select {
		case <-a.wake:
		case <-a.closing:
			a.flush()
			return
		}
		pause := flushInterval
		if !a.flush() {
			pause = retryInterval
			a.wakeWriter()
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-a.closing:
			timer.Stop()
		}
	}
}

// flush writes what has changed, or everything when it is time for that, and reports whether nothing is left to write.
func (a *Audit) flush() bool {
	a.mu.Lock()
	changed := a.dirty
	if a.file.rewrites() {
		changed = slices.Collect(maps.Values(a.entries))
	}
	records := make([]Record, 0, len(changed))
	for _, e := range changed {
		records = append(records, e.clone())
		e.changed = false
	}
	a.dirty = a.dirty[:0]
	unlisted := a.unlisted
	a.mu.Unlock()

	before := a.file.err
	err := a.file.write(records, unlisted)
	if err != nil && before == nil {
		a.log.Error("MFA audit: the list cannot be written; it goes on in memory", "file", a.file.path, "error", err)
	}
	return err == nil
}

// restore locks the file, reads it and writes it anew, which is also how it is found out at once that it can be written. Beside what is no
// audit's, nothing is left.
func (a *Audit) restore() error {
	opened, _, err := open(a.file.path)
	switch {
	case err == nil:
		_ = opened.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("mfaaudit: Config.File: %w", err)
	}
	if a.lock, err = lockFile(a.file.path); err != nil {
		return fmt.Errorf("mfaaudit: Config.File: %w", err)
	}
	report, err := Read(a.file.path)
	var damage *damageError
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case errors.As(err, &damage):
		aside := a.file.path + ".refused"
		if err := os.Rename(a.file.path, aside); err != nil {
			return fmt.Errorf("mfaaudit: Config.File: %w", err)
		}
		a.log.Error("MFA audit: the file is damaged; the list begins anew", "file", aside, "error", err)
	case err != nil:
		return fmt.Errorf("mfaaudit: Config.File: %w", err)
	case len(report.Records) > a.maxRecords:
		return fmt.Errorf("mfaaudit: Config.MaxRecords: %d, but the file has %d records", a.maxRecords, len(report.Records))
	}
	for _, r := range report.Records {
		a.entries[keyOf(&r)] = &entry{Record: r}
	}
	a.unlisted = report.Unlisted
	if err := a.file.write(report.Records, report.Unlisted); err != nil {
		return fmt.Errorf("mfaaudit: Config.File: %w", err)
	}
	return nil
}
