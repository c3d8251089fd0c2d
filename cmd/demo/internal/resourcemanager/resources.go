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
func (s *Server) serveProvider(w http.ResponseWriter, r *http.Request) error {
	op, err := rbac.OperationFor(r)
	if err != nil {
		return err
	}
	_, isSubscription := s.config.Inventory.subscription(op.Scope)
	switch {
	case isSubscription && registrationAction.MatchString(op.Action):
		return s.changeRegistration(w, r, op)
	case isAuthorization(op.Action):
		return s.authorize(w, r, op)
	case op.Scope.Subscription() == "":
		return unknownRoute(w, r)
	case !op.Collection && (isSubscription || isResourceGroup(op.Scope)):
		return unknownRoute(w, r) // what a provider offers as a whole is not served but for its registration
	}
	if err := s.offered(r, op); err != nil {
		return err
	}
	switch {
	case isDirectoryTenant(op):
		return s.serveDirectory(w, r, op)
	case op.Collection:
		return s.listOfType(w, r)
	}
	return s.serveItem(w, r)
}

// serveItem serves one resource group or resource.
func (s *Server) serveItem(w http.ResponseWriter, r *http.Request) error {
	op, err := rbac.OperationFor(r)
	if err != nil {
		return err
	}
	demanded, err := readConditions(r)
	if err != nil {
		return err
	}
	switch r.Method {
	case http.MethodPut:
		return s.put(w, r, op.Scope, demanded)
	case http.MethodPatch:
		return s.patch(w, r, op.Scope, demanded)
	case http.MethodDelete:
		return s.delete(w, r, op.Scope, demanded)
	}
	resource, ok := s.config.Inventory.resource(op.Scope)
	if !ok {
		return notFound(op.Scope)
	}
	if r.Method == http.MethodPost {
		return s.act(w, r, op, resource)
	}
	notModified, err := demanded.checkRead(resource)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", resource.etag)
	switch {
	case notModified:
		w.WriteHeader(http.StatusNotModified)
		return nil
	case r.Method == http.MethodHead: // az group exists asks so
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return writeJSON(w, http.StatusOK, resource)
}

// act is a POST, which in this Resource Manager has no effect.
func (s *Server) act(w http.ResponseWriter, r *http.Request, op rbac.Operation, resource Resource) error {
	if err := s.config.Inventory.changeable(op.Scope); err != nil {
		return err
	}
	answer := struct {
		Action   string    `json:"action"`
		Resource *Resource `json:"resource,omitempty"`
	}{Action: op.Action}
	if readable(r, op.Scope) { // the right to act is no right to read
		answer.Resource = &resource
	}
	return writeJSON(w, http.StatusOK, answer)
}

func (s *Server) put(w http.ResponseWriter, r *http.Request, scope rbac.Scope, demanded conditions) error {
	desired, _, err := readResource(w, r)
	if err != nil {
		return err
	}
	stored, created, err := s.config.Inventory.write(scope, func(current Resource, exists bool) (Resource, error) {
		if err := demanded.check(current, exists); err != nil {
			return Resource{}, err
		}
		if !exists {
			if err := checkName(scope); err != nil {
				return Resource{}, err
			}
			return desired, s.located(r, scope, desired.Location)
		}
		return desired, nil
	})
	switch {
	case err != nil:
		return err
	case created:
		return writeWritten(w, http.StatusCreated, stored)
	}
	return writeWritten(w, http.StatusOK, stored)
}

func (s *Server) patch(w http.ResponseWriter, r *http.Request, scope rbac.Scope, demanded conditions) error {
	_, patch, err := readResource(w, r)
	if err != nil {
		return err
	}
	stored, _, err := s.config.Inventory.write(scope, func(current Resource, exists bool) (Resource, error) {
		if !exists {
			return Resource{}, notFound(scope)
		}
		if err := demanded.check(current, exists); err != nil {
			return Resource{}, err
		}
		return current.patched(patch)
	})
	if err != nil {
		return err
	}
	return writeWritten(w, http.StatusOK, stored)
}

// writeWritten answers with a resource as it is stored now. RFC 9110 section 9.3.4 allows no validator where a PUT was not stored
// as it came, lest the client take its own content for the representation; here the answer holds that, and clients expect the
// tag with it.
func writeWritten(w http.ResponseWriter, status int, resource Resource) error {
	w.Header().Set("ETag", resource.etag)
	return writeJSON(w, status, resource)
}

func (s *Server) delete(w http.ResponseWriter, r *http.Request, scope rbac.Scope, demanded conditions) error {
	if isResourceGroup(scope) {
		return s.deleteGroup(w, r, scope, demanded)
	}
	found, err := s.config.Inventory.delete(scope, demanded.check)
	if err != nil {
		return err
	}
	if found {
		s.config.Deleted(context.WithoutCancel(r.Context()), scope)
		w.WriteHeader(http.StatusOK)
	} else {
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}

// listOfType lists what has the type that the path names: resource groups, or the resources of a type.
func (s *Server) listOfType(w http.ResponseWriter, r *http.Request) error {
	return s.list(w, r, expand(r, true), func(op rbac.Operation, resource Resource) bool {
		return strings.EqualFold(readOf(resource.scope).Action, op.Action)
	})
}

// listResources lists resources of all types.
func (s *Server) listResources(w http.ResponseWriter, r *http.Request) error {
	return s.list(w, r, expand(r, false), func(_ rbac.Operation, resource Resource) bool { return !isResourceGroup(resource.scope) })
}

// list answers the wanted part of a collection that the caller may read.
func (s *Server) list(w http.ResponseWriter, r *http.Request, item func(Resource) expandedResource, wanted func(rbac.Operation, Resource) bool) error {
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
	if !s.config.Inventory.exists(op.Scope) && set.Check(readOf(op.Scope)).Allowed {
		return notFound(op.Scope)
	}
	found := s.config.Inventory.within(op.Scope, func(resource Resource) bool { return wanted(op, resource) && asked.matches(resource) })
	visible := rbac.Filter(set, found, func(resource Resource) rbac.Operation { return readOf(resource.scope) })
	return writePage(w, r, s.pages, visible, func(resource Resource) string { return resource.scope.Key() }, item)
}
