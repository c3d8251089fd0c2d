package identityprovider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/openid"
)

// TokenExchangeAudience is the audience of tokens that are made to be exchanged at Entra ID.
const TokenExchangeAudience = "api://AzureADTokenExchange"

// A FederatedCredential lets a workload that runs elsewhere, such as in Kubernetes or in GitHub Actions, prove itself with the token that
// it has there (RFC 7523 section 2.2): of this issuer, for this subject, to this audience. All three are compared exactly, with
// regard to case.
type FederatedCredential struct {
	// Issuer is the https URL of an OpenID Connect provider, as its tokens have it in iss. Its metadata is at Issuer +
	// "/.well-known/openid-configuration" (OpenID Connect Discovery 1.0 section 4), its keys on the same host.
	Issuer string
	// Subject is the workload, in the issuer's words: system:serviceaccount:{namespace}:{name},
	// repo:{owner}/{repository}:ref:refs/heads/{branch}.
	Subject string
	// Audience is whom the token is for. The default is TokenExchangeAudience.
	Audience string
}

// fits reports whether an assertion is made for the credential. aud is a string or an array of strings.
func (c FederatedCredential) fits(claims jwt.MapClaims) bool {
	issuer, _ := claims["iss"].(string)
	subject, _ := claims["sub"].(string)
	audiences, err := claims.GetAudience()
	if err != nil || issuer != c.Issuer || subject != c.Subject {
		return false
	}
	return slices.Contains(audiences, cmp.Or(c.Audience, TokenExchangeAudience))
}

// isForeign reports whether an assertion says that another issuer made it: such an issuer is a URL, and a client that signs for
// itself writes its id.
func isForeign(assertion string) bool {
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser(jwt.WithStrictDecoding()).ParseUnverified(assertion, claims); err != nil {
		return false // verifyOwnAssertion says what is wrong
	}
	issuer, _ := claims["iss"].(string)
	return strings.Contains(issuer, "://")
}

// verifyFederated says which client an assertion of another issuer speaks for: the one of client_id, when a credential of its fits.
// A workload sends its assertion as often as it likes until it expires: Kubernetes has one for an hour.
func (s *Server) verifyFederated(ctx context.Context, a authority, form tokenRequest) (client, error) {
	if form.clientID == "" {
		return client{}, refuse(missingParameter, "parameter", "client_id")
	}
	principal := s.servicePrincipal(a.directory, form.clientID)
	if principal == nil {
		return client{}, refuse(unknownClient)
	}
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"RS256"}), // the only one that Entra ID takes from other issuers
		jwt.WithStrictDecoding(),
		jwt.WithoutClaimsValidation(), // fits and checkTimes are stricter
	)
	token, err := parser.ParseWithClaims(form.clientAssertion, claims, func(token *jwt.Token) (any, error) {
		if _, critical := token.Header["crit"]; critical { // RFC 7515 section 4.1.11
			return nil, refuse(malformedAssertion).because("federated assertion: crit is not understood")
		}
		for _, credential := range principal.Federated {
			if credential.fits(claims) {
				return s.federations[credential.Issuer].Keyfunc(ctx)(token)
			}
		}
		return nil, refuseFederated(noFederatedCredential, claims)
	})
	if refused, ok := errors.AsType[*refusal](err); ok {
		return client{}, refused
	}
	switch {
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return client{}, refuse(assertionSignature).because("federated assertion: %v", err)
	case errors.Is(err, openid.ErrUnavailable):
		return client{}, refuse(federationUnreachable).because("federated assertion: %v", err)
	case errors.Is(err, openid.ErrUnknownKey):
		refused := refuseFederated(unknownFederatedKey, claims)
		refused.values["key"], _ = token.Header["kid"].(string)
		return client{}, refused
	case err != nil:
		return client{}, refuse(malformedAssertion).because("federated assertion: %v", err)
	}
	if _, refused := checkTimes(claims); refused != nil {
		return client{}, refused
	}
	return client{id: principal.ApplicationID, principal: principal, acr: acrCertificate}, nil
}

// refuseFederated tells the client what stands in its assertion, as Entra ID does: it is the way to find what was configured wrong.
func refuseFederated(p problem, claims jwt.MapClaims) *refusal {
	issuer, _ := claims["iss"].(string)
	subject, _ := claims["sub"].(string)
	audiences, _ := claims.GetAudience()
	return refuse(p, "issuer", issuer, "subject", subject, "audience", strings.Join(audiences, " "))
}

// federate trusts the issuers of the federated credentials. Errors name the field.
func (s *Server) federate(config Config) error {
	for i, tenant := range config.Tenants {
		for j, sp := range tenant.ServicePrincipals {
			for k, credential := range sp.Federated {
				where := fmt.Sprintf("identityprovider: Tenants[%d].ServicePrincipals[%d].Federated[%d]", i, j, k)
				if credential.Subject == "" {
					return fmt.Errorf("%s.Subject: is required", where)
				}
				if s.federations[credential.Issuer] != nil {
					continue
				}
				provider, err := newFederation(credential.Issuer, config.Transport, s.log)
				if err != nil {
					return fmt.Errorf("%s.Issuer: %w", where, err)
				}
				s.federations[credential.Issuer] = provider
			}
		}
	}
	return nil
}

// newFederation keeps the keys of another issuer. Package openid knows the authorities of Entra ID and of AD FS by the form of their
// URLs. An issuer that is neither has its metadata where discovery finds it, and its key set is one truth, as AD FS's is. The pinned
// Issuers take the place of what the metadata says about tokens.
func newFederation(issuer string, transport http.RoundTripper, log *slog.Logger) (*openid.Provider, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawPath != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not a plain https URL", issuer)
	}
	authority := "https://" + u.Host + "/adfs"
	u.Path = strings.TrimSuffix(u.Path, "/") + wellKnown
	return openid.NewProvider(openid.ProviderConfig{
		Authority: authority,
		Type:      openid.ADFS,
		Issuers:   []string{issuer},
		Transport: discovery{
			next: cmp.Or(transport, http.DefaultTransport),
			from: authority + wellKnown,
			to:   u,
		},
		Logger: slog.New(issuerLog{log.Handler()}.WithAttrs([]slog.Attr{slog.String("issuer", issuer)})),
	})
}

// An issuerLog leaves out the authority, which is made up, of what a provider logs. Its issuer is in each record.
type issuerLog struct{ slog.Handler }

func (l issuerLog) Handle(ctx context.Context, record slog.Record) error {
	kept := slog.NewRecord(record.Time, record.Level, record.Message, record.PC)
	record.Attrs(func(a slog.Attr) bool {
		if a.Key != "authority" {
			kept.AddAttrs(a)
		}
		return true
	})
	return l.Handler.Handle(ctx, kept)
}

func (l issuerLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return issuerLog{l.Handler.WithAttrs(attrs)}
}
func (l issuerLog) WithGroup(name string) slog.Handler { return issuerLog{l.Handler.WithGroup(name)} }

const wellKnown = "/.well-known/openid-configuration"

// discovery asks for metadata where the issuer has it, in place of the authority.
type discovery struct {
	next http.RoundTripper
	from string
	to   *url.URL
}

func (d discovery) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.String() == d.from {
		r = r.Clone(r.Context())
		r.URL = d.to
	}
	return d.next.RoundTrip(r)
}

func (d discovery) CloseIdleConnections() { (&http.Client{Transport: d.next}).CloseIdleConnections() }
