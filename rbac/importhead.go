package rbac

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// An exportedHead holds the members that an object of any kind has in either shape.
type exportedHead struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Properties jsontext.Value `json:"properties"`
}

// guid returns the object's name, which is also the last segment of its id. One of the two may be missing.
func (h exportedHead) guid(at origin) (string, error) {
	last := h.ID[strings.LastIndexByte(h.ID, '/')+1:]
	switch {
	case h.Name == "" && last == "":
		return "", inPath(joinPath(at.object(), "name"), errors.New("missing"))
	case h.Name == "":
		return last, nil
	case last != "" && fold(h.Name) != fold(last):
		return "", inPath(joinPath(at.object(), "id"), fmt.Errorf("does not end in the name %.80q", h.Name))
	}
	return h.Name, nil
}

// scope checks an assignment's scope against its id, which is of that kind, and takes it from there when it is missing.
func (h exportedHead) scope(at origin, kind string, scope *string) error {
	if h.ID == "" {
		return nil
	}
	id, err := parseScope(h.ID)
	if err != nil {
		return inPath(joinPath(at.object(), "id"), err)
	}
	if !strings.EqualFold(id.ResourceType(), kind) {
		return inPath(joinPath(at.object(), "id"), fmt.Errorf("not an id of %s", kind))
	}
	parent, _ := id.Parent()
	if *scope == "" {
		*scope = parent.String()
	}
	if given, err := parseScope(*scope); err == nil && !given.Equal(parent) {
		return inPath(joinPath(at.object(), "id"), fmt.Errorf("lies at another scope than %q", *scope))
	}
	return nil
}
