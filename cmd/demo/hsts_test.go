package main

import (
	"net/http"
	"testing"
)

// Neither Resource Manager's answers nor the gate's may pin localhost to HTTPS in a browser.
func TestNoHSTSForLocalhost(t *testing.T) {
	d := start(t)
	for name, token := range map[string]string{"allowed": d.token(t, "owner"), "refused": "nonsense"} {
		request, err := http.NewRequest(http.MethodGet, d.url+production+version, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := d.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if hsts := response.Header.Get("Strict-Transport-Security"); hsts != "" {
			t.Errorf("%s (%d): Strict-Transport-Security: %s", name, response.StatusCode, hsts)
		}
	}
}
