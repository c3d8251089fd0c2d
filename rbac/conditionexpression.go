package rbac

// An expressionKind says what an expression asks.
type expressionKind uint8

const (
	andExpression expressionKind = iota + 1
	orExpression
	notExpression
	actionExpression
	subOperationExpression
	existsExpression
	comparisonExpression
)

// An expression is a part of a condition that holds or does not. It is one struct with a kind and not an interface with
// several types, so that the compiler sees that the operation and its action stay on the caller's stack.
type expression struct {
	kind expressionKind
	// operands are those of and, or, not.
	operands []expression
	// patterns are what the action or the suboperation is matched with.
	patterns actionSet
	// attribute is the one that must exist.
	attribute  attribute
	comparison *comparison
}

// holds reports whether the expression holds for an operation, whose folded action is action.
func (e *expression) holds(action []byte, op *Operation) bool {
	switch e.kind {
	case andExpression:
		for i := range e.operands {
			if !e.operands[i].holds(action, op) {
				return false
			}
		}
		return true
	case orExpression:
		for i := range e.operands {
			if e.operands[i].holds(action, op) {
				return true
			}
		}
		return false
	case notExpression:
		return !e.operands[0].holds(action, op)
	case actionExpression:
		return e.patterns.matches(action)
	case subOperationExpression:
		var space [64]byte
		return op.SubOperation != "" && e.patterns.matches(appendFold(space[:0], op.SubOperation))
	case existsExpression:
		return len(e.attribute.of(op)) > 0
	case comparisonExpression:
		return e.comparison.holds(op)
	}
	return false
}
