package rbac

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// An ImportFile is a file for [Import]. Its name is for errors.
type ImportFile struct {
	Name string
	Data []byte
}

// Import reads role definitions and role assignments as Azure exports them: what
//
//	az role definition list -o json
//	az role assignment list --all -o json
//
// print, and the REST API's objects, which have their fields in properties. A file holds a list of objects, a REST answer
// with such a list in its member value, or a single object. It is UTF-8, and may begin with a byte order mark. What an object
// is shows in the object, so that a file may mix them. Names of members count in any case, as in Resource Manager, and those
// that are not known are ignored.
//
// The order of the files does not matter, and the same object may repeat. A file with a mistake is refused whole, and with
// it all of them, by an error with file, index and field: roles.json: [12].permissions[0].actions[3]. So are objects that
// conflict, assignments of a role that is neither built in nor in one of the files, and what narrows access and is not
// evaluated: a deny assignment, an assignment with a condition or with an end, an assignment of a role with a condition.
func Import(files ...ImportFile) (PolicyConfig, error) {
	var im importer
	for _, file := range files {
		if err := im.read(file); err != nil {
			return PolicyConfig{}, fmt.Errorf("rbac: %s: %w", file.Name, err)
		}
	}
	if _, err := NewPolicy(im.config); err != nil {
		return PolicyConfig{}, fmt.Errorf("rbac: %w", im.locate(err))
	}
	slices.SortStableFunc(im.config.Roles, func(a, b RoleDefinition) int {
		return strings.Compare(fold(a.ID), fold(b.ID))
	})
	slices.SortStableFunc(im.config.Assignments, func(a, b RoleAssignment) int {
		return strings.Compare(fold(a.Name), fold(b.Name))
	})
	return im.config, nil
}

// An importer collects the objects of all files, and for each where it comes from.
type importer struct {
	config                         PolicyConfig
	roleOrigins, assignmentOrigins []origin
}

// An origin is where in which file an object is.
type origin struct {
	file string
	// object is the path of the object, such as [12] or value[12], and "" for a single object.
	object string
	// fields is the path of its fields within it: properties, or "".
	fields string
}

func (o origin) String() string {
	if o.object == "" {
		return o.file
	}
	return o.file + ": " + o.object
}

// locate says in terms of files what NewPolicy has said in terms of its configuration.
func (im *importer) locate(err error) error {
	wrong, ok := errors.AsType[*objectError](err)
	if !ok {
		return err
	}
	origins := im.roleOrigins
	if wrong.list == "Assignments" {
		origins = im.assignmentOrigins
	}
	at := origins[wrong.index]
	if wrong.conflict != nil {
		return fmt.Errorf("%v: conflicts with %v: %w", at, origins[*wrong.conflict], wrong.err)
	}
	if field, ok := errors.AsType[*fieldError](wrong.err); ok {
		return fmt.Errorf("%s: %s: %w", at.file, at.member(field.field), field.err)
	}
	return err
}

// member returns the path in the file of a field that is named by a Go selector.
func (o origin) member(field string) string {
	switch {
	case field == "ID" || field == "Name":
		return joinPath(o.object, "name")
	case field == "Type" && o.fields == "":
		return joinPath(o.object, "roleType")
	}
	words := strings.Split(field, ".")
	for i, word := range words {
		words[i] = strings.ToLower(word[:1]) + strings.Replace(word[1:], "ID", "Id", 1)
	}
	return joinPath(o.path(), strings.Join(words, "."))
}

// path returns the path of the object's fields.
func (o origin) path() string { return joinPath(o.object, o.fields) }

func joinPath(path, member string) string {
	if path == "" || member == "" {
		return path + member
	}
	return path + "." + member
}

// inPath says where in a file err is. The whole file has no path.
func inPath(path string, err error) error {
	if path == "" {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// read adds what a file holds.
func (im *importer) read(file ImportFile) error {
	if bytes.HasPrefix(file.Data, []byte("\xff\xfe")) || bytes.HasPrefix(file.Data, []byte("\xfe\xff")) {
		return errors.New("is UTF-16, as Windows PowerShell's > writes it: write UTF-8, with | Out-File -Encoding utf8 instead of >")
	}
	data := bytes.TrimPrefix(file.Data, []byte("\ufeff"))
	var whole jsontext.Value
	if err := unmarshal("", data, &whole); err != nil {
		return err
	}
	list, path := whole, ""
	if whole.Kind() == '{' {
		var members map[string]jsontext.Value
		if err := unmarshal("", whole, &members); err != nil {
			return err
		}
		value, ok := members["value"]
		if !ok {
			return im.readObject(origin{file: file.Name}, whole)
		}
		list, path = value, "value"
	}
	if list.Kind() != '[' {
		return inPath(path, errors.New("neither a list nor an object"))
	}
	var objects []jsontext.Value
	if err := unmarshal(path, list, &objects); err != nil {
		return err
	}
	for i, object := range objects {
		at := origin{file: file.Name, object: fmt.Sprintf("%s[%d]", path, i)}
		if err := im.readObject(at, object); err != nil {
			return err
		}
	}
	return nil
}

// An exportedHead holds the members that an object of any kind has in either shape.
type exportedHead struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Properties jsontext.Value `json:"properties"`
}

// The kinds of exported objects, as their type says.
const (
	roleDefinitionType = "Microsoft.Authorization/roleDefinitions"
	roleAssignmentType = "Microsoft.Authorization/roleAssignments"
	denyAssignmentType = "Microsoft.Authorization/denyAssignments"
)

func (im *importer) readObject(at origin, object jsontext.Value) error {
	var head exportedHead
	if err := unmarshal(at.object, object, &head); err != nil {
		return err
	}
	fields := object
	if kind := head.Properties.Kind(); kind != 0 && kind != 'n' {
		fields, at.fields = head.Properties, "properties"
		if err := onlyInProperties(at, object); err != nil {
			return err
		}
	}
	var members map[string]jsontext.Value
	if err := unmarshal(at.path(), fields, &members); err != nil {
		return err
	}

	kind := head.Type
	if kind == "" {
		kind = kindOf(members)
	}
	switch {
	case strings.EqualFold(kind, roleDefinitionType):
		return im.readRole(at, head, fields)
	case strings.EqualFold(kind, roleAssignmentType):
		return im.readAssignment(at, head, fields)
	case strings.EqualFold(kind, denyAssignmentType):
		return inPath(at.object, errors.New("deny assignments are not supported, and leaving one out would grant more than was meant"))
	case kind == "":
		return inPath(at.object, errors.New("neither a role definition nor a role assignment"))
	}
	return inPath(joinPath(at.object, "type"), fmt.Errorf("%.80q is neither %s nor %s", kind, roleDefinitionType, roleAssignmentType))
}

// onlyInProperties refuses an object that says beside its properties what belongs into them: a condition there would narrow nothing.
func onlyInProperties(at origin, object jsontext.Value) error {
	var members map[string]jsontext.Value
	if err := unmarshal(at.object, object, &members); err != nil {
		return err
	}
	for _, name := range []string{
		"scope", "roleDefinitionId", "principalId", "condition", "startDateTime", "endDateTime",
		"permissions", "assignableScopes", "principals", "excludePrincipals",
	} {
		for member := range members {
			if strings.EqualFold(member, name) {
				return inPath(joinPath(at.object, member), errors.New("stands beside properties, where it would count for nothing"))
			}
		}
	}
	return nil
}

// kindOf tells the kind of an object without a type.
func kindOf(members map[string]jsontext.Value) string {
	has := func(name string) bool {
		for member := range members {
			if strings.EqualFold(member, name) {
				return true
			}
		}
		return false
	}
	switch {
	case has("denyAssignmentName"), has("principals"), has("excludePrincipals"):
		return denyAssignmentType
	case has("roleDefinitionId") && has("principalId"):
		return roleAssignmentType
	case has("permissions") && has("roleName"):
		return roleDefinitionType
	}
	return ""
}

func (im *importer) readRole(at origin, head exportedHead, fields jsontext.Value) error {
	var role struct {
		RoleName         string       `json:"roleName"`
		RoleType         string       `json:"roleType"` // in the CLI's shape
		Type             string       `json:"type"`     // in the REST shape
		Description      string       `json:"description"`
		Permissions      []Permission `json:"permissions"`
		AssignableScopes []string     `json:"assignableScopes"`
	}
	if err := unmarshal(at.path(), fields, &role); err != nil {
		return err
	}
	name, err := head.guid(at)
	if err != nil {
		return err
	}
	roleType := role.RoleType
	if at.fields != "" {
		roleType = role.Type
	}
	im.roleOrigins = append(im.roleOrigins, at)
	im.config.Roles = append(im.config.Roles, RoleDefinition{
		ID:               name,
		RoleName:         role.RoleName,
		Description:      role.Description,
		Type:             roleType,
		Permissions:      role.Permissions,
		AssignableScopes: role.AssignableScopes,
	})
	return nil
}

func (im *importer) readAssignment(at origin, head exportedHead, fields jsontext.Value) error {
	var assignment struct {
		Scope            string `json:"scope"`
		RoleDefinitionID string `json:"roleDefinitionId"`
		PrincipalID      string `json:"principalId"`
		PrincipalType    string `json:"principalType"`
		Description      string `json:"description"`
		Condition        string `json:"condition"`
		StartDateTime    string `json:"startDateTime"`
		EndDateTime      string `json:"endDateTime"`
	}
	if err := unmarshal(at.path(), fields, &assignment); err != nil {
		return err
	}
	switch {
	case assignment.Condition != "":
		return inPath(joinPath(at.path(), "condition"), ErrCondition)
	case assignment.StartDateTime != "":
		return inPath(joinPath(at.path(), "startDateTime"), errors.New("assignments for a time are not supported"))
	case assignment.EndDateTime != "":
		return inPath(joinPath(at.path(), "endDateTime"), errors.New("assignments for a time are not supported"))
	}
	name, err := head.guid(at)
	if err != nil {
		return err
	}
	if err := head.scope(at, &assignment.Scope); err != nil {
		return err
	}
	im.assignmentOrigins = append(im.assignmentOrigins, at)
	im.config.Assignments = append(im.config.Assignments, RoleAssignment{
		Name:             name,
		Scope:            assignment.Scope,
		RoleDefinitionID: assignment.RoleDefinitionID,
		PrincipalID:      assignment.PrincipalID,
		PrincipalType:    assignment.PrincipalType,
		Description:      assignment.Description,
	})
	return nil
}

// guid returns the object's name, which is also the last segment of its id. One of the two may be missing.
func (h exportedHead) guid(at origin) (string, error) {
	last := h.ID[strings.LastIndexByte(h.ID, '/')+1:]
	switch {
	case h.Name == "" && last == "":
		return "", inPath(joinPath(at.object, "name"), errors.New("missing"))
	case h.Name == "":
		return last, nil
	case last != "" && fold(h.Name) != fold(last):
		return "", inPath(joinPath(at.object, "id"), fmt.Errorf("does not end in the name %.80q", h.Name))
	}
	return h.Name, nil
}

// scope checks an assignment's scope against its id, and takes it from there when it is missing.
func (h exportedHead) scope(at origin, scope *string) error {
	if h.ID == "" {
		return nil
	}
	id, err := parseScope(h.ID)
	if err != nil {
		return inPath(joinPath(at.object, "id"), err)
	}
	if !strings.EqualFold(id.ResourceType(), roleAssignmentType) {
		return inPath(joinPath(at.object, "id"), errors.New("not the id of a role assignment"))
	}
	parent, _ := id.Parent()
	if *scope == "" {
		*scope = parent.String()
	}
	if given, err := parseScope(*scope); err == nil && !given.Equal(parent) {
		return inPath(joinPath(at.object, "id"), fmt.Errorf("lies at another scope than %q", *scope))
	}
	return nil
}

// unmarshal reads value, which is at path in its file. None of its members may repeat. Their names count in any case: a
// Condition must not pass for an unknown member.
func unmarshal(path string, value jsontext.Value, into any) error {
	err := json.Unmarshal(value, into, json.MatchCaseInsensitiveNames(true))
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return inPath(joinPointer(path, syntactic.JSONPointer), fmt.Errorf("invalid JSON at byte %d: %w", syntactic.ByteOffset, syntactic.Err))
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		kind := map[jsontext.Kind]string{'{': "object", '[': "list"}[semantic.JSONKind]
		if kind == "" {
			kind = semantic.JSONKind.String()
		}
		return inPath(joinPointer(path, semantic.JSONPointer), fmt.Errorf("unexpected JSON %s", kind))
	}
	return err
}

// joinPointer writes a JSON pointer as a path.
func joinPointer(path string, pointer jsontext.Pointer) string {
	for token := range pointer.Tokens() {
		if _, err := strconv.Atoi(token); err == nil {
			path += "[" + token + "]"
		} else {
			path = joinPath(path, token)
		}
	}
	return path
}
