package identityprovider

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A signInPage is what somebody signs in for.
type signInPage struct {
	authority
	client, audience, loginHint string
	claims                      claimsRequest
	userCode                    string // of a device, or ""
	target                      string // where forms may go, beside here
	purpose                     string // of the form's token
}

// askUser shows the page on which a user is chosen, then, where it is needed or the user wants it, the page of the second factor; form
// is what such a page has posted, or nil. It returns the sign-in at its end, and nil while a page is shown.
func (s *Server) askUser(w http.ResponseWriter, r *http.Request, p signInPage, form url.Values) (signedIn *signIn, cancelled bool) {
	if form.Has("cancel") {
		return nil, true
	}
	name := form.Get("user")
	if name == "" {
		s.showChoice(w, r, p, "")
		return nil, false
	}
	candidates := s.candidates(p.authority)
	i := slices.IndexFunc(candidates, func(c signIn) bool { return strings.EqualFold(c.user.Name, name) })
	if i < 0 {
		s.showChoice(w, r, p, "There is no such user.")
		return nil, false
	}
	chosen := &candidates[i]
	chosen.at = time.Now()
	switch {
	case form.Get("factor") == "approved":
		chosen.secondFactor = true
	case chosen.user.secondFactorNeeded(p.claims) || form.Has("second_factor"):
		s.showSecondFactor(w, r, p, chosen)
		return nil, false
	}
	return chosen, false
}

// facts are who asks, and for what.
func (s *Server) facts(p signInPage) []fact {
	var facts []fact
	if name := s.clientName(p); name != "" {
		facts = append(facts, fact{"Application", name})
	}
	facts = append(facts, fact{"Client id", clip(p.client)}, fact{"Asks for", p.audience})
	if p.directory != nil && !p.isADFS() {
		facts = append(facts, fact{"Directory", p.directory.name})
	}
	if p.userCode != "" {
		facts = append(facts, fact{"Code", p.userCode})
	}
	return facts
}

func (s *Server) showChoice(w http.ResponseWriter, r *http.Request, p signInPage, problem string) {
	view := page{
		Title:  "Sign in",
		Error:  problem,
		About:  "An application asks for a token. Whom shall it act as?",
		Facts:  s.facts(p),
		Hidden: []fact{{"token", s.formToken(w, r, p.purpose, true)}},
		Offer:  true,
		Cancel: true,
		Footer: demoFooter,
	}
	if p.userCode != "" {
		view.Hidden = append(view.Hidden, fact{"user_code", p.userCode})
		view.Warning = "Go on only if you have started this yourself and the device shows this code."
	}
	for _, candidate := range s.candidates(p.authority) {
		view.Users = append(view.Users, userChoice{
			Name:        candidate.user.Name,
			DisplayName: candidate.user.DisplayName,
			About:       strings.Join(s.about(p, candidate), ", "),
		})
	}
	hinted := func(u userChoice) bool { return p.loginHint != "" && strings.EqualFold(u.Name, p.loginHint) }
	if i := slices.IndexFunc(view.Users, hinted); i > 0 {
		view.Users = slices.Insert(slices.Delete(slices.Clone(view.Users), i, i+1), 0, view.Users[i])
	}
	if len(view.Users) > 0 {
		view.Users[0].First = p.userCode == "" // what a device asks for is not to be given by a second Enter
	}
	s.showPage(w, http.StatusOK, view, p.target)
}

// about says what is special about a user on the page.
func (s *Server) about(p signInPage, candidate signIn) []string {
	var about []string
	if p.directory == nil {
		about = append(about, candidate.directory.name)
	}
	if candidate.guest() {
		about = append(about, "guest")
	}
	if candidate.user.MFA {
		about = append(about, "second factor")
	}
	return about
}

func (s *Server) showSecondFactor(w http.ResponseWriter, r *http.Request, p signInPage, chosen *signIn) {
	view := page{
		Title:      "Approve the second factor",
		About:      "Where there is a telephone to look at, it asks now. Here this page does.",
		Facts:      append(s.facts(p), fact{"Signing in as", chosen.user.Name}),
		Hidden:     []fact{{"token", s.formToken(w, r, p.purpose, true)}, {"user", chosen.user.Name}},
		Button:     "Approve",
		ButtonName: "factor",
		Cancel:     true,
		Footer:     demoFooter,
	}
	if p.userCode != "" {
		view.Hidden = append(view.Hidden, fact{"user_code", p.userCode})
	}
	s.showPage(w, http.StatusOK, view, p.target)
}

// wellKnownClients are the public clients that people meet here.
var wellKnownClients = map[string]string{
	"04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Microsoft Azure CLI",
	"1950a258-227b-4e31-a9cf-717495945fc2": "Microsoft Azure PowerShell",
	"872cd9fa-d31f-45e0-9eab-6e460a02d1f1": "Visual Studio",
}

// clientName is what people call the client, or "".
func (s *Server) clientName(p signInPage) string {
	if sp := s.servicePrincipal(p.directory, p.client); sp != nil {
		return sp.DisplayName
	}
	return wellKnownClients[p.client]
}
