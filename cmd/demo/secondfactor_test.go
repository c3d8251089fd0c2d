package main

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
)

// tokenWithSecondFactor gets a token as a device does, while the user signs in on the pages and approves the second factor, which is
// asked for by the tenant or by the parameter claims.
func (d *demo) tokenWithSecondFactor(t *testing.T, p sample.Principal, admin bool, claims string) string {
	t.Helper()
	installation, authority := sample.Entra(), d.url+"/"+p.Tenant+"/oauth2/v2.0"
	if p.Tenant == sample.ADFS().Home() {
		installation, authority = sample.ADFS(), d.url+"/adfs/oauth2"
	}
	audience := installation.User.Audience
	if admin {
		audience = installation.Admin.Audience
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Transport: d.client.Transport, Jar: jar}
	read := func(response *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		content, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("status %d, %v: %s", response.StatusCode, err, content)
		}
		return string(content)
	}

	client := url.Values{"client_id": {azureCLI}, "scope": {audience + "/.default"}, "claims": {claims}}
	var device struct {
		UserCode        string `json:"user_code"`
		DeviceCode      string `json:"device_code"`
		VerificationURI string `json:"verification_uri"`
	}
	if err := json.Unmarshal([]byte(read(browser.PostForm(authority+"/devicecode", client))), &device); err != nil {
		t.Fatal(err)
	}
	page := read(browser.Get(device.VerificationURI))
	for _, button := range []url.Values{{"user_code": {device.UserCode}}, {"user": {p.Username}}, approval} {
		page = read(browser.PostForm(device.VerificationURI, filledIn(page, button)))
	}
	if !strings.Contains(page, "Signed in") {
		t.Fatalf("the last page is\n%s", page)
	}

	client.Set("grant_type", "urn:ietf:params:oauth:grant-type:device_code")
	client.Set("device_code", device.DeviceCode)
	token, err := requestToken(t.Context(), d.client, authority+"/token", client)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// approval is what the button on the page of the second factor sends.
var approval = url.Values{"factor": {"approved"}}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// filledIn is what a browser sends of the form on a page: its hidden fields, and what the user does.
func filledIn(page string, user url.Values) url.Values {
	form := url.Values{}
	for _, field := range hiddenField.FindAllStringSubmatch(page, -1) {
		form.Set(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
	}
	for name := range user {
		form.Set(name, user.Get(name))
	}
	return form
}

// Who has to show a second factor in one of two tenants is refused there with a password, and signs in with it in the other. On the
// pages it is one step more, and then both take the user.
func TestSecondFactorInOneOfTwoTenants(t *testing.T) {
	d := start(t, "--provider", "entra")
	home, partner := sample.Entra().Tenants[0], sample.Entra().Tenants[1]
	if got := d.call(t, d.token(t, "visitor", "--tenant", home.Domain), "GET", sandbox+version, ""); got.status != 200 {
		t.Errorf("at home: %d %s", got.status, got.code)
	}
	var stdout, stderr strings.Builder
	status := run(t.Context(), []string{"token", "--as", "visitor", "--tenant", partner.ID, "--data", d.data}, &stdout, &stderr)
	if status != 1 || !strings.Contains(stderr.String(), "AADSTS50076") || !strings.Contains(stderr.String(), "Trace ID: ") || stdout.String() != "" {
		t.Errorf("as a guest: status %d: %s", status, stderr.String())
	}
	guest, err := findPrincipal(sample.Entra(), "visitor", partner.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.call(t, d.tokenWithSecondFactor(t, guest, false, ""), "GET", "/subscriptions/"+sample.PartnerID+version, ""); got.status != 200 {
		t.Errorf("as a guest, with a second factor: %d %s", got.status, got.code)
	}
}
