package middleware_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"hubgate.example/middleware"
	"hubgate.example/middleware/mfaaudit"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

const (
	exampleTenant  = "6d9f0a1b-2c3d-4e5f-8a6b-7c8d9e0f1a2b"
	exampleUser    = "5b1c2d3e-4f5a-4b6c-9d7e-8f9a0b1c2d3e"
	exampleService = "7c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f"
)

// exampleEntra is an Entra ID in memory, and an authorizer for which both principals are Owners of the subscription.
func exampleEntra() (*openidtest.Issuer, *rbac.Authorizer) {
	issuer, err := openidtest.New(openidtest.Config{Type: openid.EntraV1, Tenant: exampleTenant})
	if err != nil {
		log.Fatal(err)
	}
	var config rbac.PolicyConfig
	for _, id := range []string{exampleUser, exampleService} {
		config.Assignments = append(config.Assignments, rbac.RoleAssignment{Scope: exampleSubscription, RoleDefinitionID: rbac.RoleOwner, PrincipalID: id})
	}
	policy, err := rbac.NewPolicy(config)
	if err != nil {
		log.Fatal(err)
	}
	authorizer, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy})
	if err != nil {
		log.Fatal(err)
	}
	return issuer, authorizer
}

// try makes a request through handler and prints how it went.
func try(handler http.Handler, method, token string) {
	r := httptest.NewRequest(method, exampleSubscription+"/resourceGroups/web", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(method, w.Code)
	if challenge := w.Header().Get("WWW-Authenticate"); challenge != "" {
		fmt.Println(challenge)
	}
}

// Writes by users need multi-factor authentication. A client that declares the capability cp1 is challenged, and steps up.
func ExampleMFAConfig() {
	issuer, authorizer := exampleEntra()
	defer issuer.Close()
	gate, err := middleware.New(middleware.Config{
		Verifier:   issuer.Verifier(),
		Authorizer: authorizer,
		MFA: middleware.MFAConfig{
			Mode: middleware.MFAEnforce,
			Exceptions: []middleware.MFAException{{ // the nightly job, until it has moved to a service principal
				Tenant: exampleTenant, ObjectID: "8d3e4f5a-6b7c-4d8e-9f0a-1b2c3d4e5f6a", Until: time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC),
			}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	handler := gate.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	cp1 := openidtest.With("xms_cc", []string{"cp1"})
	try(handler, "GET", issuer.Token(openidtest.User(exampleUser), cp1))
	try(handler, "PUT", issuer.Token(openidtest.User(exampleUser), cp1))
	try(handler, "PUT", issuer.Token(openidtest.User(exampleUser), cp1, openidtest.MFA()))
	try(handler, "PUT", issuer.Token(openidtest.ServicePrincipal(exampleService)))
	// Output:
	// GET 200
	// PUT 401
	// Bearer realm="", authorization_uri="https://login.entra.example/6d9f0a1b-2c3d-4e5f-8a6b-7c8d9e0f1a2b/oauth2/authorize", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlcyI6WyJwMSJdfX19"
	// PUT 200
	// PUT 200
}

// Before it is enforced: who would break? Nothing is refused, and the list survives restarts.
func ExampleMFAConfig_audit() {
	dir, err := os.MkdirTemp("", "hubgate")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	audit, err := mfaaudit.New(mfaaudit.Config{File: filepath.Join(dir, "mfa-audit.jsonl")})
	if err != nil {
		log.Fatal(err)
	}
	defer audit.Close()

	issuer, authorizer := exampleEntra()
	defer issuer.Close()
	gate, err := middleware.New(middleware.Config{
		Verifier:   issuer.Verifier(),
		Authorizer: authorizer,
		MFA:        middleware.MFAConfig{Mode: middleware.MFAAudit, Audit: audit},
	})
	if err != nil {
		log.Fatal(err)
	}
	handler := gate.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	try(handler, "PUT", issuer.Token(openidtest.User(exampleUser)))
	try(handler, "PUT", issuer.Token(openidtest.ServicePrincipal(exampleService)))
	for _, record := range audit.Report().Records {
		fmt.Println(record.ObjectID, record.Kind, record.Operations)
		for _, reason := range record.Why {
			fmt.Println("-", reason)
		}
	}
	// Output:
	// PUT 200
	// PUT 200
	// 5b1c2d3e-4f5a-4b6c-9d7e-8f9a0b1c2d3e user [{Microsoft.Resources/subscriptions/resourceGroups/write 1}]
	// - no multi-factor authentication in the token
	// - a public client signed in with a password alone
	// - permissions assigned to the user itself
	// - automation or work in a subscription of the user's own
}

// An account is disabled: its tokens end at once.
func ExampleRevocations() {
	issuer, authorizer := exampleEntra()
	defer issuer.Close()
	verifier := issuer.Verifier()
	revocations, err := middleware.NewRevocations(middleware.RevocationsConfig{Verifier: verifier})
	if err != nil {
		log.Fatal(err)
	}
	gate, err := middleware.New(middleware.Config{Verifier: verifier, Authorizer: authorizer, Revocations: revocations})
	if err != nil {
		log.Fatal(err)
	}
	handler := gate.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	token := issuer.Token(openidtest.User(exampleUser))
	try(handler, "GET", token)
	if err := revocations.RevokePrincipal(exampleTenant, exampleUser, time.Now().Add(time.Second)); err != nil {
		log.Fatal(err)
	}
	try(handler, "GET", token)
	// Output:
	// GET 200
	// GET 401
	// Bearer authorization_uri="https://login.entra.example/6d9f0a1b-2c3d-4e5f-8a6b-7c8d9e0f1a2b", error="invalid_token", error_description="The access token has been revoked."
}

// Some operations need more of a sign-in than others. One challenge is all that a client gets to see, with Config.MFA as well.
func ExampleGate_AuthorizeInAuthContext() {
	issuer, authorizer := exampleEntra()
	defer issuer.Close()
	gate, err := middleware.New(middleware.Config{Verifier: issuer.Verifier(), Authorizer: authorizer, MFA: middleware.MFAConfig{Mode: middleware.MFAEnforce}})
	if err != nil {
		log.Fatal(err)
	}
	served := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	deletion := gate.Authenticate(gate.AuthorizeInAuthContext("c1")(served))
	cp1 := openidtest.With("xms_cc", []string{"cp1"})
	try(deletion, "DELETE", issuer.Token(openidtest.User(exampleUser), cp1))
	try(deletion, "DELETE", issuer.Token(openidtest.User(exampleUser), cp1, openidtest.With("acrs", []string{"c1"})))
	// Output:
	// DELETE 401
	// Bearer realm="", authorization_uri="https://login.entra.example/6d9f0a1b-2c3d-4e5f-8a6b-7c8d9e0f1a2b/oauth2/authorize", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsiYWNycyI6eyJlc3NlbnRpYWwiOnRydWUsInZhbHVlIjoiYzEifX19"
	// DELETE 200
}
