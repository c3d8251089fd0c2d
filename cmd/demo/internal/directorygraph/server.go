package directorygraph

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"hubgate.example/cmd/demo/internal/identityprovider"
	"hubgate.example/openid"
)

// defaultPageSize is small. The real Graph answers 11,000 groups at once.
const defaultPageSize = 100

// Config describes the Graph. All fields but PageSize and Logger are required.
type Config struct {
	// URL is where clients find it, a URL with a path, such as https://localhost:8443/graph.
	URL string
	// Verifier decides which tokens are genuine and meant for the Graph.
	Verifier *openid.Verifier
	// Tenants are the directories: those of the identity provider.
	Tenants []identityprovider.Tenant
	// PageSize is how many groups an answer holds. The default is 100.
	PageSize int
	// Logger receives one record for each call. The default discards them.
	Logger *slog.Logger
}

// A Server is the Graph, an http.Handler for the paths that Serves knows.
type Server struct {
	url, path   string
	verifier    *openid.Verifier
	directories map[string]directory // by tenant
	pageSize    int
	log         *slog.Logger

	mu         sync.Mutex
	throttled  int // calls that are still to be refused
	retryAfter time.Duration
}

// A directory is who is in a tenant: groups by the kind of a principal and its object id, in lower case.
type directory map[string]map[string][]string

// The kinds of a principal, as paths have them.
const (
	users             = "users"
	servicePrincipals = "servicePrincipals"
)

// New checks the configuration; an error names the field.
func New(config Config) (*Server, error) {
	u, err := url.Parse(strings.TrimSuffix(config.URL, "/"))
	switch {
	case err != nil || u.Host == "" || u.Path == "" || u.RawPath != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("directorygraph: URL: %q is not a URL with a path", config.URL)
	case config.Verifier == nil:
		return nil, errors.New("directorygraph: Verifier: is required")
	case len(config.Tenants) == 0:
		return nil, errors.New("directorygraph: Tenants: is required")
	case config.PageSize < 0:
		return nil, fmt.Errorf("directorygraph: PageSize: %d is no number of groups", config.PageSize)
	}
	s := &Server{
		url:         u.String(),
		path:        u.Path,
		verifier:    config.Verifier,
		directories: map[string]directory{},
		pageSize:    cmp.Or(config.PageSize, defaultPageSize),
		log:         config.Logger,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, tenant := range config.Tenants {
		d := directory{users: {}, servicePrincipals: {}}
		for _, user := range tenant.Users {
			d[users][strings.ToLower(user.ObjectID)] = user.Groups
		}
		for _, sp := range tenant.ServicePrincipals {
			d[servicePrincipals][strings.ToLower(sp.ObjectID)] = sp.Groups
		}
		s.directories[strings.ToLower(tenant.ID)] = d
	}
	return s, nil
}

// Serves reports whether a path is below that of Config.URL.
func (s *Server) Serves(path string) bool { return strings.HasPrefix(path, s.path+"/") }

// Throttle refuses the next calls, as the real Graph does when there are too many: retryAfter, in whole seconds, is what callers are
// told to wait. It is for tests.
func (s *Server) Throttle(calls int, retryAfter time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttled, s.retryAfter = calls, retryAfter
}

// throttle reports whether a call is refused, and until when.
func (s *Server) throttle() (retryAfter time.Duration, refused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.throttled == 0 {
		return 0, false
	}
	s.throttled--
	return s.retryAfter, true
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.Serves(r.URL.Path) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	answer, failed := s.answer(w, r)
	if failed != nil {
		s.log.InfoContext(r.Context(), "graph: call refused", "error", failed.code, "reason", failed.reason)
		failed.write(w, r)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// answer decides who calls before it says anything about what is called.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) (*page, *failure) {
	caller, failed := s.authenticate(r)
	if failed != nil {
		return nil, failed
	}
	if wait, refused := s.throttle(); refused {
		return nil, &failure{status: http.StatusTooManyRequests, code: "TooManyRequests", message: "Too many requests. Please try again later.", retryAfter: wait}
	}
	kind, id, failed := s.route(r.URL.Path)
	switch {
	case failed != nil:
		return nil, failed
	case r.Method != http.MethodPost && (r.Method != http.MethodGet || !r.URL.Query().Has(skipToken)):
		return nil, &failure{status: http.StatusMethodNotAllowed, code: "Request_BadRequest", message: "Specified HTTP method is not allowed for the request target."}
	case !caller.mayRead:
		return nil, &failure{status: http.StatusForbidden, code: "Authorization_RequestDenied", message: "Insufficient privileges to complete the operation."}
	}
	if !r.URL.Query().Has(skipToken) {
		if failed := readRequest(w, r); failed != nil {
			return nil, failed
		}
	}
	groups, found := s.directories[caller.Tenant][kind][strings.ToLower(id)]
	if !found {
		return nil, &failure{
			status: http.StatusNotFound, code: "Request_ResourceNotFound",
			message: fmt.Sprintf("Resource '%s' does not exist or one of its queried reference-property objects are not present.", clip(id)),
		}
	}
	answer, failed := s.page(groups, r.URL)
	if failed == nil {
		s.log.InfoContext(r.Context(), "graph: groups answered", "tenant", caller.Tenant, "caller", caller.Application, kind, id, "groups", len(answer.Value), "of", len(groups))
	}
	return answer, failed
}

// route finds whom a path is about. Names in it are compared without regard to case, as the Graph does.
func (s *Server) route(path string) (kind, id string, failed *failure) {
	segments := strings.Split(strings.TrimPrefix(path, s.path+"/"), "/")
	unknown := func(segment string) *failure {
		return &failure{status: http.StatusBadRequest, code: "BadRequest", message: fmt.Sprintf("Resource not found for the segment '%s'.", clip(segment))}
	}
	if !strings.EqualFold(segments[0], "v1.0") {
		return "", "", &failure{status: http.StatusBadRequest, code: "BadRequest", message: "Invalid version: " + clip(segments[0])}
	}
	if len(segments) < 2 {
		return "", "", unknown("")
	}
	for _, known := range []string{users, servicePrincipals} {
		if strings.EqualFold(segments[1], known) {
			kind = known
		}
	}
	switch {
	case kind == "":
		return "", "", unknown(segments[1])
	case len(segments) != 4 || !strings.EqualFold(segments[3], "getMemberObjects"):
		return "", "", unknown(segments[len(segments)-1])
	}
	return kind, segments[2], nil
}
