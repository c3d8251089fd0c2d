package openid

import (
	"regexp"
	"strings"
	"testing"
)

func TestParseGUID(t *testing.T) {
	const guid = "3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6a"
	for _, test := range []struct {
		name, text string
		want       bool
	}{
		{"lower case", guid, true},
		{"upper case", strings.ToUpper(guid), true},
		{"zero", zeroGUID, true},
		{"empty", "", false},
		{"braces", "{" + guid + "}", false},
		{"no hyphens", strings.ReplaceAll(guid, "-", ""), false},
		{"hyphens elsewhere", "3c0f9a526-b1e-4d2f-9a57-1f2e3d4c5b6a", false},
		{"digit in place of a hyphen", "3c0f9a5206b1e-4d2f-9a57-1f2e3d4c5b6a", false},
		{"no hexadecimal digit", "3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6g", false},
		{"one short", guid[:35], false},
		{"one long", guid + "0", false},
		{"space before", " " + guid[:35], false},
		{"line break after", guid[:35] + "\n", false},
		{"other script's digit", guid[:33] + "٣a", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := parseGUID(test.text)
			if ok != test.want {
				t.Fatalf("parseGUID(%q) = %t, want %t", test.text, ok, test.want)
			}
			if want := strings.ToLower(test.text); ok && got != want {
				t.Errorf("canonical form %q, want %q", got, want)
			}
		})
	}
}

func TestParseSID(t *testing.T) {
	for _, test := range []struct {
		name, text, want string // want "" is a refusal
	}{
		{"a user of a domain", "S-1-5-21-1004336348-1177238915-682003330-512", "S-1-5-21-1004336348-1177238915-682003330-512"},
		{"lower case", "s-1-5-32-544", "S-1-5-32-544"},
		{"shortest", "S-1-1-0", "S-1-1-0"},
		{"fifteen sub-authorities", "S-1-5" + strings.Repeat("-4294967295", 15), "S-1-5" + strings.Repeat("-4294967295", 15)},
		{"sixteen sub-authorities", "S-1-5" + strings.Repeat("-1", 16), ""},
		{"no sub-authority", "S-1-5", ""},
		{"no authority", "S-1-", ""},
		{"other revision", "S-2-5-21", ""},
		{"two-digit revision", "S-11-5-21", ""},
		{"empty part", "S-1-5--21", ""},
		{"hyphen at the end", "S-1-5-21-", ""},
		{"part of 2^32", "S-1-5-4294967296", ""},
		{"part of eleven digits", "S-1-5-00000000001", ""},
		{"leading zero", "S-1-5-021", ""},
		{"sign", "S-1-5-+21", ""},
		{"hexadecimal authority", "S-1-0x5-21", ""},
		{"letter", "S-1-5-21a", ""},
		{"other letter in front", "T-1-5-21", ""},
		{"space in front", " S-1-5-21", ""},
		{"space at the end", "S-1-5-21 ", ""},
		{"other script's digit", "S-1-5-٢١", ""},
		{"very long", "S-1-5" + strings.Repeat("-1", 10000), ""},
		{"empty", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := parseSID(test.text)
			if ok != (test.want != "") || ok && got != test.want {
				t.Errorf("parseSID(%q) = %q, %t, want %q", test.text, got, ok, test.want)
			}
		})
	}
}

func TestParseObjectID(t *testing.T) {
	for _, test := range []struct {
		text, want string // want "" is a refusal
	}{
		{"3C0F9A52-6b1e-4d2f-9a57-1f2e3d4c5b6a", "3c0f9a52-6b1e-4d2f-9a57-1f2e3d4c5b6a"},
		{"s-1-5-21-1-2-3-500", "S-1-5-21-1-2-3-500"},
		{zeroGUID, ""},
		{"alice@contoso.example", ""},
		{`CONTOSO\alice`, ""},
		{"", ""},
	} {
		if got, ok := ParseObjectID(test.text); ok != (test.want != "") || ok && got != test.want {
			t.Errorf("ParseObjectID(%q) = %q, %t, want %q", test.text, got, ok, test.want)
		}
	}
}

// Whatever one character is exchanged for, parseGUID and the notation of RFC 9562 (section 4) agree.
func TestParseGUID_EachCharacter(t *testing.T) {
	const guid = "01234567-89ab-4cde-8f01-23456789abcd"
	notation := regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	for i := range len(guid) {
		for c := range 256 {
			changed := guid[:i] + string([]byte{byte(c)}) + guid[i+1:]
			got, ok := parseGUID(changed)
			if want := notation.MatchString(changed); ok != want || ok && got != strings.ToLower(changed) {
				t.Fatalf("%q: %q, %v, want %v", changed, got, ok, want)
			}
		}
	}
}
