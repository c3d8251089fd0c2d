package identityprovider

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/federation"
	"hubgate.example/openid"
)

// An outside is where workloads have an identity of their own, on a TLS server of its own.
type outside struct {
	*federation.Server
	dir    *datadir.Dir
	server *httptest.Server
	keyID  string
}

func startOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{}
	o.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.ServeHTTP(w, r) }))
	var err error
	if o.dir, err = datadir.Create(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	o.Server, err = federation.New(federation.Config{
		URL: "https://" + o.server.Listener.Addr().String() + "/federation", SigningKey: otherPair(), Dir: o.dir,
		ServiceAccount: "default/deployer", Repository: "hubgate/demo", Branch: "main",
	})
	if err != nil {
		t.Fatal(err)
	}
	o.server.StartTLS()
	t.Cleanup(func() {
		o.server.Close()
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	token, _, err := jwt.NewParser().ParseUnverified(o.pod(t), jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	o.keyID, _ = token.Header["kid"].(string)
	return o
}

// pod is the token that a pod finds.
func (o *outside) pod(t *testing.T) string {
	t.Helper()
	token, err := o.dir.ReadPrivate(federation.KubernetesToken)
	if err != nil {
		t.Fatal(err)
	}
	return string(token)
}

// federatedConfig is managedConfig where three principals have a federated credential: an application and a user-assigned identity at
// home, and the same application elsewhere, for another subject.
func (o *outside) federatedConfig(baseURL string) Config {
	config := managedConfig(baseURL)
	config.Transport = o.server.Client().Transport
	pod := FederatedCredential{Issuer: o.Kubernetes().Issuer, Subject: o.Kubernetes().Subject}
	job := FederatedCredential{Issuer: o.GitHub().Issuer, Subject: o.GitHub().Subject, Audience: "api://demo"}
	home := config.Tenants[0].ServicePrincipals
	home[0].Federated = []FederatedCredential{pod, job}
	home[2].Federated = []FederatedCredential{pod}
	config.Tenants[1].ServicePrincipals[0].Federated = []FederatedCredential{{Issuer: pod.Issuer, Subject: "system:serviceaccount:default:other"}}
	return config
}

// startFederated starts an identity provider that trusts o and has its keys: a busy machine must not make the first test fail.
func startFederated(t *testing.T, o *outside) endpoint {
	t.Helper()
	e := startWith(t, o.federatedConfig)
	for _, provider := range e.federations {
		for until := time.Now().Add(10 * time.Second); provider.Ready() != nil; time.Sleep(time.Millisecond) {
			if time.Now().After(until) {
				t.Fatal(provider.Ready())
			}
		}
	}
	return e
}

func byFederated(token, clientID string) url.Values {
	return set(byAssertion(token), "client_id", clientID)
}

func TestFederatedCredential(t *testing.T) {
	o := startOutside(t)
	e := startFederated(t, o)
	pod := o.pod(t)
	for _, test := range []struct {
		name, path string
		form       url.Values
		oid, mirid string
	}{
		{"an application", v2(homeID), byFederated(pod, testClient), clientAtHome, ""},
		{"again", v2(homeID), byFederated(pod, testClient), clientAtHome, ""},
		{"by the tenant's domain", v2("hubgate.example"), byFederated(pod, strings.ToUpper(testClient)), clientAtHome, ""},
		{"v1", v1(homeID), set(drop(byFederated(pod, testClient), "scope"), "resource", testResource), clientAtHome, ""},
		{"a managed identity", v2(homeID), byFederated(pod, sharedClient), sharedAtHome, identityID},
		{"its secret beside", v2(homeID), bySecret, clientAtHome, ""},
		{"its certificate beside", v2(homeID), byAssertion(assertion{}.sign(t, e.base+v2(homeID))), clientAtHome, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := e.postTo(t, test.path, test.form)
			if got.code != "" {
				t.Fatalf("%s: %s", got.code, got.description)
			}
			claims := claimsOf(t, got.tokens.AccessToken)
			mirid, _ := claims["xms_mirid"].(string)
			acr := "2"
			if test.form.Has("client_secret") {
				acr = "1"
			}
			if claims["oid"] != test.oid || claims["appidacr"] != acr || claims["idtyp"] != "app" || mirid != test.mirid {
				t.Errorf("%v", claims)
			}
		})
	}
}

// A job of GitHub Actions asks for a token to any audience; the credential says to which it has to be.
func TestFederatedJob(t *testing.T) {
	o := startOutside(t)
	e := startFederated(t, o)
	requestToken, err := o.dir.ReadPrivate(federation.GitHubRequestToken)
	if err != nil {
		t.Fatal(err)
	}
	for audience, want := range map[string]string{"api://demo": "", TokenExchangeAudience: "invalid_client"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.RequestURL()+"&audience="+url.QueryEscape(audience), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "bearer "+string(requestToken))
		response, err := o.server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%d %v", response.StatusCode, err)
		}
		_, token, _ := strings.Cut(string(body), `"value":"`)
		token, _, _ = strings.Cut(token, `"`)
		if got := e.postTo(t, v2(homeID), byFederated(token, testClient)); got.code != want {
			t.Errorf("%s: %s %s", audience, got.code, got.description)
		}
	}
}

func TestFederatedCredentialRefused(t *testing.T) {
	o := startOutside(t)
	e := startFederated(t, o)
	kubernetes := o.Kubernetes()
	type m = map[string]any
	now := time.Now()
	// sign makes a token as the cluster does, and then another one of it.
	sign := func(method jwt.SigningMethod, key any, header, claims m) string {
		token := jwt.NewWithClaims(method, jwt.MapClaims{
			"iss": kubernetes.Issuer, "sub": kubernetes.Subject, "aud": []string{TokenExchangeAudience},
			"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
		})
		token.Header["kid"] = o.keyID
		merge(token.Header, header)
		merge(token.Claims.(jwt.MapClaims), claims)
		signed, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	private := otherPair().PrivateKey
	with := func(header, claims m) string { return sign(jwt.SigningMethodRS256, private, header, claims) }
	noRecord := func(issuer, subject, audience string) string {
		return "AADSTS70021: No matching federated identity record found for presented assertion. Assertion Issuer: '" + issuer +
			"'. Assertion Subject: '" + subject + "'. Assertion Audience: '" + audience + "'. https://"
	}
	for _, test := range []struct {
		name, token, client, path string // client and path: the usual ones when empty
		want                      string // in the description; "" is success
	}{
		{"none of these", with(nil, nil), "", "", ""},
		{"aud a string", with(nil, m{"aud": TokenExchangeAudience}), "", "", ""},
		{"aud one of several", with(nil, m{"aud": []string{"x", TokenExchangeAudience}}), "", "", ""},
		{"just expired", with(nil, m{"exp": now.Add(-3 * time.Minute).Unix()}), "", "", ""},
		{"neither iat nor nbf", with(nil, m{"iat": nil, "nbf": nil}), "", "", ""},

		{"another subject", with(nil, m{"sub": "system:serviceaccount:default:other"}), "", "", noRecord(kubernetes.Issuer, "system:serviceaccount:default:other", TokenExchangeAudience)},
		{"the subject in another case", with(nil, m{"sub": strings.ToUpper(kubernetes.Subject)}), "", "", "AADSTS70021"},
		{"no subject", with(nil, m{"sub": nil}), "", "", noRecord(kubernetes.Issuer, "", TokenExchangeAudience)},
		{"a subject that is no text", with(nil, m{"sub": []string{kubernetes.Subject}}), "", "", "AADSTS70021"},
		{"another audience", with(nil, m{"aud": "https://kubernetes.default.svc"}), "", "", noRecord(kubernetes.Issuer, kubernetes.Subject, "https://kubernetes.default.svc")},
		{"the audience of another credential", with(nil, m{"aud": "api://demo"}), "", "", "AADSTS70021"},
		{"no audience", with(nil, m{"aud": nil}), "", "", "AADSTS70021"},
		{"an audience that is no text", with(nil, m{"aud": 1}), "", "", "AADSTS70021"},
		{"an issuer that nobody trusts", with(nil, m{"iss": "https://evil.example"}), "", "", noRecord("https://evil.example", kubernetes.Subject, TokenExchangeAudience)},
		{"the issuer with a slash", with(nil, m{"iss": kubernetes.Issuer + "/"}), "", "", "AADSTS70021"},
		{"the identity provider's own token", with(nil, m{"iss": e.base + "/" + homeID + "/v2.0"}), "", "", "AADSTS70021"},
		{"another issuer's subject", with(nil, m{"iss": o.GitHub().Issuer}), "", "", "AADSTS70021"},
		{"the issuer's markup", with(nil, m{"sub": "a\"\\\nb"}), "", "", "Subject: 'a???b'"},
		{"a client without such a credential", with(nil, nil), machineClient, "", "AADSTS70021"},
		{"a client that is not there", with(nil, nil), secretOnlyID, "", "AADSTS700016"},
		{"the same client in another tenant", with(nil, nil), "", v2(partnerID), "AADSTS70021"},
		{"no tenant", with(nil, nil), "", v2("common"), "AADSTS50059"},
		{"no client", with(nil, nil), "-", "", "AADSTS900144"},

		{"a key that is not published", with(m{"kid": "another"}, nil), "", "", "AADSTS7000272: The certificate with identifier another used to sign the federated credential could not be found in the metadata of identity provider " + kubernetes.Issuer + "."},
		{"no key", with(m{"kid": nil}, nil), "", "", "AADSTS7000272"},
		{"another key under its name", sign(jwt.SigningMethodRS256, clientPair().PrivateKey, nil, nil), "", "", "AADSTS700027: Client assertion contains an invalid signature."},
		{"the client's own key", sign(jwt.SigningMethodRS256, clientPair().PrivateKey, m{"x5t": thumbprint1(base64.RawURLEncoding)}, nil), "", "", "AADSTS700027"},
		{"no signature", strings.TrimRight(with(nil, nil), "-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"), "", "", "AADSTS700027"},
		{"PS256", sign(jwt.SigningMethodPS256, private, nil, nil), "", "", "AADSTS700027"},
		{"alg none", sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil), "", "", "AADSTS700027"},
		{"HS256 with the public key", sign(jwt.SigningMethodHS256, otherPair().Leaf.RawSubjectPublicKeyInfo, nil, nil), "", "", "AADSTS700027"},
		{"crit", with(m{"crit": []string{"exp"}}, nil), "", "", "AADSTS50027"},

		{"expired", with(nil, m{"exp": now.Add(-6 * time.Minute).Unix()}), "", "", "AADSTS700024: Client assertion is not within its valid time range."},
		{"no exp", with(nil, m{"exp": nil}), "", "", "AADSTS700024"},
		{"exp as text", with(nil, m{"exp": "9999999999"}), "", "", "AADSTS700024"},
		{"exp far away", with(nil, m{"exp": now.Add(48 * time.Hour).Unix()}), "", "", "AADSTS700024"},
		{"not yet valid", with(nil, m{"nbf": now.Add(6 * time.Minute).Unix()}), "", "", "AADSTS700024"},
		{"issued in the future", with(nil, m{"iat": now.Add(6 * time.Minute).Unix()}), "", "", "AADSTS700024"},

		{"no issuer", with(nil, m{"iss": nil}), "", "", "AADSTS700021"},
		{"no token", "kubernetes", "", "", "AADSTS50027"},
		{"claims that are none", "eyJhbGciOiJSUzI1NiJ9.bnVsbA.AA", "", "", "AADSTS"},
	} {
		t.Run(test.name, func(t *testing.T) {
			form := byFederated(test.token, testClient)
			switch test.client {
			case "":
			case "-":
				form = drop(form, "client_id")
			default:
				form = byFederated(test.token, test.client)
			}
			path := test.path
			if path == "" {
				path = v2(homeID)
			}
			got := e.postTo(t, path, form)
			if test.want == "" {
				if got.code != "" {
					t.Errorf("%s: %s", got.code, got.description)
				}
				return
			}
			if got.tokens.AccessToken != "" || !strings.Contains(got.description, test.want) {
				t.Errorf("%d %s: %s, want %s", got.status, got.code, got.description, test.want)
			}
			if got.code == "invalid_client" && got.status != http.StatusUnauthorized {
				t.Errorf("status %d", got.status)
			}
		})
	}
}

// While the issuer has never been reached nobody can say whether an assertion is good.
func TestFederationUnreachable(t *testing.T) {
	o := startOutside(t)
	down := roundTripper(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
	s, err := New(func() Config {
		config := o.federatedConfig("https://localhost:8443")
		config.Transport = down
		return config
	}())
	if err != nil {
		t.Fatal(err)
	}
	a := authority{kind: openid.EntraV2, name: homeID, directory: s.directories[homeID]}
	form := tokenRequest{clientID: testClient, clientAssertion: o.pod(t), clientAssertionType: assertionType}
	check := func(ctx context.Context, when string) {
		t.Helper()
		_, err := s.authenticate(ctx, a, form)
		if refused := asRefusal(err); refused.worded(a.kind, nil) != federationUnreachable.entra || refused.status(a.kind) != http.StatusBadRequest {
			t.Errorf("%s: %v", when, err)
		}
	}
	check(t.Context(), "before the first answer")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	check(gone, "and the caller gone")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	check(t.Context(), "closed")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// AD FS knows no other issuers.
func TestADFSHasNoFederatedCredentials(t *testing.T) {
	o := startOutside(t)
	e := start(t)
	got := e.post(t, byFederated(o.pod(t), testClient))
	if got.code != "invalid_client" || !strings.Contains(got.description, "MSIS9622") {
		t.Errorf("%s: %s", got.code, got.description)
	}
}

// What is logged of another issuer names it, and not the authority that stands for it.
func TestFederationLog(t *testing.T) {
	o := startOutside(t)
	issuer := o.GitHub().Issuer
	var log bytes.Buffer // of the provider's goroutine until it is closed
	provider, err := newFederation(issuer, o.server.Client().Transport, slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(10 * time.Second); provider.Ready() != nil && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
	if err := provider.Close(); err != nil {
		t.Fatal(err)
	}
	if log.Len() == 0 {
		t.Fatal("nothing is logged")
	}
	for line := range strings.Lines(log.String()) {
		if !strings.Contains(line, `"issuer":"`+issuer+`"`) || strings.Contains(line, "adfs") || strings.Contains(line, "authority") {
			t.Error(line)
		}
	}
}
