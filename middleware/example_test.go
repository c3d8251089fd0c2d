package middleware_test

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

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
	exampleContributor  = "S-1-5-21-1004336348-1177238915-682003330-1105"
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
		RoleDefinitionID: rbac.RoleReader,
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

// Routes behind the gate, with chi, in whatever case the client writes them: the list is filtered by its handler, everything else is
// decided by the gate.
func ExampleGate_List() {
	issuer := exampleIssuer()
	defer issuer.Close()
	gate, err := middleware.New(middleware.Config{Verifier: issuer.Verifier(), Authorizer: exampleAuthorizer()})
	if err != nil {
		log.Fatal(err)
	}
	// What exists: by the key of the subscription, in which case does not count, the resource groups in it.
	groups := map[string][]rbac.Scope{
		rbac.MustParseScope(exampleSubscription).Key(): {
			rbac.MustParseScope(exampleSubscription + "/resourceGroups/db"),
			rbac.MustParseScope(exampleSubscription + "/resourceGroups/Web"),
		},
	}

	r := chi.NewRouter()
	r.Use(gate.Authenticate, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			chi.RouteContext(r.Context()).RoutePath = strings.ToLower(r.URL.Path) // the patterns are in lower case
			next.ServeHTTP(w, r)
		})
	})
	r.With(gate.List).Get("/subscriptions/{subscription}/resourcegroups", func(w http.ResponseWriter, r *http.Request) {
		op, err := rbac.OperationFor(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		set, _ := middleware.ResourceSetFrom(r.Context())
		var names []string
		for _, group := range rbac.Filter(set, groups[op.Scope.Key()], func(group rbac.Scope) rbac.Operation {
			return rbac.Operation{Action: "Microsoft.Resources/subscriptions/resourceGroups/read", Scope: group}
		}) {
			names = append(names, group.Name())
		}
		fmt.Fprint(w, names)
	})
	r.With(gate.Authorize).Get("/subscriptions/{subscription}/resourcegroups/{group}", func(w http.ResponseWriter, r *http.Request) {
		op, err := rbac.OperationFor(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, op.Scope.Name()) // as the client wrote it; chi.URLParam has it in lower case
	})

	token := issuer.Token(openidtest.User(exampleReader))
	for _, path := range []string{"/resourceGroups", "/resourcegroups", "/resourceGroups/Web", "/resourcegroups/WEB", "/resourcegroups/db"} {
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
	// /resourceGroups 200 [Web]
	// /resourcegroups 200 [Web]
	// /resourceGroups/Web 200 Web
	// /resourcegroups/WEB 200 WEB
	// /resourcegroups/db 403
}

// An API whose paths are not Resource Manager's: the gate authenticates, and the API says which operation a request is. What the
// roles are about, here the reports of Contoso.Reports, is a resource like any other.
func ExampleGate_Authenticate() {
	issuer := exampleIssuer()
	defer issuer.Close()
	authorizer := exampleAuthorizer()
	gate, err := middleware.New(middleware.Config{Verifier: issuer.Verifier(), Authorizer: authorizer})
	if err != nil {
		log.Fatal(err)
	}
	// check returns the status that refuses the caller's operation, or 200.
	check := func(r *http.Request, op rbac.Operation) int {
		principal, ok := middleware.PrincipalFrom(r.Context())
		if !ok || principal.Overage { // the token does not carry the caller's groups
			return http.StatusForbidden
		}
		set, err := authorizer.ResourceSet(r.Context(), rbac.Subject{
			Tenant: principal.Tenant, ObjectID: principal.ObjectID, Groups: principal.Groups,
		})
		if err != nil {
			return http.StatusServiceUnavailable
		}
		if !set.Check(op).Allowed {
			return http.StatusForbidden
		}
		return http.StatusOK
	}

	mux := http.NewServeMux()
	group := rbac.MustParseScope(exampleSubscription + "/resourceGroups/web") // all reports lie in it
	reports := func(action string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			report, err := group.Child("Contoso.Reports/reports", r.PathValue("name"))
			if err != nil {
				http.Error(w, "no such report", http.StatusNotFound)
				return
			}
			if status := check(r, rbac.Operation{Action: action, Scope: report}); status != http.StatusOK {
				http.Error(w, http.StatusText(status), status)
				return
			}
			fmt.Fprint(w, report.Name())
		}
	}
	mux.HandleFunc("GET /v1/reports/{name}", reports("Contoso.Reports/reports/read"))
	mux.HandleFunc("PUT /v1/reports/{name}", reports("Contoso.Reports/reports/write"))
	handler := gate.Authenticate(mux)

	token := issuer.Token(openidtest.User(exampleReader))
	for _, request := range []*http.Request{
		httptest.NewRequest("GET", "/v1/reports/sales", nil),
		httptest.NewRequest("PUT", "/v1/reports/sales", nil),
	} {
		request.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		fmt.Println(request.Method, request.URL.Path, w.Code)
	}
	// Output:
	// GET /v1/reports/sales 200
	// PUT /v1/reports/sales 403
}

// Who writes a network interface must also be allowed to join the subnet that it names. The gate has decided on the interface; its
// handler reads the content, and asks about the subnet before it changes anything.
func ExampleGate_AuthorizeLinked() {
	issuer := exampleIssuer()
	defer issuer.Close()
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{{
		Scope:            exampleSubscription + "/resourceGroups/web",
		RoleDefinitionID: rbac.RoleContributor,
		PrincipalID:      exampleContributor,
	}}})
	if err != nil {
		log.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		log.Fatal(err)
	}
	gate, err := middleware.New(middleware.Config{Verifier: issuer.Verifier(), Authorizer: authorizer})
	if err != nil {
		log.Fatal(err)
	}

	handler := gate.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var content struct{ Subnet string }
		if err := json.NewDecoder(r.Body).Decode(&content); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		subnet, err := rbac.ParseScope(content.Subnet)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if !gate.AuthorizeLinked(w, r, rbac.Operation{Action: subnet.ResourceType() + "/join/action", Scope: subnet}) {
			return // it has answered
		}
		fmt.Fprint(w, "written")
	}))

	token := issuer.Token(openidtest.User(exampleContributor))
	for _, group := range []string{"web", "net"} {
		content := strings.NewReader(`{"subnet": "` + exampleSubscription + "/resourceGroups/" + group + `/providers/Microsoft.Network/virtualNetworks/v/subnets/s"}`)
		request := httptest.NewRequest("PUT", exampleSubscription+"/resourceGroups/web/providers/Microsoft.Network/networkInterfaces/nic", content)
		request.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		fmt.Println(group, w.Code)
	}
	// Output:
	// web 200
	// net 403
}

// A tags is what the conditions of this site ask about: @Resource[Contoso:{name}] is a tag of the resource.
type tags map[string]string

func (t tags) Attribute(source rbac.AttributeSource, name string) []string {
	value, ok := t[strings.TrimPrefix(strings.ToLower(name), "contoso:")]
	if source != rbac.ResourceAttribute || !ok {
		return nil
	}
	return []string{value}
}

// A role assignment with a condition counts where the condition holds, here for what has a tag. Config.Attributes tells the gate
// which tags a resource has.
func ExampleConfig_attributes() {
	issuer := exampleIssuer()
	defer issuer.Close()
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{{
		Scope:            exampleSubscription + "/resourceGroups/web",
		RoleDefinitionID: rbac.RoleContributor,
		PrincipalID:      exampleContributor,
		Condition:        "@Resource[Contoso:stage] StringEquals 'test'",
	}}})
	if err != nil {
		log.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		log.Fatal(err)
	}
	sites := exampleSubscription + "/resourceGroups/web/providers/Microsoft.Web/sites/"
	stored := map[string]tags{ // by the key of the resource
		rbac.MustParseScope(sites + "shop").Key():      {"stage": "production"},
		rbac.MustParseScope(sites + "shop-test").Key(): {"stage": "test"},
	}
	gate, err := middleware.New(middleware.Config{
		Verifier:   issuer.Verifier(),
		Authorizer: authorizer,
		Attributes: func(_ *http.Request, _ *openid.Principal, op rbac.Operation) rbac.Attributes {
			return stored[op.Scope.Key()]
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	handler := gate.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))

	token := issuer.Token(openidtest.User(exampleContributor))
	for _, name := range []string{"shop", "shop-test", "unknown"} {
		request := httptest.NewRequest("DELETE", sites+name, nil)
		request.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		fmt.Println(name, w.Code)
	}
	// Output:
	// shop 403
	// shop-test 200
	// unknown 403
}

// A handler that knows more than the request tells asks again. Here the gate has decided that the caller may read the container,
// and the handler decides on the data in it: an action of the data plane, with an attribute that only it knows.
func ExampleResourceSetFrom() {
	issuer := exampleIssuer()
	defer issuer.Close()
	const role = "3b8e6a1d-7c2f-4e5a-9d1b-0a1b2c3d4e5f"
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{
		Roles: []rbac.RoleDefinition{{ID: role, RoleName: "Draft reader", Permissions: []rbac.Permission{{
			Actions:     []string{"Contoso.Docs/*/read"},
			DataActions: []string{"Contoso.Docs/containers/documents/read"},
		}}}},
		Assignments: []rbac.RoleAssignment{{
			Scope:            exampleSubscription + "/resourceGroups/web",
			RoleDefinitionID: role,
			PrincipalID:      exampleReader,
			Condition:        "!(ActionMatches{'Contoso.Docs/containers/documents/read'}) OR @Resource[Contoso:stage] StringEquals 'draft'",
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		log.Fatal(err)
	}
	gate, err := middleware.New(middleware.Config{Verifier: issuer.Verifier(), Authorizer: authorizer})
	if err != nil {
		log.Fatal(err)
	}

	documents := map[string]tags{"plan": {"stage": "draft"}, "contract": {"stage": "final"}}
	handler := gate.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		op, err := rbac.OperationFor(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		set, _ := middleware.ResourceSetFrom(r.Context())
		for _, name := range []string{"contract", "plan"} {
			if set.Check(rbac.Operation{
				Action: "Contoso.Docs/containers/documents/read", Plane: rbac.DataPlane, Scope: op.Scope, Attributes: documents[name],
			}).Allowed {
				fmt.Fprintln(w, name)
			}
		}
	}))

	request := httptest.NewRequest("GET", exampleSubscription+"/resourceGroups/web/providers/Contoso.Docs/containers/c", nil)
	request.Header.Set("Authorization", "Bearer "+issuer.Token(openidtest.User(exampleReader)))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, request)
	fmt.Print(w.Code, " ", w.Body)
	// Output: 200 plan
}

// A test that walks the routes finds the one that somebody mounted behind Authenticate and forgot to authorize: it answers a
// caller who has a token and no role. Routes behind Gate.List answer such a caller too; those are tested by what they show.
func Example_everyRouteGuarded() {
	issuer := exampleIssuer()
	defer issuer.Close()
	gate, err := middleware.New(middleware.Config{Verifier: issuer.Verifier(), Authorizer: exampleAuthorizer()})
	if err != nil {
		log.Fatal(err)
	}
	handle := func(w http.ResponseWriter, r *http.Request) {}
	r := chi.NewRouter()
	r.Use(gate.Authenticate)
	r.With(gate.Authorize).Get("/subscriptions/{subscription}", handle)
	r.With(gate.Authorize).Delete("/subscriptions/{subscription}/resourcegroups/{group}", handle)
	r.Get("/subscriptions/{subscription}/locations", handle) // forgotten

	token := issuer.Token(openidtest.User("S-1-5-21-1004336348-1177238915-682003330-9999")) // without a role
	names := strings.NewReplacer("{subscription}", "0d2c1b3a-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "{group}", "web")
	err = chi.Walk(r, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		request := httptest.NewRequest(method, names.Replace(route), nil)
		request.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, request)
		if w.Code != http.StatusForbidden {
			fmt.Println("not guarded:", method, route)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output: not guarded: GET /subscriptions/{subscription}/locations
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
