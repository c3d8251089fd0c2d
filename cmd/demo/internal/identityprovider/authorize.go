package identityprovider

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// An authorizationRequest is what counts of an authorization request (RFC 6749 section 4.1.1, OpenID Connect Core 1.0 section
// 3.1.2.1). Its redirect URI is good: it may be answered there.
type authorizationRequest struct {
	authority
	clientID     string
	redirectURI  *url.URL
	responseMode string // query or form_post
	state        string
	nonce        string
	challenge    string
	loginHint    string
	audience     string
	scope        []string
	claims       claimsRequest
}

// maxQuery bounds an authorization request, which pages repeat.
const maxQuery = 16 << 10

// outOfBand is the redirect URI of native applications that have no browser of their own to redirect: the page shows the code.
const outOfBand = "urn:ietf:wg:oauth:2.0:oob"

// nativeClient is the redirect URI that Azure's libraries give to applications with a browser of their own, which see in its address
// that they are there.
const nativeClient = "https://login.microsoftonline.com/common/oauth2/nativeclient"

// readRedirectURI reads a redirect URI. Nobody has registered one, so it must be one that reaches only the machine of the user
// (RFC 8252 section 7.3): a loopback address with any port and path, or one that is known to stay inside the application.
func (s *Server) readRedirectURI(raw string) (*url.URL, bool) {
	switch raw {
	case outOfBand, nativeClient, s.base + "/common/oauth2/nativeclient":
		u, err := url.Parse(raw)
		return u, err == nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Opaque != "" || strings.ContainsAny(raw, "#\\") {
		return nil, false
	}
	switch u.Hostname() {
	case "localhost", "127.0.0.1", "::1":
		return u, true
	}
	return nil, false
}

// challengeForm is the base64url form of a SHA-256 sum (RFC 7636 section 4.2).
var challengeForm = regexp.MustCompile(`^[0-9A-Za-z_-]{43}$`)

// readAuthorization reads an authorization request. While it returns none with its error, the redirect URI cannot be trusted, and
// the user has to be told; otherwise the client is (RFC 6749 section 4.1.2.1).
func (s *Server) readAuthorization(a authority, query url.Values) (*authorizationRequest, error) {
	var repeated error
	field := single(query, &repeated)
	clientID, redirect := clientKey(field("client_id")), field("redirect_uri")
	switch {
	case repeated != nil:
		return nil, repeated
	case clientID == "":
		return nil, refuse(missingParameter, "parameter", "client_id")
	case redirect == "":
		return nil, refuse(missingParameter, "parameter", "redirect_uri")
	}
	redirectURI, ok := s.readRedirectURI(redirect)
	if !ok {
		return nil, refuse(strangeRedirect, "client", clientID, "redirect", redirect)
	}
	registered := s.servicePrincipal(a.directory, clientID) != nil
	if !registered {
		if _, err := s.publicClient(a, clientID); err != nil {
			return nil, refuse(unknownClient, "client", clientID)
		}
	}
	if err := a.allows(grantCode); err != nil {
		return nil, refuse(noConsumers, "client", clientID)
	}

	request := &authorizationRequest{
		authority:    a,
		clientID:     clientID,
		redirectURI:  redirectURI,
		responseMode: field("response_mode"),
		state:        field("state"),
		nonce:        field("nonce"),
		challenge:    field("code_challenge"),
		loginHint:    field("login_hint"),
		scope:        strings.Fields(field("scope")),
	}
	responseType, prompt, method := field("response_type"), field("prompt"), field("code_challenge_method")
	resource, claims := field("resource"), field("claims")
	badMode := request.responseMode != "" && request.responseMode != "query" && request.responseMode != "form_post"
	if badMode {
		request.responseMode = "" // the way to say so
	}
	var err error
	switch {
	case repeated != nil:
		return request, repeated
	case badMode:
		return request, malformed("The response_mode is neither query nor form_post.")
	case responseType == "":
		return request, refuse(missingParameter, "parameter", "response_type")
	case responseType != "code":
		return request, refuse(strangeResponseType, "type", responseType)
	case method != "" && method != "S256" || request.challenge != "" && method == "":
		// Without a method it would be plain (RFC 7636 section 4.3), which keeps nothing from who reads the request.
		return request, malformed("The code_challenge_method is not S256.")
	case request.challenge == "" && (!registered || method != ""):
		return request, refuse(missingChallenge) // RFC 9700 section 2.1.1
	case request.challenge != "" && !challengeForm.MatchString(request.challenge):
		return request, refuse(challengeSize)
	case prompt == "none":
		return request, refuse(nobodySignedIn) // who is signed in is asked for each time
	case !slices.Contains([]string{"", "login", "select_account", "consent"}, prompt):
		return request, malformed("The prompt is none of none, login, select_account, consent.")
	}
	if request.claims, err = s.readClaims(a, claims); err != nil {
		return request, err
	}
	request.audience, err = s.audience(a, request.scope, resource, grantCode)
	return request, err
}

// authorize shows the page on which a user signs in for a client, and answers the client what comes of it. The page posts to
// the very URL that it was shown at, so that the whole request is read again: there is nothing to remember of somebody who
// never comes back.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, a authority) {
	if !s.pageMethods(w, r) {
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(r.URL.RawQuery) > maxQuery {
		s.errorPage(w, r, a, malformed("The request's query cannot be read."))
		return
	}
	request, err := s.readAuthorization(a, query)
	switch {
	case err != nil && request == nil:
		s.errorPage(w, r, a, asRefusal(err))
		return
	case err != nil:
		s.answerClient(w, r, request, s.refusalParameters(r, request, asRefusal(err)))
		return
	}
	page := signInPage{
		authority: a,
		client:    request.clientID,
		audience:  request.audience,
		claims:    request.claims,
		loginHint: request.loginHint,
		target:    formTarget(request.redirectURI),
		purpose:   r.URL.Path + "?" + r.URL.RawQuery,
	}
	var form url.Values
	if r.Method == http.MethodPost {
		var ok bool
		if form, ok = s.readPageForm(w, r, page.purpose); !ok {
			return
		}
	}
	signedIn, cancelled := s.askUser(w, r, page, form)
	switch {
	case cancelled:
		s.answerClient(w, r, request, s.refusalParameters(r, request, refuse(userCancelled)))
		return
	case signedIn == nil:
		return // a page is shown
	}
	code := s.newCode(codeGrant{
		signIn:      *signedIn,
		authority:   a.name,
		clientID:    request.clientID,
		redirectURI: query.Get("redirect_uri"),
		challenge:   request.challenge,
		nonce:       request.nonce,
		audience:    request.audience,
		scope:       request.scope,
		claims:      request.claims,
	})
	if code == "" {
		s.answerClient(w, r, request, s.refusalParameters(r, request, refuse(tooManyPending)))
		return
	}
	s.log.InfoContext(r.Context(), s.name+": user signed in", "client", clip(request.clientID), "user", signedIn.user.Name)
	s.answerClient(w, r, request, url.Values{
		"code": {code},
		"iss":  {s.issuer(a.kind, signedIn.directory)}, // RFC 9207 section 2
	})
}

// refusalParameters are an error in an authorization response (RFC 6749 section 4.1.2.1).
func (s *Server) refusalParameters(r *http.Request, request *authorizationRequest, refused *refusal) url.Values {
	body := refused.errorBody(request.kind, map[string]string{
		"client": request.clientID, "tenant": request.tenantName(), "scope": strings.Join(request.scope, " "),
	}, newRequestID(r))
	s.log.InfoContext(r.Context(), s.name+": sign-in refused", "error", body["error"], "reason", cmp.Or(refused.reason, body["error_description"].(string)), "client", clip(request.clientID))
	parameters := url.Values{}
	for _, name := range []string{"error", "error_description"} {
		parameters.Set(name, body[name].(string))
	}
	if request.directory != nil {
		parameters.Set("iss", s.issuer(request.kind, request.directory))
	}
	return parameters
}

// answerClient sends the browser back to the client with the parameters.
func (s *Server) answerClient(w http.ResponseWriter, r *http.Request, request *authorizationRequest, parameters url.Values) {
	if request.state != "" {
		parameters.Set("state", request.state)
	}
	switch {
	case request.redirectURI.Opaque != "":
		s.showPage(w, http.StatusOK, page{
			Title: "Signed in", Parameters: inOrder(parameters), About: "Give this to the application that sent you here.",
		}, "")
	case request.responseMode == "form_post": // OAuth 2.0 Form Post Response Mode
		s.showPage(w, http.StatusOK, page{
			Title: "Back to the application", Action: request.redirectURI.String(), Hidden: inOrder(parameters),
			About: "The application that sent you here waits at " + request.redirectURI.Host + ".", Button: "Continue",
		}, formTarget(request.redirectURI))
	default:
		target := *request.redirectURI
		query := target.Query()
		for name, values := range parameters {
			query[name] = values
		}
		target.RawQuery = query.Encode()
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, target.String(), http.StatusSeeOther) // never 307, which would post the form again (RFC 9700 section 4.12)
	}
}

// formTarget is what a page's Content-Security-Policy has to allow forms to go to, redirects included. It knows no IPv6 addresses.
func formTarget(u *url.URL) string {
	switch {
	case u.Opaque != "":
		return ""
	case strings.Contains(u.Host, "["):
		return "http:"
	default:
		return u.Scheme + "://" + u.Host
	}
}
