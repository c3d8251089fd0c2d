package armapi

import (
	"net/http"
	"regexp"
	"strings"
)

// A filter holds the terms of $filter by their names, each with its value, which is "" where the term has none.
type filter map[string]string

func (f filter) has(name string) bool {
	_, ok := f[name]
	return ok
}

// filterTerms are the terms that a collection knows.
type filterTerms struct {
	terms map[string]*regexp.Regexp
	// supported says so in words.
	supported string
}

// A value is quoted, and a quote in it doubled.
const filterValue = `'((?:[^']|'')+)'`

var (
	assignmentFilter = filterTerms{
		terms: map[string]*regexp.Regexp{
			"atScope":     regexp.MustCompile(`(?i)^atScope\(\)`),
			"principalId": regexp.MustCompile(`(?i)^principalId\s+eq\s+` + filterValue),
			"assignedTo":  regexp.MustCompile(`(?i)^assignedTo\(` + filterValue + `\)`),
		},
		supported: "'atScope()', 'principalId eq '{value}'' and 'assignedTo('{value}')'",
	}
	denyAssignmentFilter = filterTerms{
		terms: map[string]*regexp.Regexp{
			"atScope":            regexp.MustCompile(`(?i)^atScope\(\)`),
			"principalId":        regexp.MustCompile(`(?i)^principalId\s+eq\s+` + filterValue),
			"denyAssignmentName": regexp.MustCompile(`(?i)^denyAssignmentName\s+eq\s+` + filterValue),
		},
		supported: "'atScope()', 'principalId eq '{value}'' and 'denyAssignmentName eq '{value}''",
	}
	definitionFilter = filterTerms{
		terms: map[string]*regexp.Regexp{
			"atScopeAndBelow": regexp.MustCompile(`(?i)^atScopeAndBelow\(\)`),
			"type":            regexp.MustCompile(`(?i)^type\s+eq\s+` + filterValue),
			"roleName":        regexp.MustCompile(`(?i)^roleName\s+eq\s+` + filterValue),
		},
		supported: "'atScopeAndBelow()', 'type eq '{value}'' and 'roleName eq '{value}''",
	}
	filterAnd = regexp.MustCompile(`(?i)^\s+and\s+`)
)

// parse reads $filter: terms that are joined by and. One that is not understood is refused, because to ignore it would list
// more than was asked for.
func (t filterTerms) parse(values []string) (filter, error) {
	if len(values) == 0 {
		return nil, nil
	}
	found := make(filter)
	for rest := strings.TrimSpace(values[0]); ; {
		name, match := t.first(rest)
		if name == "" || found.has(name) || len(values) > 1 {
			break
		}
		found[name] = ""
		if len(match) > 1 {
			found[name] = strings.ReplaceAll(match[1], "''", "'")
		}
		if rest = rest[len(match[0]):]; rest == "" {
			return found, nil
		}
		and := filterAnd.FindString(rest)
		if and == "" {
			break
		}
		rest = rest[len(and):]
	}
	return nil, failf(http.StatusBadRequest, "UnsupportedQuery", "The filter '%.200s' is not supported. Supported filters are %s, which 'and' may join.", values[0], t.supported)
}

// first returns the term that text begins with, and what it matches.
func (t filterTerms) first(text string) (name string, match []string) {
	for name, expression := range t.terms {
		if match := expression.FindStringSubmatch(text); match != nil {
			return name, match
		}
	}
	return "", nil
}
