package resourcemanager

import (
	"cmp"
	"maps"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

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
}

// patched returns the resource with change applied: tags, properties and other members are merged one by one, and the value of
// each is replaced whole. The resource's own maps are left alone; somebody may be reading them.
func (r Resource) patched(change Resource) Resource {
	r.Location = cmp.Or(change.Location, r.Location)
	r.Tags = merged(r.Tags, change.Tags)
	r.Properties = merged(r.Properties, change.Properties)
	r.Others = merged(r.Others, change.Others)
	return r
}

func merged[V any](base, change map[string]V) map[string]V {
	all := make(map[string]V, len(base)+len(change))
	maps.Copy(all, base)
	maps.Copy(all, change)
	return all
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
	r.Location = strings.ToLower(strings.ReplaceAll(r.Location, " ", ""))
	r.Properties = merged(r.Properties, map[string]jsontext.Value{"provisioningState": jsontext.Value(`"Succeeded"`)})
	return r
}

// isResourceGroup reports whether scope is a resource group.
func isResourceGroup(scope rbac.Scope) bool {
	return scope.ResourceType() == "Microsoft.Resources/subscriptions/resourceGroups"
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
	return failf(http.StatusNotFound, "ResourceNotFound", "The Resource '%s' under resource group '%s' was not found.",
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
