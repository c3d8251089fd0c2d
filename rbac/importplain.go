package rbac

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A plainReader reads role assignments as az lists them, of which there may be a million: their members are strings, are spelled as
// az spells them, and lie in the object itself. What it reads it reads as the general way does, and whatever else an object has it
// leaves to that, errors included. What many assignments have in common is there once.
//
// It checks the JSON in the same pass, and takes what stands where it stood in an object before for what it was there. Of values that
// are no plain strings, package jsontext says what they are.
type plainReader struct {
	input   bytes.Buffer
	decoder *jsontext.Decoder
	// begin stands before the first member.
	begin readName
	// names are by names as they are in the file, with their quotes.
	names map[string]*readName
	// ignored is how many of them are.
	ignored int
	texts   map[string]string
	scopes  map[string]scopeText
}

// A readName is the name of a member, and what came with it in the last object that had it.
type readName struct {
	member plainMember
	// bit tells names apart: none may repeat in an object.
	bit uint64
	// value is a string in quotes that was its value, and text that without them.
	value []byte
	text  string
	// following is what stood between its value and that of next.
	following []byte
	next      *readName
}

// A plainMember is what the name of a member is for a plainReader.
type plainMember uint8

const (
	// odd is a name that is one of those below in other letters, or that makes something else of the object.
	odd plainMember = iota
	// ignored is a name that nothing reads.
	ignored
	plainID
	plainName
	plainType
	plainProperties
	plainScope
	plainRoleDefinitionID
	plainPrincipalID
	plainPrincipalType
	plainDescription
	plainCondition
	plainConditionVersion
	plainStart
	plainEnd
	plainStatus
	plainMembers // how many there are
)

var plainNames = [plainMembers]string{
	plainID:               "id",
	plainName:             "name",
	plainType:             "type",
	plainProperties:       "properties",
	plainScope:            "scope",
	plainRoleDefinitionID: "roleDefinitionId",
	plainPrincipalID:      "principalId",
	plainPrincipalType:    "principalType",
	plainDescription:      "description",
	plainCondition:        "condition",
	plainConditionVersion: "conditionVersion",
	plainStart:            "startDateTime",
	plainEnd:              "endDateTime",
	plainStatus:           "status",
}

// oddNames are further names by which kindOf tells kinds.
var oddNames = []string{
	"denyAssignmentName", "denyAssignmentEffect", "principals", "excludePrincipals", "roleEligibilityScheduleId", "roleAssignmentScheduleId",
	"originRoleAssignmentId",
}

// These bound what is remembered of files that are not az's.
const (
	maxIgnoredNames = 64 - int(plainMembers)
	maxPlainTexts   = 1 << 20
	maxRepeated     = 256 // bytes that are compared with those of the object before
)

// read reads an object that is valid JSON, and is not ok where it is no plain role assignment.
func (r *plainReader) read(object jsontext.Value) (head exportedHead, exported exportedAssignment, ok bool) {
	head, exported, end, ok := r.readAt(object, 0)
	return head, exported, ok && end == len(object)
}

// readAt reads the object that begins at a byte of a text, and returns where it ends. It is not ok where there is no plain role
// assignment, or no valid JSON. An id is left out when name and scope say the same.
func (r *plainReader) readAt(text []byte, begin int) (head exportedHead, exported exportedAssignment, end int, ok bool) {
	if byteAt(text, begin) != '{' {
		return head, exported, 0, false
	}
	var (
		id, ownName []byte
		scope       scopeText
		fields      [plainMembers]string
		has         uint64 // the bits of names
		name        = &r.begin
		at          = begin + 1
	)
	for {
		if name.next != nil && bytes.HasPrefix(text[at:], name.following) {
			at, name = afterBlank(text, at+len(name.following)), name.next
		} else {
			end = afterBlank(text, at)
			if byteAt(text, end) == '}' {
				break
			}
			if at, name = r.nextName(text, at, name); name == nil {
				return head, exported, 0, false
			}
		}
		if has&name.bit != 0 {
			return head, exported, 0, false
		}
		has |= name.bit
		if bytes.HasPrefix(text[at:], []byte("null")) {
			at += len("null")
			continue
		}
		value := at
		known := len(name.value) > 0 && bytes.HasPrefix(text[at:], name.value)
		if known {
			at += len(name.value)
		} else if at, ok = r.afterValue(text, at, name.member); !ok {
			return head, exported, 0, false
		}
		switch name.member {
		case ignored:
			if !known && text[value] == '"' {
				name.repeat(text[value:at])
			}
		case plainProperties:
			return head, exported, 0, false
		case plainID: // each is another, as is each name
			id = text[value+1 : at-1]
		case plainName:
			ownName = text[value+1 : at-1]
		case plainScope:
			scope = r.scope(text[value+1 : at-1])
		default:
			if !known {
				name.repeat(text[value:at])
				name.text = r.text(text[value+1 : at-1])
			}
			fields[name.member] = name.text
		}
	}
	if kind := fields[plainType]; kind == "" {
		ok = has&bitOf(plainRoleDefinitionID) != 0 && has&bitOf(plainPrincipalID) != 0
	} else {
		ok = kind == roleAssignmentType || fold(kind) == fold(roleAssignmentType)
	}
	if !ok {
		return head, exported, 0, false
	}
	head = exportedHead{Name: string(ownName), Type: fields[plainType]}
	if !scope.makes(id, head.Name) {
		head.ID = string(id)
	}
	exported = exportedAssignment{
		Scope:            scope.text,
		RoleDefinitionID: fields[plainRoleDefinitionID],
		PrincipalID:      fields[plainPrincipalID],
		PrincipalType:    fields[plainPrincipalType],
		Description:      fields[plainDescription],
		Condition:        fields[plainCondition],
		ConditionVersion: fields[plainConditionVersion],
		StartDateTime:    fields[plainStart],
		EndDateTime:      fields[plainEnd],
		Status:           fields[plainStatus],
	}
	return head, exported, end + 1, true
}

// nextName reads from the end of a member's value to the next value, which it returns with its name. That is nil where there is none, or
// none that is plain.
func (r *plainReader) nextName(text []byte, end int, before *readName) (value int, name *readName) {
	at := afterBlank(text, end)
	if before != &r.begin {
		if byteAt(text, at) != ',' {
			return 0, nil
		}
		at = afterBlank(text, at+1)
	}
	begin := at
	if byteAt(text, begin) != '"' {
		return 0, nil
	}
	at, ok := r.afterValue(text, begin, ignored)
	if !ok {
		return 0, nil
	}
	name = r.name(text[begin:at])
	at = afterBlank(text, at)
	if name == nil || byteAt(text, at) != ':' {
		return 0, nil
	}
	value = afterBlank(text, at+1)
	before.next = nil
	if value-end <= maxRepeated {
		before.next, before.following = name, append(before.following[:0], text[end:value]...)
	}
	return value, name
}

// name returns the name that is in quotes, and nil if it is odd or one too many.
func (r *plainReader) name(quoted []byte) *readName {
	if name, ok := r.names[string(quoted)]; ok {
		return name
	}
	if r.names == nil {
		r.names = make(map[string]*readName)
	}
	name := &readName{member: plainMemberOf(string(quoted[1 : len(quoted)-1]))}
	switch name.member {
	case odd:
		return nil
	case ignored:
		if r.ignored == maxIgnoredNames {
			return nil
		}
		name.bit = bitOf(plainMembers) << r.ignored
		r.ignored++
	default:
		name.bit = bitOf(name.member)
	}
	r.names[string(quoted)] = name
	return name
}

func bitOf(member plainMember) uint64 { return 1 << member }

// repeat expects a string to be the value again.
func (n *readName) repeat(quoted []byte) {
	n.value = n.value[:0]
	if len(quoted) <= maxRepeated {
		n.value = append(n.value, quoted...)
	}
}

func plainMemberOf(name string) plainMember {
	if strings.Contains(name, `\`) {
		return odd
	}
	// Without regard to case, package json takes names for the same that differ in these two also.
	loose := func(name string) string { return fold(strings.NewReplacer("-", "", "_", "").Replace(name)) }
	for member := plainID; member < plainMembers; member++ {
		switch {
		case plainNames[member] == name:
			return member
		case loose(plainNames[member]) == loose(name):
			return odd
		}
	}
	for _, other := range oddNames {
		if loose(other) == loose(name) {
			return odd
		}
	}
	return ignored
}

// afterValue returns where the value ends that begins at a byte of a text, and is not ok where there is none. Of a member that is read it
// is a string that means what it says.
func (r *plainReader) afterValue(text []byte, at int, member plainMember) (end int, ok bool) {
	if end = afterPlainString(text, at); end > 0 {
		return end, true
	}
	isString := byteAt(text, at) == '"'
	if at >= len(text) || !isString && member != ignored {
		return 0, false
	}
	value, err := nextValue(&r.decoder, &r.input, text[at:])
	switch {
	case err != nil:
		return 0, false
	case isString:
		ok = member == ignored || bytes.IndexByte(value, '\\') < 0
	default:
		ok = len(value) < deepLength // or the levels have to be counted together with those around it
	}
	return at + len(value), ok
}

// text returns the text that a value is.
func (r *plainReader) text(raw []byte) string {
	if text, ok := r.texts[string(raw)]; ok {
		return text
	}
	if r.texts == nil {
		r.texts = make(map[string]string)
	}
	text := string(raw)
	if len(r.texts) < maxPlainTexts {
		r.texts[text] = text
	}
	return text
}

// A scopeText is what stands for a scope, and whether it is one.
type scopeText struct {
	text  string
	valid bool
}

func (r *plainReader) scope(raw []byte) scopeText {
	if scope, ok := r.scopes[string(raw)]; ok {
		return scope
	}
	if r.scopes == nil {
		r.scopes = make(map[string]scopeText)
	}
	scope := scopeText{text: string(raw)}
	_, err := parseScope(scope.text)
	scope.valid = err == nil
	if len(r.scopes) < maxPlainTexts {
		r.scopes[scope.text] = scope
	}
	return scope
}

// makes reports whether id is, as Azure writes it, that of the role assignment of a name at the scope: then guid and scope of
// exportedHead find nothing in it.
func (s scopeText) makes(id []byte, name string) bool {
	const kind = providersMark + roleAssignmentType + "/"
	at := strings.TrimSuffix(s.text, "/") // of "/" only, as it is valid
	return s.valid && len(id) == len(at)+len(kind)+len(name) && len(id) <= maxPathLength && IsGUID(name) &&
		string(id[:len(at)]) == at && string(id[len(at):len(at)+len(kind)]) == kind && string(id[len(at)+len(kind):]) == name
}

// byteAt returns the byte of a text, and 0 behind its end: that is nowhere in JSON.
func byteAt(text []byte, at int) byte {
	if at < len(text) {
		return text[at]
	}
	return 0
}

// afterBlank returns where the next byte is that is none of JSON's blanks.
func afterBlank(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t') {
		at++
	}
	return at
}

// afterPlainString returns where a string ends that begins at a byte of a text, and 0 unless there is one of ASCII without escapes.
func afterPlainString(text []byte, at int) int {
	if byteAt(text, at) != '"' {
		return 0
	}
	at++
	// Eight bytes at a time: found marks, in the highest bit of each, what is no letter of a plain string. Of the bytes behind the first
	// marked one it may say something wrong.
	const each = 0x0101_0101_0101_0101
	for ; at+8 <= len(text); at += 8 {
		letters := binary.LittleEndian.Uint64(text[at:])
		quotes, escapes := letters^'"'*each, letters^'\\'*each
		found := (letters | (letters-' '*each)&^letters | (quotes-each)&^quotes | (escapes-each)&^escapes) & (0x80 * each)
		if found != 0 {
			at += bits.TrailingZeros64(found) / 8
			break
		}
	}
	for at < len(text) && ' ' <= text[at] && text[at] < 0x80 && text[at] != '"' && text[at] != '\\' {
		at++
	}
	if byteAt(text, at) != '"' {
		return 0
	}
	return at + 1
}
