package openid

import (
	"strings"
	"testing"
)

func TestReadMetadata(t *testing.T) {
	const document = `{"issuer":"https://adfs.example/adfs","access_token_issuer":"http://adfs.example/adfs/services/trust","jwks_uri":"https://adfs.example/adfs/discovery/keys","claims_supported":["aud"]}`
	for _, test := range []struct {
		name, body string
		want       bool
	}{
		{"as published", document, true},
		{"byte-order mark", "\xef\xbb\xbf" + document, true},
		{"white space around", "\r\n" + document + "\n", true},
		{"empty", "", false},
		{"null", "null", false},
		{"no issuer", `{"jwks_uri":"https://adfs.example/adfs/discovery/keys"}`, false},
		{"issuer empty", `{"issuer":""}`, false},
		{"issuer in other case", `{"Issuer":"https://adfs.example/adfs"}`, false},
		{"issuer no string", `{"issuer":["https://adfs.example/adfs"]}`, false},
		{"issuer twice", `{"issuer":"https://adfs.example/adfs","issuer":"https://evil.example/adfs"}`, false},
		{"cut short", document[:len(document)-1], false},
		{"data after", document + "{}", false},
		{"an error", `{"error":"invalid_tenant","error_description":"AADSTS90002"}`, false},
		{"a page", "<!DOCTYPE html>", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := readMetadata([]byte(test.body))
			if (err == nil) != test.want {
				t.Fatalf("error %v, want accepted %t", err, test.want)
			}
			want := metadata{"https://adfs.example/adfs", "http://adfs.example/adfs/services/trust", "https://adfs.example/adfs/discovery/keys"}
			if test.want && got != want {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// JWT-14: where jwks_uri may lead.
func TestJWT_14_KeysAddress(t *testing.T) {
	const adfs, entra, loopback = "https://adfs.example:8443/adfs", "https://login.example/common", "http://127.0.0.1:8080/common"
	for _, test := range []struct {
		name, authority, address string
		keyHosts                 []string
		want                     bool
	}{
		{"the authority's host", adfs, "https://adfs.example:8443/adfs/discovery/keys", nil, true},
		{"the authority's host in capitals", adfs, "https://ADFS.example:8443/adfs/discovery/keys", nil, true},
		{"with a query", entra, "https://login.example/t/discovery/keys?appid=1", nil, true},
		{"another port", adfs, "https://adfs.example:9443/adfs/discovery/keys", nil, false},
		{"another host", adfs, "https://evil.example/adfs/discovery/keys", nil, false},
		{"a host that begins alike", entra, "https://login.example.evil.example/keys", nil, false},
		{"a host below", entra, "https://keys.login.example/keys", nil, false},
		{"the host as a user name", entra, "https://login.example@evil.example/keys", nil, false},
		{"a user name", entra, "https://user@login.example/keys", nil, false},
		{"a fragment", entra, "https://login.example/keys#x", nil, false},
		{"plain http", entra, "http://login.example/keys", nil, false},
		{"another scheme", entra, "file://login.example/keys", nil, false},
		{"relative", entra, "/discovery/keys", nil, false},
		{"relative to the scheme", entra, "//login.example/discovery/keys", nil, false},
		{"empty", entra, "", nil, false},
		{"no URL", entra, "https://login.example/%zz", nil, false},
		{"Microsoft's host, for Entra ID", entra, "https://login.microsoftonline.com/common/discovery/keys", nil, true},
		{"Microsoft's host in China, for Entra ID", entra, "https://login.PARTNER.microsoftonline.cn/common/discovery/keys", nil, true},
		{"Microsoft's host with a port", entra, "https://login.microsoftonline.com:8443/common/discovery/keys", nil, false},
		{"Microsoft's host, for AD FS", adfs, "https://login.microsoftonline.com/common/discovery/keys", nil, false},
		{"a configured host", adfs, "https://keys.example/k", []string{"Keys.example"}, true},
		{"a configured host with its port", adfs, "https://keys.example:1/k", []string{"keys.example:1"}, true},
		{"a configured host with another port", adfs, "https://keys.example:2/k", []string{"keys.example:1"}, false},
		{"a configured host in plain http", adfs, "http://keys.example/k", []string{"keys.example"}, false},
		{"loopback in plain http", loopback, "http://127.0.0.1:8080/keys", nil, true},
		{"loopback in plain http, another port", loopback, "http://127.0.0.1:9090/keys", nil, false},
		{"loopback in plain http, configured port", loopback, "http://127.0.0.1:9090/keys", []string{"127.0.0.1:9090"}, true},
		{"away from loopback in plain http", loopback, "http://keys.example/keys", []string{"keys.example"}, false},
		{"loopback in plain http, the authority is not", entra, "http://127.0.0.1:8080/keys", []string{"127.0.0.1:8080"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := NewProvider(ProviderConfig{Authority: test.authority, KeyHosts: test.keyHosts, Transport: unreachable{}})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			err = p.checkKeysAddress(test.address)
			if (err == nil) != test.want {
				t.Fatalf("error %v, want allowed %t", err, test.want)
			}
			if err != nil && !strings.Contains(err.Error(), "jwks_uri") {
				t.Errorf("error %q does not name jwks_uri", err)
			}
		})
	}
}
