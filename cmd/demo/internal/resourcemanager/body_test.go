package resourcemanager_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestBody(t *testing.T) {
	s := newSite(t)
	tooMuch := `{"location":"local","properties":{"a":"` + strings.Repeat("a", 4<<20) + `"}}`
	for _, test := range []struct {
		name        string
		body        string
		contentType string
		status      int
		code        string
		message     string
	}{
		{"json", `{"location":"local"}`, "application/json", 200, "", ""},
		{"with a charset", `{"location":"local"}`, "Application/JSON; charset=utf-8", 200, "", ""},
		{"blanks around", ` {"location":"local"} `, "application/json", 200, "", ""},
		{"xml", `<a/>`, "text/xml", 415, "UnsupportedMediaType", "The content media type 'text/xml' is not supported. Only 'application/json' is supported."},
		{"no type", `{"location":"local"}`, "", 415, "UnsupportedMediaType", "The content media type '' is not supported. Only 'application/json' is supported."},
		{"malformed type", `{"location":"local"}`, "application/json; charset", 415, "UnsupportedMediaType", "The content media type 'application/json; charset' is not supported. Only 'application/json' is supported."},
		{"too much", tooMuch, "application/json", 413, "RequestContentTooLarge", "The request content size exceeds the maximum size of 4 MB."},
		{"empty", "", "application/json", 400, "InvalidRequestContent", ""},
		{"malformed", `{"location":`, "application/json", 400, "InvalidRequestContent", ""},
		{"twice", `{"location":"local","location":"local"}`, "application/json", 400, "InvalidRequestContent", ""},
		{"twice, deep", `{"location":"local","properties":{"a":{"b":1,"b":2}}}`, "application/json", 400, "InvalidRequestContent",
			"The request content was invalid and could not be deserialized: 'The JSON is malformed. Path '/properties/a/b', position 45.'."},
		{"more after it", `{"location":"local"}{}`, "application/json", 400, "InvalidRequestContent", ""},
		{"array", `[]`, "application/json", 400, "InvalidRequestContent", "The request content was invalid and could not be deserialized: 'The content is no JSON object.'."},
		{"null", `null`, "application/json", 400, "InvalidRequestContent", ""},
		{"location of the wrong type", `{"location":1}`, "application/json", 400, "InvalidRequestContent", ""},
		{"tags of the wrong type", `{"location":"local","tags":{"a":1}}`, "application/json", 400, "InvalidRequestContent",
			"The request content was invalid and could not be deserialized: 'The value has the wrong type. Path '/tags/a', position 32.'."},
		{"properties of the wrong type", `{"location":"local","properties":[]}`, "application/json", 400, "InvalidRequestContent", ""},
		{"invalid UTF-8", "{\"location\":\"local\",\"tags\":{\"a\":\"\xff\"}}", "application/json", 400, "InvalidRequestContent", ""},
		{"nulls", `{"location":"local","tags":null,"properties":null}`, "application/json", 200, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{"Content-Type": {test.contentType}}
			if test.contentType == "" {
				header = http.Header{"Content-Type": nil}
			}
			r := request{as: owner, method: "PUT", path: shop, body: test.body, header: header}
			a := s.want(t, r, test.status, test.code)
			if test.message != "" && a.message != test.message {
				t.Errorf("message is\n\t%s, want\n\t%s", a.message, test.message)
			}
			r.method = "PATCH"
			s.want(t, r, test.status, test.code)
		})
	}
	// Who may not write is told nothing about the content.
	s.want(t, request{as: reader, method: "PUT", path: shop, body: "<a/>"}, 403, "AuthorizationFailed")
}
