package openid

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// text answers a claim that must be a string when it is there.
func (o *jsonObject) text(name string) (value string, present bool, err error) {
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
func (o *jsonObject) display(names []string) string {
	_, raw, _ := o.first(names)
	if value, ok := text(raw); ok {
		return value
	}
	var few [4]string
	if values, ok := appendTexts(few[:0], raw); ok && len(values) > 0 {
		return values[0]
	}
	return ""
}

// hasValue reports whether a claim has the value, alone or among others.
func (o *jsonObject) hasValue(want ClaimValue) bool {
	raw, _ := o.get(want.Name)
	if value, ok := text(raw); ok {
		return value == want.Value
	}
	values, _ := texts(raw)
	return slices.Contains(values, want.Value)
}

// A textList is where all lists of one principal are kept: one allocation in place of one for each.
type textList []string

// newTextList makes room for the object ids in the raw value of a claim, and a handful of other values.
func newTextList(groups string) textList {
	return make(textList, 0, len(groups)/len(`"`+zeroGUID+`",`)+8)
}

// of answers a claim that is only passed on, as a string or an array of strings; anything else is nothing.
func (l *textList) of(claims *jsonObject, name string) []string {
	raw, _ := claims.get(name)
	begin := len(*l)
	if value, ok := text(raw); ok {
		*l = append(*l, value)
	} else if values, ok := appendTexts(*l, raw); ok {
		*l = values
	}
	return l.from(begin)
}

// from answers what has been added since the list had that length.
func (l *textList) from(begin int) []string {
	if begin == len(*l) {
		return nil
	}
	return (*l)[begin:len(*l):len(*l)]
}

// latestDate is the first second of the year 10000: NumericDates from there on are nonsense, and would overflow later.
const latestDate = 253402300800

// date answers a NumericDate (RFC 7519, section 2): seconds since 1970, fractions allowed.
func (o *jsonObject) date(name string) (date time.Time, present bool, err error) {
	raw, present := o.get(name)
	if !present {
		return time.Time{}, false, nil
	}
	if whole, ok := wholeSeconds(raw); ok {
		return time.Unix(whole, 0).UTC(), true, nil
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

// wholeSeconds reads what nearly every date is: a number of ten digits.
func wholeSeconds(raw string) (seconds int64, ok bool) {
	if len(raw) != 10 || raw[0] == '0' {
		return 0, false
	}
	for i := range len(raw) {
		digit := raw[i] - '0'
		if digit > 9 {
			return 0, false
		}
		seconds = seconds*10 + int64(digit)
	}
	return seconds, true
}
