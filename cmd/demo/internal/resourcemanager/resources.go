package resourcemanager

import (
	"context"
	"net/http"
	"strings"

	"hubgate.example/middleware"
	"hubgate.example/rbac"
)

// serveProvider serves a path with /providers/ in it: of the resource provider Microsoft.Authorization, a collection of
// resources, or one resource.
func (s *server) serveProvider(w http.ResponseWriter, r *http.Request) error {
	op, err := rbac.OperationFor(r)
	if err != nil {
		return err
	}
	_, isSubscription := s.Inventory.subscription(op.Scope)
	switch {
	case isAuthorization(op.Action):
		return s.authorize(w, r, op)
	case op.Scope.Subscription() == "":
		return unknownRoute(w, r)
	case op.Collection:
		return s.listOfType(w, r)
	case isSubscription || isResourceGroup(op.Scope):
		return unknownRoute(w, r) // what a provider offers as a whole, such as its registration, is not served
	}
	return s.serveItem(w, r)
}

// serveItem serves one resource group or resource.
func (s *server) serveItem(w http.ResponseWriter, r *http.Request) error {
	op, err := rbac.OperationFor(r)
	if err != nil {
		return err
	}
	switch r.Method {
	case http.MethodPut:
		return s.put(w, r, op.Scope)
	case http.MethodPatch:
		return s.patch(w, r, op.Scope)
	case http.MethodDelete:
		return s.delete(w, r, op.Scope)
	}
	resource, ok := s.Inventory.resource(op.Scope)
	if !ok {
		return notFound(op.Scope)
	}
	switch r.Method {
	case http.MethodHead: // az group exists asks so
		w.WriteHeader(http.StatusNoContent)
		return nil
	case http.MethodPost:
		answer := struct {
			Action   string    `json:"action"`
			Resource *Resource `json:"resource,omitempty"`
		}{Action: op.Action}
		if readable(r, op.Scope) { // the right to act is no right to read
			answer.Resource = &resource
		}
		return writeJSON(w, http.StatusOK, answer)
	default:
		return writeJSON(w, http.StatusOK, resource)
	}
}

func (s *server) put(w http.ResponseWriter, r *http.Request, scope rbac.Scope) error {
	desired, _, err := readResource(w, r)
	if err != nil {
		return err
	}
	stored, created, err := s.Inventory.write(scope, func(Resource, bool) (Resource, error) { return desired, nil })
	switch {
	case err != nil:
		return err
	case created:
		return writeJSON(w, http.StatusCreated, stored)
	}
	return writeJSON(w, http.StatusOK, stored)
}

func (s *server) patch(w http.ResponseWriter, r *http.Request, scope rbac.Scope) error {
	_, patch, err := readResource(w, r)
	if err != nil {
		return err
	}
	stored, _, err := s.Inventory.write(scope, func(current Resource, exists bool) (Resource, error) {
		if !exists {
			return Resource{}, notFound(scope)
		}
		return current.patched(patch)
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, stored)
}

func (s *server) delete(w http.ResponseWriter, r *http.Request, scope rbac.Scope) error {
	if s.Inventory.delete(scope) {
		s.Deleted(context.WithoutCancel(r.Context()), scope)
		w.WriteHeader(http.StatusOK)
	} else {
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}

// listOfType lists what has the type that the path names: resource groups, or the resources of a type.
func (s *server) listOfType(w http.ResponseWriter, r *http.Request) error {
	return s.list(w, r, func(op rbac.Operation, resource Resource) bool {
		return strings.EqualFold(readOf(resource.scope).Action, op.Action)
	})
}

// listResources lists resources of all types.
func (s *server) listResources(w http.ResponseWriter, r *http.Request) error {
	return s.list(w, r, func(_ rbac.Operation, resource Resource) bool { return !isResourceGroup(resource.scope) })
}

// list answers the wanted part of a collection that the caller may read.
func (s *server) list(w http.ResponseWriter, r *http.Request, wanted func(rbac.Operation, Resource) bool) error {
	op, err := rbac.OperationFor(r)
	if err != nil {
		return err
	}
	set, _ := middleware.ResourceSetFrom(r.Context()) // the gate has put it there
	asked, err := parseFilter(r.URL.Query().Get("$filter"))
	if err != nil {
		return err
	}
	// Whether the collection's parent exists is for those to know who may read it; for others there is nothing in it.
	if !s.Inventory.exists(op.Scope) && set.Check(readOf(op.Scope)).Allowed {
		return notFound(op.Scope)
	}
	found := s.Inventory.within(op.Scope, func(resource Resource) bool { return wanted(op, resource) && asked.matches(resource) })
	return writeList(w, rbac.Filter(set, found, func(resource Resource) rbac.Operation { return readOf(resource.scope) }))
}
