package openidtest

import (
	"encoding/json"
	"net/http"
	"strings"

	"hubgate.example/openid"
)

// Requests counts the requests that arrived, those that were then refused included.
type Requests struct {
	Metadata, Keys int
}

// Requests returns how many requests have arrived so far.
func (i *Issuer) Requests() Requests {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.requests
}

// Down breaks every connection until Up. Connections that a server has accepted are cut without an answer.
func (i *Issuer) Down() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = true
}

// Fail answers every request with this status until Up.
func (i *Issuer) Fail(status int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fail = status
}

// Up ends what Down and Fail began.
func (i *Issuer) Up() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down, i.fail = false, 0
}

// EditMetadata lets edit change each metadata answer before it is sent; nil ends that. Edit runs in the goroutine of the
// request, one call at a time.
func (i *Issuer) EditMetadata(edit func(metadata map[string]any)) {
	i.editing.Lock()
	defer i.editing.Unlock()
	i.editMetadata = edit
}

// EditKeys lets edit replace the keys of each key set before it is sent; nil ends that. Each key is a map[string]any, fresh
// for this answer. What edit returns may hold anything that encoding/json takes, such as a json.RawMessage. Edit runs in
// the goroutine of the request, one call at a time.
func (i *Issuer) EditKeys(edit func(keys []any) []any) {
	i.editing.Lock()
	defer i.editing.Unlock()
	i.editKeys = edit
}

// ServeMetadata lets h answer in place of the issuer when metadata is asked for; nil ends that.
func (i *Issuer) ServeMetadata(h http.Handler) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.metadata = h
}

// ServeKeys lets h answer in place of the issuer when a key set is asked for; nil ends that.
func (i *Issuer) ServeKeys(h http.Handler) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keySet = h
}

// wellBehaved reports whether the issuer answers as its real counterpart does.
func (i *Issuer) wellBehaved() bool {
	i.editing.Lock()
	edited := i.editMetadata != nil || i.editKeys != nil
	i.editing.Unlock()
	i.mu.Lock()
	defer i.mu.Unlock()
	return !edited && !i.down && i.fail == 0 && i.metadata == nil && i.keySet == nil
}

// ServeHTTP answers metadata and key sets at the real provider's paths:
//
//	AD FS     /adfs[/{tenant}]/.well-known/openid-configuration   /adfs/discovery/keys
//	Entra v1  /{tenant}/.well-known/openid-configuration          /{tenant}/discovery/keys
//	Entra v2  /{tenant}/v2.0/.well-known/openid-configuration     /{tenant}/discovery/v2.0/keys
//
// With Entra ID {tenant} is any GUID, common, organizations or consumers. With AD FS it is Config.Tenant or the word adfs,
// by which the az command line calls the tenant of every AD FS.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	typ, tenant, keys, ok := i.route(r.URL.Path)

	i.mu.Lock()
	down, fail := i.down, i.fail
	var override http.Handler
	switch {
	case ok && keys:
		i.requests.Keys++
		override = i.keySet
	case ok:
		i.requests.Metadata++
		override = i.metadata
	}
	i.mu.Unlock()

	switch {
	case down:
		panic(http.ErrAbortHandler)
	case fail != 0:
		http.Error(w, http.StatusText(fail), fail)
	case override != nil:
		override.ServeHTTP(w, r)
	case !ok:
		http.NotFound(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "GET or HEAD only", http.StatusMethodNotAllowed)
	case typ != openid.ADFS && issuerTenant(tenant) == manyTenants && tenant != "common" && tenant != "organizations":
		writeJSON(w, http.StatusBadRequest, map[string]string{
			"error":             "invalid_tenant",
			"error_description": "AADSTS90002: Tenant '" + tenant + "' not found.",
		})
	case keys:
		writeJSON(w, http.StatusOK, map[string]any{"keys": i.keySetOf(typ, tenant)})
	default:
		writeJSON(w, http.StatusOK, i.metadataOf(typ, tenant, r.URL.Query().Get("appid")))
	}
}

// route tells what a path asks for: the metadata, or the key set, of a tenant. ok is false for any other path.
func (i *Issuer) route(path string) (typ openid.AuthorityType, tenant string, keys, ok bool) {
	authority, isMetadata := strings.CutSuffix(path, wellKnown)
	if i.typ == openid.ADFS {
		switch authority {
		case "/adfs", "/adfs/adfs":
			return openid.ADFS, "", false, isMetadata
		case "/adfs/" + i.tenant:
			return openid.ADFS, i.tenant, false, isMetadata && i.tenant != ""
		}
		return openid.ADFS, "", true, path == "/adfs/discovery/keys"
	}
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	tenant = strings.ToLower(tenant)
	switch "/" + rest {
	case wellKnown:
		return openid.EntraV1, tenant, false, true
	case "/v2.0" + wellKnown:
		return openid.EntraV2, tenant, false, true
	case "/discovery/keys":
		return openid.EntraV1, tenant, true, true
	case "/discovery/v2.0/keys":
		return openid.EntraV2, tenant, true, true
	}
	return i.typ, "", false, false
}

func writeJSON(w http.ResponseWriter, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		// An edit put something in that is no JSON.
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=86400, private")
	w.WriteHeader(status)
	w.Write(body)
}
