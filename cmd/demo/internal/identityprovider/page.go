package identityprovider

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	styleText string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
)

// A page is what page.html shows. What is empty is not shown.
type page struct {
	Title   string
	Style   template.CSS
	Error   string
	About   string
	Facts   []fact
	Warning string

	// Action is where the form goes: "" is the page's own address. There is a form when there is something to click.
	Action string
	Hidden []fact
	Users  []userChoice
	// Offer is a box to tick for a second factor that nobody demands, as who signs in with a passkey shows one. Clients that cannot ask
	// for what a claims challenge wants get it that way.
	Offer bool
	// CodeField is a field for the code that a device shows.
	CodeField bool
	UserCode  string
	// Button is what its button says. With Cancel there is one to cancel with too.
	Button, ButtonName string
	Cancel             bool

	// Parameters are shown for the user to copy.
	Parameters []fact
	Footer     string
}

// HasForm reports whether there is something to click.
func (p page) HasForm() bool { return len(p.Users) > 0 || p.Button != "" }

// A fact is a name and a value.
type fact struct{ Name, Value string }

// A userChoice is a user on the page.
type userChoice struct {
	Name, DisplayName, About string
	First                    bool
}

// inOrder makes facts of parameters.
func inOrder(parameters url.Values) []fact {
	var facts []fact
	for name, values := range parameters {
		facts = append(facts, fact{name, values[0]})
	}
	slices.SortFunc(facts, func(a, b fact) int { return strings.Compare(a.Name, b.Name) })
	return facts
}

// showPage answers a page. Its forms may go to this server and to target, "" for nowhere else.
func (s *Server) showPage(w http.ResponseWriter, status int, p page, target string) {
	p.Style = template.CSS(styleText)
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		s.log.Error(s.name+": page", "error", err)
		http.Error(w, "The page cannot be made.", http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256([]byte(styleText))
	h := w.Header()
	h.Set("Content-Security-Policy", strings.Join([]string{
		"default-src 'none'",
		"style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
		strings.TrimSpace("form-action 'self' " + target),
		"frame-ancestors 'none'", // nobody shall be made to click by a page around it (RFC 9700 section 4.16)
		"base-uri 'none'",
	}, "; "))
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer") // the address holds the client's request
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // what fails here is the caller's connection
}

// errorPage tells a user what a client cannot be told.
func (s *Server) errorPage(w http.ResponseWriter, r *http.Request, a authority, refused *refusal) {
	body := refused.errorBody(a.kind, map[string]string{"tenant": a.tenantName()}, newRequestID(r))
	s.log.InfoContext(r.Context(), s.name+": sign-in refused", "error", body["error"], "reason", cmp.Or(refused.reason, body["error_description"].(string)))
	s.showPage(w, refused.status(a.kind), page{
		Title: "This sign-in cannot go on", Error: body["error_description"].(string), Footer: demoFooter,
	}, "")
}

const demoFooter = "This is a demo for one's own machine. It lists its sample users and asks nobody for a password."
