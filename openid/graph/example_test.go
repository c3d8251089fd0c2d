package graph_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"hubgate.example/openid"
	"hubgate.example/openid/graph"
)

// The groups of the principals of one directory tenant. With the module azidentity, which this one does not need, the token source is
//
//	credential, err := azidentity.NewDefaultAzureCredential(nil)
//	...
//	Token: func(ctx context.Context) (string, error) {
//		token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
//		return token.Token, err
//	},
func ExampleNew() {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"value":["c0ffee00-1234-4321-8765-0123456789ab","5e2f9a0c-3d41-4f0b-9c55-8f6a1c7f2b10"]}`)
	}))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())

	resolver, err := graph.New(graph.Config{Tenants: []graph.Tenant{{
		ID:       "3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6a",
		Endpoint: server.URL, // https://graph.microsoft.com
		Token:    func(context.Context) (string, error) { return "a.b.c", nil },
		RootCAs:  roots, // leave it out for Microsoft's own
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resolver.Close()

	principal := &openid.Principal{ // what Verifier.Verify has answered
		Tenant: "3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6a", ObjectID: "0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9", Kind: openid.KindUser, Overage: true,
	}
	groups, err := resolver.Groups(context.Background(), principal)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(groups)
	// Output: [5e2f9a0c-3d41-4f0b-9c55-8f6a1c7f2b10 c0ffee00-1234-4321-8765-0123456789ab]
}

// What an error means for the caller of an API.
func ExampleResolver_Groups() {
	resolver, err := graph.New(graph.Config{Tenants: []graph.Tenant{{
		ID:       "3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6a",
		Endpoint: "https://graph.microsoft.com",
		Token:    func(context.Context) (string, error) { return "", errors.New("no credential") },
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resolver.Close()

	principal := &openid.Principal{Tenant: "3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6a", ObjectID: "0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9"}
	_, err = resolver.Groups(context.Background(), principal)
	var failure *graph.Error
	switch {
	case errors.As(err, &failure) && failure.Err == graph.ErrUnavailable:
		fmt.Println("503, try again after", failure.RetryAfter)
	case err != nil:
		fmt.Println("403")
	}
	// Output: 503, try again after 1s
}

// The groups of the principals of an AD FS, which has no Microsoft Graph.
func ExampleNewFile() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "groups.json")
	err = os.WriteFile(path, []byte(`{
		"S-1-5-21-1004336348-1177238915-682003330-1105": ["S-1-5-21-1004336348-1177238915-682003330-513", "S-1-5-32-545"],
		"S-1-5-21-1004336348-1177238915-682003330-1106": []
	}`), 0o600)
	if err != nil {
		fmt.Println(err)
		return
	}

	file, err := graph.NewFile(graph.FileConfig{Path: path})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, rid := range []string{"1105", "1106", "1107"} {
		principal := &openid.Principal{Tenant: "adfs", ObjectID: "S-1-5-21-1004336348-1177238915-682003330-" + rid}
		groups, err := file.Groups(context.Background(), principal)
		fmt.Println(rid, groups, errors.Is(err, graph.ErrNotFound))
	}
	// Output:
	// 1105 [S-1-5-21-1004336348-1177238915-682003330-513 S-1-5-32-545] false
	// 1106 [] false
	// 1107 [] true
}
