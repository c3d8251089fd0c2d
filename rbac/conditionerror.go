package rbac

import "fmt"

// A ConditionError says where and why a condition does not parse. It wraps [ErrCondition].
type ConditionError struct {
	// Offset is where in the condition, in bytes from its start.
	Offset int
	// Reason is what was expected there and what was found. It quotes a short part of the condition.
	Reason string
}

func (e *ConditionError) Error() string {
	return fmt.Sprintf("%v: at byte %d: %s", ErrCondition, e.Offset, e.Reason)
}

func (e *ConditionError) Unwrap() error { return ErrCondition }

// conditionErrorf returns an error about what a condition has at offset.
func conditionErrorf(offset int, format string, args ...any) *ConditionError {
	return &ConditionError{Offset: offset, Reason: fmt.Sprintf(format, args...)}
}
