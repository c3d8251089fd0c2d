package rbac

import (
	"errors"
	"strings"
)

// The types of what lies in no resource provider.
const (
	rootNamespace     = "Microsoft.Resources"
	subscriptionType  = rootNamespace + "/subscriptions"
	resourceGroupType = subscriptionType + "/resourceGroups"
)

// providersMark stands, in any case, before the namespace of every resource provider in a path, and nowhere else.
const providersMark = "/providers/"

// A place is how a path reads in Resource Manager's tree.
type place struct {
	// scope is the longest scope that the path begins with, as written: a Scope's path.
	scope string
	// rest is what follows: "" or, beginning with a slash, a collection of scope or an operation on it.
	rest string
	// provider is where in scope, when that is a resource, the namespace begins that follows the last /providers/: rest is one of the
	// resource's own types then. Otherwise it is 0.
	provider int
}

// locate reads a path that checkPath has passed, from the left.
func locate(path string) (place, error) {
	if path == "/" {
		return place{}, nil
	}
	rest := path
	provider := 0

	if word, after := nextSegment(rest); isWord(word, "subscriptions") {
		if id, after := nextSegment(after); id != "" {
			if err := checkName(id); err != nil {
				return place{}, err
			}
			rest = after
			if word, after := nextSegment(rest); isWord(word, "resourceGroups") {
				if name, after := nextSegment(after); name != "" {
					if err := checkName(name); err != nil {
						return place{}, err
					}
					rest = after
				}
			}
		}
	}

	for isProviders(rest) {
		_, provided := nextSegment(rest)
		namespace, after := nextSegment(provided)
		if err := checkName(namespace); err != nil {
			return place{}, err
		}
		if isProviders(after) {
			return place{}, errors.New(`"providers" where a type belongs`)
		}
		resource := after
		for !isProviders(resource) {
			_, after := nextSegment(resource)
			name, after := nextSegment(after)
			if name == "" {
				break
			}
			if err := checkName(name); err != nil {
				return place{}, err
			}
			resource = after
			rest, provider = resource, len(path)-len(provided)+1
		}
		if len(resource) == len(after) {
			break // no resource, only a namespace or a collection
		}
	}
	return place{scope: path[:len(path)-len(rest)], rest: rest, provider: provider}, nil
}

// checkName refuses a name that would move the last /providers/ of a path.
func checkName(name string) error {
	if isWord(name, "providers") {
		return errors.New(`"providers" where a name belongs`)
	}
	return nil
}

// isProviders reports whether the first segment of path is the word providers.
func isProviders(path string) bool {
	word, _ := nextSegment(path)
	return isWord(word, "providers")
}

// isWord reports whether a part of a path that checkPath has passed is a word of ASCII in any case. No letter outside ASCII that folds to
// one of ASCII passes, so the length tells most parts apart.
func isWord(part, word string) bool { return len(part) == len(word) && strings.EqualFold(part, word) }

// nextSegment cuts the first segment off path, which is "" or begins with a slash.
func nextSegment(path string) (segment, after string) {
	if path == "" {
		return "", ""
	}
	if i := strings.IndexByte(path[1:], '/'); i >= 0 {
		return path[1 : i+1], path[i+1:]
	}
	return path[1:], ""
}

// segment returns segment i of path, counted from 0, or "".
func segment(path string, i int) string {
	found := ""
	for range i + 1 {
		found, path = nextSegment(path)
	}
	return found
}

// resourceType returns the type of the scope; see [Scope.ResourceType].
func (p place) resourceType() string {
	if p.provider > 0 {
		return typeIn(p.scope[p.provider:])
	}
	return typeWithoutProvider(p.scope)
}

// typeWithoutProvider returns the type of a scope that lies in no resource provider.
func typeWithoutProvider(scope string) string {
	switch {
	case scope == "":
		return ""
	case segment(scope, 2) == "":
		return subscriptionType
	}
	return resourceGroupType
}

// lastProvider returns what follows the last /providers/ of path: a namespace and pairs of type and name. It is "" when
// there is none.
func lastProvider(path string) string {
	for i := len(path) - len(providersMark); i >= 0; i-- {
		if path[i] == '/' && strings.EqualFold(path[i:i+len(providersMark)], providersMark) {
			return path[i+len(providersMark):]
		}
	}
	return ""
}

// typeIn returns {namespace}/{type}[/{type}...] of {namespace}/{type}/{name}[/{type}/{name}...]. Most resources have one type, whose
// text is a part of the path; the others' is put together.
func typeIn(provider string) string {
	rest := provider[strings.IndexByte(provider, '/')+1:]
	word, names, _ := strings.Cut(rest, "/")
	types := provider[:len(provider)-len(rest)+len(word)]
	_, rest, nested := strings.Cut(names, "/")
	if !nested {
		return types
	}
	all := make([]byte, len(types), len(provider))
	copy(all, types)
	for nested {
		word, names, _ = strings.Cut(rest, "/")
		all = append(append(all, '/'), word...)
		_, rest, nested = strings.Cut(names, "/")
	}
	return string(all)
}
