package directorygraph

import (
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strconv"
)

const (
	// maxBody bounds a request, in bytes: it is one member.
	maxBody = 64 << 10
	// maxGroups is how many groups of one principal can be asked for.
	maxGroups = 11_000
	// skipToken is the parameter that says where the next page begins.
	skipToken = "$skiptoken"
)

// readRequest reads the parameters of getMemberObjects. There is one, and it changes nothing here: all groups are security groups.
func readRequest(w http.ResponseWriter, r *http.Request) *failure {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var body struct {
		SecurityEnabledOnly *bool `json:"securityEnabledOnly"`
	}
	if err == nil && mediaType == "application/json" {
		err = json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&body)
	}
	switch {
	case err != nil || mediaType != "application/json":
		return &failure{
			status: http.StatusBadRequest, code: "BadRequest",
			message: "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
		}
	case body.SecurityEnabledOnly == nil:
		return &failure{status: http.StatusBadRequest, code: "BadRequest", message: "The payload has no securityEnabledOnly."}
	}
	return nil
}

// A page is a part of a collection of object ids.
type page struct {
	Context  string   `json:"@odata.context"`
	NextLink string   `json:"@odata.nextLink,omitempty"`
	Value    []string `json:"value"`
}

// page answers the part of groups that the URL asks for. A token that it did not make is one that has expired.
func (s *Server) page(groups []string, asked *url.URL) (*page, *failure) {
	if len(groups) > maxGroups {
		return nil, &failure{
			status: http.StatusBadRequest, code: "Directory_ResultSizeLimitExceeded",
			message: "The specified object is a member of more than " + strconv.Itoa(maxGroups) + " groups.",
		}
	}
	from := 0
	if query := asked.Query(); query.Has(skipToken) {
		text, err := base64.RawURLEncoding.Strict().DecodeString(query.Get(skipToken))
		if err == nil {
			from, err = strconv.Atoi(string(text))
		}
		if err != nil || from <= 0 || from >= len(groups) {
			return nil, &failure{
				status: http.StatusBadRequest, code: "Directory_ExpiredPageToken",
				message: "The specified page token value has expired and can no longer be included in your request.",
			}
		}
	}
	end := min(from+s.pageSize, len(groups))
	answer := &page{Context: s.url + "/v1.0/$metadata#Collection(Edm.String)", Value: append([]string{}, groups[from:end]...)}
	if end < len(groups) {
		next := base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(end)))
		answer.NextLink = s.url + asked.Path[len(s.path):] + "?" + skipToken + "=" + next
	}
	return answer, nil
}
