package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"hubgate.example/cmd/demo/internal/resourcemanager"
	"hubgate.example/middleware"
	"hubgate.example/middleware/mfaaudit"
)

// An administration is where the gates are administered, behind one of them: as on an Azure Stack Hub, that is a resource provider,
// and to have a role at its scope is what it takes. Requests have an api-version.
//
//	GET  {path}/mfareports/current      who would break on the day that multi-factor authentication is enforced, with --mfa audit
//	POST {path}/tenants/{id}/revoke     {"objectId": "...", "from": "2026-01-02T15:04:05Z"}: tokens that were issued to this principal
//	                                    of the tenant, or without it to anybody there, before that time, or without it before now,
//	                                    are refused from the next request on
type administration struct {
	path        string
	gate        http.Handler
	audit       *mfaaudit.Audit // nil without --mfa audit
	revocations *revocations
}

func (s *site) administration(path string, gate *middleware.Gate) *administration {
	a := &administration{path: path, audit: s.audit, revocations: s.revocations}
	a.gate = gate.Handler(resourcemanager.RequireAPIVersion(http.HandlerFunc(a.serve)))
	return a
}

// serves reports whether a path, in any case, is below the administration's own.
func (a *administration) serves(path string) bool {
	return len(path) > len(a.path) && strings.EqualFold(path[:len(a.path)], a.path) && path[len(a.path)] == '/'
}

func (a *administration) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.gate.ServeHTTP(w, r) }

// serve is behind the gate.
func (a *administration) serve(w http.ResponseWriter, r *http.Request) {
	segments := strings.Split(strings.ToLower(r.URL.Path[len(a.path)+1:]), "/")
	switch {
	case len(segments) == 2 && segments[0] == "mfareports" && segments[1] == "current" && a.audit != nil:
		if only(w, r, http.MethodGet, http.MethodHead) {
			a.audit.ServeHTTP(w, r)
		}
	case len(segments) == 3 && segments[0] == "tenants" && segments[2] == "revoke":
		if only(w, r, http.MethodPost) {
			a.revoke(w, r, segments[1])
		}
	default:
		writeError(w, http.StatusNotFound, "NotFound", "No HTTP resource was found that matches the request URI.")
	}
}

// only reports whether a request has one of the methods, and has answered it if not.
func only(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	if slices.Contains(methods, r.Method) {
		return true
	}
	w.Header().Set("Allow", strings.Join(methods, ", ")) // RFC 9110 section 15.5.6
	writeError(w, http.StatusMethodNotAllowed, "MethodNotAllowed", fmt.Sprintf("The requested resource does not support http method '%.16s'.", r.Method))
	return false
}

// maxRevocation bounds the content of a revocation, in bytes.
const maxRevocation = 4 << 10

func (a *administration) revoke(w http.ResponseWriter, r *http.Request, tenant string) {
	var event struct {
		ObjectID string     `json:"objectId"`
		From     *time.Time `json:"from"`
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRevocation))
	decoder.DisallowUnknownFields() // or a mistyped objectId would revoke the whole tenant
	if err := decoder.Decode(&event); err != nil && !errors.Is(err, io.EOF) {
		writeError(w, http.StatusBadRequest, "InvalidRequestContent", fmt.Sprintf("The request content is no revocation: %v", err))
		return
	}
	revoked := revocation{Tenant: tenant, ObjectID: event.ObjectID, From: time.Now().UTC()}
	if event.From != nil {
		revoked.From = event.From.UTC()
	}
	switch err := a.revocations.revoke(revoked); {
	case errors.Is(err, errNotKept):
		writeError(w, http.StatusInternalServerError, "InternalServerError", err.Error())
		return
	case err != nil:
		writeError(w, http.StatusBadRequest, "InvalidRequestContent", err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// writeError answers in Resource Manager's form.
func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"code": code, "message": message}}) // what fails here is the client's connection
}
