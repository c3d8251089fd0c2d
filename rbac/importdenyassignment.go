package rbac

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

func (im *importer) readDenyAssignment(at origin, head exportedHead, fields jsontext.Value) error {
	var exported struct {
		DenyAssignmentName      string          `json:"denyAssignmentName"`
		DenyAssignmentEffect    string          `json:"denyAssignmentEffect"`
		Description             string          `json:"description"`
		Permissions             []Permission    `json:"permissions"`
		Scope                   string          `json:"scope"`
		DoNotApplyToChildScopes bool            `json:"doNotApplyToChildScopes"`
		Principals              []DenyPrincipal `json:"principals"`
		ExcludePrincipals       []DenyPrincipal `json:"excludePrincipals"`
		IsSystemProtected       bool            `json:"isSystemProtected"`
		Condition               string          `json:"condition"`
		ConditionVersion        string          `json:"conditionVersion"`
	}
	if err := unmarshal(at.path(), fields, &exported); err != nil {
		return err
	}
	// One that only audits blocks nothing in Azure. To block by it, or to leave it out, would not be what was exported.
	if effect := exported.DenyAssignmentEffect; effect != "" && !strings.EqualFold(effect, "enforced") {
		return inPath(joinPath(at.path(), "denyAssignmentEffect"), fmt.Errorf("%.80q is not enforced", effect))
	}
	name, err := head.guid(at)
	if err != nil {
		return err
	}
	if err := head.scope(at, denyAssignmentType, &exported.Scope); err != nil {
		return err
	}
	if exported.Condition != "" {
		if err := narrow(exported.Permissions, exported.Condition, exported.ConditionVersion); err != nil {
			return inPath(joinPath(at.path(), "condition"), err)
		}
	}
	im.from("DenyAssignments", at)
	im.config.DenyAssignments = append(im.config.DenyAssignments, DenyAssignment{
		Name:                    dashed(name),
		DenyAssignmentName:      exported.DenyAssignmentName,
		Description:             exported.Description,
		Scope:                   exported.Scope,
		DoNotApplyToChildScopes: exported.DoNotApplyToChildScopes,
		Permissions:             exported.Permissions,
		Principals:              exported.Principals,
		ExcludePrincipals:       exported.ExcludePrincipals,
		IsSystemProtected:       exported.IsSystemProtected,
	})
	return nil
}

// narrow puts the condition of a whole deny assignment on each of its permissions, which means the same.
func narrow(permissions []Permission, condition, version string) error {
	if _, err := parseCondition(condition, version); err != nil {
		return err
	}
	for i := range permissions {
		p := &permissions[i]
		if p.Condition != "" {
			return errors.New("stands beside conditions of permissions")
		}
		p.Condition, p.ConditionVersion = condition, version
	}
	return nil
}

// dashed returns a GUID in its usual form: Azure names deny assignments by 32 digits without dashes.
func dashed(guid string) string {
	if len(guid) != 32 {
		return guid
	}
	return strings.Join([]string{guid[:8], guid[8:12], guid[12:16], guid[16:20], guid[20:]}, "-")
}
