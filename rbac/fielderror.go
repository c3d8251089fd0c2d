package rbac

import (
	"errors"
	"fmt"
)

// ErrInvalid is wrapped by errors that say which field of an object, such as a role definition or an assignment, is wrong.
var ErrInvalid = errors.New("invalid")

// A fieldError says which field of an object is wrong, and how.
type fieldError struct {
	// field is a Go selector, such as Permissions[0].Actions[3].
	field string
	err   error
}

func inField(field string, err error) error { return &fieldError{field: field, err: err} }

func (e *fieldError) Error() string { return e.field + ": " + e.err.Error() }

func (e *fieldError) Unwrap() []error { return []error{ErrInvalid, e.err} }

// An objectError says which object of a PolicyConfig or a Change is wrong, and how.
type objectError struct {
	// list is the field that has the object, such as Roles or PutAssignments.
	list  string
	index int
	// conflict is the index of another object of the list that makes this one wrong, and err says why. Without it err is a
	// *fieldError, or about the object as a whole.
	conflict *int
	err      error
}

func (e *objectError) Error() string {
	if e.conflict != nil {
		return fmt.Sprintf("%s[%d]: conflicts with %s[%d]: %v", e.list, e.index, e.list, *e.conflict, e.err)
	}
	if _, ok := e.err.(*fieldError); ok {
		return fmt.Sprintf("%s[%d].%v", e.list, e.index, e.err)
	}
	return fmt.Sprintf("%s[%d]: %v", e.list, e.index, e.err)
}

func (e *objectError) Unwrap() error { return e.err }
