package rbac

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A valueType is what an operator compares. Its text is how error messages name a value of it.
type valueType string

const (
	stringType  valueType = "a string in single quotes"
	integerType valueType = "an integer"
	timeType    valueType = "a time, such as 2024-05-01T13:00:00Z"
	boolType    valueType = "true or false"
	guidType    valueType = "a GUID"
)

// A conditionValue is one value of an attribute or of a condition, parsed as an operator's type.
type conditionValue struct {
	// text is a string's.
	text string
	// major and minor are any other type's: two values are equal, less or greater as these are, major first.
	major, minor int64
	// valid is false for an attribute's value that is none of the operator's type. It satisfies no operator, the Not forms
	// included: what cannot be compared is neither equal nor different.
	valid bool
}

// parse returns text as a value of the type.
func (t valueType) parse(text string) conditionValue {
	switch t {
	case stringType:
		return conditionValue{text: text, valid: utf8.ValidString(text)}
	case integerType:
		n, err := strconv.ParseInt(text, 10, 64)
		return conditionValue{major: n, valid: err == nil}
	case timeType:
		at, err := time.Parse(time.RFC3339, text)
		// Parse also takes an hour of one digit and a comma for the point, which RFC 3339 has not.
		strict := err == nil && text[len("2006-01-02T15")] == ':' && !strings.Contains(text, ",")
		return conditionValue{major: at.Unix(), minor: int64(at.Nanosecond()), valid: strict}
	case boolType:
		if strings.EqualFold(text, "true") {
			return conditionValue{major: 1, valid: true}
		}
		return conditionValue{valid: strings.EqualFold(text, "false")}
	default:
		return guidValue(text)
	}
}

// guidValue reads a GUID with dashes, or without them as some of the built-in roles have it.
func guidValue(text string) conditionValue {
	g, ok := parseGUID(text)
	if len(text) == hex.EncodedLen(len(g)) {
		_, err := hex.Decode(g[:], []byte(text))
		ok = err == nil
	}
	return conditionValue{
		major: int64(binary.BigEndian.Uint64(g[:8])),
		minor: int64(binary.BigEndian.Uint64(g[8:])),
		valid: ok,
	}
}
