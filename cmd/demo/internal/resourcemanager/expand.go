package resourcemanager

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// expansions are what $expand adds to the resources of a list. A client has no say in them: they are not kept of what it writes.
var expansions = []string{"createdTime", "changedTime", "provisioningState"}

// An expandedResource is a resource with what $expand has asked for.
type expandedResource struct {
	Resource
	// Properties take the place of the resource's. A list of all types has none, as Azure's, or az cannot show it as a table.
	Properties        map[string]jsontext.Value `json:"properties,omitzero"`
	CreatedTime       time.Time                 `json:"createdTime,omitzero"`
	ChangedTime       time.Time                 `json:"changedTime,omitzero"`
	ProvisioningState jsontext.Value            `json:"provisioningState,omitempty"`
}

// expand returns what makes a resource the item of a list, as r wants it. Unknown expansions add nothing.
func expand(r *http.Request, properties bool) func(Resource) expandedResource {
	asked := strings.Split(strings.ToLower(r.URL.Query().Get("$expand")), ",")
	wants := func(name string) bool { return slices.Contains(asked, strings.ToLower(name)) }
	return func(resource Resource) expandedResource {
		expanded := expandedResource{Resource: resource}
		if properties {
			expanded.Properties = resource.Properties
		}
		if wants("createdTime") {
			expanded.CreatedTime = resource.created
		}
		if wants("changedTime") {
			expanded.ChangedTime = resource.changed
		}
		if wants("provisioningState") {
			expanded.ProvisioningState = resource.Properties["provisioningState"]
		}
		return expanded
	}
}
