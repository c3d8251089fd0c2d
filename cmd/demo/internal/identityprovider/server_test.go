package identityprovider

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/openid"
)

const (
	testTenant    = "2b0f8f4e-5a1c-4c84-9a3e-1f6c2d7b8a90"
	testResource  = "https://management.adfs.hubgate.example/resource"
	testClient    = "11aa22bb-33cc-44dd-95ee-66ff77aa88bb"
	testSecret    = "the client's secret"
	testPassword  = "the user's password"
	testUser      = "user@hubgate.example"
	azureCLI      = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
	secretOnlyID  = "22aa22bb-33cc-44dd-95ee-66ff77aa88bb"
	testClientSID = "S-1-5-21-1-2-3-1201"
	testUserSID   = "S-1-5-21-1-2-3-1101"
	testGroupSID  = "S-1-5-21-1-2-3-1301"
	testParentSID = "S-1-5-21-1-2-3-1302"
)

// The keys of the tests: RSA keys are slow to make.
var (
	signingPair = sync.OnceValue(func() tls.Certificate { return newPair("signing") })
	clientPair  = sync.OnceValue(func() tls.Certificate { return newPair("client") })
	otherPair   = sync.OnceValue(func() tls.Certificate { return newPair("other") })
)

func newPair(name string) tls.Certificate {
	key, der, err := datadir.SelfSigned(name)()
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func testConfig(baseURL string) Config {
	return Config{
		BaseURL:    baseURL,
		Type:       openid.ADFS,
		SigningKey: signingPair(),
		Resources:  []string{testResource, testResource + "/"},
		Tenants: []Tenant{{
			ID: testTenant,
			ServicePrincipals: []ServicePrincipal{
				{ApplicationID: testClient, ObjectID: testClientSID, Secret: testSecret, Certificate: clientPair().Leaf},
				{ApplicationID: secretOnlyID, ObjectID: testClientSID, Groups: []string{testGroupSID}, Secret: testSecret},
			},
			Users: []User{{Name: testUser, Password: testPassword, ObjectID: testUserSID, Groups: []string{testGroupSID, testParentSID}}},
		}},
	}
}

// An endpoint is an AD FS on a TLS server of its own.
type endpoint struct {
	*Server
	base   string
	client *http.Client
}

func start(t *testing.T) endpoint {
	t.Helper()
	return startWith(t, testConfig)
}

func startWith(t *testing.T, config func(baseURL string) Config) endpoint {
	t.Helper()
	var s *Server
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.ServeHTTP(w, r) }))
	base := "https://" + server.Listener.Addr().String()
	s, err := New(config(base))
	if err != nil {
		t.Fatal(err)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return endpoint{s, base, server.Client()}
}

// authority is the AD FS as its requests are addressed to.
func (e endpoint) authority() authority { return authority{kind: openid.ADFS, directory: e.ordered[0]} }

// An answer is what the token endpoint said.
type answer struct {
	status      int
	header      http.Header
	tokens      tokenResponse
	code        string
	description string
	codes       []json.Number
	claims      string
}

func (e endpoint) post(t *testing.T, form url.Values) answer {
	t.Helper()
	response, err := e.client.PostForm(e.base+"/adfs/oauth2/token", form)
	if err != nil {
		t.Fatal(err)
	}
	return readAnswer(t, response)
}

func readAnswer(t *testing.T, response *http.Response) answer {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header}
	var refusal struct {
		Error       string
		Description string        `json:"error_description"`
		Codes       []json.Number `json:"error_codes"`
		Claims      string
	}
	if err := json.Unmarshal(body, &refusal); err != nil {
		t.Fatalf("%d %s: %v", response.StatusCode, body, err)
	}
	// v1 has numbers as strings, which tokenResponse is not for.
	if err := json.Unmarshal(body, &a.tokens); err != nil && !strings.Contains(err.Error(), "expires_in") {
		t.Fatal(err)
	}
	a.code, a.description, a.codes, a.claims = refusal.Error, refusal.Description, refusal.Codes, refusal.Claims
	return a
}

func claimsOf(t *testing.T, token string) jwt.MapClaims {
	t.Helper()
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return signingPair().Leaf.PublicKey, nil })
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

func (e endpoint) get(t *testing.T, path string) (int, map[string]any) {
	t.Helper()
	response, err := e.client.Get(e.base + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content := map[string]any{}
	if response.StatusCode == http.StatusOK {
		if err := json.NewDecoder(response.Body).Decode(&content); err != nil {
			t.Fatal(err)
		}
	}
	return response.StatusCode, content
}

func TestMetadata(t *testing.T) {
	e := start(t)
	for _, path := range []string{
		"/adfs/.well-known/openid-configuration",
		"/adfs/adfs/.well-known/openid-configuration", // where az looks for a tenant that is no GUID
		"/adfs/" + testTenant + "/.well-known/openid-configuration",
	} {
		status, metadata := e.get(t, path)
		if status != http.StatusOK {
			t.Errorf("%s: status %d", path, status)
			continue
		}
		for member, want := range map[string]string{
			"issuer":                 e.base + "/adfs",
			"access_token_issuer":    strings.Replace(e.base, "https:", "http:", 1) + "/adfs/services/trust",
			"jwks_uri":               e.base + "/adfs/discovery/keys",
			"token_endpoint":         e.base + "/adfs/oauth2/token",
			"authorization_endpoint": e.base + "/adfs/oauth2/authorize",
		} {
			if metadata[member] != want {
				t.Errorf("%s: %s is %v, want %s", path, member, metadata[member], want)
			}
		}
		// What is named is served, and what is not served is not named.
		for member, value := range metadata {
			url, _ := value.(string)
			if !strings.HasSuffix(member, "_endpoint") && member != "jwks_uri" {
				continue
			}
			response, err := e.client.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode == http.StatusNotFound {
				t.Errorf("%s: %s is %s, where nothing is", path, member, url)
			}
		}
		methods := metadata["token_endpoint_auth_methods_supported"].([]any)
		if want := []any{"client_secret_post", "client_secret_basic", "private_key_jwt"}; !slices.Equal(methods, want) {
			t.Errorf("%s: token endpoint takes %v", path, methods)
		}
	}
	status, keys := e.get(t, "/adfs/discovery/keys")
	if status != http.StatusOK || len(keys["keys"].([]any)) != 1 {
		t.Errorf("keys: status %d, %v", status, keys)
	}
}

func TestPathsAndMethods(t *testing.T) {
	e := start(t)
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/adfs/", http.StatusNotFound},
		{"GET", "/adfs/nothing", http.StatusNotFound},
		{"GET", "/adfs/oauth2/token", http.StatusMethodNotAllowed},
		{"PUT", "/adfs/oauth2/token", http.StatusMethodNotAllowed},
		{"GET", "/adfs/oauth2/authorize?response_type=code&redirect_uri=https://evil.example/", http.StatusBadRequest},
		{"PUT", "/adfs/oauth2/authorize", http.StatusMethodNotAllowed},
		{"GET", "/adfs/oauth2/devicecode", http.StatusMethodNotAllowed},
		{"GET", "/adfs/oauth2/deviceauth", http.StatusOK},
		{"PUT", "/adfs/oauth2/deviceauth", http.StatusMethodNotAllowed},
		{"GET", "/adfs/oauth2/logout", http.StatusNotFound},
		{"GET", "/adfs/userinfo", http.StatusNotFound},
		{"POST", "/adfs/oauth2/token/", http.StatusBadRequest}, // is served, and has no form
		{"POST", "/adfs/oauth2/token/more", http.StatusNotFound},
		{"POST", "/adfs/.well-known/openid-configuration", http.StatusMethodNotAllowed},
	} {
		request, err := http.NewRequestWithContext(t.Context(), test.method, e.base+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := e.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.want {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, response.StatusCode, test.want)
		}
	}
}

func TestNewRefusesConfiguration(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no type", func(c *Config) { c.Type = "" }, "Type"},
		{"Entra ID with v2 tokens", func(c *Config) { c.Type = openid.EntraV2 }, "Type"},
		{"no tenant", func(c *Config) { c.Tenants = nil }, "Tenants"},
		{"two tenants", func(c *Config) { c.Tenants = append(c.Tenants, c.Tenants[0]) }, "Tenants"},
		{"tenant without id", func(c *Config) { c.Tenants[0].ID = "" }, "Tenants[0].ID"},
		{"tenant no GUID", func(c *Config) { c.Tenants[0].ID = "adfs" }, "Tenants[0].ID"},
		{"no resource", func(c *Config) { c.Resources = nil }, "Resources"},
		{"base URL with a path", func(c *Config) { c.BaseURL += "/adfs" }, "BaseURL"},
		{"no signing key", func(c *Config) { c.SigningKey = tls.Certificate{} }, "Keys[0]"},
		{"client without credential", func(c *Config) { c.Tenants[0].ServicePrincipals[1].Secret = "" }, "ServicePrincipals[1]"},
		{"client without object id", func(c *Config) { c.Tenants[0].ServicePrincipals[0].ObjectID = "" }, "ServicePrincipals[0]"},
		{"client without id", func(c *Config) { c.Tenants[0].ServicePrincipals[0].ApplicationID = "" }, "ServicePrincipals[0]"},
		{"user without password", func(c *Config) { c.Tenants[0].Users[0].Password = "" }, "Users[0]"},
		{"user without name", func(c *Config) { c.Tenants[0].Users[0].Name = "" }, "Users[0]"},
		{"user twice", func(c *Config) { c.Tenants[0].Users = append(c.Tenants[0].Users, c.Tenants[0].Users[0]) }, "Users[1].Name"},
		{"DOMAIN\\alias", func(c *Config) { c.Tenants[0].Users[0].Name = `HUBGATE\user` }, "Users[0].Name"},
		{"a guest in AD FS", func(c *Config) { c.Tenants[0].Users[0].HomeTenant = testTenant }, "Users[0]: HomeTenant"},
		{"client twice", func(c *Config) { c.Tenants[0].ServicePrincipals[1].ApplicationID = strings.ToUpper(testClient) }, "ServicePrincipals[1].ApplicationID"},
		{"a managed identity in AD FS", func(c *Config) { c.Tenants[0].ServicePrincipals[0].ManagedIdentity = machineID }, "ServicePrincipals[0]: Federated"},
		{"a federated credential in AD FS", func(c *Config) {
			c.Tenants[0].ServicePrincipals[0].Federated = []FederatedCredential{{Issuer: "https://localhost:1", Subject: "x"}}
		}, "ServicePrincipals[0]: Federated"},
		{"roles in AD FS", func(c *Config) {
			c.Tenants[0].ServicePrincipals[0].Roles = map[string][]string{testResource: {"Read.All"}}
		}, "ServicePrincipals[0]: Federated"},
		{"user without object id", func(c *Config) { c.Tenants[0].Users[0].ObjectID = "" }, "Users[0]"},
	} {
		config := testConfig("https://localhost:8443")
		test.change(&config)
		if _, err := New(config); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one that names %s", test.name, err, test.want)
		}
	}
}
