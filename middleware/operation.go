package middleware

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"hubgate.example/rbac"
)

// noOperation refuses a request that stands for no operation of Resource Manager.
func noOperation(r *http.Request, err error) *refusal {
	f := &refusal{reason: "no operation", detail: quote(err.Error(), maxClaimText)}
	switch {
	case errors.Is(err, rbac.ErrMethod):
		f.status, f.code, f.allow = http.StatusMethodNotAllowed, "MethodNotAllowed", allowedMethods(r)
		f.message = fmt.Sprintf("The HTTP method '%s' is not supported here.", quote(r.Method, maxClaimText))
	case errors.Is(err, rbac.ErrUnknownPath) && subscriptionOf(r.URL.Path) == "":
		f.status, f.code = http.StatusNotFound, "MissingSubscription"
		f.message = "The request did not have a subscription or a valid tenant level resource provider."
	case errors.Is(err, rbac.ErrUnknownPath):
		f.status, f.code = http.StatusNotFound, "NotFound"
		f.message = "The requested path names nothing in this subscription."
	default:
		return badPath(err)
	}
	return f
}

// allowedMethods returns the methods that stand for an operation at r's path, in the form of the Allow header, which a 405 must
// have (RFC 9110 section 15.5.6).
func allowedMethods(r *http.Request) string {
	var allowed []string
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"} {
		if _, err := rbac.OperationFor(&http.Request{Method: method, URL: r.URL}); err == nil {
			allowed = append(allowed, method)
		}
	}
	return strings.Join(allowed, ", ")
}
