package openid_test

import (
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

func TestNewProvider_Refused(t *testing.T) {
	const good, goodADFS = "https://login.entra.example/" + home, "https://adfs.local.azurestack.example/adfs"
	for _, test := range []struct {
		name   string
		config openid.ProviderConfig
		want   string // the field
	}{
		{"nothing", openid.ProviderConfig{}, "Authority"},
		{"plain http", openid.ProviderConfig{Authority: "http://login.entra.example/" + home}, "Authority"},
		{"consumers", openid.ProviderConfig{Authority: "https://login.entra.example/consumers/v2.0"}, "Authority"},
		{"unknown type", openid.ProviderConfig{Authority: good, Type: "oidc"}, "Type"},
		{"tenant with Entra ID", openid.ProviderConfig{Authority: good, Tenant: home}, "Tenant"},
		{"another tenant than in the path", openid.ProviderConfig{Authority: goodADFS + "/" + home, Tenant: guest}, "Tenant"},
		{"issuer no URL", openid.ProviderConfig{Authority: good, Issuers: []string{"sts"}}, "Issuers[0]"},
		{"second issuer a template for one tenant", openid.ProviderConfig{Authority: good, Issuers: []string{good, "https://login.entra.example/{tenantid}"}}, "Issuers[1]"},
		{"application with AD FS", openid.ProviderConfig{Authority: goodADFS, ApplicationID: webClient}, "ApplicationID"},
		{"algorithm none", openid.ProviderConfig{Authority: good, Algorithms: []string{"none"}}, "Algorithms[0]"},
		{"algorithm HS256", openid.ProviderConfig{Authority: good, Algorithms: []string{"RS256", "HS256"}}, "Algorithms[1]"},
		{"algorithm in lower case", openid.ProviderConfig{Authority: good, Algorithms: []string{"rs256"}}, "Algorithms[0]"},
		{"algorithm empty", openid.ProviderConfig{Authority: good, Algorithms: []string{""}}, "Algorithms[0]"},
		{"key host empty", openid.ProviderConfig{Authority: good, KeyHosts: []string{""}}, "KeyHosts[0]"},
		{"key host a URL", openid.ProviderConfig{Authority: good, KeyHosts: []string{"keys.example", "https://keys.example"}}, "KeyHosts[1]"},
		{"key host with a path", openid.ProviderConfig{Authority: good, KeyHosts: []string{"keys.example/a"}}, "KeyHosts[0]"},
		{"key host a pattern", openid.ProviderConfig{Authority: good, KeyHosts: []string{"*.example"}}, "KeyHosts[0]"},
		{"CAs beside a transport", openid.ProviderConfig{Authority: good, Transport: http.DefaultTransport, RootCAs: x509.NewCertPool()}, "RootCAs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := openid.NewProvider(test.config)
			if err == nil {
				p.Close()
				t.Fatal("accepted")
			}
			if !strings.HasPrefix(err.Error(), "openid: ProviderConfig."+test.want+": ") {
				t.Errorf("error %q does not begin with the field %s", err, test.want)
			}
		})
	}
}

// NewProvider returns before anything is fetched; Ready says so, then says nothing.
func TestProvider_Ready(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &network{delay: time.Second} // so that it is seen what is true before the first answer
				s := newSiteInBubble(t, f, n.attach)
				if err := s.provider.Ready(); err == nil || !strings.Contains(err.Error(), s.provider.Authority()) || !strings.Contains(err.Error(), "first fetch") {
					t.Errorf("before the first fetch: %v", err)
				}
				time.Sleep(3 * time.Second)
				synctest.Wait()
				if err := s.provider.Ready(); err != nil {
					t.Errorf("after the first fetch: %v", err)
				}
				if err := s.verifier.Ready(); err != nil {
					t.Errorf("the verifier after the first fetch: %v", err)
				}
				if got := s.issuer.Requests(); got != (openidtest.Requests{Metadata: 1, Keys: 1}) {
					t.Errorf("%+v requests, want one of each", got)
				}
				if got := s.provider.Type(); got != f.config.Type {
					t.Errorf("type %q", got)
				}
				wantTenant := f.config.Tenant
				if f.path != "" {
					wantTenant = ""
				} else if f.config.Type == openid.ADFS && wantTenant == "" {
					wantTenant = "adfs"
				}
				if got := s.provider.Tenant(); got != wantTenant {
					t.Errorf("tenant %q, want %q", got, wantTenant)
				}
				if err := s.provider.Close(); err != nil {
					t.Error(err)
				}
				if err := s.provider.Close(); err != nil {
					t.Error("a second Close:", err)
				}
				if err := s.provider.Ready(); err == nil || !strings.Contains(err.Error(), "closed") {
					t.Errorf("after Close: %v", err)
				}
			})
		})
	}
}

// Metadata or keys that cannot be gone by leave a provider that is not ready, and says why.
func TestProvider_NotReady(t *testing.T) {
	text := func(body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, body) })
	}
	location := func(url string) http.Handler { return http.RedirectHandler(url, http.StatusFound) }
	edit := func(name string, value any) func(*openidtest.Issuer) {
		return func(i *openidtest.Issuer) { i.EditMetadata(func(m map[string]any) { m[name] = value }) }
	}
	for _, test := range []struct {
		name    string
		flavour flavour
		spoil   func(*openidtest.Issuer)
		want    string // in the reason
	}{
		{"down", entraV2, (*openidtest.Issuer).Down, "down"},
		{"status 500", entraV2, func(i *openidtest.Issuer) { i.Fail(500) }, "status 500"},
		{"metadata a page", entraV2, func(i *openidtest.Issuer) { i.ServeMetadata(text("<html>Sign in</html>")) }, "metadata"},
		{"metadata an error", entraV2, func(i *openidtest.Issuer) { i.ServeMetadata(text(`{"error":"invalid_tenant"}`)) }, "issuer is missing"},
		{"metadata of 1 MiB and one", entraV2, func(i *openidtest.Issuer) { i.ServeMetadata(text(strings.Repeat(" ", 1<<20+1))) }, "longer than 1048576"},
		{"metadata elsewhere", entraV2, func(i *openidtest.Issuer) { i.ServeMetadata(location("https://evil.example/")) }, "another origin"},
		{"issuer of another tenant", entraV2, edit("issuer", "https://login.entra.example/"+guest+"/v2.0"), "tenant"},
		{"issuer of one tenant where there are many", entraV2Many, edit("issuer", "https://login.entra.example/"+home+"/v2.0"), "{tenantid}"},
		{"issuer of v1 at v2", entraV2, edit("issuer", "https://sts.entra.example/"+home+"/"), "/v2.0"},
		{"issuer of v2 at v1", entraV1, edit("issuer", "https://login.entra.example/"+home+"/v2.0"), "{tenant}/"},
		{"access_token_issuer of another host", adfs, edit("access_token_issuer", "http://evil.example/adfs/services/trust"), "host"},
		{"access_token_issuer a template", adfs, edit("access_token_issuer", "http://adfs.local.azurestack.example/{tenantid}"), "{tenantid}"},
		{"keys in plain http", entraV2, edit("jwks_uri", "http://login.entra.example/keys"), "https"},
		{"keys of another host", entraV2, edit("jwks_uri", "https://evil.example/keys"), "KeyHosts"},
		{"keys of Microsoft's, for AD FS", adfs, edit("jwks_uri", "https://login.microsoftonline.com/common/discovery/keys"), "KeyHosts"},
		{"keys at a long address", entraV2, edit("jwks_uri", "https://login.entra.example/"+strings.Repeat("x", 100_000)), "status 404"},
		{"keys nowhere", entraV2, edit("jwks_uri", nil), "jwks_uri"},
		{"keys a page", entraV2, func(i *openidtest.Issuer) { i.ServeKeys(text("<html>")) }, "key set"},
		{"keys an error", entraV2, func(i *openidtest.Issuer) { i.ServeKeys(text(`{"error":"server_error"}`)) }, "none of 0 keys"},
		{"keys empty", entraV2, func(i *openidtest.Issuer) { i.EditKeys(func([]any) []any { return []any{} }) }, "none of 0 keys"},
		{"keys of 4 MiB and one", entraV2, func(i *openidtest.Issuer) { i.ServeKeys(text(strings.Repeat(" ", 4<<20+1))) }, "longer than 4194304"},
		{"keys at a long address elsewhere", entraV2, func(i *openidtest.Issuer) {
			i.ServeKeys(location("https://evil.example/" + strings.Repeat("x", 100_000)))
		}, "another origin"},
		{"keys elsewhere", entraV2, func(i *openidtest.Issuer) { i.ServeKeys(location("http://login.entra.example/keys")) }, "another origin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSiteInBubble(t, test.flavour)
				test.spoil(s.issuer)
				s.provider.Flush()
				synctest.Wait()
				err := s.provider.Ready()
				if err == nil || !strings.Contains(err.Error(), s.provider.Authority()) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("Ready: %v, want %q in it", err, test.want)
				} else if len(err.Error()) > 1000 {
					t.Errorf("Ready has %d bytes to say", len(err.Error()))
				}
				if got := s.verifier.Ready(); got == nil || !strings.Contains(got.Error(), test.want) {
					t.Errorf("the verifier's Ready: %v", got)
				}
				principal, err := s.verifier.Verify(t.Context(), s.token())
				checkRefusal(t, principal, err, openid.ErrUnavailable, false)
			})
		})
	}
}

// MS-12: an application with signing keys of its own is named in the metadata's address.
func TestMS_12_ApplicationID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		s := newSiteInBubble(t, entraV1, func(p *openid.ProviderConfig, _ *openid.VerifierConfig) {
			next := p.Transport
			p.ApplicationID = "a b&c"
			p.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				asked = append(asked, r.URL.RequestURI())
				return next.RoundTrip(r)
			})
		})
		synctest.Wait()
		if want := "/" + home + "/.well-known/openid-configuration?appid=a+b%26c"; len(asked) != 2 || asked[0] != want || !strings.Contains(asked[1], "appid=a+b%26c") {
			t.Errorf("asked for %q, want %q first", asked, want)
		}
		if _, err := s.verifier.Verify(t.Context(), s.token()); err != nil {
			t.Error(err)
		}
	})
}

// MS-01: the metadata is asked for at the tenant's own address; what it says of the keys' address counts.
func TestMS_01_TenantMetadata(t *testing.T) {
	for _, f := range flavours {
		t.Run(f.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked []string
				s := newSiteInBubble(t, f, func(p *openid.ProviderConfig, _ *openid.VerifierConfig) {
					next := p.Transport
					p.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
						asked = append(asked, r.URL.String())
						return next.RoundTrip(r)
					})
				})
				synctest.Wait()
				if want := s.provider.Authority() + "/.well-known/openid-configuration"; len(asked) != 2 || asked[0] != want {
					t.Errorf("asked for %q, want %q and the keys", asked, want)
				}
			})
		})
	}
}

// MS-11: every published key counts, however many there are and in whatever order.
func TestMS_11_ManyKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSiteInBubble(t, entraV2)
		kids := []string{s.issuer.KeyID()}
		for range 30 {
			kids = append(kids, s.issuer.Announce())
		}
		for _, order := range []func(keys []any) []any{nil, func(keys []any) []any { slices.Reverse(keys); return keys }} {
			s.issuer.EditKeys(order)
			s.provider.Flush()
			synctest.Wait()
			for _, kid := range kids {
				if _, err := s.verifier.Verify(t.Context(), s.token(openidtest.SignedBy(kid))); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Over real sockets, with the site's own CA, metadata as Windows tools save it and a redirect within the host.
func TestProvider_OverHTTPS(t *testing.T) {
	var issuer *openidtest.Issuer
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/adfs/discovery/keys":
			http.Redirect(w, r, "/moved", http.StatusTemporaryRedirect)
			return
		case r.URL.Path == "/moved":
			r.URL.Path = "/adfs/discovery/keys"
		}
		io.WriteString(w, "\xef\xbb\xbf")
		issuer.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	config := adfs.config
	config.BaseURL, config.Algorithm = server.URL, "ES256"
	issuer = openidtest.NewFor(t, config)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	p := newProvider(t, openid.ProviderConfig{Authority: server.URL + "/adfs", Algorithms: []string{"ES256"}, RootCAs: roots})
	v := newVerifier(t, openid.VerifierConfig{Providers: []*openid.Provider{p}, Audiences: []string{issuer.Audience()}})
	awaitReady(t, v)
	if _, err := v.Verify(t.Context(), issuer.Token(openidtest.User(aliceAD))); err != nil {
		t.Error(err)
	}

	distrusting := newProvider(t, openid.ProviderConfig{Authority: server.URL + "/adfs", Algorithms: []string{"ES256"}})
	v = newVerifier(t, openid.VerifierConfig{Providers: []*openid.Provider{distrusting}, Audiences: []string{issuer.Audience()}})
	if _, err := v.Verify(t.Context(), issuer.Token(openidtest.User(aliceAD))); !errors.Is(err, openid.ErrUnavailable) {
		t.Errorf("a server that nobody vouches for: %v", err)
	}
}

// Close leaves no goroutine, connections to a real server included.
func TestProvider_CloseOverHTTP(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	issuer := openidtest.NewFor(t, openidtest.Config{Type: openid.ADFS, Algorithm: "ES256", BaseURL: "http://" + server.Listener.Addr().String()})
	server.Config.Handler = issuer
	server.Start()
	defer server.Close()
	before := runtime.NumGoroutine()
	for range 5 {
		p, err := openid.NewProvider(openid.ProviderConfig{Authority: issuer.Authority(), Algorithms: []string{"ES256"}})
		if err != nil {
			t.Fatal(err)
		}
		for p.Ready() != nil {
			time.Sleep(time.Millisecond)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for range 400 { // the connections' own goroutines end a moment after they are closed
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
}
