package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// Config configures a Gate. Verifier and Authorizer are required.
type Config struct {
	// Verifier says which tokens are genuine and meant for this API.
	Verifier *openid.Verifier
	// Authorizer says what their principals may do. When Verifier accepts tokens of more than one tenant, Authorizer must
	// know which tenant owns a subscription (rbac.AuthorizerConfig.TenantOf). Owners are compared with
	// openid.Principal.Tenant, which for an AD FS is ProviderConfig.Tenant.
	Authorizer *rbac.Authorizer
	// Attributes returns what conditions may ask about an operation before it is checked: what the request, its sender and the
	// site's own memory tell of @Resource, @Request, @Principal and @Environment. It may return nil. It is called on every
	// request that is checked, by many goroutines at once; a list that List lets through is not checked. What it reads of the
	// content it puts back, as a new Body of the request.
	//
	// What is missing makes a comparison false, so without Attributes a role assignment whose condition compares something grants
	// little, and a deny assignment's permission with such a condition blocks little.
	Attributes func(r *http.Request, principal *openid.Principal, op rbac.Operation) rbac.Attributes
	// Groups returns all groups, in the form of openid.ParseObjectID, of a principal whose token does not carry them (Principal.Overage):
	// the method of a graph.Resolver, which asks Microsoft Graph, or of a graph.File. Authorize and List ask it, and put the principal
	// with these groups into the request's context. An error that wraps graph.ErrUnavailable or context.DeadlineExceeded is answered 503,
	// any other one 403: to go on without the groups would forget what they deny. Without Groups each such principal is refused.
	Groups func(ctx context.Context, principal *openid.Principal) ([]string, error)
	// MFA says which writes need multi-factor authentication. The default is none.
	MFA MFAConfig
	// Revocations are the principals and tenants whose earlier tokens do not count any more. Without them a token counts until it
	// expires.
	Revocations *Revocations
	// KeepAuthorization leaves the Authorization header in the request that the handler sees. By default it is removed
	// once the token has verified, so that no handler can leak it.
	KeepAuthorization bool
	// Logger receives one record per request. A refused one's has the reason, at level info, warn (503) or error (500), and the
	// deny assignment that blocks its operation. One that AuthorizeLinked or RequireAuthContext refuses has a second record for
	// that. At debug level, one that Authorize or List let through is "request authorized", with the action, the scope and the
	// role assignment that decided; "request authenticated" is one that only Authenticate has seen. Where MFA asks for
	// multi-factor authentication, mfa is satisfied, exempt or missing. No record holds the token or a part of it. The default
	// discards them.
	Logger *slog.Logger
}

// A Gate is Azure Stack Hub's Resource Manager gate as net/http middleware. Its methods may be called by many goroutines
// at once.
type Gate struct {
	verifier          *openid.Verifier
	authorizer        *rbac.Authorizer
	authorities       authorities
	attributes        func(*http.Request, *openid.Principal, rbac.Operation) rbac.Attributes
	groups            func(context.Context, *openid.Principal) ([]string, error)
	mfa               mfaPolicy
	revocations       *Revocations // nil when there are none
	keepAuthorization bool
	logger            *slog.Logger
	operations        knownOperations
}

// New checks the configuration; an error names the field.
func New(config Config) (*Gate, error) {
	if config.Verifier == nil {
		return nil, errors.New("middleware: Config.Verifier: is required")
	}
	if config.Authorizer == nil {
		return nil, errors.New("middleware: Config.Authorizer: is required")
	}
	if config.Verifier.MultiTenant() && !config.Authorizer.KnowsTenants() {
		// Without the owner of a subscription, a token of tenant A could act in a subscription of tenant B.
		return nil, errors.New("middleware: Config.Authorizer: must know the tenants of subscriptions " +
			"(rbac.AuthorizerConfig.TenantOf), because Config.Verifier accepts tokens of more than one tenant")
	}
	authorities, err := authoritiesOf(config.Verifier)
	if err != nil {
		return nil, fmt.Errorf("middleware: Config.Verifier: %w", err)
	}
	mfa, err := newMFAPolicy(config.MFA, config.Verifier)
	if err != nil {
		return nil, err
	}
	if r := config.Revocations; r != nil && r.verifier.LongestLife() < config.Verifier.LongestLife() {
		return nil, errors.New("middleware: Config.Revocations: are of another verifier, whose tokens live less long than Config.Verifier's, " +
			"so that they would be forgotten too soon")
	}
	logger := config.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Gate{
		verifier:          config.Verifier,
		authorizer:        config.Authorizer,
		authorities:       authorities,
		attributes:        config.Attributes,
		groups:            config.Groups,
		mfa:               mfa,
		revocations:       config.Revocations,
		keepAuthorization: config.KeepAuthorization,
		logger:            logger,
	}, nil
}

// Handler authenticates and authorizes: it is Authenticate followed by Authorize.
func (g *Gate) Handler(next http.Handler) http.Handler {
	inTwoSteps := g.Authenticate(g.Authorize(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.attributes != nil || g.logger.Enabled(r.Context(), slog.LevelDebug) {
			inTwoSteps.ServeHTTP(w, r)
			return
		}
		// Nobody looks at the request between the two steps, so that it is copied once for both.
		principal, spelled, refused := g.authenticate(r)
		var who caller
		if refused == nil {
			who, refused = g.decide(spelled, principal, demands{}, w.Header())
		}
		if refused != nil {
			g.refuse(w, r, refused)
			return
		}
		next.ServeHTTP(w, g.admit(spelled, who))
	})
}
