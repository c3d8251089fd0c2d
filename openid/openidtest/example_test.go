package openidtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

const (
	subscription = "/subscriptions/0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f"
	readers      = group
)

// newAPI is what is tested: an API behind the gate, whose readers may read one subscription.
func newAPI(verifier *openid.Verifier) http.Handler {
	policy, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{
		{Scope: subscription, RoleDefinitionID: rbac.RoleReader, PrincipalID: readers, PrincipalType: "Group"},
	}})
	if err != nil {
		log.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		log.Fatal(err)
	}
	gate, err := middleware.New(middleware.Config{Verifier: verifier, Authorizer: authorizer})
	if err != nil {
		log.Fatal(err)
	}
	return gate.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello")
	}))
}

// The test of a handler: a reader reads, a stranger does not, and no forgery of the reader's token gets in. In a test,
// NewEntraV1(t, tenant) takes the place of New and Close.
func Example() {
	issuer, err := openidtest.New(openidtest.Config{Type: openid.EntraV1, Tenant: tenant})
	if err != nil {
		log.Fatal(err)
	}
	defer issuer.Close()
	api := newAPI(issuer.Verifier())
	get := func(token string) int {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, subscription+"/resourceGroups/web", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		api.ServeHTTP(w, r)
		return w.Code
	}
	fmt.Println("reader:", get(issuer.Token(openidtest.User(oid, readers))))
	fmt.Println("stranger:", get(issuer.Token(openidtest.User(oid))))
	for name, token := range issuer.Forgeries(openidtest.User(oid, readers)) {
		if code := get(token); code != http.StatusUnauthorized {
			fmt.Println(name, code)
		}
	}
	// Output:
	// reader: 200
	// stranger: 403
}

// Any claim can be set or left out, and the verifier tells what it thinks of the result.
func ExampleIssuer_Token() {
	issuer, err := openidtest.New(openidtest.Config{Type: openid.EntraV1, Tenant: tenant})
	if err != nil {
		log.Fatal(err)
	}
	defer issuer.Close()
	verifier := issuer.Verifier()

	app := openidtest.ServicePrincipal(oid)
	principal, err := verifier.Verify(context.Background(), issuer.Token(app, openidtest.With("xms_cc", []string{"cp1"})))
	fmt.Println(principal.Kind, principal.Capabilities, err)

	_, err = verifier.Verify(context.Background(), issuer.Token(app, openidtest.Without("tid")))
	fmt.Println(errors.Is(err, openid.ErrClaims), err)
	// Output:
	// servicePrincipal [cp1] <nil>
	// true openid: claim missing or invalid: tid is missing
}

// A provider that rotates its keys without notice costs one fetch.
func ExampleIssuer_RotateUrgently() {
	issuer, err := openidtest.New(openidtest.Config{Type: openid.ADFS})
	if err != nil {
		log.Fatal(err)
	}
	defer issuer.Close()
	verifier := issuer.Verifier()
	before := issuer.Requests()

	issuer.RotateUrgently()
	_, err = verifier.Verify(context.Background(), issuer.Token(openidtest.User(sid)))
	fmt.Println(err, issuer.Requests().Keys-before.Keys)
	// Output:
	// <nil> 1
}

// An issuer of its own behind a real server, for clients in other processes.
func ExampleIssuer_ServeHTTP() {
	server := httptest.NewUnstartedServer(nil)
	issuer, err := openidtest.New(openidtest.Config{
		Type:    openid.ADFS,
		BaseURL: "http://" + server.Listener.Addr().String(),
	})
	if err != nil {
		log.Fatal(err)
	}
	server.Config.Handler = issuer
	server.Start()
	defer server.Close()

	response, err := http.Get(issuer.Authority() + "/.well-known/openid-configuration")
	if err != nil {
		log.Fatal(err)
	}
	response.Body.Close()
	fmt.Println(response.Status)
	// Output:
	// 200 OK
}
