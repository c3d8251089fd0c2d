package armapi

import (
	"net/http"
	"regexp"
	"time"
)

// An apiVersion is a version that a request names. Its date decides, -preview or not.
type apiVersion string

var wellFormed = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?i:-preview|-alpha|-beta|-privatepreview)?$`)

func parseVersion(values []string) (apiVersion, error) {
	if len(values) == 0 || len(values) == 1 && values[0] == "" {
		return "", failf(http.StatusBadRequest, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")
	}
	if len(values) > 1 {
		return "", failf(http.StatusBadRequest, "InvalidApiVersionParameter", "The api-version query parameter (?api-version=) is given more than once.")
	}
	if match := wellFormed.FindStringSubmatch(values[0]); match != nil {
		if _, err := time.Parse(time.DateOnly, match[1]); err == nil {
			return apiVersion(values[0]), nil
		}
	}
	return "", failf(http.StatusBadRequest, "InvalidApiVersionParameter",
		"The api-version '%.32s' is invalid. It is a date, YYYY-MM-DD, that '-preview' may follow.", values[0])
}

// from reports whether v is as young as the version of that date.
func (v apiVersion) from(date string) bool { return v[:len(time.DateOnly)] >= apiVersion(date) }

// What the versions brought.
func (v apiVersion) hasDataActions() bool   { return v.from("2018-01-01") }
func (v apiVersion) hasCanDelegate() bool   { return v.from("2018-01-01") && !v.from("2022-04-01") }
func (v apiVersion) hasPrincipalType() bool { return v.from("2018-09-01") }
func (v apiVersion) hasConditions() bool    { return v.from("2020-04-01") } // and description and stamps
