package resourcemanager

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A failure is an answer that is no success, in the words that clients know.
type failure struct {
	status  int
	code    string
	message string
}

func (f *failure) Error() string { return f.code + ": " + f.message }

func failf(status int, code, format string, args ...any) error {
	return &failure{status: status, code: code, message: fmt.Sprintf(format, args...)}
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
	var body struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	body.Error.Code, body.Error.Message = answer.code, answer.message
	_ = writeJSON(w, answer.status, body) // two strings always marshal
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

// writeList answers with a collection in Resource Manager's form, which has a value even when it is empty.
func writeList[T any](w http.ResponseWriter, items []T) error {
	return writeJSON(w, http.StatusOK, struct {
		Value []T `json:"value"`
	}{items})
}
