package openid

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"
)

const (
	refreshInterval = time.Hour       // +- 10 %
	demandInterval  = 5 * time.Minute // between two refreshes for unknown keys
	firstBackoff    = time.Second     // doubling, with jitter
	longestBackoff  = time.Minute
	longestWait     = time.Second // of one request for a shared refresh
	maxWaiters      = 1000        // requests that wait at once; further ones are answered from what is known
)

// A refresher is the state of a provider's one background loop. Its fields are guarded by Provider.mu.
type refresher struct {
	inFlight    chan struct{} // closed when the refresh under way ends; nil between refreshes
	waiters     int
	generation  int // of Flush: an answer that was asked for before it is thrown away
	lastGood    time.Time
	lastError   error // of the last refresh; nil when it was good
	failures    int   // in a row
	nextAttempt time.Time
	nextDemand  time.Time
	restored    bool // from the snapshot, and nothing was fetched since
	closed      bool
}

// run refreshes until ctx ends. It is the only goroutine that fetches, so a caller who goes away never cancels a fetch.
func (p *Provider) run(ctx context.Context) {
	defer close(p.done)
	for {
		p.begin()
		err := p.refresh(ctx)
		if ctx.Err() != nil {
			p.shut()
			return
		}
		wait := p.finish(err)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-p.wake:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			p.shut()
			return
		}
	}
}

// wakeLoop asks for a refresh, which counts as under way from now on. The caller holds p.mu.
func (p *Provider) wakeLoop() {
	if p.state.inFlight == nil {
		p.state.inFlight = make(chan struct{})
	}
	select {
	case p.wake <- struct{}{}:
	default: // the loop has been told already
	}
}

// begin marks a refresh as under way, unless whoever asked for it has done so. What was asked for until now is served by this
// refresh.
func (p *Provider) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.inFlight == nil {
		p.state.inFlight = make(chan struct{})
	}
	select {
	case <-p.wake:
	default:
	}
}

// finish records how a refresh went, wakes whoever waits for it and says when the next one is due.
func (p *Provider) finish(err error) time.Duration {
	p.mu.Lock()
	if len(p.wake) > 0 { // Flush came while fetching: this refresh counts for nothing, and whoever waits goes on waiting
		p.mu.Unlock()
		return 0
	}
	s := &p.state
	before := s.lastError
	s.lastError = err
	var wait time.Duration
	if err == nil {
		s.failures = 0
		wait = jitter(refreshInterval)
	} else {
		wait = jitter(min(firstBackoff<<min(s.failures, 10), longestBackoff))
		s.failures++
	}
	s.nextAttempt = time.Now().Add(wait)
	close(s.inFlight)
	s.inFlight = nil
	p.mu.Unlock()
	switch {
	case err != nil:
		level := slog.LevelWarn
		if before != nil && before.Error() == err.Error() {
			level = slog.LevelDebug // told already: an outage of a day is not 1,440 warnings
		}
		p.log.Log(context.Background(), level, "identity provider: refresh failed", "authority", p.Authority(), "error", err, "keysKnown", len(p.keys.all()), "retryIn", wait)
	case before != nil:
		p.log.Info("identity provider: refresh is good again", "authority", p.Authority())
	}
	return wait
}

// shut releases whoever still waits when the provider closes.
func (p *Provider) shut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state.closed = true
	p.state.nextAttempt = time.Time{}
	p.keys.clear()
	if p.state.inFlight != nil {
		close(p.state.inFlight)
		p.state.inFlight = nil
	}
}

// jitter spreads d by 10 % to either side, so that a fleet does not ask in step.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}

// refresh fetches metadata and keys and takes them in, both or none.
func (p *Provider) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	p.mu.Lock()
	generation := p.state.generation
	p.mu.Unlock()

	m, body, err := p.documents(ctx)
	if err != nil {
		return err
	}
	keys, faults, err := readKeySet(body)
	p.report(faults)
	if err != nil {
		return err
	}
	change, err := p.accept(m, keys, faults, generation)
	if err != nil {
		return err
	}
	p.save()
	if change.pinned != nil {
		p.log.Info("identity provider: issuer pinned", "authority", p.Authority(), "issuers", change.pinned)
	}
	if len(change.added) > 0 {
		p.log.Info("identity provider: new keys", "authority", p.Authority(), "kids", change.added)
	}
	if len(change.removed) > 0 {
		p.log.Info("identity provider: keys dropped", "authority", p.Authority(), "kids", change.removed)
	}
	return nil
}

// A change is what a good refresh brought.
type change struct{ pinned, added, removed []string }

// accept pins the issuer, if it is the first, or refuses an answer with another one, and takes the keys in.
func (p *Provider) accept(m metadata, keys []*signingKey, faults []keyFault, generation int) (c change, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state.generation != generation {
		return change{}, errors.New("flushed while fetching")
	}
	old := p.pins.Load()
	next, err := p.pin(m, old)
	if err != nil {
		return change{}, err
	}
	if old == nil {
		p.setPins(next)
		c.pinned = next.texts()
	}
	now := time.Now()
	c.added, c.removed = p.keys.update(keys, faults, p.authority.kind, now)
	p.state.lastGood, p.state.restored = now, false
	return c, nil
}

// report logs what is wrong with published keys: once per key and reason, for as long as it lasts.
func (p *Provider) report(faults []keyFault) {
	current := make(map[keyFault]bool, len(faults))
	for _, fault := range faults {
		if p.reported[fault] || current[fault] {
			current[fault] = true
			continue
		}
		current[fault] = true
		level, message := slog.LevelWarn, "identity provider: key not used"
		if fault.used {
			level, message = slog.LevelInfo, "identity provider: key used with a reservation"
		}
		p.log.Log(context.Background(), level, message, "authority", p.Authority(), "kid", fault.key, "reason", fault.reason)
	}
	p.reported = current
}

// await waits for the refresh under way, at most longestWait. With ask set it starts one where none is under way and the
// budget allows it.
func (p *Provider) await(ctx context.Context, ask bool) {
	p.mu.Lock()
	s := &p.state
	now := time.Now()
	if s.inFlight == nil && ask && !s.closed && !now.Before(s.nextDemand) && (s.failures == 0 || !now.Before(s.nextAttempt)) {
		s.nextDemand = now.Add(demandInterval)
		p.wakeLoop()
	}
	inFlight := s.inFlight
	if inFlight == nil || s.waiters >= maxWaiters {
		p.mu.Unlock()
		return
	}
	s.waiters++
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.state.waiters--
		p.mu.Unlock()
	}()
	timer := time.NewTimer(longestWait)
	defer timer.Stop()
	select {
	case <-inFlight:
	case <-timer.C:
	case <-ctx.Done():
	}
}
