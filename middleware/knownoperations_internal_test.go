package middleware

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"sync"
	"testing"

	"hubgate.example/rbac"
)

// knownRequests are of all kinds: spelled canonically and otherwise, for what there is and for nothing.
func knownRequests() []*http.Request {
	var requests []*http.Request
	for _, path := range []string{
		"/", "/subscriptions", "/Subscriptions", "/subscriptions/", "//subscriptions", "/subscriptions/a", "/subscriptions/a/resourceGroups/b",
		"/subscriptions/a/resourceGroups/b/", "/subscriptions/a/resourceGroups/é", "/subscriptions/a/resourceGroups/b c", "/subscriptions/a/resourceGroups/..",
		"/subscriptions/a/providers/Microsoft.Compute/virtualMachines", "/subscriptions/a/providers/Microsoft.Compute/virtualMachines/vm",
		"/subscriptions/a/providers/Microsoft.Compute/virtualMachines/vm/start", "/nowhere", "", "*",
	} {
		for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "TRACE", ""} {
			for _, u := range []*url.URL{{Path: path}, {Path: path, RawQuery: "api-version=1"}, {Path: path, RawPath: path}, {Path: path, Opaque: "x"}} {
				requests = append(requests, &http.Request{Method: method, URL: u})
			}
		}
	}
	return requests
}

// Whatever was asked before and however often, the answers are those of the functions that remember nothing.
func TestKnownOperations(t *testing.T) {
	gate, requests := new(Gate), knownRequests()
	for round := range 5 {
		for _, r := range requests {
			want, wantErr := canonical(r)
			spelled, err := gate.canonical(r)
			if fmt.Sprint(err) != fmt.Sprint(wantErr) || err == nil && (!reflect.DeepEqual(spelled, want) || (spelled == r) != (want == r)) {
				t.Fatalf("round %d: %s %v is spelled %v, %v, want %v, %v", round, r.Method, r.URL, spelled, err, want, wantErr)
			}
			if err != nil {
				continue
			}
			wantOp, wantErr := rbac.OperationFor(spelled)
			for range 3 {
				op, err := gate.operations.operation(spelled)
				if !reflect.DeepEqual(op, wantOp) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
					t.Fatalf("round %d: %s %v is %v, %v, want %v, %v", round, r.Method, r.URL, op, err, wantOp, wantErr)
				}
			}
			if known := gate.operations.get(spelled) != nil; known != (wantErr == nil) && round == 0 {
				t.Errorf("%s %v is known: %t", r.Method, r.URL, known)
			}
		}
	}
}

// Wherever a request's place is, what is known there counts for its own method and path only.
func TestKnownOperations_OfAnother(t *testing.T) {
	var known knownOperations
	one := newKnownOperation(&http.Request{Method: "GET", URL: &url.URL{Path: "/subscriptions/a"}})
	for i := range known {
		known[i].known.Store(one)
	}
	for _, test := range []struct {
		method string
		u      url.URL
		want   bool
	}{
		{"GET", url.URL{Path: "/subscriptions/a"}, true},
		{"GET", url.URL{Path: "/subscriptions/a", RawQuery: "x"}, true},
		{"HEAD", url.URL{Path: "/subscriptions/a"}, false},
		{"DELETE", url.URL{Path: "/subscriptions/a"}, false},
		{"GET", url.URL{Path: "/subscriptions/b"}, false},
		{"GET", url.URL{Path: "/Subscriptions/a"}, false},
		{"GET", url.URL{Path: "/subscriptions/a/"}, false},
		{"GET", url.URL{Path: "/subscriptions/a", RawPath: "/subscriptions/%61"}, false},
		{"GET", url.URL{Path: "/subscriptions/a", Opaque: "x"}, false},
	} {
		if got := known.get(&http.Request{Method: test.method, URL: &test.u}) == one; got != test.want {
			t.Errorf("%s %+v is known: %t", test.method, test.u, got)
		}
	}
}

// A path that is not canonical never becomes known, even to a caller who gives it for one.
func TestKnownOperations_NotCanonical(t *testing.T) {
	var known knownOperations
	for _, r := range knownRequests() {
		if path, err := rbac.CanonicalPath(r.URL); err == nil && path == r.URL.Path {
			continue
		}
		for range 3 {
			_, _ = known.operation(r)
		}
	}
	for i := range known {
		if found := known[i].known.Load(); found != nil {
			t.Errorf("%s %s is known", found.method, found.path)
		}
	}
}

// A stream of new paths leaves nothing behind, and does not push out what is asked for again and again.
func TestKnownOperations_Stream(t *testing.T) {
	var known knownOperations
	regular := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/subscriptions/a/resourceGroups/regular"}}
	for range 2 {
		if _, err := known.operation(regular); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10 * len(known) {
		if _, err := known.operation(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: fmt.Sprint("/subscriptions/", i)}}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range known {
		if found := known[i].known.Load(); found != nil && found.path != regular.URL.Path {
			t.Errorf("%s is known", found.path)
		}
	}
	if known.get(regular) == nil {
		t.Error("what is asked for again and again is not known")
	}
}

func TestKnownOperations_Concurrent(t *testing.T) {
	var known knownOperations
	var running sync.WaitGroup
	for g := range 4 {
		running.Go(func() {
			for i := range 2000 {
				path := fmt.Sprint("/subscriptions/", (i/2+g)%50)
				op, err := known.operation(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}})
				if err != nil || op.Scope.String() != path {
					t.Errorf("%s is %v, %v", path, op, err)
				}
			}
		})
	}
	running.Wait()
}
