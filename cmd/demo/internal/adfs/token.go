package adfs

import (
	"cmp"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// maxForm bounds a token request. An assertion with its certificate chain is a few KiB.
	maxForm = 64 << 10
	// tokenLifetime is AD FS's default. az asks for a new token each time when it is below five minutes.
	tokenLifetime = time.Hour
)

// A tokenRequest is what counts of a token request's form. Everything else in it is ignored (RFC 6749 section 3.2).
type tokenRequest struct {
	grantType           string
	clientID            string
	clientSecret        string
	clientAssertion     string
	clientAssertionType string
	username            string
	password            string
	refreshToken        string
	scope               []string
	resource            string
}

// A tokenResponse is a success in the form of RFC 6749 section 5.1. There is no scope in it: some clients would take what
// they did not ask for as a reason to ask again.
type tokenResponse struct {
	AccessToken           string `json:"access_token"`
	TokenType             string `json:"token_type"`
	ExpiresIn             int    `json:"expires_in"` // seconds
	IDToken               string `json:"id_token,omitempty"`
	RefreshToken          string `json:"refresh_token,omitempty"`
	RefreshTokenExpiresIn int    `json:"refresh_token_expires_in,omitempty"` // seconds
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	form, err := readTokenRequest(w, r)
	var response *tokenResponse
	if err == nil {
		response, err = s.grant(form)
	}
	if err != nil {
		s.writeError(w, r, form, err)
		return
	}
	s.log.InfoContext(r.Context(), "AD FS: token issued", "grant", form.grantType, "client", clip(form.clientID), "user", clip(form.username))
	writeJSON(w, http.StatusOK, response)
}

func readTokenRequest(w http.ResponseWriter, r *http.Request) (tokenRequest, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return tokenRequest{}, invalidRequest("The content type is not application/x-www-form-urlencoded.")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return tokenRequest{}, invalidRequest("The request's form cannot be read.")
	}
	field := func(name string) string {
		values := r.PostForm[name] // never the query: what is in a URL ends in logs
		if len(values) > 1 {
			err = errors.Join(err, invalidRequest("The parameter '%s' is repeated.", name)) // RFC 6749 section 3.2
		}
		return r.PostForm.Get(name)
	}
	form := tokenRequest{
		grantType:           field("grant_type"),
		clientID:            field("client_id"),
		clientSecret:        field("client_secret"),
		clientAssertion:     field("client_assertion"),
		clientAssertionType: field("client_assertion_type"),
		username:            field("username"),
		password:            field("password"),
		refreshToken:        field("refresh_token"),
		scope:               strings.Fields(field("scope")),
		resource:            field("resource"),
	}
	return form, err
}

// grant decides who has to prove what.
func (s *Server) grant(form tokenRequest) (*tokenResponse, error) {
	switch form.grantType {
	case "client_credentials", "password", "refresh_token":
	case "":
		return nil, invalidRequest("The request has no grant_type.")
	default:
		return nil, unsupportedGrant()
	}
	client, err := s.authenticate(form)
	if err != nil {
		return nil, err
	}
	if client != nil {
		form.clientID = client.ID // an assertion may come without
	}
	audience, err := s.audience(form)
	if err != nil {
		return nil, err
	}
	switch form.grantType {
	case "client_credentials":
		if client == nil {
			return nil, unknownClient()
		}
		return s.clientTokens(client, audience)
	case "password":
		user, err := s.signIn(form.username, form.password)
		if err != nil {
			return nil, err
		}
		return s.userTokens(user, form, audience)
	default:
		return s.refreshedTokens(form, audience)
	}
}

// audience takes the resource from the scope, as Azure's clients name it: the item that ends in /.default, without exactly
// that. Every other item (openid, offline_access, profile) names no resource. When none does, the parameter resource counts,
// by which AD FS has always taken it.
func (s *Server) audience(form tokenRequest) (string, error) {
	found := ""
	for _, item := range form.scope {
		resource, isDefault := strings.CutSuffix(item, "/.default")
		switch {
		case !isDefault:
		case found != "" && found != resource:
			return "", invalidRequest("The scope names more than one resource.")
		default:
			found = resource
		}
	}
	found = cmp.Or(found, form.resource)
	switch {
	case found == "":
		return "", invalidRequest("The request names no resource: send scope=%s/.default", s.resources[0])
	case !slices.Contains(s.resources, found):
		return "", unknownResource(s.resources[0])
	}
	return found, nil
}
