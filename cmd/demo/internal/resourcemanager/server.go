package resourcemanager

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// Config configures a Server. Gate, Inventory, Authorization, Metadata and URL are required.
type Config struct {
	// Gate stands before every route but the metadata.
	Gate *middleware.Gate
	// Inventory is what exists. The authorizer of Gate must take its TenantOf.
	Inventory *Inventory
	// Authorization serves everything under .../providers/Microsoft.Authorization but providerOperations, at any scope that
	// exists. It stands behind Gate, which lets the lists of a collection pass: it must filter them by the request's resource
	// set.
	Authorization http.Handler
	// DeleteGroupContext is the authentication context that whoever deletes a resource group needs, as Gate's AuthorizeInAuthContext
	// takes it. The default is none.
	DeleteGroupContext string
	// Deleted is told of each resource group and resource that is gone, with all that lay in it. Role assignments at and below
	// it have to go too, or they would count for the next that is made under the same name. ctx does not end with the request.
	Deleted func(ctx context.Context, scope rbac.Scope)
	// Metadata is what /metadata/endpoints answers.
	Metadata Metadata
	// URL is where clients reach the server, such as https://localhost:8443. The links in answers are made of it, and never of
	// what a request says its host is.
	URL string
	// Directory makes this an administrator's Resource Manager, which serves Microsoft.Subscriptions.Admin/directoryTenants.
	Directory *Directory
	// Tenants gives directory tenants their names. A tenant that is not here is shown by its id.
	Tenants []Tenant
	// TenantsOf names the directory tenants that a caller is in, beside the one that its token is from. Clients look for subscriptions
	// in each, with a token of that tenant. The default is no other.
	TenantsOf func(*openid.Principal) []string
	// Region is the one location that a subscription lists. The default is "local".
	Region string
	// PageSize is the most that one page of a list holds. The default is 1000.
	PageSize int
	// Limits are the requests that a principal has in an hour.
	Limits Limits
	// DeleteDuration is how long the deletion of a resource group takes. The default is half a second: it is over when a
	// client asks for the first time, after the second that Retry-After has at least.
	DeleteDuration time.Duration
}

func (c Config) check() error {
	switch {
	case c.Gate == nil:
		return errors.New("resourcemanager: Config.Gate: required")
	case c.Inventory == nil:
		return errors.New("resourcemanager: Config.Inventory: required")
	case c.Authorization == nil:
		return errors.New("resourcemanager: Config.Authorization: required")
	case c.PageSize < 0:
		return errors.New("resourcemanager: Config.PageSize: negative")
	case min(c.Limits.Reads, c.Limits.Writes, c.Limits.Deletes) < 0:
		return errors.New("resourcemanager: Config.Limits: negative")
	case c.DeleteDuration < 0:
		return errors.New("resourcemanager: Config.DeleteDuration: negative")
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != c.URL {
		return fmt.Errorf("resourcemanager: Config.URL: %q is no http or https URL of a host alone", c.URL)
	}
	if err := c.Metadata.check(); err != nil {
		return fmt.Errorf("resourcemanager: Config.%w", err)
	}
	return nil
}

// A Server is the Resource Manager as a handler for "/".
type Server struct {
	config    Config
	handler   chi.Router
	providers providers
	pages     pages
	usage     usage
	deletions deletions
}

// New checks the configuration; an error names the field. Close the server when it serves no longer.
func New(config Config) (*Server, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	config.Region = cmp.Or(config.Region, "local")
	config.PageSize = cmp.Or(config.PageSize, 1000)
	config.DeleteDuration = cmp.Or(config.DeleteDuration, 500*time.Millisecond)
	config.Limits = config.Limits.orDefault()
	if config.Deleted == nil {
		config.Deleted = func(context.Context, rbac.Scope) {}
	}
	s := &Server{
		config:    config,
		providers: newProviders(config.Directory != nil),
		pages:     newPages(config.URL, config.PageSize),
		deletions: deletions{
			inventory: config.Inventory, deleted: config.Deleted, take: config.DeleteDuration,
			running: make(map[string]*deletion), operations: make(map[string]operation),
		},
	}
	s.handler = s.router()
	return s, nil
}

// ServeHTTP serves one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close ends the background work and waits for its end. What is half deleted stays so.
func (s *Server) Close() error {
	s.deletions.close()
	return nil
}

// methods are all that Resource Manager knows, in the order in which the gate names them.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodPost}

// router returns all routes. They need a token; what needs none is served before the gate, which comes before routing, because it
// rewrites the path that routing goes by.
func (s *Server) router() chi.Router {
	router := chi.NewRouter()
	router.Use(s.commonHeaders, s.open, withoutEmptyParent, s.config.Gate.Authenticate, s.limit, routeInAnyCase, RequireAPIVersion)
	router.NotFound(endpoint(unknownRoute).ServeHTTP)
	router.MethodNotAllowed(methodNotAllowed(router).ServeHTTP)

	const (
		subscription  = "/subscriptions/{subscription}"
		resourceGroup = subscription + "/resourcegroups/{group}"
	)
	read := func(to chi.Router, pattern string, e endpoint) {
		to.Method(http.MethodGet, pattern, e)
		to.Method(http.MethodHead, pattern, e)
	}
	// Who has a token may know the tenant that it is from, and what this Resource Manager offers to everyone alike.
	read(router, "/tenants", s.listTenants)
	read(router, "/providers", s.listProviders)
	read(router, "/providers/{namespace}", s.getProvider)
	read(router, "/providers/microsoft.authorization/provideroperations", s.listProviderOperations)
	read(router, "/providers/microsoft.authorization/provideroperations/{namespace}", s.getProviderOperations)

	item := router.With(s.config.Gate.Authorize)
	read(item, subscription, s.getSubscription)
	read(item, subscription+"/locations", s.listLocations)
	read(item, subscription+"/providers", s.listProviders)
	read(item, subscription+"/providers/{namespace}", s.getProvider)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch} {
		item.Method(method, resourceGroup, endpoint(s.serveItem))
	}
	deletion := item
	if context := s.config.DeleteGroupContext; context != "" {
		deletion = router.With(s.config.Gate.AuthorizeInAuthContext(context))
	}
	deletion.Method(http.MethodDelete, resourceGroup, endpoint(s.serveItem))

	list := router.With(s.config.Gate.List)
	read(list, "/subscriptions", s.listSubscriptions)
	read(list, subscription+"/resourcegroups", s.listOfType)
	read(list, subscription+"/resources", s.listResources)
	read(list, subscription+"/operationresults/{operation}", s.getOperationResult)
	read(list, resourceGroup+"/resources", s.listResources)
	// A resource, or a collection of resources; only the latter passes without a check.
	for _, method := range methods {
		list.Method(method, "/providers/*", endpoint(s.serveProvider))
		list.Method(method, subscription+"/providers/*", endpoint(s.serveProvider))
		list.Method(method, resourceGroup+"/providers/*", endpoint(s.serveProvider))
	}
	return router
}

// open serves what needs no token. A client that was given a Resource Manager URL with a trailing slash asks with two.
func (s *Server) open(next http.Handler) http.Handler {
	metadata := RequireAPIVersion(endpoint(s.config.Metadata.serve))
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
