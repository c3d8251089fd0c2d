package resourcemanager

import (
	"net/http"
	"regexp"
	"strings"
)

// conditions are what a request demands of the resource as it is (RFC 9110 section 13.1). A nil list demands nothing.
type conditions struct {
	match, noneMatch *etags
}

// etags are the values of If-Match or If-None-Match.
type etags struct {
	any    bool // "*"
	listed []string
}

// etag is an element of a list, weak or strong (RFC 9110 section 8.8.3).
var etag = regexp.MustCompile(`^(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"$`)

// readConditions refuses what it cannot read: a condition that is passed over would let a write through that the client did not
// want.
func readConditions(r *http.Request) (conditions, error) {
	match, err := readETags(r, "If-Match")
	if err != nil {
		return conditions{}, err
	}
	noneMatch, err := readETags(r, "If-None-Match")
	return conditions{match, noneMatch}, err
}

func readETags(r *http.Request, header string) (*etags, error) {
	values := r.Header.Values(header)
	if len(values) == 0 {
		return nil, nil
	}
	read := new(etags)
	list := strings.Join(values, ",")
	if read.any = strings.TrimSpace(list) == "*"; read.any {
		return read, nil
	}
	// A comma may stand in an entity tag; Resource Manager's own have none.
	for element := range strings.SplitSeq(list, ",") {
		switch element = strings.Trim(element, " \t"); {
		case element == "": // RFC 9110 section 5.6.1.2: empty elements do not count
		case etag.MatchString(element):
			read.listed = append(read.listed, element)
		default:
			return nil, failf(http.StatusBadRequest, "InvalidHeaderValue", "The value of the header '%s' is no list of entity tags and not '*'.", header)
		}
	}
	return read, nil
}

// check decides whether a method that changes the resource may go on. If-Match compares strongly, If-None-Match weakly.
func (c conditions) check(current Resource, exists bool) error {
	switch {
	case c.match != nil && !c.match.holds(current, exists, strong):
		return preconditionFailed("If-Match")
	case c.noneMatch != nil && c.noneMatch.holds(current, exists, weak):
		return preconditionFailed("If-None-Match")
	}
	return nil
}

// checkRead decides the same for GET and HEAD: notModified tells the client to use what it has.
func (c conditions) checkRead(current Resource) (notModified bool, err error) {
	if c.match != nil && !c.match.holds(current, true, strong) {
		return false, preconditionFailed("If-Match")
	}
	return c.noneMatch != nil && c.noneMatch.holds(current, true, weak), nil
}

// strong and weak bring a listed tag into the form of a resource's own, which is strong; a weak one equals none strongly.
func strong(tag string) string { return tag }
func weak(tag string) string   { return strings.TrimPrefix(tag, "W/") }

func (e *etags) holds(current Resource, exists bool, form func(string) string) bool {
	if !exists {
		return false
	}
	for _, tag := range e.listed {
		if form(tag) == current.etag {
			return true
		}
	}
	return e.any
}

func preconditionFailed(header string) error {
	return failf(http.StatusPreconditionFailed, "PreconditionFailed",
		"The precondition given in the request header '%s' evaluates to false.", header)
}
