package middleware_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/go-chi/chi/v5"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

// The examples' identity provider is one in memory; a real one is an openid.NewProvider with its authority's URL. Its one
// principal is a Reader of resource group web.
const (
	exampleSubscription = "/subscriptions/0d2c1b3a-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
	exampleReader       = "S-1-5-21-1004336348-1177238915-682003330-1104"
)

func exampleIssuer() *openidtest.Issuer {
	issuer, err := openidtest.New(openidtest.Config{Type: openid.ADFS})
	if err != nil {
		log.Fatal(err)
	}
	return issuer
}

func exampleAuthorizer() *rbac.Authorizer {
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{{
		Name:             "5f0c8f5e-2f2a-4d5b-9a55-0c1d2e3f4a5b",
		Scope:            exampleSubscription + "/resourceGroups/web",
		RoleDefinitionID: "acdd72a7-3385-48ef-bd42-f606fba81ae7", // Reader
		PrincipalID:      exampleReader,
	}}})
	if err != nil {
		log.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		log.Fatal(err)
	}
	return authorizer
}

// One handler behind the gate, with net/http.
func ExampleGate_Handler() {
	issuer := exampleIssuer()
	defer issuer.Close()
	gate, err := middleware.New(middleware.Config{Verifier: issuer.Verifier(), Authorizer: exampleAuthorizer()})
	if err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {}) // outside the gate
	mux.Handle("/", gate.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		principal, _ := middleware.PrincipalFrom(r.Context())
		fmt.Fprintf(w, "%s may %s %s", principal.Kind, r.Method, r.URL.Path)
	})))

	token := issuer.Token(openidtest.User(exampleReader))
	for _, request := range []*http.Request{
		httptest.NewRequest("GET", "/healthz", nil),
		httptest.NewRequest("GET", exampleSubscription+"/resourceGroups/web", nil),
		httptest.NewRequest("DELETE", exampleSubscription+"/resourceGroups/web", nil),
		httptest.NewRequest("GET", exampleSubscription+"/resourceGroups/db", nil),
	} {
		if request.URL.Path != "/healthz" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, request)
		fmt.Println(request.Method, w.Code)
	}
	// Output:
	// GET 200
	// GET 200
	// DELETE 403
	// GET 403
}

// Routes behind the gate, with chi: the list is filtered by its handler, everything else is decided by the gate.
func ExampleGate_List() {
	issuer := exampleIssuer()
	defer issuer.Close()
	gate, err := middleware.New(middleware.Config{Verifier: issuer.Verifier(), Authorizer: exampleAuthorizer()})
	if err != nil {
		log.Fatal(err)
	}

	r := chi.NewRouter()
	r.Use(gate.Authenticate)
	r.With(gate.List).Get("/subscriptions/{subscription}/resourceGroups", func(w http.ResponseWriter, r *http.Request) {
		set, _ := middleware.ResourceSetFrom(r.Context())
		fmt.Fprint(w, rbac.Filter(set, []string{"db", "web"}, func(name string) rbac.Operation {
			scope, err := rbac.ParseScope(r.URL.Path + "/" + name)
			if err != nil {
				panic(err) // the names are ours
			}
			return rbac.Operation{Action: "Microsoft.Resources/subscriptions/resourceGroups/read", Scope: scope}
		}))
	})
	r.With(gate.Authorize).Get("/subscriptions/{subscription}/resourceGroups/{group}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, chi.URLParam(r, "group"))
	})

	token := issuer.Token(openidtest.User(exampleReader))
	for _, path := range []string{"/resourceGroups", "/resourceGroups/web", "/resourceGroups/db"} {
		request := httptest.NewRequest("GET", exampleSubscription+path, nil)
		request.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		if w.Code == http.StatusOK {
			fmt.Println(path, w.Code, w.Body)
		} else {
			fmt.Println(path, w.Code)
		}
	}
	// Output:
	// /resourceGroups 200 [web]
	// /resourceGroups/web 200 web
	// /resourceGroups/db 403
}

// A handler's unit test needs neither a token nor a gate.
func ExampleWithPrincipal() {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		principal, _ := middleware.PrincipalFrom(r.Context())
		fmt.Fprintf(w, "hello, %s", principal.Name)
	})

	r := httptest.NewRequest("GET", "/", nil)
	r = r.WithContext(middleware.WithPrincipal(r.Context(), &openid.Principal{ObjectID: exampleReader, Name: "reader"}, nil))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Body)
	// Output: hello, reader
}
