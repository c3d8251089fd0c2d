package armapi

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A failure is an answer that is no success, in the words that clients match on.
type failure struct {
	status  int
	code    string
	message string
	allow   string
}

func (f *failure) Error() string { return f.code + ": " + f.message }

func failf(status int, code, format string, args ...any) error {
	return &failure{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func notAllowed(method string, endpoints map[string]endpoint) error {
	var allowed []string
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "POST"} { // in the order of the gate's own answers
		if _, ok := endpoints[method]; ok {
			allowed = append(allowed, method)
		}
	}
	return &failure{
		status:  http.StatusMethodNotAllowed,
		code:    "MethodNotAllowed",
		message: fmt.Sprintf("The HTTP method '%.32s' is not supported at this location.", method),
		allow:   strings.Join(allowed, ", "), // RFC 9110 section 15.5.6
	}
}

// refuse answers with an error. What is no failure is the server's own trouble, and none of the client's business.
func refuse(w http.ResponseWriter, err error) {
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = &failure{status: http.StatusInternalServerError, code: "InternalServerError", message: "Encountered internal server error."}
	}
	if f.allow != "" {
		w.Header().Set("Allow", f.allow)
	}
	answer(w, f.status, map[string]any{"error": map[string]string{"code": f.code, "message": f.message}})
}

// answer writes body as JSON, and nothing for nil.
func answer(w http.ResponseWriter, status int, body any) {
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("Pragma", "no-cache")
	header.Set("X-Content-Type-Options", "nosniff")
	if body == nil {
		w.WriteHeader(status)
		return
	}
	// Strings, times, and lists and maps of them always marshal, also when a message quotes what is no UTF-8.
	text, _ := json.Marshal(body, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	header.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text) // what fails here is the client's connection
}

// list is the form of a collection, which has a value even when it is empty.
func list(items []any) map[string]any {
	return map[string]any{"value": append([]any{}, items...)}
}

// maxBody is the longest content of a request, in bytes. A role definition with a thousand actions stays well below it.
const maxBody = 1 << 20

// read reads a request's content. No member may repeat; names count in any case, as in Resource Manager, so that a Condition
// does not pass for an unknown member; unknown members are ignored.
func read(r *http.Request, into any) error {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return failf(http.StatusUnsupportedMediaType, "UnsupportedMediaType",
			"The content media type '%.64s' is not supported. Only 'application/json' is supported.", r.Header.Get("Content-Type"))
	}
	err := json.UnmarshalRead(r.Body, into, json.MatchCaseInsensitiveNames(true))
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return failf(http.StatusRequestEntityTooLarge, "RequestContentTooLarge", "The request content size exceeds the maximum size of %d bytes.", maxBody)
	}
	where := "the content is incomplete"
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		where = fmt.Sprintf("path '%.100s', position %d: %v", syntactic.JSONPointer, syntactic.ByteOffset, syntactic.Err)
	} else if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		where = fmt.Sprintf("path '%.100s', position %d: the value has the wrong type", semantic.JSONPointer, semantic.ByteOffset)
	}
	return invalidContent("%s", where)
}

func invalidContent(format string, args ...any) error {
	return failf(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid: %s.", fmt.Sprintf(format, args...))
}
