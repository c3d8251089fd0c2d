package rbac

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxConditionLength is Azure's limit, in bytes.
	maxConditionLength = 8 << 10
	// maxConditionDepth is how deep parentheses and negations nest. Parsing and evaluation take stack in proportion to it.
	maxConditionDepth = 100
)

// A conditionParser reads a condition by recursive descent. Its methods start at the token that is next, and leave what
// comes after the thing that they are called for. Their errors are *ConditionError.
type conditionParser struct {
	lexer conditionLexer
	next  token
	depth int
}

// parseCondition is ParseCondition, whose errors name the package too.
func parseCondition(text, version string) (*Condition, error) {
	switch version {
	case "", "2.0", "1.0":
	default:
		return nil, fmt.Errorf("%w: the version is %.20q, not 2.0", ErrCondition, version)
	}
	if len(text) > maxConditionLength {
		return nil, conditionErrorf(maxConditionLength, "longer than %d bytes", maxConditionLength)
	}
	for i, character := range text {
		if character == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			return nil, conditionErrorf(i, "invalid UTF-8")
		}
	}
	p := &conditionParser{lexer: conditionLexer{text: text}}
	p.advance()
	root, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.next.kind != endToken {
		return nil, p.expected("AND, OR or the end")
	}
	return &Condition{text: text, root: root}, nil
}

// advance moves on to the token after next.
func (p *conditionParser) advance() { p.next = p.lexer.next() }

// expected returns the error that something else comes next.
func (p *conditionParser) expected(what string) error {
	if p.next.err != nil {
		return p.next.err
	}
	return conditionErrorf(p.next.offset, "expected %s, found %s", what, &p.next)
}

// logic returns andExpression or orExpression when that is what comes next, else 0.
func (p *conditionParser) logic() expressionKind {
	switch {
	case p.next.kind == "&&" || p.next.is("AND"):
		return andExpression
	case p.next.kind == "||" || p.next.is("OR"):
		return orExpression
	}
	return 0
}

// expression reads terms with AND between all of them, or OR.
func (p *conditionParser) expression() (expression, error) {
	term, err := p.term()
	kind := p.logic()
	if err != nil || kind == 0 {
		return term, err
	}
	e := expression{kind: kind, operands: []expression{term}}
	for ; p.logic() != 0; e.operands = append(e.operands, term) {
		if p.logic() != kind {
			return expression{}, conditionErrorf(p.next.offset, "AND and OR side by side need parentheses that say which comes first")
		}
		p.advance()
		if term, err = p.term(); err != nil {
			return expression{}, err
		}
	}
	return e, nil
}

// term reads what stands between AND and OR.
func (p *conditionParser) term() (expression, error) {
	if p.depth++; p.depth > maxConditionDepth {
		return expression{}, conditionErrorf(p.next.offset, "nested deeper than %d", maxConditionDepth)
	}
	defer func() { p.depth-- }()
	switch next := p.next; {
	case next.kind == "!" || next.is("NOT"):
		p.advance()
		term, err := p.term()
		return expression{kind: notExpression, operands: []expression{term}}, err
	case next.kind == "(":
		p.advance()
		e, err := p.expression()
		if err != nil {
			return expression{}, err
		}
		if p.next.kind != ")" {
			return expression{}, p.expected(`AND, OR or ")"`)
		}
		p.advance()
		return e, nil
	case next.is("ActionMatches"):
		return p.matches(actionExpression)
	case next.is("SubOperationMatches"):
		return p.matches(subOperationExpression)
	case next.is("Exists"):
		return p.exists()
	case next.kind == attributeToken || next.kind == "{":
		return p.comparison()
	}
	return expression{}, p.expected(`"(", "!", ActionMatches, SubOperationMatches, Exists or an attribute`)
}

// matches reads a function that matches patterns.
func (p *conditionParser) matches(kind expressionKind) (expression, error) {
	p.advance()
	tokens, err := p.set()
	if err != nil {
		return expression{}, err
	}
	patterns := make([]string, len(tokens))
	for i := range tokens {
		t := &tokens[i]
		if t.kind != stringToken {
			return expression{}, conditionErrorf(t.offset, "%s is not %s", t, stringType)
		}
		if checkAction(t.value, false) != nil {
			return expression{}, conditionErrorf(t.offset,
				"%s is no pattern: empty, longer than %d bytes, or with control characters", t, maxActionLength)
		}
		patterns[i] = t.value
	}
	return expression{kind: kind, patterns: newActionSet(patterns)}, nil
}

func (p *conditionParser) exists() (expression, error) {
	p.advance()
	if p.next.kind != attributeToken {
		return expression{}, p.expected("an attribute")
	}
	e := expression{kind: existsExpression, attribute: p.next.attribute}
	p.advance()
	return e, nil
}

func (p *conditionParser) comparison() (expression, error) {
	left, err := p.operand()
	if err != nil {
		return expression{}, err
	}
	c := &comparison{}
	if c.operator, c.quantifier, err = p.operator(); err != nil {
		return expression{}, err
	}
	// Only now is it known what the values on the left are.
	if c.left, err = c.compile(left); err != nil {
		return expression{}, err
	}
	right, err := p.operand()
	if err != nil {
		return expression{}, err
	}
	if c.right, err = c.compile(right); err != nil {
		return expression{}, err
	}
	return expression{kind: comparisonExpression, comparison: c}, nil
}

// operand reads one side of a comparison: an attribute, a value, or a set of values.
func (p *conditionParser) operand() ([]token, error) {
	switch p.next.kind {
	case attributeToken, stringToken, wordToken:
		operand := []token{p.next}
		p.advance()
		return operand, nil
	case "{":
		return p.set()
	}
	return nil, p.expected(`an attribute, a value or "{"`)
}

// compile returns what the comparison's operator makes of an operand.
func (c *comparison) compile(tokens []token) (operand, error) {
	if tokens[0].kind == attributeToken {
		return operand{attribute: tokens[0].attribute}, nil
	}
	if len(tokens) > 1 && c.quantifier.name == "" {
		return operand{}, conditionErrorf(tokens[1].offset,
			"%s with several values needs a prefix, such as ForAnyOfAnyValues:%[1]s", c.operator.name)
	}
	values := make([]conditionValue, len(tokens))
	for i := range tokens {
		t := &tokens[i]
		text := t.text
		if t.kind == stringToken {
			text = t.value
		}
		values[i] = c.operator.operands.parse(text)
		if !values[i].valid || c.operator.operands == stringType && t.kind != stringToken {
			return operand{}, conditionErrorf(t.offset, "%s is not %s", t, c.operator.operands)
		}
	}
	return operand{values: values}, nil
}

// set reads values in braces, one at least.
func (p *conditionParser) set() ([]token, error) {
	if p.next.kind != "{" {
		return nil, p.expected(`"{"`)
	}
	var values []token
	for {
		p.advance()
		if p.next.kind != stringToken && p.next.kind != wordToken {
			return nil, p.expected("a value")
		}
		values = append(values, p.next)
		p.advance()
		switch p.next.kind {
		case ",":
		case "}":
			p.advance()
			return values, nil
		default:
			return nil, p.expected(`"," or "}"`)
		}
	}
}

// operator reads an operator and the quantifier before it, if there is one.
func (p *conditionParser) operator() (operator, quantifier, error) {
	word := p.next
	if word.kind != wordToken {
		return operator{}, quantifier{}, p.expected("an operator, such as StringEquals")
	}
	name := word.text
	var q quantifier
	if prefix, after, ok := strings.Cut(name, ":"); ok {
		i := slices.IndexFunc(quantifiers, func(q quantifier) bool { return strings.EqualFold(q.name, prefix) })
		if i < 0 {
			return operator{}, quantifier{}, conditionErrorf(word.offset,
				"%.40q is none of ForAnyOfAnyValues, ForAllOfAnyValues, ForAnyOfAllValues and ForAllOfAllValues", prefix)
		}
		q, name = quantifiers[i], after
	}
	i := slices.IndexFunc(operators, func(o operator) bool { return strings.EqualFold(o.name, name) })
	if i < 0 {
		return operator{}, quantifier{}, conditionErrorf(word.offset, "%.40q is no operator", name)
	}
	p.advance()
	return operators[i], q, nil
}
