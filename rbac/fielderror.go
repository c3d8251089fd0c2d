package rbac

import (
	"errors"
	"fmt"
)

// A fieldError says which field of a role definition or a role assignment is wrong, and how.
type fieldError struct {
	// field is a Go selector, such as Permissions[0].Actions[3].
	field string
	err   error
}

func inField(field string, err error) error { return &fieldError{field: field, err: err} }

func (e *fieldError) Error() string { return e.field + ": " + e.err.Error() }

func (e *fieldError) Unwrap() error { return e.err }

// An objectError says which object of a PolicyConfig is wrong, and how.
type objectError struct {
	// list is Roles or Assignments.
	list  string
	index int
	// conflict is the index of another object of the list that makes this one wrong.
	conflict *int
	err      error
}

func (e *objectError) Error() string {
	object := fmt.Sprintf("%s[%d]", e.list, e.index)
	if e.conflict != nil {
		return fmt.Sprintf("%s: conflicts with %s[%d]: %v", object, e.list, *e.conflict, e.err)
	}
	if _, ok := errors.AsType[*fieldError](e.err); ok {
		return object + "." + e.err.Error()
	}
	return object + ": " + e.err.Error()
}

func (e *objectError) Unwrap() error { return e.err }
