package armapi

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// parseListOptions reads the OData options of a list beside $filter: the most items that the client wants. Others, such as
// $skip, are refused, because a client that is answered as if it had not asked takes a part for something else, or pages for
// ever.
func parseListOptions(query url.Values) (top int, err error) {
	top = math.MaxInt
	for name, values := range query {
		switch {
		case name == "$top":
			if top, err = strconv.Atoi(values[0]); err != nil || top < 0 || len(values) > 1 {
				return 0, failf(http.StatusBadRequest, "UnsupportedQuery", "The query option '$top' with the value '%.32s' is not supported. It is given once, as a number of items.", values[0])
			}
		case strings.HasPrefix(name, "$") && name != "$filter":
			return 0, failf(http.StatusBadRequest, "UnsupportedQuery", "The query option '%.32s' is not supported. Supported options are '$filter' and '$top'.", name)
		}
	}
	return top, nil
}
