package rbac

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// An exportedAssignment holds the fields of a role assignment and of a schedule instance.
type exportedAssignment struct {
	Scope            string `json:"scope"`
	RoleDefinitionID string `json:"roleDefinitionId"`
	PrincipalID      string `json:"principalId"`
	PrincipalType    string `json:"principalType"`
	Description      string `json:"description"`
	Condition        string `json:"condition"`
	ConditionVersion string `json:"conditionVersion"`
	StartDateTime    string `json:"startDateTime"`
	EndDateTime      string `json:"endDateTime"`
	// Of a schedule instance only.
	Status                 string `json:"status"`
	OriginRoleAssignmentID string `json:"originRoleAssignmentId"`
}

func (im *importer) readAssignment(at origin, head exportedHead, fields jsontext.Value) error {
	var exported exportedAssignment
	if err := unmarshal(at.path(), fields, &exported); err != nil {
		return err
	}
	return im.addNamed(at, head, exported)
}

// addNamed adds a role assignment under its own name.
func (im *importer) addNamed(at origin, head exportedHead, exported exportedAssignment) error {
	name, err := head.guid(at)
	if err != nil {
		return err
	}
	if err := head.scope(at, roleAssignmentType, &exported.Scope); err != nil {
		return err
	}
	return im.addAssignment(at, name, exported)
}

// inForce are the states of a schedule instance whose role is given.
var inForce = []string{"Accepted", "Granted", "Provisioned"}

// readScheduleInstance reads what Privileged Identity Management lists: an assignment, made for good or activated, with its time.
func (im *importer) readScheduleInstance(at origin, head exportedHead, fields jsontext.Value) error {
	var exported exportedAssignment
	if err := unmarshal(at.path(), fields, &exported); err != nil {
		return err
	}
	if exported.Status != "" && !slices.ContainsFunc(inForce, func(status string) bool { return strings.EqualFold(status, exported.Status) }) {
		return inPath(joinPath(at.path(), "status"), fmt.Errorf("%.80q is none of %s", exported.Status, strings.Join(inForce, ", ")))
	}
	name, err := head.guid(at)
	if err != nil {
		return err
	}
	if err := head.scope(at, scheduleInstanceType, &exported.Scope); err != nil {
		return err
	}
	if exported.OriginRoleAssignmentID != "" {
		// An instance's own name is no assignment's, and may be any.
		name = exported.OriginRoleAssignmentID[strings.LastIndexByte(exported.OriginRoleAssignmentID, '/')+1:]
		if !IsGUID(name) {
			return inPath(joinPath(at.path(), "originRoleAssignmentId"), errors.New("does not end in a GUID"))
		}
		im.setScheduled(len(im.config.Assignments), fold(name))
	}
	return im.addAssignment(at, name, exported)
}

// setScheduled notes that assignment i is a schedule instance that stands for the one of a name.
func (im *importer) setScheduled(i int, name string) {
	if im.scheduled == nil {
		im.scheduled = make(map[int]string)
	}
	im.scheduled[i] = name
}

func (im *importer) addAssignment(at origin, name string, exported exportedAssignment) error {
	start, err := exportedTime(at, "startDateTime", exported.StartDateTime)
	if err != nil {
		return err
	}
	end, err := exportedTime(at, "endDateTime", exported.EndDateTime)
	if err != nil {
		return err
	}
	if exported.Condition == "" {
		exported.ConditionVersion = "" // it is not of anything, and one export has it where another has not
	}
	im.from("Assignments", at)
	im.config.Assignments = append(im.config.Assignments, RoleAssignment{
		Name:             name,
		Scope:            exported.Scope,
		RoleDefinitionID: exported.RoleDefinitionID,
		PrincipalID:      exported.PrincipalID,
		PrincipalType:    principalTypeOf(exported.PrincipalType),
		Description:      exported.Description,
		Condition:        exported.Condition,
		ConditionVersion: exported.ConditionVersion,
		Start:            start,
		End:              end,
	})
	return nil
}

// exportedTime reads a time; "" is none. The zero time would be no bound at all, so it is refused.
func exportedTime(at origin, member, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.IsZero() {
		return time.Time{}, inPath(joinPath(at.path(), member), fmt.Errorf("%.80q is not a time in the form 2006-01-02T15:04:05Z", text))
	}
	return t.UTC(), nil
}

// schedule gives assignments the time of the schedule instances that stand for them, and these what only the assignments say.
// What the two say differently otherwise stays so, and is a conflict.
func (im *importer) schedule() {
	if len(im.scheduled) == 0 {
		return
	}
	plain := make(map[string][]int)
	for i, a := range im.config.Assignments {
		if _, ok := im.scheduled[i]; !ok && i >= im.given["Assignments"] {
			plain[fold(a.Name)] = append(plain[fold(a.Name)], i)
		}
	}
	for i, name := range im.scheduled {
		instance := &im.config.Assignments[i]
		for _, j := range plain[name] {
			assignment := &im.config.Assignments[j]
			if assignment.Start.IsZero() && assignment.End.IsZero() {
				assignment.Start, assignment.End = instance.Start, instance.End
			}
			instance.Description = cmp.Or(instance.Description, assignment.Description)
			instance.PrincipalType = cmp.Or(instance.PrincipalType, assignment.PrincipalType)
			assignment.PrincipalType = cmp.Or(assignment.PrincipalType, instance.PrincipalType)
		}
	}
}

// principalTypeOf takes Unknown, as Azure calls the type of a principal that was deleted, for none.
func principalTypeOf(exported string) string {
	if strings.EqualFold(exported, "Unknown") {
		return ""
	}
	return exported
}
