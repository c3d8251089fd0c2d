package resourcemanager_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestETag(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{shop, web} {
		first := s.want(t, request{as: owner, method: "GET", path: path}, 200, "").header.Get("ETag")
		if len(first) < 10 || first[0] != '"' || first[len(first)-1] != '"' {
			t.Fatalf("no strong entity tag: %q", first)
		}
		seen := map[string]bool{first: true}
		for _, r := range []request{
			{as: owner, method: "PUT", path: path, body: `{"location":"local"}`},
			{as: owner, method: "PUT", path: path, body: `{"location":"local"}`},
			{as: owner, method: "PATCH", path: path, body: `{"tags":{"a":"b"}}`},
		} {
			tag := s.want(t, r, 200, "").header.Get("ETag")
			if seen[tag] || tag == "" {
				t.Errorf("%s %s leaves the tag %s", r.method, path, tag)
			}
			seen[tag] = true
			for _, method := range []string{"GET", "HEAD"} {
				if got := s.do(t, request{as: owner, method: method, path: path}).header.Get("ETag"); got != tag {
					t.Errorf("%s after %s answers %s, want %s", method, r.method, got, tag)
				}
			}
		}
	}
	tag := s.want(t, request{as: owner, method: "GET", path: vault}, 200, "").header.Get("ETag")
	s.want(t, request{as: owner, method: "PUT", path: safe, body: `{"location":"local"}`}, 200, "")
	if got := s.want(t, request{as: owner, method: "GET", path: vault}, 200, "").header.Get("ETag"); got != tag {
		t.Error("a resource group changes with what lies in it")
	}
}

func TestConditions(t *testing.T) {
	const (
		none    = shop + "/providers/Microsoft.Compute/disks/none"
		noGroup = primary + "/resourceGroups/none"
		body    = `{"location":"local"}`
	)
	for _, test := range []struct {
		name      string
		header    string
		value     string // {tag} is the resource's own
		web, none map[string]int
	}{
		{"its tag", "If-Match", `{tag}`,
			map[string]int{"GET": 200, "HEAD": 204, "PUT": 200, "PATCH": 200, "DELETE": 200},
			map[string]int{"GET": 404, "HEAD": 404, "PUT": 412, "PATCH": 404, "DELETE": 412}},
		{"its tag, among others", "If-Match", `"a" , ,{tag},W/"b"`, map[string]int{"GET": 200, "PUT": 200, "PATCH": 200, "DELETE": 200}, nil},
		{"its tag, weak", "If-Match", `W/{tag}`, map[string]int{"GET": 412, "PUT": 412, "PATCH": 412, "DELETE": 412}, nil},
		{"another tag", "If-Match", `"a"`, map[string]int{"GET": 412, "HEAD": 412, "PUT": 412, "PATCH": 412, "DELETE": 412}, nil},
		{"no tag", "If-Match", ``, map[string]int{"GET": 412, "PUT": 412, "DELETE": 412}, nil},
		{"any", "If-Match", `*`,
			map[string]int{"GET": 200, "PUT": 200, "PATCH": 200, "DELETE": 200},
			map[string]int{"GET": 404, "PUT": 412, "PATCH": 404, "DELETE": 412}},
		{"its tag", "If-None-Match", `{tag}`, map[string]int{"GET": 304, "HEAD": 304, "PUT": 412, "PATCH": 412, "DELETE": 412}, nil},
		{"its tag, weak", "If-None-Match", `"a",W/{tag}`, map[string]int{"GET": 304, "HEAD": 304, "PUT": 412}, nil},
		{"another tag", "If-None-Match", `"a"`, map[string]int{"GET": 200, "PUT": 200, "PATCH": 200, "DELETE": 200}, nil},
		{"any", "If-None-Match", `*`,
			map[string]int{"GET": 304, "PUT": 412, "PATCH": 412, "DELETE": 412},
			map[string]int{"GET": 404, "PUT": 201, "PATCH": 404, "DELETE": 204}},
		{"no list", "If-Match", `a`, map[string]int{"GET": 400, "PUT": 400, "PATCH": 400, "DELETE": 400}, nil},
		{"no list", "If-None-Match", `"a`, map[string]int{"GET": 400, "PUT": 400, "DELETE": 400}, nil},
		{"any and more", "If-None-Match", `*,"a"`, map[string]int{"GET": 400, "PUT": 400, "DELETE": 400}, nil},
	} {
		t.Run(test.header+" "+test.name, func(t *testing.T) {
			run := func(path string, wanted map[string]int) {
				for method, want := range wanted {
					s := newHandler(t)
					value := strings.ReplaceAll(test.value, "{tag}", s.do(t, request{as: owner, method: "GET", path: web}).header.Get("ETag"))
					r := request{as: owner, method: method, path: path, header: http.Header{test.header: {value}}}
					if method == "PUT" || method == "PATCH" {
						r.body = body
					}
					a := s.do(t, r)
					if a.status != want {
						t.Errorf("%s: %d %s, want %d", method, a.status, a.body, want)
					}
					if want == 412 && method != "HEAD" && (a.code != "PreconditionFailed" ||
						a.message != "The precondition given in the request header '"+test.header+"' evaluates to false.") {
						t.Errorf("%s: %s", method, a.body)
					}
					if want == 304 && (a.body != "" || a.header.Get("ETag") == "") {
						t.Errorf("%s: 304 with %q, ETag %q", method, a.body, a.header.Get("ETag"))
					}
					if want >= 400 { // nothing has happened
						after := s.do(t, request{as: owner, method: "GET", path: web})
						if got := s.do(t, request{as: owner, method: "GET", path: none}); after.status != 200 || got.status != 404 {
							t.Errorf("%s: refused, and done", method)
						}
					}
				}
			}
			run(web, test.web)
			run(none, test.none)
		})
	}

	// Resource groups alike.
	s := newSite(t)
	tag := s.do(t, request{as: owner, method: "GET", path: vault}).header.Get("ETag")
	s.want(t, request{as: owner, method: "DELETE", path: vault, header: http.Header{"If-Match": {`"a"`}}}, 412, "PreconditionFailed")
	s.want(t, request{as: owner, method: "DELETE", path: noGroup, header: http.Header{"If-Match": {`*`}}}, 412, "PreconditionFailed")
	s.want(t, request{as: owner, method: "PUT", path: vault, body: body, header: http.Header{"If-None-Match": {`*`}}}, 412, "PreconditionFailed")
	s.want(t, request{as: owner, method: "GET", path: vault, header: http.Header{"If-None-Match": {tag}}}, 304, "")
	s.wantDeletion(t, request{as: owner, path: vault, header: http.Header{"If-Match": {tag}}})

	// Two headers are one list.
	tag = s.do(t, request{as: owner, method: "GET", path: web}).header.Get("ETag")
	s.want(t, request{as: owner, method: "PATCH", path: web, body: "{}", header: http.Header{"If-Match": {`"a"`, tag}}}, 200, "")
	s.want(t, request{as: owner, method: "PATCH", path: web, body: "{}", header: http.Header{"If-Match": {`"a"`, tag}}}, 412, "PreconditionFailed")

	// Who may not write learns nothing of the tag, and who may not read nothing of the resource.
	s.want(t, request{as: reader, method: "PUT", path: web, body: body, header: http.Header{"If-Match": {`"a"`}}}, 403, "AuthorizationFailed")
	s.want(t, request{as: nobody, method: "GET", path: web, header: http.Header{"If-None-Match": {`*`}}}, 403, "AuthorizationFailed")
}

// Of those who write at once under the same tag, one succeeds.
func TestOneOfManyWins(t *testing.T) {
	s := newSite(t)
	tag := s.do(t, request{as: owner, method: "GET", path: web}).header.Get("ETag")
	const writers = 8
	statuses := make(chan int, writers)
	for range writers {
		go func() {
			a := s.do(t, request{as: owner, method: "PATCH", path: web, body: "{}", header: http.Header{"If-Match": {tag}}})
			statuses <- a.status
		}()
	}
	won := 0
	for range writers {
		switch status := <-statuses; status {
		case 200:
			won++
		case 412:
		default:
			t.Errorf("%d", status)
		}
	}
	if won != 1 {
		t.Errorf("%d have written", won)
	}
}
