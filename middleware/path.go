package middleware

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"hubgate.example/rbac"
)

// errRouted: the path was routed before the gate could rewrite it.
var errRouted = errors.New("a path with unusual escapes was already routed")

// canonical returns r with the one spelling of its path that decides and routes: Path is rbac.CanonicalPath and RawPath is
// empty, because some routers match RawPath and others match Path. r and its URL stay as they are; they belong to the caller.
//
// It must come before routing to have that effect. Where a router has already cut the path into parts (its pattern has a
// wildcard), those parts may be escaped text where Path is plain, so that a handler would serve another name than the one
// that was decided on. A spelling for which that is so is refused.
func canonical(r *http.Request) (*http.Request, error) {
	path, err := rbac.CanonicalPath(r.URL)
	if err != nil {
		return nil, err
	}
	if path == r.URL.Path && r.URL.RawPath == "" {
		return r, nil
	}
	if r.URL.RawPath != "" && r.URL.RawPath != r.URL.Path && strings.ContainsAny(r.Pattern, "{*") {
		return nil, errRouted
	}
	r2 := new(http.Request)
	*r2 = *r
	r2.URL = new(url.URL)
	*r2.URL = *r.URL
	r2.URL.Path, r2.URL.RawPath = path, ""
	return r2, nil
}

// canonical is the same, at once where the request is known.
func (g *Gate) canonical(r *http.Request) (*http.Request, error) {
	if g.operations.get(r) != nil {
		return r, nil
	}
	return canonical(r)
}

// badPath refuses a path that has no reading or more than one.
func badPath(err error) *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: "InvalidRequestUri",
		message: "The request URI is invalid.",
		reason:  "bad path", detail: quote(err.Error(), maxClaimText),
	}
}
