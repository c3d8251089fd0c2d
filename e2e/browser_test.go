package e2e

import (
	"bufio"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A browser is as much of one as the identity provider's pages need: it keeps cookies, and posts forms.
type browser struct {
	client *http.Client
	// offers is that its user shows a second factor even where none is demanded.
	offers bool
}

func newBrowser(t *testing.T, d demo) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := *d.Client
	client.Jar = jar
	return browser{client: &client}
}

// A webPage is what a browser shows.
type webPage struct {
	url    *url.URL
	text   string // HTML
	hidden url.Values
}

var (
	pageTitle   = regexp.MustCompile(`<h1>([^<]*)</h1>`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
	formAction  = regexp.MustCompile(`<form [^>]*action="([^"]*)"`)
)

func (p webPage) title() string {
	if match := pageTitle.FindStringSubmatch(p.text); match != nil {
		return html.UnescapeString(match[1])
	}
	return ""
}

// open goes to an address.
func (b browser) open(t *testing.T, address string) webPage {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.show(t, request)
}

// submit posts the form on a page, which has no address but the page's own, with what the user has entered or clicked.
func (b browser) submit(t *testing.T, p webPage, name, value string) webPage {
	t.Helper()
	if !strings.Contains(p.text, ` name="`+name+`"`) {
		t.Fatalf("the page %q has nothing called %s:\n%s", p.title(), name, p.text)
	}
	form := url.Values{name: {value}}
	for field, values := range p.hidden {
		form[field] = slices.Concat(form[field], values)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url.String(), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.show(t, request)
}

func (b browser) show(t *testing.T, request *http.Request) webPage {
	t.Helper()
	response, err := b.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: status %d, %v\n%s", request.Method, request.URL.Path, response.StatusCode, err, text)
	}
	p := webPage{url: response.Request.URL, text: string(text), hidden: url.Values{}}
	for _, field := range hiddenField.FindAllStringSubmatch(p.text, -1) {
		p.hidden.Add(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
	}
	return p
}

// signIn does what a user does on the identity provider's pages: enters the code that a device shows, if a page asks for one, chooses
// who to be, and approves the second factor when it is demanded. It returns the page that is no question any more.
func (b browser) signIn(t *testing.T, page webPage, username, code string) webPage {
	t.Helper()
	for range 4 {
		switch {
		case strings.Contains(page.text, ` name="factor"`):
			page = b.submit(t, page, "factor", "approved")
		case strings.Contains(page.text, `<button class="user"`):
			if b.offers && strings.Contains(page.text, ` name="second_factor" value="offered"`) {
				page.hidden.Set("second_factor", "offered")
			}
			page = b.submit(t, page, "user", username)
		case strings.Contains(page.text, `<input id="user_code"`):
			page = b.submit(t, page, "user_code", code)
		default:
			return page
		}
	}
	t.Fatalf("there is no end of pages:\n%s", page.text)
	return page
}

// goOn sends the form on a page to the application that it is for (OAuth 2.0 Form Post Response Mode).
func (b browser) goOn(t *testing.T, page webPage) webPage {
	t.Helper()
	action := formAction.FindStringSubmatch(page.text)
	if action == nil {
		t.Fatalf("the page goes nowhere else:\n%s", page.text)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, html.UnescapeString(action[1]), strings.NewReader(page.hidden.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.show(t, request)
}

// openTimeout bounds how long a program takes to open a browser.
const openTimeout = time.Minute

// browserOpener makes a program by which others open a browser: xdg-open, for who looks in PATH for it, or what the environment
// variable BROWSER names. The function that it returns waits until the program is called, and says with which address.
func browserOpener(t *testing.T) (program string, opened func() string) {
	t.Helper()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "address")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(dir, "xdg-open")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nprintf '%s\\n' \"$1\" >'"+pipe+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, func() string {
		t.Helper()
		file, err := os.OpenFile(pipe, os.O_RDWR, 0) // for reading alone, it would wait for the program and never give up
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if err := file.SetReadDeadline(time.Now().Add(openTimeout)); err != nil {
			t.Fatal(err)
		}
		address, err := bufio.NewReader(file).ReadString('\n')
		if err != nil {
			t.Fatalf("no browser was opened: %v", err)
		}
		return strings.TrimSpace(address)
	}
}
