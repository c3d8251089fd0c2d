package openid

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// A referenceMember is a member of an object, with its raw value.
type referenceMember struct{ name, value string }

func membersOf(object *jsonObject) []referenceMember {
	var members []referenceMember
	for name, value := range object.all {
		members = append(members, referenceMember{name, value})
	}
	return members
}

// referenceObject reads what readJSONObject reads, by jsontext, which by default refuses duplicate names, invalid UTF-8 and lone
// surrogates too.
func referenceObject(data []byte) ([]referenceMember, error) {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(data))
	if start, err := decoder.ReadToken(); err != nil {
		return nil, err
	} else if start.Kind() != '{' {
		return nil, errors.New("not an object")
	}
	var members []referenceMember
	for decoder.PeekKind() != '}' {
		name, err := decoder.ReadToken()
		if err != nil {
			return nil, err
		}
		member := referenceMember{name: name.String()}
		value, err := decoder.ReadValue()
		if err != nil {
			return nil, err
		}
		member.value = string(value)
		members = append(members, member)
	}
	if _, err := decoder.ReadToken(); err != nil {
		return nil, err
	}
	if _, err := decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("data after the object")
	}
	return members, nil
}

// The scanner and jsontext accept the same and read it alike, up to the scanner's own bounds.
func FuzzJSONScanner(f *testing.F) {
	for _, seed := range []string{
		``, ` `, `{`, `{}`, "\xef\xbb\xbf{}", `{}{}`, `[]`, `nul`, `{"a":1}`, ` {	"a" :
 [ 1 , "b" , { "c" : null } ] } `, `{"a":1,"\u0061":2}`, `{"a":{"b":1,"b":2}}`,
		`{"a":"\ud83d\ude00\u0000\/\b"}`, `{"a":"\ud800"}`, `{"a":"\ud800\u0041"}`, `{"a":"\udc00\ud800"}`, "{\"a\":\"\xed\xa0\x80\"}", "{\"\xff\":1}",
		`{"a":-0.0E+1}`, `{"a":01}`, `{"a":1.}`, `{"a":-}`, `{"a":1e}`, `{"a":tru}`, `{"a":truest}`, "{\"a\":\"\x1f\"}", "{\"a\":\"\x7f\u2028\"}",
		`{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\`, `{"a":[1,]}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`, manyMembers(40), `{"iss":"https://sts.windows.net/","aud":["a","b"],"exp":1.5e9}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		object, err := readJSONObject(string(data))
		want, wantErr := referenceObject(data)
		switch {
		case err != nil && wantErr == nil:
			if !strings.Contains(err.Error(), "deeper") && !strings.Contains(err.Error(), "more than") {
				t.Fatalf("refused what jsontext accepts: %v", err)
			}
			return
		case err == nil && wantErr != nil:
			t.Fatalf("accepted what jsontext refuses: %v", wantErr)
		case err != nil:
			return
		}
		if len(object.members) != len(want) {
			t.Fatalf("%d members, jsontext finds %d", len(object.members), len(want))
		}
		for i, member := range membersOf(object) {
			if member != want[i] {
				t.Fatalf("member %d is %q, jsontext has %q", i, member, want[i])
			}
			got, ok := texts(member.value)
			reference, wantOK := referenceTexts(want[i].value)
			if ok != wantOK || strings.Join(got, "\x00") != strings.Join(reference, "\x00") || len(got) != len(reference) {
				t.Fatalf("member %d is %q, %t, jsontext has %q, %t", i, got, ok, reference, wantOK)
			}
		}
	})
}

// referenceTexts answers the elements of an array of strings.
func referenceTexts(value string) ([]string, bool) {
	decoder := jsontext.NewDecoder(strings.NewReader(value))
	if start, err := decoder.ReadToken(); err != nil || start.Kind() != '[' {
		return nil, false
	}
	var elements []string
	for decoder.PeekKind() != ']' {
		token, err := decoder.ReadToken()
		if err != nil || token.Kind() != '"' {
			return nil, false
		}
		elements = append(elements, token.String())
	}
	return elements, true
}
