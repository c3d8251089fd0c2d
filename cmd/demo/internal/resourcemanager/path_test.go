package resourcemanager_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// No spelling of a path shows or changes what its sender may not: here, anything outside the resource group shop. The marker
// stands in everything that lies there.
func FuzzPath(f *testing.F) {
	const marker = "VAULT-CONTENT"
	s := newSite(f)
	for _, path := range []string{vault, safe, budget} {
		s.want(f, request{as: owner, method: "PATCH", path: path, body: `{"tags":{"` + marker + `":"1"}}`}, 200, "")
	}
	outside := []string{budget, vault, safe}

	for i, path := range []string{
		safe, strings.ToUpper(safe), vault, budget,
		shop + "/../Vault", shop + "/%2e%2e/Vault", shop + "%2F..%2FVault", vault + "/", "/" + vault, strings.Replace(vault, "/V", "//V", 1),
		shop + "/providers/Microsoft.Compute/virtualMachines/Web/providers/../../../../../Vault",
		shop + "/providers/Microsoft.Authorization/../../../Vault",
		strings.Replace(vault, "resourceGroups", "re\u017fourceGroups", 1), strings.Replace(vault, "Vault", "Vault;x=y", 1),
		strings.Replace(safe, "Microsoft", "M%69crosoft", 1), shop + "/providers/Microsoft.Compute/virtualMachines/Web?x=" + safe,
		shop + "/resources", primary + "/resources", primary + "/resourceGroups", web + "/start",
	} {
		f.Add(path, byte(i))
	}
	methods := []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"}
	f.Fuzz(func(t *testing.T, path string, method byte) {
		target, err := url.ParseRequestURI(path)
		if err != nil || target.Host != "" {
			return // no request has such a path
		}
		target.RawQuery = "api-version=2021-04-01"
		r := &http.Request{
			Method: methods[int(method)%len(methods)], URL: target, Body: http.NoBody,
			Header: http.Header{"Authorization": {"Bearer " + s.tokens[contributor]}, "Content-Type": {"application/json"}},
		}
		if r.Method == "PUT" || r.Method == "PATCH" {
			r.Body = httptest.NewRequest(r.Method, "/", strings.NewReader(`{"location":"local","tags":{"a":"b"}}`)).Body
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r.WithContext(t.Context()))

		if strings.Contains(w.Body.String(), marker) {
			t.Errorf("%s %q shows %s", r.Method, path, w.Body)
		}
		if w.Code < 300 && r.Method != "GET" && r.Method != "HEAD" {
			var left []string
			for _, path := range outside {
				if a := s.do(t, request{as: owner, method: "GET", path: path}); strings.Contains(a.body, marker) {
					left = append(left, path)
				}
			}
			if !slices.Equal(left, outside) {
				t.Fatalf("%s %q left only %q", r.Method, path, left)
			}
		}
	})
}
