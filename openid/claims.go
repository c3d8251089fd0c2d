package openid

import (
	"fmt"
	"math"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// text answers a claim that must be a string when it is there.
func (o jsonObject) text(name string) (value string, present bool, err error) {
	raw, present := o.get(name)
	if !present {
		return "", false, nil
	}
	value, ok := text(raw)
	if !ok {
		return "", true, fmt.Errorf("%s is not a string", name)
	}
	return value, true, nil
}

// display answers a claim that is only shown or passed on: the string, the first string of an array, or nothing.
func (o jsonObject) display(names []string) string {
	_, raw, ok := o.first(names)
	if !ok {
		return ""
	}
	if values := stringOrStrings(raw); len(values) > 0 {
		return values[0]
	}
	return ""
}

// list answers a claim that is only passed on, as a string or an array of strings; anything else is nothing.
func (o jsonObject) list(name string) []string {
	raw, _ := o.get(name)
	return stringOrStrings(raw)
}

func stringOrStrings(raw jsontext.Value) []string {
	if value, ok := text(raw); ok {
		return []string{value}
	}
	values, _ := texts(raw)
	return values
}

// latestDate is the first second of the year 10000: NumericDates from there on are nonsense, and would overflow later.
const latestDate = 253402300800

// date answers a NumericDate (RFC 7519, section 2): seconds since 1970, fractions allowed.
func (o jsonObject) date(name string) (date time.Time, present bool, err error) {
	raw, present := o.get(name)
	if !present {
		return time.Time{}, false, nil
	}
	seconds, ok := number(raw)
	if !ok {
		return time.Time{}, true, fmt.Errorf("%s is not a number", name)
	}
	if seconds <= 0 || seconds >= latestDate {
		return time.Time{}, true, fmt.Errorf("%s is out of range", name)
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC(), true, nil
}
