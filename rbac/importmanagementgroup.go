package rbac

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// An exportedParent is the management group that something is a member of.
type exportedParent struct {
	ID string `json:"id"`
}

// An exportedChild is a member of a management group, with its own members when the whole tree was asked for.
type exportedChild struct {
	ID       string          `json:"id"`
	Children []exportedChild `json:"children"`
}

// readManagementGroup reads a management group, with its children or as one of a list of entities.
func (im *importer) readManagementGroup(at origin, head exportedHead, fields jsontext.Value) error {
	var exported struct {
		Details struct {
			Parent exportedParent `json:"parent"`
		} `json:"details"`
		Parent   exportedParent  `json:"parent"` // of an entity
		Children []exportedChild `json:"children"`
	}
	if err := unmarshal(at.path(), fields, &exported); err != nil {
		return err
	}
	group, err := parseScope(head.ID)
	switch {
	case err != nil:
		return inPath(joinPath(at.object(), "id"), err)
	case !strings.EqualFold(group.ResourceType(), managementGroupType):
		return inPath(joinPath(at.object(), "id"), fmt.Errorf("not an id of %s", managementGroupType))
	}
	if parent := exported.Details.Parent.ID; parent != "" {
		im.addMember(at, joinPath(at.path(), "details.parent.id"), parent, head.ID)
	}
	if parent := exported.Parent.ID; parent != "" {
		im.addMember(at, joinPath(at.path(), "parent.id"), parent, head.ID)
	}
	return im.addChildren(at, at.path(), head.ID, exported.Children, maxGroupLevels+1) // the last of which are subscriptions
}

// addChildren adds the children of group, which are in the member children at path and nest at most levels deep.
func (im *importer) addChildren(at origin, path, group string, children []exportedChild, levels int) error {
	path, groupPath := joinPath(path, "children"), joinPath(at.object(), "id")
	if levels == 0 && len(children) > 0 {
		return inPath(path, fmt.Errorf("more than %d levels of management groups", maxGroupLevels))
	}
	for i, child := range children {
		at.list, at.index, at.inList, at.fields = path, i, true, ""
		im.addMember(at, groupPath, group, child.ID)
		if err := im.addChildren(at, at.object(), child.ID, child.Children, levels-1); err != nil {
			return err
		}
	}
	return nil
}

// readSubscription reads a subscription with its management group, as an entity or as what the group lists.
func (im *importer) readSubscription(at origin, head exportedHead, fields jsontext.Value) error {
	var exported struct {
		Parent exportedParent `json:"parent"`
	}
	if err := unmarshal(at.path(), fields, &exported); err != nil {
		return err
	}
	id, err := parseScope(strings.TrimSpace(head.ID)) // Azure writes a blank before some
	if err != nil {
		return inPath(joinPath(at.object(), "id"), err)
	}
	if strings.EqualFold(id.ResourceType(), groupedType) {
		// {management group}/subscriptions/{id}, which is the only place of the subscription's own id beside the name.
		group, _ := id.Parent()
		if given, err := parseScope(exported.Parent.ID); exported.Parent.ID != "" && (err != nil || !given.Equal(group)) {
			return inPath(joinPath(at.object(), "id"), errors.New("lies in another management group than parent says"))
		}
		im.addMember(at, joinPath(at.object(), "id"), group.String(), "/subscriptions/"+id.Name())
		return nil
	}
	if !strings.EqualFold(id.ResourceType(), subscriptionType) {
		return inPath(joinPath(at.object(), "id"), errors.New("not a subscription's id"))
	}
	if exported.Parent.ID != "" {
		im.addMember(at, joinPath(at.path(), "parent.id"), exported.Parent.ID, head.ID)
	}
	return nil
}

// addMember adds that member lies in group, which is named at groupPath.
func (im *importer) addMember(at origin, groupPath, group, member string) {
	at.group = groupPath
	im.from("ManagementGroups", at)
	im.config.ManagementGroups = append(im.config.ManagementGroups, ManagementGroupMember{
		ManagementGroup: strings.TrimSpace(group),
		Member:          strings.TrimSpace(member),
	})
}
