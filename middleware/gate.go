package middleware

import (
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
	// KeepAuthorization leaves the Authorization header in the request that the handler sees. By default it is removed
	// once the token has verified, so that no handler can leak it.
	KeepAuthorization bool
	// Logger receives one record per request. A refused one's has the reason, at level info, warn (503) or error (500). At
	// debug level, one that Authorize or List let through is "request authorized", with the action, the scope and the role
	// assignment that decided; "request authenticated" is one that only Authenticate has seen. No record holds the token
	// or a part of it. The default discards them.
	Logger *slog.Logger
}

// A Gate is Azure Stack Hub's Resource Manager gate as net/http middleware. Its methods may be called by many goroutines
// at once.
type Gate struct {
	verifier          *openid.Verifier
	authorizer        *rbac.Authorizer
	authorities       authorities
	keepAuthorization bool
	logger            *slog.Logger
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
	logger := config.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Gate{
		verifier:          config.Verifier,
		authorizer:        config.Authorizer,
		authorities:       authorities,
		keepAuthorization: config.KeepAuthorization,
		logger:            logger,
	}, nil
}

// Handler authenticates and authorizes: it is Authenticate followed by Authorize.
func (g *Gate) Handler(next http.Handler) http.Handler {
	return g.Authenticate(g.Authorize(next))
}
