package resourcemanager

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"hubgate.example/middleware"
)

// Limits are how many requests a principal has in an hour, in each subscription and once more for what lies in none. The
// hour begins with its first request. A limit of 0 is Azure's: 12000, 1200, 15000.
type Limits struct {
	Reads, Writes, Deletes int
}

func (l Limits) orDefault() Limits {
	return Limits{Reads: cmp.Or(l.Reads, 12000), Writes: cmp.Or(l.Writes, 1200), Deletes: cmp.Or(l.Deletes, 15000)}
}

// of returns what a method counts as, and the limit for it.
func (l Limits) of(method string) (kind string, limit int) {
	switch method {
	case http.MethodGet, http.MethodHead:
		return "read", l.Reads
	case http.MethodDelete:
		return "delete", l.Deletes
	}
	return "write", l.Writes
}

// limit counts the requests that have a token, says how many are left, and refuses those that are too many.
func (s *Server) limit(next http.Handler) http.Handler {
	return endpoint(func(w http.ResponseWriter, r *http.Request) error {
		principal, _ := middleware.PrincipalFrom(r.Context()) // the gate has put it there
		user := account{tenant: strings.ToLower(principal.Tenant), principal: strings.ToLower(principal.ObjectID)}
		kind, limit := s.config.Limits.of(r.Method)
		where, whose, code := "tenant", principal.Tenant, "TenantRequestsThrottled"
		if subscription, ok := s.subscriptionOfPath(r.URL.Path); ok {
			user.subscription = subscription.scope.Key()
			where, whose, code = "subscription", subscription.ID, "SubscriptionRequestsThrottled"
		}
		left, wait := s.usage.count(user, kind, limit)
		w.Header().Set("x-ms-ratelimit-remaining-"+where+"-"+kind+"s", strconv.Itoa(max(left, 0)))
		if left < 0 {
			seconds := wholeSeconds(wait)
			w.Header().Set("Retry-After", strconv.Itoa(seconds))
			return failf(http.StatusTooManyRequests, code, "Number of '%s' requests for %s '%s' actor '%s' exceeded. Please try again "+
				"after '%d' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.",
				kind, where, whose, principal.ObjectID, seconds)
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// subscriptionOfPath returns the subscription that a path lies in.
func (s *Server) subscriptionOfPath(path string) (Subscription, bool) {
	segments := strings.SplitN(path, "/", 4)
	if len(segments) < 3 || !strings.EqualFold(segments[1], "subscriptions") {
		return Subscription{}, false
	}
	return s.config.Inventory.subscriptionNamed(segments[2])
}

// An account is whose requests are counted together.
type account struct{ tenant, principal, subscription string }

// maxAccounts bounds the memory that counting takes. The account whose hour ends first makes room.
const maxAccounts = 10_000

// usage counts requests. The zero usage is ready.
type usage struct {
	mu       sync.Mutex
	accounts map[account]*hour
}

// An hour is what an account has used of its hour, by kind.
type hour struct {
	ends time.Time
	used map[string]int
}

// count takes one of limit, and returns how many are left; when there was none, -1 and how long to wait.
func (u *usage) count(by account, kind string, limit int) (left int, wait time.Duration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	current := u.accounts[by]
	if current == nil || !now.Before(current.ends) {
		delete(u.accounts, by)
		u.makeRoom()
		current = &hour{ends: now.Add(time.Hour), used: make(map[string]int)}
		u.accounts[by] = current
	}
	if current.used[kind] >= limit {
		return -1, current.ends.Sub(now)
	}
	current.used[kind]++
	return limit - current.used[kind], 0
}

func (u *usage) makeRoom() {
	if u.accounts == nil {
		u.accounts = make(map[account]*hour)
	}
	if len(u.accounts) < maxAccounts {
		return
	}
	var first account
	var ends time.Time
	for by, hour := range u.accounts {
		if ends.IsZero() || hour.ends.Before(ends) {
			first, ends = by, hour.ends
		}
	}
	delete(u.accounts, first)
}

// wholeSeconds rounds up, to at least 1: Retry-After (RFC 9110 section 10.2.3) has no fractions, and 0 would invite a client to
// try again at once.
func wholeSeconds(d time.Duration) int {
	return max(1, int((d+time.Second-1)/time.Second))
}
