package middleware

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestBearerToken(t *testing.T) {
	tests := []struct {
		name   string
		values []string
		token  string
		err    error
	}{
		{"absent", nil, "", errNoHeader},
		{"empty", []string{""}, "", errNoToken},
		{"scheme only", []string{"Bearer"}, "", errNoToken},
		{"scheme and blanks", []string{"Bearer   "}, "", errNoToken},
		{"token", []string{"Bearer a.b-c_d"}, "a.b-c_d", nil},
		{"lower case", []string{"bearer abc"}, "abc", nil},
		{"upper case", []string{"BEARER abc"}, "abc", nil},
		{"several blanks", []string{"Bearer   abc"}, "abc", nil},
		{"all of b64token", []string{"Bearer aZ09-._~+/=="}, "aZ09-._~+/==", nil},
		{"two headers", []string{"Bearer abc", "Bearer abc"}, "", errHeaderForm},
		{"two headers, one empty", []string{"Bearer abc", ""}, "", errHeaderForm},
		{"two credentials in one header", []string{"Bearer abc, Bearer def"}, "", errHeaderForm},
		{"two tokens", []string{"Bearer abc def"}, "", errHeaderForm},
		{"other scheme", []string{"Basic abc"}, "", errHeaderForm},
		{"other scheme only", []string{"Negotiate"}, "", errHeaderForm},
		{"scheme with a suffix", []string{"Bearers abc"}, "", errHeaderForm},
		{"no scheme", []string{"abc"}, "", errHeaderForm},
		{"blank before the scheme", []string{" Bearer abc"}, "", errHeaderForm},
		{"blank after the token", []string{"Bearer abc "}, "", errHeaderForm},
		{"tab for the blank", []string{"Bearer\tabc"}, "", errHeaderForm},
		{"tab before the token", []string{"Bearer \tabc"}, "", errHeaderForm},
		{"tab in the token", []string{"Bearer a\tc"}, "", errHeaderForm},
		{"line break", []string{"Bearer abc\r\n def"}, "", errHeaderForm},
		{"no-break space", []string{"Bearer\u00a0abc"}, "", errHeaderForm},
		{"Latin-1 in the token", []string{"Bearer ab\xe9"}, "", errHeaderForm},
		{"UTF-8 in the token", []string{"Bearer abé"}, "", errHeaderForm},
		{"NUL", []string{"Bearer ab\x00c"}, "", errHeaderForm},
		{"quoted", []string{`Bearer "abc"`}, "", errHeaderForm},
		{"padding alone", []string{"Bearer ="}, "", errHeaderForm},
		{"padding inside", []string{"Bearer a=b"}, "", errHeaderForm},
		{"parameter", []string{"Bearer token=abc"}, "", errHeaderForm},
		{"percent escapes", []string{"Bearer a%2eb"}, "", errHeaderForm},
		{"comma", []string{"Bearer,abc"}, "", errHeaderForm},
		{"colon", []string{"Bearer: abc"}, "", errHeaderForm},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := http.Header{"Cookie": {"access_token=abc"}}
			if tt.values != nil {
				header["Authorization"] = tt.values
			}
			token, err := checkedToken(header)
			if token != tt.token || !errors.Is(err, tt.err) {
				t.Errorf("bearerToken(%q) = %q, %v, want %q, %v", tt.values, token, err, tt.token, tt.err)
			}
		})
	}
}

func FuzzBearerToken(f *testing.F) {
	for _, seed := range []string{"", "Bearer", "Bearer ", "bearer a.b.c", "Bearer a==", "Bearer a=b", "Basic YTpi", "Bearer a, Bearer b", "Bearer\ta", "Bearer é"} {
		f.Add(seed)
	}
	// RFC 6750 section 2.1 and RFC 9110 section 11.1, independent of the parser.
	credentials := regexp.MustCompile(`\A(?i:bearer) +([A-Za-z0-9\-._~+/]+=*)\z`)
	schemeOnly := regexp.MustCompile(`\A((?i:bearer) *)?\z`)
	f.Fuzz(func(t *testing.T, value string) {
		token, err := checkedToken(http.Header{"Authorization": {value}})
		match := credentials.FindStringSubmatch(value)
		switch {
		case match != nil:
			if err != nil || token != match[1] {
				t.Errorf("bearerToken(%q) = %q, %v, want %q", value, token, err, match[1])
			}
		case schemeOnly.MatchString(value):
			if token != "" || err != errNoToken {
				t.Errorf("bearerToken(%q) = %q, %v, want %v", value, token, err, errNoToken)
			}
		default:
			if token != "" || err != errHeaderForm {
				t.Errorf("bearerToken(%q) = %q, %v, want %v", value, token, err, errHeaderForm)
			}
		}
		if strings.TrimSpace(token) != token {
			t.Errorf("bearerToken(%q) = %q: blanks in the token", value, token)
		}
		if token, err := checkedToken(http.Header{"Authorization": {value, value}}); err != errHeaderForm || token != "" {
			t.Errorf("twice %q: %q, %v, want %v", value, token, err, errHeaderForm)
		}
	})
}

// checkedToken is what the gate does with a token that does not verify.
func checkedToken(header http.Header) (string, error) {
	token, err := bearerToken(header)
	if err == nil && !isB64Token(token) {
		return "", errHeaderForm
	}
	return token, err
}
