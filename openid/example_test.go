package openid_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// A verifier for the users of one directory tenant. NewProvider and NewVerifier never wait for the network.
func ExampleNewVerifier() {
	provider, err := openid.NewProvider(openid.ProviderConfig{
		Authority: "https://login.microsoftonline.com/3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6a",
		Transport: offline{}, // leave it out: this example must not go to the network
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer provider.Close()

	verifier, err := openid.NewVerifier(openid.VerifierConfig{
		Providers: []*openid.Provider{provider},
		Audiences: []string{"https://management.contoso.onmicrosoft.com/5e2f9a0c-3d41-4f0b-9c55-8f6a1c7f2b10"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(provider.Type(), verifier.Tenants())

	_, err = openid.NewVerifier(openid.VerifierConfig{Providers: []*openid.Provider{provider}})
	fmt.Println(err)
	// Output:
	// entra-v1 [3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6a]
	// openid: VerifierConfig.Audiences: at least one is required
}

type offline struct{}

func (offline) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("offline") }

// Verify answers who a token speaks for, or says why it is refused.
func ExampleVerifier_Verify() {
	issuer, err := openidtest.New(openidtest.Config{Type: openid.ADFS})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer issuer.Close()
	verifier := issuer.Verifier()
	alice := openidtest.User("S-1-5-21-1004336348-1177238915-682003330-1105", "S-1-5-21-1004336348-1177238915-682003330-513")

	principal, err := verifier.Verify(context.Background(), issuer.Token(alice))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(principal.Kind, principal.Tenant, principal.ObjectID, principal.Groups)

	_, err = verifier.Verify(context.Background(), issuer.Token(alice, openidtest.Audience("https://another.example")))
	var refused *openid.TokenError
	switch {
	case errors.Is(err, openid.ErrUnavailable):
		fmt.Println("503")
	case errors.As(err, &refused) && refused.Verified:
		fmt.Println("401, for", refused.Audience)
	default:
		fmt.Println("401")
	}
	// Output:
	// user adfs S-1-5-21-1004336348-1177238915-682003330-1105 [S-1-5-21-1004336348-1177238915-682003330-513]
	// 401, for https://another.example
}

// Code that speaks golang-jwt gets the provider's keys, and has to check issuer, audience and tenant itself.
func ExampleProvider_Keyfunc() {
	issuer, err := openidtest.New(openidtest.Config{Type: openid.EntraV2, Tenant: "3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6a"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer issuer.Close()
	provider := issuer.Provider()
	bearer := issuer.Token(openidtest.User("0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9"))

	token, err := jwt.Parse(bearer, provider.Keyfunc(context.Background()),
		jwt.WithIssuer(issuer.AccessTokenIssuer()), jwt.WithAudience(issuer.Audience()), jwt.WithExpirationRequired())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.Valid, token.Claims.(jwt.MapClaims)["oid"])
	// Output: true 0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9
}

// Discover asks a Resource Manager for what a verifier needs to know of its installation.
func ExampleDiscover() {
	resourceManager := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"graphEndpoint":"https://graph.local.azurestack.external/",
			"authentication":{"loginEndpoint":"https://adfs.local.azurestack.external/adfs",
			"audiences":["https://management.adfs.azurestack.local/5e2f9a0c-3d41-4f0b-9c55-8f6a1c7f2b10"]}}`)
	}))
	defer resourceManager.Close()

	installation, err := openid.Discover(context.Background(), resourceManager.URL, openid.DiscoverConfig{
		Transport: resourceManager.Client().Transport, // or RootCAs, with the installation's own
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(installation.ADFS, installation.Authority(""))
	fmt.Println(installation.Audiences[0])
	// Output:
	// true https://adfs.local.azurestack.external/adfs
	// https://management.adfs.azurestack.local/5e2f9a0c-3d41-4f0b-9c55-8f6a1c7f2b10
}
