package openidtest_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

const adfsKeys = "https://adfs.local.azurestack.example/adfs/discovery/keys"

// fetch asks in memory.
func fetch(t *testing.T, issuer *openidtest.Issuer, method, url string) (status int, body string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := issuer.Transport().RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	return response.StatusCode, string(b), err
}

func TestMisbehaviour(t *testing.T) {
	say := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) })
	}
	const base = "https://adfs.local.azurestack.example"
	const metadata = base + "/adfs/.well-known/openid-configuration"
	for _, test := range []struct {
		name   string
		do     func(*openidtest.Issuer)
		method string
		url    string
		status int // 0: an error
		body   string
	}{
		{"Down", (*openidtest.Issuer).Down, "GET", adfsKeys, 0, ""},
		{"Down elsewhere", (*openidtest.Issuer).Down, "GET", base + "/", 0, ""},
		{"Down and Up", func(i *openidtest.Issuer) { i.Down(); i.Up() }, "HEAD", adfsKeys, 200, ""},
		{"Fail", func(i *openidtest.Issuer) { i.Fail(429) }, "GET", metadata, 429, "Too Many Requests\n"},
		{"Fail and Up", func(i *openidtest.Issuer) { i.Fail(500); i.Up() }, "HEAD", adfsKeys, 200, ""},
		{"ServeKeys", func(i *openidtest.Issuer) { i.ServeKeys(say("x")) }, "GET", adfsKeys, 200, "x"},
		{"ServeKeys leaves metadata alone", func(i *openidtest.Issuer) { i.ServeKeys(say("x")) }, "HEAD", metadata, 200, ""},
		{"ServeKeys ended", func(i *openidtest.Issuer) { i.ServeKeys(say("x")); i.ServeKeys(nil) }, "HEAD", adfsKeys, 200, ""},
		{"ServeMetadata", func(i *openidtest.Issuer) { i.ServeMetadata(say("x")) }, "GET", metadata, 200, "x"},
		{"ServeMetadata ended", func(i *openidtest.Issuer) { i.ServeMetadata(say("x")); i.ServeMetadata(nil) }, "HEAD", metadata, 200, ""},
		{"EditKeys", func(i *openidtest.Issuer) {
			i.EditKeys(func(keys []any) []any {
				i.KeyID() // an edit may ask the issuer
				return []any{json.RawMessage(`{"kty":"oct","kty":"oct"}`), len(keys)}
			})
		}, "GET", adfsKeys, 200, `{"keys":[{"kty":"oct","kty":"oct"},1]}`},
		{"EditKeys to what is no JSON", func(i *openidtest.Issuer) {
			i.EditKeys(func([]any) []any { return []any{json.RawMessage(`{`)} })
		}, "HEAD", adfsKeys, 500, ""},
		{"EditMetadata", func(i *openidtest.Issuer) {
			i.EditMetadata(func(m map[string]any) { clear(m); m["issuer"] = "x" })
		}, "GET", metadata, 200, `{"issuer":"x"}`},
		{"no key left", func(i *openidtest.Issuer) { i.Withdraw(i.KeyID()) }, "GET", adfsKeys, 200, `{"keys":[]}`},
		{"another path", func(*openidtest.Issuer) {}, "GET", base + "/adfs/oauth2/token", 404, "404 page not found\n"},
		{"another tenant of AD FS", func(*openidtest.Issuer) {}, "GET", base + "/adfs/" + guest + "/.well-known/openid-configuration", 404, "404 page not found\n"},
		{"another method", func(*openidtest.Issuer) {}, "POST", adfsKeys, 405, "GET or HEAD only\n"},
		{"another host", func(*openidtest.Issuer) {}, "GET", "https://attacker.example/adfs/discovery/keys", 0, ""},
		{"another scheme", func(*openidtest.Issuer) {}, "GET", "http://adfs.local.azurestack.example/adfs/discovery/keys", 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			issuer := openidtest.NewFor(t, fast(openid.ADFS))
			test.do(issuer)
			status, body, err := fetch(t, issuer, test.method, test.url)
			if status != test.status || (err == nil) != (test.status != 0) {
				t.Errorf("status %d, error %v, want %d", status, err, test.status)
			}
			if body != test.body {
				t.Errorf("body %q, want %q", body, test.body)
			}
		})
	}
}

// Verifier waits for its provider only where the provider can become ready.
func TestVerifierOfMisbehavingIssuer(t *testing.T) {
	issuer := openidtest.NewFor(t, fast(openid.ADFS))
	issuer.Down()
	verifier := issuer.Verifier()
	if verifier.Ready() == nil {
		t.Error("ready although the issuer is down")
	}
	if _, err := verifier.Verify(t.Context(), issuer.Token(openidtest.User(sid))); !errors.Is(err, openid.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}

func TestRequests(t *testing.T) {
	const metadata = "https://adfs.local.azurestack.example/adfs/.well-known/openid-configuration"
	issuer := openidtest.NewFor(t, fast(openid.ADFS))
	for _, step := range []struct {
		do   func()
		want openidtest.Requests
	}{
		{func() {}, openidtest.Requests{}},
		{func() { fetch(t, issuer, "GET", metadata) }, openidtest.Requests{Metadata: 1}},
		{func() { fetch(t, issuer, "GET", adfsKeys) }, openidtest.Requests{Metadata: 1, Keys: 1}},
		{func() { issuer.Down(); fetch(t, issuer, "GET", adfsKeys) }, openidtest.Requests{Metadata: 1, Keys: 2}},
		{func() { issuer.Up(); issuer.Fail(503); fetch(t, issuer, "GET", metadata) }, openidtest.Requests{Metadata: 2, Keys: 2}},
		{func() { fetch(t, issuer, "GET", "https://adfs.local.azurestack.example/") }, openidtest.Requests{Metadata: 2, Keys: 2}},
	} {
		if step.do(); issuer.Requests() != step.want {
			t.Errorf("%+v, want %+v", issuer.Requests(), step.want)
		}
	}
}

// The issuer is an http.Handler: a provider reaches it over a socket, and Down cuts the connection.
func TestOverHTTP(t *testing.T) {
	for _, typ := range []openid.AuthorityType{openid.ADFS, openid.EntraV1, openid.EntraV2} {
		t.Run(string(typ), func(t *testing.T) {
			server := httptest.NewUnstartedServer(nil)
			config := fast(typ)
			config.BaseURL = "http://" + server.Listener.Addr().String()
			issuer := openidtest.NewFor(t, config)
			server.Config.Handler = issuer
			server.Start()
			defer server.Close()

			provider, err := openid.NewProvider(openid.ProviderConfig{Authority: issuer.Authority(), Algorithms: []string{"ES256"}})
			if err != nil {
				t.Fatal(err)
			}
			defer provider.Close()
			awaitReady(t, provider)
			verifier, err := openid.NewVerifier(openid.VerifierConfig{
				Providers: []*openid.Provider{provider}, Audiences: []string{issuer.Audience()},
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := verifier.Verify(t.Context(), issuer.Token(openidtest.User(oid))); err != nil {
				t.Error(err)
			}
			issuer.Down()
			if response, err := server.Client().Get(issuer.Authority() + "/.well-known/openid-configuration"); err == nil {
				response.Body.Close()
				t.Errorf("answers %s while it is down", response.Status)
			}
		})
	}
}

// Methods may be called by many goroutines at once.
func TestConcurrently(t *testing.T) {
	issuer := openidtest.NewFor(t, fast(openid.ADFS))
	verifier := issuer.Verifier()
	done := make(chan error)
	for range 4 {
		go func() {
			var errs []error
			for range 5 {
				issuer.Rotate()
				issuer.EditKeys(func(keys []any) []any { return slices.Clone(keys) })
				verifier.Verify(t.Context(), issuer.Token(openidtest.User(sid)))
				_, _, err := fetch(t, issuer, "GET", adfsKeys)
				errs = append(errs, err)
				issuer.Requests()
			}
			done <- errors.Join(errs...)
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
