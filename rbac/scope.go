package rbac

import (
	"fmt"
	"strings"
)

// A Scope is a place in Resource Manager's tree that a role can be assigned at: "/", a management group, a subscription, a
// resource group, a resource or an extension resource. Scopes compare by whole segments and without regard to case, so
// compare them with Equal, or by Key, and not with ==.
//
// The zero Scope is "/".
type Scope struct {
	// path is the scope as written and key its folded form. Both are "" for "/", have an even number of segments, and are
	// without a trailing slash.
	path, key string
}

// Root is the scope "/".
var Root Scope

// ParseScope reads a scope:
//
//	/
//	/providers/Microsoft.Management/managementGroups/{id}
//	/subscriptions/{id}
//	/subscriptions/{id}/resourceGroups/{name}
//	{any of these, or a resource}/providers/{namespace}/{type}/{name}[/{type}/{name}...]
//
// What lies below a resource by a /providers/ of its own is an extension resource, such as a role assignment. The words subscriptions, resourceGroups and providers count in any case. Spelling is as strict as for [CanonicalPath],
// and a trailing slash is an error here. Nothing may be called "providers", because the text after the last /providers/ and
// a reading from the left would name different resources then.
//
// A subscription's id is any segment: tell with [IsGUID] where only Resource Manager's own form will do.
func ParseScope(s string) (Scope, error) {
	scope, err := parseScope(s)
	if err != nil {
		return Root, fmt.Errorf("rbac: scope %w", err)
	}
	return scope, nil
}

// MustParseScope is like [ParseScope], but panics if s is no scope. It is for constants: what comes from a request or a store
// goes through ParseScope or [Scope.Child].
func MustParseScope(s string) Scope {
	scope, err := ParseScope(s)
	if err != nil {
		panic(err)
	}
	return scope
}

// Child returns the scope directly below s that has a type and a name:
//
//	Root.Child("subscriptions", id)
//	subscription.Child("resourceGroups", name)
//	group.Child("Microsoft.Sql/servers", name)
//	server.Child("databases", name)
//
// With its namespace, a type is a resource provider's, and can lie in any scope; without one it is that of a subscription, a
// resource group or what lies in a resource. An error says that the name is not exactly one segment of a path, so that a name
// from elsewhere never leads to another place, or that nothing in s can have the type.
func (s Scope) Child(resourceType, name string) (Scope, error) {
	if strings.Contains(name, "/") {
		return Root, fmt.Errorf("rbac: scope: the name %.200q contains a slash", name)
	}
	prefix := s.path + "/"
	switch strings.Count(resourceType, "/") {
	case 0:
	case 1:
		prefix = s.path + providersMark
	default:
		return Root, fmt.Errorf("rbac: scope: the type %.200q is neither a word nor a namespace and a word", resourceType)
	}
	return ParseScope(prefix + resourceType + "/" + name)
}

func parseScope(s string) (Scope, error) {
	if err := checkPath(s); err != nil {
		return Root, fmt.Errorf("%.200q: %w", s, err)
	}
	place, err := locate(s)
	switch {
	case err != nil:
		return Root, fmt.Errorf("%.200q: %w", s, err)
	case place.rest != "":
		return Root, fmt.Errorf("%.200q: no resource ends in %.200q", s, place.rest)
	}
	return newScope(place.scope), nil
}

// newScope returns the scope whose path locate has found.
func newScope(path string) Scope {
	return Scope{path: path, key: fold(path)}
}

// String returns the scope as it was written.
func (s Scope) String() string {
	if s.path == "" {
		return "/"
	}
	return s.path
}

// Key returns the form of s by which scopes compare: two scopes are the same exactly when their keys are equal. Store and
// look up resources by it, so that what was authorized is what is served.
func (s Scope) Key() string {
	if s.key == "" {
		return "/"
	}
	return s.key
}

// Equal reports whether s and other are the same place.
func (s Scope) Equal(other Scope) bool { return s.key == other.key }

// Contains reports whether other is s or lies below it, as far as scopes say: what lies in a management group, [Policy.Contains]
// knows.
func (s Scope) Contains(other Scope) bool { return containsKey(s.key, other.key) }

func containsKey(above, below string) bool {
	rest, ok := strings.CutPrefix(below, above)
	return ok && (rest == "" || rest[0] == '/')
}

// Parent returns the scope directly above s: of a nested resource the resource around it, of an extension resource the one
// that it extends, of a resource its resource group or subscription. Which management group a subscription or another
// management group belongs to is not written in its scope, so the parent of both is "/", which has none.
func (s Scope) Parent() (parent Scope, ok bool) {
	if s.key == "" {
		return Root, false
	}
	parent = Scope{path: cutPair(s.path), key: cutPair(s.key)}
	if above := cutPair(parent.key); strings.HasPrefix(parent.key[len(above):], "/providers/") {
		parent = Scope{path: cutPair(parent.path), key: above}
	}
	return parent, true
}

// cutPair cuts off the last two segments.
func cutPair(path string) string {
	for range 2 {
		path = path[:max(strings.LastIndexByte(path, '/'), 0)]
	}
	return path
}

// Subscription returns the subscription's id as written, or "" for a scope that lies in none.
func (s Scope) Subscription() string {
	if !strings.HasPrefix(s.key, "/subscriptions/") {
		return ""
	}
	return segment(s.path, 1)
}

// ResourceGroup returns the resource group's name as written, or "" for a scope that lies in none.
func (s Scope) ResourceGroup() string {
	if !strings.HasPrefix(s.key, "/subscriptions/") || segment(s.key, 2) != "resourcegroups" {
		return ""
	}
	return segment(s.path, 3)
}

// ResourceType returns the type of what lies at s: Microsoft.Resources/subscriptions,
// Microsoft.Resources/subscriptions/resourceGroups, or a namespace and types as written, such as
// Microsoft.Sql/servers/databases. It is "" for "/". The action that reads the resource is the type and "/read".
func (s Scope) ResourceType() string {
	if provider := lastProvider(s.path); provider != "" {
		return typeIn(provider)
	}
	return typeWithoutProvider(s.path)
}

// Name returns the last segment of s as written: a resource's name, a resource group's name or a subscription's id. It is ""
// for "/".
func (s Scope) Name() string {
	return s.path[strings.LastIndexByte(s.path, '/')+1:]
}
