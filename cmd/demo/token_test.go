package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hubgate.example/cmd/demo/internal/sample"
)

// regexpSecret finds what crypto/rand.Text makes.
var regexpSecret = regexp.MustCompile(`\b[A-Z2-7]{26}\b`)

func TestTokenIsAloneOnStandardOutput(t *testing.T) {
	d := start(t)
	for _, p := range sample.ADFS().Principals() {
		if p.MFA {
			continue // no password is enough
		}
		output := runCommand(t, "token", "--as", p.Name, "--data", d.data)
		if !regexp.MustCompile(`^[\w-]+\.[\w-]+\.[\w-]+\n$`).MatchString(output) {
			t.Errorf("%s: %q", p.Name, output)
		}
	}
}

// Without --tenant a principal is in its own tenant, where it is no guest.
func TestTokenOfATenant(t *testing.T) {
	d := start(t, "--provider", "entra")
	installation := sample.Entra()
	home, partner := installation.Tenants[0], installation.Tenants[1]
	for _, test := range []struct {
		name  string
		args  []string
		where sample.Tenant
		want  string // the error
	}{
		{"consultant", nil, partner, ""},
		{"consultant", []string{"--tenant", home.ID}, home, ""},
		{"consultant", []string{"--tenant", strings.ToUpper(home.ID)}, home, ""},
		{"consultant", []string{"--tenant", partner.Domain}, partner, ""},
		{"visitor", nil, home, ""},
		{"deployer", nil, home, ""},
		{"deployer", []string{"--tenant", partner.Domain}, partner, ""},
		{"deployer", []string{"--tenant", installation.Tenants[2].Domain}, installation.Tenants[2], ""},
		{"owner", []string{"--tenant", partner.Domain}, partner, `--tenant: owner is not in "partner.example", but in ` + home.ID + " (hubgate.example)"},
		{"owner", []string{"--tenant", someTenant}, partner, "--tenant: "},
	} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), append([]string{"token", "--as", test.name, "--data", d.data}, test.args...), &stdout, &stderr)
		if test.want != "" {
			if status != 2 || !strings.Contains(stderr.String(), test.want) || stdout.Len() > 0 {
				t.Errorf("%s %v: status %d: %s, want %s", test.name, test.args, status, &stderr, test.want)
			}
			continue
		}
		if status != 0 {
			t.Errorf("%s %v: status %d: %s", test.name, test.args, status, &stderr)
			continue
		}
		claims := claimsOf(t, strings.TrimSpace(stdout.String()))
		want, err := findPrincipal(installation, test.name, test.where.ID)
		if err != nil {
			t.Fatal(err)
		}
		if claims["tid"] != test.where.ID || claims["oid"] != want.ObjectID || claims["aud"] != installation.User.Audience {
			t.Errorf("%s %v: the token says %v", test.name, test.args, claims)
		}
	}

	// A principal of the one installation is none of the other.
	d.stopped()
	d = startIn(t, d.data)
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), []string{"token", "--as", "consultant", "--data", d.data}, &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), `--as: "consultant" is none of owner, `) {
		t.Errorf("consultant of an AD FS: status %d: %s", status, &stderr)
	}
}

// claimsOf reads a token that nobody has to trust here.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("not a token: %q", token)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// A demo that was killed leaves its file behind.
func TestTokenAfterAKilledDemo(t *testing.T) {
	d := start(t)
	left, err := os.ReadFile(filepath.Join(d.data, runningFile))
	if err != nil {
		t.Fatal(err)
	}
	d.stopped()
	if err := os.WriteFile(filepath.Join(d.data, runningFile), left, 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"token", "--as", "owner", "--data", d.data}, &stdout, &stderr)
	if want := "demo: no demo is running with the data directory " + d.data + ": demo serve --data " + d.data + " starts one\n"; status != 1 || stderr.String() != want {
		t.Errorf("status %d: %s, want %s", status, &stderr, want)
	}
}

func TestRequestTokenErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   string
	}{
		{"refused", 400, `{"error":"invalid_grant","error_description":"MSIS9659: no"}`, "status 400: MSIS9659: no"},
		{"no JSON", 502, "bad gateway", "status 502"},
		{"no token", 200, `{}`, "status 200"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(test.status)
			w.Write([]byte(test.body))
		}))
		_, err := requestToken(t.Context(), server.Client(), server.URL, url.Values{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %s", test.name, err, test.want)
		}
		server.Close()
	}
}
