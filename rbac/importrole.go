package rbac

import "github.com/go-json-experiment/json/jsontext"

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
	im.from("Roles", at)
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
