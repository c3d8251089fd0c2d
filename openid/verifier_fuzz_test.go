package openid_test

import (
	"strings"
	"testing"
)

// No token but the one that was issued is accepted: whatever is changed in its header, its payload, its signature or its text.
func FuzzVerifier(f *testing.F) {
	s := newSite(f, withRSA(adfs)) // an RSA signature of a text has one value; one of ECDSA has many
	good := s.token()
	if _, err := s.verifier.Verify(f.Context(), good); err != nil {
		f.Fatal(err)
	}
	const header, payload, signature, text = 0, 1, 2, 3
	f.Add(uint8(header), uint16(0), uint16(0), []byte(" "))
	f.Add(uint8(header), uint16(1), uint16(0), []byte(`"alg":"none",`))
	f.Add(uint8(payload), uint16(1), uint16(0), []byte(`"exp":9999999999,`))
	f.Add(uint8(payload), uint16(40), uint16(1), []byte("x"))
	f.Add(uint8(signature), uint16(255), uint16(1), []byte{0})
	f.Add(uint8(signature), uint16(0), uint16(0), []byte{0})
	f.Add(uint8(text), uint16(0), uint16(0), []byte("\n"))
	f.Add(uint8(text), uint16(10), uint16(0), []byte("="))
	f.Fuzz(func(t *testing.T, where uint8, at, cut uint16, insert []byte) {
		parts := []string{0: "", 1: "", 2: "", 3: good}
		parts[header], parts[payload], parts[signature] = segments(good)
		part := &parts[where%4]
		begin := int(at) % (len(*part) + 1)
		end := min(begin+int(cut), len(*part))
		*part = (*part)[:begin] + string(insert) + (*part)[end:]
		token := parts[text]
		if where%4 != text {
			token = glue(parts[header], parts[payload], parts[signature])
		}
		principal, err := s.verifier.Verify(t.Context(), token)
		switch {
		case token == good && err != nil:
			t.Errorf("the token that was issued is refused: %v", err)
		case token != good && (err == nil || principal != nil):
			t.Errorf("accepted, with %q at byte %d of part %d", insert, begin, where%4)
		case err != nil && (len(err.Error()) > 1000 || strings.ContainsAny(err.Error(), "\r\n")):
			t.Errorf("the text is not fit for a log: %q", err)
		}
	})
}
