package identityprovider

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
)

// members posts a form to a path and returns the answer's members.
func (e endpoint) members(t *testing.T, path string, form url.Values) map[string]any {
	t.Helper()
	response, err := e.client.PostForm(e.base+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var members map[string]any
	if err := json.NewDecoder(response.Body).Decode(&members); err != nil {
		t.Fatal(err)
	}
	return members
}

var deviceRequest = set(url.Values{}, "client_id", azureCLI, "scope", "openid profile offline_access "+scope)

func poll(device map[string]any) url.Values {
	return set(deviceRequest, "grant_type", grantDevice, "device_code", device["device_code"].(string))
}

// The way of a device code through all of it, in both kinds.
func TestDeviceCode(t *testing.T) {
	for _, test := range []struct {
		name   string
		config func(string) Config
		at     string
		page   string
		user   string
		users  []string
		factor bool
		claims map[string]any
		id     map[string]any
	}{
		{
			"AD FS", testConfig, "/adfs/oauth2", "/adfs/oauth2/deviceauth", testUser, []string{testUser}, false,
			map[string]any{"oid": testUserSID, "appid": azureCLI}, map[string]any{"aud": azureCLI, "upn": testUser, "tid": testTenant},
		},
		{
			"Entra v2", entraConfig, "/organizations/oauth2/v2.0", "/common/oauth2/deviceauth", bob, []string{alice, bob}, false,
			map[string]any{"oid": bobAtPartner, "tid": partnerID}, map[string]any{"aud": azureCLI, "tid": partnerID, "preferred_username": bob},
		},
		{
			"Entra v1", entraConfig, "/" + homeID + "/oauth2", "/common/oauth2/deviceauth", alice, []string{alice, bob}, false,
			map[string]any{"oid": aliceAtHome, "tid": homeID}, map[string]any{"aud": azureCLI, "unique_name": alice},
		},
		{
			"second factor", entraConfig, "/" + partnerID + "/oauth2/v2.0", "/common/oauth2/deviceauth", alice, []string{bob, alice}, true,
			map[string]any{"oid": aliceAtPartner, "amr": []any{"pwd", "mfa"}}, map[string]any{"tid": partnerID},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := startWith(t, test.config)
			request := deviceRequest
			if test.name == "Entra v1" {
				request = set(url.Values{}, "client_id", azureCLI, "resource", testResource, "scope", "openid")
			}
			device := e.members(t, test.at+"/devicecode", request)
			userCode, _ := device["user_code"].(string)
			checkClaims(t, device, map[string]any{
				"verification_uri":          e.base + test.page,
				"verification_uri_complete": e.base + test.page + "?user_code=" + userCode,
				"expires_in":                900.0,
				"interval":                  1.0,
				"message":                   "To sign in, use a web browser to open the page " + e.base + test.page + " and enter the code " + userCode + " to authenticate.",
			})
			ask := poll(device)
			if test.name == "Entra v1" { // in its own words
				ask = set(drop(drop(ask, "device_code"), "scope"), "grant_type", "device_code", "code", device["device_code"].(string), "resource", testResource)
			}
			if got := e.postTo(t, test.at+"/token", ask); got.status != http.StatusBadRequest || got.code != "authorization_pending" {
				t.Errorf("before: %d %s", got.status, got.description)
			}
			if got := e.postTo(t, test.at+"/token", ask); got.code != "slow_down" {
				t.Errorf("at once again: %d %s", got.status, got.description)
			}

			field := newBrowser(t, e).open(e.base + test.page)
			field.says(http.StatusOK, "Enter the code")
			typed := strings.ToLower(userCode[:4]) + " - " + userCode[4:]
			choice := field.click("user_code", typed)
			choice.says(http.StatusOK, "Microsoft Azure CLI")
			choice.says(http.StatusOK, testResource)
			choice.says(http.StatusOK, userCode)
			if !slices.Equal(choice.users, test.users) {
				t.Errorf("users %v", choice.users)
			}
			done := choice.click("user", test.user)
			if test.factor {
				done.says(http.StatusOK, "Approve the second factor")
				done = done.click("factor", "approved")
			}
			done.says(http.StatusOK, "The device goes on by itself")

			got := e.postTo(t, test.at+"/token", ask)
			if got.status != http.StatusOK || got.tokens.RefreshToken == "" {
				t.Fatalf("after: %d %s", got.status, got.description)
			}
			checkClaims(t, claimsOf(t, got.tokens.AccessToken), test.claims)
			checkClaims(t, claimsOf(t, got.tokens.IDToken), test.id)
			if again := e.postTo(t, test.at+"/token", ask); again.status != http.StatusBadRequest || again.tokens.AccessToken != "" {
				t.Errorf("used twice: %d %s", again.status, again.description)
			}
			field.click("user_code", userCode).says(http.StatusOK, "No device waits for this code")
			choice.click("user", test.user).says(http.StatusOK, "No device waits for this code")
		})
	}
}

func TestDeviceCodeInTheAddress(t *testing.T) {
	e := startEntra(t)
	device := e.members(t, "/"+homeID+"/oauth2/v2.0/devicecode", deviceRequest)
	field := newBrowser(t, e).open(device["verification_uri_complete"].(string))
	field.says(http.StatusOK, `value="`+device["user_code"].(string)+`"`)
	if len(field.users) != 0 {
		t.Error("the code counts without being confirmed")
	}
}

func TestDeviceDeclined(t *testing.T) {
	for name, test := range map[string]struct {
		config   func(string) Config
		at, code string
	}{
		"AD FS":    {testConfig, "/adfs/oauth2", "access_denied"},
		"Entra ID": {entraConfig, "/" + homeID + "/oauth2/v2.0", "authorization_declined"},
	} {
		e := startWith(t, test.config)
		device := e.members(t, test.at+"/devicecode", deviceRequest)
		field := newBrowser(t, e).open(device["verification_uri"].(string))
		field.click("user_code", device["user_code"].(string)).click("cancel", "cancel").says(http.StatusOK, "Declined")
		if got := e.postTo(t, test.at+"/token", poll(device)); got.status != http.StatusBadRequest || got.code != test.code {
			t.Errorf("%s: %d %s: %s", name, got.status, got.code, got.description)
		}
	}
}

func TestDeviceCodeIsBound(t *testing.T) {
	e := startEntra(t)
	device := e.members(t, "/"+homeID+"/oauth2/v2.0/devicecode", deviceRequest)
	approve := func() {
		newBrowser(t, e).open(device["verification_uri"].(string)).click("user_code", device["user_code"].(string)).click("user", alice)
	}
	for _, when := range []string{"pending", "approved"} {
		if when == "approved" {
			approve()
		}
		for _, test := range []struct {
			name, path string
			form       url.Values
			code       string
		}{
			{"another public client", v2(homeID), set(poll(device), "client_id", "872cd9fa-d31f-45e0-9eab-6e460a02d1f1"), "bad_verification_code"},
			{"a confidential client", v2(homeID), set(poll(device), "client_id", testClient, "client_secret", testSecret), "bad_verification_code"},
			{"another tenant", v2(partnerID), poll(device), "invalid_grant"},
			{"the user code for the device code", v2(homeID), set(poll(device), "device_code", device["user_code"].(string)), "bad_verification_code"},
		} {
			if got := e.postTo(t, test.path, test.form); got.code != test.code || got.tokens.AccessToken != "" {
				t.Errorf("%s, %s: %d %s: %s", when, test.name, got.status, got.code, got.description)
			}
		}
	}
	if got := e.postTo(t, v2(homeID), set(poll(device), "scope", "https://graph.example/.default")); got.code != "invalid_request" {
		t.Errorf("another resource: %d %s", got.status, got.description)
	}
}

func TestDeviceRefusals(t *testing.T) {
	e := startEntra(t)
	for _, test := range []struct {
		name, path  string
		form        url.Values
		code        string
		description string
	}{
		{"no client id", homeID, drop(deviceRequest, "client_id"), "invalid_request", "'client_id'"},
		{"unknown client", homeID, set(deviceRequest, "client_id", "myapp"), "unauthorized_client", "AADSTS700016"},
		{"client of another tenant", homeID, set(deviceRequest, "client_id", secretOnlyID), "unauthorized_client", "AADSTS700016"},
		{"no scope", homeID, drop(deviceRequest, "scope"), "invalid_request", "'scope'"},
		{"unknown resource", homeID, set(deviceRequest, "scope", "https://other.example/.default"), "invalid_resource", "AADSTS500011"},
		{"no claims request", homeID, set(deviceRequest, "claims", "x"), "invalid_request", "claims"},
		{"repeated", homeID, url.Values{"client_id": {azureCLI, azureCLI}}, "invalid_request", "repeated"},
		{"consumers", "consumers", deviceRequest, "invalid_request", "AADSTS90130"},
	} {
		got := e.postTo(t, "/"+test.path+"/oauth2/v2.0/devicecode", test.form)
		if got.status != http.StatusBadRequest || got.code != test.code || !strings.Contains(got.description, test.description) {
			t.Errorf("%s: %d %s: %s", test.name, got.status, got.code, got.description)
		}
	}
	e.devices.limit = 0
	if got := e.postTo(t, "/"+homeID+"/oauth2/v2.0/devicecode", deviceRequest); got.status != http.StatusServiceUnavailable || got.code != "temporarily_unavailable" {
		t.Errorf("too many: %d %s", got.status, got.description)
	}
}

// Codes cannot be guessed: after a few wrong ones nobody may try for a while, not even the right one.
func TestUserCodesCannotBeGuessed(t *testing.T) {
	e := startEntra(t)
	device := e.members(t, "/"+homeID+"/oauth2/v2.0/devicecode", deviceRequest)
	field := newBrowser(t, e).open(device["verification_uri"].(string))
	for range guessesAllowed {
		field.click("user_code", "BBBBBBBBB").says(http.StatusOK, "No device waits for this code")
	}
	refused := field.click("user_code", device["user_code"].(string))
	refused.says(http.StatusTooManyRequests, "Too many wrong codes")
	if refused.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// A page of another site can neither enter a code nor approve it.
func TestForgedDeviceForms(t *testing.T) {
	e := startEntra(t)
	device := e.members(t, "/"+homeID+"/oauth2/v2.0/devicecode", deviceRequest)
	code := device["user_code"].(string)
	b := newBrowser(t, e)
	field := b.open(device["verification_uri"].(string))
	choice := field.click("user_code", code)
	for name, request := range map[string]*http.Request{
		"entered":  field.form("user_code", code),
		"approved": choice.form("user", alice),
		"declined": choice.form("cancel", "cancel"),
	} {
		request.Header.Set("Sec-Fetch-Site", "cross-site")
		if got := b.do(request); got.status != http.StatusForbidden {
			t.Errorf("%s from another site: %d", name, got.status)
		}
	}
	stranger := newBrowser(t, e)
	if got := stranger.do(choice.form("user", alice)); got.status != http.StatusForbidden {
		t.Errorf("approved in a browser that was shown nothing: %d", got.status)
	}
	if got := e.postTo(t, v2(homeID), poll(device)); got.code != "authorization_pending" {
		t.Errorf("%d %s", got.status, got.description)
	}
}

func TestDeviceCodeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(entraConfig("https://localhost:8443"))
		if err != nil {
			t.Fatal(err)
		}
		a := authority{kind: openid.EntraV2, name: homeID, directory: s.directories[homeID]}
		device, err := s.newDevice(a, tokenRequest{grantType: grantDevice, clientID: azureCLI, scope: []string{scope}})
		if err != nil {
			t.Fatal(err)
		}
		ask := func() string {
			_, err := s.redeemDeviceCode(request{authority: a, client: client{id: azureCLI}, form: tokenRequest{deviceCode: device.DeviceCode}})
			return asRefusal(err).entra.code
		}
		time.Sleep(deviceLifetime - time.Second)
		if got := ask(); got != "authorization_pending" {
			t.Errorf("before its end: %s", got)
		}
		time.Sleep(time.Second)
		if got := ask(); got != "expired_token" {
			t.Errorf("at its end: %s", got)
		}
		if s.answerDevice(device.UserCode, &signIn{directory: a.directory, user: a.directory.user(alice)}) {
			t.Error("approved after its end")
		}
		time.Sleep(deviceLifetime)
		if got := ask(); got != "bad_verification_code" {
			t.Errorf("when it is forgotten: %s", got)
		}
	})
}

func TestUserCodes(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		code := newUserCode()
		if len(code) != userCodeLength || canonicalUserCode(code) != code || seen[code] {
			t.Errorf("user code %s", code)
		}
		seen[code] = true
	}
	if got := canonicalUserCode(" bcd-fgh jkl\t"); got != "BCDFGHJKL" {
		t.Errorf("canonical %s", got)
	}
}
