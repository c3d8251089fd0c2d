package federation

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"hubgate.example/cmd/demo/internal/datadir"
)

// Audience is whom tokens are for that are made to be exchanged at Entra ID.
const Audience = "api://AzureADTokenExchange"

// The files in the data directory. They are there as long as the Server is open, and private to their owner.
const (
	KubernetesToken    = "federation/kubernetes-token"
	GitHubRequestToken = "federation/github-request-token"
)

// Config describes the workloads. All fields but Logger are required.
type Config struct {
	// URL is where the issuers are: an https URL with a path, such as https://localhost:8443/federation.
	URL string
	// SigningKey is the RSA key of both issuers.
	SigningKey tls.Certificate
	// ServiceAccount is the Kubernetes service account: {namespace}/{name}.
	ServiceAccount string
	// Repository is the one whose job asks for tokens, {owner}/{name}, and Branch the one that it runs for.
	Repository, Branch string
	// Dir receives the files.
	Dir *datadir.Dir
	// Logger receives one record for each token. The default discards them.
	Logger *slog.Logger
}

// A Workload is who a token speaks for, in the words of its issuer: what a federated credential has to name.
type Workload struct{ Issuer, Subject string }

// A Server is both issuers, an http.Handler for the paths that Serves knows.
type Server struct {
	config       Config
	path         string // of Config.URL
	key          *rsa.PrivateKey
	keyID        string
	keys         jwkset.JWKSMarshal
	requestToken string
	log          *slog.Logger
	stop         chan struct{}
	done         chan struct{}
}

// New checks the configuration, writes the files and keeps the token in them fresh, until Close. An error names the field.
func New(config Config) (*Server, error) {
	config.URL = strings.TrimSuffix(config.URL, "/")
	u, err := url.Parse(config.URL)
	key, isRSA := config.SigningKey.PrivateKey.(*rsa.PrivateKey)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.Path == "" || u.RawPath != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("federation: URL: %q is not an https URL with a path", config.URL)
	case !isRSA:
		return nil, errors.New("federation: SigningKey: has no RSA key")
	case !isPair(config.ServiceAccount):
		return nil, fmt.Errorf("federation: ServiceAccount: %q is not of the form namespace/name", config.ServiceAccount)
	case !isPair(config.Repository):
		return nil, fmt.Errorf("federation: Repository: %q is not of the form owner/name", config.Repository)
	case config.Branch == "":
		return nil, errors.New("federation: Branch: is required")
	case config.Dir == nil:
		return nil, errors.New("federation: Dir: is required")
	}
	s := &Server{
		config:       config,
		path:         u.Path,
		key:          key,
		requestToken: rand.Text(),
		log:          config.Logger,
		stop:         make(chan struct{}),
		done:         make(chan struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.publish(); err != nil {
		return nil, fmt.Errorf("federation: SigningKey: %w", err)
	}
	if err := errors.Join(s.project(), config.Dir.Write(GitHubRequestToken, []byte(s.requestToken), 0o600)); err != nil {
		return nil, fmt.Errorf("federation: Dir: %w", err)
	}
	go s.keepFresh()
	return s, nil
}

// isPair reports whether text is two names with a slash between them.
func isPair(text string) bool {
	first, second, found := strings.Cut(text, "/")
	return found && first != "" && second != "" && !strings.ContainsAny(second, "/:") && !strings.Contains(first, ":")
}

// publish makes the key set. The key is called by the SHA-256 sum of its public half, as Kubernetes does.
func (s *Server) publish() error {
	public, err := x509.MarshalPKIXPublicKey(&s.key.PublicKey)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(public)
	s.keyID = base64.RawURLEncoding.EncodeToString(sum[:])
	jwk, err := jwkset.NewJWKFromKey(&s.key.PublicKey, jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{ALG: jwkset.AlgRS256, KID: s.keyID, USE: jwkset.UseSig},
	})
	s.keys.Keys = []jwkset.JWKMarshal{jwk.Marshal()}
	return err
}

// Close ends the background work and removes the files.
func (s *Server) Close() error {
	close(s.stop)
	<-s.done
	return errors.Join(s.config.Dir.Remove(KubernetesToken), s.config.Dir.Remove(GitHubRequestToken))
}

// Serves reports whether a path is below Config.URL.
func (s *Server) Serves(path string) bool { return strings.HasPrefix(path, s.path+"/") }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, below := strings.CutPrefix(r.URL.Path, s.path)
	switch {
	case !below:
		http.NotFound(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "GET or HEAD only", http.StatusMethodNotAllowed)
	case path == "/kubernetes/.well-known/openid-configuration":
		writeJSON(w, s.metadata(s.Kubernetes().Issuer, kubernetesKeys))
	case path == "/github/.well-known/openid-configuration":
		writeJSON(w, s.metadata(s.GitHub().Issuer, gitHubKeys))
	case path == "/kubernetes"+kubernetesKeys, path == "/github"+gitHubKeys:
		writeJSON(w, s.keys)
	case path == "/github/idtoken":
		s.jobToken(w, r)
	default:
		http.NotFound(w, r)
	}
}

// Where the issuers have their keys.
const (
	kubernetesKeys = "/openid/v1/jwks"
	gitHubKeys     = "/.well-known/jwks"
)

// metadata is that of an issuer whose tokens nobody signs in for (OpenID Connect Discovery 1.0 section 3).
func (s *Server) metadata(issuer, keys string) map[string]any {
	return map[string]any{
		"issuer":                                issuer,
		"jwks_uri":                              issuer + keys,
		"response_types_supported":              []string{"id_token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}
}

// sign makes a token of claims.
func (s *Server) sign(claims jwt.MapClaims) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = s.keyID
	return token.SignedString(s.key)
}

func writeJSON(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // what fails here is the caller's connection
}
