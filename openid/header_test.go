package openid

import (
	"errors"
	"strings"
	"testing"
)

// JWT-03, JWT-13, JWT-15, JWT-18, JWS-04, JWS-05: which headers are read, and what they say.
func TestReadHeader(t *testing.T) {
	long := strings.Repeat("k", maxKeyIDBytes)
	for _, test := range []struct {
		name, header string
		want         tokenHeader
	}{
		{"kid", `{"typ":"JWT","alg":"RS256","kid":"a"}`, tokenHeader{alg: "RS256", kid: "a"}},
		{"x5t", `{"typ":"JWT","alg":"RS256","x5t":"a"}`, tokenHeader{alg: "RS256", x5t: "a"}},
		{"kid wins over x5t", `{"alg":"RS256","x5t":"b","kid":"a"}`, tokenHeader{alg: "RS256", kid: "a"}},
		{"longest kid", `{"alg":"RS256","kid":"` + long + `"}`, tokenHeader{alg: "RS256", kid: long}},
		{"kid that looks like a path", `{"alg":"RS256","kid":"../../etc/passwd"}`, tokenHeader{alg: "RS256", kid: "../../etc/passwd"}},
		{"typ in lower case", `{"alg":"RS256","kid":"a","typ":"jwt"}`, tokenHeader{alg: "RS256", kid: "a"}},
		{"typ application/JWT", `{"alg":"RS256","kid":"a","typ":"Application/Jwt"}`, tokenHeader{alg: "RS256", kid: "a"}},
		{"typ at+jwt", `{"alg":"RS256","kid":"a","typ":"AT+JWT"}`, tokenHeader{alg: "RS256", kid: "a"}},
		{"typ application/at+jwt", `{"alg":"RS256","kid":"a","typ":"application/at+jwt"}`, tokenHeader{alg: "RS256", kid: "a"}},
		{"keys in the header are not looked at", `{"alg":"RS256","kid":"a","jku":1,"x5u":null,"jwk":{"kty":"oct"},"x5c":"x","x5t#S256":{}}`, tokenHeader{alg: "RS256", kid: "a"}},
		{"unknown members are not looked at", `{"alg":"RS256","kid":"a","Crit":["x"],"KID":"b"}`, tokenHeader{alg: "RS256", kid: "a"}},
		{"alg is not judged here", `{"alg":"none","kid":"a"}`, tokenHeader{alg: "none", kid: "a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := readHeader(test.header)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestJWS_04_HeaderRefused(t *testing.T) {
	for _, test := range []struct{ name, header, wantWords string }{
		{"no object", `[]`, "not a JSON object"},
		{"alg missing", `{"kid":"a"}`, "alg"},
		{"alg null", `{"alg":null,"kid":"a"}`, "alg"},
		{"alg number", `{"alg":256,"kid":"a"}`, "alg"},
		{"alg array", `{"alg":["RS256"],"kid":"a"}`, "alg"},
		{"alg in other case", `{"Alg":"RS256","kid":"a"}`, "alg"},
		{"alg twice", `{"alg":"none","alg":"RS256","kid":"a"}`, "duplicate"},
		{"neither kid nor x5t", `{"alg":"RS256"}`, "neither kid nor x5t"},
		{"kid empty", `{"alg":"RS256","kid":""}`, "kid"},
		{"kid empty beside x5t", `{"alg":"RS256","kid":"","x5t":"a"}`, "kid"},
		{"kid null", `{"alg":"RS256","kid":null,"x5t":"a"}`, "kid"},
		{"kid number", `{"alg":"RS256","kid":1}`, "kid"},
		{"kid array", `{"alg":"RS256","kid":["a"]}`, "kid"},
		{"kid too long", `{"alg":"RS256","kid":"` + strings.Repeat("k", maxKeyIDBytes+1) + `"}`, "kid"},
		{"x5t empty", `{"alg":"RS256","x5t":""}`, "x5t"},
		{"x5t number", `{"alg":"RS256","x5t":1}`, "x5t"},
		{"x5t too long", `{"alg":"RS256","x5t":"` + strings.Repeat("k", maxKeyIDBytes+1) + `"}`, "x5t"},
		{"x5t number beside kid", `{"alg":"RS256","kid":"a","x5t":1}`, "x5t"},
		{"crit", `{"alg":"RS256","kid":"a","crit":["exp"],"exp":1}`, "crit"},
		{"crit empty", `{"alg":"RS256","kid":"a","crit":[]}`, "crit"},
		{"crit null", `{"alg":"RS256","kid":"a","crit":null}`, "crit"},
		{"b64 false", `{"alg":"RS256","kid":"a","b64":false}`, "b64"},
		{"b64 true", `{"alg":"RS256","kid":"a","b64":true}`, "b64"},
		{"zip", `{"alg":"RS256","kid":"a","zip":"DEF"}`, "zip"},
		{"enc", `{"alg":"RS256","kid":"a","enc":"A256GCM"}`, "enc"},
		{"cty", `{"alg":"RS256","kid":"a","cty":"JWT"}`, "cty"},
		{"typ empty", `{"alg":"RS256","kid":"a","typ":""}`, "typ"},
		{"typ null", `{"alg":"RS256","kid":"a","typ":null}`, "typ"},
		{"typ array", `{"alg":"RS256","kid":"a","typ":["JWT"]}`, "typ"},
		{"typ of a security event", `{"alg":"RS256","kid":"a","typ":"secevent+jwt"}`, "typ"},
		{"typ of a logout token", `{"alg":"RS256","kid":"a","typ":"logout+jwt"}`, "typ"},
		{"typ of a proof", `{"alg":"RS256","kid":"a","typ":"dpop+jwt"}`, "typ"},
		{"typ of a key binding", `{"alg":"RS256","kid":"a","typ":"kb+jwt"}`, "typ"},
		{"typ of proof of possession", `{"alg":"RS256","kid":"a","typ":"pop"}`, "typ"},
		{"typ of a JWE", `{"alg":"RS256","kid":"a","typ":"JOSE"}`, "typ"},
		{"typ with a space", `{"alg":"RS256","kid":"a","typ":"JWT "}`, "typ"},
		{"typ with two prefixes", `{"alg":"RS256","kid":"a","typ":"application/application/jwt"}`, "typ"},
		{"typ with another prefix", `{"alg":"RS256","kid":"a","typ":"text/jwt"}`, "typ"},
		{"typ with another script's i", `{"alg":"RS256","kid":"a","typ":"applİcatİon/jwt"}`, "typ"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := readHeader(test.header)
			if err == nil {
				t.Fatalf("accepted as %+v", got)
			}
			if !strings.Contains(err.Error(), test.wantWords) {
				t.Errorf("error %q, want %q in it", err, test.wantWords)
			}
		})
	}
	if _, err := readHeader(`{"alg":"RS256","kid":"a","nonce":"x"}`); !errors.Is(err, errGraphToken) {
		t.Errorf("a token for Microsoft Graph: %v", err)
	}
}
