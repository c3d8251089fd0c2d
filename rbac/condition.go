package rbac

import "fmt"

// A Condition narrows what grants or blocks: a role assignment, a permission of a role, or a permission of a deny
// assignment. It is one of Azure's, version 2.0, parsed. A Condition is immutable.
//
// # Form
//
// Most conditions say: not this action, or else something about the resource or the request.
//
//	!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})
//	OR
//	@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEqualsIgnoreCase 'Group'
//
// The grammar, in which keywords, sources, operators and their prefixes count in any case:
//
//	expression = term { and term } | term { or term }
//	and        = "AND" | "&&"
//	or         = "OR" | "||"
//	term       = ( "NOT" | "!" ) term
//	           | "(" expression ")"
//	           | "ActionMatches" set
//	           | "SubOperationMatches" set
//	           | "Exists" attribute
//	           | ( attribute | set ) operator ( attribute | set | value )
//	attribute  = "@" ( "Resource" | "Request" | "Principal" | "Environment" ) "[" name "]"
//	set        = "{" value { "," value } "}"
//	value      = "'" text without a quote "'" | word
//	operator   = [ ( "ForAnyOfAnyValues" | "ForAllOfAnyValues" | "ForAnyOfAllValues" | "ForAllOfAllValues" ) ":" ] word
//
// AND and OR side by side have no order, and are an error until parentheses give them one. NOT goes with the one term
// after it. Blanks are needed between words only. A value without quotes is a number, a time, true, false or a GUID. There
// is no way to write a quote in a string. A condition has at most 8 KiB, and nests at most 100 deep.
//
// # Functions
//
// ActionMatches holds when the operation's action matches one of the patterns, which are like the strings of a
// [Permission]. SubOperationMatches is the same for [Operation.SubOperation], and does not hold when there is none. Exists
// holds when the attribute has a value, of whatever type.
//
// # Operators
//
//	StringEquals, StringStartsWith, StringLike    also with Not, as in StringNotLike, with IgnoreCase at the end, or both
//	NumericEquals, DateTimeEquals                 also NotEquals, LessThan, LessThanEquals, GreaterThan, GreaterThanEquals
//	BoolEquals, GuidEquals                        also NotEquals
//
// StringLike takes its right side for a pattern, also when that is an attribute: '*' stands for any text, slashes and the
// empty text included, '?' for one character, and a backslash before a '*', a '?' or a backslash makes that literal.
// IgnoreCase is simple case folding, as for actions. Numbers are integers of 64 bits. Times are in RFC 3339, of whose
// seconds nine decimal places count, and compare as instants. GUIDs have dashes or none.
//
// # Values
//
// A prefix says what happens to several values: ForAnyOf or ForAllOf, how many on the left must pass; AnyValues or
// AllValues, with how many on the right. The operator itself looks at two values at a time, also when it is a Not form:
// ForAnyOfAnyValues:StringNotEquals holds as soon as two of them differ. "None of these" is
// ForAllOfAllValues:StringNotEquals.
//
// In doubt a comparison does not hold:
//   - An attribute that is missing or has no value fails every comparison, on either side, with every operator and prefix,
//     Not forms and ForAllOf included.
//   - Without a prefix there is one value on each side. An attribute with several fails the comparison; a set with several
//     is an error.
//   - A value of an attribute that is not of the operator's type, or not valid UTF-8, passes no comparison, not even with a
//     Not form. With ForAnyOf others can still pass; with ForAllOf none can make up for it. In the condition itself such a
//     value is an error.
//
// NOT in front turns all that around: NOT (@Resource[name] StringEquals 'a') holds for a resource without a name, and
// @Resource[name] StringNotEquals 'a' does not.
//
// All attributes come from [Operation.Attributes], the time as @Environment[UtcNow] among them. They are asked for by name
// as written, with what it has of markers, as in tags:Project<$key_case_sensitive$>.
type Condition struct {
	text string
	root expression
}

// ParseCondition parses a condition. The version is 2.0; it may be empty, and it may be 1.0, which some exports have on
// conditions of this form. Errors wrap [ErrCondition]; one about the text is a [*ConditionError] with the place.
func ParseCondition(text, version string) (*Condition, error) {
	c, err := parseCondition(text, version)
	if err != nil {
		return nil, fmt.Errorf("rbac: %w", err)
	}
	return c, nil
}

// String returns the condition as it was written.
func (c *Condition) String() string { return c.text }

// Holds reports whether the condition holds for an operation. It asks the operation's attributes for what it needs to know
// and no more.
func (c *Condition) Holds(op Operation) bool {
	var space [128]byte
	return c.holds(appendFold(space[:0], op.Action), &op)
}

// holds is Holds for an operation whose folded action is known.
func (c *Condition) holds(action []byte, op *Operation) bool {
	return c.root.holds(action, op)
}
