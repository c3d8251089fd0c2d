package openid_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hubgate.example/openid"
)

// A network lies between a provider and its issuer: it can be down, hang or be slow, and remembers when metadata was asked for.
type network struct {
	mu    sync.Mutex
	next  http.RoundTripper
	state networkState
	delay time.Duration // of each answer, which was given before
	asked []time.Time
}

type networkState int

const (
	up networkState = iota
	down
	hanging
)

// attach is an edit of a site's configuration.
func (n *network) attach(p *openid.ProviderConfig, _ *openid.VerifierConfig) {
	n.next, p.Transport = p.Transport, n
}

func (n *network) set(state networkState, delay time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.state, n.delay = state, delay
}

// through sends what is asked from now on another way.
func (n *network) through(next http.RoundTripper) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.next = next
}

// fetches answers when refreshes began, and forgets it.
func (n *network) fetches() []time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	asked := n.asked
	n.asked = nil
	return asked
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	state, delay, next := n.state, n.delay, n.next
	if strings.HasSuffix(r.URL.Path, "openid-configuration") {
		n.asked = append(n.asked, time.Now())
	}
	n.mu.Unlock()
	switch state {
	case down:
		return nil, errors.New("connection refused")
	case hanging:
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	response, err := next.RoundTrip(r)
	if err != nil || delay == 0 {
		return response, err
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(strings.NewReader(string(body)))
	select {
	case <-time.After(delay):
		return response, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// verify verifies a token in a bubble, and asserts how long that took and how many refreshes it began.
func (s *site) verify(t *testing.T, n *network, token string, want error, wantTime time.Duration, wantFetches int) {
	t.Helper()
	n.fetches()
	start := time.Now()
	principal, err := s.verifier.Verify(t.Context(), token)
	if got := time.Since(start); got != wantTime {
		t.Errorf("took %v, want %v", got, wantTime)
	}
	if got := len(n.fetches()); got != wantFetches {
		t.Errorf("%d fetches, want %d", got, wantFetches)
	}
	if want == nil {
		if err != nil {
			t.Error(err)
		}
		return
	}
	checkRefusal(t, principal, err, want, false)
}
