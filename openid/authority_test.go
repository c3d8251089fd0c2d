package openid

import (
	"strings"
	"testing"
)

const (
	testTenant  = "3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6a"
	otherTenant = "7d1a0b63-7c2f-4e30-8b68-203f4e5d6c7b"
)

func TestParseAuthority(t *testing.T) {
	upper := strings.ToUpper(testTenant)
	for _, test := range []struct {
		name       string
		config     ProviderConfig
		wantKind   AuthorityType
		wantTenant string
		wantURL    string
	}{
		{"Entra v1", ProviderConfig{Authority: "https://login.microsoftonline.com/" + testTenant}, EntraV1, testTenant, "https://login.microsoftonline.com/" + testTenant},
		{"Entra v1, trailing slash", ProviderConfig{Authority: "https://login.microsoftonline.com/" + testTenant + "/"}, EntraV1, testTenant, "https://login.microsoftonline.com/" + testTenant},
		{"Entra v1, tenant in capitals", ProviderConfig{Authority: "https://login.microsoftonline.com/" + upper}, EntraV1, testTenant, "https://login.microsoftonline.com/" + upper},
		{"Entra v1, common", ProviderConfig{Authority: "https://login.microsoftonline.com/common"}, EntraV1, "", "https://login.microsoftonline.com/common"},
		{"Entra v1, organizations", ProviderConfig{Authority: "https://login.windows.net/Organizations"}, EntraV1, "", "https://login.windows.net/Organizations"},
		{"Entra v2", ProviderConfig{Authority: "https://login.microsoftonline.com/" + testTenant + "/v2.0"}, EntraV2, testTenant, "https://login.microsoftonline.com/" + testTenant + "/v2.0"},
		{"Entra v2, common", ProviderConfig{Authority: "https://login.chinacloudapi.cn/common/v2.0/"}, EntraV2, "", "https://login.chinacloudapi.cn/common/v2.0"},
		{"Entra v2, organizations", ProviderConfig{Authority: "https://login.microsoftonline.us/organizations/v2.0"}, EntraV2, "", "https://login.microsoftonline.us/organizations/v2.0"},
		{"Entra v2, named", ProviderConfig{Authority: "https://sign-in.example/" + testTenant + "/v2.0", Type: EntraV2}, EntraV2, testTenant, "https://sign-in.example/" + testTenant + "/v2.0"},
		{"Entra by path, whatever the host is called", ProviderConfig{Authority: "https://adfs.example/" + testTenant}, EntraV1, testTenant, "https://adfs.example/" + testTenant},
		{"AD FS", ProviderConfig{Authority: "https://adfs.local.azurestack.external/adfs"}, ADFS, "adfs", "https://adfs.local.azurestack.external/adfs"},
		{"AD FS by path, whatever the host is called", ProviderConfig{Authority: "https://login.microsoftonline.com/adfs"}, ADFS, "adfs", "https://login.microsoftonline.com/adfs"},
		{"AD FS in capitals", ProviderConfig{Authority: "https://sts.example/ADFS/"}, ADFS, "adfs", "https://sts.example/ADFS"},
		{"AD FS, tenant in the path", ProviderConfig{Authority: "https://adfs.example/adfs/" + upper + "/"}, ADFS, testTenant, "https://adfs.example/adfs/" + upper},
		{"AD FS, the clients' word in the path", ProviderConfig{Authority: "https://adfs.example/adfs/adfs"}, ADFS, "adfs", "https://adfs.example/adfs/adfs"},
		{"AD FS, tenant configured", ProviderConfig{Authority: "https://adfs.example/adfs", Tenant: upper}, ADFS, testTenant, "https://adfs.example/adfs"},
		{"AD FS, the same tenant twice", ProviderConfig{Authority: "https://adfs.example/adfs/" + testTenant, Tenant: upper}, ADFS, testTenant, "https://adfs.example/adfs/" + testTenant},
		{"http on localhost", ProviderConfig{Authority: "http://localhost:8080/adfs"}, ADFS, "adfs", "http://localhost:8080/adfs"},
		{"http on 127.0.0.1", ProviderConfig{Authority: "http://127.0.0.1:8080/common"}, EntraV1, "", "http://127.0.0.1:8080/common"},
		{"http on ::1", ProviderConfig{Authority: "http://[::1]:8080/common/v2.0"}, EntraV2, "", "http://[::1]:8080/common/v2.0"},
		{"a port", ProviderConfig{Authority: "https://adfs.example:8443/adfs"}, ADFS, "adfs", "https://adfs.example:8443/adfs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseAuthority(test.config)
			if err != nil {
				t.Fatal(err)
			}
			if got.kind != test.wantKind {
				t.Errorf("kind %q, want %q", got.kind, test.wantKind)
			}
			if got.tenant != test.wantTenant {
				t.Errorf("tenant %q, want %q", got.tenant, test.wantTenant)
			}
			if got.manyTenants() != (test.wantTenant == "") {
				t.Errorf("manyTenants %t with tenant %q", got.manyTenants(), got.tenant)
			}
			if got.url.String() != test.wantURL {
				t.Errorf("url %s, want %s", got.url, test.wantURL)
			}
		})
	}
}

func TestParseAuthority_Refused(t *testing.T) {
	const authority, tenant, kind = "ProviderConfig.Authority: ", "ProviderConfig.Tenant: ", "ProviderConfig.Type: "
	for _, test := range []struct {
		name      string
		config    ProviderConfig
		wantField string
		wantWords string
	}{
		{"nothing", ProviderConfig{}, authority, "is required"},
		{"no URL", ProviderConfig{Authority: "https://login.example/%zz"}, authority, "is not a URL"},
		{"no scheme", ProviderConfig{Authority: "login.microsoftonline.com/common"}, authority, "is not an https URL"},
		{"another scheme", ProviderConfig{Authority: "ftp://login.example/common"}, authority, "is not an https URL"},
		{"no host", ProviderConfig{Authority: "https:///common"}, authority, "has no host"},
		{"only a port", ProviderConfig{Authority: "https://:8443/common"}, authority, "has no host"},
		{"opaque", ProviderConfig{Authority: "https:login.example/common"}, authority, "has no host"},
		{"http", ProviderConfig{Authority: "http://login.example/common"}, authority, "use https"},
		{"http on a name that only begins like loopback", ProviderConfig{Authority: "http://127.0.0.1.example/common"}, authority, "use https"},
		{"http on every address", ProviderConfig{Authority: "http://0.0.0.0/common"}, authority, "use https"},
		{"user name", ProviderConfig{Authority: "https://user@login.example/common"}, authority, "user name or password"},
		{"query", ProviderConfig{Authority: "https://login.example/common?appid=1"}, authority, "no query"},
		{"empty query", ProviderConfig{Authority: "https://login.example/common?"}, authority, "no query"},
		{"fragment", ProviderConfig{Authority: "https://login.example/common#here"}, authority, "no fragment"},
		{"encoded slash", ProviderConfig{Authority: "https://login.example/a%2fb"}, authority, "not plain"},
		{"empty segment", ProviderConfig{Authority: "https://login.example/common//"}, authority, "not plain"},
		{"dot segment", ProviderConfig{Authority: "https://login.example/adfs/.."}, authority, "not plain"},
		{"encoded dot segment", ProviderConfig{Authority: "https://login.example/adfs/%2e"}, authority, "not plain"},

		{"unknown type", ProviderConfig{Authority: "https://login.example/common", Type: "okta"}, kind, `"okta" is none of`},
		{"no tenant", ProviderConfig{Authority: "https://login.example"}, authority, "https://{host}/{tenant}"},
		{"no tenant, slash", ProviderConfig{Authority: "https://login.example/"}, authority, "https://{host}/{tenant}"},
		{"more than a tenant", ProviderConfig{Authority: "https://login.example/a/" + testTenant}, authority, "https://{host}/{tenant}"},
		{"v2 without tenant", ProviderConfig{Authority: "https://login.example/v2.0"}, authority, "https://{host}/{tenant}/v2.0"},
		{"v2 by type only", ProviderConfig{Authority: "https://login.example/common", Type: EntraV2}, authority, "https://{host}/{tenant}/v2.0"},
		{"v1 by type only", ProviderConfig{Authority: "https://login.example/common/v2.0", Type: EntraV1}, authority, "https://{host}/{tenant}"},
		{"consumers", ProviderConfig{Authority: "https://login.example/consumers"}, authority, "consumer accounts"},
		{"consumers in capitals", ProviderConfig{Authority: "https://login.example/CONSUMERS/v2.0"}, authority, "consumer accounts"},
		{"the consumers' tenant", ProviderConfig{Authority: "https://login.example/" + consumerTenant}, authority, "consumer accounts"},
		{"the consumers' tenant in capitals", ProviderConfig{Authority: "https://login.example/" + strings.ToUpper(consumerTenant) + "/v2.0"}, authority, "consumer accounts"},
		{"a tenant's domain name", ProviderConfig{Authority: "https://login.example/contoso.onmicrosoft.com"}, authority, "none of"},
		{"a GUID in braces", ProviderConfig{Authority: "https://login.example/{" + testTenant + "}"}, authority, "not plain"},
		{"the zero GUID", ProviderConfig{Authority: "https://login.example/" + zeroGUID}, authority, "none of"},
		{"Tenant with Entra ID", ProviderConfig{Authority: "https://login.example/common", Tenant: testTenant}, tenant, "is for AD FS"},

		{"AD FS by type only", ProviderConfig{Authority: "https://adfs.example/common", Type: ADFS}, authority, "https://{host}/adfs"},
		{"AD FS without a path", ProviderConfig{Authority: "https://adfs.example", Type: ADFS}, authority, "https://{host}/adfs"},
		{"more than a tenant with AD FS", ProviderConfig{Authority: "https://adfs.example/adfs/services/trust"}, authority, "https://{host}/adfs"},
		{"no tenant id in AD FS's path", ProviderConfig{Authority: "https://adfs.example/adfs/a%20b"}, authority, `"a b" is not a tenant id`},
		{"the zero GUID in AD FS's path", ProviderConfig{Authority: "https://adfs.example/adfs/" + zeroGUID}, authority, "is not a tenant id"},
		{"no tenant id", ProviderConfig{Authority: "https://adfs.example/adfs", Tenant: "a/b"}, tenant, `"a/b" is not a tenant id`},
		{"blank tenant id", ProviderConfig{Authority: "https://adfs.example/adfs", Tenant: " "}, tenant, `" " is not a tenant id`},
		{"the zero GUID as an AD FS's tenant", ProviderConfig{Authority: "https://adfs.example/adfs", Tenant: zeroGUID}, tenant, "is not a tenant id"},
		{"two tenants", ProviderConfig{Authority: "https://adfs.example/adfs/" + testTenant, Tenant: otherTenant}, tenant, "is not the tenant in Authority"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseAuthority(test.config)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.HasPrefix(err.Error(), "openid: "+test.wantField) || !strings.Contains(err.Error(), test.wantWords) {
				t.Errorf("error %q, want it to begin with %q and to say %q", err, "openid: "+test.wantField, test.wantWords)
			}
		})
	}
}

// A password that strayed into a URL must not stand in the error, which ends up in logs.
func TestParseAuthority_QuotesNoPassword(t *testing.T) {
	for _, authority := range []string{
		"https://user:hunter2@login.example/common",
		"http://user:hunter2@login.example/common",
		"ftp://user:hunter2@login.example/common",
		"https://user:hunter2%zz@login.example/common",
		"https://user:hunter2@login.example/%zz",
		"https://user:hunter2@login.example:port/common",
	} {
		_, err := parseAuthority(ProviderConfig{Authority: authority})
		if err == nil {
			t.Errorf("%s: accepted", authority)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error quotes the password: %v", err)
		}
	}
}
