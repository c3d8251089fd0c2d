package middleware_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/middleware"
	"hubgate.example/middleware/mfaaudit"
	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
	"hubgate.example/rbac"
)

const (
	stepUpToMFA = `{"access_token":{"acrs":{"essential":true,"values":["p1"]}}}`

	vmWithoutMFA = "Resource 'vm1' was disallowed by Azure: You are receiving this error because you tried to create, update or delete " +
		"Azure resources without authenticating through MFA. User accounts must be authenticated through MFA to manage your resources."
	unknownKind = " The access token shows neither a person nor a workload, so it is taken for a person's."
	signIn      = " Sign in again with multi-factor authentication."
	workloads   = " Automation signs in as a service principal, with a managed identity or with a federated identity instead, which do not need it."
)

// byHand is how to sign in with the az command line for what a challenge asks.
func byHand(claims string) string {
	return fmt.Sprintf(` With the Azure CLI: az login --tenant "%s" --claims-challenge "%s". One that does not know --claims-challenge: `+
		`az logout, then az login --tenant "%s", and sign in in that way.`, tenant, base64.StdEncoding.EncodeToString([]byte(claims)), tenant)
}

// cp1 is the claim of a client that understands claims challenges.
func cp1() openidtest.Claim { return openidtest.With("xms_cc", []string{"cp1"}) }

// mint returns a token with the claims, of which the first is the subject.
func mint(issuer *openidtest.Issuer, claims ...openidtest.Claim) string {
	return issuer.Token(claims[0], claims[1:]...)
}

// unknown is a token that tells neither a user nor a workload.
func unknown(oid string) []openidtest.Claim {
	return []openidtest.Claim{openidtest.User(oid), openidtest.Without("idtyp", "scp")}
}

// withMFA is a change of a site's configuration.
func withMFA(mfa middleware.MFAConfig) func(*middleware.Config) {
	return func(config *middleware.Config) { config.MFA = mfa }
}

func newAudit(tb testing.TB, config mfaaudit.Config) *mfaaudit.Audit {
	tb.Helper()
	audit, err := mfaaudit.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := audit.Close(); err != nil {
			tb.Error(err)
		}
	})
	return audit
}

// Row "MFA": kinds of principal, methods, modes, capabilities.
func TestMFA(t *testing.T) {
	issuer := entraV1(t)
	principals := []struct {
		name   string
		claims []openidtest.Claim
		mfa    string // what the log says of a write
		told   string // beside the rest of the message
	}{
		{"user", []openidtest.Claim{openidtest.User(alice)}, "missing", ""},
		{"user, MFA", []openidtest.Claim{openidtest.User(alice), openidtest.MFA()}, "satisfied", ""},
		{"user, mfa in amr", []openidtest.Claim{openidtest.User(alice), openidtest.With("amr", []string{"pwd", "mfa"})}, "satisfied", ""},
		{"user, p1 in acrs", []openidtest.Claim{openidtest.User(alice), openidtest.With("acrs", []string{"c1", "p1"})}, "satisfied", ""},
		{"user, another context", []openidtest.Claim{openidtest.User(alice), openidtest.With("acrs", []string{"c1", "urn:p1"})}, "missing", ""},
		{"user, other methods", []openidtest.Claim{openidtest.User(alice), openidtest.With("amr", []string{"rsa", "wia", "ngcmfa", "MFA"})}, "missing", ""},
		{"user, no methods", []openidtest.Claim{openidtest.User(alice), openidtest.Without("amr")}, "missing", ""},
		{"guest", []openidtest.Claim{openidtest.Guest(alice)}, "missing", ""},
		{"guest, MFA", []openidtest.Claim{openidtest.Guest(alice), openidtest.MFA()}, "satisfied", ""},
		{"service principal", []openidtest.Claim{openidtest.ServicePrincipal(alice)}, "exempt", ""},
		{"service principal, secret", []openidtest.Claim{openidtest.ServicePrincipal(alice), openidtest.With("appidacr", "1")}, "exempt", ""},
		{"managed identity", []openidtest.Claim{openidtest.ManagedIdentity(alice, webVM)}, "exempt", ""},
		{"unknown", unknown(alice), "missing", unknownKind},
		{"unknown, MFA", append(unknown(alice), openidtest.MFA()), "satisfied", ""},
	}
	methods := []struct {
		method, path string
		posts        bool // MFAConfig.IncludePOST
		write        bool
	}{
		{"GET", webVM, false, false},
		{"HEAD", webVM, true, false},
		{"PUT", webVM, true, true},
		{"PATCH", webVM, false, true},
		{"DELETE", webVM, false, true},
		{"POST", webVM + "/restart", false, false},
		{"POST", webVM + "/restart", true, true},
	}
	for _, mode := range []middleware.MFAMode{"", middleware.MFAOff, middleware.MFAAudit, middleware.MFAEnforce} {
		for _, m := range methods {
			audit := newAudit(t, mfaaudit.Config{})
			s := newSiteWith(t, issuer, withMFA(middleware.MFAConfig{Mode: mode, IncludePOST: m.posts, Audit: audit}))
			handler := s.gate.Handler(s)
			var listed int64
			for _, p := range principals {
				for _, stepsUp := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%s/%v/%s/%v", mode, m.method, m.posts, p.name, stepsUp), func(t *testing.T) {
						claims := p.claims
						if stepsUp {
							claims = append(slices.Clone(claims), cp1())
						}
						s.log.take(t)
						answer := s.do(handler, request(m.method, m.path, mint(issuer, claims...)))
						text, lines := s.log.take(t)

						asked := m.write && (mode == middleware.MFAAudit || mode == middleware.MFAEnforce)
						missing := asked && p.mfa == "missing"
						switch {
						case !missing || mode != middleware.MFAEnforce:
							answer.wantServed(t)
						case stepsUp:
							answer.want(t, 401, "RequestDisallowedByAzure", vmWithoutMFA+p.told+signIn)
							wantClaims(t, answer.header, authorizeEndpoint, stepUpToMFA)
						default:
							answer.want(t, 403, "RequestDisallowedByAzure", vmWithoutMFA+p.told+signIn+byHand(stepUpToMFA)+workloads)
							if answer.header.Get("WWW-Authenticate") != "" {
								t.Errorf("a 403 with a challenge: %v", answer.header)
							}
						}
						if missing && mode == middleware.MFAAudit {
							listed++
						}
						if got := calls(audit.Report()); got != listed {
							t.Errorf("%d calls are listed, want %d", got, listed)
						}
						if len(lines) != 1 {
							t.Fatalf("%d records: %s", len(lines), text)
						}
						var want any
						if asked {
							want = p.mfa
						}
						if lines[0]["mfa"] != want {
							t.Errorf("the log says %v, want %v", lines[0]["mfa"], want)
						}
					})
				}
			}
		}
	}
}

func calls(report mfaaudit.Report) (n int64) {
	for _, r := range report.Records {
		n += r.Count
	}
	return n
}

// The record of a refusal says what it is about, at the level of other refusals.
func TestMFARefusalInLog(t *testing.T) {
	s := newSite(t, withMFA(middleware.MFAConfig{Mode: middleware.MFAEnforce}))
	s.do(s.gate.Handler(s), request("DELETE", webVM, s.issuer.Token(openidtest.User(alice), cp1())))
	text, lines := s.log.take(t)
	if len(lines) != 1 {
		t.Fatalf("%d records: %s", len(lines), text)
	}
	for key, want := range map[string]any{
		"level": "INFO", "msg": "request refused", "status": 401.0, "code": "RequestDisallowedByAzure", "reason": "no multi-factor authentication",
		"mfa": "missing", "oid": alice, "action": "Microsoft.Compute/virtualMachines/delete", "scope": webVM,
	} {
		if lines[0][key] != want {
			t.Errorf("%s is %v, want %v", key, lines[0][key], want)
		}
	}
}

// Whoever may not do it at all is told so, and not asked to sign in again for it.
func TestMFAComesAfterAuthorization(t *testing.T) {
	audit := newAudit(t, mfaaudit.Config{})
	for _, mode := range []middleware.MFAMode{middleware.MFAAudit, middleware.MFAEnforce} {
		s := newSite(t, withMFA(middleware.MFAConfig{Mode: mode, Audit: audit}))
		tests := []struct{ name, path, oid, code string }{
			{"no role", webVM, mallory, "AuthorizationFailed"},
			{"reader", webVM, bob, "AuthorizationFailed"},
			{"another tenant's subscription", "/subscriptions/" + foreignSubscription + "/resourceGroups/x", alice, "InvalidAuthenticationTokenTenant"},
			{"unknown subscription", "/subscriptions/" + unknownSubscription + "/resourceGroups/x", alice, "SubscriptionNotFound"},
			{"no operation", webGroup + "/resources", alice, "MethodNotAllowed"},
		}
		for _, tt := range tests {
			answer := s.do(s.gate.Handler(s), request("PUT", tt.path, s.issuer.Token(openidtest.User(tt.oid, readers), cp1())))
			if answer.code != tt.code || answer.served {
				t.Errorf("%s: %s: answer is %d %s", mode, tt.name, answer.status, answer.body)
			}
		}
	}
	if n := calls(audit.Report()); n != 0 {
		t.Errorf("%d calls are listed that nobody would have let through", n)
	}
}

// List asks as Authorize does.
func TestMFAOnList(t *testing.T) {
	s := newSite(t, withMFA(middleware.MFAConfig{Mode: middleware.MFAEnforce}))
	handler := s.gate.Authenticate(s.gate.List(s))
	token := s.issuer.Token(openidtest.User(alice))
	s.do(handler, request("GET", webGroup+"/resources", token)).wantServed(t)
	if answer := s.do(handler, request("PUT", webVM, token)); answer.code != "RequestDisallowedByAzure" || answer.served {
		t.Errorf("answer is %d %s", answer.status, answer.body)
	}
}

// An authentication context of the tenant's own takes the place of p1, in tokens and in the challenge.
func TestMFAByAuthenticationContext(t *testing.T) {
	issuer := openidtest.NewEntra(t, tenant) // v2, which has no amr
	s := newSiteWith(t, issuer, withMFA(middleware.MFAConfig{Mode: middleware.MFAEnforce, AuthenticationContext: "c17"}))
	handler := s.gate.Handler(s)
	s.do(handler, request("PUT", webVM, issuer.Token(openidtest.User(alice), openidtest.With("acrs", []string{"c17"})))).wantServed(t)
	answer := s.do(handler, request("PUT", webVM, issuer.Token(openidtest.User(alice), openidtest.MFA(), openidtest.With("xms_cc", []string{"CP1"}))))
	answer.want(t, 401, "RequestDisallowedByAzure", vmWithoutMFA+signIn)
	wantClaims(t, answer.header, authorizeEndpoint, `{"access_token":{"acrs":{"essential":true,"values":["c17"]}}}`)
}

// The challenge names the authority of the principal's tenant.
func TestMFAChallengeOfTheTenant(t *testing.T) {
	issuer := entraV1(t)
	s := newSiteWith(t, issuer, func(config *middleware.Config) {
		config.MFA.Mode = middleware.MFAEnforce
		config.Verifier = verifier(t, openid.VerifierConfig{
			Providers: []*openid.Provider{provider(t, issuer, issuer.AuthorityOf("common"))},
			Audiences: []string{issuer.Audience()},
			Tenants:   []string{tenant, foreignTenant},
		})
	})
	answer := s.do(s.gate.Handler(s), request("PUT", webVM, issuer.Token(openidtest.User(alice), cp1())))
	wantClaims(t, answer.header, authorizeEndpoint, stepUpToMFA)
}

// An AD FS shows multi-factor authentication where the site's claim does, and cannot step up, whatever the client declares.
func TestMFAOnADFS(t *testing.T) {
	const (
		sid    = "S-1-5-21-1004336348-1177238915-682003330-512"
		advice = signIn + " Automation signs in as a service principal instead, which does not need it."
	)
	issuer := openidtest.NewADFS(t)
	const group = "/subscriptions/" + subscription + "/resourceGroups/web"
	audit := newAudit(t, mfaaudit.Config{})
	newADFS := func(mode middleware.MFAMode) *site {
		return newSiteWith(t, issuer, func(config *middleware.Config) {
			config.MFA = middleware.MFAConfig{Mode: mode, Audit: audit}
			p, err := rbac.NewPolicy(rbac.PolicyConfig{Assignments: []rbac.RoleAssignment{{
				Scope: "/subscriptions/" + subscription, RoleDefinitionID: ownerRole, PrincipalID: sid,
			}}})
			if err != nil {
				t.Fatal(err)
			}
			if config.Authorizer, err = rbac.NewAuthorizer(rbac.AuthorizerConfig{Source: p}); err != nil {
				t.Fatal(err)
			}
		})
	}
	enforcing, auditing := newADFS(middleware.MFAEnforce), newADFS(middleware.MFAAudit)
	tests := []struct {
		name    string
		claims  []openidtest.Claim
		message string // of the refusal, after what every one says
	}{
		{"MFA", []openidtest.Claim{openidtest.User(sid), openidtest.MFA()}, ""},
		{"the one value", []openidtest.Claim{openidtest.User(sid), openidtest.With("authnmethodsreferences", "http://schemas.microsoft.com/claims/multipleauthn")}, ""},
		{"user", []openidtest.Claim{openidtest.User(sid)}, advice},
		{"user, cp1", []openidtest.Claim{openidtest.User(sid), cp1()}, advice},
		{"another value", []openidtest.Claim{openidtest.User(sid), openidtest.With("authnmethodsreferences", []string{"multipleauthn"})}, advice},
		{"another claim", []openidtest.Claim{openidtest.User(sid), openidtest.With("Authnmethodsreferences", "http://schemas.microsoft.com/claims/multipleauthn")}, advice},
		{"a service principal that its token does not tell", []openidtest.Claim{openidtest.ServicePrincipal(sid)}, unknownKind + signIn +
			" A service principal does not need it once its token shows that it is one, by the claim that the site's AD FS issues to workloads " +
			"(openid.VerifierConfig.WorkloadClaim), or while an exception covers it (middleware.MFAException)."},
		{"a service principal that its token tells", []openidtest.Claim{openidtest.ServicePrincipal(sid), openidtest.With("idtyp", "app")}, ""},
	}
	var listed int64
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := enforcing.do(enforcing.gate.Handler(enforcing), request("PUT", group, mint(issuer, tt.claims...)))
			if tt.message == "" {
				answer.wantServed(t)
			} else {
				answer.want(t, 403, "RequestDisallowedByAzure", strings.Replace(vmWithoutMFA, "vm1", "web", 1)+tt.message)
				listed++
			}
			auditing.do(auditing.gate.Handler(auditing), request("PUT", group, mint(issuer, tt.claims...))).wantServed(t)
			if got := calls(audit.Report()); got != listed {
				t.Errorf("%d calls are listed, want %d", got, listed)
			}
		})
	}
}

func TestMFAExceptions(t *testing.T) {
	const app = "5a5a5a5a-0000-4000-8000-000000000001"
	synctest.Test(t, func(t *testing.T) {
		until := time.Now().Add(time.Hour)
		issuer := entraV1(t)
		token := issuer.Token(openidtest.User(alice, readers), openidtest.Application(app), openidtest.Lifetime(3*time.Hour))
		tests := []struct {
			name      string
			exception middleware.MFAException
			want      bool
		}{
			{"principal", middleware.MFAException{Tenant: tenant, ObjectID: alice, Until: until}, true},
			{"principal, in upper case", middleware.MFAException{Tenant: strings.ToUpper(tenant), ObjectID: strings.ToUpper(alice), Until: until}, true},
			{"group", middleware.MFAException{Tenant: tenant, Group: strings.ToUpper(readers), Until: until}, true},
			{"application", middleware.MFAException{Tenant: tenant, Application: strings.ToUpper(app), Until: until}, true},
			{"principal of another tenant", middleware.MFAException{Tenant: foreignTenant, ObjectID: alice, Until: until}, false},
			{"group of another tenant", middleware.MFAException{Tenant: foreignTenant, Group: readers, Until: until}, false},
			{"application in another tenant", middleware.MFAException{Tenant: foreignTenant, Application: app, Until: until}, false},
			{"another principal", middleware.MFAException{Tenant: tenant, ObjectID: bob, Until: until}, false},
			{"a principal's id as a group", middleware.MFAException{Tenant: tenant, Group: alice, Until: until}, false},
			{"a group's id as a principal", middleware.MFAException{Tenant: tenant, ObjectID: readers, Until: until}, false},
			{"a principal's id as an application", middleware.MFAException{Tenant: tenant, Application: alice, Until: until}, false},
			{"over", middleware.MFAException{Tenant: tenant, ObjectID: alice, Until: time.Now().Add(-time.Second)}, false},
		}
		put := func(s *site) *answer { return s.do(s.gate.Handler(s), request("PUT", webVM, token)) }
		var sites []*site
		for _, tt := range tests {
			s := newSiteWith(t, issuer, withMFA(middleware.MFAConfig{Mode: middleware.MFAEnforce, Exceptions: []middleware.MFAException{
				{Tenant: tenant, ObjectID: mallory, Until: until}, tt.exception,
			}}))
			sites = append(sites, s)
			answer := put(s)
			if answer.served != tt.want {
				t.Errorf("%s: answer is %d %s", tt.name, answer.status, answer.body)
			}
			if _, lines := s.log.take(t); tt.want && lines[0]["mfa"] != "exempt" {
				t.Errorf("%s: the log is %v", tt.name, lines)
			}
		}
		time.Sleep(time.Until(until) - time.Nanosecond)
		for i, tt := range tests {
			if answer := put(sites[i]); answer.served != tt.want {
				t.Errorf("%s: just before the end the answer is %d %s", tt.name, answer.status, answer.body)
			}
		}
		time.Sleep(time.Nanosecond)
		for i, tt := range tests {
			if answer := put(sites[i]); answer.served {
				t.Errorf("%s: served after the end", tt.name)
			}
		}
	})
}

// Wrong configuration fails at construction, with an error that names the field.
func TestMFAConfig(t *testing.T) {
	issuer, adfs := entraV1(t), openidtest.NewADFS(t)
	adfsWithClaim := adfs.Verifier()
	adfsWithout := verifier(t, openid.VerifierConfig{Providers: []*openid.Provider{adfs.Provider()}, Audiences: []string{adfs.Audience()}})
	audit := newAudit(t, mfaaudit.Config{})
	until := time.Now().Add(time.Hour)
	exception := func(e middleware.MFAException) middleware.MFAConfig {
		return middleware.MFAConfig{Exceptions: []middleware.MFAException{{Tenant: tenant, ObjectID: alice, Until: until}, e}}
	}
	onADFS := func(application string) middleware.MFAConfig {
		return middleware.MFAConfig{Exceptions: []middleware.MFAException{{Tenant: "adfs", Application: application, Until: until}}}
	}
	const enforce = middleware.MFAEnforce
	tests := []struct {
		name     string
		verifier *openid.Verifier
		mfa      middleware.MFAConfig
		want     string // how the error goes on after "middleware: Config.MFA."; "" for no error
	}{
		{"none", issuer.Verifier(), middleware.MFAConfig{}, ""},
		{"off", issuer.Verifier(), middleware.MFAConfig{Mode: middleware.MFAOff}, ""},
		{"audit", issuer.Verifier(), middleware.MFAConfig{Mode: middleware.MFAAudit, Audit: audit}, ""},
		{"enforce", issuer.Verifier(), middleware.MFAConfig{Mode: enforce}, ""},
		{"enforce after audit", issuer.Verifier(), middleware.MFAConfig{Mode: enforce, Audit: audit}, ""},
		{"another mode", issuer.Verifier(), middleware.MFAConfig{Mode: "Enforce"}, `Mode: "Enforce" is none of`},
		{"audit without a list", issuer.Verifier(), middleware.MFAConfig{Mode: middleware.MFAAudit}, "Audit: is required"},
		{"AD FS, off", adfsWithout, middleware.MFAConfig{}, ""},
		{"AD FS, enforce", adfsWithout, middleware.MFAConfig{Mode: enforce}, "Mode: enforce needs openid.VerifierConfig.MFAClaim"},
		{"AD FS, audit", adfsWithout, middleware.MFAConfig{Mode: middleware.MFAAudit, Audit: audit}, "Mode: audit needs openid.VerifierConfig.MFAClaim"},
		{"AD FS with a claim", adfsWithClaim, middleware.MFAConfig{Mode: enforce}, ""},
		{"AD FS, exception", adfsWithClaim, middleware.MFAConfig{Exceptions: []middleware.MFAException{{Tenant: "ADFS", ObjectID: "s-1-5-21-1", Until: until}}}, ""},
		{"AD FS, exception in another tenant", adfsWithClaim, exception(middleware.MFAException{}), "Exceptions[0].Tenant: "},
		{"context", issuer.Verifier(), middleware.MFAConfig{AuthenticationContext: "c25"}, ""},
		{"context that breaks the challenge", issuer.Verifier(), middleware.MFAConfig{AuthenticationContext: `p1"`}, "AuthenticationContext: "},
		{"context too long", issuer.Verifier(), middleware.MFAConfig{AuthenticationContext: "c1c1c1c1c1c1c1c1c"}, "AuthenticationContext: "},
		{"exception for nobody", issuer.Verifier(), exception(middleware.MFAException{Tenant: tenant, Until: until}), "Exceptions[1]: exactly one of"},
		{"exception for two", issuer.Verifier(), exception(middleware.MFAException{Tenant: tenant, ObjectID: bob, Group: readers, Until: until}), "Exceptions[1]: exactly one of"},
		{"exception without a tenant", issuer.Verifier(), exception(middleware.MFAException{ObjectID: bob, Until: until}), "Exceptions[1].Tenant: "},
		{"exception without an end", issuer.Verifier(), exception(middleware.MFAException{Tenant: tenant, ObjectID: bob}), "Exceptions[1].Until: is required"},
		{"exception for a name", issuer.Verifier(), exception(middleware.MFAException{Tenant: tenant, ObjectID: "bob@contoso.example", Until: until}), "Exceptions[1].ObjectID: "},
		{"exception for an application", issuer.Verifier(), exception(middleware.MFAException{Tenant: tenant, Application: strings.ToUpper(bob), Until: until}), ""},
		{"exception for an application's name", issuer.Verifier(), exception(middleware.MFAException{Tenant: tenant, Application: "Azure CLI", Until: until}), "Exceptions[1].Application: "},
		{"exception for an application in braces", issuer.Verifier(), exception(middleware.MFAException{Tenant: tenant, Application: "{" + bob + "}", Until: until}), "Exceptions[1].Application: "},
		{"exception for a padded application", issuer.Verifier(), exception(middleware.MFAException{Tenant: tenant, Application: bob + " ", Until: until}), "Exceptions[1].Application: "},
		{"AD FS, exception for an application", adfsWithClaim, onADFS("backup job"), ""},
		{"AD FS, exception for a padded application", adfsWithClaim, onADFS(" backup"), "Exceptions[0].Application: "},
		{"AD FS, exception for a blank", adfsWithClaim, onADFS(" "), "Exceptions[0].Application: "},
		{"exception for a group's name", issuer.Verifier(), exception(middleware.MFAException{Tenant: tenant, Group: "readers", Until: until}), "Exceptions[1].Group: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			gate, err := middleware.New(middleware.Config{Verifier: tt.verifier, Authorizer: authorizer(t, policy(t)), MFA: tt.mfa})
			switch {
			case tt.want == "" && (err != nil || gate == nil):
				t.Errorf("New = %v, %v", gate, err)
			case tt.want != "" && (err == nil || gate != nil || !strings.HasPrefix(err.Error(), "middleware: Config.MFA."+tt.want)):
				t.Errorf("New = %v, %v, want an error that names %s", gate, err, tt.want)
			}
		})
	}
}

// The same traffic before a gate that audits and one that enforces: what the one lists is what the other refuses, call by call.
func TestAuditListsWhatEnforceRefuses(t *testing.T) {
	const app, otherApp = "5a5a5a5a-0000-4000-8000-000000000001", "5a5a5a5a-0000-4000-8000-000000000002"
	issuer := entraV1(t)
	mfa := middleware.MFAConfig{IncludePOST: true, Exceptions: []middleware.MFAException{
		{Tenant: tenant, Application: otherApp, Until: time.Now().Add(time.Hour)},
	}}
	audit := newAudit(t, mfaaudit.Config{})
	sites := make(map[middleware.MFAMode]*site)
	for _, mode := range []middleware.MFAMode{middleware.MFAOff, middleware.MFAAudit, middleware.MFAEnforce} {
		mfa.Mode, mfa.Audit = mode, audit
		sites[mode] = newSiteWith(t, issuer, withMFA(mfa))
	}

	kinds := [][]openidtest.Claim{{openidtest.User(alice)}, {openidtest.Guest(alice)}, {openidtest.ServicePrincipal(alice)}, unknown(alice), {openidtest.User(bob, readers)}, {openidtest.User(mallory)}}
	var tokens []string
	for _, kind := range kinds {
		for _, more := range [][]openidtest.Claim{nil, {openidtest.MFA()}, {cp1()}, {openidtest.Application(otherApp)}} {
			claims := append(slices.Clone(kind), openidtest.Application(app))
			tokens = append(tokens, mint(issuer, append(claims, more...)...))
		}
	}
	tokens = append(tokens, "", issuer.Token(openidtest.User(alice), openidtest.Audience("x")))
	type call struct{ oid, app, action string }
	refused := make(map[call]int64)
	random := rand.New(rand.NewPCG(1, 2))
	for range 800 {
		method := []string{"GET", "PUT", "PATCH", "DELETE", "POST", "OPTIONS"}[random.IntN(6)]
		path := []string{webVM, webGroup, webVM + "/restart", webGroup + "/resources", "/subscriptions/" + foreignSubscription, "/x"}[random.IntN(6)]
		token := tokens[random.IntN(len(tokens))]
		answers := make(map[middleware.MFAMode]*answer)
		for mode, s := range sites {
			answers[mode] = s.do(s.gate.Handler(s), request(method, path, token))
		}
		off, audited, enforced := answers[middleware.MFAOff], answers[middleware.MFAAudit], answers[middleware.MFAEnforce]
		if audited.status != off.status || audited.body != off.body || audited.served != off.served {
			t.Fatalf("%s %s: audit answers %d %s, off %d %s", method, path, audited.status, audited.body, off.status, off.body)
		}
		_, lines := sites[middleware.MFAEnforce].log.take(t)
		if enforced.code == "RequestDisallowedByAzure" {
			if !audited.served || enforced.served {
				t.Fatalf("%s %s: served by audit %v, by enforce %v", method, path, audited.served, enforced.served)
			}
			line := refusals(lines)[0]
			refused[call{line["oid"].(string), line["appid"].(string), line["action"].(string)}]++
		} else if enforced.status != off.status || enforced.body != off.body {
			t.Fatalf("%s %s: enforce answers %d %s, off %d %s", method, path, enforced.status, enforced.body, off.status, off.body)
		}
	}
	listed := make(map[call]int64)
	for _, r := range audit.Report().Records {
		for _, o := range r.Operations {
			listed[call{r.ObjectID, r.Application, o.Action}] += o.Count
		}
	}
	if len(refused) < 4 || !reflect.DeepEqual(listed, refused) {
		t.Errorf("audit lists\n\t%v\nenforce refuses\n\t%v", listed, refused)
	}
}

// Neither policy nor revocations cost the ordinary request an allocation.
func TestMFAAllocatesNothing(t *testing.T) {
	issuer := entraV1(t)
	silent := func(config *middleware.Config) { config.Logger = nil }
	plain := newSiteWith(t, issuer, silent)
	full := newSiteWith(t, issuer, func(config *middleware.Config) {
		silent(config)
		config.MFA = middleware.MFAConfig{Mode: middleware.MFAEnforce, Exceptions: []middleware.MFAException{{Tenant: tenant, ObjectID: bob, Until: time.Now().Add(time.Hour)}}}
		config.Revocations = revocations(t, config.Verifier)
		if err := config.Revocations.RevokePrincipal(tenant, alice, time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	})
	token := issuer.Token(openidtest.User(alice), openidtest.MFA())
	verified, err := issuer.Verifier().Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	empty := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, method := range []string{"GET", "PUT"} {
		authenticated := request(method, webVM, "")
		authenticated = authenticated.WithContext(middleware.WithPrincipal(t.Context(), verified, nil))
		for _, way := range []struct {
			name    string
			handler func(*site) http.Handler
			r       *http.Request
		}{
			{"Authenticate", func(s *site) http.Handler { return s.gate.Authenticate(empty) }, request(method, webVM, token)},
			{"Authorize", func(s *site) http.Handler { return s.gate.Authorize(empty) }, authenticated},
		} {
			allocations := func(s *site) float64 { // the fewest: the race detector makes a sync.Pool lose what is put back
				handler, w := way.handler(s), discard{http.Header{}}
				fewest := testing.AllocsPerRun(1, func() { handler.ServeHTTP(w, way.r) })
				for range 100 {
					fewest = min(fewest, testing.AllocsPerRun(1, func() { handler.ServeHTTP(w, way.r) }))
				}
				return fewest
			}
			if before, after := allocations(plain), allocations(full); after > before {
				t.Errorf("%s %s: %v allocations, %v without the policy", way.name, method, after, before)
			}
		}
	}
}

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return io.Discard.Write(b) }
func (d discard) WriteHeader(int)             {}
