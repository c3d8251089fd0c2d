package identityprovider

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
)

// The way of an authorization code through all of it, in both kinds.
func TestAuthorizationCode(t *testing.T) {
	for _, test := range []struct {
		name     string
		config   func(string) Config
		at       string // of the endpoints
		user     string
		users    []string
		factor   bool
		issuer   string
		claims   map[string]any
		idClaims map[string]any
	}{
		{
			"AD FS", testConfig, "/adfs/oauth2", testUser, []string{testUser}, false, "/adfs",
			map[string]any{"oid": testUserSID, "appid": azureCLI, "upn": testUser, "aud": testResource},
			map[string]any{"tid": testTenant, "upn": testUser, "aud": azureCLI, "nonce": "the-nonce"},
		},
		{
			"Entra v2", entraConfig, "/" + homeID + "/oauth2/v2.0", alice, []string{alice, bob}, false, "/" + homeID + "/v2.0",
			map[string]any{"oid": aliceAtHome, "tid": homeID, "appid": azureCLI, "appidacr": "0", "amr": []any{"pwd"}, "acrs": none{}},
			map[string]any{"tid": homeID, "preferred_username": alice, "nonce": "the-nonce", "ver": "2.0"},
		},
		{
			"Entra v2, organizations", entraConfig, "/organizations/oauth2/v2.0", bob, []string{alice, bob}, false, "/" + partnerID + "/v2.0",
			map[string]any{"oid": bobAtPartner, "tid": partnerID}, map[string]any{"tid": partnerID},
		},
		{
			"Entra v1, by domain", entraConfig, "/hubgate.example/oauth2", alice, []string{alice, bob}, false, "",
			map[string]any{"oid": aliceAtHome, "tid": homeID}, map[string]any{"ver": "1.0", "nonce": "the-nonce"},
		},
		{
			"a second factor that the tenant demands", entraConfig, "/" + partnerID + "/oauth2/v2.0", alice, []string{bob, alice}, true, "/" + partnerID + "/v2.0",
			map[string]any{"oid": aliceAtPartner, "tid": partnerID, "amr": []any{"pwd", "mfa"}, "acrs": []any{"p1"}, "acct": 1.0}, map[string]any{"tid": partnerID},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := startWith(t, test.config)
			request, redeem := authorization(), redemption("")
			if strings.Contains(test.name, "v1") {
				request = set(request, "scope", "openid", "resource", testResource)
				redeem = set(redeem, "scope", "openid", "resource", testResource)
			}
			choice := newBrowser(t, e).open(e.base + test.at + "/authorize?" + request.Encode())
			choice.says(http.StatusOK, "Microsoft Azure CLI")
			choice.says(http.StatusOK, testResource)
			if !slices.Equal(choice.users, test.users) {
				t.Errorf("users %v, want %v", choice.users, test.users)
			}
			done := choice.click("user", test.user)
			if test.factor {
				done.says(http.StatusOK, "Approve the second factor")
				done = done.click("factor", "approved")
			}
			answer := done.parameters(testRedirect)
			if answer.Get("state") != "the-state" || test.issuer != "" && answer.Get("iss") != e.base+test.issuer {
				t.Errorf("parameters %v", answer)
			}
			got := e.postTo(t, test.at+"/token", set(redeem, "code", answer.Get("code")))
			if got.status != http.StatusOK || got.tokens.RefreshToken == "" {
				t.Fatalf("%d %s: %s", got.status, got.code, got.description)
			}
			checkClaims(t, claimsOf(t, got.tokens.AccessToken), test.claims)
			checkClaims(t, claimsOf(t, got.tokens.IDToken), test.idClaims)

			// Twice is once too often, and takes the refresh token away.
			again := e.postTo(t, test.at+"/token", set(redeem, "code", answer.Get("code")))
			if again.code != "invalid_grant" {
				t.Errorf("redeemed twice: %d %s", again.status, again.description)
			}
			refresh := set(byRefresh, "refresh_token", got.tokens.RefreshToken, "resource", testResource)
			if strings.Contains(test.at, "v2.0") {
				refresh = drop(refresh, "resource")
			}
			if stolen := e.postTo(t, test.at+"/token", refresh); stolen.code != "invalid_grant" {
				t.Errorf("the refresh token of a code that was redeemed twice: %d %s", stolen.status, stolen.description)
			}
		})
	}
}

// signedIn returns the authorization code of a sign-in as user.
func (e endpoint) signedIn(t *testing.T, path string, request url.Values, user string) string {
	t.Helper()
	return newBrowser(t, e).open(e.base+path+"?"+request.Encode()).click("user", user).parameters(request.Get("redirect_uri")).Get("code")
}

const homeAuthorize = "/" + homeID + "/oauth2/v2.0/authorize"

func TestCodeIsBound(t *testing.T) {
	e := startEntra(t)
	confidential := drop(drop(set(authorization(), "client_id", testClient), "code_challenge"), "code_challenge_method")
	withSecret := set(drop(redemption(""), "code_verifier"), "client_id", testClient, "client_secret", testSecret)
	for _, test := range []struct {
		name        string
		request     url.Values
		path        string
		form        url.Values
		code        string
		description string
	}{
		{"as it was", authorization(), v2(homeID), redemption(""), "", ""},
		{"without a scope", authorization(), v2(homeID), drop(redemption(""), "scope"), "", ""},
		{"at another name of the tenant", authorization(), v2("hubgate.example"), redemption(""), "", ""},
		{"at the other version", authorization(), v1(homeID), drop(redemption(""), "scope"), "", ""},
		{"a confidential client", confidential, v2(homeID), withSecret, "", ""},
		{"a confidential client with PKCE", set(authorization(), "client_id", testClient), v2(homeID), set(withSecret, "code_verifier", testVerifier), "", ""},

		{"another client", authorization(), v2(homeID), set(redemption(""), "client_id", "872cd9fa-d31f-45e0-9eab-6e460a02d1f1"), "invalid_grant", "AADSTS70000"},
		{"a confidential client in place of a public one", authorization(), v2(homeID), set(redemption(""), "client_id", testClient, "client_secret", testSecret), "invalid_grant", "AADSTS70000"},
		{"a confidential client without its secret", confidential, v2(homeID), drop(withSecret, "client_secret"), "invalid_client", "AADSTS7000218"},
		{"another redirect URI", authorization(), v2(homeID), set(redemption(""), "redirect_uri", "http://localhost:8401"), "invalid_grant", "AADSTS500112"},
		{"no redirect URI", authorization(), v2(homeID), drop(redemption(""), "redirect_uri"), "invalid_grant", "AADSTS500112"},
		{"another verifier", authorization(), v2(homeID), set(redemption(""), "code_verifier", testVerifier+"x"), "invalid_grant", "AADSTS501481"},
		{"no verifier", authorization(), v2(homeID), drop(redemption(""), "code_verifier"), "invalid_grant", "AADSTS501481"},
		{"the challenge for a verifier", authorization(), v2(homeID), set(redemption(""), "code_verifier", challengeOf(testVerifier)), "invalid_grant", "AADSTS501481"},
		{"a verifier without a challenge", confidential, v2(homeID), set(withSecret, "code_verifier", testVerifier), "invalid_grant", "AADSTS501481"},
		{"another tenant", authorization(), v2(partnerID), redemption(""), "invalid_grant", "AADSTS700005"},
		{"another resource", authorization(), v2(homeID), set(redemption(""), "scope", "openid https://graph.example/.default"), "invalid_request", "AADSTS9002313"},
	} {
		t.Run(test.name, func(t *testing.T) {
			code := e.signedIn(t, homeAuthorize, test.request, alice)
			got := e.postTo(t, test.path, set(test.form, "code", code))
			if got.code != test.code || !strings.Contains(got.description, test.description) {
				t.Errorf("%d %s: %s", got.status, got.code, got.description)
			}
		})
	}
}

func TestCodeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(entraConfig("https://localhost:8443"))
		if err != nil {
			t.Fatal(err)
		}
		d := s.directories[homeID]
		a := authority{kind: openid.EntraV2, name: homeID, directory: d}
		grant := codeGrant{
			signIn: signIn{directory: d, user: d.user(alice)}, authority: homeID, clientID: azureCLI, redirectURI: testRedirect,
			challenge: challengeOf(testVerifier), audience: testResource,
		}
		redeem := func(code string) error {
			_, err := s.redeemCode(request{
				authority: a, client: client{id: azureCLI}, form: tokenRequest{code: code, redirectURI: testRedirect, codeVerifier: testVerifier},
			})
			return err
		}
		first, second := s.newCode(grant), s.newCode(grant)
		time.Sleep(codeLifetime - time.Second)
		if err := redeem(first); err != nil {
			t.Errorf("before its end: %v", err)
		}
		time.Sleep(time.Second)
		for _, test := range []struct {
			code, text string
		}{{first, "AADSTS54005"}, {second, "AADSTS70008"}} {
			if err := redeem(test.code); err == nil || !strings.HasPrefix(asRefusal(err).entra.text, test.text) {
				t.Errorf("%v, want %s", err, test.text)
			}
		}
		s.codes.limit = 2
		if code := s.newCode(grant); code != "" {
			t.Error("a code when too many are known")
		}
		time.Sleep(codeMemory)
		if code := s.newCode(grant); code == "" {
			t.Error("no code when the old ones are forgotten")
		}
	})
}

// What is wrong with an authorization request is told to the client at its redirect URI, unless that is what is wrong.
func TestAuthorizationRefusals(t *testing.T) {
	e := startEntra(t)
	b := newBrowser(t, e)
	for _, test := range []struct {
		name        string
		path        string
		request     url.Values
		page        bool // the user is told
		code        string
		description string
	}{
		{"no client id", homeAuthorize, drop(authorization(), "client_id"), true, "", "AADSTS900144"},
		{"no redirect URI", homeAuthorize, drop(authorization(), "redirect_uri"), true, "", "AADSTS900144"},
		{"unknown client", homeAuthorize, set(authorization(), "client_id", "myapp"), true, "", "AADSTS700016: Application with identifier 'myapp'"},
		{"client of another tenant", homeAuthorize, set(authorization(), "client_id", secretOnlyID), true, "", "AADSTS700016"},
		{"two redirect URIs", homeAuthorize, url.Values{"client_id": {azureCLI}, "redirect_uri": {testRedirect, "http://localhost:1"}}, true, "", "repeated"},
		{"consumers", "/consumers/oauth2/v2.0/authorize", authorization(), true, "", "AADSTS90130"},

		{"no response type", homeAuthorize, drop(authorization(), "response_type"), false, "invalid_request", "AADSTS900144"},
		{"implicit flow", homeAuthorize, set(authorization(), "response_type", "token"), false, "unsupported_response_type", "AADSTS700054: response_type 'token'"},
		{"hybrid flow", homeAuthorize, set(authorization(), "response_type", "code id_token"), false, "unsupported_response_type", "AADSTS700054"},
		{"fragment", homeAuthorize, set(authorization(), "response_mode", "fragment"), false, "invalid_request", "response_mode"},
		{"no challenge", homeAuthorize, drop(drop(authorization(), "code_challenge"), "code_challenge_method"), false, "invalid_request", "AADSTS50147"},
		{"a method without a challenge", homeAuthorize, drop(authorization(), "code_challenge"), false, "invalid_request", "AADSTS50147"},
		{"plain", homeAuthorize, set(authorization(), "code_challenge_method", "plain"), false, "invalid_request", "S256"},
		{"plain by leaving it out", homeAuthorize, drop(authorization(), "code_challenge_method"), false, "invalid_request", "S256"},
		{"a challenge that is too short", homeAuthorize, set(authorization(), "code_challenge", "short"), false, "invalid_request", "AADSTS501491"},
		{"a challenge with padding", homeAuthorize, set(authorization(), "code_challenge", challengeOf("x")+"="), false, "invalid_request", "AADSTS501491"},
		{"without a page", homeAuthorize, set(authorization(), "prompt", "none"), false, "login_required", "AADSTS50058"},
		{"unknown prompt", homeAuthorize, set(authorization(), "prompt", "all"), false, "invalid_request", "prompt"},
		{"unknown resource", homeAuthorize, set(authorization(), "scope", "https://other.example/.default"), false, "invalid_resource", "AADSTS500011"},
		{"no scope", homeAuthorize, drop(authorization(), "scope"), false, "invalid_request", "'scope'"},
		{"no claims request", homeAuthorize, set(authorization(), "claims", "x"), false, "invalid_request", "claims"},
		{"state twice", homeAuthorize, url.Values{"client_id": {azureCLI}, "redirect_uri": {testRedirect}, "state": {"the-state", "x"}}, false, "invalid_request", "repeated"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := b.open(e.base + test.path + "?" + test.request.Encode())
			if test.page {
				got.says(http.StatusBadRequest, test.description)
				if got.header.Get("Location") != "" {
					t.Errorf("a redirect to %s", got.header.Get("Location"))
				}
				return
			}
			answer := got.parameters(testRedirect)
			if answer.Get("error") != test.code || !strings.Contains(answer.Get("error_description"), test.description) || answer.Get("state") != "the-state" {
				t.Errorf("parameters %v", answer)
			}
			if answer.Has("code") || answer.Get("iss") != e.base+"/"+homeID+"/v2.0" {
				t.Errorf("parameters %v", answer)
			}
		})
	}
}

func TestRedirectURIs(t *testing.T) {
	e := startEntra(t)
	b := newBrowser(t, e)
	for uri, want := range map[string]bool{
		"http://localhost":                            true,
		"http://localhost/":                           true,
		"http://localhost:8400":                       true,
		"http://localhost:65535/a/b?c=d":              true,
		"http://127.0.0.1:1/callback":                 true,
		"http://[::1]:8400/callback":                  true,
		nativeClient:                                  true,
		e.base + "/common/oauth2/nativeclient":        true,
		outOfBand:                                     true,
		"https://localhost:8400":                      false, // not ours to say who has a certificate for it
		"http://localhost.evil.example":               false,
		"http://localhost@evil.example/":              false,
		"http://user@localhost/":                      false,
		`http://localhost\@evil.example/`:             false,
		`http://evil.example\@localhost/`:             false,
		"http://evil.example/#@localhost":             false,
		"http://localhost/#fragment":                  false,
		"http://127.0.0.1.evil.example/":              false,
		"http://127.1/":                               false,
		"http://0.0.0.0/":                             false,
		"http://2130706433/":                          false,
		"http://LOCALHOST.:8400/":                     false,
		"http:localhost":                              false,
		"//localhost/":                                false,
		"/callback":                                   false,
		"localhost:8400":                              false,
		"javascript:alert(1)":                         false,
		"data:text/html,localhost":                    false,
		"https://evil.example/":                       false,
		nativeClient + "/../evil":                     false,
		e.base + "/common/oauth2/nativeclient?x=evil": false,
		"http://localhost:8400\r\nSet-Cookie: a=b":    false,
		"http://localhost :8400":                      false,
		"urn:ietf:wg:oauth:2.0:oob:auto":              false,
	} {
		got := b.open(e.base + homeAuthorize + "?" + set(authorization(), "redirect_uri", uri).Encode())
		if !want {
			if got.status != http.StatusBadRequest || got.header.Get("Location") != "" || !strings.Contains(got.text, "AADSTS50011") {
				t.Errorf("%s: %d, Location %q", uri, got.status, got.header.Get("Location"))
			}
			continue
		}
		if got.status != http.StatusOK || len(got.users) == 0 {
			t.Errorf("%s: %d", uri, got.status)
			continue
		}
		done := got.click("user", alice)
		code := done.fields.Get("code")
		if uri != outOfBand {
			target, err := url.Parse(done.header.Get("Location"))
			if err != nil || !strings.HasPrefix(target.String(), uri) {
				t.Errorf("%s: redirected to %s", uri, done.header.Get("Location"))
				continue
			}
			code = target.Query().Get("code")
		}
		if tokens := e.postTo(t, v2(homeID), set(redemption(code), "redirect_uri", uri)); tokens.status != http.StatusOK {
			t.Errorf("%s: %d %s", uri, tokens.status, tokens.description)
		}
	}
}

// A redirect URI's own query stays, and cannot take the place of what is sent.
func TestRedirectURIWithQuery(t *testing.T) {
	e := startEntra(t)
	const redirect = "http://localhost:8400/back?app=1&code=mine&state=mine"
	done := newBrowser(t, e).open(e.base+homeAuthorize+"?"+set(authorization(), "redirect_uri", redirect).Encode()).click("user", alice)
	answer := done.parameters("http://localhost:8400/back")
	if answer.Get("app") != "1" || len(answer["code"]) != 1 || answer.Get("code") == "mine" || !slices.Equal(answer["state"], []string{"the-state"}) {
		t.Errorf("parameters %v", answer)
	}
}

func TestFormPost(t *testing.T) {
	e := startEntra(t)
	address := e.base + homeAuthorize + "?" + set(authorization(), "response_mode", "form_post").Encode()
	done := newBrowser(t, e).open(address).click("user", alice)
	if done.status != http.StatusOK || done.action != testRedirect || done.fields.Get("state") != "the-state" || done.fields.Get("code") == "" {
		t.Fatalf("%d, form to %s with %v", done.status, done.action, done.fields)
	}
	if policy := done.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' http://localhost:8400;") {
		t.Errorf("policy %s", policy)
	}
	if got := e.postTo(t, v2(homeID), redemption(done.fields.Get("code"))); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.description)
	}
	refused := newBrowser(t, e).open(e.base + homeAuthorize + "?" + set(authorization(), "response_mode", "form_post", "prompt", "none").Encode())
	if refused.status != http.StatusOK || refused.action != testRedirect || refused.fields.Get("error") != "login_required" {
		t.Errorf("%d, form to %s with %v", refused.status, refused.action, refused.fields)
	}
}

func TestCancel(t *testing.T) {
	e := startEntra(t)
	answer := newBrowser(t, e).open(e.base+homeAuthorize+"?"+authorization().Encode()).click("cancel", "cancel").parameters(testRedirect)
	if answer.Get("error") != "access_denied" || answer.Get("state") != "the-state" || answer.Has("code") {
		t.Errorf("parameters %v", answer)
	}
}

func TestLoginHint(t *testing.T) {
	e := startEntra(t)
	for hint, want := range map[string][]string{
		"":                      {alice, bob},
		strings.ToUpper(bob):    {bob, alice},
		"eve@elsewhere.example": {alice, bob},
	} {
		page := newBrowser(t, e).open(e.base + homeAuthorize + "?" + set(authorization(), "login_hint", hint).Encode())
		if !slices.Equal(page.users, want) {
			t.Errorf("hint %q: users %v", hint, page.users)
		}
	}
}

// A context that the client asks for needs a second factor, and is in the token then, and in those that are refreshed.
func TestStepUp(t *testing.T) {
	e := startEntra(t)
	const contexts = `{"access_token":{"acrs":{"essential":true,"values":["c1"]},"xms_cc":{"values":["cp1"]}}}`
	choice := newBrowser(t, e).open(e.base + homeAuthorize + "?" + set(authorization(), "claims", contexts).Encode())
	factor := choice.click("user", alice)
	factor.says(http.StatusOK, "Approve the second factor")
	code := factor.click("factor", "approved").parameters(testRedirect).Get("code")
	got := e.postTo(t, v2(homeID), redemption(code))
	want := map[string]any{"acrs": []any{"c1", "p1"}, "amr": []any{"pwd", "mfa"}, "xms_cc": []any{"cp1"}}
	checkClaims(t, claimsOf(t, got.tokens.AccessToken), want)
	refreshed := e.postTo(t, v2(homeID), set(byRefresh, "refresh_token", got.tokens.RefreshToken, "claims", contexts))
	checkClaims(t, claimsOf(t, refreshed.tokens.AccessToken), want)
	// With it the tenant that demands one lets in too.
	partner := e.postTo(t, v2(partnerID), set(byRefresh, "refresh_token", got.tokens.RefreshToken))
	if partner.status != http.StatusOK {
		t.Fatalf("%d %s", partner.status, partner.description)
	}
	checkClaims(t, claimsOf(t, partner.tokens.AccessToken), map[string]any{"oid": aliceAtPartner, "amr": []any{"pwd", "mfa"}})

	// Who asks for a context only when the code is redeemed has to begin again.
	code = e.signedIn(t, homeAuthorize, authorization(), alice)
	if got := e.postTo(t, v2(homeID), set(redemption(code), "claims", contexts)); got.code != "interaction_required" {
		t.Errorf("%d %s", got.status, got.description)
	}
}

// Who shows a second factor unasked has it in the token too, and so changes something with a client that cannot ask for it.
func TestOfferedSecondFactor(t *testing.T) {
	e := startEntra(t)
	choice := newBrowser(t, e).open(e.base + homeAuthorize + "?" + authorization().Encode())
	choice.says(http.StatusOK, `name="second_factor"`)
	factor := choice.click("user", alice, "second_factor", "offered")
	factor.says(http.StatusOK, "Approve the second factor")
	code := factor.click("factor", "approved").parameters(testRedirect).Get("code")
	got := e.postTo(t, v2(homeID), redemption(code))
	checkClaims(t, claimsOf(t, got.tokens.AccessToken), map[string]any{"acrs": []any{"p1"}, "amr": []any{"pwd", "mfa"}})
}

// A form is believed from the browser that it was shown in, for the sign-in that it was shown for, from this site.
func TestForgedForms(t *testing.T) {
	e := startEntra(t)
	address := e.base + homeAuthorize + "?" + authorization().Encode()
	for _, test := range []struct {
		name   string
		change func(victim browser, page shown, form *http.Request) *http.Request
		status int
	}{
		{"none", func(_ browser, _ shown, form *http.Request) *http.Request { return form }, http.StatusSeeOther},
		{"from another site", func(_ browser, _ shown, form *http.Request) *http.Request {
			form.Header.Set("Sec-Fetch-Site", "cross-site")
			return form
		}, http.StatusForbidden},
		{"from another port of this machine", func(_ browser, _ shown, form *http.Request) *http.Request {
			form.Header.Set("Sec-Fetch-Site", "same-site")
			return form
		}, http.StatusForbidden},
		{"from another site, by an older browser", func(_ browser, _ shown, form *http.Request) *http.Request {
			form.Header.Del("Sec-Fetch-Site")
			form.Header.Set("Origin", "https://evil.example")
			return form
		}, http.StatusForbidden},
		{"without a token", func(_ browser, page shown, _ *http.Request) *http.Request {
			page.fields.Del("token")
			return page.form("user", alice)
		}, http.StatusForbidden},
		{"another browser's token", func(victim browser, page shown, _ *http.Request) *http.Request {
			page.fields.Set("token", newBrowser(victim.t, e).open(address).fields.Get("token"))
			return page.form("user", alice)
		}, http.StatusForbidden},
		{"another sign-in's token", func(victim browser, page shown, _ *http.Request) *http.Request {
			other := victim.open(e.base + homeAuthorize + "?" + set(authorization(), "state", "other").Encode())
			page.fields.Set("token", other.fields.Get("token"))
			return page.form("user", alice)
		}, http.StatusForbidden},
		{"a device's token", func(victim browser, page shown, _ *http.Request) *http.Request {
			page.fields.Set("token", victim.open(e.base+"/common/oauth2/deviceauth").fields.Get("token"))
			return page.form("user", alice)
		}, http.StatusForbidden},
		{"a browser without cookies", func(victim browser, _ shown, form *http.Request) *http.Request {
			victim.client.Jar = nil
			return form
		}, http.StatusForbidden},
		{"no form", func(_ browser, _ shown, form *http.Request) *http.Request {
			form.Header.Set("Content-Type", "text/plain")
			return form
		}, http.StatusBadRequest},
		{"a user who is not listed", func(_ browser, page shown, _ *http.Request) *http.Request {
			return page.form("user", "eve@hubgate.example")
		}, http.StatusOK},
	} {
		t.Run(test.name, func(t *testing.T) {
			victim := newBrowser(t, e)
			page := victim.open(address)
			got := victim.do(test.change(victim, page, page.form("user", alice)))
			if got.status != test.status {
				t.Errorf("%d, want %d\n%s", got.status, test.status, got.text)
			}
			if location := got.header.Get("Location"); (location != "") != (test.status == http.StatusSeeOther) {
				t.Errorf("Location %q", location)
			}
		})
	}
	// Who skips the page of the second factor has approved it; who skips the choice has chosen nobody.
	page := newBrowser(t, e).open(e.base + "/" + partnerID + "/oauth2/v2.0/authorize?" + authorization().Encode())
	page.click("user", alice, "factor", "no").says(http.StatusOK, "Approve the second factor")
	page.click("factor", "approved").says(http.StatusOK, "Sign in")
}

// What a stranger writes into a request is text on the page, and no more.
func TestPagesAreSafe(t *testing.T) {
	const evil = `"><script>alert(1)</script><b x='`
	// AD FS takes any text for a client id.
	e := startWith(t, func(base string) Config {
		config := testConfig(base)
		config.Tenants[0].Users[0].DisplayName = evil
		return config
	})
	b := newBrowser(t, e)
	query := set(authorization(), "client_id", evil, "state", evil, "nonce", evil, "login_hint", evil)
	devices := e.base + "/adfs/oauth2/deviceauth"
	code := e.members(t, "/adfs/oauth2/devicecode", set(url.Values{}, "client_id", evil, "scope", scope))
	device := b.open(devices)
	for name, page := range map[string]shown{
		"choice":            b.open(e.base + "/adfs/oauth2/authorize?" + query.Encode()),
		"form post":         b.open(e.base+"/adfs/oauth2/authorize?"+set(query, "response_mode", "form_post").Encode()).click("user", testUser),
		"refusal":           b.open(e.base + "/adfs/oauth2/authorize?" + set(query, "redirect_uri", evil).Encode()),
		"code in address":   b.open(devices + "?" + url.Values{"user_code": {evil}}.Encode()),
		"wrong code":        device.click("user_code", evil),
		"device's choice":   device.click("user_code", code["user_code"].(string)),
		"out of band":       b.open(e.base+"/adfs/oauth2/authorize?"+set(query, "redirect_uri", outOfBand).Encode()).click("user", testUser),
		"token is not ours": b.open(e.base+"/adfs/oauth2/authorize?"+query.Encode()).click("token", evil),
	} {
		if strings.Contains(page.text, "<script") || strings.Contains(page.text, "<b ") {
			t.Errorf("%s: markup from outside\n%s", name, page.text)
		}
		policy := page.header.Get("Content-Security-Policy")
		for _, directive := range []string{"default-src 'none'", "style-src 'sha256-", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, directive) {
				t.Errorf("%s: policy %q lacks %s", name, policy, directive)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: policy %q", name, policy)
		}
		for header, want := range map[string]string{
			"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
			"Referrer-Policy": "no-referrer", "Content-Type": "text/html; charset=utf-8",
		} {
			if got := page.header.Get(header); got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
	}
	choice := b.open(e.base + "/adfs/oauth2/authorize?" + query.Encode())
	if !strings.Contains(html.UnescapeString(choice.text), evil) {
		t.Error("the client id is not shown")
	}
	answer := choice.click("user", testUser).parameters(testRedirect)
	if answer.Get("state") != evil {
		t.Errorf("state %q", answer.Get("state"))
	}
	long := b.open(e.base + "/adfs/oauth2/authorize?" + set(query, "state", strings.Repeat("x", maxQuery)).Encode())
	long.says(http.StatusBadRequest, "query")
	if cookie := b.open(e.base + "/adfs/oauth2/deviceauth").header.Get("Set-Cookie"); cookie != "" {
		t.Errorf("a second cookie: %s", cookie)
	}
	cookie := newBrowser(t, e).open(e.base + "/adfs/oauth2/deviceauth").header.Get("Set-Cookie")
	for _, attribute := range []string{"__Host-", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, attribute) {
			t.Errorf("cookie %s lacks %s", cookie, attribute)
		}
	}
}

// Over plain HTTP the cookie goes by another name: a browser lets no such page touch one that was set over TLS.
func TestCookieOverPlainHTTP(t *testing.T) {
	s, err := New(entraConfig("https://localhost:8443"))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/common/oauth2/deviceauth", nil))
	cookies := w.Result().Cookies()
	if len(cookies) != 1 || cookies[0].Name != "hubgate-demo-sign-in" || cookies[0].Secure || !cookies[0].HttpOnly {
		t.Errorf("cookies %v", cookies)
	}
}

func TestNativeClientPage(t *testing.T) {
	e := startEntra(t)
	newBrowser(t, e).open(e.base+"/common/oauth2/nativeclient?code=x").says(http.StatusOK, "Signed in")
}
