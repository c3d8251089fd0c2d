package resourcemanager

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"hubgate.example/middleware"
	"hubgate.example/rbac"
)

const (
	directoryNamespace  = "Microsoft.Subscriptions.Admin"
	directoryTenantType = directoryNamespace + "/directoryTenants"
)

// A DirectoryTenant is a directory tenant whose principals an installation accepts.
type DirectoryTenant struct {
	// ID is that of the resource, .../resourceGroups/{group}/providers/Microsoft.Subscriptions.Admin/directoryTenants/{name}.
	ID string
	// TenantID is a GUID.
	TenantID string

	scope rbac.Scope
}

// DirectoryConfig configures a Directory. Home and Apply are required.
type DirectoryConfig struct {
	// Home is the installation's own tenant, which stays.
	Home DirectoryTenant
	// Guests are the others that are registered at the start.
	Guests []DirectoryTenant
	// Apply makes the tenants, the home tenant first, those that the user's side accepts, from the next request on. It is
	// called for each change, one at a time, and when it fails nothing has changed; what the error says is answered.
	Apply func(tenants []string) error
}

// A Directory is the list of the directory tenants of an installation, which its administrator changes while it runs. It is in
// memory only. Its methods may be called by many goroutines at once.
type Directory struct {
	home  string // the key of its scope
	apply func(tenants []string) error

	mu      sync.Mutex
	tenants map[string]DirectoryTenant // by the key of the scope
}

// NewDirectory checks the configuration; an error names the field. It does not call Apply.
func NewDirectory(config DirectoryConfig) (*Directory, error) {
	if config.Apply == nil {
		return nil, errors.New("resourcemanager: DirectoryConfig.Apply: required")
	}
	d := &Directory{apply: config.Apply, tenants: make(map[string]DirectoryTenant)}
	for i, tenant := range slices.Concat([]DirectoryTenant{config.Home}, config.Guests) {
		field := "Home"
		if i > 0 {
			field = fmt.Sprintf("Guests[%d]", i-1)
		}
		if err := d.add(tenant); err != nil {
			return nil, fmt.Errorf("resourcemanager: DirectoryConfig.%s.%w", field, err)
		}
	}
	return d, nil
}

// add adds a tenant at the start; the first is the home tenant.
func (d *Directory) add(tenant DirectoryTenant) error {
	var err error
	if tenant.scope, err = rbac.ParseScope(tenant.ID); err != nil {
		return fmt.Errorf("ID: %w", err)
	}
	if group, _ := tenant.scope.Parent(); !strings.EqualFold(tenant.scope.ResourceType(), directoryTenantType) || !isResourceGroup(group) {
		return fmt.Errorf("ID: %q is no %s of a resource group", tenant.ID, directoryTenantType)
	}
	if !rbac.IsGUID(tenant.TenantID) {
		return fmt.Errorf("TenantID: %q is no GUID", tenant.TenantID)
	}
	if _, twice := d.tenants[tenant.scope.Key()]; twice || d.find(tenant.TenantID) != nil {
		return errors.New("ID or TenantID: is there twice")
	}
	if len(d.tenants) == 0 {
		d.home = tenant.scope.Key()
	}
	d.tenants[tenant.scope.Key()] = tenant
	return nil
}

// find returns the entry of a tenant, or nil.
func (d *Directory) find(tenantID string) *DirectoryTenant {
	for _, tenant := range d.tenants {
		if strings.EqualFold(tenant.TenantID, tenantID) {
			return &tenant
		}
	}
	return nil
}

// Tenants returns the ids of the tenants, the home tenant's first.
func (d *Directory) Tenants() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ids(d.tenants)
}

func (d *Directory) ids(tenants map[string]DirectoryTenant) []string {
	ids := []string{tenants[d.home].TenantID}
	for _, key := range slices.Sorted(maps.Keys(tenants)) {
		if key != d.home {
			ids = append(ids, tenants[key].TenantID)
		}
	}
	return ids
}

// keeps refuses to delete a resource group that directory tenants are registered in: what they stand for would go on without
// them.
func (d *Directory) keeps(group rbac.Scope) error {
	if d == nil { // the user's side
		return nil
	}
	if len(d.within(group)) > 0 {
		return failf(http.StatusConflict, "Conflict", "The resource group '%s' has directory tenants and cannot be deleted.", group.Name())
	}
	return nil
}

// within returns the tenants that are registered in scope, ordered by id.
func (d *Directory) within(scope rbac.Scope) []DirectoryTenant {
	d.mu.Lock()
	defer d.mu.Unlock()
	var found []DirectoryTenant
	for _, key := range slices.Sorted(maps.Keys(d.tenants)) {
		if scope.Contains(d.tenants[key].scope) {
			found = append(found, d.tenants[key])
		}
	}
	return found
}

func (d *Directory) get(scope rbac.Scope) (DirectoryTenant, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	tenant, ok := d.tenants[scope.Key()]
	return tenant, ok
}

// put registers a tenant under a name, and reports whether the name is new.
func (d *Directory) put(desired DirectoryTenant) (stored DirectoryTenant, created bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := desired.scope.Key()
	current, exists := d.tenants[key]
	if exists && strings.EqualFold(current.TenantID, desired.TenantID) {
		return current, false, nil
	}
	if key == d.home {
		return DirectoryTenant{}, false, failf(http.StatusConflict, "Conflict", "The home directory tenant cannot be replaced.")
	}
	if other := d.find(desired.TenantID); other != nil {
		return DirectoryTenant{}, false, failf(http.StatusConflict, "Conflict",
			"The directory tenant '%s' is registered already, as '%s'.", desired.TenantID, other.scope.Name())
	}
	if exists {
		desired.ID, desired.scope = current.ID, current.scope
	}
	changed := maps.Clone(d.tenants)
	changed[key] = desired
	return desired, !exists, d.change(changed)
}

// remove removes a tenant, and reports whether there was one.
func (d *Directory) remove(scope rbac.Scope) (found bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, found = d.tenants[scope.Key()]; !found {
		return false, nil
	}
	if scope.Key() == d.home {
		return true, failf(http.StatusConflict, "Conflict", "The home directory tenant cannot be removed.")
	}
	changed := maps.Clone(d.tenants)
	delete(changed, scope.Key())
	return true, d.change(changed)
}

func (d *Directory) change(tenants map[string]DirectoryTenant) error {
	if err := d.apply(d.ids(tenants)); err != nil {
		return failf(http.StatusConflict, "Conflict", "%s", err)
	}
	d.tenants = tenants
	return nil
}

// directoryTenantAnswer is a directory tenant as clients read it.
type directoryTenantAnswer struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Type       string `json:"type"`
	Location   string `json:"location"`
	Properties struct {
		TenantID string `json:"tenantId"`
	} `json:"properties"`
}

func (d DirectoryTenant) answer(region string) directoryTenantAnswer {
	answer := directoryTenantAnswer{ID: d.ID, Name: d.scope.Name(), Type: directoryTenantType, Location: region}
	answer.Properties.TenantID = d.TenantID
	return answer
}

func isDirectoryTenant(op rbac.Operation) bool {
	return strings.EqualFold(typeOf(op), directoryTenantType)
}

// serveDirectory serves the directory tenants that are registered in a resource group, or lists those of a subscription.
func (s *Server) serveDirectory(w http.ResponseWriter, r *http.Request, op rbac.Operation) error {
	if op.Collection {
		return s.listDirectory(w, r, op)
	}
	parent, _ := op.Scope.Parent()
	if !isResourceGroup(parent) {
		return unknownRoute(w, r)
	}
	group, ok := s.config.Inventory.resource(parent)
	if !ok {
		return notFound(parent)
	}
	switch r.Method {
	case http.MethodPut:
		return s.putDirectoryTenant(w, r, op.Scope, group)
	case http.MethodDelete:
		found, err := s.config.Directory.remove(op.Scope)
		if err != nil {
			return err
		}
		if found {
			w.WriteHeader(http.StatusOK)
		} else {
			w.WriteHeader(http.StatusNoContent)
		}
		return nil
	case http.MethodGet, http.MethodHead:
		tenant, ok := s.config.Directory.get(op.Scope)
		if !ok {
			return notFound(op.Scope)
		}
		return writeJSON(w, http.StatusOK, tenant.answer(s.config.Region))
	}
	w.Header().Set("Allow", "GET, HEAD, PUT, DELETE") // RFC 9110 section 15.5.6
	return failf(http.StatusMethodNotAllowed, "MethodNotAllowed", "The requested resource does not support http method '%.16s'.", r.Method)
}

func (s *Server) listDirectory(w http.ResponseWriter, r *http.Request, op rbac.Operation) error {
	set, _ := middleware.ResourceSetFrom(r.Context()) // the gate has put it there
	if !s.config.Inventory.exists(op.Scope) && set.Check(readOf(op.Scope)).Allowed {
		return notFound(op.Scope)
	}
	visible := rbac.Filter(set, s.config.Directory.within(op.Scope), func(tenant DirectoryTenant) rbac.Operation { return readOf(tenant.scope) })
	return writePage(w, r, s.pages, visible,
		func(tenant DirectoryTenant) string { return tenant.scope.Key() },
		func(tenant DirectoryTenant) directoryTenantAnswer { return tenant.answer(s.config.Region) })
}

func (s *Server) putDirectoryTenant(w http.ResponseWriter, r *http.Request, scope rbac.Scope, group Resource) error {
	desired, _, err := readResource(w, r)
	if err != nil {
		return err
	}
	var tenantID string
	if err := json.Unmarshal(desired.Properties["tenantId"], &tenantID); err != nil || !rbac.IsGUID(tenantID) || tenantID == zeroGUID {
		return failf(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid: the property 'tenantId' is no GUID.")
	}
	if err := checkName(scope); err != nil {
		return err
	}
	if err := s.config.Inventory.changeable(scope); err != nil {
		return err
	}
	stored, created, err := s.config.Directory.put(DirectoryTenant{
		ID: group.ID + "/providers/" + directoryTenantType + "/" + scope.Name(), TenantID: strings.ToLower(tenantID), scope: scope,
	})
	switch {
	case err != nil:
		return err
	case created:
		return writeJSON(w, http.StatusCreated, stored.answer(s.config.Region))
	}
	return writeJSON(w, http.StatusOK, stored.answer(s.config.Region))
}

// zeroGUID is nobody's tenant.
const zeroGUID = "00000000-0000-0000-0000-000000000000"
