package identityprovider

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
)

const scope = testResource + "/.default"

// set returns form with other values: names and values alternate.
func set(form url.Values, pairs ...string) url.Values {
	form = maps.Clone(form)
	for i := 0; i < len(pairs); i += 2 {
		form[pairs[i]] = []string{pairs[i+1]}
	}
	return form
}

// drop returns form without a field.
func drop(form url.Values, name string) url.Values {
	form = maps.Clone(form)
	delete(form, name)
	return form
}

var (
	bySecret   = set(url.Values{}, "grant_type", "client_credentials", "client_id", testClient, "client_secret", testSecret, "scope", scope)
	byPassword = set(url.Values{}, "grant_type", "password", "client_id", azureCLI, "username", testUser, "password", testPassword, "scope", scope)
	byRefresh  = set(url.Values{}, "grant_type", "refresh_token", "client_id", azureCLI, "refresh_token", "none", "scope", scope)
)

func TestTokenRequests(t *testing.T) {
	e := start(t)
	for _, test := range []struct {
		name        string
		form        url.Values
		code        string // "" is success
		description string
	}{
		{"client secret", bySecret, "", ""},
		{"password", byPassword, "", ""},
		{"user name in another case", set(byPassword, "username", "USER@Hubgate.Example"), "", ""},
		{"password of a confidential client's user", set(byPassword, "client_id", testClient, "client_secret", testSecret), "", ""},
		{"other scopes name no resource", set(bySecret, "scope", "openid "+scope+" offline_access profile"), "", ""},
		{"the same scope twice", set(bySecret, "scope", scope+" "+scope), "", ""},
		{"unknown fields", set(bySecret, "claims", `{"access_token":{"xms_cc":{"values":["CP1"]}}}`, "client_info", "1"), "", ""},

		{"no grant type", drop(bySecret, "grant_type"), "invalid_request", "grant_type"},
		{"another grant type", set(bySecret, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), "unsupported_grant_type", "MSIS9611"},
		{"repeated parameter", url.Values{"grant_type": {"password", "password"}}, "invalid_request", "'grant_type'"},
		{"no client id", drop(bySecret, "client_id"), "invalid_request", "client_id"},
		{"unknown client", set(bySecret, "client_id", azureCLI), "invalid_client", "MSIS9607"},
		{"public client for itself", set(drop(bySecret, "client_secret"), "client_id", azureCLI), "invalid_client", "MSIS9607"},
		{"no credential", drop(bySecret, "client_secret"), "invalid_client", "MSIS9622"},
		{"wrong secret", set(bySecret, "client_secret", strings.ToUpper(testSecret)), "invalid_client", "MSIS9622"},
		{"longer secret", set(bySecret, "client_secret", testSecret+"t"), "invalid_client", "MSIS9622"},
		{"two credentials", set(bySecret, "client_assertion", "e30.e30.e30"), "invalid_request", "one credential"},
		{"wrong password", set(byPassword, "password", "wrong"), "invalid_grant", "MSIS9659"},
		{"no password", drop(byPassword, "password"), "invalid_grant", "MSIS9659"},
		{"unknown user", set(byPassword, "username", "stranger@hubgate.example"), "invalid_grant", "MSIS9659"},
		{"unknown user without password", set(byPassword, "username", "stranger@hubgate.example", "password", ""), "invalid_grant", "MSIS9659"},
		{"DOMAIN\\alias", set(byPassword, "username", `HUBGATE\user`), "invalid_grant", "MSIS9659"},
		{"password, confidential client without credential", set(byPassword, "client_id", testClient), "invalid_client", "MSIS9622"},
		{"resource without scope", set(drop(bySecret, "scope"), "resource", testResource), "", ""},
		{"resource beside scopes that name none", set(byPassword, "scope", "openid profile", "resource", testResource), "", ""},
		{"a scope that names one wins", set(bySecret, "resource", "https://other.example"), "", ""},
		{"no scope", drop(bySecret, "scope"), "invalid_request", "no resource: send scope=" + testResource + "/.default"},
		{"scope without /.default", set(bySecret, "scope", testResource), "invalid_request", "no resource: send scope=" + testResource + "/.default"},
		{"/.default alone", set(bySecret, "scope", "/.default"), "invalid_request", "no resource: send scope=" + testResource + "/.default"},
		{"unknown resource", set(bySecret, "scope", "https://other.example/.default"), "invalid_resource", "MSIS9602"},
		{"unknown resource is told a known one", set(bySecret, "scope", "https://other.example/.default"), "invalid_resource", "Send scope=" + testResource + "/.default"},
		{"unknown resource without scope", set(drop(bySecret, "scope"), "resource", "https://other.example"), "invalid_resource", "MSIS9602"},
		{"resource twice", url.Values{"resource": {testResource, testResource}}, "invalid_request", "'resource'"},
		{"resource in another case", set(bySecret, "scope", strings.ToUpper(testResource)+"/.default"), "invalid_resource", "MSIS9602"},
		{"two resources", set(bySecret, "scope", scope+" "+testResource+"//.default"), "invalid_request", "more than one"},
		{"unknown refresh token", byRefresh, "invalid_grant", "MSIS9614"},
		{"no refresh token", drop(byRefresh, "refresh_token"), "invalid_grant", "MSIS9614"},
		{"too long", set(bySecret, "padding", strings.Repeat("x", maxForm)), "invalid_request", "cannot be read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := e.post(t, test.form)
			if got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control is %q", got.header.Get("Cache-Control"))
			}
			if test.code == "" {
				if got.status != http.StatusOK || got.tokens.AccessToken == "" || got.tokens.TokenType != "bearer" || got.tokens.ExpiresIn != 3600 {
					t.Errorf("answer %+v", got)
				}
				return
			}
			if got.status != http.StatusBadRequest || got.code != test.code || !strings.Contains(got.description, test.description) {
				t.Errorf("answer %d %s: %s; want %s: %s", got.status, got.code, got.description, test.code, test.description)
			}
			if got.tokens.AccessToken != "" {
				t.Error("a refusal has an access token")
			}
		})
	}
}

func TestTokenRequestIsAForm(t *testing.T) {
	e := start(t)
	for _, contentType := range []string{"", "application/json", "multipart/form-data; boundary=x"} {
		response, err := e.client.Post(e.base+"/adfs/oauth2/token", contentType, strings.NewReader(bySecret.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		if got := readAnswer(t, response); got.status != http.StatusBadRequest || got.code != "invalid_request" {
			t.Errorf("content type %q: %d %s", contentType, got.status, got.code)
		}
	}
}

// What is in a query ends in logs: credentials there do not count, but clients may send other parameters.
func TestQueryDoesNotCount(t *testing.T) {
	e := start(t)
	post := func(query string, form url.Values) answer {
		response, err := e.client.PostForm(e.base+"/adfs/oauth2/token?"+query, form)
		if err != nil {
			t.Fatal(err)
		}
		return readAnswer(t, response)
	}
	if got := post("client-request-id=1&scope=other", bySecret); got.status != http.StatusOK {
		t.Errorf("with a query: %d %s", got.status, got.description)
	}
	if got := post(bySecret.Encode(), drop(bySecret, "client_secret")); got.code != "invalid_client" {
		t.Errorf("with the secret in the query: %d %s", got.status, got.code)
	}
}

func TestAudienceIsTheScopeWithoutDefault(t *testing.T) {
	e := start(t)
	for scope, want := range map[string]string{
		testResource + "/.default":  testResource,
		testResource + "//.default": testResource + "/",
	} {
		got := e.post(t, set(bySecret, "scope", scope))
		if aud := claimsOf(t, got.tokens.AccessToken)["aud"]; aud != want {
			t.Errorf("scope %s: aud is %v", scope, aud)
		}
	}
	got := e.post(t, set(drop(bySecret, "scope"), "resource", testResource+"/"))
	if aud := claimsOf(t, got.tokens.AccessToken)["aud"]; aud != testResource+"/" {
		t.Errorf("resource: aud is %v", aud)
	}
}

func TestAccessTokenClaims(t *testing.T) {
	e := start(t)
	for _, test := range []struct {
		name   string
		form   url.Values
		oid    string
		groups any // AD FS writes one group as a string
		appid  string
		upn    any
		scp    any
		idtyp  any
	}{
		{"user", byPassword, testUserSID, []any{testGroupSID, testParentSID}, azureCLI, testUser, "user_impersonation", nil},
		{"client without groups", bySecret, testClientSID, nil, testClient, nil, nil, "app"},
		{"client in a group", set(bySecret, "client_id", secretOnlyID), testClientSID, testGroupSID, secretOnlyID, nil, nil, "app"},
	} {
		t.Run(test.name, func(t *testing.T) {
			claims := claimsOf(t, e.post(t, test.form).tokens.AccessToken)
			for name, want := range map[string]any{
				"iss": e.ordered[0].issuer.AccessTokenIssuer(), "aud": testResource, "oid": test.oid, "groups": test.groups,
				"appid": test.appid, "upn": test.upn, "unique_name": test.upn, "scp": test.scp,
				"idtyp": test.idtyp, "authnmethodsreferences": nil,
			} {
				if !reflect.DeepEqual(claims[name], want) {
					t.Errorf("%s is %v, want %v", name, claims[name], want)
				}
			}
			if lifetime := claims["exp"].(float64) - claims["iat"].(float64); lifetime != 3600 {
				t.Errorf("lifetime is %v s", lifetime)
			}
		})
	}
}

func TestIDToken(t *testing.T) {
	e := start(t)
	if got := e.post(t, byPassword); got.tokens.IDToken != "" {
		t.Error("an ID token that nobody asked for")
	}
	got := e.post(t, set(byPassword, "scope", "openid profile offline_access "+scope))
	claims := claimsOf(t, got.tokens.IDToken)
	for name, want := range map[string]any{
		"iss": e.base + "/adfs", "aud": azureCLI, "upn": testUser, "tid": testTenant,
		"sub": claimsOf(t, got.tokens.AccessToken)["sub"],
	} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	another := e.post(t, set(byPassword, "scope", "openid "+scope, "client_id", "another"))
	if claimsOf(t, another.tokens.IDToken)["sub"] == claims["sub"] {
		t.Error("two clients see the same subject")
	}
}

func TestRefreshToken(t *testing.T) {
	e := start(t)
	if got := e.post(t, byPassword); got.tokens.RefreshToken != "" {
		t.Error("a refresh token that nobody asked for")
	}
	first := e.post(t, set(byPassword, "scope", "openid offline_access "+scope)).tokens
	if first.RefreshToken == "" || first.RefreshTokenExpiresIn != 8*3600 {
		t.Fatalf("no refresh token, or one for %d s", first.RefreshTokenExpiresIn)
	}
	again := set(byRefresh, "refresh_token", first.RefreshToken, "scope", "openid offline_access "+testResource+"//.default")
	for range 2 {
		second := e.post(t, again)
		if second.status != http.StatusOK {
			t.Fatalf("%d %s", second.status, second.description)
		}
		claims := claimsOf(t, second.tokens.AccessToken)
		if claims["oid"] != testUserSID || claims["aud"] != testResource+"/" {
			t.Errorf("claims %v", claims)
		}
		if second.tokens.IDToken == "" || second.tokens.RefreshToken != "" {
			t.Errorf("answer %+v", second.tokens)
		}
	}
	for name, form := range map[string]url.Values{
		"another public client": set(again, "client_id", "another"),
		"a confidential client": set(again, "client_id", testClient, "client_secret", testSecret),
	} {
		if got := e.post(t, form); got.code != "invalid_grant" {
			t.Errorf("%s: %d %s", name, got.status, got.code)
		}
	}
}

func TestRefreshTokenEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(testConfig("https://localhost:8443"))
		if err != nil {
			t.Fatal(err)
		}
		d := s.ordered[0]
		r := request{
			authority: authority{kind: openid.ADFS, directory: d},
			form:      tokenRequest{scope: []string{"offline_access"}},
			client:    client{id: azureCLI, acr: acrPublic},
			audience:  testResource,
		}
		r.form.refreshToken = s.refreshToken(r, signIn{directory: d, user: d.user(testUser)})
		time.Sleep(refreshLifetime - time.Second)
		if _, err := s.refreshedTokens(r); err != nil {
			t.Errorf("before its end: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := s.refreshedTokens(r); err == nil {
			t.Error("lives on after its end")
		}
	})
}

// The tokens are what a Resource Manager behind the gate takes, over the wire and with the real verifier.
func TestTokensVerify(t *testing.T) {
	e := start(t)
	provider, err := openid.NewProvider(openid.ProviderConfig{
		Authority: e.base + "/adfs",
		Tenant:    testTenant,
		Transport: e.client.Transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Close() })
	verifier, err := openid.NewVerifier(openid.VerifierConfig{Providers: []*openid.Provider{provider}, Audiences: []string{testResource}})
	if err != nil {
		t.Fatal(err)
	}
	user, err := verifier.Verify(t.Context(), e.post(t, byPassword).tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	if user.Kind != openid.KindUser || user.Tenant != testTenant || user.ObjectID != testUserSID || len(user.Groups) != 2 || user.Name != testUser {
		t.Errorf("user is %+v", user)
	}
	client, err := verifier.Verify(t.Context(), e.post(t, bySecret).tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	if client.ObjectID != testClientSID || client.Application != testClient {
		t.Errorf("client is %+v", client)
	}
	id := e.post(t, set(byPassword, "scope", "openid "+scope)).tokens.IDToken
	if _, err := verifier.Verify(t.Context(), id); err == nil {
		t.Error("an ID token passes for an access token")
	}
}

func TestNoSecretInLogs(t *testing.T) {
	var log strings.Builder
	config := testConfig("https://localhost:8443")
	config.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 1000)
	for _, form := range []url.Values{
		bySecret, byPassword, set(bySecret, "client_secret", "guess-one"), set(byPassword, "password", "guess-two"),
		set(byRefresh, "refresh_token", "guess-three"), set(byPassword, "username", long, "client_id", long),
	} {
		r := httptest.NewRequest("POST", "/adfs/oauth2/token", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if token := readAnswer(t, w.Result()).tokens.AccessToken; token != "" && strings.Contains(log.String(), token[len(token)-20:]) {
			t.Error("the log has a token")
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 6 {
		t.Errorf("%d records, want 6", n)
	}
	for _, secret := range []string{testSecret, testPassword, "guess-", strings.Repeat("x", 100)} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q:\n%s", secret, log.String())
		}
	}
}
