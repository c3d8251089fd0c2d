package imds

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hubgate.example/cmd/demo/internal/identityprovider"
)

// The paths.
const (
	MetadataPath   = "/metadata/identity/oauth2/token"
	AppServicePath = "/msi/token"
)

// Config describes the machine. All fields but Logger are required.
type Config struct {
	// Provider issues the tokens.
	Provider *identityprovider.Server
	// Tenant is the directory tenant's id. All its managed identities are the machine's: at most one system-assigned, and any number
	// of user-assigned ones.
	Tenant string
	// Header is what requests in the shape of App Service have to show in X-IDENTITY-HEADER: the value of IDENTITY_HEADER.
	Header string
	// Logger receives one record for each request that is refused. The default discards them.
	Logger *slog.Logger
}

// A Server is the endpoint, an http.Handler for the paths that Serves knows.
type Server struct {
	config     Config
	identities identities
	log        *slog.Logger
}

// New checks the configuration; an error names the field.
func New(config Config) (*Server, error) {
	switch {
	case config.Provider == nil:
		return nil, errors.New("imds: Provider: is required")
	case config.Header == "":
		return nil, errors.New("imds: Header: is required")
	}
	s := &Server{config: config, identities: config.Provider.ManagedIdentities(config.Tenant), log: config.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	own := 0
	for _, identity := range s.identities {
		if !identity.UserAssigned() {
			own++
		}
	}
	switch {
	case len(s.identities) == 0:
		return nil, fmt.Errorf("imds: Tenant: %q has no managed identity", config.Tenant)
	case own > 1:
		return nil, fmt.Errorf("imds: Tenant: %q has %d system-assigned managed identities, and a machine has one", config.Tenant, own)
	}
	return s, nil
}

// Serves reports whether a path is one of the two, with or without a slash at its end.
func (s *Server) Serves(path string) bool {
	path = strings.TrimSuffix(path, "/")
	return path == MetadataPath || path == AppServicePath
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var answer *token
	var failed *failure
	write := writeMetadataFailure
	w.Header().Set("Cache-Control", "no-store")
	switch strings.TrimSuffix(r.URL.Path, "/") {
	case MetadataPath:
		answer, failed = s.metadata(w, r)
	case AppServicePath:
		answer, failed = s.appService(w, r)
		write = writeAppServiceFailure
	default:
		http.NotFound(w, r)
		return
	}
	if failed != nil {
		s.log.InfoContext(r.Context(), "managed identity: request refused", "error", failed.code, "reason", failed.description)
		write(w, failed)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// metadata is the Instance Metadata Service and, with POST, Cloud Shell.
func (s *Server) metadata(w http.ResponseWriter, r *http.Request) (*token, *failure) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST")
		return nil, &failure{http.StatusMethodNotAllowed, "invalid_request", "The method is neither GET nor POST"}
	case r.Header.Get("X-Forwarded-For") != "":
		return nil, badRequest("The request has the header X-Forwarded-For: it was not made on this machine")
	case !strings.EqualFold(r.Header.Get("Metadata"), "true"):
		return nil, badRequest("Required metadata header not specified")
	}
	parameters := r.URL.Query()
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			return nil, badRequest("The form cannot be read")
		}
		parameters = r.PostForm
	} else if failed := checkVersion(parameters.Get("api-version")); failed != nil {
		return nil, failed
	}
	answer, failed := s.issue(parameters)
	if failed != nil {
		return nil, failed
	}
	answer.NotBefore = strconv.FormatInt(answer.notBefore.Unix(), 10)
	answer.ExpiresIn = strconv.FormatInt(int64(time.Until(answer.expires)/time.Second), 10)
	answer.ExtExpiresIn = answer.ExpiresIn
	return answer, nil
}

// maxForm bounds a form, in bytes: a resource and an id.
const maxForm = 64 << 10

// checkVersion takes every version from the first on; dates in this form compare as texts.
func checkVersion(version string) *failure {
	if version == "" {
		return badRequest("Required query variable 'api-version' is missing")
	}
	if _, err := time.Parse(time.DateOnly, version); err != nil || version < "2018-02-01" {
		return badRequest("The api-version is not supported: 2018-02-01 is")
	}
	return nil
}

// appService is App Service's endpoint, in its version 2019-08-01 and the one before it.
func (s *Server) appService(w http.ResponseWriter, r *http.Request) (*token, *failure) {
	header := ""
	switch version := r.URL.Query().Get("api-version"); version {
	case "2019-08-01":
		header = "X-IDENTITY-HEADER"
	case "2017-09-01":
		header = "secret"
	default:
		return nil, badRequest("The api-version is neither 2019-08-01 nor 2017-09-01")
	}
	got, want := sha256.Sum256([]byte(r.Header.Get(header))), sha256.Sum256([]byte(s.config.Header))
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		return nil, &failure{http.StatusMethodNotAllowed, "invalid_request", "The method is not GET"}
	case subtle.ConstantTimeCompare(got[:], want[:]) != 1:
		return nil, &failure{http.StatusUnauthorized, "invalid_request", "The header " + header + " is missing or wrong"}
	}
	return s.issue(r.URL.Query())
}

// A token is an answer; numbers are strings in it. Those that App Service does not have are "" there.
type token struct {
	AccessToken  string `json:"access_token"`
	ClientID     string `json:"client_id"`
	ExpiresIn    string `json:"expires_in,omitempty"` // seconds
	ExpiresOn    string `json:"expires_on"`           // seconds since 1970
	ExtExpiresIn string `json:"ext_expires_in,omitempty"`
	NotBefore    string `json:"not_before,omitempty"`
	Resource     string `json:"resource"`
	TokenType    string `json:"token_type"`

	notBefore, expires time.Time
}

// issue answers a token of the identity that the parameters name, for the resource that they name.
func (s *Server) issue(parameters url.Values) (*token, *failure) {
	identity, failed := s.identities.find(parameters)
	resource := parameters.Get("resource")
	switch {
	case failed != nil:
		return nil, failed
	case resource == "":
		return nil, badRequest("Required query variable 'resource' is missing")
	}
	issued, err := s.config.Provider.ManagedIdentityToken(s.config.Tenant, identity.ApplicationID, resource)
	if refused, ok := errors.AsType[*identityprovider.RefusedError](err); ok {
		return nil, &failure{http.StatusBadRequest, refused.Code, refused.Description}
	}
	if err != nil {
		s.log.Error("managed identity: no token", "client", identity.ApplicationID, "error", err)
		return nil, &failure{http.StatusInternalServerError, "unknown", "Failed to retrieve a token"}
	}
	return &token{
		AccessToken: issued.AccessToken,
		ClientID:    identity.ApplicationID,
		ExpiresOn:   strconv.FormatInt(issued.Expires.Unix(), 10),
		Resource:    resource,
		TokenType:   "Bearer",
		notBefore:   issued.NotBefore,
		expires:     issued.Expires,
	}, nil
}

// A failure is an answer that is no success.
type failure struct {
	status            int
	code, description string
}

func badRequest(description string) *failure {
	return &failure{http.StatusBadRequest, "invalid_request", description}
}

// writeMetadataFailure answers in the form of the Instance Metadata Service, which is that of RFC 6749 section 5.2.
func writeMetadataFailure(w http.ResponseWriter, f *failure) {
	writeJSON(w, f.status, map[string]string{"error": f.code, "error_description": f.description})
}

// writeAppServiceFailure answers in the form of App Service.
func writeAppServiceFailure(w http.ResponseWriter, f *failure) {
	writeJSON(w, f.status, map[string]any{"statusCode": f.status, "message": f.description})
}

func writeJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // what fails here is the caller's connection
}
