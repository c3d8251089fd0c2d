package armapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"hubgate.example/rbac"
)

// Config configures a Handler. Store and ResourceSetFrom are required.
type Config struct {
	Store *rbac.MemoryStore
	// ResourceSetFrom returns the allowed-resource set of a request's caller, as the gate has put it into the context. A
	// request without one is answered 500, and nothing is read or changed.
	ResourceSetFrom func(context.Context) (*rbac.ResourceSet, bool)
	// GroupsOf returns the ids of all groups of a principal, those that contain groups included, for the filter assignedTo.
	// Without it the filter finds only what is assigned to the principal itself.
	GroupsOf func(principalID string) []string
	// PrincipalTypeOf returns the type of a principal as the directory knows it (User, Group, ServicePrincipal, ForeignGroup, Device), and
	// whether it knows the principal. A role assignment is stored with that type, and one that is written with another is refused.
	// Without it the type that a client writes is kept for display, and conditions find no PrincipalType: a client's word decides nothing.
	PrincipalTypeOf func(principalID string) (principalType string, known bool)
	// ClientName returns what the gate's answers call a request's caller, an application id or a user principal name, for a
	// refusal that the handler words itself. Without it the caller's object id stands there. It is shown as it is.
	ClientName func(context.Context) string
	// Authorizer is the gate's. With it the handler answers checkAccess: what a principal of the caller's tenant may do, with the
	// groups in the request and those of GroupsOf, and where conditions find no attributes. Without it there is no checkAccess.
	Authorizer *rbac.Authorizer
}

// A Handler serves the resource provider's types. It is safe for concurrent use.
type Handler struct {
	config Config
	// writing is held from the look at what a change depends on to the change itself, and never while a client sends.
	writing sync.Mutex
}

// New checks the configuration; an error names the field.
func New(config Config) (*Handler, error) {
	switch {
	case config.Store == nil:
		return nil, errors.New("armapi: Config.Store: is required")
	case config.ResourceSetFrom == nil:
		return nil, errors.New("armapi: Config.ResourceSetFrom: is required")
	}
	if config.PrincipalTypeOf == nil {
		config.PrincipalTypeOf = func(string) (string, bool) { return "", false }
	}
	if config.GroupsOf == nil {
		config.GroupsOf = func(string) []string { return nil }
	}
	return &Handler{config: config}, nil
}

// A request is what the methods of a collection work on.
type request struct {
	*http.Request
	target
	version apiVersion
	caller  *rbac.ResourceSet
}

// An endpoint is one method of a collection or of an item. Body is written as JSON, nil as none.
type endpoint func(*request) (status int, body any, err error)

// ServeHTTP serves one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	status, body, err := h.serve(r)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, status, body)
}

func (h *Handler) serve(r *http.Request) (status int, body any, err error) {
	caller, ok := h.config.ResourceSetFrom(r.Context())
	if !ok || caller == nil {
		return 0, nil, errors.New("armapi: the request has no resource set: it did not pass the gate")
	}
	at, err := parseTarget(r.URL)
	if err != nil {
		return 0, nil, err
	}
	version, err := parseVersion(r.URL.Query()["api-version"])
	if err != nil {
		return 0, nil, err
	}
	endpoints := h.endpoints(at)
	if endpoints == nil {
		return 0, nil, failf(http.StatusNotFound, "InvalidResourceType",
			"The resource type '%.100s' could not be found in the namespace 'Microsoft.Authorization' for api version '%s'.", at.resourceType, version)
	}
	serve, ok := endpoints[r.Method]
	if !ok {
		return 0, nil, notAllowed(r.Method, endpoints)
	}
	return serve(&request{Request: r, target: at, version: version, caller: caller})
}

// endpoints returns what can be done with a target, by method, and nil when there is no such type.
func (h *Handler) endpoints(at target) map[string]endpoint {
	is := func(resourceType string, item bool) bool {
		return strings.EqualFold(at.resourceType, resourceType) && item == (at.name != "")
	}
	const collection, item = false, true
	switch {
	case is("roleAssignments", collection):
		return reading(h.listAssignments)
	case is("roleAssignments", item):
		return map[string]endpoint{"GET": h.getAssignment, "HEAD": h.getAssignment, "PUT": h.putAssignment, "DELETE": h.deleteAssignment}
	case is("roleAssignmentScheduleInstances", collection):
		return reading(h.listScheduleInstances)
	case is("roleAssignmentScheduleInstances", item):
		return reading(h.getScheduleInstance)
	case is("roleDefinitions", collection):
		return reading(h.listDefinitions)
	case is("roleDefinitions", item):
		return map[string]endpoint{"GET": h.getDefinition, "HEAD": h.getDefinition, "PUT": h.putDefinition, "DELETE": h.deleteDefinition}
	case is("denyAssignments", collection):
		return reading(h.listDenyAssignments)
	case is("denyAssignments", item):
		return reading(h.getDenyAssignment)
	case is("permissions", collection):
		return reading(h.listPermissions)
	case is("checkAccess", collection) && h.config.Authorizer != nil:
		return map[string]endpoint{"POST": h.checkAccess}
	}
	return nil
}

// reading returns the endpoints of what is only read.
func reading(get endpoint) map[string]endpoint { return map[string]endpoint{"GET": get, "HEAD": get} }
