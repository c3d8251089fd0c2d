package resourcemanager

import (
	"net/http"
	"regexp"
	"strings"
	"time"
)

var apiVersion = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?i:-preview|-alpha|-beta|-privatepreview)?$`)

// RequireAPIVersion refuses a request without a well-formed api-version in its query. Any version is served, in the one shape
// that there is: clients of all ages read it.
func RequireAPIVersion(next http.Handler) http.Handler {
	return endpoint(func(w http.ResponseWriter, r *http.Request) error {
		versions := r.URL.Query()["api-version"]
		if len(versions) == 0 || len(versions) == 1 && versions[0] == "" {
			return failf(http.StatusBadRequest, "MissingApiVersionParameter",
				"The api-version query parameter (?api-version=) is required for all requests.")
		}
		if len(versions) > 1 {
			return failf(http.StatusBadRequest, "InvalidApiVersionParameter",
				"The api-version query parameter (?api-version=) is given more than once.")
		}
		match := apiVersion.FindStringSubmatch(versions[0])
		valid := match != nil
		if valid {
			_, err := time.Parse(time.DateOnly, match[1])
			valid = err == nil
		}
		if !valid {
			return failf(http.StatusBadRequest, "InvalidApiVersionParameter",
				"The api-version '%.32s' is invalid. The supported versions are '%s'.", versions[0], strings.Join(resourcesVersions, ","))
		}
		next.ServeHTTP(w, r)
		return nil
	})
}
