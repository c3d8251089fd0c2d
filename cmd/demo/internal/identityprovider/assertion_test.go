package identityprovider

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/openid"
)

// An assertion is a client assertion before it is signed; the zero value is signed as MSAL for Go does it.
type assertion struct {
	method jwt.SigningMethod // RS256 when nil
	key    any               // the client's when nil
	header map[string]any    // added; a nil value removes
	claims map[string]any    // added; a nil value removes
}

func (a assertion) sign(t *testing.T, tokenEndpoint string) string {
	t.Helper()
	if a.method == nil {
		a.method = jwt.SigningMethodRS256
	}
	if a.key == nil {
		a.key = clientPair().PrivateKey
	}
	now := time.Now()
	token := jwt.NewWithClaims(a.method, jwt.MapClaims{
		"aud": tokenEndpoint,
		"iss": testClient,
		"sub": testClient,
		"jti": t.Name(),
		"nbf": now.Unix(),
		"exp": now.Add(10 * time.Minute).Unix(),
	})
	token.Header["x5t"] = thumbprint1(base64.StdEncoding)
	merge(token.Header, a.header)
	merge(token.Claims.(jwt.MapClaims), a.claims)
	signed, err := token.SignedString(a.key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func merge(into, from map[string]any) {
	for name, value := range from {
		if value == nil {
			delete(into, name)
		} else {
			into[name] = value
		}
	}
}

func thumbprint1(encoding *base64.Encoding) string {
	sum := sha1.Sum(clientPair().Certificate[0])
	return encoding.EncodeToString(sum[:])
}

func thumbprint256(encoding *base64.Encoding) string {
	sum := sha256.Sum256(clientPair().Certificate[0])
	return encoding.EncodeToString(sum[:])
}

func byAssertion(signed string) url.Values {
	return set(drop(bySecret, "client_secret"), "client_assertion", signed, "client_assertion_type", assertionType)
}

func TestClientAssertion(t *testing.T) {
	e := start(t)
	type m = map[string]any
	now := float64(time.Now().Unix())
	endpoint := e.base + "/adfs/oauth2/token"
	otherSum := sha256.Sum256(otherPair().Certificate[0])
	for _, test := range []struct {
		name      string
		assertion assertion
		reason    string // in the refusal's reason; "" is success
	}{
		{"RS256, x5t in standard padded base64", assertion{}, ""},
		{"x5t in base64url", assertion{header: m{"x5t": thumbprint1(base64.RawURLEncoding)}}, ""},
		{"x5t in padded base64url", assertion{header: m{"x5t": thumbprint1(base64.URLEncoding)}}, ""},
		{"PS256, x5t#S256", assertion{method: jwt.SigningMethodPS256, header: m{"x5t": nil, "x5t#S256": thumbprint256(base64.RawURLEncoding)}}, ""},
		{"x5t#S256 in standard padded base64", assertion{header: m{"x5t": nil, "x5t#S256": thumbprint256(base64.StdEncoding)}}, ""},
		{"x5t#S256 in padded base64url", assertion{header: m{"x5t": nil, "x5t#S256": thumbprint256(base64.URLEncoding)}}, ""},
		{"both thumbprints", assertion{header: m{"x5t#S256": thumbprint256(base64.RawURLEncoding)}}, ""},
		{"kid and x5c beside", assertion{header: m{"kid": "x", "x5c": []string{"e30="}}}, ""},
		{"times with fractions", assertion{claims: m{"exp": now + 600.75, "nbf": now - 0.25, "iat": now + 0.5}}, ""},
		{"neither nbf nor iat", assertion{claims: m{"nbf": nil}}, ""},
		{"no jti", assertion{claims: m{"jti": nil}}, ""},
		{"aud with a slash at its end", assertion{claims: m{"aud": endpoint + "/"}}, ""},
		{"aud as an array", assertion{claims: m{"aud": []string{"https://other.example", endpoint}}}, ""},
		{"just expired", assertion{claims: m{"exp": now - 200}}, ""},
		{"clock a little ahead", assertion{claims: m{"nbf": now + 200, "iat": now + 200}}, ""},

		{"no thumbprint", assertion{header: m{"x5t": nil}}, "x5t"},
		{"another certificate", assertion{header: m{"x5t": nil, "x5t#S256": base64.RawURLEncoding.EncodeToString(otherSum[:])}}, "x5t"},
		{"one of two thumbprints is another's", assertion{header: m{"x5t#S256": base64.RawURLEncoding.EncodeToString(otherSum[:])}}, "x5t"},
		{"empty thumbprint", assertion{header: m{"x5t": ""}}, "x5t"},
		{"thumbprint no base64", assertion{header: m{"x5t": "~~~"}}, "x5t"},
		{"thumbprint no text", assertion{header: m{"x5t": 1}}, "x5t"},
		{"another key", assertion{key: otherPair().PrivateKey}, "signature"},
		{"RS384", assertion{method: jwt.SigningMethodRS384}, "signing method"},
		{"alg none", assertion{method: jwt.SigningMethodNone, key: jwt.UnsafeAllowNoneSignatureType}, "signing method"},
		{"HS256 with the public key", assertion{method: jwt.SigningMethodHS256, key: clientPair().Leaf.RawSubjectPublicKeyInfo}, "signing method"},
		{"crit", assertion{header: m{"crit": []string{"exp"}}}, "crit"},
		{"issuer another", assertion{claims: m{"iss": secretOnlyID}}, "iss"},
		{"no issuer", assertion{claims: m{"iss": nil}}, "iss"},
		{"aud the authority", assertion{claims: m{"aud": e.base + "/adfs"}}, "aud"},
		{"aud only begins so", assertion{claims: m{"aud": endpoint + "/more"}}, "aud"},
		{"no aud", assertion{claims: m{"aud": nil}}, "aud"},
		{"aud no text", assertion{claims: m{"aud": m{endpoint: 1}}}, "aud"},
		{"no exp", assertion{claims: m{"exp": nil}}, "exp"},
		{"exp as text", assertion{claims: m{"exp": "9999999999"}}, "exp"},
		{"expired", assertion{claims: m{"exp": now - 400}}, "expired"},
		{"exp zero", assertion{claims: m{"exp": 0}}, "expired"},
		{"exp too far ahead", assertion{claims: m{"exp": now + 100_000}}, "exp lies"},
		{"exp beyond what a time holds", assertion{claims: m{"exp": 1e300}}, "exp lies"},
		{"not yet valid", assertion{claims: m{"nbf": now + 400}}, "nbf"},
		{"nbf beyond what a time holds", assertion{claims: m{"nbf": 1e300}}, "nbf"},
		{"nbf as text", assertion{claims: m{"nbf": "1"}}, "nbf"},
		{"issued in the future", assertion{claims: m{"iat": now + 400}}, "iat"},
		{"a client without certificate", assertion{claims: m{"iss": secretOnlyID, "sub": secretOnlyID}}, "client_id"},
	} {
		t.Run(test.name, func(t *testing.T) {
			signed := test.assertion.sign(t, endpoint)
			if test.reason == "" {
				got := e.post(t, byAssertion(signed))
				if got.status != http.StatusOK {
					t.Fatalf("%d %s: %s", got.status, got.code, got.description)
				}
				claims := claimsOf(t, got.tokens.AccessToken)
				if claims["appid"] != testClient || claims["oid"] != testClientSID {
					t.Errorf("claims %v", claims)
				}
				if again := e.post(t, byAssertion(signed)); again.code != "invalid_client" {
					t.Errorf("a replay is answered %d %s", again.status, again.code)
				}
				return
			}
			if got := e.post(t, byAssertion(signed)); got.status != http.StatusBadRequest || got.code != "invalid_client" || !strings.HasPrefix(got.description, "MSIS9622") {
				t.Errorf("%d %s: %s", got.status, got.code, got.description)
			}
			_, err := e.verifyAssertion(t.Context(), e.authority(), tokenRequest{clientID: testClient, clientAssertion: signed, clientAssertionType: assertionType})
			if err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("reason %v, want one that says %q", err, test.reason)
			}
		})
	}
}

func TestClientAssertionRequest(t *testing.T) {
	e := start(t)
	signed := func(jti string) string {
		return assertion{claims: map[string]any{"jti": jti}}.sign(t, e.base+"/adfs/oauth2/token")
	}
	stranger := assertion{claims: map[string]any{"iss": "stranger", "sub": "stranger"}}.sign(t, e.base+"/adfs/oauth2/token")
	certificateless := assertion{claims: map[string]any{"iss": secretOnlyID, "sub": secretOnlyID}}.sign(t, e.base+"/adfs/oauth2/token")
	for _, test := range []struct {
		name string
		form url.Values
		code string
		text string
	}{
		{"client_id is optional", drop(byAssertion(signed("1")), "client_id"), "", ""},
		{"client_id another's", set(byAssertion(signed("2")), "client_id", secretOnlyID), "invalid_client", "MSIS9622"},
		{"no type", drop(byAssertion(signed("3")), "client_assertion_type"), "invalid_request", "client_assertion_type"},
		{"another type", set(byAssertion(signed("4")), "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"), "invalid_request", "client_assertion_type"},
		{"unknown client", drop(byAssertion(stranger), "client_id"), "invalid_client", "MSIS9607"},
		{"client without certificate", drop(byAssertion(certificateless), "client_id"), "invalid_client", "MSIS9622"},
		{"no JWT", byAssertion("no JWT"), "invalid_client", "MSIS9622"},
	} {
		if got := e.post(t, test.form); got.code != test.code || !strings.Contains(got.description, test.text) {
			t.Errorf("%s: %d %s: %s", test.name, got.status, got.code, got.description)
		}
	}
}

// A PS256 signature is random: another signature of the same text is the same assertion.
func TestResignedAssertionIsAReplay(t *testing.T) {
	e := start(t)
	claims := map[string]any{"jti": nil, "exp": time.Now().Add(time.Minute).Unix(), "nbf": nil}
	first := assertion{method: jwt.SigningMethodPS256, claims: claims}.sign(t, e.base+"/adfs/oauth2/token")
	second := assertion{method: jwt.SigningMethodPS256, claims: claims}.sign(t, e.base+"/adfs/oauth2/token")
	if first == second {
		t.Fatal("the signatures are equal")
	}
	if got := e.post(t, byAssertion(first)); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.description)
	}
	if got := e.post(t, byAssertion(second)); got.code != "invalid_client" {
		t.Errorf("%d %s", got.status, got.code)
	}
}

// An assertion is remembered until it would be refused as expired, and no longer.
func TestAssertionIsRememberedUntilItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(testConfig("https://localhost:8443"))
		if err != nil {
			t.Fatal(err)
		}
		const endpoint = "https://localhost:8443/adfs/oauth2/token"
		signed := assertion{}.sign(t, endpoint)
		verify := func() error {
			a := authority{kind: openid.ADFS, directory: s.ordered[0]}
			c, err := s.verifyAssertion(t.Context(), a, tokenRequest{clientAssertion: signed, clientAssertionType: assertionType})
			if err != nil {
				return err
			}
			return s.useAssertion(request{authority: a, client: c})
		}
		if err := verify(); err == nil || !strings.Contains(err.Error(), "certificate is not valid") {
			t.Fatalf("in a bubble it is the year 2000, before the certificate: %v", err)
		}
		time.Sleep(time.Until(clientPair().Leaf.NotBefore.Add(time.Hour)))
		signed = assertion{}.sign(t, endpoint)
		if err := verify(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			time.Sleep(4*time.Minute + 59*time.Second) // 14:57 in all: the assertion has 15, leeway included
			if err := verify(); err == nil || !strings.Contains(err.Error(), "used before") {
				t.Errorf("a replay: %v", err)
			}
		}
		time.Sleep(5 * time.Second)
		if err := verify(); err == nil || !strings.Contains(err.Error(), "expired") {
			t.Errorf("after its end: %v", err)
		}
	})
}

func TestFullMemoryTakesNothingNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory[int](2)
		for i, test := range []struct {
			key  string
			wait time.Duration
			want bool
		}{
			{"a", 0, true},
			{"a", 0, false},
			{"b", time.Minute, true},
			{"c", 0, false},
			{"c", time.Hour - time.Minute, true}, // a is over
			{"b", 0, false},
			{"d", 0, false},
		} {
			time.Sleep(test.wait)
			if got := m.add(test.key, i, time.Now().Add(time.Hour)); got != test.want {
				t.Errorf("%d: add %s is %t", i, test.key, got)
			}
		}
		if value, found := m.get("b"); !found || value != 2 {
			t.Errorf("b is %d, %t", value, found)
		}
		if _, found := m.get("a"); found {
			t.Error("a is still there")
		}
	})
}
