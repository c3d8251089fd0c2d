package graph

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	maxAttempts  = 4                      // requests for one page
	firstRetry   = 250 * time.Millisecond // between them, doubling, with jitter
	longestRetry = 2 * time.Second
	longestPause = 5 * time.Minute // that Graph can ask for: longer, and one wrong answer would be an outage
)

// retryAfter reads Retry-After (RFC 9110, section 10.2.3): seconds or a date.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil || errors.Is(err, strconv.ErrRange) {
		return min(time.Duration(seconds)*time.Second, longestPause)
	}
	if date, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(date), 0), longestPause)
	}
	return 0
}

// pause lets no request go out for so long, whoever it is about: Graph counts the requests of an application in a tenant.
func (t *tenant) pause(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if until := time.Now().Add(d); until.After(t.pausedUntil) {
		t.pausedUntil = until
	}
}

// waitOutPause waits for the end of a pause, unless ctx would end first: then it fails at once.
func (t *tenant) waitOutPause(ctx context.Context) *Error {
	for {
		t.mu.Lock()
		left := time.Until(t.pausedUntil)
		t.mu.Unlock()
		if left <= 0 {
			return nil
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= left || !sleep(ctx, left+rand.N(left/10+1)) {
			return unavailable(left, "Graph has asked for a pause")
		}
	}
}

// backoff is how long to wait after so many failures in a row, from the second on: first, doubling, with up to half of it taken off, so
// that a fleet does not ask in step.
func backoff(first time.Duration, failures int, longest time.Duration) time.Duration {
	d := min(first<<min(failures, 16), longest)
	return d - rand.N(d/2)
}

// sleep reports false when ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
