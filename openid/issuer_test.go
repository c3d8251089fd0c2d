package openid

import (
	"net/url"
	"strings"
	"testing"
)

func TestIssuerPattern_Match(t *testing.T) {
	const v1, v2 = "https://sts.windows.net/{tenantid}/", "https://login.microsoftonline.com/{tenantid}/v2.0"
	upper := strings.ToUpper(testTenant)
	for _, test := range []struct {
		name, pattern, iss string
		want               bool
		wantTenant         string
	}{
		{"exact", "http://adfs.example/adfs/services/trust", "http://adfs.example/adfs/services/trust", true, ""},
		{"exact, other case", "http://adfs.example/adfs/services/trust", "http://adfs.example/ADFS/services/trust", false, ""},
		{"exact, slash added", "http://adfs.example/adfs/services/trust", "http://adfs.example/adfs/services/trust/", false, ""},
		{"exact, other scheme", "http://adfs.example/adfs/services/trust", "https://adfs.example/adfs/services/trust", false, ""},
		{"exact, of a tenant", "https://sts.windows.net/" + upper + "/", "https://sts.windows.net/" + upper + "/", true, testTenant},
		{"exact, of a tenant in other case", "https://sts.windows.net/" + upper + "/", "https://sts.windows.net/" + testTenant + "/", false, testTenant},
		{"template", v1, "https://sts.windows.net/" + testTenant + "/", true, testTenant},
		{"template, tenant as written", v1, "https://sts.windows.net/" + upper + "/", true, upper},
		{"template, v2", v2, "https://login.microsoftonline.com/" + testTenant + "/v2.0", true, testTenant},
		{"template, slash left out", v1, "https://sts.windows.net/" + testTenant, false, ""},
		{"template, slash added", v2, "https://login.microsoftonline.com/" + testTenant + "/v2.0/", false, ""},
		{"template, other case around", v1, "https://STS.windows.net/" + testTenant + "/", false, ""},
		{"template, the placeholder itself", v1, "https://sts.windows.net/{tenantid}/", false, ""},
		{"template, no GUID", v1, "https://sts.windows.net/contoso.onmicrosoft.com/", false, ""},
		{"template, empty", v1, "https://sts.windows.net//", false, ""},
		{"template, two segments of a GUID's length", v1, "https://sts.windows.net/3c0f9a52-6b1e-4d2f-9a57/1f2e3d4c5b6a/", false, ""},
		{"template, more after the tenant", v1, "https://sts.windows.net/" + testTenant + "/x/", false, ""},
		{"template, more before the tenant", v1, "https://sts.windows.net/x/" + testTenant + "/", false, ""},
		{"template, prefix and suffix overlap", v1, "https://sts.windows.net/", false, ""},
		{"template, nothing", v1, "", false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			tenant, ok := newIssuerPattern(test.pattern).match(test.iss)
			if ok != test.want {
				t.Fatalf("match(%q) = %t, want %t", test.iss, ok, test.want)
			}
			if ok && tenant != test.wantTenant {
				t.Errorf("tenant %q, want %q", tenant, test.wantTenant)
			}
		})
	}
}

func TestConfiguredIssuers(t *testing.T) {
	const one, many, adfs = "https://login.example/" + testTenant, "https://login.example/common", "https://adfs.example/adfs"
	for _, test := range []struct {
		name      string
		authority string
		issuers   []string
		wantError string // "" when accepted
	}{
		{"none", one, nil, ""},
		{"of the authority's tenant", one, []string{"https://sts.windows.net/" + testTenant + "/"}, ""},
		{"of the authority's tenant, in capitals", one, []string{"https://sts.windows.net/" + strings.ToUpper(testTenant) + "/"}, ""},
		{"without a tenant, of one", one, []string{"https://login.contoso.example/"}, ""},
		{"a template for many", many, []string{"https://sts.windows.net/{tenantid}/"}, ""},
		{"one of many", many, []string{"https://sts.windows.net/" + testTenant + "/", "https://sts.windows.net/" + otherTenant + "/"}, ""},
		{"AD FS with plain http", adfs, []string{"http://adfs.example/adfs/services/trust", "https://adfs.example/adfs"}, ""},
		{"AD FS of another host", adfs, []string{"http://sts.contoso.example/adfs/services/trust"}, ""},

		{"empty", one, []string{""}, "Issuers[0]"},
		{"no URL", one, []string{"https://sts.windows.net/" + testTenant + "/", "https://%zz/"}, "Issuers[1]"},
		{"no scheme", adfs, []string{"adfs.example/adfs"}, "Issuers[0]"},
		{"no host", adfs, []string{"https:///adfs"}, "Issuers[0]"},
		{"other scheme", adfs, []string{"urn:adfs"}, "Issuers[0]"},
		{"two places for the tenant", many, []string{"https://{tenantid}/{tenantid}/"}, "Issuers[0]"},
		{"two places for the tenant, in the path", many, []string{"https://sts.windows.net/{tenantid}/{tenantid}/"}, "Issuers[0]"},
		{"a template for one", one, []string{"https://sts.windows.net/{tenantid}/"}, "Issuers[0]"},
		{"a template for AD FS", adfs, []string{"https://adfs.example/{tenantid}"}, "Issuers[0]"},
		{"of another tenant", one, []string{"https://sts.windows.net/" + otherTenant + "/"}, "Issuers[0]"},
		{"without a tenant, of many", many, []string{"https://login.contoso.example/"}, "Issuers[0]"},
		{"consumers", many, []string{"https://login.microsoftonline.com/" + strings.ToUpper(consumerTenant) + "/v2.0"}, "Issuers[0]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := parseAuthority(ProviderConfig{Authority: test.authority})
			if err != nil {
				t.Fatal(err)
			}
			got, err := configuredIssuers(test.issuers, a)
			switch {
			case test.wantError == "" && err != nil:
				t.Fatal(err)
			case test.wantError == "" && len(got) != len(test.issuers):
				t.Errorf("%d patterns of %d issuers", len(got), len(test.issuers))
			case test.wantError != "" && err == nil:
				t.Fatal("accepted")
			case test.wantError != "" && !strings.HasPrefix(err.Error(), "openid: ProviderConfig."+test.wantError+": "):
				t.Errorf("error %q does not name the field %s", err, test.wantError)
			}
		})
	}
}

// ADFS-01, MS-02, ASVS-10.5.3: what the metadata may say about the issuer of access tokens.
func TestMS_02_PublishedIssuer(t *testing.T) {
	const (
		v1, v2         = "https://login.example/" + testTenant, "https://login.example/" + testTenant + "/v2.0"
		many1, many2   = "https://login.example/common", "https://login.example/organizations/v2.0"
		adfs, loopback = "https://adfs.example/adfs", "http://127.0.0.1:8080/" + testTenant
	)
	upper := strings.ToUpper(testTenant)
	for _, test := range []struct {
		name      string
		authority string
		metadata  metadata
		want      string // "" is a refusal
	}{
		{"v1", v1, metadata{Issuer: "https://sts.windows.net/" + testTenant + "/"}, "https://sts.windows.net/" + testTenant + "/"},
		{"v1, tenant in capitals", v1, metadata{Issuer: "https://sts.windows.net/" + upper + "/"}, "https://sts.windows.net/" + upper + "/"},
		{"v1, template for one tenant", v1, metadata{Issuer: "https://sts.windows.net/{tenantid}/"}, "https://sts.windows.net/" + testTenant + "/"},
		{"v1, many", many1, metadata{Issuer: "https://sts.chinacloudapi.cn/{tenantid}/"}, "https://sts.chinacloudapi.cn/{tenantid}/"},
		{"v1, slash left out", v1, metadata{Issuer: "https://sts.windows.net/" + testTenant}, ""},
		{"v1, of another tenant", v1, metadata{Issuer: "https://sts.windows.net/" + otherTenant + "/"}, ""},
		{"v1, of v2", v1, metadata{Issuer: "https://login.microsoftonline.com/" + testTenant + "/v2.0"}, ""},
		{"v1, plain http", v1, metadata{Issuer: "http://sts.windows.net/" + testTenant + "/"}, ""},
		{"v1, plain http on loopback", loopback, metadata{Issuer: "http://127.0.0.1:8080/" + testTenant + "/"}, "http://127.0.0.1:8080/" + testTenant + "/"},
		{"v1, other scheme on loopback", loopback, metadata{Issuer: "ftp://127.0.0.1:8080/" + testTenant + "/"}, ""},
		{"v1, query", v1, metadata{Issuer: "https://sts.windows.net/" + testTenant + "/?x"}, ""},
		{"v1, fragment", v1, metadata{Issuer: "https://sts.windows.net/" + testTenant + "/#x"}, ""},
		{"v1, no host", v1, metadata{Issuer: "https:///" + testTenant + "/"}, ""},
		{"v1, no URL", v1, metadata{Issuer: "https://%zz/" + testTenant + "/"}, ""},
		{"v1, more before the tenant", v1, metadata{Issuer: "https://sts.windows.net/x/" + testTenant + "/"}, ""},
		{"v1, many, one tenant's", many1, metadata{Issuer: "https://sts.windows.net/" + testTenant + "/"}, ""},
		{"v1, access_token_issuer is AD FS's", v1, metadata{Issuer: "https://sts.windows.net/" + otherTenant + "/", AccessTokenIssuer: "https://sts.windows.net/" + testTenant + "/"}, ""},
		{"v2", v2, metadata{Issuer: "https://login.microsoftonline.com/" + testTenant + "/v2.0"}, "https://login.microsoftonline.com/" + testTenant + "/v2.0"},
		{"v2, many", many2, metadata{Issuer: "https://login.microsoftonline.com/{tenantid}/v2.0"}, "https://login.microsoftonline.com/{tenantid}/v2.0"},
		{"v2, slash added", v2, metadata{Issuer: "https://login.microsoftonline.com/" + testTenant + "/v2.0/"}, ""},
		{"v2, of v1", v2, metadata{Issuer: "https://sts.windows.net/" + testTenant + "/"}, ""},
		{"v2, placeholder elsewhere", many2, metadata{Issuer: "https://login.microsoftonline.com/v2.0?{tenantid}"}, ""},
		{"AD FS", adfs, metadata{Issuer: "https://adfs.example/adfs", AccessTokenIssuer: "http://adfs.example/adfs/services/trust"}, "http://adfs.example/adfs/services/trust"},
		{"AD FS, host in capitals", adfs, metadata{Issuer: "https://adfs.example/adfs", AccessTokenIssuer: "http://ADFS.example/adfs/services/trust"}, "http://ADFS.example/adfs/services/trust"},
		{"AD FS, only issuer", adfs, metadata{Issuer: "https://adfs.example/adfs"}, "https://adfs.example/adfs"},
		{"AD FS, other host", adfs, metadata{Issuer: "https://adfs.example/adfs", AccessTokenIssuer: "http://adfs.example.evil.example/adfs/services/trust"}, ""},
		{"AD FS, other host in issuer", adfs, metadata{Issuer: "https://evil.example/adfs"}, ""},
		{"AD FS, no URL", adfs, metadata{Issuer: "https://adfs.example/adfs", AccessTokenIssuer: "urn:adfs.example"}, ""},
		{"AD FS, template", adfs, metadata{Issuer: "https://adfs.example/adfs", AccessTokenIssuer: "http://adfs.example/adfs/{tenantid}/trust"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, err := parseAuthority(ProviderConfig{Authority: test.authority})
			if err != nil {
				t.Fatal(err)
			}
			got, err := publishedIssuer(test.metadata, a)
			switch {
			case test.want == "" && err == nil:
				t.Errorf("accepted %q", got.text)
			case test.want != "" && err != nil:
				t.Error(err)
			case got.text != test.want:
				t.Errorf("issuer %q, want %q", got.text, test.want)
			}
		})
	}
}

func TestPin(t *testing.T) {
	const adfs = "https://adfs.example/adfs"
	first := metadata{Issuer: adfs, AccessTokenIssuer: "http://adfs.example/adfs/services/trust"}
	for _, test := range []struct {
		name       string
		configured []string
		next       metadata
		wantError  string // "" when the pins stay in force
	}{
		{"the same again", nil, first, ""},
		{"other access_token_issuer", nil, metadata{Issuer: adfs, AccessTokenIssuer: "http://adfs.example/adfs/services/other"}, "issuer of access tokens is now"},
		{"access_token_issuer gone", nil, metadata{Issuer: adfs}, "issuer of access tokens is now"},
		{"other issuer", nil, metadata{Issuer: adfs + "/", AccessTokenIssuer: first.AccessTokenIssuer}, "issuer is now"},
		{"configured, the same again", []string{adfs}, first, ""},
		{"configured, other access_token_issuer", []string{adfs}, metadata{Issuer: adfs, AccessTokenIssuer: "http://evil.example/"}, ""},
		{"configured, other issuer", []string{adfs}, metadata{Issuer: adfs + "/"}, "issuer is now"},
	} {
		t.Run(test.name, func(t *testing.T) {
			u, err := url.Parse(adfs)
			if err != nil {
				t.Fatal(err)
			}
			a := authority{url: u, kind: ADFS, tenant: "adfs"}
			p := &Provider{authority: a}
			if p.configured, err = configuredIssuers(test.configured, a); err != nil {
				t.Fatal(err)
			}
			old, err := p.pin(first, nil)
			if err != nil {
				t.Fatal(err)
			}
			again, err := p.pin(test.next, old)
			switch {
			case test.wantError == "" && (err != nil || again != old):
				t.Errorf("pins changed or refused: %v", err)
			case test.wantError != "" && (err == nil || !strings.Contains(err.Error(), test.wantError)):
				t.Errorf("error %v, want %q", err, test.wantError)
			}
		})
	}
}

func TestPins_ExactBeforeTemplate(t *testing.T) {
	p := &Provider{}
	if _, ok := p.origin("https://sts.windows.net/" + testTenant + "/"); ok {
		t.Error("no pins match an issuer")
	}
	p.pins.Store(&pins{issuers: []issuerPattern{
		newIssuerPattern("https://sts.windows.net/{tenantid}/"),
		newIssuerPattern("https://sts.windows.net/" + testTenant + "/"),
	}})
	for _, test := range []struct {
		iss          string
		want         bool
		wantTemplate bool
	}{
		{"https://sts.windows.net/" + testTenant + "/", true, false},
		{"https://sts.windows.net/" + otherTenant + "/", true, true},
		{"https://sts.windows.net/", false, false},
	} {
		from, ok := p.origin(test.iss)
		if ok != test.want || from.template != test.wantTemplate {
			t.Errorf("origin(%q): %t, template %t; want %t, template %t", test.iss, ok, from.template, test.want, test.wantTemplate)
		}
	}
}
