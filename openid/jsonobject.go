package openid

import (
	"errors"
	"strconv"
	"strings"
)

// A jsonObject is the header or the claims of a token: one object, exact and unique names, valid UTF-8, nothing before or after (RFC
// 7519, section 7.2; RFC 7493). Values stay raw until they are asked for.
//
// It knows places in the text and no more, so that it holds nothing of a token that the garbage collector must follow.
type jsonObject struct {
	source  string
	members []jsonMember
	// chains find the first members by name.
	chains nameChains
	// unquoted are the names that were written with escapes.
	unquoted []string
	// names are all that there are, once there are more than the chains have room for.
	names map[string]struct{}
}

// A jsonMember is where the name and the value are in the text, which is a part of a token.
type jsonMember struct {
	name, value span
	next        uint8 // in its chain
	escaped     bool  // name.begin is an index of jsonObject.unquoted
}

type span struct{ begin, end uint32 }

// nameChains have a chain for each slot that a name may have, which begins with the number of a member counted from 1, and goes on with
// jsonMember.next. Many members are looked up in other ways, so that hostile tokens cost in proportion to their size.
type nameChains [64]uint8

const maxChained = 64

// slot spreads names by what is cheap to know of them.
func slot(name string) int {
	if name == "" {
		return 0
	}
	return int((uint(len(name))*7 + uint(name[0])*31 + uint(name[len(name)-1])) % 64)
}

// readJSONObject reads text, of which the object's names and values are parts.
func readJSONObject(text string) (*jsonObject, error) {
	o := &jsonObject{}
	return o, o.read(text)
}

// read reads text in place of what o was, with the room that members has.
func (o *jsonObject) read(text string) error {
	o.reset()
	o.source = text
	scanner := jsonScanner{text: text}
	switch c := scanner.next(); {
	case scanner.at == len(text):
		return errors.New("truncated JSON")
	case c == '[' || c == '"' || c == 't' || c == 'f' || c == 'n' || c == '-' || '0' <= c && c <= '9':
		return errors.New("not a JSON object")
	case c != '{':
		return scanner.invalid()
	}
	if err := scanner.object(1, o); err != nil {
		return err
	}
	if scanner.space(); scanner.at < len(text) {
		return errors.New("data after the JSON object")
	}
	return nil
}

// reset forgets all that was read.
func (o *jsonObject) reset() { *o = jsonObject{members: o.members[:0]} }

// add adds the member whose name, with its quotes, is at a place of the text, and reports false when that name is there already.
func (o *jsonObject) add(quoted span, escaped bool) bool {
	member := jsonMember{name: span{quoted.begin + 1, quoted.end - 1}, escaped: escaped}
	if escaped {
		name, _ := unquote(o.source[quoted.begin:quoted.end])
		o.unquoted = append(o.unquoted, name)
		member.name.begin = uint32(len(o.unquoted) - 1)
	}
	name := o.name(&member)
	n := len(o.members)
	o.members = append(o.members, member)
	if n < maxChained {
		head := &o.chains[slot(name)]
		if o.chained(*head, name) != nil {
			return false
		}
		o.members[n].next, *head = *head, uint8(n+1)
		return true
	}
	if o.names == nil {
		o.names = make(map[string]struct{}, 2*maxChained)
		for i := range o.members[:n] {
			o.names[o.name(&o.members[i])] = struct{}{}
		}
	}
	o.names[name] = struct{}{}
	return len(o.names) > n
}

// chained answers the member of a name in the chain that begins with a number, or nil.
func (o *jsonObject) chained(number uint8, name string) *jsonMember {
	for number != 0 {
		member := &o.members[number-1]
		if o.name(member) == name {
			return member
		}
		number = member.next
	}
	return nil
}

// all yields the names and raw values of the members, in their order.
func (o *jsonObject) all(yield func(name, value string) bool) {
	for i := range o.members {
		if m := &o.members[i]; !yield(o.name(m), o.value(m)) {
			return
		}
	}
}

// name answers a member's name, without escapes.
func (o *jsonObject) name(m *jsonMember) string {
	if m.escaped {
		return o.unquoted[m.name.begin]
	}
	return o.source[m.name.begin:m.name.end]
}

// value answers a member's raw value.
func (o *jsonObject) value(m *jsonMember) string { return o.source[m.value.begin:m.value.end] }

// get answers the raw value of the member of a name.
func (o *jsonObject) get(name string) (string, bool) {
	if member := o.chained(o.chains[slot(name)], name); member != nil {
		return o.value(member), true
	}
	for i := maxChained; i < len(o.members); i++ {
		if member := &o.members[i]; o.name(member) == name {
			return o.value(member), true
		}
	}
	return "", false
}

// has reports whether a member exists, with whatever value.
func (o *jsonObject) has(name string) bool {
	_, ok := o.get(name)
	return ok
}

// first answers the first of names that exists.
func (o *jsonObject) first(names []string) (string, string, bool) {
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
		element := scanner.content()
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
		element := scanner.content()
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
