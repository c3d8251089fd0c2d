package rbac_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hubgate.example/rbac"
)

// A clause is a condition, or a part of one, as its author means it. A world grows clauses and writes them down; the oracle
// evaluates the clause and never reads the text, and the engine has the text and never sees the clause. So the two agree only
// if the text is read as it was meant.
type clause interface {
	// holds evaluates the clause.
	holds(r request) bool
	// write writes the clause so that a "not" before it, or an "and" and an "or" around it, mean all of it.
	write(w *conditionWriter)
	// simpler returns clauses that are a step simpler, for the shrinker.
	simpler() []clause
}

type (
	both          struct{ left, right clause }
	either        struct{ left, right clause }
	negation      struct{ of clause }
	actionMatches struct{ patterns []string }
	// subOperationMatches has patterns like an action's.
	subOperationMatches struct{ patterns []string }
	exists              struct{ attribute attribute }
	comparison          struct {
		left, right side
		// quantifier is "" for a comparison of one value with one.
		quantifier string
		operator   string
	}
)

// A side of a comparison is an attribute, or values that the condition names.
type side struct {
	attribute attribute
	values    []string
}

// An attribute is what a comparison asks for: @Resource[name].
type attribute struct {
	source rbac.AttributeSource
	name   string
}

// An attributeValue is what a request answers when it is asked for an attribute.
type attributeValue struct {
	Source rbac.AttributeSource
	Name   string
	Values []string
}

// attributes are the attributes of a request.
type attributes []attributeValue

func (a attributes) Attribute(source rbac.AttributeSource, name string) []string {
	for _, one := range a {
		if one.Source == source && strings.EqualFold(one.Name, name) {
			return one.Values
		}
	}
	return nil
}

func (c both) holds(r request) bool     { return c.left.holds(r) && c.right.holds(r) }
func (c either) holds(r request) bool   { return c.left.holds(r) || c.right.holds(r) }
func (c negation) holds(r request) bool { return !c.of.holds(r) }
func (c actionMatches) holds(r request) bool {
	return anyStarMatches(patterns(c.patterns), strings.ToLower(r.Action))
}
func (c subOperationMatches) holds(r request) bool {
	return r.SubOperation != "" && anyStarMatches(patterns(c.patterns), strings.ToLower(r.SubOperation))
}
func (c exists) holds(r request) bool {
	return len(r.Attributes.Attribute(c.attribute.source, c.attribute.name)) > 0
}

// of returns the values of a side in a request.
func (s side) of(r request) []string {
	if s.values != nil {
		return s.values
	}
	return r.Attributes.Attribute(s.attribute.source, s.attribute.name)
}

// holds compares each value on the left with each on the right; the quantifier says how many have to agree. Nothing agrees
// with an attribute that is missing, and without a quantifier nothing agrees with several values.
func (c comparison) holds(r request) bool {
	left, right := c.left.of(r), c.right.of(r)
	if len(left) == 0 || len(right) == 0 || c.quantifier == "" && len(left)+len(right) > 2 {
		return false
	}
	lefts := 0 // values on the left that agree with as many on the right as they have to
	for _, l := range left {
		rights := 0
		for _, r := range right {
			if compare(c.operator, l, r) {
				rights++
			}
		}
		switch c.quantifier {
		case "ForAnyOfAnyValues", "ForAllOfAnyValues":
			if rights > 0 {
				lefts++
			}
		case "ForAnyOfAllValues", "ForAllOfAllValues", "":
			if rights == len(right) {
				lefts++
			}
		default:
			panic("no such quantifier: " + c.quantifier)
		}
	}
	switch c.quantifier {
	case "ForAnyOfAnyValues", "ForAnyOfAllValues":
		return lefts > 0
	}
	return lefts == len(left)
}

// compare compares one value with one. What is no value of the operator's type compares to nothing.
func compare(operator, l, r string) bool {
	family, relation := "", operator
	for _, prefix := range []string{"String", "Numeric", "DateTime", "Bool", "Guid"} {
		if strings.HasPrefix(operator, prefix) {
			family, relation = prefix, strings.TrimPrefix(operator, prefix)
		}
	}
	switch family {
	case "String":
		if !utf8.ValidString(l) || !utf8.ValidString(r) {
			return false
		}
		if before, ok := strings.CutSuffix(relation, "IgnoreCase"); ok {
			l, r, relation = strings.ToLower(l), strings.ToLower(r), before
		}
		switch relation {
		case "Equals":
			return l == r
		case "NotEquals":
			return l != r
		case "StartsWith":
			return strings.HasPrefix(l, r)
		case "NotStartsWith":
			return !strings.HasPrefix(l, r)
		case "Like":
			return like([]rune(r), []rune(l))
		case "NotLike":
			return !like([]rune(r), []rune(l))
		}
	case "Numeric":
		l, err := strconv.ParseInt(l, 10, 64)
		r, errR := strconv.ParseInt(r, 10, 64)
		return err == nil && errR == nil && ordered(relation, int(l-r))
	case "DateTime":
		l, err := time.Parse(time.RFC3339Nano, l)
		r, errR := time.Parse(time.RFC3339Nano, r)
		return err == nil && errR == nil && ordered(relation, l.Compare(r))
	case "Bool":
		l, r := strings.ToLower(l), strings.ToLower(r)
		for _, word := range []string{l, r} {
			if word != "true" && word != "false" {
				return false
			}
		}
		return ordered(relation, strings.Compare(l, r))
	case "Guid":
		l, r := strings.ToLower(strings.ReplaceAll(l, "-", "")), strings.ToLower(strings.ReplaceAll(r, "-", ""))
		for _, digits := range []string{l, r} {
			if len(digits) != 32 || strings.Trim(digits, "0123456789abcdef") != "" {
				return false
			}
		}
		return ordered(relation, strings.Compare(l, r))
	}
	panic("no such operator: " + operator)
}

// ordered says whether two values are in the relation, by the sign of their difference.
func ordered(relation string, sign int) bool {
	switch relation {
	case "Equals":
		return sign == 0
	case "NotEquals":
		return sign != 0
	case "LessThan":
		return sign < 0
	case "LessThanEquals":
		return sign <= 0
	case "GreaterThan":
		return sign > 0
	case "GreaterThanEquals":
		return sign >= 0
	}
	panic("no such relation: " + relation)
}

// like tries every way to place the wildcards of a StringLike pattern.
func like(pattern, text []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(text) == 0
	case pattern[0] == '*':
		for i := 0; i <= len(text); i++ {
			if like(pattern[1:], text[i:]) {
				return true
			}
		}
		return false
	case len(text) == 0:
		return false
	case pattern[0] == '?':
		return like(pattern[1:], text[1:])
	case pattern[0] == '\\' && len(pattern) > 1 && strings.ContainsRune(`*?\`, pattern[1]):
		pattern = pattern[1:]
	}
	return pattern[0] == text[0] && like(pattern[1:], text[1:])
}

func (c both) simpler() []clause {
	simpler := []clause{c.left, c.right}
	for _, left := range c.left.simpler() {
		simpler = append(simpler, both{left, c.right})
	}
	for _, right := range c.right.simpler() {
		simpler = append(simpler, both{c.left, right})
	}
	return simpler
}

func (c either) simpler() []clause {
	simpler := []clause{c.left, c.right}
	for _, left := range c.left.simpler() {
		simpler = append(simpler, either{left, c.right})
	}
	for _, right := range c.right.simpler() {
		simpler = append(simpler, either{c.left, right})
	}
	return simpler
}

func (c negation) simpler() []clause {
	simpler := []clause{c.of}
	if twice, ok := c.of.(negation); ok {
		simpler = append(simpler, twice.of)
	}
	for _, of := range c.of.simpler() {
		simpler = append(simpler, negation{of})
	}
	return simpler
}

func (c actionMatches) simpler() []clause {
	var simpler []clause
	for _, patterns := range fewer(c.patterns) {
		simpler = append(simpler, actionMatches{patterns})
	}
	return simpler
}

func (c subOperationMatches) simpler() []clause {
	var simpler []clause
	for _, patterns := range fewer(c.patterns) {
		simpler = append(simpler, subOperationMatches{patterns})
	}
	return simpler
}

func (exists) simpler() []clause { return nil }

func (c comparison) simpler() []clause {
	var simpler []clause
	for _, values := range fewer(c.left.values) {
		simpler = append(simpler, comparison{side{values: values}, c.right, c.quantifier, c.operator})
	}
	for _, values := range fewer(c.right.values) {
		simpler = append(simpler, comparison{c.left, side{values: values}, c.quantifier, c.operator})
	}
	return simpler
}

// fewer returns the lists that have one value less, and at least one.
func fewer(values []string) [][]string {
	var lists [][]string
	for i := range values {
		if len(values) > 1 {
			lists = append(lists, slices.Delete(slices.Clone(values), i, i+1))
		}
	}
	return lists
}

// A conditionWriter writes a clause down: plainly, or, with a random generator, in the many spellings that people and tools
// have for the same.
type conditionWriter struct {
	strings.Builder
	random *rand.Rand
}

// spell returns the text of a clause.
func spell(c clause, random *rand.Rand) string {
	w := &conditionWriter{random: random}
	c.write(w)
	return w.String()
}

// chance is true once in n times, and never in plain writing.
func (w *conditionWriter) chance(n int) bool { return w.random != nil && w.random.IntN(n) == 0 }

// word writes a keyword or a name that counts in any case.
func (w *conditionWriter) word(words ...string) {
	word := words[0]
	if w.random != nil {
		word = words[w.random.IntN(len(words))]
	}
	switch {
	case w.chance(8):
		word = strings.ToLower(word)
	case w.chance(8):
		word = strings.ToUpper(word)
	}
	w.WriteString(word)
}

// blank writes a blank that has to be there, and may writes one that need not be.
func (w *conditionWriter) blank() {
	switch {
	case w.chance(8):
		w.WriteString("\r\n\t")
	case w.chance(8):
		w.WriteString("  ")
	default:
		w.WriteString(" ")
	}
}

func (w *conditionWriter) may() {
	if w.chance(3) {
		w.blank()
	}
}

func (w *conditionWriter) parenthesized(c clause) {
	w.WriteString("(")
	w.may()
	c.write(w)
	w.may()
	w.WriteString(")")
}

// operand writes a side of an AND or an OR. A chain of the same word needs no parentheses, nor does what has no AND or OR.
func (w *conditionWriter) operand(c clause, chained bool) {
	if _, and := c.(both); and && !chained {
		w.parenthesized(c)
		return
	}
	if _, or := c.(either); or && !chained {
		w.parenthesized(c)
		return
	}
	if w.chance(3) {
		w.parenthesized(c)
		return
	}
	c.write(w)
}

func (w *conditionWriter) between(words ...string) {
	w.blank()
	w.word(words...)
	w.blank()
}

func (c both) write(w *conditionWriter) {
	for i, side := range []clause{c.left, c.right} {
		if i > 0 {
			w.between("AND", "&&")
		}
		_, chained := side.(both)
		w.operand(side, chained)
	}
}

func (c either) write(w *conditionWriter) {
	for i, side := range []clause{c.left, c.right} {
		if i > 0 {
			w.between("OR", "||")
		}
		_, chained := side.(either)
		w.operand(side, chained)
	}
}

func (c negation) write(w *conditionWriter) {
	bang := !w.chance(2)
	if bang {
		w.WriteString("!")
		w.may()
	} else {
		w.word("NOT")
	}
	switch c.of.(type) {
	case actionMatches, subOperationMatches:
		if w.chance(2) {
			if !bang {
				w.blank()
			}
			c.of.write(w)
			return
		}
	}
	if !bang {
		w.may()
	}
	w.parenthesized(c.of)
}

func (c actionMatches) write(w *conditionWriter) {
	w.word("ActionMatches")
	w.may()
	w.set("String", c.patterns)
}

func (c subOperationMatches) write(w *conditionWriter) {
	w.word("SubOperationMatches")
	w.may()
	w.set("String", c.patterns)
}

func (c exists) write(w *conditionWriter) {
	w.word("Exists")
	w.blank()
	c.attribute.write(w)
}

func (a attribute) write(w *conditionWriter) {
	w.word(map[rbac.AttributeSource]string{
		rbac.ResourceAttribute:    "@Resource",
		rbac.RequestAttribute:     "@Request",
		rbac.PrincipalAttribute:   "@Principal",
		rbac.EnvironmentAttribute: "@Environment",
	}[a.source])
	w.WriteString("[")
	w.word(a.name)
	w.WriteString("]")
}

func (c comparison) write(w *conditionWriter) {
	w.side(c.left, true, c.operator)
	w.blank()
	if c.quantifier != "" {
		w.word(c.quantifier)
		w.WriteString(":")
	}
	w.word(c.operator)
	if c.right.values == nil || c.quantifier == "" {
		w.blank()
	} else {
		w.may() // as in GuidEquals{
	}
	w.side(c.right, c.quantifier != "", c.operator)
}

// side writes a side of a comparison. A single value has its braces only where there may be several.
func (w *conditionWriter) side(s side, braces bool, operator string) {
	switch {
	case s.values == nil:
		s.attribute.write(w)
	case braces:
		w.set(operator, s.values)
	default:
		w.value(operator, s.values[0])
	}
}

func (w *conditionWriter) set(operator string, values []string) {
	for i, value := range values {
		w.WriteString([]string{"{", ","}[min(i, 1)])
		w.may()
		w.value(operator, value)
		w.may()
	}
	w.WriteString("}")
}

// value writes a literal. Numbers, booleans, times and GUIDs do without quotes, GUIDs without dashes too.
func (w *conditionWriter) value(operator, value string) {
	if strings.HasPrefix(operator, "Guid") && w.chance(4) {
		value = strings.ReplaceAll(value, "-", "")
	}
	if !strings.HasPrefix(operator, "String") && !w.chance(2) {
		w.WriteString(value)
		return
	}
	fmt.Fprintf(w, "'%s'", value)
}

// The names that conditions ask for and requests answer. What stands behind a name is of one type.
var attributeNames = []struct {
	name     string
	families []string
}{
	{"Microsoft.Storage/storageAccounts/blobServices/containers:name", []string{"String"}},
	{"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags:Project<$key_case_sensitive$>", []string{"String"}},
	{"Microsoft.A/t:count", []string{"Numeric"}},
	{"Microsoft.A/t:created", []string{"DateTime"}},
	{"isPrivateLink", []string{"Bool"}},
	{"Microsoft.Authorization/roleAssignments:RoleDefinitionId", []string{"Guid", "String"}},
}

var attributeValues = map[string][]string{
	"String":   {"alpha", "Alpha", "alphabet", "beta", "b*a", "Ärger", "x y", `c\d`, ""},
	"Numeric":  {"-1", "0", "7", "10", "9007199254740992", "9007199254740993"},
	"DateTime": {"2024-05-01T12:00:00Z", "2024-05-01T13:00:00+01:00", "2024-05-01T12:00:00.5Z", "2031-01-01T00:00:00.0Z"},
	"Bool":     {"true", "false"},
	"Guid":     {"5e467623-bb1f-42f4-a55d-6e525e11384b", "a795c7a0-d4a2-40c1-ae25-d81f01202912"},
}

var (
	likePatterns = []string{"*", "a*", "*a", "A*t", "b?ta", `b\*a`, "?l*b?t", "x*y", `\??`, `c\d`, `c\\d`, "?rger", ""}
	quantifiers  = []string{"ForAnyOfAnyValues", "ForAllOfAnyValues", "ForAnyOfAllValues", "ForAllOfAllValues"}
	equalities   = []string{"Equals", "NotEquals"}
	orders       = []string{"Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"}
	relations    = map[string][]string{
		"String": {
			"Equals", "NotEquals", "StartsWith", "NotStartsWith", "Like", "NotLike",
			"EqualsIgnoreCase", "NotEqualsIgnoreCase", "StartsWithIgnoreCase", "NotStartsWithIgnoreCase", "LikeIgnoreCase", "NotLikeIgnoreCase",
		},
		"Numeric":  orders,
		"DateTime": orders,
		"Bool":     equalities,
		"Guid":     equalities,
	}
	subOperations        = []string{"Blob.List", "Blob.Read.WithTagConditions"}
	subOperationPatterns = append([]string{"Blob.*", "*List"}, subOperations...)
)

// condition grows a condition. Half of them have the shape that Azure's own tools write: not this action, or an expression.
func (w world) condition() clause {
	if w.IntN(2) == 0 {
		return w.clause(2)
	}
	var action clause = w.actionMatches()
	switch w.IntN(4) {
	case 0:
		action = both{action, w.subOperationMatches()}
	case 1:
		action = both{action, negation{w.subOperationMatches()}}
	}
	return either{negation{action}, w.clause(1)}
}

// clause grows a clause of at most that many levels of logic.
func (w world) clause(levels int) clause {
	if levels > 0 {
		switch w.IntN(5) {
		case 0:
			return both{w.clause(levels - 1), w.clause(levels - 1)}
		case 1:
			return either{w.clause(levels - 1), w.clause(levels - 1)}
		case 2:
			return negation{w.clause(levels - 1)}
		}
	}
	switch w.IntN(8) {
	case 0:
		return w.actionMatches()
	case 1:
		return w.subOperationMatches()
	case 2:
		left, _ := w.attribute()
		return exists{left}
	}
	return w.comparison()
}

func (w world) actionMatches() clause {
	return actionMatches{append(some(w, 1, w.pattern), w.pattern())}
}

func (w world) subOperationMatches() clause {
	name := func() string { return w.mixCase(pick(w, subOperationPatterns)) }
	return subOperationMatches{append(some(w, 1, name), name())}
}

// comparison compares an attribute with values, now and then values with an attribute, or an attribute with another one.
func (w world) comparison() clause {
	left, family := w.attribute()
	c := comparison{left: side{attribute: left}, operator: family + pick(w, relations[family])}
	if w.IntN(2) == 0 {
		c.quantifier = pick(w, quantifiers)
	}
	values := attributeValues[family]
	if strings.Contains(c.operator, "Like") {
		values = likePatterns
	}
	for more := true; more; more = c.quantifier != "" && w.IntN(2) == 0 {
		c.right.values = append(c.right.values, pick(w, values))
	}
	switch w.IntN(8) {
	case 0:
		c.left, c.right = c.right, c.left
	case 1:
		for right, other := w.attribute(); ; right, other = w.attribute() {
			if other == family {
				c.right = side{attribute: right}
				break
			}
		}
	}
	return c
}

func (w world) attribute() (_ attribute, family string) {
	named := pick(w, attributeNames)
	return attribute{rbac.AttributeSource(1 + w.IntN(4)), named.name}, pick(w, named.families)
}

// attributes makes the attributes of a request: of each source some, with no value, one, or several, and now and then one that
// is not of the attribute's type.
func (w world) attributes() attributes {
	var made attributes
	for source := rbac.ResourceAttribute; source <= rbac.EnvironmentAttribute; source++ {
		for _, named := range attributeNames {
			if w.IntN(3) == 0 {
				continue
			}
			value := attributeValue{Source: source, Name: named.name, Values: []string{pick(w, attributeValues[named.families[0]])}}
			switch w.IntN(12) {
			case 0:
				value.Values = nil
			case 1:
				value.Values = []string{pick(w, []string{"many", "1.5", "\xff"})}
			case 2, 3:
				value.Values = append(value.Values, pick(w, attributeValues[named.families[0]]))
			}
			if named.families[0] == "Guid" && w.IntN(3) == 0 {
				for i, id := range value.Values {
					value.Values[i] = strings.ToUpper(strings.ReplaceAll(id, "-", ""))
				}
			}
			made = append(made, value)
		}
	}
	return made
}

// TestConditionOracle compares what the engine reads in the text of a condition with what the world meant by it.
func TestConditionOracle(t *testing.T) {
	t.Parallel()
	holds, questions := 0, 0
	for seed := range oracleSeeds(t, 8_000) {
		w := newWorld(seed)
		c := w.condition()
		text := spell(c, w.Rand)
		for range 10 {
			r := w.request(scenario{})
			difference := conditionDiffers(c, text, r)
			if difference == "" {
				questions++
				if c.holds(r) {
					holds++
				}
				continue
			}
			c, text, r = shrinkCondition(c, text, r)
			t.Fatalf("%s\n\nShrunk, it is\n\n\t%s\n\nfor %s\n(%s)\n\n%s", difference, text, goSyntax(r), conditionDiffers(c, text, r), again(t, seed))
		}
	}
	if *oracleSeed == 0 && (holds*5 < questions || holds*5 > 4*questions) {
		t.Errorf("%d conditions of %d hold: they have little to do with the requests", holds, questions)
	}
}

func conditionDiffers(c clause, text string, r request) string {
	condition, err := rbac.ParseCondition(text, "2.0")
	if err != nil {
		return err.Error()
	}
	if got, want := condition.Holds(r.operation()), c.holds(r); got != want {
		return fmt.Sprintf("engine %v, oracle %v", got, want)
	}
	return ""
}

// shrinkCondition returns the simplest part of a condition that shows a difference, in plain spelling if that does, and of the
// request's attributes those that it needs.
func shrinkCondition(c clause, text string, r request) (clause, string, request) {
	for simpler := true; simpler; {
		simpler = false
		for _, part := range append(c.simpler(), c) {
			if plain := spell(part, nil); plain != text && conditionDiffers(part, plain, r) != "" {
				c, text, simpler = part, plain, true
				break
			}
		}
	}
	for i := len(r.Attributes) - 1; i >= 0; i-- {
		fewer := r
		fewer.Attributes = slices.Delete(slices.Clone(r.Attributes), i, i+1)
		if conditionDiffers(c, text, fewer) != "" {
			r = fewer
		}
	}
	return c, text, r
}
