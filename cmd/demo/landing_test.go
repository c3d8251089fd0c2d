package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"hubgate.example/openid"
)

func landingPageOf(t *testing.T, d *demo) (http.Header, string) {
	t.Helper()
	response, err := http.Get(d.plain + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%d, %s", response.StatusCode, response.Header.Get("Content-Type"))
	}
	return response.Header, string(page)
}

func TestLandingPage(t *testing.T) {
	d := start(t)
	header, page := landingPageOf(t, d)
	for _, want := range []string{d.url, d.plain, "token --as reader", "curl -sS", "/adfs/.well-known/openid-configuration", "-H &#34;Authorization"} {
		if !strings.Contains(page, want) {
			t.Errorf("lacks %s:\n%s", want, page)
		}
	}
	if secret := regexpSecret.FindString(page); secret != "" {
		t.Errorf("has the secret %s", secret)
	}
	if policy := header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(page, "<script") {
		t.Errorf("a page that may run scripts: %s\n%s", policy, page)
	}
}

func TestLandingPageOfAnExternalAuthority(t *testing.T) {
	p := startProvider(t, openid.ADFS)
	d := start(t, "--authority", p.Authority(), "--audience", someAudience+"<b>", "--ca-file", p.caFile)
	_, page := landingPageOf(t, d)
	if strings.Contains(page, "/adfs/.well-known/") || strings.Contains(page, "<b>") || !strings.Contains(page, p.Authority()) {
		t.Error(page)
	}
}
