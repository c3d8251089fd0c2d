package openid

import (
	"slices"
	"testing"
	"time"
)

// JWT7519-02 to -04: a NumericDate is a JSON number in range, whole or not; it never overflows.
func TestJWT7519_02_Date(t *testing.T) {
	for _, test := range []struct {
		name, value string
		want        time.Time // zero is a refusal
	}{
		{"whole", "1500000000", time.Unix(1500000000, 0)},
		{"fraction", "1500000000.5", time.Unix(1500000000, 500000000)},
		{"exponent", "1.5e9", time.Unix(1500000000, 0)},
		{"smallest", "0.5", time.Unix(0, 500000000)},
		{"last second of the year 9999", "253402300799", time.Unix(253402300799, 0)},
		{"first second of the year 10000", "253402300800", time.Time{}},
		{"ten characters with a point", "15000000.5", time.Unix(15000000, 5e8)},
		{"zero", "0", time.Time{}},
		{"minus zero", "-0", time.Time{}},
		{"negative", "-1", time.Time{}},
		{"largest integer", "9223372036854775807", time.Time{}},
		{"larger than every integer", "1e300", time.Time{}},
		{"larger than every number", "1e400", time.Time{}},
		{"milliseconds", "1500000000000", time.Time{}},
		{"string", `"1500000000"`, time.Time{}},
		{"null", "null", time.Time{}},
		{"true", "true", time.Time{}},
		{"array", "[1500000000]", time.Time{}},
		{"object", `{"$date":1500000000}`, time.Time{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			claims, err := readJSONObject(`{"exp":` + test.value + `}`)
			if err != nil {
				t.Fatal(err)
			}
			got, present, err := claims.date("exp")
			switch {
			case !present:
				t.Error("not present")
			case test.want.IsZero() && err == nil:
				t.Errorf("accepted as %v", got)
			case !test.want.IsZero() && err != nil:
				t.Error(err)
			case !got.Equal(test.want):
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
	if _, present, err := new(jsonObject).date("exp"); present || err != nil {
		t.Errorf("a date that is not there: present %t, error %v", present, err)
	}
}

// What is only shown or passed on is never a reason to refuse a token, and never anything but text.
func TestDisplayAndList(t *testing.T) {
	for _, test := range []struct {
		name, value string
		wantDisplay string
		wantList    []string
	}{
		{"string", `"a"`, "a", []string{"a"}},
		{"empty string", `""`, "", []string{""}},
		{"array", `["a","b"]`, "a", []string{"a", "b"}},
		{"empty array", `[]`, "", nil},
		{"null", `null`, "", nil},
		{"number", `1`, "", nil},
		{"object", `{"a":"b"}`, "", nil},
		{"array of more than strings", `["a",1]`, "", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			claims, err := readJSONObject(`{"amr":` + test.value + `}`)
			if err != nil {
				t.Fatal(err)
			}
			if got := claims.display([]string{"upn", "amr"}); got != test.wantDisplay {
				t.Errorf("display %q, want %q", got, test.wantDisplay)
			}
			if got := new(textList).of(claims, "amr"); !slices.Equal(got, test.wantList) {
				t.Errorf("list %q, want %q", got, test.wantList)
			}
		})
	}
	if got := new(jsonObject).display([]string{"upn"}); got != "" {
		t.Errorf("display of nothing: %q", got)
	}
}
