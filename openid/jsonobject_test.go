package openid

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

// JWS-03, JWT7519-01, JWT-08: one object, unique and exact names, UTF-8, nothing before or after.
func TestJWS_03_ObjectRefused(t *testing.T) {
	for _, test := range []struct{ name, text, wantWords string }{
		{"empty", "", "truncated"},
		{"white space only", " \n", "truncated"},
		{"null", "null", "not a JSON object"},
		{"array", "[]", "not a JSON object"},
		{"string", `"a"`, "not a JSON object"},
		{"number", "1", "not a JSON object"},
		{"byte-order mark", "\xef\xbb\xbf{}", "invalid JSON"},
		{"UTF-16", "{\x00}\x00", "invalid JSON"},
		{"cut after the brace", "{", "invalid JSON"},
		{"cut in a name", `{"a`, "invalid JSON"},
		{"cut in a value", `{"a":[1,2`, "invalid JSON"},
		{"cut before the brace", `{"a":1`, "invalid JSON"},
		{"cut before a value", `{"a":`, "invalid JSON"},
		{"comma at the end", `{"a":1,}`, "invalid JSON"},
		{"no comma", `{"a":1 "b":2}`, "invalid JSON"},
		{"no name", `{:1}`, "invalid JSON"},
		{"name without quotes", `{a:1}`, "invalid JSON"},
		{"name in single quotes", `{'a':1}`, "invalid JSON"},
		{"number for a name", `{1:1}`, "invalid JSON"},
		{"no value", `{"a":}`, "invalid JSON"},
		{"comment", `{"a":1/**/}`, "invalid JSON"},
		{"other brace", `{"a":1]`, "invalid JSON"},
		{"object after", `{}{}`, "after the JSON object"},
		{"brace after", `{}}`, "after the JSON object"},
		{"word after", `{} x`, "after the JSON object"},
		{"NUL after", "{}\x00", "after the JSON object"},
		{"duplicate", `{"a":1,"a":1}`, "duplicate"},
		{"duplicate by escape", `{"a":1,"\u0061":2}`, "duplicate"},
		{"last of the names in chains repeated", manyMembers(maxChained)[:len(manyMembers(maxChained))-1] + fmt.Sprintf(`,"%d":1}`, maxChained-1), "duplicate"},
		{"first of the names behind chains repeated", manyMembers(maxChained + 9)[:len(manyMembers(maxChained+9))-1] + fmt.Sprintf(`,"%d":1}`, maxChained), "duplicate"},
		{"name in chains repeated behind them", manyMembers(maxChained + 9)[:len(manyMembers(maxChained+9))-1] + `,"\u0030":1}`, "duplicate"},
		{"duplicate within", `{"a":{"b":1,"b":2}}`, "duplicate"},
		{"duplicate in an array", `{"a":[{"b":1,"b":2}]}`, "duplicate"},
		{"no UTF-8 in a name", "{\"\xff\":1}", "invalid JSON"},
		{"no UTF-8 in a value", "{\"a\":\"\xc3\x28\"}", "invalid JSON"},
		{"overlong UTF-8", "{\"a\":\"\xc0\xaf\"}", "invalid JSON"},
		{"surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", "invalid JSON"},
		{"lone surrogate", `{"a":"\ud800"}`, "invalid JSON"},
		{"surrogates swapped", `{"a":"\udc00\ud800"}`, "invalid JSON"},
		{"control character in a string", "{\"a\":\"\n\"}", "invalid JSON"},
		{"unknown escape", `{"a":"\x41"}`, "invalid JSON"},
		{"escape without digits", `{"a":"\u004g"}`, "invalid JSON"},
		{"escape cut", `{"a":"\u004`, "invalid JSON"},
		{"number with leading zero", `{"a":01}`, "invalid JSON"},
		{"number with plus", `{"a":+1}`, "invalid JSON"},
		{"hexadecimal number", `{"a":0x10}`, "invalid JSON"},
		{"number without digits after the point", `{"a":1.}`, "invalid JSON"},
		{"NaN", `{"a":NaN}`, "invalid JSON"},
		{"True", `{"a":True}`, "invalid JSON"},
		{"nested too deep", `{"a":` + strings.Repeat("[", 20000), "deeper"},
		{"too many members", manyMembers(maxMembers + 1), "members"},
		{"too many members in objects within", `{"a":[` + strings.Repeat(`{"b":0},`, maxMembers) + `{}]}`, "members"},
		{"too many members in one within", `{"a":` + manyMembers(maxMembers) + `}`, "members"},
		{"one of many repeated", manyMembers(900)[:len(manyMembers(900))-1] + `,"899":1}`, "duplicate"},
		{"one level too deep", `{"a":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + `}`, "deeper"},
		{"one object too deep", strings.Repeat(`{"a":`, maxDepth+1) + "0" + strings.Repeat("}", maxDepth+1), "deeper"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := readJSONObject(test.text)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), test.wantWords) {
				t.Errorf("error %q, want %q in it", err, test.wantWords)
			}
		})
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%d":0`, i)
	}
	return "{" + b.String()[1:] + "}"
}

// The error goes to logs: it must not carry what the token holds.
func TestReadJSONObject_ErrorQuotesNothing(t *testing.T) {
	for _, text := range []string{`{"secret":1,"secret":2}`, `{"a":"secret`, `{"secret":x}`, `{} secret`, `{"a":{"secret":{"b":1,"b":2}}}`, `secret`} {
		if _, err := readJSONObject(text); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

func TestReadJSONObject(t *testing.T) {
	object, err := readJSONObject(" {\t\"a\" : \"x\\u0041\\n\" , \"A\":1.50,\n\"\\u0062\": [ \"y\", \"\\\"\" ] ,\"c\":{\"d\":[1]},\"\":null}\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(object.members); got != 5 {
		t.Errorf("%d members, want 5", got)
	}
	for _, test := range []struct{ name, want string }{{"a", `"x\u0041\n"`}, {"A", "1.50"}, {"b", `[ "y", "\"" ]`}, {"c", `{"d":[1]}`}, {"", "null"}} {
		if got, ok := object.get(test.name); !ok || string(got) != test.want {
			t.Errorf("%q is %s, %t, want %s", test.name, got, ok, test.want)
		}
	}
	if object.has("B") || object.has("d") {
		t.Error("members that are not there")
	}
	a, _ := object.get("a")
	if got, ok := text(a); !ok || got != "xA\n" {
		t.Errorf("text %q, %t", got, ok)
	}
	b, _ := object.get("b")
	if got, ok := texts(b); !ok || len(got) != 2 || got[0] != "y" || got[1] != `"` {
		t.Errorf("texts %q, %t", got, ok)
	}
	if name, value, ok := object.first([]string{"x", "", "a"}); !ok || name != "" || string(value) != "null" {
		t.Errorf("first is %q %s, %t: a null is there", name, value, ok)
	}
	if _, err := readJSONObject(manyMembers(maxMembers)); err != nil {
		t.Errorf("%d members: %v", maxMembers, err)
	}
}

func TestJSONValues(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		value      string
		wantText   string
		isText     bool
		wantTexts  []string
		isTexts    bool
		wantNumber float64 // NaN when it is none
	}{
		{`"a"`, "a", true, nil, false, nan},
		{`""`, "", true, nil, false, nan},
		{`"1"`, "1", true, nil, false, nan},
		{`"\u00e9\ud83d\ude00"`, "é😀", true, nil, false, nan},
		{`null`, "", false, nil, false, nan},
		{`true`, "", false, nil, false, nan},
		{`{}`, "", false, nil, false, nan},
		{`[]`, "", false, nil, true, nan},
		{`["a","\u0062"]`, "", false, []string{"a", "b"}, true, nan},
		{`["a",1]`, "", false, nil, false, nan},
		{`["a",null]`, "", false, nil, false, nan},
		{`["a",["b"]]`, "", false, nil, false, nan},
		{`["a",{"b":"c"}]`, "", false, nil, false, nan},
		{`1`, "", false, nil, false, 1},
		{`-0`, "", false, nil, false, 0},
		{`1.5e3`, "", false, nil, false, 1500},
		{`1e400`, "", false, nil, false, nan},
	} {
		object, err := readJSONObject(`{"v":` + test.value + `}`)
		if err != nil {
			t.Fatal(err)
		}
		value, _ := object.get("v")
		if got, ok := text(value); ok != test.isText || got != test.wantText {
			t.Errorf("%s: text %q, %t", test.value, got, ok)
		}
		got, ok := texts(value)
		if ok != test.isTexts || fmt.Sprint(got) != fmt.Sprint(test.wantTexts) {
			t.Errorf("%s: texts %q, %t", test.value, got, ok)
		}
		if got, ok := number(value); ok != !math.IsNaN(test.wantNumber) || ok && got != test.wantNumber {
			t.Errorf("%s: number %v, %t", test.value, got, ok)
		}
	}
}

// Chains find what is there, and nothing else, however many members share a slot and whatever was read before.
func TestJSONObject_Get(t *testing.T) {
	claims := new(jsonObject)
	for _, members := range []int{0, 1, 40, maxChained - 1, maxChained, maxChained + 1, maxMembers, 3} {
		var text strings.Builder
		for i := range members { // most of them in one slot
			fmt.Fprintf(&text, `,"a%06db":%d`, i, i)
		}
		if err := claims.read("{" + strings.TrimPrefix(text.String(), ",") + "}"); err != nil {
			t.Fatal(err)
		}
		for i := range maxMembers + 1 {
			value, ok := claims.get(fmt.Sprintf("a%06db", i))
			if ok != (i < members) || ok && value != fmt.Sprint(i) {
				t.Fatalf("%d members: number %d is %s, %t", members, i, value, ok)
			}
		}
		if claims.has("") || claims.has("a") {
			t.Errorf("%d members: some that are not there", members)
		}
	}
}

// The reader never accepts what encoding/json refuses as JSON, and what both accept they read alike.
func FuzzReadJSONObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1}`, `{"iss":"https://sts.windows.net/","aud":["a","b"],"exp":1.5e9,"x":{"y":[null,true,false,{}]}}`,
		`{"a":"\ud83d\ude00\u0000\/"}`, `{"":-0.0E+1}`, "{\"a\":\"\u2028\"}", `{"a":1,"A":2}`, `{"a":[[[[]]]]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		object, err := readJSONObject(data)
		if err != nil {
			return
		}
		if !utf8.ValidString(data) {
			t.Fatal("accepted what is no UTF-8")
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(data), &want); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		if len(object.members) != len(want) {
			t.Fatalf("%d members, encoding/json finds %d", len(object.members), len(want))
		}
		for _, member := range membersOf(object) {
			if value, ok := object.get(member.name); !ok || value != member.value {
				t.Fatalf("member %q is found with %s, %t", member.name, value, ok)
			}
			if _, ok := want[member.name+"x"]; object.has(member.name+"x") != ok {
				t.Fatalf("member %q: %t", member.name+"x", !ok)
			}
			raw, ok := want[member.name]
			if !ok {
				t.Fatalf("encoding/json does not find member %q", member.name)
			}
			if member.value != string(raw) {
				t.Fatalf("member %q is %s, encoding/json has %s", member.name, member.value, raw)
			}
			var anything any
			if err := json.Unmarshal(raw, &anything); err != nil {
				// A number that no float64 holds, somewhere in it.
				if value, ok := number(member.value); ok {
					t.Fatalf("member %q is %v, encoding/json: %v", member.name, value, err)
				}
				continue
			}
			compareJSON(t, member, anything)
		}
	})
}

func compareJSON(t *testing.T, member referenceMember, want any) {
	gotText, isText := text(member.value)
	gotTexts, isTexts := texts(member.value)
	gotNumber, isNumber := number(member.value)
	switch want := want.(type) {
	case string:
		if !isText || gotText != want || isTexts || isNumber {
			t.Fatalf("member %q is %q, encoding/json has %q", member.name, gotText, want)
		}
	case float64:
		if !isNumber || gotNumber != want || isText || isTexts {
			t.Fatalf("member %q is %v, encoding/json has %v", member.name, gotNumber, want)
		}
	case []any:
		allTexts := true
		for i, element := range want {
			s, ok := element.(string)
			if allTexts = allTexts && ok; !allTexts {
				break
			}
			if i >= len(gotTexts) || gotTexts[i] != s {
				t.Fatalf("member %q is %q, encoding/json has %q", member.name, gotTexts, want)
			}
		}
		if isTexts != allTexts || isTexts && len(gotTexts) != len(want) || isText || isNumber {
			t.Fatalf("member %q is an array of strings: %t, encoding/json has %v", member.name, isTexts, want)
		}
	default:
		if isText || isTexts || isNumber {
			t.Fatalf("member %q is read as %q, %q or %v, encoding/json has %v", member.name, gotText, gotTexts, gotNumber, want)
		}
	}
}
