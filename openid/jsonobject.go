package openid

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// A jsonObject is the header or the claims of a token, read strictly: one object, exact and unique names, valid UTF-8, nothing
// before or after (RFC 7519, section 7.2; RFC 7493). Values stay raw until they are asked for.
type jsonObject struct{ members []jsonMember }

type jsonMember struct {
	name  string
	value jsontext.Value
}

// maxMembers and maxObjects bound what a token costs before anything vouches for it: the reader remembers the names of every object
// that it is inside of, so that 48 KiB of nested objects would take 2 MiB and 3 ms. Real tokens have some 40 claims and a handful of
// objects.
const (
	maxMembers = 1000
	maxObjects = 1000
)

// readJSONObject reads data, which the object goes on to refer to.
func readJSONObject(data []byte) (jsonObject, error) {
	if bytes.Count(data, []byte("{")) > maxObjects {
		return jsonObject{}, fmt.Errorf("more than %d objects", maxObjects)
	}
	decoder := jsontext.NewDecoder(bytes.NewBuffer(data)) // refuses duplicates, invalid UTF-8 and lone surrogates by default
	if start, err := decoder.ReadToken(); err != nil {
		return jsonObject{}, plainJSONError(err)
	} else if start.Kind() != '{' {
		return jsonObject{}, errors.New("not a JSON object")
	}
	object := jsonObject{members: make([]jsonMember, 0, 32)}
	for decoder.PeekKind() != '}' {
		if len(object.members) == maxMembers {
			return jsonObject{}, fmt.Errorf("more than %d members", maxMembers)
		}
		name, err := decoder.ReadToken()
		if err != nil {
			return jsonObject{}, plainJSONError(err)
		}
		member := jsonMember{name: name.String()}
		value, err := decoder.ReadValue()
		if err != nil {
			return jsonObject{}, plainJSONError(err)
		}
		end := decoder.InputOffset()
		member.value = data[end-int64(len(value)) : end] // value itself lives until the next read only
		object.members = append(object.members, member)
	}
	if _, err := decoder.ReadToken(); err != nil {
		return jsonObject{}, plainJSONError(err)
	}
	if _, err := decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return jsonObject{}, errors.New("data after the JSON object")
	}
	return object, nil
}

// plainJSONError keeps what is wrong and where, and drops what was quoted of the token.
func plainJSONError(err error) error {
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return errors.New("duplicate member name")
	case errors.As(err, &syntactic):
		return fmt.Errorf("invalid JSON at byte %d", syntactic.ByteOffset)
	default:
		return errors.New("truncated JSON")
	}
}

// get answers a member's raw value.
func (o jsonObject) get(name string) (jsontext.Value, bool) {
	for i := range o.members {
		if o.members[i].name == name {
			return o.members[i].value, true
		}
	}
	return nil, false
}

// has reports whether a member exists, with whatever value.
func (o jsonObject) has(name string) bool {
	_, ok := o.get(name)
	return ok
}

// first answers the first of names that exists.
func (o jsonObject) first(names []string) (string, jsontext.Value, bool) {
	for _, name := range names {
		if value, ok := o.get(name); ok {
			return name, value, true
		}
	}
	return "", nil, false
}

// text answers a string value.
func text(value jsontext.Value) (string, bool) {
	if value.Kind() != '"' {
		return "", false
	}
	if inner := value[1 : len(value)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), true
	}
	unquoted, err := jsontext.AppendUnquote(nil, value)
	return string(unquoted), err == nil
}

// texts answers the elements of an array of strings.
func texts(value jsontext.Value) ([]string, bool) {
	if value.Kind() != '[' {
		return nil, false
	}
	decoder := jsontext.NewDecoder(bytes.NewBuffer(value))
	_, _ = decoder.ReadToken() // the bracket just seen
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

// number answers a JSON number.
func number(value jsontext.Value) (float64, bool) {
	if value.Kind() != '0' {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(value), 64)
	return f, err == nil
}
