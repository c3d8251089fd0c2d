package armapi

import (
	"net/http"
	"net/url"
	"strings"

	"hubgate.example/rbac"
)

// A target is what a path names: a collection of a type at a scope or, with a name, one of its items.
type target struct {
	scope        rbac.Scope
	resourceType string
	name         string
}

// parseTarget reads {scope}/providers/Microsoft.Authorization/{type}[/{name}].
func parseTarget(u *url.URL) (target, error) {
	path, err := rbac.CanonicalPath(u)
	if err != nil {
		return target{}, invalidURI(err)
	}
	segments := strings.Split(path, "/")
	for _, tail := range []int{3, 4} {
		at := len(segments) - tail
		if at < 1 || !strings.EqualFold(segments[at], "providers") || !strings.EqualFold(segments[at+1], "Microsoft.Authorization") {
			continue
		}
		scope := rbac.Root
		if at > 1 {
			if scope, err = rbac.ParseScope(strings.Join(segments[:at], "/")); err != nil {
				return target{}, invalidURI(err)
			}
		}
		found := target{scope: scope, resourceType: segments[at+2]}
		if tail == 4 {
			found.name = segments[at+3]
		}
		return found, nil
	}
	return target{}, failf(http.StatusNotFound, "NotFound", "The resource provider 'Microsoft.Authorization' has nothing at this path.")
}

func invalidURI(err error) error {
	return failf(http.StatusBadRequest, "InvalidRequestUri", "The provided request URI is invalid: %v.", err)
}

// id returns the id of a resource of this provider at scope.
func id(scope rbac.Scope, resourceType, name string) string {
	return strings.TrimSuffix(scope.String(), "/") + "/providers/Microsoft.Authorization/" + resourceType + "/" + name
}

// lastSegment returns the last segment of an id. Of a role definition's it is the GUID, which alone counts.
func lastSegment(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// definitionID returns a role definition's id as Azure prints it: in the subscription that scope lies in, or in none.
func definitionID(scope rbac.Scope, guid string) string {
	prefix := ""
	if subscription := scope.Subscription(); subscription != "" {
		prefix = "/subscriptions/" + subscription
	}
	return prefix + "/providers/Microsoft.Authorization/roleDefinitions/" + guid
}
