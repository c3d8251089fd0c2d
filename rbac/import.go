package rbac

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// An ImportFile is a file for [Import]. Its name is for errors.
type ImportFile struct {
	Name string
	Data []byte
}

// Import reads what decides about access as Azure exports it: role definitions, role assignments, deny assignments, schedule
// instances of role assignments (Privileged Identity Management) and management groups. It takes what
//
//	az role definition list -o json
//	az role assignment list --all -o json
//	az account management-group show --name {root} --expand --recurse -o json
//	az account management-group entities list -o json
//
// print, and the REST API's objects, which have their fields in properties: those and
//
//	{scope}/providers/Microsoft.Authorization/denyAssignments
//	{scope}/providers/Microsoft.Authorization/roleAssignmentScheduleInstances
//	/providers/Microsoft.Management/managementGroups/{id}[/subscriptions, /descendants]
//
// A file holds a list of objects, a REST answer with such a list in its member value, or a single object. It is UTF-8, and may
// begin with a byte order mark. What an object is shows in the object, so that a file may mix them. Names of members count in
// any case, as in Resource Manager, and those that are not known are ignored.
//
// A schedule instance becomes a role assignment that counts for its time. Azure lists the assignment that it stands for beside
// it, under the name in originRoleAssignmentId and without a time: when both are in the files, the time is the instance's.
//
// The order of the files does not matter, and the same object may repeat. A file with a mistake is refused whole, and with
// it all of them, by an error with file, index and field: roles.json: [12].permissions[0].actions[3]. So are objects that
// conflict, assignments of a role that is neither built in nor in one of the files, conditions that cannot be parsed, and what
// would count for more or for less than it says: a deny assignment that is not enforced, or an instance that is not in force.
func Import(files ...ImportFile) (PolicyConfig, error) {
	var im importer
	if _, err := im.compile(files); err != nil {
		return PolicyConfig{}, err
	}
	sortBy(im.config.Roles, func(role *RoleDefinition) string { return role.ID })
	sortBy(im.config.Assignments, func(assignment *RoleAssignment) string { return assignment.Name })
	sortBy(im.config.DenyAssignments, func(assignment *DenyAssignment) string { return assignment.Name })
	sortBy(im.config.ManagementGroups, func(member *ManagementGroupMember) string { return member.Member })
	return im.config, nil
}

// An Imported says how many objects of each kind files held, repeated ones and all. ManagementGroups are members of management groups.
type Imported struct {
	Roles, Assignments, DenyAssignments, ManagementGroups int
}

// ImportPolicy returns the policy of what config holds and what [Import] reads from files, and how much that was. It is for those who
// need no PolicyConfig of the files: a million assignments are compiled once, where NewPolicy compiles what Import has compiled to
// check it. Errors are those of Import and [NewPolicy]; that objects of config and of a file conflict is one.
func ImportPolicy(config PolicyConfig, files ...ImportFile) (*Policy, Imported, error) {
	im := importer{
		config: PolicyConfig{
			Roles:            slices.Clip(config.Roles),
			Assignments:      slices.Clip(config.Assignments),
			DenyAssignments:  slices.Clip(config.DenyAssignments),
			ManagementGroups: slices.Clip(config.ManagementGroups),
		},
		given: map[string]int{
			"Roles": len(config.Roles), "Assignments": len(config.Assignments),
			"DenyAssignments": len(config.DenyAssignments), "ManagementGroups": len(config.ManagementGroups),
		},
	}
	p, err := im.compile(files)
	if err != nil {
		return nil, Imported{}, err
	}
	return p, Imported{
		Roles:            len(im.origins["Roles"]),
		Assignments:      len(im.origins["Assignments"]),
		DenyAssignments:  len(im.origins["DenyAssignments"]),
		ManagementGroups: len(im.origins["ManagementGroups"]),
	}, nil
}

// compile reads files and compiles all that there is.
func (im *importer) compile(files []ImportFile) (*Policy, error) {
	for _, file := range files {
		if err := im.read(file); err != nil {
			return nil, fmt.Errorf("rbac: %s: %w", file.Name, err)
		}
	}
	im.schedule()
	p, err := NewPolicy(im.config)
	if err != nil {
		return nil, fmt.Errorf("rbac: %w", im.locate(err))
	}
	return p, nil
}

// sortBy puts objects in the order of their folded ids, and those of one id in the order that they have.
func sortBy[T any](objects []T, id func(*T) string) {
	type place struct {
		beginning uint64 // of the id: mostly it decides, and nothing else has to be looked at
		id        string
		index     int
	}
	places := make([]place, len(objects))
	for i := range objects {
		folded := fold(id(&objects[i]))
		var beginning [8]byte
		copy(beginning[:], folded)
		places[i] = place{binary.BigEndian.Uint64(beginning[:]), folded, i}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.beginning != b.beginning {
			return cmp.Compare(a.beginning, b.beginning)
		}
		return cmp.Or(strings.Compare(a.id, b.id), cmp.Compare(a.index, b.index))
	})
	// The objects are large: each is moved once, along the circles of who takes whose place.
	for first := range places {
		if places[first].index < 0 {
			continue
		}
		object := objects[first]
		for to := first; ; {
			from := places[to].index
			places[to].index = -1
			if from == first {
				objects[to] = object
				break
			}
			objects[to] = objects[from]
			to = from
		}
	}
}

// An importer collects the objects of all files, and for each where it comes from.
type importer struct {
	config PolicyConfig
	// given is how many objects each list of config begins with that are of no file.
	given map[string]int
	// origins are by the lists of config, each in its order, of the objects of files.
	origins map[string][]origin
	// plain reads most of the objects that there are many of.
	plain plainReader
	// scheduled are the schedule instances among the assignments, by index, each with the name of the assignment that it
	// stands for.
	scheduled map[int]string
}

// from notes where the next object of a list comes from.
func (im *importer) from(list string, at origin) {
	if im.origins == nil {
		im.origins = make(map[string][]origin)
	}
	im.origins[list] = append(im.origins[list], at)
}

// read adds what a file holds.
func (im *importer) read(file ImportFile) error {
	if bytes.HasPrefix(file.Data, []byte("\xff\xfe")) || bytes.HasPrefix(file.Data, []byte("\xfe\xff")) {
		return errors.New("is UTF-16, as Windows PowerShell's > writes it: write UTF-8, with | Out-File -Encoding utf8 instead of >")
	}
	data := bytes.TrimPrefix(file.Data, []byte("\ufeff"))
	if ok, err := im.readList(file.Name, "", data); ok {
		return err
	}
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
		if next := members["nextLink"]; len(next) > 0 && next.Kind() != 'n' && string(next) != `""` {
			return inPath("nextLink", errors.New("is one page of several: without the others, deny assignments could be missing"))
		}
		list, path = value, "value"
	}
	ok, err := im.readList(file.Name, path, list)
	if !ok {
		return inPath(path, errors.New("neither a list nor an object"))
	}
	return err
}

// The kinds of exported objects, as their type says.
const (
	roleDefinitionType   = "Microsoft.Authorization/roleDefinitions"
	roleAssignmentType   = "Microsoft.Authorization/roleAssignments"
	denyAssignmentType   = "Microsoft.Authorization/denyAssignments"
	scheduleInstanceType = "Microsoft.Authorization/roleAssignmentScheduleInstances"
	managementGroupType  = "Microsoft.Management/managementGroups"
	groupedType          = managementGroupType + "/subscriptions" // a subscription, as its management group lists it
)

// readObject adds an object.
func (im *importer) readObject(at origin, object jsontext.Value) error {
	if head, exported, ok := im.plain.read(object); ok {
		return im.addNamed(at, head, exported)
	}
	return im.readAny(at, object)
}

// readAny is readObject for an object of any kind and shape.
func (im *importer) readAny(at origin, object jsontext.Value) error {
	var head exportedHead
	if err := unmarshal(at.object(), object, &head); err != nil {
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

	kind := cmp.Or(head.Type, kindOf(members))
	if kind == "" {
		return inPath(at.object(), errors.New("neither a role definition nor an assignment nor a management group"))
	}
	// Exports of management groups have /providers/ before a type, or /subscriptions in the place of one.
	switch strings.TrimPrefix(fold(kind), "/providers/") {
	case fold(roleDefinitionType):
		return im.readRole(at, head, fields)
	case fold(roleAssignmentType):
		return im.readAssignment(at, head, fields)
	case fold(scheduleInstanceType):
		return im.readScheduleInstance(at, head, fields)
	case fold(denyAssignmentType):
		return im.readDenyAssignment(at, head, fields)
	case fold(managementGroupType):
		return im.readManagementGroup(at, head, fields)
	case "/subscriptions", fold(subscriptionType), fold(groupedType):
		return im.readSubscription(at, head, fields)
	}
	return inPath(joinPath(at.object(), "type"), fmt.Errorf("%.80q is none of %s", kind, strings.Join([]string{
		roleDefinitionType, roleAssignmentType, scheduleInstanceType, denyAssignmentType, managementGroupType, groupedType}, ", ")))
}

// inProperties are the members that an object with properties has there.
var inProperties = []string{
	"scope", "roleDefinitionId", "principalId", "condition", "startDateTime", "endDateTime", "status", "originRoleAssignmentId",
	"permissions", "assignableScopes", "principals", "excludePrincipals", "doNotApplyToChildScopes", "denyAssignmentEffect",
	"details", "parent", "children",
}

// onlyInProperties refuses an object that says beside its properties what belongs into them: a condition there would narrow nothing.
func onlyInProperties(at origin, object jsontext.Value) error {
	decoder := jsontext.NewDecoder(bytes.NewReader(object))
	if _, err := decoder.ReadToken(); err != nil {
		return inPath(at.object(), err)
	}
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		if err != nil {
			return inPath(at.object(), err)
		}
		member := name.String()
		if slices.ContainsFunc(inProperties, func(name string) bool { return strings.EqualFold(member, name) }) {
			return inPath(joinPath(at.object(), member), errors.New("stands beside properties, where it would count for nothing"))
		}
		if err := decoder.SkipValue(); err != nil {
			return inPath(at.object(), err)
		}
	}
	return nil
}

// kindOf tells the kind of an object without a type.
func kindOf(members map[string]jsontext.Value) string {
	has := func(names ...string) bool {
		for member := range members {
			if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(member, name) }) {
				return true
			}
		}
		return false
	}
	switch {
	case has("denyAssignmentName", "denyAssignmentEffect", "principals", "excludePrincipals"):
		return denyAssignmentType
	case has("roleEligibilityScheduleId"): // who may activate a role does not hold it yet
		return ""
	case has("roleAssignmentScheduleId", "originRoleAssignmentId"):
		return scheduleInstanceType
	case has("roleDefinitionId") && has("principalId"):
		return roleAssignmentType
	case has("permissions") && has("roleName"):
		return roleDefinitionType
	case has("children", "details"):
		return managementGroupType
	}
	return ""
}
