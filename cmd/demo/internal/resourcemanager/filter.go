package resourcemanager

import (
	"net/http"
	"regexp"
	"strings"
)

// comparison is the one form of term that is understood: field eq 'value', a quote within the value being doubled. Terms are
// joined by and.
var comparison = regexp.MustCompile(`^\s*(\w+)\s+eq\s+'((?:[^']|'')*)'\s*(?:and\s+\b|$)`)

// A filter is the query parameter $filter: the value that each field must have.
type filter map[string]string

// parseFilter reads a filter; "" lets everything through. One that is not understood is refused: to ignore it would answer
// more than was asked for.
func parseFilter(text string) (filter, error) {
	wanted := make(filter)
	for rest := text; rest != ""; {
		term := comparison.FindStringSubmatch(rest)
		if term == nil {
			return nil, invalidFilter(text)
		}
		field := strings.ToLower(term[1])
		switch field {
		case "name", "location", "resourcetype", "resourcegroup", "tagname", "tagvalue":
		default:
			return nil, invalidFilter(text)
		}
		if _, twice := wanted[field]; twice {
			return nil, invalidFilter(text)
		}
		wanted[field] = strings.ReplaceAll(term[2], "''", "'")
		rest = rest[len(term[0]):]
	}
	_, value := wanted["tagvalue"]
	if _, name := wanted["tagname"]; value && !name {
		return nil, invalidFilter(text)
	}
	return wanted, nil
}

func invalidFilter(text string) error {
	return failf(http.StatusBadRequest, "InvalidFilterInQueryString",
		"Invalid $filter '%.200s' specified in the query string. It takes comparisons with eq, joined by and.", text)
}

// matches reports whether the filter lets resource through. Values count in any case, but for those of tags.
func (f filter) matches(resource Resource) bool {
	for field, is := range map[string]string{
		"name": resource.Name, "location": resource.Location, "resourcetype": resource.Type, "resourcegroup": resource.scope.ResourceGroup(),
	} {
		if want, asked := f[field]; asked && !strings.EqualFold(want, is) {
			return false
		}
	}
	name, asked := f["tagname"]
	if !asked {
		return true
	}
	value, valueAsked := f["tagvalue"]
	for n, v := range resource.Tags {
		if strings.EqualFold(n, name) && (!valueAsked || v == value) {
			return true
		}
	}
	return false
}
