package rbac

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// A plainReader reads role assignments as az lists them, of which there may be a million: their members are strings, are spelled as
// az spells them, and lie in the object itself. What it reads it reads as the general way does, and whatever else an object has it
// leaves to that, errors included. What many assignments have in common is there once.
type plainReader struct {
	input   bytes.Buffer
	decoder *jsontext.Decoder
	// members are by names as they are in the file, with their quotes.
	members map[string]plainMember
	texts   map[string]string
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

// maxPlainNames and maxPlainTexts bound what is remembered of files that are not az's.
const (
	maxPlainNames = 1000
	maxPlainTexts = 1 << 20
)

// read reads an object that is valid JSON, and is not ok where it is no plain role assignment.
func (r *plainReader) read(object jsontext.Value) (head exportedHead, exported exportedAssignment, ok bool) {
	r.input = *bytes.NewBuffer(object)
	if r.decoder == nil {
		r.decoder = jsontext.NewDecoder(&r.input)
		r.members, r.texts = make(map[string]plainMember), make(map[string]string)
	} else {
		r.decoder.Reset(&r.input)
	}
	if token, err := r.decoder.ReadToken(); err != nil || token.Kind() != '{' {
		return head, exported, false
	}
	var fields [plainMembers]string
	var has [plainMembers]bool
	for r.decoder.PeekKind() != '}' {
		name, err := r.decoder.ReadValue()
		if err != nil {
			return head, exported, false
		}
		member := r.member(name)
		value, err := r.decoder.ReadValue()
		if err != nil || member == odd {
			return head, exported, false
		}
		has[member] = true
		if member == ignored || value.Kind() == 'n' {
			continue
		}
		if fields[member], ok = r.text(value, member); !ok || member == plainProperties {
			return head, exported, false
		}
	}
	if fields[plainType] == "" {
		ok = has[plainRoleDefinitionID] && has[plainPrincipalID]
	} else {
		ok = fold(fields[plainType]) == fold(roleAssignmentType)
	}
	head = exportedHead{ID: fields[plainID], Name: fields[plainName], Type: fields[plainType]}
	exported = exportedAssignment{
		Scope:            fields[plainScope],
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
	return head, exported, ok
}

// member returns what a name is that is in quotes.
func (r *plainReader) member(quoted []byte) plainMember {
	if member, ok := r.members[string(quoted)]; ok {
		return member
	}
	member := plainMemberOf(string(quoted[1 : len(quoted)-1]))
	if len(r.members) < maxPlainNames {
		r.members[string(quoted)] = member
	}
	return member
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

// text returns the text of a member, if it is one.
func (r *plainReader) text(value jsontext.Value, member plainMember) (text string, ok bool) {
	if value.Kind() != '"' || bytes.IndexByte(value, '\\') >= 0 {
		return "", false
	}
	raw := value[1 : len(value)-1]
	if member == plainID || member == plainName {
		return string(raw), true // each is another
	}
	if text, ok = r.texts[string(raw)]; ok {
		return text, true
	}
	text = string(raw)
	if len(r.texts) < maxPlainTexts {
		r.texts[text] = text
	}
	return text, true
}
