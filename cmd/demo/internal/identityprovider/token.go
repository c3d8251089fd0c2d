package identityprovider

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"hubgate.example/openid"
)

const (
	// maxForm bounds a token request. An assertion with its certificate chain is a few KiB.
	maxForm = 64 << 10
	// tokenLifetime is AD FS's default. az asks for a new token each time when it is below five minutes.
	tokenLifetime = time.Hour
)

// The grant types (RFC 6749 sections 4.1.3, 4.3.2, 4.4.2 and 6, RFC 8628 section 3.4).
const (
	grantCode        = "authorization_code"
	grantClient      = "client_credentials"
	grantPassword    = "password"
	grantRefresh     = "refresh_token"
	grantDevice      = "urn:ietf:params:oauth:grant-type:device_code"
	grantDeviceShort = "device_code" // what Azure's clients send to v1 and to AD FS
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
	code                string
	codeVerifier        string
	redirectURI         string
	deviceCode          string
	scope               []string
	resource            string
	claims              string
	clientInfo          bool // asks for who the account is at home
}

// values are those of the placeholders in refusals.
func (form tokenRequest) values(a authority) map[string]string {
	return map[string]string{
		"client": form.clientID, "tenant": a.tenantName(), "user": form.username, "grant": form.grantType,
		"scope": strings.Join(form.scope, " "), "resource": form.resource, "redirect": form.redirectURI,
	}
}

func (s *Server) token(w http.ResponseWriter, r *http.Request, a authority) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	form, err := readTokenRequest(w, r)
	var response *tokenResponse
	if err == nil {
		response, err = s.grant(r.Context(), a, form)
	}
	attributes := []any{"tenant", a.tenantName(), "grant", clip(form.grantType), "client", clip(form.clientID), "user", clip(form.username)}
	if err != nil {
		refused := asRefusal(err)
		code, level := refused.worded(a.kind, nil).code, slog.LevelInfo
		if code == devicePending.adfs.code || code == deviceTooFast.adfs.code {
			level = slog.LevelDebug // devices ask every second
		}
		s.log.Log(r.Context(), level, s.name+": token refused", append([]any{"error", code, "reason", refused.logged(a.kind, form.values(a))}, attributes...)...)
		s.writeRefusal(w, r, a, refused, form.values(a))
		return
	}
	s.log.InfoContext(r.Context(), s.name+": token issued", attributes...)
	if a.kind == openid.EntraV1 {
		writeJSON(w, http.StatusOK, response.v1())
		return
	}
	writeJSON(w, http.StatusOK, response)
}

// readForm reads what a client posts, and nothing of the query: what is in a URL ends in logs.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, malformed("The content type is not application/x-www-form-urlencoded.")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, malformed("The request's form cannot be read.")
	}
	return r.PostForm, nil
}

// single returns a function that reads parameters, of which none may be repeated (RFC 6749 sections 3.1 and 3.2); err collects
// those that are.
func single(values url.Values, err *error) func(name string) string {
	return func(name string) string {
		if len(values[name]) > 1 {
			*err = errors.Join(*err, malformed("The parameter '%s' is repeated.", name))
		}
		return values.Get(name)
	}
}

func readTokenRequest(w http.ResponseWriter, r *http.Request) (tokenRequest, error) {
	values, err := readForm(w, r)
	if err != nil {
		return tokenRequest{}, err
	}
	field := single(values, &err)
	form := tokenRequest{
		grantType:           field("grant_type"),
		clientID:            field("client_id"),
		clientSecret:        field("client_secret"),
		clientAssertion:     field("client_assertion"),
		clientAssertionType: field("client_assertion_type"),
		username:            field("username"),
		password:            field("password"),
		refreshToken:        field("refresh_token"),
		code:                field("code"),
		codeVerifier:        field("code_verifier"),
		redirectURI:         field("redirect_uri"),
		deviceCode:          field("device_code"),
		scope:               strings.Fields(field("scope")),
		resource:            field("resource"),
		claims:              field("claims"),
		clientInfo:          field("client_info") == "1",
	}
	if form.grantType == grantDeviceShort && form.deviceCode == "" {
		form.deviceCode = form.code // Entra v1's name for it
	}
	if err != nil {
		return form, err
	}
	return form, form.readBasic(r)
}

// readBasic takes the client's id and secret from the Authorization header (RFC 6749 section 2.3.1).
func (form *tokenRequest) readBasic(r *http.Request) error {
	id, secret, ok := r.BasicAuth()
	if !ok {
		return nil
	}
	id, err1 := url.QueryUnescape(id)
	secret, err2 := url.QueryUnescape(secret)
	switch {
	case errors.Join(err1, err2) != nil:
		return malformed("The Authorization header's client id and secret are not form-encoded.")
	case form.clientSecret != "" || form.clientAssertion != "":
		return malformed("The request has a credential in the Authorization header and another in its form: it must have one credential.")
	case form.clientID != "" && form.clientID != id:
		return malformed("The Authorization header is not of the client_id.")
	}
	form.clientID, form.clientSecret = id, secret
	return nil
}

// grant decides who has to prove what.
func (s *Server) grant(ctx context.Context, a authority, form tokenRequest) (*tokenResponse, error) {
	if form.grantType == grantDeviceShort {
		form.grantType = grantDevice
	}
	switch form.grantType {
	case grantCode, grantClient, grantPassword, grantRefresh, grantDevice:
	case "":
		return nil, refuse(missingParameter, "parameter", "grant_type")
	default:
		return nil, refuse(unsupportedGrant)
	}
	if err := a.allows(form.grantType); err != nil {
		return nil, err
	}
	claims, err := s.readClaims(a, form.claims)
	if err != nil {
		return nil, err
	}
	client, err := s.authenticate(ctx, a, form)
	if err != nil {
		return nil, err
	}
	form.clientID = client.id // an assertion may come without
	request := request{authority: a, form: form, client: client, claims: claims}
	switch form.grantType {
	case grantCode:
		if err := s.useAssertion(request); err != nil {
			return nil, err
		}
		return s.redeemCode(request)
	case grantDevice:
		return s.redeemDeviceCode(request) // asked for over and over
	}
	if request.audience, err = s.audience(a, form.scope, form.resource, form.grantType); err != nil {
		return nil, err
	}
	if err := s.useAssertion(request); err != nil {
		return nil, err
	}
	switch form.grantType {
	case grantClient:
		return s.clientTokens(request)
	case grantPassword:
		return s.passwordTokens(request)
	default:
		return s.refreshedTokens(request)
	}
}

// A request is a token request of which it is known who sent it.
type request struct {
	authority
	form     tokenRequest
	client   client
	claims   claimsRequest
	audience string // the resource that the token is for
}

// readClaims reads a claims request. AD FS has no such thing.
func (s *Server) readClaims(a authority, parameter string) (claimsRequest, error) {
	if a.kind == openid.ADFS {
		return claimsRequest{}, nil
	}
	return readClaims(parameter)
}

// allows refuses what makes no sense where no tenant is named.
func (a authority) allows(grantType string) error {
	switch {
	case a.kind == openid.ADFS || a.directory != nil:
		return nil
	case grantType == grantClient:
		return refuse(noTenant) // a service principal has no home
	case grantType == grantPassword && (a.name == consumers || a.kind == openid.EntraV2 && a.name == common):
		return refuse(passwordOverCommon)
	case a.name == consumers:
		return refuse(noConsumers)
	default:
		return nil
	}
}

// oidcScopes name no resource (OpenID Connect Core 1.0 section 5.4 and 11).
var oidcScopes = []string{"openid", "profile", "email", "address", "phone", "offline_access"}

// audience is the resource that a request names: in the parameter resource with Entra v1, in the scope with v2, in either
// with AD FS.
func (s *Server) audience(a authority, scope []string, resource, grantType string) (string, error) {
	found := ""
	if a.kind != openid.EntraV1 {
		var err error
		if found, err = s.scopeResource(a, scope, grantType); err != nil {
			return "", err
		}
	}
	switch {
	case a.kind == openid.EntraV2 && resource != "":
		return "", refuse(resourceInV2)
	case found == "":
		found = resource
	}
	switch {
	case found == "" && a.kind == openid.EntraV1:
		return "", refuse(missingParameter, "parameter", "resource")
	case found == "" && a.kind == openid.EntraV2 && len(scope) == 0:
		return "", refuse(missingParameter, "parameter", "scope")
	case found == "":
		return "", refuse(noResource, "known", s.resources[0])
	case !slices.Contains(s.resources, found):
		return "", refuse(unknownResource, "resource", found, "known", s.resources[0])
	}
	return found, nil
}

// scopeResource takes the resource from the scope, as Azure's clients name it: the item that ends in /.default, without exactly
// that. With Entra ID a permission of a resource (https://management.example/user_impersonation) names it for a user too. Every
// other item (openid, offline_access, profile) names no resource.
func (s *Server) scopeResource(a authority, scope []string, grantType string) (string, error) {
	found := ""
	for _, item := range scope {
		resource, isDefault := strings.CutSuffix(item, "/.default")
		switch {
		case isDefault:
		case a.kind == openid.ADFS || slices.Contains(oidcScopes, item):
			continue
		case grantType == grantClient:
			return "", refuse(scopeOfClient, "scope", item)
		default:
			slash := strings.LastIndexByte(item, '/')
			if slash < 0 {
				return "", refuse(noResource, "scope", item)
			}
			resource = item[:slash]
		}
		if found != "" && found != resource {
			return "", malformed("The scope names more than one resource.")
		}
		found = resource
	}
	return found, nil
}
