package identityprovider

import (
	"sync"
	"time"
)

const (
	// guessesAllowed is how many wrong codes may be entered in guessesPeriod, by everybody together. A code is one of 20^9.
	guessesAllowed = 20
	guessesPeriod  = 5 * time.Minute
)

// guesses counts wrong user codes. It counts them for everybody together, because on one machine all come from one address.
type guesses struct {
	mu    sync.Mutex
	count int
	since time.Time
}

// allowed reports whether somebody may try a code.
func (g *guesses) allowed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Since(g.since) >= guessesPeriod {
		g.count = 0
	}
	return g.count < guessesAllowed
}

// wrong counts a wrong code.
func (g *guesses) wrong() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.count == 0 {
		g.since = time.Now()
	}
	g.count++
}
