package resourcemanager

import (
	"cmp"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"hubgate.example/middleware"
	"hubgate.example/rbac"
)

// A Resource is a resource group, or a resource of any type.
type Resource struct {
	// ID is where the resource is. Answers repeat it as it was first written.
	ID string `json:"id"`
	// Name and Type follow from ID; they need not be set.
	Name string `json:"name"`
	Type string `json:"type"`
	// Location is required of a resource group.
	Location   string                    `json:"location,omitempty"`
	Tags       map[string]string         `json:"tags,omitempty"`
	Properties map[string]jsontext.Value `json:"properties"`
	// Others are the members that only some types have, such as kind and sku. They are kept as they came.
	Others map[string]jsontext.Value `json:",embed"`

	scope rbac.Scope
	// etag is the entity tag of the resource as it is, in quotes. Each write makes a new one.
	etag             string
	created, changed time.Time
	// deleting is set while a resource group is being deleted.
	deleting bool
}

// patched returns the resource with a JSON merge patch applied (RFC 7396): members of objects are merged at any depth, null
// removes a member, everything else is replaced. The resource's own maps are left alone; somebody may be reading them.
func (r Resource) patched(patch jsontext.Value) (Resource, error) {
	document, err := json.Marshal(r)
	if err != nil {
		return Resource{}, err
	}
	if document, err = mergePatch(document, patch); err != nil {
		return Resource{}, err
	}
	var changed Resource
	if err := json.Unmarshal(document, &changed); err != nil {
		return Resource{}, err
	}
	return changed, nil
}

// mergePatch is the function of RFC 7396 section 2.
func mergePatch(target, patch jsontext.Value) (jsontext.Value, error) {
	if patch.Kind() != '{' {
		return patch, nil
	}
	members, changes := map[string]jsontext.Value{}, map[string]jsontext.Value{}
	if target.Kind() == '{' {
		if err := json.Unmarshal(target, &members); err != nil {
			return nil, err
		}
	}
	if err := json.Unmarshal(patch, &changes); err != nil {
		return nil, err
	}
	for name, change := range changes {
		if change.Kind() == 'n' {
			delete(members, name)
			continue
		}
		merged, err := mergePatch(members[name], change)
		if err != nil {
			return nil, err
		}
		members[name] = merged
	}
	return json.Marshal(members, json.Deterministic(true))
}

// placed returns the resource as it is stored at scope, which lies in parent. The id keeps the spelling that parent's id has,
// whatever this request has called it.
func (r Resource) placed(scope, parent rbac.Scope, parentID string) (Resource, error) {
	suffix := scope.String()[len(parent.String()):]
	for _, word := range []string{"/resourceGroups/", "/providers/"} {
		if len(suffix) > len(word) && strings.EqualFold(suffix[:len(word)], word) {
			suffix = word + suffix[len(word):]
		}
	}
	r.ID = parentID + suffix
	var err error
	r.scope, err = rbac.ParseScope(r.ID)
	r.Name, r.Type = r.scope.Name(), r.scope.ResourceType()
	if isResourceGroup(r.scope) {
		r.Type = "Microsoft.Resources/resourceGroups"
	}
	return r, err
}

// completed returns the resource with what Resource Manager itself adds: a location as it compares them, and the state that
// tells clients not to wait.
func (r Resource) completed() Resource {
	r.Location = normalLocation(r.Location)
	others := maps.Clone(r.Others)
	for _, name := range expansions {
		delete(others, name)
	}
	r.Others = others
	return r.inState("Succeeded")
}

// normalLocation returns a location's name as it compares: "West US" is westus.
func normalLocation(location string) string {
	return strings.ToLower(strings.ReplaceAll(location, " ", ""))
}

// inState returns the resource in another provisioning state, as something that has changed.
func (r Resource) inState(state string) Resource {
	properties := map[string]jsontext.Value{}
	maps.Copy(properties, r.Properties)
	properties["provisioningState"] = jsontext.Value(`"` + state + `"`)
	r.Properties = properties
	r.etag = `"` + newGUID() + `"`
	r.changed = time.Now().UTC()
	return r
}

// isResourceGroup reports whether scope is a resource group.
func isResourceGroup(scope rbac.Scope) bool {
	return scope.ResourceType() == "Microsoft.Resources/subscriptions/resourceGroups"
}

// readable reports whether the caller of r may read what lies at scope.
func readable(r *http.Request, scope rbac.Scope) bool {
	set, ok := middleware.ResourceSetFrom(r.Context())
	return ok && set.Check(readOf(scope)).Allowed
}

// readOf is the operation that decides who sees what lies at scope, alone or in a list.
func readOf(scope rbac.Scope) rbac.Operation {
	return rbac.Operation{Action: scope.ResourceType() + "/read", Scope: scope}
}

// notFound says that there is nothing at scope, to a caller who may read there.
func notFound(scope rbac.Scope) error {
	if isResourceGroup(scope) {
		return failf(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", scope.Name())
	}
	// Resource Manager writes <null> for the group of what lies in none.
	return failf(http.StatusNotFound, "ResourceNotFound", "The Resource '%s' under resource group '%s' was not found. For more "+
		"details please go to https://aka.ms/ARMResourceNotFoundFix",
		withinProvider(scope), cmp.Or(scope.ResourceGroup(), "<null>"))
}

// withinProvider returns what follows the last /providers/ of scope: {namespace}/{type}/{name}, further types and names.
func withinProvider(scope rbac.Scope) string {
	segments := strings.Split(scope.String(), "/")
	for i := len(segments) - 1; i >= 0; i-- {
		if strings.EqualFold(segments[i], "providers") {
			segments = segments[i+1:]
			break
		}
	}
	return strings.Join(segments, "/")
}
