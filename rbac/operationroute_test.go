package rbac_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"hubgate.example/rbac"
)

// A route is what a router served a request from.
type route struct {
	resource string
	types    []string // the namespace and the types of the resource, empty for what lies in no provider
	rest     string   // what the path has beyond the resource
	deeper   bool     // whether the path goes deeper into providers than the router
}

// newRouter returns a chi router for all that Resource Manager has, in lower case: resources up to three types deep, extensions
// of extensions of resources, and the collections in them. Each handler only says what it is the handler of.
func newRouter() (*chi.Mux, *route) {
	router, served := chi.NewRouter(), new(route)
	// handle registers a pattern whose first segments are the resource. The types are at the given segments.
	handle := func(pattern string, segments int, types []int) {
		router.HandleFunc(pattern, func(_ http.ResponseWriter, r *http.Request) {
			path := strings.Split(r.URL.Path, "/")
			*served = route{resource: strings.Join(path[:segments+1], "/")}
			for _, i := range types {
				served.types = append(served.types, path[i])
			}
			served.rest = strings.TrimPrefix(r.URL.Path, served.resource)
		})
	}
	var extend func(base string, depth int)
	extend = func(base string, depth int) {
		segments := strings.Count(base, "/")
		namespace := base + "/providers/{n" + strings.Repeat("x", depth) + "}"
		handle(base+"/providers", segments, nil)
		handle(namespace, segments, nil)
		handle(namespace+"/{collection}", segments, []int{segments + 2, segments + 3})
		types := []int{segments + 2}
		for item, nested := namespace, 0; nested < 3; nested++ {
			id := strings.Repeat("x", depth) + strings.Repeat("y", nested)
			item += "/{type" + id + "}/{name" + id + "}"
			types = append(types, strings.Count(item, "/")-1)
			handle(item, strings.Count(item, "/"), types)
			handle(item+"/{collection}", strings.Count(item, "/"), types)
			if depth < 2 {
				extend(item, depth+1)
			}
		}
	}
	for _, base := range []string{"", "/subscriptions/{subscription}", "/subscriptions/{subscription}/resourcegroups/{group}"} {
		segments := strings.Count(base, "/")
		extend(base, 0)
		handle(base+"/*", segments, nil)
		router.HandleFunc(base+"/providers/{namespace}/{type}/{name}/*", func(http.ResponseWriter, *http.Request) { served.deeper = true })
		if base != "" {
			handle(base, segments, nil)
		}
	}
	return router, served
}

// For any request, an operation is authorized at exactly the resource that a router serves it from, whatever the case of the
// path and with or without a slash at its end.
func FuzzOperationForRoutes(f *testing.F) {
	for _, method := range []string{"GET", "PUT", "POST"} {
		for _, target := range []string{
			"/subscriptions", subA, subA + "/resourceGroups", subA + "/providers/Microsoft.Compute/register", groupA + "/resources", machine,
			machine + "/extensions", machine + "/extensions/e/", machine + "/providers/Microsoft.Authorization/roleAssignments/r",
			mgmtGroup + "/subscriptions/s", "/providers/a/b/c/d/e/providers/f/g/h", "/subscriptions/s/resourceGroups/a%20(b)",
		} {
			f.Add(method, target)
		}
	}
	router, served := newRouter()
	f.Fuzz(func(t *testing.T, method, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		op, err := rbac.OperationFor(&http.Request{Method: method, URL: u})
		if err != nil {
			if !errors.Is(err, rbac.ErrInvalidPath) && !errors.Is(err, rbac.ErrUnknownPath) && !errors.Is(err, rbac.ErrMethod) {
				t.Fatalf("untyped error %v", err)
			}
			if op != (rbac.Operation{}) {
				t.Fatalf("%+v besides the error %v", op, err)
			}
			return
		}
		path, err := rbac.CanonicalPath(u)
		if err != nil {
			t.Fatalf("an operation for a path without a canonical form: %v", err)
		}
		if again, err := rbac.ParseScope(op.Scope.String()); err != nil || again != op.Scope {
			t.Fatalf("the scope %q is read back as %q, %v", op.Scope, again, err)
		}
		for _, other := range []string{path + "/", upper(path), lower(path)} {
			got, err := rbac.OperationFor(&http.Request{Method: method, URL: &url.URL{Path: other}})
			if err != nil || !strings.EqualFold(got.Action, op.Action) || !got.Scope.Equal(op.Scope) || got.Collection != op.Collection || got.Plane != op.Plane {
				t.Fatalf("%s %q is %s at %q, and %q is %s at %q, %v", method, path, op.Action, op.Scope, other, got.Action, got.Scope, err)
			}
		}

		*served = route{}
		answer := httptest.NewRecorder()
		// By the path alone: which methods a resource has is not the question.
		router.ServeHTTP(answer, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: lower(path)}})
		if answer.Code != http.StatusOK {
			t.Fatalf("%s %q is %s at %q, and no router serves it", method, path, op.Action, op.Scope)
		}
		if served.deeper {
			return
		}
		resource := served.resource
		if strings.Join(served.types, "/") == "microsoft.authorization/roleassignments" && served.rest == "" {
			// A role assignment is authorized at what it is for.
			resource = resource[:strings.LastIndex(resource, "/providers/")]
		}
		if resource == "" {
			resource = "/"
		}
		if lower(op.Scope.String()) != resource {
			t.Fatalf("%s %q is authorized at %q and served from %q", method, target, op.Scope, resource)
		}
		if op.Collection && served.rest == "" {
			t.Fatalf("%s %q is no collection", method, target)
		}
		if len(served.types) > 0 && !strings.HasPrefix(lower(op.Action), strings.Join(served.types, "/")+"/") {
			t.Fatalf("%s %q is %q, and served as a %q", method, target, op.Action, served.types)
		}
	})
}

// upper and lower change the letters of ASCII only, which nobody folds in two ways.
func upper(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}
