package openid

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// What is bounded in a header and in claims before anything vouches for them. Real tokens have some 40 claims, a handful of objects, and
// two levels.
const (
	maxMembers = 1000 // of all objects together
	maxDepth   = 100
)

// A jsonScanner reads a JSON object strictly (RFC 8259, RFC 7493), in one pass over its text: names are unique in each object, strings
// are valid UTF-8 without lone surrogates, nothing stands before or after. jsontext reads the same in more time and memory; the tests
// hold the two against each other.
type jsonScanner struct {
	text    string
	at      int
	members int
}

// invalid says where the text stops being JSON, and quotes nothing of it.
func (s *jsonScanner) invalid() error { return fmt.Errorf("invalid JSON at byte %d", s.at) }

func (s *jsonScanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// next skips space and answers the byte that follows, or 0 at the end.
func (s *jsonScanner) next() byte {
	s.space()
	if s.at == len(s.text) {
		return 0
	}
	return s.text[s.at]
}

// object reads an object that begins here. The outermost is kept in o, which is nil for others.
func (s *jsonScanner) object(depth int, o *jsonObject) error {
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	s.at++ // the brace
	if s.next() == '}' {
		s.at++
		return nil
	}
	var names nameSet // where there is no o
	for {
		if s.next() != '"' {
			return s.invalid()
		}
		begin := s.at
		escaped, err := s.string()
		if err != nil {
			return err
		}
		if s.members++; s.members > maxMembers {
			return fmt.Errorf("more than %d members", maxMembers)
		}
		if o != nil && !o.add(span{uint32(begin), uint32(s.at)}, escaped) || o == nil && !names.add(contentOf(s.text[begin:s.at], escaped)) {
			return errors.New("duplicate member name")
		}
		if s.next() != ':' {
			return s.invalid()
		}
		s.at++
		s.space()
		begin = s.at
		if err := s.value(depth); err != nil {
			return err
		}
		if o != nil {
			o.members[len(o.members)-1].value = span{uint32(begin), uint32(s.at)}
		}
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			return nil
		default:
			return s.invalid()
		}
	}
}

// value reads whatever begins here.
func (s *jsonScanner) value(depth int) error {
	if s.at == len(s.text) {
		return s.invalid()
	}
	switch s.text[s.at] {
	case '"':
		_, err := s.string()
		return err
	case '{':
		return s.object(depth+1, nil)
	case '[':
		return s.array(depth + 1)
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	default:
		return s.number()
	}
}

func (s *jsonScanner) array(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	s.at++ // the bracket
	if s.next() == ']' {
		s.at++
		return nil
	}
	for {
		s.space()
		if err := s.value(depth); err != nil {
			return err
		}
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			return nil
		default:
			return s.invalid()
		}
	}
}

// element goes to the next element of an array of strings, which is all of the text and has been read before. It reports whether there is
// one, and whether it is such an array so far.
func (s *jsonScanner) element() (more, ok bool) {
	switch {
	case s.is('['), s.at > 0 && s.next() == ',':
		s.at++
	case s.at == 0:
		return false, false
	}
	s.space()
	return s.is('"'), s.is('"') || s.is(']')
}

func (s *jsonScanner) literal(word string) error {
	if !strings.HasPrefix(s.text[s.at:], word) {
		return s.invalid()
	}
	s.at += len(word)
	return nil
}

// number reads a number by the grammar of RFC 8259, section 6.
func (s *jsonScanner) number() error {
	if s.is('-') {
		s.at++
	}
	if s.is('0') {
		s.at++
	} else if !s.digits() {
		return s.invalid()
	}
	if s.is('.') {
		s.at++
		if !s.digits() {
			return s.invalid()
		}
	}
	if s.is('e') || s.is('E') {
		s.at++
		if s.is('+') || s.is('-') {
			s.at++
		}
		if !s.digits() {
			return s.invalid()
		}
	}
	return nil
}

func (s *jsonScanner) is(c byte) bool { return s.at < len(s.text) && s.text[s.at] == c }

// digits reads at least one digit.
func (s *jsonScanner) digits() bool {
	begin := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > begin
}

// content reads a string that was read before, and answers it without quotes and escapes.
func (s *jsonScanner) content() string {
	begin := s.at
	escaped, _ := s.string()
	return contentOf(s.text[begin:s.at], escaped)
}

// contentOf answers what a JSON string stands for.
func contentOf(quoted string, escaped bool) string {
	if !escaped {
		return quoted[1 : len(quoted)-1]
	}
	content, _ := unquote(quoted)
	return content
}

// special marks what ends a run of plain characters in a string: the quote, the backslash, control characters and all that is not ASCII.
var special = func() (table [256]bool) {
	for c := range table {
		table[c] = c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf
	}
	return table
}()

// string reads a string that begins here, and reports whether there are escapes in it.
func (s *jsonScanner) string() (escaped bool, err error) {
	s.at++ // the quote
	for {
		s.plain()
		if s.at == len(s.text) {
			return false, s.invalid()
		}
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return escaped, nil
		case c == '\\':
			escaped = true
			if err := s.escape(); err != nil {
				return false, err
			}
		case c < ' ':
			return false, s.invalid()
		default:
			r, size := utf8.DecodeRuneInString(s.text[s.at:])
			if r == utf8.RuneError && size == 1 {
				return false, s.invalid()
			}
			s.at += size
		}
	}
}

// plain skips plain characters, eight at a time while there are eight.
func (s *jsonScanner) plain() {
	rest := s.text[s.at:]
	for ; len(rest) >= 8; rest = rest[8:] {
		w := word(rest)
		// w-eachOne borrows into the top bit of a byte that was zero, and w-eachOne*n of one that was below n, as long as no byte has
		// its own top bit set; what a borrow does to the bytes above does not matter, because the first one is where this stops.
		quote, backslash := w^eachOne*'"', w^eachOne*'\\'
		if stops := (w | (w - eachOne*' ') | (quote - eachOne) | (backslash - eachOne)) & eachTop; stops != 0 {
			s.at = len(s.text) - len(rest) + bits.TrailingZeros64(stops)/8
			return
		}
	}
	for rest != "" && !special[rest[0]] {
		rest = rest[1:]
	}
	s.at = len(s.text) - len(rest)
}

// escape reads one escape, or two that are a pair of surrogates.
func (s *jsonScanner) escape() error {
	rest := s.text[s.at+1:]
	if rest == "" {
		return s.invalid()
	}
	if strings.IndexByte(`"\/bfnrt`, rest[0]) >= 0 {
		s.at += 2
		return nil
	}
	high, ok := unicodeEscape(s.text[s.at:])
	switch {
	case !ok || 0xdc00 <= high && high < 0xe000:
		return s.invalid()
	case high < 0xd800 || high >= 0xe000:
		s.at += 6
		return nil
	}
	if low, ok := unicodeEscape(s.text[s.at+6:]); !ok || low < 0xdc00 || low >= 0xe000 {
		return s.invalid()
	}
	s.at += 12
	return nil
}

// unicodeEscape reads \u and four hexadecimal digits at the beginning of text.
func unicodeEscape(text string) (unit rune, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for i := 2; i < 6; i++ {
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			unit = unit<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			unit = unit<<4 | rune(c-'a'+10)
		case 'A' <= c && c <= 'F':
			unit = unit<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return unit, true
}

// unquote answers what a JSON string stands for.
func unquote(quoted string) (string, bool) {
	unquoted, err := jsontext.AppendUnquote(nil, quoted)
	return string(unquoted), err == nil
}

// A nameSet holds the names of an object inside another. Few are compared one by one, many are looked up, so that hostile tokens cost in
// proportion to their size.
type nameSet struct {
	few  [16]string
	n    int
	seen uint64 // a bit for each name in few, which many names share
	many map[string]struct{}
}

// add reports false when the name is there already.
func (s *nameSet) add(name string) bool {
	bit := uint64(1) << slot(name)
	if s.seen&bit != 0 {
		for i := range s.n {
			if s.few[i] == name {
				return false
			}
		}
	}
	if s.n < len(s.few) {
		s.seen |= bit
		s.few[s.n] = name
		s.n++
		return true
	}
	if s.many == nil {
		s.many = make(map[string]struct{})
	}
	before := len(s.many)
	s.many[name] = struct{}{}
	return len(s.many) > before
}
