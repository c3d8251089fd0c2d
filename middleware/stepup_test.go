package middleware_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// authorizeEndpoint is where the people of the site's tenant sign in.
const authorizeEndpoint = "https://login.entra.example/" + tenant + "/oauth2/authorize"

// wantClaims checks that a 401 has exactly one challenge, which every client of Azure reads, and that it asks for the claims.
func wantClaims(tb testing.TB, header http.Header, authorizationURI, claims string) {
	tb.Helper()
	values := header.Values("WWW-Authenticate")
	if len(values) != 1 {
		tb.Fatalf("%d challenges: %q", len(values), values)
	}
	names, parameters := parseChallenge(tb, values[0])
	if got := strings.Join(names, " "); got != "realm authorization_uri error claims" {
		tb.Errorf("the challenge has the parameters %s: %s", got, values[0])
	}
	if parameters["realm"] != "" || parameters["authorization_uri"] != authorizationURI || parameters["error"] != "insufficient_claims" {
		tb.Errorf("the challenge is %s", values[0])
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(parameters["claims"])
	if err != nil {
		tb.Fatalf("the claims %q are no standard base64 with padding: %v", parameters["claims"], err)
	}
	var got, want any
	if err := json.Unmarshal(decoded, &got); err != nil {
		tb.Fatalf("the claims %s: %v", decoded, err)
	}
	if err := json.Unmarshal([]byte(claims), &want); err != nil {
		tb.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		tb.Errorf("the challenge asks for %s, want %s", decoded, claims)
	}
}

// parseChallenge reads a challenge by the rules of the strictest client, the Azure SDK for Go, and by no others: the scheme is exactly
// Bearer; after one blank come name="value" pairs, without blanks around the sign, with a comma and a blank in between; a name is of
// letters, digits and underscores; a value has no quote and no escape.
func parseChallenge(tb testing.TB, challenge string) (names []string, parameters map[string]string) {
	tb.Helper()
	rest, ok := strings.CutPrefix(challenge, "Bearer ")
	if !ok {
		tb.Fatalf("the scheme is not Bearer: %s", challenge)
	}
	parameters = make(map[string]string)
	for {
		name, after, ok := strings.Cut(rest, `="`)
		if !ok || name == "" || strings.ContainsFunc(name, notInName) {
			tb.Fatalf("no name and quoted value at %q", rest)
		}
		value, after, ok := strings.Cut(after, `"`)
		if !ok || strings.ContainsFunc(value, notInValue) {
			tb.Fatalf("the value of %s is not plain and quoted", name)
		}
		if _, twice := parameters[name]; twice {
			tb.Fatalf("%s is there twice", name)
		}
		names, parameters[name] = append(names, name), value
		if after == "" {
			return names, parameters
		}
		if rest, ok = strings.CutPrefix(after, ", "); !ok {
			tb.Fatalf("%q after the value of %s", after, name)
		}
	}
}

func notInName(c rune) bool {
	return c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
}

func notInValue(c rune) bool { return c < '!' || c > '~' || c == '\\' }
