package federation

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// projectedLifetime is how long the token in the file lives: the shortest that Kubernetes projects, an hour.
	projectedLifetime = time.Hour
	// projectedInterval is how often it is replaced. Azure's libraries trust what they have read for ten minutes.
	projectedInterval = 10 * time.Minute
)

// Kubernetes is the service account, as its tokens name it.
func (s *Server) Kubernetes() Workload {
	namespace, name, _ := strings.Cut(s.config.ServiceAccount, "/")
	return Workload{s.config.URL + "/kubernetes", "system:serviceaccount:" + namespace + ":" + name}
}

// project writes a new token of the service account into the file.
func (s *Server) project() error {
	now := time.Now()
	workload := s.Kubernetes()
	namespace, name, _ := strings.Cut(s.config.ServiceAccount, "/")
	token, err := s.sign(jwt.MapClaims{
		"iss": workload.Issuer,
		"sub": workload.Subject,
		"aud": []string{Audience},
		"iat": now.Unix(),
		"nbf": now.Unix(),
		"exp": now.Add(projectedLifetime).Unix(),
		"jti": rand.Text(),
		"kubernetes.io": map[string]any{
			"namespace":      namespace,
			"pod":            map[string]string{"name": name + "-0"},
			"serviceaccount": map[string]string{"name": name},
		},
	})
	if err != nil {
		return err
	}
	s.log.Debug("federation: token projected", "subject", workload.Subject)
	return s.config.Dir.Write(KubernetesToken, []byte(token), 0o600)
}

// keepFresh replaces the token in the file until Close.
func (s *Server) keepFresh() {
	defer close(s.done)
	tick := time.NewTicker(projectedInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := s.project(); err != nil {
				s.log.Error("federation: the token in the file is not replaced", "error", err)
			}
		case <-s.stop:
			return
		}
	}
}
