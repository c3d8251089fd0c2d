package identityprovider

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// A browser keeps cookies, and follows no redirect by itself.
type browser struct {
	t      *testing.T
	client *http.Client
}

func newBrowser(t *testing.T, e endpoint) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{t, &http.Client{
		Transport:     e.client.Transport,
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// A shown page is what a browser shows.
type shown struct {
	browser browser
	url     string // of its address
	action  string // of its form
	status  int
	header  http.Header
	text    string
	fields  url.Values // hidden ones
	users   []string   // to choose from
}

func (b browser) do(request *http.Request) shown {
	b.t.Helper()
	response, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	page := shown{
		browser: b, url: request.URL.String(), action: request.URL.String(),
		status: response.StatusCode, header: response.Header, text: string(body), fields: url.Values{},
	}
	if form := regexp.MustCompile(`<form method="post" action="([^"]*)"`).FindStringSubmatch(page.text); form != nil {
		page.action = html.UnescapeString(form[1])
	}
	for _, field := range regexp.MustCompile(`<input (?:type="hidden"|readonly) name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(page.text, -1) {
		page.fields.Set(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
	}
	for _, user := range regexp.MustCompile(`<button class="user" name="user" value="([^"]*)"`).FindAllStringSubmatch(page.text, -1) {
		page.users = append(page.users, html.UnescapeString(user[1]))
	}
	return page
}

func (b browser) open(address string) shown {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(request)
}

// form is what the page's form sends with these fields in addition.
func (p shown) form(pairs ...string) *http.Request {
	p.browser.t.Helper()
	request, err := http.NewRequestWithContext(p.browser.t.Context(), http.MethodPost, p.action, strings.NewReader(set(p.fields, pairs...).Encode()))
	if err != nil {
		p.browser.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return request
}

// click sends the page's form with these fields in addition.
func (p shown) click(pairs ...string) shown {
	p.browser.t.Helper()
	return p.browser.do(p.form(pairs...))
}

// parameters are those of the redirect, which has to go to redirectURI.
func (p shown) parameters(redirectURI string) url.Values {
	p.browser.t.Helper()
	location := p.header.Get("Location")
	base, query, _ := strings.Cut(location, "?")
	if p.status != http.StatusSeeOther || base != redirectURI {
		p.browser.t.Fatalf("%d to %q, want a redirect to %s\n%s", p.status, location, redirectURI, p.text)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		p.browser.t.Fatal(err)
	}
	return values
}

// says fails the test unless the page has this status and text.
func (p shown) says(status int, text string) {
	p.browser.t.Helper()
	if p.status != status || !strings.Contains(html.UnescapeString(p.text), text) {
		p.browser.t.Errorf("%d, want %d and %q\n%s", p.status, status, text, p.text)
	}
}

const (
	testRedirect = "http://localhost:8400"
	testVerifier = "verifier-verifier-verifier-verifier-verifier"
)

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorization is an authorization request as az sends it.
func authorization() url.Values {
	return set(url.Values{},
		"client_id", azureCLI, "response_type", "code", "redirect_uri", testRedirect, "scope", "openid profile offline_access "+scope,
		"state", "the-state", "nonce", "the-nonce", "code_challenge", challengeOf(testVerifier), "code_challenge_method", "S256",
		"prompt", "select_account", "client_info", "1",
	)
}

func redemption(code string) url.Values {
	return set(url.Values{},
		"grant_type", "authorization_code", "client_id", azureCLI, "code", code, "redirect_uri", testRedirect, "code_verifier", testVerifier,
		"scope", "openid profile offline_access "+scope, "client_info", "1",
	)
}
