package identityprovider

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
)

// pageMethods answers requests for a page that it has no use for: other methods, and forms that another site posts. It reports
// whether the request is to be looked at.
func (s *Server) pageMethods(w http.ResponseWriter, r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodPost:
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "GET, HEAD or POST only", http.StatusMethodNotAllowed)
		return false
	}
	if err := s.sameOrigin.Check(r); err != nil {
		s.showPage(w, http.StatusForbidden, page{Title: "This sign-in cannot go on", Error: "The form was sent by another site."}, "")
		return false
	}
	return true
}

// signInCookie is the cookie that binds a page's form to the browser that it was shown in. Over plain HTTP it goes by another name,
// because a browser lets no such page touch a cookie that was set over TLS.
func signInCookie(r *http.Request) string {
	if r.TLS != nil {
		return "__Host-hubgate-demo-sign-in"
	}
	return "hubgate-demo-sign-in"
}

// formToken returns what a form has to send back to be believed: only who was shown the page for this purpose, in this browser,
// knows it. With show, a browser that has no cookie yet gets one.
func (s *Server) formToken(w http.ResponseWriter, r *http.Request, purpose string, show bool) string {
	browser := ""
	if cookie, err := r.Cookie(signInCookie(r)); err == nil && len(cookie.Value) == len(rand.Text()) {
		browser = cookie.Value
	}
	if browser == "" {
		if !show {
			return ""
		}
		browser = rand.Text()
		http.SetCookie(w, &http.Cookie{
			Name: signInCookie(r), Value: browser, Path: "/", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
		})
	}
	mac := hmac.New(sha256.New, s.formKey)
	mac.Write([]byte(browser + "\x00" + purpose))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// readPageForm reads what a page of this server has posted.
func (s *Server) readPageForm(w http.ResponseWriter, r *http.Request, purpose string) (url.Values, bool) {
	form, err := readForm(w, r)
	if err != nil {
		s.showPage(w, http.StatusBadRequest, page{Title: "This sign-in cannot go on", Error: "The form cannot be read."}, "")
		return nil, false
	}
	expected := s.formToken(w, r, purpose, false)
	if expected == "" || !hmac.Equal([]byte(expected), []byte(form.Get("token"))) {
		s.showPage(w, http.StatusForbidden, page{
			Title: "This sign-in cannot go on", Error: "The form is of another browser or of another sign-in. Go back to the application and begin again.",
		}, "")
		return nil, false
	}
	return form, true
}
