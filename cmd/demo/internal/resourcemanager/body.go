package resourcemanager

import (
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxBody is Resource Manager's limit of a request's content, in bytes.
const maxBody = 4 << 20

// readResource reads the resource that a request carries, and its JSON. It is read strictly: an object, no member twice, and
// nothing after it.
func readResource(w http.ResponseWriter, r *http.Request) (Resource, jsontext.Value, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return Resource{}, nil, failf(http.StatusUnsupportedMediaType, "UnsupportedMediaType",
			"The content media type '%.64s' is not supported. Only 'application/json' is supported.", r.Header.Get("Content-Type"))
	}
	var body jsontext.Value
	err = json.UnmarshalRead(http.MaxBytesReader(w, r.Body, maxBody), &body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return Resource{}, nil, failf(http.StatusRequestEntityTooLarge, "RequestContentTooLarge",
			"The request content size exceeds the maximum size of 4 MB.")
	}
	if err != nil {
		return Resource{}, nil, invalidContent(err)
	}
	if body.Kind() != '{' { // null would be read as an empty resource
		return Resource{}, nil, invalidContent(errors.New("no object"))
	}
	var resource Resource
	if err := json.Unmarshal(body, &resource); err != nil {
		return Resource{}, nil, invalidContent(err)
	}
	return resource, body, nil
}

// invalidContent says where the JSON of a request is wrong; what the decoder says beyond that is about Go.
func invalidContent(err error) error {
	what := "The content is no JSON object."
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		what = fmt.Sprintf("The JSON is malformed. Path '%.128s', position %d.", syntactic.JSONPointer, syntactic.ByteOffset)
	} else if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		what = fmt.Sprintf("The value has the wrong type. Path '%.128s', position %d.", semantic.JSONPointer, semantic.ByteOffset)
	}
	return failf(http.StatusBadRequest, "InvalidRequestContent",
		"The request content was invalid and could not be deserialized: '%s'.", what)
}
