package federation

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/cmd/demo/internal/datadir"
)

// signingPair is the key of the tests: RSA keys are slow to make.
var signingPair = sync.OnceValue(func() tls.Certificate {
	key, der, err := datadir.SelfSigned("signing")()
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
})

func testConfig(t *testing.T) Config {
	t.Helper()
	dir, err := datadir.Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		URL: "https://localhost:8443/federation", SigningKey: signingPair(), Dir: dir,
		ServiceAccount: "default/deployer", Repository: "hubgate/demo", Branch: "main",
	}
}

func start(t *testing.T) *Server {
	t.Helper()
	s, err := New(testConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *Server) get(t *testing.T, path, authorization string) (int, []byte) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

// verified checks a token with the keys that the issuer in it publishes where its metadata says, and returns its claims.
func (s *Server) verified(t *testing.T, token string, options ...jwt.ParserOption) jwt.MapClaims {
	t.Helper()
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(options...).ParseWithClaims(token, claims, func(token *jwt.Token) (any, error) {
		issuer, err := claims.GetIssuer()
		if err != nil {
			return nil, err
		}
		var metadata struct {
			Issuer string `json:"issuer"`
			Keys   string `json:"jwks_uri"`
		}
		_, body := s.get(t, issuer+"/.well-known/openid-configuration", "")
		if err := json.Unmarshal(body, &metadata); err != nil {
			return nil, err
		}
		if metadata.Issuer != issuer {
			t.Errorf("metadata of %s has issuer %s", issuer, metadata.Issuer)
		}
		_, body = s.get(t, metadata.Keys, "")
		keys, err := keyfunc.NewJWKSetJSON(body)
		if err != nil {
			return nil, err
		}
		return keys.Keyfunc(token)
	})
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

func (s *Server) projected(t *testing.T) string {
	t.Helper()
	token, err := s.config.Dir.ReadPrivate(KubernetesToken)
	if err != nil {
		t.Fatal(err)
	}
	return string(token)
}

func check(t *testing.T, claims jwt.MapClaims, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if claims[name] != value {
			t.Errorf("%s is %v, want %v", name, claims[name], value)
		}
	}
}

func TestProjectedToken(t *testing.T) {
	s := start(t)
	claims := s.verified(t, s.projected(t), jwt.WithAudience(Audience), jwt.WithExpirationRequired())
	check(t, claims, map[string]any{
		"iss": "https://localhost:8443/federation/kubernetes", "sub": "system:serviceaccount:default:deployer",
	})
	if w := s.Kubernetes(); w.Issuer != claims["iss"] || w.Subject != claims["sub"] {
		t.Errorf("%+v is not what the token says", w)
	}
	if lifetime := claims["exp"].(float64) - claims["iat"].(float64); lifetime != 3600 {
		t.Errorf("lives for %v s", lifetime)
	}
	if bound, _ := claims["kubernetes.io"].(map[string]any); bound["namespace"] != "default" {
		t.Errorf("kubernetes.io is %v", bound)
	}
}

// Whoever reads the file finds a token that lives for at least as long as Azure's libraries keep what they have read.
func TestProjectedTokenIsReplaced(t *testing.T) {
	config := testConfig(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		first := s.projected(t)
		for range 40 {
			time.Sleep(7 * time.Minute)
			synctest.Wait()
			claims := s.verified(t, s.projected(t))
			if left := time.Until(time.Unix(int64(claims["exp"].(float64)), 0)); left < 20*time.Minute {
				t.Errorf("%v left", left)
			}
		}
		if s.projected(t) == first {
			t.Error("the token was not replaced")
		}
		// A file that cannot be written is tried again.
		file := config.Dir.File(KubernetesToken)
		if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o700)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(projectedInterval)
		synctest.Wait()
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		time.Sleep(projectedInterval)
		synctest.Wait()
		s.projected(t)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{KubernetesToken, GitHubRequestToken} {
		if _, err := config.Dir.Read(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
}

func TestJobToken(t *testing.T) {
	s := start(t)
	requestToken, err := s.config.Dir.ReadPrivate(GitHubRequestToken)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, query, authorization string
		status                     int
		audience                   string
	}{
		{"as GitHub's library asks", "&audience=api%3A%2F%2FAzureADTokenExchange", "Bearer " + string(requestToken), http.StatusOK, Audience},
		{"as scripts ask", "&audience=api://AzureADTokenExchange", "bearer " + string(requestToken), http.StatusOK, Audience},
		{"no audience", "", "bearer " + string(requestToken), http.StatusOK, "https://localhost:8443/federation/github/hubgate"},
		{"an empty audience", "&audience=", "bearer " + string(requestToken), http.StatusBadRequest, ""},
		{"a long audience", "&audience=" + strings.Repeat("x", maxAudience+1), "bearer " + string(requestToken), http.StatusBadRequest, ""},
		{"nobody", "", "", http.StatusUnauthorized, ""},
		{"another token", "", "bearer x", http.StatusUnauthorized, ""},
		{"an empty token", "", "bearer ", http.StatusUnauthorized, ""},
		{"another scheme", "", "Basic " + string(requestToken), http.StatusUnauthorized, ""},
		{"no scheme", "", string(requestToken), http.StatusUnauthorized, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := s.get(t, s.RequestURL()+test.query, test.authorization)
			if status != test.status {
				t.Fatalf("%d %s", status, body)
			}
			if status != http.StatusOK {
				return
			}
			var answer struct {
				Count int    `json:"count"`
				Value string `json:"value"`
			}
			if err := json.Unmarshal(body, &answer); err != nil || answer.Count != len(answer.Value) {
				t.Fatalf("%s: %v", body, err)
			}
			claims := s.verified(t, answer.Value, jwt.WithExpirationRequired())
			check(t, claims, map[string]any{
				"iss": "https://localhost:8443/federation/github", "sub": "repo:hubgate/demo:ref:refs/heads/main", "aud": test.audience,
				"repository": "hubgate/demo", "ref": "refs/heads/main",
			})
			if w := s.GitHub(); w.Issuer != claims["iss"] || w.Subject != claims["sub"] {
				t.Errorf("%+v is not what the token says", w)
			}
		})
	}
}

func TestPathsAndMethods(t *testing.T) {
	s := start(t)
	for _, test := range []struct {
		method, path string
		serves       bool
		want         int
	}{
		{"GET", "/federation/kubernetes/.well-known/openid-configuration", true, http.StatusOK},
		{"HEAD", "/federation/kubernetes/openid/v1/jwks", true, http.StatusOK},
		{"GET", "/federation/github/.well-known/jwks", true, http.StatusOK},
		{"GET", "/federation/kubernetes/.well-known/jwks", true, http.StatusNotFound},
		{"GET", "/federation/", true, http.StatusNotFound},
		{"GET", "/federation", false, http.StatusNotFound},
		{"GET", "/kubernetes/openid/v1/jwks", false, http.StatusNotFound},
		{"GET", "/federationkubernetes/openid/v1/jwks", false, http.StatusNotFound},
		{"POST", "/federation/github/idtoken", true, http.StatusMethodNotAllowed},
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), test.method, test.path, nil))
		if w.Code != test.want || s.Serves(test.path) != test.serves {
			t.Errorf("%s %s: %d, serves %v", test.method, test.path, w.Code, s.Serves(test.path))
		}
	}
}

func TestNewRefusesConfiguration(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no URL", func(c *Config) { c.URL = "" }, "URL"},
		{"http", func(c *Config) { c.URL = "http://localhost/federation" }, "URL"},
		{"no path", func(c *Config) { c.URL = "https://localhost/" }, "URL"},
		{"a query", func(c *Config) { c.URL += "?a" }, "URL"},
		{"no key", func(c *Config) { c.SigningKey = tls.Certificate{} }, "SigningKey"},
		{"a key that is not RSA", func(c *Config) {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			c.SigningKey.PrivateKey = key
		}, "SigningKey"},
		{"no service account", func(c *Config) { c.ServiceAccount = "" }, "ServiceAccount"},
		{"a service account without namespace", func(c *Config) { c.ServiceAccount = "deployer" }, "ServiceAccount"},
		{"a service account with a colon", func(c *Config) { c.ServiceAccount = "default:x/deployer" }, "ServiceAccount"},
		{"no repository", func(c *Config) { c.Repository = "/demo" }, "Repository"},
		{"no branch", func(c *Config) { c.Branch = "" }, "Branch"},
		{"no directory", func(c *Config) { c.Dir = nil }, "Dir"},
		{"a directory that cannot be written", func(c *Config) {
			if err := c.Dir.Write("federation", nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "Dir"},
	} {
		config := testConfig(t)
		test.change(&config)
		if _, err := New(config); err == nil || !strings.Contains(err.Error(), "federation: "+test.want) {
			t.Errorf("%s: error %v, want one that names %s", test.name, err, test.want)
		}
	}
}
