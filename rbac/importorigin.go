package rbac

import (
	"errors"
	"fmt"
	"strings"
)

// An origin is where in which file an object is.
type origin struct {
	file string
	// list is the path of the list that has the object, "" or value, and index which of it the object is. There may be a million:
	// the path is put together when it is needed.
	list   string
	index  int
	inList bool // or it is a single object
	// fields is the path of its fields within it: properties, or "".
	fields string
	// group is, of a member of a management group, the path in the file of what names the group.
	group string
}

func (o origin) String() string {
	if !o.inList {
		return o.file
	}
	return o.file + ": " + o.object()
}

// object returns the path of the object, such as [12] or value[12], and "" for a single object.
func (o origin) object() string {
	if !o.inList {
		return ""
	}
	return fmt.Sprintf("%s[%d]", o.list, o.index)
}

// locate says in terms of files what NewPolicy has said in terms of its configuration.
func (im *importer) locate(err error) error {
	wrong, ok := errors.AsType[*objectError](err)
	if !ok {
		return err
	}
	given, origins := im.given[wrong.list], im.origins[wrong.list]
	if wrong.index < given {
		return wrong
	}
	at := origins[wrong.index-given]
	switch other := wrong.conflict; {
	case other != nil && *other < given:
		return fmt.Errorf("%v: conflicts with %s[%d]: %w", at, wrong.list, *other, wrong.err)
	case other != nil:
		return fmt.Errorf("%v: conflicts with %v: %w", at, origins[*other-given], wrong.err)
	}
	if field, ok := errors.AsType[*fieldError](wrong.err); ok {
		return fmt.Errorf("%s: %w", at.file, inPath(at.member(field.field), field.err))
	}
	return fmt.Errorf("%v: %w", at, wrong.err)
}

// member returns the path in the file of a field that is named by a Go selector.
func (o origin) member(field string) string {
	switch {
	case field == "ID" || field == "Name":
		return joinPath(o.object(), "name")
	case field == "Member":
		return joinPath(o.object(), "id")
	case field == "ManagementGroup":
		return o.group
	case field == "Start" || field == "End":
		field += "DateTime"
	case field == "Type" && o.fields == "":
		return joinPath(o.object(), "roleType")
	}
	words := strings.Split(field, ".")
	for i, word := range words {
		if word == "ID" {
			words[i] = "id"
			continue
		}
		words[i] = strings.ToLower(word[:1]) + strings.Replace(word[1:], "ID", "Id", 1)
	}
	return joinPath(o.path(), strings.Join(words, "."))
}

// path returns the path of the object's fields.
func (o origin) path() string { return joinPath(o.object(), o.fields) }

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
