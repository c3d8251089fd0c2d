package resourcemanager

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"

	"hubgate.example/rbac"
)

// Contents is what an Inventory holds at the start.
type Contents struct {
	Subscriptions []Subscription
	// Resources are resource groups and resources. What lies in another one comes after it.
	Resources []Resource
}

// An Inventory is what exists in the demo's Resource Manager: subscriptions, resource groups and resources, in memory. Ids
// keep the case in which they were first written, and count in any case.
//
// Its methods may be called by many goroutines at once.
type Inventory struct {
	subscriptions map[string]Subscription // by the key of its scope; never changes

	mu        sync.RWMutex
	resources map[string]Resource // by the key of its scope; a Resource's maps are never written to
}

// NewInventory checks the contents; an error names the field.
func NewInventory(contents Contents) (*Inventory, error) {
	inventory := &Inventory{subscriptions: make(map[string]Subscription), resources: make(map[string]Resource)}
	for i, subscription := range contents.Subscriptions {
		if err := inventory.addSubscription(subscription); err != nil {
			return nil, fmt.Errorf("resourcemanager: Contents.Subscriptions[%d]%w", i, err)
		}
	}
	for i, resource := range contents.Resources {
		if err := inventory.addResource(resource); err != nil {
			return nil, fmt.Errorf("resourcemanager: Contents.Resources[%d]%w", i, err)
		}
	}
	return inventory, nil
}

// addSubscription and addResource return errors that begin with the name of a field, as in ".ID: ...".
func (i *Inventory) addSubscription(subscription Subscription) error {
	if !rbac.IsGUID(subscription.ID) {
		return fmt.Errorf(".ID: %q is no GUID", subscription.ID)
	}
	if subscription.Tenant == "" {
		return errors.New(".Tenant: required")
	}
	scope, err := rbac.ParseScope("/subscriptions/" + subscription.ID)
	if err != nil {
		return fmt.Errorf(".ID: %w", err)
	}
	if _, exists := i.subscriptions[scope.Key()]; exists {
		return fmt.Errorf(".ID: %s is there twice", subscription.ID)
	}
	subscription.scope = scope
	i.subscriptions[scope.Key()] = subscription
	return nil
}

func (i *Inventory) addResource(resource Resource) error {
	scope, err := rbac.ParseScope(resource.ID)
	if err != nil {
		return fmt.Errorf(".ID: %w", err)
	}
	if i.subscriptions[scope.Key()].ID != "" || scope.Subscription() == "" {
		return fmt.Errorf(".ID: %q is no resource group and no resource", resource.ID)
	}
	if isResourceGroup(scope) && resource.Location == "" {
		return errors.New(".Location: a resource group must have one")
	}
	if _, err := json.Marshal(resource); err != nil {
		return fmt.Errorf(".Properties or Others: %w", err)
	}
	_, created, err := i.write(scope, func(Resource, bool) (Resource, error) { return resource, nil })
	switch {
	case err != nil:
		return fmt.Errorf(".ID: %q: %w", resource.ID, err)
	case !created:
		return fmt.Errorf(".ID: %q is there twice", resource.ID)
	}
	return nil
}

// Subscriptions returns all subscriptions, ordered by id.
func (i *Inventory) Subscriptions() []Subscription {
	return slices.SortedFunc(maps.Values(i.subscriptions), func(a, b Subscription) int {
		return cmp.Compare(a.scope.Key(), b.scope.Key())
	})
}

// TenantOf returns the tenant that owns a subscription, and whether there is such a subscription. It is meant to be
// rbac.AuthorizerConfig.TenantOf.
func (i *Inventory) TenantOf(subscription string) (tenant string, known bool) {
	found, known := i.subscriptionNamed(subscription)
	return found.Tenant, known
}

// subscriptionNamed returns the subscription with an id.
func (i *Inventory) subscriptionNamed(id string) (Subscription, bool) {
	scope, err := rbac.ParseScope("/subscriptions/" + id)
	if err != nil {
		return Subscription{}, false
	}
	return i.subscription(scope)
}

// subscription returns the subscription at scope.
func (i *Inventory) subscription(scope rbac.Scope) (Subscription, bool) {
	subscription, ok := i.subscriptions[scope.Key()]
	return subscription, ok
}

// resource returns what is at scope.
func (i *Inventory) resource(scope rbac.Scope) (Resource, bool) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	resource, ok := i.resources[scope.Key()]
	return resource, ok
}

// exists reports whether there is anything at scope. What lies in no subscription is not the inventory's and always there.
func (i *Inventory) exists(scope rbac.Scope) bool {
	if _, ok := i.subscription(scope); ok || scope.Subscription() == "" {
		return true
	}
	_, ok := i.resource(scope)
	return ok
}

// within returns what lies in scope and is wanted, ordered by id.
func (i *Inventory) within(scope rbac.Scope, wanted func(Resource) bool) []Resource {
	i.mu.RLock()
	defer i.mu.RUnlock()
	var found []Resource
	for _, resource := range i.resources {
		if scope.Contains(resource.scope) && wanted(resource) {
			found = append(found, resource)
		}
	}
	slices.SortFunc(found, func(a, b Resource) int { return cmp.Compare(a.scope.Key(), b.scope.Key()) })
	return found
}

// write stores at scope what edit makes of the resource that is there. What it lies in must be there already and stay there, and
// what has a location keeps it.
func (i *Inventory) write(scope rbac.Scope, edit func(current Resource, exists bool) (Resource, error)) (stored Resource, created bool, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := i.stable(scope); err != nil {
		return Resource{}, false, err
	}
	current, exists := i.resources[scope.Key()]
	stored, err = edit(current, exists)
	if err != nil {
		return Resource{}, false, err
	}
	stored = stored.completed()
	if isResourceGroup(scope) && stored.Location == "" {
		return Resource{}, false, failf(http.StatusBadRequest, "LocationRequired", "The location property is required for this definition.")
	}
	if exists {
		stored.Location = cmp.Or(stored.Location, current.Location)
		if err := stays(current, stored.Location); err != nil {
			return Resource{}, false, err
		}
		stored.ID, stored.Name, stored.Type = current.ID, current.Name, current.Type
		stored.scope, stored.created = current.scope, current.created
	} else {
		parent, parentID, err := i.parent(scope)
		if err != nil {
			return Resource{}, false, err
		}
		stored, err = stored.placed(scope, parent, parentID)
		if err != nil {
			return Resource{}, false, err
		}
		stored.created = stored.changed
	}
	i.resources[scope.Key()] = stored
	return stored, !exists, nil
}

// parent returns what scope lies in, and its id as it was first written.
func (i *Inventory) parent(scope rbac.Scope) (parent rbac.Scope, id string, err error) {
	parent, _ = scope.Parent()
	if subscription, ok := i.subscriptions[parent.Key()]; ok {
		return parent, subscription.scope.String(), nil
	}
	if resource, ok := i.resources[parent.Key()]; ok {
		return parent, resource.ID, nil
	}
	if isResourceGroup(parent) {
		return parent, "", notFound(parent)
	}
	return parent, "", failf(http.StatusNotFound, "ParentResourceNotFound",
		"Can not perform requested operation on nested resource. Parent resource '%s' not found.", parent.Name())
}

// delete removes what is at scope and all that lies in it, when check lets it go, and reports whether there was anything.
func (i *Inventory) delete(scope rbac.Scope, check func(current Resource, exists bool) error) (found bool, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := i.stable(scope); err != nil {
		return false, err
	}
	current, exists := i.resources[scope.Key()]
	if err := check(current, exists); err != nil || !exists {
		return false, err
	}
	i.remove(scope)
	return true, nil
}

func (i *Inventory) remove(scope rbac.Scope) {
	maps.DeleteFunc(i.resources, func(_ string, resource Resource) bool { return scope.Contains(resource.scope) })
}

// beginDeletion marks a resource group as being deleted: from now on nothing in it is written, until endDeletion removes it. It
// reports whether there is a group; one that is marked already stays so.
func (i *Inventory) beginDeletion(scope rbac.Scope, check func(current Resource, exists bool) error) (found bool, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	current, exists := i.resources[scope.Key()]
	if err := check(current, exists); err != nil || !exists || current.deleting {
		return exists, err
	}
	current = current.inState("Deleting")
	current.deleting = true
	i.resources[scope.Key()] = current
	return true, nil
}

func (i *Inventory) endDeletion(scope rbac.Scope) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.remove(scope)
}

// changeable refuses a change of what lies in a resource group that is being deleted.
func (i *Inventory) changeable(scope rbac.Scope) error {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.stable(scope)
}

// stable is changeable for those who hold the lock.
func (i *Inventory) stable(scope rbac.Scope) error {
	for ok := true; ok; scope, ok = scope.Parent() {
		if resource := i.resources[scope.Key()]; resource.deleting {
			return failf(http.StatusConflict, "ResourceGroupBeingDeleted",
				"The resource group '%s' is in deprovisioning state and cannot perform this operation.", resource.Name)
		}
	}
	return nil
}

// stays refuses to move a resource: Resource Manager keeps a thing where it was made.
func stays(resource Resource, location string) error {
	switch {
	case resource.Location == location, resource.Location == "":
		return nil
	case isResourceGroup(resource.scope):
		return failf(http.StatusConflict, "InvalidResourceGroupLocation",
			"Invalid resource group location '%s'. The Resource group already exists in location '%s'.", location, resource.Location)
	default:
		return failf(http.StatusConflict, "InvalidResourceLocation",
			"The resource '%s' already exists in location '%s' in resource group '%s'. A resource with the same name cannot be "+
				"created in location '%s'. Please select a new resource name.",
			resource.Name, resource.Location, resource.scope.ResourceGroup(), location)
	}
}
