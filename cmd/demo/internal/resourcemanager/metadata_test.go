package resourcemanager_test

import "testing"

func TestMetadata(t *testing.T) {
	s := newSite(t)
	want := `{"galleryEndpoint":"https://localhost:8443/gallery/","graphEndpoint":"https://localhost:8443/graph/",` +
		`"portalEndpoint":"https://localhost:8443/portal/","authentication":{"loginEndpoint":"https://localhost:8443/adfs",` +
		`"audiences":["https://management.adfs.example/1","https://management.adfs.example/2"]}}`
	for _, path := range []string{"/metadata/endpoints", "//metadata/endpoints", "/Metadata/Endpoints"} {
		a := s.want(t, request{method: "GET", path: path, query: "api-version=2015-01-01"}, 200, "")
		if a.body != want {
			t.Errorf("%s is\n\t%s, want\n\t%s", path, a.body, want)
		}
	}
	s.want(t, request{method: "GET", path: "/metadata/endpoints", query: "x=y"}, 400, "MissingApiVersionParameter")
	s.want(t, request{method: "POST", path: "/metadata/endpoints"}, 401, "AuthenticationFailed")
	s.want(t, request{method: "GET", path: "/metadata"}, 401, "AuthenticationFailed")
}
