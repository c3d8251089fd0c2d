package adfs

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// Config describes the AD FS. All fields but Logger are required.
type Config struct {
	// BaseURL is scheme, host and port under which clients reach the server.
	BaseURL string
	// Tenant is the tenant that ID tokens name.
	Tenant string
	// SigningKey signs the tokens.
	SigningKey tls.Certificate
	// Resources are the App ID URIs for which tokens are issued, compared exactly. The first is the one that is proposed to who
	// asks for none or for another.
	Resources []string
	// Clients and Users are who may sign in.
	Clients []Client
	Users   []User
	// Logger receives one record for each token that is issued or refused. The default discards them.
	Logger *slog.Logger
}

// A Server is the AD FS, an http.Handler for everything below /adfs.
type Server struct {
	issuer        *openidtest.Issuer
	tokenEndpoint string
	tenant        string
	resources     []string
	clients       map[string]*Client
	users         map[string]*User // by name in lower case
	assertions    *memory[struct{}]
	refresh       *memory[refreshGrant]
	log           *slog.Logger
	mux           *http.ServeMux
}

// New checks the configuration; an error names the field.
func New(config Config) (*Server, error) {
	if config.Tenant == "" {
		return nil, errors.New("adfs: Tenant: is required")
	}
	if len(config.Resources) == 0 {
		return nil, errors.New("adfs: Resources: is required")
	}
	issuer, err := openidtest.New(openidtest.Config{
		Type:    openid.ADFS,
		BaseURL: config.BaseURL,
		Tenant:  config.Tenant,
		Keys:    []tls.Certificate{config.SigningKey},
	})
	if err != nil {
		return nil, fmt.Errorf("adfs: %w", err)
	}
	s := &Server{
		issuer:        issuer,
		tokenEndpoint: strings.TrimSuffix(config.BaseURL, "/") + "/adfs/oauth2/token",
		tenant:        config.Tenant,
		resources:     slices.Clone(config.Resources),
		clients:       map[string]*Client{},
		users:         map[string]*User{},
		assertions:    newMemory[struct{}](rememberedAssertions),
		refresh:       newMemory[refreshGrant](rememberedRefreshTokens),
		log:           config.Logger,
		mux:           http.NewServeMux(),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for i, client := range config.Clients {
		if client.ID == "" || client.ObjectID == "" || client.Secret == "" && client.Certificate == nil {
			return nil, fmt.Errorf("adfs: Clients[%d]: ID, ObjectID and a credential are required", i)
		}
		s.clients[client.ID] = &client
	}
	for i, user := range config.Users {
		if user.Name == "" || user.ObjectID == "" || user.Password == "" {
			return nil, fmt.Errorf("adfs: Users[%d]: Name, ObjectID and Password are required", i)
		}
		s.users[strings.ToLower(user.Name)] = &user
	}
	issuer.EditMetadata(trueMetadata)
	s.mux.Handle("/adfs/", issuer)
	s.mux.HandleFunc("/adfs/oauth2/token", s.token)
	s.mux.HandleFunc("/adfs/oauth2/token/{$}", s.token) // a real AD FS's metadata has the slash
	s.mux.HandleFunc("/adfs/oauth2/authorize", authorize)
	s.mux.HandleFunc("/adfs/oauth2/authorize/{$}", authorize)
	return s, nil
}

// trueMetadata leaves in the metadata of a real AD FS what this one can do. authorization_endpoint stays: clients take no metadata
// without it, whatever they want to do.
func trueMetadata(metadata map[string]any) {
	for _, name := range []string{
		"device_authorization_endpoint", "end_session_endpoint", "userinfo_endpoint",
		"frontchannel_logout_supported", "frontchannel_logout_session_supported", "as_access_token_token_binding_supported",
	} {
		delete(metadata, name)
	}
	metadata["response_types_supported"] = []string{} // required by OpenID Connect Discovery 1.0 section 3
	metadata["response_modes_supported"] = []string{}
	metadata["grant_types_supported"] = []string{"client_credentials", "password", "refresh_token"}
	metadata["token_endpoint_auth_methods_supported"] = []string{"client_secret_post", "private_key_jwt"}
	metadata["token_endpoint_auth_signing_alg_values_supported"] = []string{"RS256", "PS256"}
}

// authorize says, in a browser, that nobody signs in there. It is no redirect with an error (RFC 6749 section 4.1.2.1), because no
// redirect URI is registered that it could go to.
func authorize(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "This AD FS has no page to sign in at. Use a password (az login --username ...), a client secret or a client certificate.",
		http.StatusNotImplemented)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func writeJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // RFC 6749 section 5.1
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // what fails here is the caller's connection
}
