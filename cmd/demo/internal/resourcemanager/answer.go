package resourcemanager

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A failure is an answer that is no success, in the words that clients know. It is written as it is.
type failure struct {
	status  int
	Code    string `json:"code"`
	Message string `json:"message"`
	// Details say what a program can act on.
	Details []failureDetail `json:"details,omitempty"`
}

type failureDetail struct {
	Code    string `json:"code"`
	Target  string `json:"target"`
	Message string `json:"message"`
}

func (f *failure) Error() string { return f.Code + ": " + f.Message }

func failf(status int, code, format string, args ...any) error {
	return &failure{status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// endpoint is a handler that returns a failure instead of writing it, and has written nothing then.
type endpoint func(http.ResponseWriter, *http.Request) error

func (e endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := e(w, r)
	if err == nil {
		return
	}
	answer, ok := errors.AsType[*failure](err)
	if !ok {
		panic(err) // a mistake of this package's, which net/http logs
	}
	w.Header().Set("x-ms-failure-cause", "gateway") // as the gate says too
	_ = writeJSON(w, answer.status, struct {        // strings always marshal
		Error *failure `json:"error"`
	}{answer})
}

// writeJSON answers with value. Members of maps are sorted, so that equal values are equal answers. A string that is not
// UTF-8 (a message may quote one) is mended and refuses nothing.
func writeJSON(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // what fails here is the client's connection
	return nil
}

// writeList answers with a whole collection in Resource Manager's form, which has a value even when it is empty.
func writeList[T any](w http.ResponseWriter, items []T) error {
	return writeJSON(w, http.StatusOK, struct {
		Value []T `json:"value"`
	}{items})
}
