package resourcemanager

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"hubgate.example/middleware"
	"hubgate.example/rbac"
)

// Config configures the Resource Manager. All fields but Deleted, Tenants and Region are required.
type Config struct {
	// Gate stands before every route but the metadata.
	Gate *middleware.Gate
	// Inventory is what exists. The authorizer of Gate must take its TenantOf.
	Inventory *Inventory
	// Authorization serves everything under .../providers/Microsoft.Authorization, at any scope that exists. It stands behind
	// Gate, which lets the lists of a collection pass: it must filter them by the request's resource set.
	Authorization http.Handler
	// Deleted is told of each resource group and resource that is gone, with all that lay in it. Role assignments at and below
	// it have to go too, or they would count for the next that is made under the same name. ctx does not end with the request.
	Deleted func(ctx context.Context, scope rbac.Scope)
	// Metadata is what /metadata/endpoints answers.
	Metadata Metadata
	// Tenants gives directory tenants their names. A tenant that is not here is shown by its id.
	Tenants []Tenant
	// Region is the one location that a subscription lists. The default is "local".
	Region string
}

// New returns the Resource Manager as a handler for "/". An error names the field.
func New(config Config) (http.Handler, error) {
	switch {
	case config.Gate == nil:
		return nil, errors.New("resourcemanager: Config.Gate: required")
	case config.Inventory == nil:
		return nil, errors.New("resourcemanager: Config.Inventory: required")
	case config.Authorization == nil:
		return nil, errors.New("resourcemanager: Config.Authorization: required")
	}
	if err := config.Metadata.check(); err != nil {
		return nil, fmt.Errorf("resourcemanager: Config.%w", err)
	}
	config.Region = cmp.Or(config.Region, "local")
	if config.Deleted == nil {
		config.Deleted = func(context.Context, rbac.Scope) {}
	}
	s := &server{config}

	return s.router(), nil
}

type server struct{ Config }

// methods are all that Resource Manager knows, in the order in which the gate names them.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodPost}

// router returns all routes. They need a token; what needs none is served before the gate, which comes before routing, because it
// rewrites the path that routing goes by.
func (s *server) router() http.Handler {
	router := chi.NewRouter()
	router.Use(commonHeaders, s.open, s.Gate.Authenticate, routeInAnyCase, requireAPIVersion)
	router.NotFound(endpoint(unknownRoute).ServeHTTP)
	router.MethodNotAllowed(methodNotAllowed(router).ServeHTTP)

	// Who has a token may know the tenant that it is from.
	router.Method(http.MethodGet, "/tenants", endpoint(s.listTenants))

	const (
		subscription  = "/subscriptions/{subscription}"
		resourceGroup = subscription + "/resourcegroups/{group}"
	)
	item := router.With(s.Gate.Authorize)
	item.Method(http.MethodGet, subscription, endpoint(s.getSubscription))
	item.Method(http.MethodGet, subscription+"/locations", endpoint(s.listLocations))
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		item.Method(method, resourceGroup, endpoint(s.serveItem))
	}

	list := router.With(s.Gate.List)
	list.Method(http.MethodGet, "/subscriptions", endpoint(s.listSubscriptions))
	list.Method(http.MethodGet, subscription+"/resourcegroups", endpoint(s.listOfType))
	list.Method(http.MethodGet, subscription+"/resources", endpoint(s.listResources))
	list.Method(http.MethodGet, resourceGroup+"/resources", endpoint(s.listResources))
	// A resource, or a collection of resources; only the latter passes without a check.
	for _, method := range methods {
		list.Method(method, "/providers/*", endpoint(s.serveProvider))
		list.Method(method, subscription+"/providers/*", endpoint(s.serveProvider))
		list.Method(method, resourceGroup+"/providers/*", endpoint(s.serveProvider))
	}
	return router
}

// open serves what needs no token. A client that was given a Resource Manager URL with a trailing slash asks with two.
func (s *server) open(next http.Handler) http.Handler {
	metadata := requireAPIVersion(endpoint(s.Metadata.serve))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.ToLower(r.URL.Path)
		if r.Method == http.MethodGet && (path == "/metadata/endpoints" || path == "//metadata/endpoints") {
			metadata.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// routeInAnyCase makes chi route on the path in lower case. The path itself stays as it was written.
func routeInAnyCase(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chi.RouteContext(r.Context()).RoutePath = strings.ToLower(r.URL.Path)
		next.ServeHTTP(w, r)
	})
}

// unknownRoute answers where nothing is served, whoever asks.
func unknownRoute(_ http.ResponseWriter, r *http.Request) error {
	if !strings.HasPrefix(strings.ToLower(r.URL.Path), "/subscriptions/") {
		return failf(http.StatusNotFound, "MissingSubscription",
			"The request did not have a subscription or a valid tenant level resource provider.")
	}
	return failf(http.StatusNotFound, "NotFound", "No HTTP resource was found that matches the request URI.")
}

// methodNotAllowed answers where something is served, but not by this method. RFC 9110 section 15.5.6 wants the header Allow:
// the methods that are routed and, as where the gate answers 405, stand for an operation.
func methodNotAllowed(routes chi.Routes) endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		var allowed []string
		for _, method := range methods {
			_, err := rbac.OperationFor(&http.Request{Method: method, URL: r.URL})
			if err == nil && routes.Match(chi.NewRouteContext(), method, strings.ToLower(r.URL.Path)) {
				allowed = append(allowed, method)
			}
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return failf(http.StatusMethodNotAllowed, "MethodNotAllowed",
			"The requested resource does not support http method '%.16s'.", r.Method)
	}
}
