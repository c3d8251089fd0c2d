package openid

import (
	"encoding/base64"
	"strings"
	"testing"
)

// JWS-01, JWS-02, JWT-05, JWT-17: three non-empty segments of strict base64url, and nothing else.
func TestJWS_01_CompactRefused(t *testing.T) {
	const h, p, s = "eyJhbGciOiJSUzI1NiJ9", "e30", "AQID"
	for _, test := range []struct{ name, token, wantWords string }{
		{"empty", "", "not three segments"},
		{"one segment", h, "not three segments"},
		{"two segments", h + "." + p, "not three segments"},
		{"only dots", "..", "header is empty"},
		{"four segments", h + "." + p + "." + s + "." + s, "more than three"},
		{"five segments, a JWE", h + "." + p + "." + s + "." + s + "." + s, "JWE"},
		{"six segments", strings.Repeat(h+".", 5) + s, "more than three"},
		{"a dot too many at the end", h + "." + p + "." + s + ".", "more than three"},
		{"a dot too many in front", "." + h + "." + p + "." + s, "more than three"},
		{"no header", "." + p + "." + s, "header is empty"},
		{"no payload", h + ".." + s, "payload is empty"},
		{"no signature", h + "." + p + ".", "signature is empty"},
		{"JSON serialization", `{"protected":"` + h + `","payload":"` + p + `","signature":"` + s + `"}`, "not three segments"},
		{"padding", h + "." + p + "=." + s, "payload: not strict"},
		{"padding of the signature", h + "." + p + "." + "AQ==", "signature: not strict"},
		{"standard alphabet, plus", h + "." + p + ".AQ+D", "signature: not strict"},
		{"standard alphabet, slash", h + "." + p + ".AQ/D", "signature: not strict"},
		{"space", h + "." + p + ".AQ D", "signature: not strict"},
		{"space in front", " " + h + "." + p + "." + s, "header: not strict"},
		{"tab", h + "." + p + "\t." + s, "payload: not strict"},
		{"LF", h + "." + p + ".AQ\nID", "line break"},
		{"CR", h + ".e3\r0." + s, "line break"},
		{"CRLF in the header", h[:4] + "\r\n" + h[4:] + "." + p + "." + s, "line break"},
		{"LF at the end", h + "." + p + "." + s + "\n", "line break"},
		{"NUL", h + "." + p + "." + s + "\x00", "signature: not strict"},
		{"no ASCII", h + "." + p + ".AQÍD", "signature: not strict"},
		{"no UTF-8", h + "." + p + ".AQ\xffD", "signature: not strict"},
		{"percent encoding", h + "." + p + ".AQ%44", "signature: not strict"},
		{"length that no octets have", h + "." + p + ".A", "signature: not strict"},
		{"stray bits, two characters", h + "." + p + ".AR", "signature: not strict"},
		{"stray bits, three characters", h + "." + p + ".AQJ", "signature: not strict"},
		{"quotes", `"` + h + "." + p + "." + s + `"`, "header: not strict"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := splitCompact(test.token, new(knownHeaders), new(scratch))
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), test.wantWords) {
				t.Errorf("error %q, want %q in it", err, test.wantWords)
			}
		})
	}
}

func TestSplitCompact(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	header, payload, signature := `{"alg":"RS256"}`, `{"iss":"?>"}`, "\xfb\xff\xfe\x00"
	got, err := splitCompact(encode([]byte(header))+"."+encode([]byte(payload))+"."+encode([]byte(signature)), new(knownHeaders), new(scratch))
	if err != nil {
		t.Fatal(err)
	}
	if string(got.header) != header || string(got.payload) != payload || string(got.signature) != signature {
		t.Errorf("got header %q, payload %q, signature %q", got.header, got.payload, got.signature)
	}
	if want := encode([]byte(header)) + "." + encode([]byte(payload)); got.signed != want {
		t.Errorf("signed %q, want %q", got.signed, want)
	}
}

// Every token has one spelling: no two texts decode to the same octets, so that nothing can be added to a token in passing.
func TestJWS_02_OneSpelling(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	seen := make(map[string]string)
	for _, a := range alphabet {
		for _, b := range alphabet {
			for _, segment := range []string{string([]rune{a, b}), string([]rune{a, b, 'A'}), string([]rune{'A', a, b})} {
				octets, err := decodeBase64URL(segment)
				if err != nil {
					continue
				}
				if other, ok := seen[string(octets)]; ok && other != segment {
					t.Fatalf("%q and %q both decode to %q", other, segment, octets)
				}
				seen[string(octets)] = segment
			}
		}
	}
}
