package middleware

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
)

// recovered turns a panic of validation into a refusal; the deferring function has not called the handler yet. The panic's
// value may quote what it choked on, so only its type is logged, and the text of the runtime's own errors.
func recovered(refused **refusal) {
	value := recover()
	if value == nil {
		return
	}
	what := fmt.Sprintf("%T", value)
	if err, ok := value.(runtime.Error); ok {
		what = quote(err.Error(), maxClaimText)
	}
	*refused = internalError("panic in validation", what+"\n"+string(debug.Stack()))
}

func internalError(reason, detail string) *refusal {
	return &refusal{
		status: http.StatusInternalServerError, code: "InternalServerError",
		message: "Encountered internal server error.",
		reason:  reason, detail: detail,
	}
}
