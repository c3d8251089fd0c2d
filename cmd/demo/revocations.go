package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"time"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/middleware"
	"hubgate.example/openid"
)

// revocationsFile is in the data directory.
const revocationsFile = "revocations.json"

// A revocation is an event for the gates: what was issued to a principal of the tenant before From, or without ObjectID to anybody there,
// does not count.
type revocation struct {
	Tenant   string    `json:"tenant"`
	ObjectID string    `json:"objectId,omitempty"`
	From     time.Time `json:"from"`
}

// about reports whether two events are about the same principal or the same whole tenant.
func (r revocation) about(other revocation) bool {
	return strings.EqualFold(r.Tenant, other.Tenant) && strings.EqualFold(r.ObjectID, other.ObjectID)
}

// tell tells the gates.
func (r revocation) tell(gates *middleware.Revocations) error {
	if r.ObjectID == "" {
		return gates.RevokeTenant(r.Tenant, r.From)
	}
	return gates.RevokePrincipal(r.Tenant, r.ObjectID, r.From)
}

// revocations tells the gates and keeps what they were told in the data directory, for as long as a token can be alive that it is about:
// a token that was revoked must not count again after a restart.
type revocations struct {
	gates *middleware.Revocations
	life  time.Duration // of the longest-lived token
	dir   *datadir.Dir

	mu   sync.Mutex
	kept []revocation
}

// openRevocations tells the gates what was kept. A file that is damaged is an error: without it tokens would count that must not.
func openRevocations(verifier *openid.Verifier, dir *datadir.Dir, log *slog.Logger) (*revocations, error) {
	gates, err := middleware.NewRevocations(middleware.RevocationsConfig{Verifier: verifier})
	if err != nil {
		return nil, err
	}
	r := &revocations{gates: gates, life: verifier.LongestLife(), dir: dir}
	content, err := dir.ReadPrivate(revocationsFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r, nil
	case err == nil:
		err = json.Unmarshal(content, &r.kept)
	}
	for i, event := range r.kept {
		if _, ok := openid.ParseObjectID(event.ObjectID); err == nil && (event.Tenant == "" || event.ObjectID != "" && !ok || event.From.IsZero()) {
			err = fmt.Errorf("the entry %d is no revocation", i)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("--data: %s: %w; without the file, tokens that were revoked count again until they expire", dir.File(revocationsFile), err)
	}
	for _, event := range r.kept {
		// The data directory may have been another identity provider's until now, and may be again.
		if err := event.tell(gates); err != nil {
			log.Info("a revocation is left aside, as another identity provider's", "tenant", event.Tenant, "error", err)
		}
	}
	return r, nil
}

// errNotKept is that of a revocation that counts, but not after a restart.
var errNotKept = errors.New("the revocation counts, but could not be kept for the next start")

// revoke tells the gates and keeps the event. Unless it is errNotKept, an error says what is wrong with the event.
func (r *revocations) revoke(event revocation) error {
	if err := event.tell(r.gates); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	oldest := time.Now().Add(-r.life - time.Second) // which a time is rounded up to
	var kept []revocation
	for _, earlier := range r.kept {
		switch {
		case earlier.about(event):
			if earlier.From.After(event.From) {
				event.From = earlier.From
			}
		case earlier.From.After(oldest):
			kept = append(kept, earlier)
		}
	}
	r.kept = append(kept, event)
	content, err := json.MarshalIndent(r.kept, "", "  ")
	if err == nil {
		err = r.dir.Write(revocationsFile, append(content, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errNotKept, err)
	}
	return nil
}
