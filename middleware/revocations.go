package middleware

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"hubgate.example/openid"
)

// RevocationsConfig configures Revocations. Verifier is required.
type RevocationsConfig struct {
	// Verifier says how long a token lives at most, and so how long an event is remembered.
	Verifier *openid.Verifier
	// MaxEvents bounds how many events are remembered; none is dropped for another. Those of one principal count as one, and one of a tenant
	// takes the place of earlier ones of its principals. The default is 100,000, which take some 20 MB.
	MaxEvents int
}

const defaultMaxEvents = 100_000

// Revocations are events of continuous access evaluation: from a certain time on, only tokens that were issued since count, those of one
// principal or of a whole tenant. Somebody's account was disabled, a password was changed, a session was ended. An event takes effect
// with the next request, whether or not the verifier has seen its token before.
//
// The time of an event is compared with the claim iat, which has whole seconds, and so is rounded up to one: what was issued in the same second,
// before or after, is refused. Where an identity provider dates its tokens back, or its clock is behind, new tokens are refused for so
// long; whoever feeds the events knows, and can give an earlier time.
//
// Events are in memory only, until no token is alive that they could concern (openid.Verifier.LongestLife): after a restart, feed those of
// that time again. Their methods may be called by many goroutines at once, and several gates may share them.
type Revocations struct {
	verifier  *openid.Verifier
	maxEvents int

	mu     sync.RWMutex
	events map[revoked]int64 // the first second whose tokens count
	swept  time.Time
}

// revoked is a principal or, without an object id, a tenant. Ids are in the form in which openid.Principal has them.
type revoked struct{ tenant, objectID string }

// sweepInterval is how often events that concern no token any more are looked for.
const sweepInterval = time.Hour

// NewRevocations returns Revocations without events; an error names the field.
func NewRevocations(config RevocationsConfig) (*Revocations, error) {
	switch {
	case config.Verifier == nil:
		return nil, errors.New("middleware: RevocationsConfig.Verifier: is required")
	case config.MaxEvents < 0:
		return nil, fmt.Errorf("middleware: RevocationsConfig.MaxEvents: %d is negative", config.MaxEvents)
	}
	return &Revocations{
		verifier:  config.Verifier,
		maxEvents: cmp.Or(config.MaxEvents, defaultMaxEvents),
		events:    make(map[revoked]int64),
		swept:     time.Now(),
	}, nil
}

// RevokePrincipal revokes what was issued to a principal before from. The tenant is a GUID with Entra ID, and what ProviderConfig.Tenant is
// with an AD FS; the object id is a GUID or a SID. A time to come revokes every token until then. An error says that an id has another form,
// or that there is no room for more events: nothing is revoked then, and RevokeTenant makes room.
func (r *Revocations) RevokePrincipal(tenant, objectID string, from time.Time) error {
	id, ok := openid.ParseObjectID(objectID)
	if !ok {
		return fmt.Errorf("middleware: RevokePrincipal: the object id %q is neither a GUID nor a SID", objectID)
	}
	if err := r.revoke(tenant, id, from); err != nil {
		return fmt.Errorf("middleware: RevokePrincipal: %w", err)
	}
	return nil
}

// RevokeTenant revokes what was issued to anybody in a tenant before from, as RevokePrincipal does for one.
func (r *Revocations) RevokeTenant(tenant string, from time.Time) error {
	if err := r.revoke(tenant, "", from); err != nil {
		return fmt.Errorf("middleware: RevokeTenant: %w", err)
	}
	return nil
}

func (r *Revocations) revoke(tenant, objectID string, from time.Time) error {
	tenant, err := canonicalTenant(tenant, r.verifier)
	if err != nil {
		return fmt.Errorf("the tenant: %w", err)
	}
	second := from.Unix()
	if from.Nanosecond() > 0 {
		second++
	}
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	who := revoked{tenant, objectID}
	if objectID == "" {
		maps.DeleteFunc(r.events, func(other revoked, earlier int64) bool { return other.tenant == tenant && earlier <= second })
	}
	earlier, known := r.events[who]
	if now.Sub(r.swept) > sweepInterval || !known && len(r.events) >= r.maxEvents {
		r.sweep(now)
	}
	if !known && len(r.events) >= r.maxEvents {
		return fmt.Errorf("%d events are remembered already", len(r.events))
	}
	r.events[who] = max(earlier, second)
	return nil
}

// sweep forgets the events before which no token was issued that is still accepted.
func (r *Revocations) sweep(now time.Time) {
	oldest := now.Add(-r.verifier.LongestLife()).Unix()
	maps.DeleteFunc(r.events, func(_ revoked, second int64) bool { return second <= oldest })
	r.swept = now
}

// since answers the first second whose tokens count when the principal's token is older than that. Nil Revocations revoke nothing.
func (r *Revocations) since(principal *openid.Principal) (second int64, revokes bool) {
	if r == nil {
		return 0, false
	}
	r.mu.RLock()
	own, ownKnown := r.events[revoked{principal.Tenant, principal.ObjectID}]
	whole, wholeKnown := r.events[revoked{principal.Tenant, ""}]
	r.mu.RUnlock()
	switch {
	case ownKnown && wholeKnown:
		second = max(own, whole)
	case ownKnown:
		second = own
	case wholeKnown:
		second = whole
	default:
		return 0, false
	}
	return second, principal.IssuedAt.Unix() < second
}

// revokedToken refuses a token in the words of Azure's continuous access evaluation, which scripts match on. Whoever can step up is asked
// for a token that is not valid before the event; anybody else has a bad token, and gets another one.
func (g *Gate) revokedToken(principal *openid.Principal, second int64) *refusal {
	f := &refusal{
		status: http.StatusUnauthorized, code: "InvalidAuthenticationToken",
		message: "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: " +
			"TokenIssuedBeforeRevocationTimestamp",
		description: "The access token has been revoked.",
		reason:      "token revoked",
	}
	if g.canStepUp(principal) {
		f.authorizationURI = g.authorizeEndpoint(principal)
		f.claims = base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, second))
	} else {
		f.authorizationURI = g.authorities.forTenant(principal.Tenant).uri(principal.Tenant)
	}
	return f.by(principal)
}
