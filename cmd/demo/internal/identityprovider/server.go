package identityprovider

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// Config describes the identity provider. All fields but Transport and Logger are required.
type Config struct {
	// Type is openid.ADFS or openid.EntraV1: an Entra ID whose access tokens are v1 tokens, as Resource Manager takes them. It
	// serves the endpoints of v1 and of v2 all the same.
	Type openid.AuthorityType
	// BaseURL is scheme, host and port under which clients reach the server.
	BaseURL string
	// SigningKey signs the tokens of all tenants.
	SigningKey tls.Certificate
	// Tenants are the directory tenants: exactly one with AD FS.
	Tenants []Tenant
	// Resources are the App ID URIs for which tokens are issued, compared exactly. The first is the one that AD FS proposes to
	// who asks for none or for another.
	Resources []string
	// Transport is the way to the issuers of federated credentials. The default is http.DefaultTransport.
	Transport http.RoundTripper
	// Logger receives one record for each token that is issued or refused. The default discards them.
	Logger *slog.Logger
}

// A Server is the identity provider, an http.Handler for the paths that Serves knows.
type Server struct {
	kind        openid.AuthorityType
	name        string // in logs
	base, host  string // https://localhost:8443, localhost:8443
	resources   []string
	ordered     []*directory
	directories map[string]*directory       // by id
	federations map[string]*openid.Provider // by issuer
	assertions  *memory[struct{}]
	codes       *memory[codeGrant]
	devices     *memory[deviceGrant] // by device code
	userCodes   *memory[string]      // device codes
	refresh     *memory[refreshGrant]
	guesses     guesses
	formKey     []byte
	sameOrigin  *http.CrossOriginProtection
	log         *slog.Logger
}

// New checks the configuration; an error names the field. With federated credentials it begins to fetch the keys of their
// issuers, until Close.
func New(config Config) (*Server, error) {
	s := &Server{
		kind:        config.Type,
		name:        "Entra ID",
		base:        strings.TrimSuffix(config.BaseURL, "/"),
		resources:   slices.Clone(config.Resources),
		directories: map[string]*directory{},
		federations: map[string]*openid.Provider{},
		assertions:  newMemory[struct{}](rememberedAssertions),
		codes:       newMemory[codeGrant](rememberedCodes),
		devices:     newMemory[deviceGrant](rememberedDevices),
		userCodes:   newMemory[string](rememberedDevices),
		refresh:     newMemory[refreshGrant](rememberedRefreshTokens),
		formKey:     []byte(rand.Text()),
		sameOrigin:  http.NewCrossOriginProtection(),
		log:         config.Logger,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	switch {
	case config.Type == openid.ADFS && len(config.Tenants) != 1:
		return nil, fmt.Errorf("identityprovider: Tenants: an AD FS has one, not %d", len(config.Tenants))
	case config.Type == openid.ADFS:
		s.name = "AD FS"
	case config.Type != openid.EntraV1:
		return nil, fmt.Errorf("identityprovider: Type: %q is neither %q nor %q", config.Type, openid.ADFS, openid.EntraV1)
	case len(config.Tenants) == 0:
		return nil, errors.New("identityprovider: Tenants: is required")
	}
	if len(config.Resources) == 0 {
		return nil, errors.New("identityprovider: Resources: is required")
	}
	for i, t := range config.Tenants {
		if err := s.addTenant(fmt.Sprintf("identityprovider: Tenants[%d]", i), t, config); err != nil {
			return nil, err
		}
	}
	if err := s.checkGuests(); err != nil {
		return nil, err
	}
	base, err := url.Parse(s.base)
	if err != nil {
		return nil, fmt.Errorf("identityprovider: BaseURL: %w", err)
	}
	s.host = base.Host
	if err := s.federate(config); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close ends the background work. Federated credentials are refused afterwards.
func (s *Server) Close() error {
	var errs []error
	for _, provider := range s.federations {
		errs = append(errs, provider.Close())
	}
	return errors.Join(errs...)
}

func (s *Server) addTenant(where string, t Tenant, config Config) error {
	d, err := newDirectory(where, t, config.Type)
	if err != nil {
		return err
	}
	d.issuer, err = openidtest.New(openidtest.Config{
		Type:    config.Type,
		BaseURL: config.BaseURL,
		Tenant:  t.ID,
		Keys:    []tls.Certificate{config.SigningKey},
	})
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", where, err)
	case s.directories[d.id] != nil:
		return fmt.Errorf("%s.ID: %s is there twice", where, d.id)
	case d.domain != "" && s.directoryNamed(d.domain) != nil:
		return fmt.Errorf("%s.Domain: %s is there twice", where, d.domain)
	}
	for i, sp := range t.ServicePrincipals {
		for resource := range sp.Roles {
			if !slices.ContainsFunc(s.resources, func(known string) bool { return sameResource(known, resource) }) {
				return fmt.Errorf("%s.ServicePrincipals[%d].Roles: %s is none of Resources", where, i, resource)
			}
		}
	}
	d.issuer.EditMetadata(s.trueMetadata)
	s.ordered = append(s.ordered, d)
	s.directories[d.id] = d
	return nil
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.kind == openid.ADFS {
		s.serveADFS(w, r)
		return
	}
	s.serveEntra(w, r)
}

// endpoint is the handler of a path below oauth2/, or nil.
func (s *Server) endpoint(name string) func(http.ResponseWriter, *http.Request, authority) {
	switch name {
	case "token":
		return s.token
	case "authorize":
		return s.authorize
	case "devicecode":
		return s.devicecode
	case "deviceauth":
		return s.deviceauth
	case "nativeclient":
		return s.nativeclient
	default:
		return nil
	}
}

func (s *Server) serveADFS(w http.ResponseWriter, r *http.Request) {
	name, below := strings.CutPrefix(r.URL.Path, "/adfs/oauth2/")
	handler := s.endpoint(strings.TrimSuffix(name, "/")) // a real AD FS's metadata has the slash
	if !below || handler == nil {
		s.ordered[0].issuer.ServeHTTP(w, r)
		return
	}
	handler(w, r, authority{kind: openid.ADFS, directory: s.ordered[0]})
}

func (s *Server) serveEntra(w http.ResponseWriter, r *http.Request) {
	tenant, rest := split(r.URL.Path)
	a := authority{kind: openid.EntraV1, name: tenant}
	name, below := strings.CutPrefix(rest, "oauth2/")
	if v2, ok := strings.CutPrefix(name, "v2.0/"); ok || strings.HasPrefix(rest, "v2.0/") {
		a.kind, name = openid.EntraV2, v2
	}
	if !isMany(tenant) {
		if a.directory = s.directoryNamed(tenant); a.directory == nil {
			problem := unknownTenant
			if isMetadata(rest) {
				problem = unknownTenantMetadata
			}
			s.writeRefusal(w, r, a, refuse(problem), map[string]string{"tenant": tenant})
			return
		}
		a.name = a.directory.id
	}
	handler := s.endpoint(name)
	user, isRealm := strings.CutPrefix(rest, "userrealm/")
	switch {
	case isMetadata(rest):
		s.metadata(w, r, a)
	case below && handler != nil:
		handler(w, r, a)
	case tenant == common && rest == "discovery/instance":
		s.instance(w, r, a)
	case tenant == common && isRealm:
		s.userrealm(w, user)
	default:
		http.NotFound(w, r)
	}
}

func writeJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // RFC 6749 section 5.1
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // what fails here is the caller's connection
}
