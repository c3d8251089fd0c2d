package openid

import (
	"crypto/x509"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

func TestDiscover(t *testing.T) {
	const (
		hub      = "https://management.local.azurestack.external"
		audience = "https://management.adfs.azurestack.local/5e2f9a0c-3d41-4f0b-9c55-8f6a1c7f2b10"
		first    = `{"galleryEndpoint":"https://gallery.example:30016/","graphEndpoint":"https://graph.local.azurestack.external/","portalEndpoint":"https://portal.example/",` +
			`"authentication":{"loginEndpoint":"https://adfs.local.azurestack.external/adfs","audiences":["` + audience + `"]}}`
		public = `{"name":"AzureCloud","resourceManager":"https://management.azure.com/","graph":"https://graph.windows.net/",` +
			`"authentication":{"loginEndpoint":"https://login.microsoftonline.com/","audiences":["https://management.core.windows.net/","https://management.azure.com/"],"tenant":"common","identityProvider":"AAD"}}`
		stack = `{"name":"AzureStack-Admin","resourceManager":"` + hub + `/","graph":"https://graph.local.azurestack.external/",` +
			`"authentication":{"loginEndpoint":"https://sts.contoso.example","audiences":["` + audience + `"],"identityProvider":"ADFS"}}`
	)
	adfs := Installation{LoginEndpoint: "https://adfs.local.azurestack.external/adfs", Audiences: []string{audience}, Graph: "https://graph.local.azurestack.external/", ADFS: true}
	azure := Installation{LoginEndpoint: "https://login.microsoftonline.com", Audiences: []string{"https://management.core.windows.net/", "https://management.azure.com/"}, Graph: "https://graph.windows.net/"}
	login := func(endpoint string) string {
		return `{"authentication":{"loginEndpoint":"` + endpoint + `","audiences":["` + audience + `"]}}`
	}
	for _, test := range []struct {
		name, url, body string
		want            Installation
		wantError       string // "" when want is answered
	}{
		{"AD FS", hub, first, adfs, ""},
		{"slash at the end of the URL", hub + "/", first, adfs, ""},
		{"byte-order mark", hub, "\xef\xbb\xbf" + first, adfs, ""},
		{"AD FS in capitals, slash at the end", hub, login("https://adfs.example/ADFS/"), Installation{LoginEndpoint: "https://adfs.example/ADFS", Audiences: []string{audience}, ADFS: true}, ""},
		{"AD FS with the tenant", hub, login("https://adfs.example/adfs/" + testTenant + "/"), Installation{LoginEndpoint: "https://adfs.example/adfs/" + testTenant, Audiences: []string{audience}, ADFS: true}, ""},
		{"Entra ID", hub, login("https://login.windows.net/"), Installation{LoginEndpoint: "https://login.windows.net", Audiences: []string{audience}}, ""},
		{"Entra ID on a host called adfs", hub, login("https://adfs.example/"), Installation{LoginEndpoint: "https://adfs.example", Audiences: []string{audience}}, ""},
		{"an array of one cloud", "https://management.azure.com", "[" + public + "]", azure, ""},
		{"an array of clouds, white space around", "https://management.azure.com", "\r\n [" + stack + "," + public + "]\n", azure, ""},
		{"an array of clouds, AD FS by its word", "https://MANAGEMENT.local.azurestack.external/", "[" + public + "," + stack + "]",
			Installation{LoginEndpoint: "https://sts.contoso.example", Audiences: []string{audience}, Graph: "https://graph.local.azurestack.external/", ADFS: true}, ""},

		{"no URL", "", "", Installation{}, "resourceManagerURL: is required"},
		{"plain http", "http://management.example", "", Installation{}, "resourceManagerURL: "},
		{"a query in the URL", hub + "?api-version=2015-01-01", "", Installation{}, "resourceManagerURL: "},
		{"no JSON", hub, "<html>", Installation{}, "/metadata/endpoints"},
		{"empty", hub, "", Installation{}, "/metadata/endpoints"},
		{"null", hub, "null", Installation{}, "loginEndpoint"},
		{"an empty array", hub, "[]", Installation{}, "none of 0 clouds"},
		{"none of the clouds", hub, "[" + public + "," + public + "]", Installation{}, "none of 2 clouds"},
		{"no login endpoint", hub, `{"authentication":{"audiences":["a"]}}`, Installation{}, "loginEndpoint: is required"},
		{"login endpoint in plain http", hub, login("http://login.example/"), Installation{}, "loginEndpoint"},
		{"no audiences", hub, `{"authentication":{"loginEndpoint":"https://login.example"}}`, Installation{}, "audiences"},
		{"audiences empty", hub, `{"authentication":{"loginEndpoint":"https://login.example","audiences":[]}}`, Installation{}, "audiences"},
		{"audiences a string", hub, `{"authentication":{"loginEndpoint":"https://login.example","audiences":"a"}}`, Installation{}, "audiences"},
	} {
		t.Run(test.name, func(t *testing.T) {
			transport := served(func(r *http.Request) *http.Response {
				if r.URL.Path != "/metadata/endpoints" || r.URL.RawQuery != "api-version=2015-01-01" || r.Header.Get("Authorization") != "" {
					t.Errorf("asked for %s with %v", r.URL, r.Header)
				}
				return answer(200, strings.NewReader(test.body))
			})
			got, err := Discover(t.Context(), test.url, DiscoverConfig{Transport: transport})
			switch {
			case test.wantError == "" && err != nil:
				t.Error(err)
			case test.wantError == "" && !reflect.DeepEqual(got, test.want):
				t.Errorf("got %+v, want %+v", got, test.want)
			case test.wantError != "" && err == nil:
				t.Errorf("accepted as %+v", got)
			case test.wantError != "" && !strings.Contains(err.Error(), test.wantError):
				t.Errorf("error %q, want %q in it", err, test.wantError)
			}
		})
	}
	for _, test := range []struct {
		name   string
		config DiscoverConfig
		want   string
	}{
		{"unreachable", DiscoverConfig{Transport: unreachable{}}, "no route to host"},
		{"status", DiscoverConfig{Transport: served(func(*http.Request) *http.Response { return answer(500, strings.NewReader(first)) })}, "status 500"},
		{"too long", DiscoverConfig{Transport: served(func(*http.Request) *http.Response { return answer(200, &endless{}) })}, "longer than"},
		{"two sets of CAs", DiscoverConfig{Transport: unreachable{}, RootCAs: x509.NewCertPool()}, "DiscoverConfig.RootCAs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Discover(t.Context(), hub, test.config); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q in it", err, test.want)
			}
		})
	}
}

// What Discover answers is what NewProvider takes.
func TestInstallation_Authority(t *testing.T) {
	for _, test := range []struct {
		name         string
		installation Installation
		want         string
		wantType     AuthorityType
	}{
		{"AD FS", Installation{LoginEndpoint: "https://adfs.example/adfs", ADFS: true}, "https://adfs.example/adfs", ADFS},
		{"AD FS with the tenant", Installation{LoginEndpoint: "https://adfs.example/adfs/" + testTenant, ADFS: true}, "https://adfs.example/adfs/" + testTenant, ADFS},
		{"Entra ID", Installation{LoginEndpoint: "https://login.windows.net"}, "https://login.windows.net/" + testTenant, EntraV1},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := test.installation.Authority(testTenant)
			if got != test.want {
				t.Errorf("authority %q, want %q", got, test.want)
			}
			if a, err := parseAuthority(ProviderConfig{Authority: got}); err != nil || a.kind != test.wantType {
				t.Errorf("as an authority: %v, %v", a.kind, err)
			}
		})
	}
}
