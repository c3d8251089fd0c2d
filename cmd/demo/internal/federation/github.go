package federation

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// jobLifetime is how long a job's token lives: it is exchanged at once.
	jobLifetime = 5 * time.Minute
	// maxAudience bounds what a token can be asked for, in bytes.
	maxAudience = 500
)

// GitHub is the job, as its tokens name it.
func (s *Server) GitHub() Workload {
	return Workload{s.config.URL + "/github", "repo:" + s.config.Repository + ":ref:refs/heads/" + s.config.Branch}
}

// RequestURL is where a job asks for its token: the audience follows in &audience=. It is for ACTIONS_ID_TOKEN_REQUEST_URL.
func (s *Server) RequestURL() string { return s.GitHub().Issuer + "/idtoken?api-version=2.0" }

// jobToken answers the token of the job, whose request token the caller has. Without an audience it is for the repository's owner.
func (s *Server) jobToken(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	got, want := sha256.Sum256([]byte(bearer)), sha256.Sum256([]byte(s.requestToken))
	if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "the job's request token is missing or wrong", http.StatusUnauthorized)
		return
	}
	owner, _, _ := strings.Cut(s.config.Repository, "/")
	workload := s.GitHub()
	audience := workload.Issuer + "/" + owner
	if r.URL.Query().Has("audience") {
		audience = r.URL.Query().Get("audience")
	}
	if audience == "" || len(audience) > maxAudience {
		http.Error(w, "the audience is empty or too long", http.StatusBadRequest)
		return
	}
	now := time.Now()
	ref := "refs/heads/" + s.config.Branch
	token, err := s.sign(jwt.MapClaims{
		"iss":                workload.Issuer,
		"sub":                workload.Subject,
		"aud":                audience,
		"iat":                now.Unix(),
		"nbf":                now.Add(-jobLifetime).Unix(),
		"exp":                now.Add(jobLifetime).Unix(),
		"jti":                rand.Text(),
		"actor":              owner,
		"event_name":         "push",
		"job_workflow_ref":   s.config.Repository + "/.github/workflows/deploy.yml@" + ref,
		"ref":                ref,
		"ref_type":           "branch",
		"repository":         s.config.Repository,
		"repository_owner":   owner,
		"run_attempt":        "1",
		"run_number":         "1",
		"runner_environment": "self-hosted",
		"workflow":           "deploy",
	})
	if err != nil {
		s.log.Error("federation: no token for the job", "error", err)
		http.Error(w, "no token could be signed", http.StatusInternalServerError)
		return
	}
	s.log.Info("federation: token issued", "subject", workload.Subject, "audience", audience)
	writeJSON(w, map[string]any{"count": len(token), "value": token})
}
