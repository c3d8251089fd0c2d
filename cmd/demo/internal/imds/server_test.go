package imds

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/identityprovider"
	"hubgate.example/openid"
)

const (
	tenant        = "2b0f8f4e-5a1c-4c84-9a3e-1f6c2d7b8a90"
	resource      = "https://management.hubgate.example/resource"
	machineClient = "33aa22bb-33cc-44dd-95ee-66ff77aa88bb"
	machineObject = "0e000000-0000-4000-8000-000000000001"
	machineID     = "/subscriptions/6d9b5c1e-2d0a-4d49-9a3d-0f2a6f1c7b11/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web1"
	sharedClient  = "44aa22bb-33cc-44dd-95ee-66ff77aa88bb"
	sharedObject  = "0e000000-0000-4000-8000-000000000002"
	sharedID      = "/subscriptions/6d9b5c1e-2d0a-4d49-9a3d-0f2a6f1c7b11/resourcegroups/app/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deploy"
	secret        = "the machine's secret"
)

var signingPair = sync.OnceValue(func() tls.Certificate {
	key, der, err := datadir.SelfSigned("signing")()
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
})

var (
	machine = identityprovider.ServicePrincipal{ApplicationID: machineClient, ObjectID: machineObject, ManagedIdentity: machineID}
	shared  = identityprovider.ServicePrincipal{ApplicationID: sharedClient, ObjectID: sharedObject, ManagedIdentity: sharedID}
	other   = identityprovider.ServicePrincipal{ApplicationID: tenant, ObjectID: tenant, ManagedIdentity: sharedID + "2"}
)

func newProvider(t *testing.T, principals ...identityprovider.ServicePrincipal) *identityprovider.Server {
	t.Helper()
	provider, err := identityprovider.New(identityprovider.Config{
		Type: openid.EntraV1, BaseURL: "https://localhost:8443", SigningKey: signingPair(), Resources: []string{resource},
		Tenants: []identityprovider.Tenant{{ID: tenant, Domain: "hubgate.example", ServicePrincipals: principals}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

// A machineServer is a machine with its endpoint on a loopback address, without TLS.
type machineServer struct{ base string }

func start(t *testing.T, principals ...identityprovider.ServicePrincipal) machineServer {
	t.Helper()
	s, err := New(Config{Provider: newProvider(t, principals...), Tenant: tenant, Header: secret})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return machineServer{server.URL}
}

// call sends a request, with a form when it is a POST. Headers alternate with their values.
func (m machineServer) call(t *testing.T, method, path string, parameters url.Values, headers ...string) (int, map[string]any) {
	t.Helper()
	target, body := m.base+path+"?"+parameters.Encode(), io.Reader(nil)
	if method == http.MethodPost {
		target, body = m.base+path, strings.NewReader(parameters.Encode())
	}
	request, err := http.NewRequestWithContext(t.Context(), method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer := map[string]any{}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatalf("%d: %v", response.StatusCode, err)
	}
	return response.StatusCode, answer
}

func parameters(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

// with adds to the parameters that every request of a shape has.
func with(values url.Values, pairs ...string) url.Values {
	all := parameters(pairs...)
	for name, value := range values {
		if !all.Has(name) {
			all[name] = value
		}
	}
	return all
}

var (
	byMetadata   = parameters("api-version", "2018-02-01", "resource", resource)
	byCloudShell = parameters("resource", resource)
	byAppService = parameters("api-version", "2019-08-01", "resource", resource)
	byFirst      = parameters("api-version", "2017-09-01", "resource", resource)
)

func TestToken(t *testing.T) {
	m := start(t, machine, shared)
	for _, test := range []struct {
		name, method, path string
		parameters         url.Values
		header, value      string
		want               identityprovider.ServicePrincipal
	}{
		{"the machine's own", "GET", MetadataPath, byMetadata, "Metadata", "true", machine},
		{"with a slash", "GET", MetadataPath + "/", byMetadata, "metadata", "True", machine},
		{"a later version", "GET", MetadataPath, with(byMetadata, "api-version", "2021-12-13"), "Metadata", "true", machine},
		{"its client id", "GET", MetadataPath, with(byMetadata, "client_id", machineClient), "Metadata", "true", machine},
		{"a client id", "GET", MetadataPath, with(byMetadata, "client_id", strings.ToUpper(sharedClient)), "Metadata", "true", shared},
		{"an object id", "GET", MetadataPath, with(byMetadata, "object_id", sharedObject), "Metadata", "true", shared},
		{"a resource id", "GET", MetadataPath, with(byMetadata, "mi_res_id", strings.ToLower(sharedID)), "Metadata", "true", shared},
		{"as the Go SDK and az name it", "GET", MetadataPath, with(byMetadata, "msi_res_id", sharedID), "Metadata", "true", shared},

		{"Cloud Shell", "POST", MetadataPath, byCloudShell, "Metadata", "true", machine},
		{"Cloud Shell, a resource id", "POST", MetadataPath, with(byCloudShell, "msi_res_id", sharedID), "Metadata", "true", shared},

		{"App Service", "GET", AppServicePath, byAppService, "X-IDENTITY-HEADER", secret, machine},
		{"App Service, a client id", "GET", AppServicePath, with(byAppService, "client_id", sharedClient), "X-IDENTITY-HEADER", secret, shared},
		{"App Service, an object id", "GET", AppServicePath, with(byAppService, "principal_id", sharedObject), "X-IDENTITY-HEADER", secret, shared},
		{"App Service, a resource id", "GET", AppServicePath, with(byAppService, "mi_res_id", sharedID), "X-IDENTITY-HEADER", secret, shared},
		{"App Service's first version", "GET", AppServicePath + "/", byFirst, "secret", secret, machine},
		{"its client id", "GET", AppServicePath, with(byFirst, "clientid", sharedClient), "secret", secret, shared},
		{"an empty client id", "GET", AppServicePath, with(byFirst, "clientid", ""), "secret", secret, machine},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, answer := m.call(t, test.method, test.path, test.parameters, test.header, test.value)
			if status != http.StatusOK {
				t.Fatalf("%d %v", status, answer)
			}
			text := func(name string) string { value, _ := answer[name].(string); return value }
			number := func(name string) int64 {
				n, err := strconv.ParseInt(text(name), 10, 64)
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				return n
			}
			claims := jwt.MapClaims{}
			if _, err := jwt.ParseWithClaims(text("access_token"), claims, func(*jwt.Token) (any, error) { return signingPair().Leaf.PublicKey, nil }); err != nil {
				t.Fatal(err)
			}
			if claims["oid"] != test.want.ObjectID || claims["appid"] != test.want.ApplicationID || claims["xms_mirid"] != test.want.ManagedIdentity || claims["aud"] != resource {
				t.Errorf("the token is of %v, %v", claims["oid"], claims["xms_mirid"])
			}
			if text("client_id") != test.want.ApplicationID || text("resource") != resource || text("token_type") != "Bearer" {
				t.Errorf("%v", answer)
			}
			if number("expires_on") != int64(claims["exp"].(float64)) {
				t.Errorf("expires_on %s, exp %v", text("expires_on"), claims["exp"])
			}
			if strings.HasPrefix(test.path, AppServicePath) {
				return
			}
			if in := number("expires_in"); in > 86_400 || in < 86_000 || number("ext_expires_in") != in {
				t.Errorf("expires_in %d, ext_expires_in %s", in, text("ext_expires_in"))
			}
			if number("not_before") != int64(claims["nbf"].(float64)) || time.Since(time.Unix(number("not_before"), 0)) < 0 {
				t.Errorf("not_before %s, nbf %v", text("not_before"), claims["nbf"])
			}
		})
	}
}

func TestRefused(t *testing.T) {
	m := start(t, machine, shared)
	for _, test := range []struct {
		name, method, path string
		parameters         url.Values
		headers            []string
		status             int
		code, description  string
	}{
		{"no header", "GET", MetadataPath, byMetadata, nil, 400, "invalid_request", "Required metadata header not specified"},
		{"no header in a form", "POST", MetadataPath, byCloudShell, nil, 400, "invalid_request", "Required metadata header not specified"},
		{"another header", "GET", MetadataPath, byMetadata, []string{"Metadata", "1"}, 400, "invalid_request", "Required metadata header not specified"},
		{"forwarded", "GET", MetadataPath, byMetadata, []string{"Metadata", "true", "X-Forwarded-For", "192.0.2.1"}, 400, "invalid_request", "X-Forwarded-For"},
		{"no version", "GET", MetadataPath, byCloudShell, []string{"Metadata", "true"}, 400, "invalid_request", "'api-version' is missing"},
		{"an old version", "GET", MetadataPath, with(byMetadata, "api-version", "2017-04-02"), []string{"Metadata", "true"}, 400, "invalid_request", "api-version"},
		{"no version at all", "GET", MetadataPath, with(byMetadata, "api-version", "latest"), []string{"Metadata", "true"}, 400, "invalid_request", "api-version"},
		{"no resource", "GET", MetadataPath, with(byMetadata, "resource", ""), []string{"Metadata", "true"}, 400, "invalid_request", "'resource' is missing"},
		{"no such resource", "GET", MetadataPath, with(byMetadata, "resource", "https://other.example"), []string{"Metadata", "true"}, 400, "invalid_resource", "AADSTS500011: The resource principal named https://other.example"},
		{"nobody", "GET", MetadataPath, with(byMetadata, "client_id", sharedObject), []string{"Metadata", "true"}, 400, "invalid_request", "Identity not found"},
		{"two names", "GET", MetadataPath, with(byMetadata, "client_id", sharedClient, "object_id", machineObject), []string{"Metadata", "true"}, 400, "invalid_request", "more than once"},
		{"a form that is too long", "POST", MetadataPath, with(byCloudShell, "padding", strings.Repeat("x", maxForm)), []string{"Metadata", "true"}, 400, "invalid_request", "form"},
		{"another method", "PUT", MetadataPath, byMetadata, []string{"Metadata", "true"}, 405, "invalid_request", "method"},

		{"App Service without header", "GET", AppServicePath, byAppService, nil, 401, "", "X-IDENTITY-HEADER"},
		{"App Service with the machine's header", "GET", AppServicePath, byAppService, []string{"Metadata", "true"}, 401, "", "X-IDENTITY-HEADER"},
		{"App Service with another header", "GET", AppServicePath, byAppService, []string{"X-IDENTITY-HEADER", "x"}, 401, "", "X-IDENTITY-HEADER"},
		{"App Service with the old header", "GET", AppServicePath, byAppService, []string{"secret", secret}, 401, "", "X-IDENTITY-HEADER"},
		{"the old version with the new header", "GET", AppServicePath, byFirst, []string{"X-IDENTITY-HEADER", secret}, 401, "", "secret"},
		{"App Service without version", "GET", AppServicePath, byCloudShell, []string{"X-IDENTITY-HEADER", secret}, 400, "", "api-version"},
		{"App Service, nobody", "GET", AppServicePath, with(byAppService, "client_id", tenant), []string{"X-IDENTITY-HEADER", secret}, 400, "", "Identity not found"},
		{"App Service, another method", "POST", AppServicePath + "?api-version=2019-08-01", byAppService, []string{"X-IDENTITY-HEADER", secret}, 405, "", "method"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, answer := m.call(t, test.method, test.path, test.parameters, test.headers...)
			code, _ := answer["error"].(string)
			description, _ := answer["error_description"].(string)
			if test.code == "" { // App Service's form
				description, _ = answer["message"].(string)
				if answer["statusCode"] != float64(test.status) {
					t.Errorf("%v", answer)
				}
			}
			if status != test.status || code != test.code || !strings.Contains(description, test.description) {
				t.Errorf("%d %v", status, answer)
			}
			if answer["access_token"] != nil {
				t.Error("a token")
			}
		})
	}
}

// Where nothing is named it depends on what the machine has.
func TestUnnamedIdentity(t *testing.T) {
	for _, test := range []struct {
		name       string
		principals []identityprovider.ServicePrincipal
		client     string
		want       string // in the description
	}{
		{"one, assigned", []identityprovider.ServicePrincipal{shared}, sharedClient, ""},
		{"two, assigned", []identityprovider.ServicePrincipal{shared, other}, "", "Multiple user assigned identities exist"},
		{"two and the machine's own", []identityprovider.ServicePrincipal{shared, other, machine}, machineClient, ""},
	} {
		_, answer := start(t, test.principals...).call(t, http.MethodGet, MetadataPath, byMetadata, "Metadata", "true")
		client, _ := answer["client_id"].(string)
		description, _ := answer["error_description"].(string)
		if client != test.client || !strings.Contains(description, test.want) {
			t.Errorf("%s: %v", test.name, answer)
		}
	}
}

func TestServes(t *testing.T) {
	s, err := New(Config{Provider: newProvider(t, machine), Tenant: tenant, Header: secret})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		MetadataPath: true, MetadataPath + "/": true, AppServicePath: true, AppServicePath + "/": true,
		"/metadata/endpoints": false, "/metadata/identity": false, MetadataPath + "/more": false, "/msi": false,
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if s.Serves(path) != want || (w.Code != http.StatusNotFound) != want {
			t.Errorf("%s: serves %v, %d", path, s.Serves(path), w.Code)
		}
	}
}

func TestNewRefusesConfiguration(t *testing.T) {
	second := machine
	second.ApplicationID = sharedClient
	for _, test := range []struct {
		name   string
		config Config
		want   string
	}{
		{"no provider", Config{Tenant: tenant, Header: secret}, "Provider"},
		{"no header", Config{Provider: newProvider(t, machine), Tenant: tenant}, "Header"},
		{"no such tenant", Config{Provider: newProvider(t, machine), Tenant: machineClient, Header: secret}, "Tenant"},
		{"no managed identity", Config{Provider: newProvider(t), Tenant: tenant, Header: secret}, "Tenant"},
		{"two machines", Config{Provider: newProvider(t, machine, second), Tenant: tenant, Header: secret}, "Tenant"},
	} {
		if _, err := New(test.config); err == nil || !strings.Contains(err.Error(), "imds: "+test.want) {
			t.Errorf("%s: error %v, want one that names %s", test.name, err, test.want)
		}
	}
}
