package openid

import (
	"errors"
	"strconv"
	"strings"
)

// A jsonObject is the header or the claims of a token: one object, exact and unique names, valid UTF-8, nothing before or after (RFC
// 7519, section 7.2; RFC 7493). Values stay raw until they are asked for.
type jsonObject struct {
	members []jsonMember
	chains  *nameChains // nil where members are few
}

type jsonMember struct {
	name, value string
	next        uint8 // in its chain
}

// nameChains find the members of an object by name: a chain for each slot that a name may have, which begins with the number of a member
// counted from 1, and goes on with jsonMember.next. It has the first members, as many as a byte can count.
type nameChains [64]uint8

const maxChained = 255

// slot spreads names by what is cheap to know of them.
func slot(name string) int {
	if name == "" {
		return 0
	}
	return int((uint(len(name))*7 + uint(name[0])*31 + uint(name[len(name)-1])) % 64)
}

func (c *nameChains) make(members []jsonMember) {
	*c = nameChains{}
	for i := range members[:min(len(members), maxChained)] {
		head := &c[slot(members[i].name)]
		members[i].next, *head = *head, uint8(i+1)
	}
}

// readJSONObject reads text, of which the object's names and values are parts.
func readJSONObject(text string) (jsonObject, error) {
	return readJSONObjectInto(make([]jsonMember, 0, 8), text)
}

// readClaims is readJSONObject with the room of s, for an object of many members that are often asked for.
func (s *scratch) readClaims(text string) (jsonObject, error) {
	s.members = s.members[:cap(s.members)] // so that whatever is written there is cleared
	claims, err := readJSONObjectInto(s.members[:0], text)
	if err != nil {
		return jsonObject{}, err
	}
	s.members, claims.chains = claims.members, &s.chains // members may have grown
	s.chains.make(claims.members)
	return claims, nil
}

// readJSONObjectInto keeps the members in the room that members has.
func readJSONObjectInto(members []jsonMember, text string) (jsonObject, error) {
	scanner := jsonScanner{text: text}
	switch c := scanner.next(); {
	case scanner.at == len(text):
		return jsonObject{}, errors.New("truncated JSON")
	case c == '[' || c == '"' || c == 't' || c == 'f' || c == 'n' || c == '-' || '0' <= c && c <= '9':
		return jsonObject{}, errors.New("not a JSON object")
	case c != '{':
		return jsonObject{}, scanner.invalid()
	}
	members, err := scanner.object(1, members)
	if err != nil {
		return jsonObject{}, err
	}
	if scanner.space(); scanner.at < len(text) {
		return jsonObject{}, errors.New("data after the JSON object")
	}
	return jsonObject{members: members}, nil
}

// get answers a member's raw value.
func (o jsonObject) get(name string) (string, bool) {
	rest := o.members
	if o.chains != nil {
		for n := o.chains[slot(name)]; n != 0; n = o.members[n-1].next {
			if o.members[n-1].name == name {
				return o.members[n-1].value, true
			}
		}
		rest = rest[min(len(rest), maxChained):]
	}
	for i := range rest {
		if rest[i].name == name {
			return rest[i].value, true
		}
	}
	return "", false
}

// has reports whether a member exists, with whatever value.
func (o jsonObject) has(name string) bool {
	_, ok := o.get(name)
	return ok
}

// first answers the first of names that exists.
func (o jsonObject) first(names []string) (string, string, bool) {
	for _, name := range names {
		if value, ok := o.get(name); ok {
			return name, value, true
		}
	}
	return "", "", false
}

// text answers a string value.
func text(value string) (string, bool) {
	if value == "" || value[0] != '"' {
		return "", false
	}
	if inner := value[1 : len(value)-1]; strings.IndexByte(inner, '\\') < 0 {
		return inner, true
	}
	return unquote(value)
}

// texts answers the elements of an array of strings.
func texts(value string) ([]string, bool) { return appendTexts(nil, value) }

// appendTexts appends the elements of an array of strings, or nothing.
func appendTexts(dst []string, value string) (elements []string, ok bool) {
	begin := len(dst)
	scanner := jsonScanner{text: value}
	for {
		more, ok := scanner.element()
		switch {
		case !ok:
			return dst[:begin], false
		case !more:
			return dst, true
		}
		element, _ := scanner.name()
		dst = append(dst, element)
	}
}

// appendObjectIDs appends those elements of an array of strings that are object ids, or nothing.
func appendObjectIDs(dst []string, value string) (ids []string, ok bool) {
	const quote, guid = len(`"`), len(zeroGUID)
	begin := len(dst)
	scanner := jsonScanner{text: value}
	for {
		more, ok := scanner.element()
		switch {
		case !ok:
			return dst[:begin], false
		case !more:
			return dst, true
		}
		// What is a GUID between quotes need not be read again to find its end.
		if rest := value[scanner.at+quote:]; len(rest) > guid && rest[guid] == '"' {
			if id, ok := parseGUID(rest[:guid]); ok {
				scanner.at += quote + guid + quote
				if id != zeroGUID {
					dst = append(dst, id)
				}
				continue
			}
		}
		element, _ := scanner.name()
		if id, ok := ParseObjectID(element); ok {
			dst = append(dst, id)
		}
	}
}

// number answers a JSON number.
func number(value string) (float64, bool) {
	if value == "" || value[0] != '-' && (value[0] < '0' || value[0] > '9') {
		return 0, false
	}
	f, err := strconv.ParseFloat(value, 64)
	return f, err == nil
}
