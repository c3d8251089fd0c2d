package openid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A snapshot is what a provider keeps on disk, so that a restart during an outage serves at once: what it pinned, the keys with the
// time they were last seen, and the keys that are distrusted. It holds nothing secret, but whoever can write it can add keys.
type snapshot struct {
	Version       int           `json:"version"`
	Authority     string        `json:"authority"`
	Type          AuthorityType `json:"type"`
	ApplicationID string        `json:"applicationId"`
	LastGood      time.Time     `json:"lastGood"`
	Metadata      string        `json:"metadataIssuer"` // "" when nothing was ever fetched, or all was flushed
	Issuers       []string      `json:"issuers"`
	Keys          []snapshotKey `json:"keys"`
	Distrusted    []string      `json:"distrusted"`
}

type snapshotKey struct {
	JWK      jsontext.Value `json:"jwk"`
	LastSeen time.Time      `json:"lastSeen"`
	Missed   int            `json:"missed"`
}

const (
	snapshotVersion  = 1
	maxSnapshotBytes = maxKeySetBytes + maxMetadataBytes
)

// checkSnapshotPath finds what would keep a snapshot from ever being written.
func checkSnapshotPath(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", filepath.Dir(path))
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", path)
	}
	return nil
}

// restore takes in the snapshot at start. One that is refused is set aside, and the provider starts without it.
func (p *Provider) restore() {
	if p.snapshotPath == "" {
		return
	}
	content, err := readBounded(p.snapshotPath, maxSnapshotBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	known := false
	if err == nil {
		known = p.adoptDistrusted(content)
		err = p.adopt(content)
	}
	if err == nil {
		return
	}
	aside := p.snapshotPath + ".refused"
	err = errors.Join(err, os.Rename(p.snapshotPath, aside))
	level, message := slog.LevelError, "identity provider: snapshot refused; if keys were distrusted in it, distrust them again"
	if known {
		level, message = slog.LevelWarn, "identity provider: snapshot refused, its distrusted keys stay distrusted"
	}
	p.log.Log(context.Background(), level, message, "authority", p.Authority(), "file", aside, "error", err)
	if known {
		p.save() // at once: the next start may come before a good refresh
	}
}

// adoptDistrusted reads the distrusted keys on their own: they count whatever is wrong with the rest.
func (p *Provider) adoptDistrusted(content []byte) bool {
	var s struct {
		Authority  string   `json:"authority"`
		Distrusted []string `json:"distrusted"`
	}
	if json.Unmarshal(content, &s) != nil || !strings.EqualFold(s.Authority, p.Authority()) {
		return false
	}
	p.distrusted.Store(&s.Distrusted)
	return true
}

// adopt takes in pins and keys. Keys that are too old, or of a time that is yet to come, do not count, and neither does one that breaks the
// rules for keys.
func (p *Provider) adopt(content []byte) error {
	var s snapshot
	if err := json.Unmarshal(content, &s); err != nil {
		return err
	}
	switch {
	case s.Version != snapshotVersion:
		return fmt.Errorf("version %d, this program reads %d", s.Version, snapshotVersion)
	case !strings.EqualFold(s.Authority, p.Authority()):
		return fmt.Errorf("it is of another authority, %q", clip(s.Authority))
	case s.Type != p.authority.kind || s.ApplicationID != p.applicationID:
		return fmt.Errorf("it is of type %q and application %q", clip(string(s.Type)), clip(s.ApplicationID))
	case s.Metadata == "":
		return nil // nothing was known when it was written
	case len(s.Issuers) == 0:
		return errors.New("it pins no issuer")
	}
	pinned := &pins{issuers: p.configured, metadata: newIssuerPattern(s.Metadata)}
	if len(pinned.issuers) == 0 {
		for _, issuer := range s.Issuers {
			pinned.issuers = append(pinned.issuers, newIssuerPattern(issuer))
		}
	}
	p.setPins(pinned)
	if age := time.Since(s.LastGood); age > entraKeyRetention || age < -maxLeeway {
		p.log.Warn("identity provider: the snapshot's keys are not of the last 24 hours, only its pins and distrusted keys count",
			"authority", p.Authority(), "file", p.snapshotPath, "lastGood", s.LastGood)
		return nil
	}
	keys := make([]*storedKey, 0, len(s.Keys))
	for i, stored := range s.Keys {
		key, _, err := readKey(stored.JWK)
		if err != nil {
			p.log.Warn("identity provider: key of the snapshot not used", "authority", p.Authority(), "key", i, "reason", err)
			continue
		}
		lastSeen := stored.LastSeen
		if lastSeen.After(s.LastGood) { // no key outlives the set that it was last seen in
			lastSeen = s.LastGood
		}
		keys = append(keys, &storedKey{signingKey: key, lastSeen: lastSeen, missed: stored.Missed})
	}
	if len(keys) == 0 {
		return nil
	}
	p.keys.publish(keys)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state.lastGood, p.state.restored = s.LastGood, true
	return nil
}

// save writes the snapshot, so that a reader finds the old one or the new one and never half of one.
func (p *Provider) save() {
	if p.snapshotPath == "" {
		return
	}
	p.saving.Lock()
	defer p.saving.Unlock()
	taken, ok := p.takeSnapshot()
	if !ok {
		return
	}
	content, err := json.Marshal(taken)
	if err == nil {
		err = replaceFile(p.snapshotPath, content)
	}
	p.unsaved.Store(&err)
	if err != nil {
		p.log.Error("identity provider: snapshot not written", "authority", p.Authority(), "file", p.snapshotPath, "error", err)
	}
}

// takeSnapshot answers nothing of a provider that was closed meanwhile: it knows no keys any more, and those on disk are good for the
// next start.
func (p *Provider) takeSnapshot() (s snapshot, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.closed {
		return snapshot{}, false
	}
	s = snapshot{
		Version: snapshotVersion, Authority: p.Authority(), Type: p.authority.kind, ApplicationID: p.applicationID,
		LastGood: p.state.lastGood, Distrusted: p.distrustedKeys(),
	}
	if pinned := p.pins.Load(); pinned != nil {
		s.Metadata, s.Issuers = pinned.metadata.text, pinned.texts()
	}
	keys := p.keys.all()
	slices.SortFunc(keys, func(a, b *storedKey) int { // of two with one x5t the first wins, see publish
		return cmp.Or(b.lastSeen.Compare(a.lastSeen), cmp.Compare(a.id(), b.id()))
	})
	for _, key := range keys {
		s.Keys = append(s.Keys, snapshotKey{JWK: key.raw, LastSeen: key.lastSeen, Missed: key.missed})
	}
	return s, true
}

// replaceFile writes a file whole: to disk first, then under its name.
func replaceFile(path string, content []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
