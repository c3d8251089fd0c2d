package rbac

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Errors of [OperationFor] beside [ErrInvalidPath].
var (
	// ErrUnknownPath: the path is well spelled, but Resource Manager has nothing there: answer 404.
	ErrUnknownPath = errors.New("no such place in Resource Manager")
	// ErrMethod: no operation belongs to the method, or none at this path: answer 405.
	ErrMethod = errors.New("method not allowed")
)

// Plane tells control actions from data actions; some operation names exist in both.
type Plane uint8

// The planes.
const (
	ControlPlane Plane = iota
	DataPlane
)

// An Operation is what a request wants to do: an action, at a scope.
type Operation struct {
	// Action is compared without regard to case. What is no well-formed action, such as one with a blank or a wildcard in it, is granted
	// by nothing.
	Action string
	Scope  Scope
	Plane  Plane
	// SubOperation is what conditions match with SubOperationMatches, such as Blob.List. It is empty for most operations.
	SubOperation string
	// Attributes answer what conditions ask. Without them every attribute is missing.
	Attributes Attributes
	// Collection marks the list of a collection: Scope is what the listed items lie in. A route that shows only the items
	// which the caller may read can let it pass; elsewhere Action must be allowed at Scope.
	Collection bool
}

// OperationFor says which operation a Resource Manager request is, by its method and the canonical form of its path. The
// action comes from the text after the last /providers/: the namespace and the types, then read for GET and HEAD, write for
// PUT and PATCH, delete for DELETE, and for POST the operation that the path ends in, with "action". The scope is the
// resource. What lies in no provider has the namespace Microsoft.Resources:
//
//	/subscriptions[/{id}]                          Microsoft.Resources/subscriptions/...
//	/subscriptions/{id}/resourceGroups[/{name}]    Microsoft.Resources/subscriptions/resourceGroups/...
//	/subscriptions/{id}/resources, locations       Microsoft.Resources/subscriptions/{word}/read
//	.../resourceGroups/{name}/resources            Microsoft.Resources/subscriptions/resourceGroups/resources/read
//	/subscriptions/{id}/operationresults/{id}      Microsoft.Resources/subscriptions/operationresults/read, at the subscription
//	/subscriptions/{id}/providers[/{namespace}]    Microsoft.Resources/subscriptions/providers/read, at the subscription
//	/providers[/{namespace}]                       Microsoft.Resources/providers/read, at "/"
//	/tenants                                       Microsoft.Resources/tenants/read, at "/"
//
// Role assignments are authorized at the scope that they are for, all other extension resources at their own id. A path that
// ends in a type is a collection, and only read. Locations and providers are lists too, but not of things with a scope of
// their own, so they are not marked as a Collection. The result of an operation is marked as one: who began the operation may
// read it without a role at the subscription, and only its handler knows who that is.
//
// Headers and parameters that would override the method are ignored. Errors wrap [ErrInvalidPath] (among them a POST whose
// path names no operation), [ErrUnknownPath] or [ErrMethod].
func OperationFor(r *http.Request) (Operation, error) {
	path, err := CanonicalPath(r.URL)
	if err != nil {
		return Operation{}, err
	}
	at, err := locate(path)
	if err != nil {
		return Operation{}, pathError("%w", err)
	}
	var verb string
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		verb = "/read"
	case http.MethodPut, http.MethodPatch:
		verb = "/write"
	case http.MethodDelete:
		verb = "/delete"
	case http.MethodPost:
		return at.action()
	default:
		return Operation{}, fmt.Errorf("rbac: %w: %q", ErrMethod, r.Method)
	}
	if at.rest == "" {
		return at.item(verb)
	}
	return at.collection(verb)
}

// operation is an operation at the scope. Its key and the action, which nearly every request needs, take one allocation.
func (p place) operation(resourceType, verb string) Operation {
	var room [512]byte
	text := appendFold(room[:0], p.scope)
	end := len(text)
	text = append(append(text, resourceType...), verb...)
	both := string(text)
	return Operation{Action: both[end:], Scope: Scope{path: p.scope, key: both[:end]}}
}

// item is an operation on the resource itself.
func (p place) item(verb string) (Operation, error) {
	resourceType := p.resourceType()
	if resourceType == "" {
		return Operation{}, fmt.Errorf("rbac: %w", ErrUnknownPath)
	}
	operation := p.operation(resourceType, verb)
	if isWord(resourceType, "Microsoft.Authorization/roleAssignments") {
		operation.Scope, _ = operation.Scope.Parent()
	}
	return operation, nil
}

// collection is the list of what lies directly in a scope.
func (p place) collection(verb string) (Operation, error) {
	resourceType, items := p.typed()
	if !items {
		listed, ok := p.listing()
		if !ok {
			return Operation{}, fmt.Errorf("rbac: %w", ErrUnknownPath)
		}
		resourceType, items = listed.resourceType, listed.items
	}
	if verb != "/read" {
		return Operation{}, fmt.Errorf("rbac: %w: a collection is only read", ErrMethod)
	}
	operation := p.operation(resourceType, verb)
	operation.Collection = items
	return operation, nil
}

// action is a POST.
func (p place) action() (Operation, error) {
	_, after := nextSegment(p.rest)
	_, listed := p.listing()
	switch typed, ok := p.typed(); {
	case ok:
		return p.operation(typed, "/action"), nil
	case p.rest == "" || listed || isProviders(p.rest):
		return Operation{}, pathError("a POST names an operation")
	case p.scope != "" && after == "":
		return p.operation(p.resourceType()+p.rest, "/action"), nil
	default:
		return Operation{}, fmt.Errorf("rbac: %w", ErrUnknownPath)
	}
}

// typed returns the namespace and types that the path ends in, when it ends in a type of a resource provider: the type of a
// collection, or, in a POST, the operation.
func (p place) typed() (string, bool) {
	if isProviders(p.rest) {
		_, provider := nextSegment(p.rest)
		return strings.TrimPrefix(provider, "/"), strings.Count(provider, "/") == 2
	}
	return p.resourceType() + p.rest, p.provider > 0 && p.rest != ""
}

// A listing is a collection that lies in no resource provider.
type listing struct {
	parent, word string
	// resourceType is what the action is made of, and items reports whether the handler decides what is shown.
	resourceType string
	items        bool
	// named reports whether a name may follow, which makes no difference.
	named bool
}

var listings = []listing{
	{parent: "", word: "subscriptions", resourceType: subscriptionType, items: true},
	{parent: "", word: "tenants", resourceType: rootNamespace + "/tenants", items: true},
	{parent: "", word: "providers", resourceType: rootNamespace + "/providers", named: true},
	{parent: subscriptionType, word: "resourceGroups", resourceType: resourceGroupType, items: true},
	{parent: subscriptionType, word: "resources", resourceType: subscriptionType + "/resources", items: true},
	{parent: subscriptionType, word: "locations", resourceType: subscriptionType + "/locations"},
	{parent: subscriptionType, word: "operationresults", resourceType: subscriptionType + "/operationresults", items: true, named: true},
	{parent: subscriptionType, word: "providers", resourceType: subscriptionType + "/providers", named: true},
	{parent: resourceGroupType, word: "resources", resourceType: resourceGroupType + "/resources", items: true},
}

// listing returns the listing that the rest of the path names.
func (p place) listing() (listing, bool) {
	if p.provider > 0 {
		return listing{}, false
	}
	parent := p.resourceType()
	word, after := nextSegment(p.rest)
	for _, l := range listings {
		if l.parent != parent || !isWord(word, l.word) {
			continue
		}
		_, beyond := nextSegment(after)
		return l, after == "" || l.named && beyond == ""
	}
	return listing{}, false
}
