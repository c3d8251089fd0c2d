package rbac

import (
	"cmp"
	"strings"
)

// A relation is what an operator asks of two values.
type relation uint8

const (
	equalTo relation = iota
	startsWith
	isLike
	lessThan
	atMost
	greaterThan
	atLeast
)

// An operator compares two values.
type operator struct {
	name     string
	operands valueType
	relation relation
	negated  bool
	// ignoreCase is for strings.
	ignoreCase bool
}

var operators = []operator{
	{name: "StringEquals", operands: stringType, relation: equalTo},
	{name: "StringEqualsIgnoreCase", operands: stringType, relation: equalTo, ignoreCase: true},
	{name: "StringNotEquals", operands: stringType, relation: equalTo, negated: true},
	{name: "StringNotEqualsIgnoreCase", operands: stringType, relation: equalTo, negated: true, ignoreCase: true},
	{name: "StringStartsWith", operands: stringType, relation: startsWith},
	{name: "StringStartsWithIgnoreCase", operands: stringType, relation: startsWith, ignoreCase: true},
	{name: "StringNotStartsWith", operands: stringType, relation: startsWith, negated: true},
	{name: "StringNotStartsWithIgnoreCase", operands: stringType, relation: startsWith, negated: true, ignoreCase: true},
	{name: "StringLike", operands: stringType, relation: isLike},
	{name: "StringLikeIgnoreCase", operands: stringType, relation: isLike, ignoreCase: true},
	{name: "StringNotLike", operands: stringType, relation: isLike, negated: true},
	{name: "StringNotLikeIgnoreCase", operands: stringType, relation: isLike, negated: true, ignoreCase: true},
	{name: "NumericEquals", operands: integerType, relation: equalTo},
	{name: "NumericNotEquals", operands: integerType, relation: equalTo, negated: true},
	{name: "NumericLessThan", operands: integerType, relation: lessThan},
	{name: "NumericLessThanEquals", operands: integerType, relation: atMost},
	{name: "NumericGreaterThan", operands: integerType, relation: greaterThan},
	{name: "NumericGreaterThanEquals", operands: integerType, relation: atLeast},
	{name: "DateTimeEquals", operands: timeType, relation: equalTo},
	{name: "DateTimeNotEquals", operands: timeType, relation: equalTo, negated: true},
	{name: "DateTimeLessThan", operands: timeType, relation: lessThan},
	{name: "DateTimeLessThanEquals", operands: timeType, relation: atMost},
	{name: "DateTimeGreaterThan", operands: timeType, relation: greaterThan},
	{name: "DateTimeGreaterThanEquals", operands: timeType, relation: atLeast},
	{name: "BoolEquals", operands: boolType, relation: equalTo},
	{name: "BoolNotEquals", operands: boolType, relation: equalTo, negated: true},
	{name: "GuidEquals", operands: guidType, relation: equalTo},
	{name: "GuidNotEquals", operands: guidType, relation: equalTo, negated: true},
}

// satisfied reports whether left and right are what the operator asks. A Not form is the negation for the same two values,
// both of which must be of the operator's type.
func (o *operator) satisfied(left, right *conditionValue) bool {
	return left.valid && right.valid && o.related(left, right) != o.negated
}

func (o *operator) related(left, right *conditionValue) bool {
	if o.operands == stringType {
		switch {
		case o.relation == startsWith:
			return hasPrefix(left.text, right.text, o.ignoreCase)
		case o.relation == isLike:
			return like(left.text, right.text, o.ignoreCase)
		case o.ignoreCase:
			return strings.EqualFold(left.text, right.text)
		}
		return left.text == right.text
	}
	order := cmp.Or(cmp.Compare(left.major, right.major), cmp.Compare(left.minor, right.minor))
	switch o.relation {
	case equalTo:
		return order == 0
	case lessThan:
		return order < 0
	case atMost:
		return order <= 0
	case greaterThan:
		return order > 0
	case atLeast:
		return order >= 0
	}
	return false
}

// A quantifier says which of several values must satisfy the operator. Without one there is one value on each side.
type quantifier struct {
	name string
	// allLeft asks it of all values on the left instead of any one of them, and allRight, for each on the left, with all
	// values on the right instead of any one of them.
	allLeft, allRight bool
}

var quantifiers = []quantifier{
	{name: "ForAnyOfAnyValues"},
	{name: "ForAllOfAnyValues", allLeft: true},
	{name: "ForAnyOfAllValues", allRight: true},
	{name: "ForAllOfAllValues", allLeft: true, allRight: true},
}

// A comparison is an operator between two operands.
type comparison struct {
	operator    operator
	quantifier  quantifier
	left, right operand
}

// An operand is an attribute or, when that has no name, values.
type operand struct {
	attribute attribute
	values    []conditionValue
}

// An attribute is what a condition asks the operation for.
type attribute struct {
	source AttributeSource
	name   string
}

// of returns the attribute's values for an operation, none when it is missing.
func (a attribute) of(op *Operation) []string {
	if op.Attributes == nil {
		return nil
	}
	return op.Attributes.Attribute(a.source, a.name)
}

func (c *comparison) holds(op *Operation) bool {
	// Attributes rarely have more values than this, and then the comparison allocates nothing.
	var leftSpace, rightSpace [4]conditionValue
	left := c.left.appendValues(leftSpace[:0], op, c.operator.operands)
	right := c.right.appendValues(rightSpace[:0], op, c.operator.operands)
	switch {
	case len(left) == 0 || len(right) == 0:
		// "All" must not hold just because there are none.
		return false
	case c.quantifier.name == "" && (len(left) > 1 || len(right) > 1):
		// Any of them, or all? The condition does not say.
		return false
	}
	for i := range left {
		if c.holdsFor(&left[i], right) != c.quantifier.allLeft {
			return !c.quantifier.allLeft
		}
	}
	return c.quantifier.allLeft
}

// holdsFor is holds for one value on the left.
func (c *comparison) holdsFor(left *conditionValue, right []conditionValue) bool {
	for i := range right {
		if c.operator.satisfied(left, &right[i]) != c.quantifier.allRight {
			return !c.quantifier.allRight
		}
	}
	return c.quantifier.allRight
}

// appendValues returns the operand's values; those of an attribute it parses and appends to dst.
func (o *operand) appendValues(dst []conditionValue, op *Operation, operands valueType) []conditionValue {
	if o.attribute.name == "" {
		return o.values
	}
	for _, text := range o.attribute.of(op) {
		dst = append(dst, operands.parse(text))
	}
	return dst
}
