package graph

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"hubgate.example/openid"
)

// The defaults of Config.
const (
	defaultMaxAge     = 5 * time.Minute
	defaultMaxStale   = time.Hour
	defaultTimeout    = 10 * time.Second
	defaultCacheBytes = 64 << 20

	// NoStale as Config.MaxStale uses no answer that is older than Config.MaxAge.
	NoStale time.Duration = -1
)

// How often a principal is asked for when Graph fails or refuses.
const (
	firstBackoff   = time.Second // doubling, with jitter
	longestBackoff = time.Minute
	refusalAge     = time.Minute // a directory's replicas may not know a new principal yet
	longestWait    = time.Second // for a newer answer, of a caller who has an older one
)

// Config configures a Resolver. Only Tenants is required.
type Config struct {
	// Tenants are the directory tenants whose principals are looked up. A principal of any other is ErrNotFound.
	Tenants []Tenant
	// MaxAge is how long an answer is used: how long a principal keeps a group that it has been removed from, beside the lifetime of
	// its token. The default is 5 minutes.
	MaxAge time.Duration
	// MaxStale is how much longer an answer is used while Graph gives no newer one within a second. The default is an hour. NoStale
	// is not at all.
	MaxStale time.Duration
	// Timeout bounds a call with all its requests: the token, every page, further attempts after a transient fault, and the pauses
	// that Graph asks for. A longer pause is a failure at once. The default is 10 seconds.
	Timeout time.Duration
	// MaxCacheBytes bounds, roughly, the memory that answers take: 250 groups are some 14 KB. The default is 64 MiB.
	MaxCacheBytes int
	// Logger receives what fails. No record holds a token. The default discards it.
	Logger *slog.Logger
}

// A Tenant is how to ask the Microsoft Graph of one directory tenant. ID, Endpoint and Token are required.
type Tenant struct {
	// ID is the directory tenant, a GUID.
	ID string
	// Endpoint is the root of Microsoft Graph, without a version: https://graph.microsoft.com, https://graph.microsoft.us,
	// https://dod-graph.microsoft.us or https://microsoftgraph.chinacloudapi.cn. https is required; http is taken for a loopback
	// host only. It is configured and never taken from a token.
	Endpoint string
	// Token answers an access token for Endpoint, of an application in this tenant that may read memberships: User.ReadBasic.All and
	// GroupMember.Read.All for users and Application.Read.All for service principals, or Directory.Read.All. It is asked before
	// each request, so it has to keep a token for as long as that is good, as azidentity does. The context ends with the call.
	Token func(context.Context) (string, error)
	// RootCAs are the certificate authorities that vouch for the endpoint's host. The default is the system's.
	RootCAs *x509.CertPool
	// Transport replaces the HTTP transport, for tests and unusual networks; RootCAs must be nil then. The default uses the
	// environment's proxy and TLS 1.2 or newer.
	Transport http.RoundTripper
}

// A Resolver asks Microsoft Graph for the groups of principals and remembers the answers. Its methods may be called by many goroutines at
// once.
type Resolver struct {
	tenants  map[string]*tenant
	maxAge   time.Duration
	maxStale time.Duration
	timeout  time.Duration
	log      *slog.Logger

	ctx     context.Context // of all calls
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	known  *otter.Cache[principal, *answer] // changed under mu
	calls  map[principal]*call
	closed bool
}

// A principal is a name under which an answer is kept.
type principal struct{ tenant, objectID string }

// An answer is what is known of one principal. It is immutable.
type answer struct {
	until   time.Time // no call is made before
	groups  []string
	asked   time.Time // when Graph was asked for groups; zero when it has never told them
	refusal *Error    // Graph's answer in place of groups

	failure  *Error // of the last call, when that brought no answer
	failures int    // in a row
}

// A call is what all who ask for one principal at one time share.
type call struct {
	done   chan struct{} // closed when answer is set
	answer *answer
}

// New checks the configuration; an error names the field. It never waits for the network. Call Close to end what goes on in the
// background.
func New(config Config) (*Resolver, error) {
	r := &Resolver{
		tenants:  make(map[string]*tenant),
		maxAge:   cmp.Or(config.MaxAge, defaultMaxAge),
		maxStale: cmp.Or(config.MaxStale, defaultMaxStale),
		timeout:  cmp.Or(config.Timeout, defaultTimeout),
		log:      cmp.Or(config.Logger, slog.New(slog.DiscardHandler)),
		calls:    make(map[principal]*call),
	}
	if config.MaxStale == NoStale {
		r.maxStale = 0
	}
	for _, field := range []struct {
		name  string
		value time.Duration
	}{{"MaxAge", r.maxAge}, {"MaxStale", r.maxStale}, {"Timeout", r.timeout}} {
		if field.value < 0 {
			return nil, fmt.Errorf("graph: Config.%s: %v is negative", field.name, field.value)
		}
	}
	if config.MaxCacheBytes < 0 {
		return nil, fmt.Errorf("graph: Config.MaxCacheBytes: %d is negative", config.MaxCacheBytes)
	}
	if len(config.Tenants) == 0 {
		return nil, errors.New("graph: Config.Tenants: at least one is required")
	}
	for i, configured := range config.Tenants {
		field := fmt.Sprintf("graph: Config.Tenants[%d]", i)
		t, err := newTenant(configured, field, r.timeout)
		if err != nil {
			return nil, err
		}
		if r.tenants[t.id] != nil {
			return nil, fmt.Errorf("%s.ID: %s is there twice", field, t.id)
		}
		r.tenants[t.id] = t
	}
	var err error
	r.known, err = otter.New(&otter.Options[principal, *answer]{
		MaximumWeight: uint64(cmp.Or(config.MaxCacheBytes, defaultCacheBytes)),
		Weigher:       func(_ principal, a *answer) uint32 { return a.weight() },
	})
	if err != nil {
		return nil, fmt.Errorf("graph: Config.MaxCacheBytes: %w", err)
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r, nil
}

func newTenant(config Tenant, field string, timeout time.Duration) (*tenant, error) {
	id, ok := openid.ParseObjectID(config.ID)
	if !ok || !isGUID(id) {
		return nil, fmt.Errorf("%s.ID: %q is not a directory tenant's GUID", field, config.ID)
	}
	endpoint, err := parseEndpoint(config.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("%s.Endpoint: %w", field, err)
	}
	if config.Token == nil {
		return nil, fmt.Errorf("%s.Token: is required", field)
	}
	if config.Transport != nil && config.RootCAs != nil {
		return nil, fmt.Errorf("%s.RootCAs: belongs into the TLS configuration of Transport, when that is set", field)
	}
	transport := config.Transport
	if transport == nil {
		transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			TLSClientConfig:     &tls.Config{RootCAs: config.RootCAs, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: timeout,
			IdleConnTimeout:     time.Minute,
			MaxConnsPerHost:     32,
			MaxIdleConnsPerHost: 4,
			ForceAttemptHTTP2:   true,
		}
	}
	return &tenant{
		id:       id,
		endpoint: endpoint,
		token:    config.Token,
		client: &http.Client{
			Transport: transport,
			// Graph redirects nobody. Whoever does shall get neither the token nor a say in who is in which group.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// isGUID tells the two forms of a canonical object id apart.
func isGUID(objectID string) bool { return !strings.HasPrefix(objectID, "S-") }

// Groups answers the ids of all security groups of p, those that contain its groups included, whatever p.Groups holds: GUIDs in lower
// case, in order. The slice is shared and must not be changed. An error is an *Error.
//
// Groups answers from memory or waits for Graph: at most for Config.Timeout, or for a second where there is an older answer that is good
// enough. ctx bounds the wait of this caller and nothing else.
func (r *Resolver) Groups(ctx context.Context, p *openid.Principal) ([]string, error) {
	t := r.tenants[p.Tenant]
	if t == nil {
		return nil, notFound("no Graph is configured for tenant %q", clip(p.Tenant))
	}
	id, ok := openid.ParseObjectID(p.ObjectID)
	if !ok || !isGUID(id) {
		return nil, notFound("object id %q is no GUID", clip(p.ObjectID))
	}
	known, c := r.consult(t, p.Kind, principal{t.id, id})
	if c != nil {
		var enough <-chan time.Time
		if r.usable(known) {
			timer := time.NewTimer(longestWait)
			defer timer.Stop()
			enough = timer.C
		}
		select {
		case <-c.done:
			known = c.answer
		case <-enough:
		case <-ctx.Done():
			if !r.usable(known) {
				return nil, unavailable(0, "the caller waited no longer: %v", context.Cause(ctx))
			}
		}
	}
	switch {
	case known.refusal != nil:
		return nil, known.refusal
	case known.failure == nil || r.usable(known):
		return known.groups, nil
	default:
		return nil, unavailable(time.Until(known.until), "%s", known.failure.Detail)
	}
}

// consult answers what is known, and the call under way where that is not enough.
func (r *Resolver) consult(t *tenant, kind openid.Kind, p principal) (*answer, *call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known, _ := r.known.GetIfPresent(p)
	if known != nil && time.Now().Before(known.until) {
		return known, nil
	}
	c := r.calls[p]
	switch {
	case c != nil:
	case r.closed && r.usable(known):
		return known, nil
	case r.closed:
		return &answer{failure: unavailable(0, "closed")}, nil
	default:
		c = &call{done: make(chan struct{})}
		r.calls[p] = c
		r.running.Go(func() { r.run(c, t, kind, p, known) })
	}
	return known, c
}

// usable reports whether an answer's groups are young enough.
func (r *Resolver) usable(a *answer) bool {
	return a != nil && !a.asked.IsZero() && time.Since(a.asked) <= r.maxAge+r.maxStale
}

// run makes a call and keeps what it brings.
func (r *Resolver) run(c *call, t *tenant, kind openid.Kind, p principal, before *answer) {
	asked := time.Now()
	groups, failure := r.ask(t, kind, p)
	now := time.Now()
	switch {
	case failure == nil:
		c.answer = &answer{until: asked.Add(r.maxAge), asked: asked, groups: compact(groups)}
		if before != nil && before.failures > 0 {
			r.log.Info("graph: groups are to be had again", "tenant", p.tenant, "objectID", p.objectID)
		}
	case failure.Err != ErrUnavailable:
		c.answer = &answer{until: now.Add(min(refusalAge, r.maxAge)), refusal: failure}
		r.log.Info("graph: groups cannot be told", "tenant", p.tenant, "objectID", p.objectID, "error", failure)
	default:
		c.answer = r.failed(before, failure, now)
		level := slog.LevelWarn
		if before != nil && before.failure != nil && before.failure.Detail == failure.Detail || r.ctx.Err() != nil {
			level = slog.LevelDebug // told already
		}
		r.log.Log(context.Background(), level, "graph: call failed", "tenant", p.tenant, "objectID", p.objectID, "error", failure,
			"retryIn", c.answer.until.Sub(now), "olderAnswer", r.usable(c.answer))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known.Set(p, c.answer)
	delete(r.calls, p)
	close(c.done)
}

// ask asks Graph. What panics in there is the site's own code, the token source or the transport: it shall not end the process.
func (r *Resolver) ask(t *tenant, kind openid.Kind, p principal) (groups []string, failure *Error) {
	defer func() {
		if v := recover(); v != nil {
			r.log.Error("graph: panic", "tenant", p.tenant, "panic", clip(fmt.Sprint(v)), "stack", string(debug.Stack()))
			groups, failure = nil, unavailable(0, "panic")
		}
	}()
	ctx, cancel := context.WithTimeout(r.ctx, r.timeout)
	defer cancel()
	return t.groups(ctx, kind, p.objectID)
}

// failed is what is known after a call that brought nothing: what was known before, and when to ask again.
func (r *Resolver) failed(before *answer, failure *Error, now time.Time) *answer {
	a := &answer{failure: failure, failures: 1}
	if before != nil {
		a.failures = before.failures + 1
	}
	if r.usable(before) {
		a.groups, a.asked = before.groups, before.asked
	}
	a.until = now.Add(max(backoff(firstBackoff, a.failures-1, longestBackoff), failure.RetryAfter))
	return a
}

// Close ends all calls and releases who waits for them. What is known stays known for as long as it is young enough.
func (r *Resolver) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.running.Wait()
	for _, t := range r.tenants {
		t.client.CloseIdleConnections()
	}
	return nil
}
