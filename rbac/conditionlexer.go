package rbac

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A tokenKind tells tokens apart. Of parentheses, braces, the comma, !, && and || it is the token itself.
type tokenKind string

const (
	endToken       tokenKind = "end"
	wordToken      tokenKind = "word"
	stringToken    tokenKind = "string"
	attributeToken tokenKind = "attribute"
	// errorToken is what is no token.
	errorToken tokenKind = "error"
)

// A token is a word of a condition.
type token struct {
	kind   tokenKind
	offset int
	// text is the token as written.
	text string
	// value is what stands between a string's quotes.
	value string
	// attribute is what an attribute token names.
	attribute attribute
	// err says what is wrong with an errorToken.
	err error
}

// is reports whether t is a keyword, in any case.
func (t *token) is(keyword string) bool {
	return t.kind == wordToken && strings.EqualFold(t.text, keyword)
}

// String returns t as error messages name it.
func (t *token) String() string {
	if t.kind == endToken {
		return "the end"
	}
	return fmt.Sprintf("%.40q", t.text)
}

// attributeSources are the sources as conditions write them.
var attributeSources = map[string]AttributeSource{
	"resource":    ResourceAttribute,
	"request":     RequestAttribute,
	"principal":   PrincipalAttribute,
	"environment": EnvironmentAttribute,
}

// A conditionLexer cuts a condition into tokens.
type conditionLexer struct {
	text string
	// offset is where the next token starts, or blanks before it.
	offset int
}

const (
	conditionBlanks = " \t\r\n"
	asciiLetters    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	// Words are keywords, operators with their quantifier, and values that need no quotes: numbers, times, GUIDs.
	wordCharacters = asciiLetters + "0123456789_-+.:"
)

// next returns the next token.
func (l *conditionLexer) next() token {
	l.skip(conditionBlanks)
	t := token{offset: l.offset}
	switch rest := l.text[l.offset:]; {
	case rest == "":
		t.kind = endToken
	case rest[0] == '\'':
		t.kind = stringToken
		t.value, t.err = l.quoted()
	case rest[0] == '@':
		t.kind = attributeToken
		t.attribute, t.err = l.attribute()
	case strings.HasPrefix(rest, "&&"), strings.HasPrefix(rest, "||"):
		t.kind = tokenKind(rest[:2])
		l.offset += 2
	case strings.IndexByte("(){},!", rest[0]) >= 0:
		t.kind = tokenKind(rest[:1])
		l.offset++
	case strings.IndexByte(wordCharacters, rest[0]) >= 0:
		t.kind = wordToken
		l.skip(wordCharacters)
	default:
		character, _ := utf8.DecodeRuneInString(rest)
		t.err = conditionErrorf(t.offset, "unexpected character %q", character)
	}
	if t.err != nil {
		t.kind = errorToken
	}
	t.text = l.text[t.offset:l.offset]
	return t
}

// skip moves past all that follows and is one of characters.
func (l *conditionLexer) skip(characters string) {
	rest := strings.TrimLeft(l.text[l.offset:], characters)
	l.offset = len(l.text) - len(rest)
}

// quoted reads a string. It ends at the next quote: Azure documents no way to write a quote inside. Backslashes are kept,
// for they mean something to StringLike only.
func (l *conditionLexer) quoted() (string, error) {
	value, _, ok := strings.Cut(l.text[l.offset+1:], "'")
	if !ok {
		return "", conditionErrorf(l.offset, "the string that starts here has no closing quote")
	}
	l.offset += len(value) + 2
	return value, nil
}

// attribute reads @Source[name]. Names contain blanks, colons, slashes, ampersands, dollar signs and angle brackets.
func (l *conditionLexer) attribute() (attribute, error) {
	start := l.offset
	l.offset++
	l.skip(asciiLetters)
	word := l.text[start+1 : l.offset]
	source, ok := attributeSources[fold(word)]
	if !ok {
		return attribute{}, conditionErrorf(start, "%.40q is none of @Resource, @Request, @Principal and @Environment", "@"+word)
	}
	l.skip(conditionBlanks)
	rest, ok := strings.CutPrefix(l.text[l.offset:], "[")
	if !ok {
		return attribute{}, conditionErrorf(l.offset, "expected an attribute's name in brackets after @%s", word)
	}
	name, _, ok := strings.Cut(rest, "]")
	if !ok {
		return attribute{}, conditionErrorf(l.offset, "the attribute's name that starts here has no closing bracket")
	}
	trimmed := strings.Trim(name, conditionBlanks)
	if trimmed == "" || strings.ContainsFunc(trimmed, unicode.IsControl) {
		return attribute{}, conditionErrorf(l.offset, "%.40q is no attribute's name", name)
	}
	l.offset += len(name) + len("[]")
	return attribute{source: source, name: trimmed}, nil
}
