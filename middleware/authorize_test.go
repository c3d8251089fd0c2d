package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hubgate.example/middleware"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

const lacking = "The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' " +
	"or the scope is invalid. If access was recently granted, please refresh your credentials."

// RFC9700-02: privilege for this action on this resource is verified on every request.
func TestRFC9700_02_Authorize(t *testing.T) {
	s := newSite(t, nil)
	handler := s.gate.Handler(s)
	owner, reader, nobody := openidtest.User(alice), openidtest.User(bob, readers), openidtest.User(mallory)
	workload := openidtest.ServicePrincipal(mallory)
	const upn, app = "mallory@contoso.example", "5a5a5a5a-0000-4000-8000-000000000001"
	tests := []struct {
		name          string
		who           openidtest.Claim
		method, path  string
		status        int
		code, message string
	}{
		{"owner reads", owner, "GET", webVM, 200, "", ""},
		{"owner writes", owner, "PUT", webVM, 200, "", ""},
		{"owner acts", owner, "POST", webVM + "/start", 200, "", ""},
		{"owner reads in another case", owner, "GET", strings.ToUpper(webVM), 200, "", ""},
		{"reader through a group reads", reader, "GET", webVM, 200, "", ""},
		{"reader asks for the head", reader, "HEAD", webVM, 200, "", ""},
		{"list inside the reader's scope", reader, "GET", webGroup + "/providers/Microsoft.Compute/virtualMachines", 200, "", ""},
		{"reader writes", reader, "PUT", webVM, 403, "AuthorizationFailed",
			fmt.Sprintf(lacking, upn, bob, "Microsoft.Compute/virtualMachines/write", webVM)},
		{"reader deletes", reader, "DELETE", webVM, 403, "AuthorizationFailed",
			fmt.Sprintf(lacking, upn, bob, "Microsoft.Compute/virtualMachines/delete", webVM)},
		{"reader acts", reader, "POST", webVM + "/start", 403, "AuthorizationFailed",
			fmt.Sprintf(lacking, upn, bob, "Microsoft.Compute/virtualMachines/start/action", webVM)},
		{"reader above the scope", reader, "GET", "/subscriptions/" + subscription, 403, "AuthorizationFailed",
			fmt.Sprintf(lacking, upn, bob, "Microsoft.Resources/subscriptions/read", "/subscriptions/"+subscription)},
		{"list above the reader's scope", reader, "GET", "/subscriptions/" + subscription + "/resourceGroups", 403, "AuthorizationFailed",
			fmt.Sprintf(lacking, upn, bob, "Microsoft.Resources/subscriptions/resourceGroups/read", "/subscriptions/"+subscription)},
		{"nobody reads", nobody, "GET", webVM, 403, "AuthorizationFailed",
			fmt.Sprintf(lacking, upn, mallory, "Microsoft.Compute/virtualMachines/read", webVM)},
		{"a workload is named by its application", workload, "GET", webVM, 403, "AuthorizationFailed",
			fmt.Sprintf(lacking, app, mallory, "Microsoft.Compute/virtualMachines/read", webVM)},

		{"unknown subscription", owner, "GET", "/subscriptions/" + unknownSubscription, 404, "SubscriptionNotFound",
			"The subscription '" + unknownSubscription + "' could not be found."},
		{"below an unknown subscription", owner, "PUT", "/subscriptions/" + unknownSubscription + "/resourceGroups/x", 404, "SubscriptionNotFound",
			"The subscription '" + unknownSubscription + "' could not be found."},
		{"malformed subscription", owner, "GET", "/subscriptions/my-subscription/resourceGroups/x", 400, "InvalidSubscriptionId",
			"The provided subscription identifier 'my-subscription' is malformed or invalid."},
		{"malformed subscription with quotes", owner, "GET", "/subscriptions/it's", 400, "InvalidSubscriptionId",
			`The provided subscription identifier 'it\'s' is malformed or invalid.`},
		{"foreign subscription", owner, "GET", "/subscriptions/" + foreignSubscription, 401, "InvalidAuthenticationTokenTenant",
			wrongTenant("https://sts.entra.example/"+tenant+"/", "https://sts.entra.example/"+foreignTenant+"/", "https://login.entra.example/"+foreignTenant)},

		{"outside every subscription", owner, "GET", "/", 404, "MissingSubscription",
			"The request did not have a subscription or a valid tenant level resource provider."},
		{"nowhere", owner, "GET", "/console", 404, "MissingSubscription",
			"The request did not have a subscription or a valid tenant level resource provider."},
		{"nowhere in a subscription", owner, "GET", "/subscriptions/" + subscription + "/nowhere", 404, "NotFound",
			"The requested path names nothing in this subscription."},
		{"POST without an operation", owner, "POST", webVM, 400, "InvalidRequestUri", "The request URI is invalid."},
		{"preflight", owner, "OPTIONS", webVM, 405, "MethodNotAllowed", "The HTTP method 'OPTIONS' is not supported here."},
		{"DELETE of a collection", owner, "DELETE", "/subscriptions/" + subscription + "/resourceGroups", 405, "MethodNotAllowed", "The HTTP method 'DELETE' is not supported here."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			claims := []openidtest.Claim{openidtest.With("upn", upn), openidtest.Application(app)}
			if tt.name == "a workload is named by its application" {
				claims = claims[1:]
			}
			answer := s.do(handler, request(tt.method, tt.path, s.issuer.Token(tt.who, claims...)))
			if tt.status == http.StatusOK {
				answer.wantServed(t)
				return
			}
			if tt.status == http.StatusUnauthorized {
				wantChallenge(t, answer, "https://login.entra.example/"+foreignTenant)
			}
			if tt.method == "HEAD" {
				tt.code, tt.message = "", ""
			}
			answer.want(t, tt.status, tt.code, tt.message)
		})
	}

	t.Run("405 names the methods that are allowed", func(t *testing.T) {
		token := s.issuer.Token(owner)
		for path, want := range map[string]string{
			webVM:            "GET, HEAD, PUT, PATCH, DELETE",
			"/subscriptions": "GET, HEAD",
		} {
			if got := s.do(handler, request("TRACE", path, token)).header.Get("Allow"); got != want {
				t.Errorf("Allow of %s is %q, want %q", path, got, want)
			}
		}
	})
}

// Row "lists": a collection passes where the route opts in with List, and only a collection does.
func TestList(t *testing.T) {
	s := newSite(t, nil)
	list, single := s.gate.Authenticate(s.gate.List(s)), s.gate.Handler(s)
	nobody := s.issuer.Token(openidtest.User(mallory))
	for _, path := range []string{
		"/subscriptions",
		"/subscriptions/" + subscription + "/resourceGroups",
		"/subscriptions/" + subscription + "/resources",
		webGroup + "/resources",
		webGroup + "/providers/Microsoft.Compute/virtualMachines",
	} {
		t.Run(path, func(t *testing.T) {
			s.do(list, request("GET", path, nobody)).wantServed(t)
			set, ok := middleware.ResourceSetFrom(s.last.Load().Context())
			if !ok || set == nil {
				t.Fatal("no resource set to filter with")
			}
			if answer := s.do(single, request("GET", path, nobody)); answer.status != 403 || answer.served {
				t.Errorf("without List the answer is %d, served %v", answer.status, answer.served)
			}
		})
	}
	for _, tt := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"GET", webVM, 403, "AuthorizationFailed"},
		{"GET", "/subscriptions/" + subscription, 403, "AuthorizationFailed"},
		{"PUT", webVM, 403, "AuthorizationFailed"},
		{"POST", webVM + "/start", 403, "AuthorizationFailed"},
		{"GET", "/subscriptions/" + unknownSubscription + "/resourceGroups", 404, "SubscriptionNotFound"},
		{"GET", "/subscriptions/x/resourceGroups", 400, "InvalidSubscriptionId"},
		{"GET", "/subscriptions/" + foreignSubscription + "/resourceGroups", 401, "InvalidAuthenticationTokenTenant"},
		{"PUT", "/subscriptions", 405, "MethodNotAllowed"},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			answer := s.do(list, request(tt.method, tt.path, nobody))
			if answer.status != tt.status || answer.code != tt.code || answer.served {
				t.Errorf("answer is %d %s, served %v, want %d %s", answer.status, answer.code, answer.served, tt.status, tt.code)
			}
		})
	}
}

// Row "subscriptions and tenants", and ASVS-8.4.1: no token of tenant A touches a subscription of tenant B, whatever its role.
func TestASVS_8_4_1_CrossTenant(t *testing.T) {
	issuer := entraV1(t)
	s := newSiteWith(t, issuer, func(config *middleware.Config) {
		config.Verifier = verifier(t, openid.VerifierConfig{
			Providers: []*openid.Provider{provider(t, issuer, issuer.AuthorityOf("common"))},
			Audiences: []string{issuer.Audience()},
			Tenants:   []string{tenant, foreignTenant},
		})
	})
	own, foreign := issuer.Token(openidtest.User(alice)), issuer.Token(openidtest.User(alice), openidtest.Tenant(foreignTenant))
	paths := map[string]string{subscription: own, strings.ToUpper(foreignSubscription): foreign}
	for _, middlewares := range []func(http.Handler) http.Handler{s.gate.Handler, func(next http.Handler) http.Handler {
		return s.gate.Authenticate(s.gate.List(next))
	}} {
		handler := middlewares(s)
		for id, token := range paths {
			for _, method := range []string{"GET", "PUT", "DELETE"} {
				answer := s.do(handler, request(method, "/subscriptions/"+id+"/resourceGroups/web", token))
				if id == subscription && answer.status != 200 || id != subscription && answer.status != 403 {
					t.Errorf("%s in the caller's own tenant: %d %s", method, answer.status, answer.code)
				}
				wrong := foreign
				if id != subscription {
					wrong = own
				}
				answer = s.do(handler, request(method, "/subscriptions/"+id+"/resourceGroups/web", wrong))
				if answer.status != 401 || answer.code != "InvalidAuthenticationTokenTenant" || answer.served {
					t.Errorf("%s with the other tenant's token: %d %s, served %v", method, answer.status, answer.code, answer.served)
				}
			}
		}
	}
}

// A gate of one tenant whose authorizer was told of no owners takes every subscription for that tenant's.
func TestWithoutTenantOf(t *testing.T) {
	s := newSite(t, func(config *middleware.Config) {
		a, err := rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: policy(t)})
		if err != nil {
			t.Fatal(err)
		}
		config.Authorizer = a
	})
	handler := s.gate.Handler(s)
	token := s.issuer.Token(openidtest.User(alice))
	s.do(handler, request("GET", webVM, token)).wantServed(t)
	if answer := s.do(handler, request("GET", "/subscriptions/"+unknownSubscription, token)); answer.code != "AuthorizationFailed" {
		t.Errorf("answer is %d %s", answer.status, answer.code)
	}
	if answer := s.do(handler, request("GET", "/subscriptions/x", token)); answer.code != "InvalidSubscriptionId" {
		t.Errorf("answer is %d %s", answer.status, answer.code)
	}
}

// Unresolved overage never counts as "no groups", not even for someone whose own roles would do, and not for a list.
func TestOverage(t *testing.T) {
	s := newSite(t, nil)
	for _, overage := range []openidtest.Claim{openidtest.Overage(), openidtest.With("hasgroups", true)} {
		token := s.issuer.Token(openidtest.User(alice), overage, openidtest.With("upn", "alice@contoso.example"))
		s.do(s.gate.Handler(s), request("GET", webVM, token)).want(t, 403, "AuthorizationFailed",
			"The access token of the client 'alice@contoso.example' with object id '"+alice+"' does not carry its groups, and they could not "+
				"be resolved. Without them, authorization to perform action 'Microsoft.Compute/virtualMachines/read' over scope '"+webVM+"' cannot be decided.")
		if answer := s.do(s.gate.Authenticate(s.gate.List(s)), request("GET", "/subscriptions", token)); answer.status != 403 || answer.served {
			t.Errorf("list: %d, served %v", answer.status, answer.served)
		}
	}
}

// Authorize without Authenticate before it is a mistake of the site: nothing is served, and the log says why.
func TestAuthorizeWithoutAuthenticate(t *testing.T) {
	s := newSite(t, nil)
	for name, handler := range map[string]http.Handler{"Authorize": s.gate.Authorize(s), "List": s.gate.List(s)} {
		t.Run(name, func(t *testing.T) {
			s.log.take(t)
			s.do(handler, request("GET", webVM, s.issuer.Token(openidtest.User(alice)))).want(t, 500, "InternalServerError", "Encountered internal server error.")
			_, lines := s.log.take(t)
			if len(lines) != 1 || lines[0]["level"] != "ERROR" || lines[0]["reason"] != "Authorize without Authenticate before it" {
				t.Errorf("log is %v", lines)
			}
		})
	}
	t.Run("a context without a principal", func(t *testing.T) {
		r := request("GET", webVM, "")
		r = r.WithContext(middleware.WithPrincipal(r.Context(), nil, nil))
		if answer := s.do(s.gate.Authorize(s), r); answer.status != 500 || answer.served {
			t.Errorf("answer is %d, served %v", answer.status, answer.served)
		}
	})
}

// WithPrincipal stands in for Authenticate in a handler's test; what Authorize decides is the authorizer's all the same.
func TestWithPrincipal(t *testing.T) {
	ownerSet, err := authorizer(t, policy(t)).ResourceSet(t.Context(), rbac.Subject{Tenant: tenant, ObjectID: alice})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, nil)
	as := func(oid string, set *rbac.ResourceSet) *http.Request {
		r := request("GET", webVM, "")
		return r.WithContext(middleware.WithPrincipal(r.Context(), &openid.Principal{Tenant: tenant, ObjectID: oid}, set))
	}
	t.Run("handler alone", func(t *testing.T) {
		r := as(alice, ownerSet)
		principal, ok := middleware.PrincipalFrom(r.Context())
		set, hasSet := middleware.ResourceSetFrom(r.Context())
		if !ok || principal.ObjectID != alice || !hasSet || set != ownerSet {
			t.Errorf("PrincipalFrom = %v, %v; ResourceSetFrom = %p, %v", principal, ok, set, hasSet)
		}
	})
	t.Run("before Authorize", func(t *testing.T) {
		s.do(s.gate.Authorize(s), as(alice, nil)).wantServed(t)
		if _, ok := middleware.ResourceSetFrom(s.last.Load().Context()); !ok {
			t.Error("Authorize left no resource set")
		}
	})
	t.Run("a set in the context decides nothing", func(t *testing.T) {
		if answer := s.do(s.gate.Authorize(s), as(mallory, ownerSet)); answer.status != 403 || answer.served {
			t.Errorf("answer is %d, served %v", answer.status, answer.served)
		}
	})
	t.Run("nothing there", func(t *testing.T) {
		if principal, ok := middleware.PrincipalFrom(t.Context()); ok || principal != nil {
			t.Errorf("PrincipalFrom = %v, %v", principal, ok)
		}
		if set, ok := middleware.ResourceSetFrom(t.Context()); ok || set != nil {
			t.Errorf("ResourceSetFrom = %v, %v", set, ok)
		}
	})
}

// A source is a policy source that a test can break.
type source func(context.Context) (*rbac.Policy, error)

func (s source) Policy(ctx context.Context) (*rbac.Policy, error) { return s(ctx) }

// Row "resource sets": a policy that was never loaded is 503, also for a list.
func TestPolicyUnavailable(t *testing.T) {
	s := newSite(t, func(config *middleware.Config) {
		config.Authorizer = authorizer(t, source(func(context.Context) (*rbac.Policy, error) { return nil, errors.New("cannot open /var/lib/policy") }))
	})
	token := s.issuer.Token(openidtest.User(alice))
	for name, handler := range map[string]http.Handler{"Handler": s.gate.Handler(s), "List": s.gate.Authenticate(s.gate.List(s))} {
		answer := s.do(handler, request("GET", "/subscriptions", token))
		answer.want(t, 503, "ServiceUnavailable", "The access policy is not available at the moment. Please try again later.")
		if got := answer.header.Get("Retry-After"); got != "5" {
			t.Errorf("%s: Retry-After is %q, want 5", name, got)
		}
	}
}

// A principal that cannot be asked about is the site's mistake: verified ones have an object id.
func TestNoResourceSet(t *testing.T) {
	s := newSite(t, nil)
	r := request("GET", webVM, "")
	r = r.WithContext(middleware.WithPrincipal(r.Context(), &openid.Principal{Tenant: tenant}, nil))
	s.do(s.gate.Authorize(s), r).want(t, 500, "InternalServerError", "Encountered internal server error.")
}

// ASVS-8.3.2: a change of roles counts from the next request on, a removal as well as a grant.
func TestASVS_8_3_2_RoleChange(t *testing.T) {
	none, err := rbac.NewPolicy(rbac.PolicyConfig{})
	if err != nil {
		t.Fatal(err)
	}
	all := policy(t)
	current := none
	s := newSite(t, func(config *middleware.Config) {
		config.Authorizer = authorizer(t, source(func(context.Context) (*rbac.Policy, error) { return current, nil }))
	})
	handler := s.gate.Handler(s)
	token := s.issuer.Token(openidtest.User(alice))
	for _, step := range []struct {
		policy *rbac.Policy
		status int
	}{{none, 403}, {all, 200}, {none, 403}, {all, 200}} {
		current = step.policy
		if answer := s.do(handler, request("GET", webVM, token)); answer.status != step.status {
			t.Errorf("status %d, want %d", answer.status, step.status)
		}
	}
}
