package resourcemanager

import (
	"context"
	"crypto/rand"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// A deletion is that of a resource group, which takes its time.
type deletion struct {
	group rbac.Scope
	ends  time.Time
	timer *time.Timer
	done  bool
}

// An operation is a deletion as one caller asks for its result, at an address of its own.
type operation struct {
	*deletion
	tenant, principal string
}

// maxOperations bounds the results that are kept. The oldest makes room.
const maxOperations = 1_000

// deletions are those that run, and the results that can be asked for.
type deletions struct {
	inventory *Inventory
	deleted   func(context.Context, rbac.Scope)
	take      time.Duration

	mu sync.Mutex
	// closed is set when nothing begins any more.
	closed     bool
	finishing  sync.WaitGroup
	running    map[string]*deletion // by the key of the group
	operations map[string]operation // by token
	tokens     []string             // the oldest first
}

// start begins to delete a group, or joins its deletion, when check lets it go. It returns the token of the operation, or "" when
// there is no such group. ctx is for deleted.
func (d *deletions) start(ctx context.Context, group rbac.Scope, caller *openid.Principal, check func(Resource, bool) error) (token string, err error) {
	// The lock is held for as long as the group is looked at, so that a deletion never ends one that was made after it.
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return "", failf(http.StatusServiceUnavailable, "ServiceUnavailable", "The server is about to end.")
	}
	found, err := d.inventory.beginDeletion(group, check)
	if err != nil || !found {
		return "", err
	}
	runs := d.running[group.Key()]
	if runs == nil {
		runs = &deletion{group: group, ends: time.Now().Add(d.take)}
		d.running[group.Key()] = runs
		d.finishing.Add(1)
		runs.timer = time.AfterFunc(d.take, func() {
			defer d.finishing.Done()
			d.finish(ctx, runs)
		})
	}
	if len(d.tokens) == maxOperations {
		delete(d.operations, d.tokens[0])
		d.tokens = d.tokens[1:]
	}
	token = strings.ToLower(rand.Text()) // routes are in lower case
	d.operations[token] = operation{runs, caller.Tenant, caller.ObjectID}
	d.tokens = append(d.tokens, token)
	return token, nil
}

func (d *deletions) finish(ctx context.Context, runs *deletion) {
	d.mu.Lock()
	d.inventory.endDeletion(runs.group)
	delete(d.running, runs.group.Key())
	d.mu.Unlock()
	d.deleted(ctx, runs.group)
	d.mu.Lock()
	runs.done = true
	d.mu.Unlock()
}

// result returns an operation and whether it is done.
func (d *deletions) result(token string) (found operation, done, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, ok = d.operations[token]
	return found, ok && found.done, ok
}

// close gives up what has not begun to finish, and waits for the rest.
func (d *deletions) close() {
	d.mu.Lock()
	d.closed = true
	for _, runs := range d.running {
		if runs.timer.Stop() {
			d.finishing.Done()
		}
	}
	d.mu.Unlock()
	d.finishing.Wait()
}

// deleteGroup begins to delete a resource group.
func (s *Server) deleteGroup(w http.ResponseWriter, r *http.Request, group rbac.Scope, demanded conditions) error {
	if err := s.config.Directory.keeps(group); err != nil {
		return err
	}
	principal, _ := middleware.PrincipalFrom(r.Context()) // the gate has put it there
	token, err := s.deletions.start(context.WithoutCancel(r.Context()), group, principal, demanded.check)
	if err != nil {
		return err
	}
	if token == "" { // unlike a resource, where 204 says so
		return notFound(group)
	}
	s.writeAccepted(w, r, group, token, s.config.DeleteDuration)
	return nil
}

// getOperationResult answers 202 until the operation is done, to who began it and to who may read what it is about. For others
// there is no such operation.
func (s *Server) getOperationResult(w http.ResponseWriter, r *http.Request) error {
	op, err := rbac.OperationFor(r)
	if err != nil {
		return err
	}
	token := chi.URLParam(r, "operation")
	asked, done, ok := s.deletions.result(token)
	principal, _ := middleware.PrincipalFrom(r.Context()) // the gate has put it there
	own := strings.EqualFold(asked.tenant, principal.Tenant) && strings.EqualFold(asked.principal, principal.ObjectID)
	switch {
	case !ok, !op.Scope.Contains(asked.group), !own && !readable(r, asked.group):
		return failf(http.StatusNotFound, "OperationNotFound", "The operation '%.64s' could not be found.", token)
	case done:
		w.WriteHeader(http.StatusOK)
		return nil
	}
	s.writeAccepted(w, r, asked.group, token, time.Until(asked.ends))
	return nil
}

// writeAccepted tells where to ask, and when.
func (s *Server) writeAccepted(w http.ResponseWriter, r *http.Request, group rbac.Scope, token string, after time.Duration) {
	subscription, _ := s.config.Inventory.subscriptionNamed(group.Subscription()) // as it was first written
	w.Header().Set("Location", s.config.URL+subscription.scope.String()+"/operationresults/"+token+"?api-version="+r.URL.Query().Get("api-version"))
	w.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(after)))
	w.WriteHeader(http.StatusAccepted)
}
