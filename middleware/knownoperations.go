package middleware

import (
	"hash/maphash"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"hubgate.example/rbac"
)

// knownOperations remember which operations requests stand for, because clients ask for the same again and again. What a method and a path
// stand for never changes, so there is nothing here that could grow old, and nothing about who may do it. A request takes the place of
// another only when it comes twice without others between them that share the place, so that a stream of new paths leaves nothing behind.
type knownOperations [1024]struct {
	seen  atomic.Uint64 // the hash of what came last and is not known
	known atomic.Pointer[knownOperation]
}

// A knownOperation is that of a canonical path.
type knownOperation struct {
	method, path string
	operation    rbac.Operation
}

var operationSeed = maphash.MakeSeed()

func operationHash(r *http.Request) uint64 {
	return maphash.String(operationSeed, r.URL.Path) + maphash.String(operationSeed, r.Method)
}

// get answers what is known of a request, whose path is canonical then, or nil.
func (k *knownOperations) get(r *http.Request) *knownOperation {
	if r.URL.RawPath != "" || r.URL.Opaque != "" {
		return nil
	}
	return k.find(r, operationHash(r))
}

func (k *knownOperations) find(r *http.Request, hash uint64) *knownOperation {
	known := k[hash%uint64(len(k))].known.Load()
	if known == nil || known.method != r.Method || known.path != r.URL.Path {
		return nil
	}
	return known
}

// operation is rbac.OperationFor a request with a canonical path.
func (k *knownOperations) operation(r *http.Request) (rbac.Operation, error) {
	hash := operationHash(r)
	if known := k.find(r, hash); known != nil {
		return known.operation, nil
	}
	op, err := rbac.OperationFor(r)
	if place := &k[hash%uint64(len(k))]; err == nil && place.seen.Swap(hash) == hash {
		if known := newKnownOperation(r); known != nil {
			place.known.Store(known)
		}
	}
	return op, err
}

// newKnownOperation reads the request once more, so that nothing of it is kept but the method and the path. It answers nil for a path that
// is not canonical.
func newKnownOperation(r *http.Request) *knownOperation {
	known := &knownOperation{method: strings.Clone(r.Method), path: strings.Clone(r.URL.Path)}
	only := &http.Request{Method: known.method, URL: &url.URL{Path: known.path}}
	path, err := rbac.CanonicalPath(only.URL)
	if err == nil {
		known.operation, err = rbac.OperationFor(only)
	}
	if err != nil || path != known.path {
		return nil
	}
	return known
}
