package identityprovider

import (
	"errors"
	"net/http"
)

// deviceauth is the page on which a user enters the code that a device shows, sees what it asks for, and signs in for it (RFC 8628
// section 3.3). A code in the address is filled in, and still has to be confirmed.
func (s *Server) deviceauth(w http.ResponseWriter, r *http.Request, _ authority) {
	if !s.pageMethods(w, r) {
		return
	}
	const purpose = "device"
	if r.Method != http.MethodPost {
		s.showCodeField(w, r, purpose, http.StatusOK, canonicalUserCode(clip(r.URL.Query().Get("user_code"))), "")
		return
	}
	form, ok := s.readPageForm(w, r, purpose)
	if !ok {
		return
	}
	code := canonicalUserCode(clip(form.Get("user_code")))
	grant, err := s.device(code)
	switch {
	case errors.Is(err, errTooManyTries):
		w.Header().Set("Retry-After", "300")
		s.showCodeField(w, r, purpose, http.StatusTooManyRequests, "", "Too many wrong codes have been entered. Try again in a few minutes.")
		return
	case err != nil:
		s.showCodeField(w, r, purpose, http.StatusOK, code, "No device waits for this code. It may have been mistyped, used or expired.")
		return
	}
	signedIn, cancelled := s.askUser(w, r, signInPage{
		authority: grant.authority,
		client:    grant.clientID,
		audience:  grant.audience,
		claims:    grant.claims,
		userCode:  code,
		purpose:   purpose,
	}, form)
	if signedIn == nil && !cancelled {
		return // a page is shown
	}
	if !s.answerDevice(code, signedIn) {
		s.showCodeField(w, r, purpose, http.StatusOK, "", "No device waits for this code any more.")
		return
	}
	if cancelled {
		s.log.InfoContext(r.Context(), s.name+": device declined", "client", clip(grant.clientID))
		s.showPage(w, http.StatusOK, page{Title: "Declined", About: "The device is told that you do not want this. You may close this page."}, "")
		return
	}
	s.log.InfoContext(r.Context(), s.name+": user signed in on a device", "client", clip(grant.clientID), "user", signedIn.user.Name)
	s.showPage(w, http.StatusOK, page{Title: "Signed in", About: "The device goes on by itself. You may close this page."}, "")
}

func (s *Server) showCodeField(w http.ResponseWriter, r *http.Request, purpose string, status int, code, problem string) {
	s.showPage(w, status, page{
		Title:     "Enter the code",
		About:     "The device or the command line that you want to sign in on shows it.",
		Error:     problem,
		Hidden:    []fact{{"token", s.formToken(w, r, purpose, true)}},
		CodeField: true,
		UserCode:  code,
		Button:    "Next",
		Footer:    demoFooter,
	}, "")
}

// nativeclient is where applications with a browser of their own are sent back to.
func (s *Server) nativeclient(w http.ResponseWriter, r *http.Request, _ authority) {
	s.showPage(w, http.StatusOK, page{Title: "Signed in", About: "The application goes on by itself. You may close this page."}, "")
}
