package openid

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// unreachable is a transport behind which there is nothing.
type unreachable struct{}

var errUnreachable = errors.New("no route to host")

func (unreachable) RoundTrip(*http.Request) (*http.Response, error) { return nil, errUnreachable }

// served answers every request in memory.
type served func(*http.Request) *http.Response

func (s served) RoundTrip(r *http.Request) (*http.Response, error) {
	response := s(r)
	response.Request = r
	return response, nil
}

func answer(status int, body io.Reader) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body)}
}

func redirect(location string) *http.Response {
	response := answer(http.StatusFound, strings.NewReader(""))
	response.Header.Set("Location", location)
	return response
}

// endless is a body without an end, and counts what was read of it.
type endless struct{ read int64 }

func (e *endless) Read(b []byte) (int, error) {
	e.read += int64(len(b))
	return len(b), nil
}

func TestOutbound_Get(t *testing.T) {
	const limit = 100
	for _, test := range []struct {
		name      string
		serve     served
		wantError string // "" when the body is answered
	}{
		{"200", func(*http.Request) *http.Response { return answer(200, strings.NewReader("{}")) }, ""},
		{"as long as allowed", func(*http.Request) *http.Response { return answer(200, strings.NewReader(strings.Repeat("a", limit))) }, ""},
		{"one byte longer", func(*http.Request) *http.Response {
			return answer(200, strings.NewReader(strings.Repeat("a", limit+1)))
		}, "longer than 100 bytes"},
		{"201", func(*http.Request) *http.Response { return answer(201, strings.NewReader("{}")) }, "status 201"},
		{"204", func(*http.Request) *http.Response { return answer(204, strings.NewReader("")) }, "status 204"},
		{"304", func(*http.Request) *http.Response { return answer(304, strings.NewReader("")) }, "status 304"},
		{"404", func(*http.Request) *http.Response { return answer(404, strings.NewReader("{}")) }, "status 404"},
		{"503", func(*http.Request) *http.Response { return answer(503, strings.NewReader("{}")) }, "status 503"},
		{"broken off", func(*http.Request) *http.Response {
			return answer(200, io.MultiReader(strings.NewReader("{"), failing{}))
		}, "broken off"},
		{"no answer", nil, "no route to host"},
		{"redirect to the same origin", func(r *http.Request) *http.Response {
			if r.URL.Path == "/start" {
				return redirect("/elsewhere?x=1")
			}
			return answer(200, strings.NewReader("{}"))
		}, ""},
		{"three redirects", func(r *http.Request) *http.Response {
			if len(r.URL.Path) < len("/start...") {
				return redirect(r.URL.Path + ".")
			}
			return answer(200, strings.NewReader("{}"))
		}, ""},
		{"four redirects", func(r *http.Request) *http.Response {
			if len(r.URL.Path) < len("/start....") {
				return redirect(r.URL.Path + ".")
			}
			return answer(200, strings.NewReader("{}"))
		}, "more than 3 redirects"},
		{"redirects without end", func(r *http.Request) *http.Response { return redirect(r.URL.Path + ".") }, "more than 3 redirects"},
		{"redirect to another host", func(*http.Request) *http.Response { return redirect("https://evil.example/start") }, "redirect to another origin"},
		{"redirect to another port", func(*http.Request) *http.Response { return redirect("https://idp.example:8443/start") }, "redirect to another origin"},
		{"redirect to plain http", func(*http.Request) *http.Response { return redirect("http://idp.example/start") }, "redirect to another origin"},
		{"redirect to a file", func(*http.Request) *http.Response { return redirect("file:///etc/passwd") }, "redirect to another origin"},
		{"redirect home, then away", func(r *http.Request) *http.Response {
			if r.URL.Path == "/start" {
				return redirect("/next")
			}
			return redirect("https://evil.example/")
		}, "redirect to another origin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var transport http.RoundTripper = unreachable{}
			if test.serve != nil {
				transport = served(func(r *http.Request) *http.Response {
					if r.URL.Scheme+"://"+r.URL.Host != "https://idp.example" {
						t.Errorf("a request went to %s", r.URL)
					}
					return test.serve(r)
				})
			}
			out, err := newOutbound(transport, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer out.close()
			body, err := out.get(t.Context(), "https://idp.example/start", limit)
			switch {
			case test.wantError == "" && err != nil:
				t.Error(err)
			case test.wantError == "" && len(body) == 0:
				t.Error("no body")
			case test.wantError != "" && err == nil:
				t.Errorf("answered %q", body)
			case test.wantError != "" && !strings.Contains(err.Error(), test.wantError):
				t.Errorf("error %q, want %q in it", err, test.wantError)
			}
		})
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken off") }

func TestOutbound_EndlessBody(t *testing.T) {
	body := &endless{}
	out, err := newOutbound(served(func(*http.Request) *http.Response { return answer(200, body) }), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.get(t.Context(), "https://idp.example/", maxMetadataBytes); err == nil {
		t.Error("an endless answer was accepted")
	}
	if body.read > 2*maxMetadataBytes {
		t.Errorf("%d bytes were read of an answer that may have %d", body.read, maxMetadataBytes)
	}
}

// What goes out says nothing about anybody.
func TestOutbound_Request(t *testing.T) {
	out, err := newOutbound(served(func(r *http.Request) *http.Response {
		if r.Method != http.MethodGet || r.Body != nil && r.Body != http.NoBody {
			t.Errorf("%s with a body %v", r.Method, r.Body)
		}
		for _, name := range []string{"Authorization", "Cookie"} {
			if r.Header.Get(name) != "" {
				t.Errorf("%s is sent", name)
			}
		}
		response := answer(200, strings.NewReader("{}"))
		response.Header.Set("Set-Cookie", "session=1")
		return response
	}), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := out.get(t.Context(), "https://idp.example/", 10); err != nil {
			t.Error(err)
		}
	}
}

// A provider that answers one byte a second has ten seconds, like every other.
func TestRefresh_SlowLoris(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, err := newOutbound(loris{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := &Provider{outbound: out}
		if p.authority, err = parseAuthority(ProviderConfig{Authority: "https://idp.example/common"}); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := p.refresh(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline", err)
		}
		if got := time.Since(start); got != fetchTimeout {
			t.Errorf("given up after %v, want %v", got, fetchTimeout)
		}
	})
}

type loris struct{}

func (loris) RoundTrip(r *http.Request) (*http.Response, error) {
	reader, writer := io.Pipe()
	go func() {
		for {
			select {
			case <-r.Context().Done():
				writer.CloseWithError(r.Context().Err())
				return
			case <-time.After(time.Second):
				writer.Write([]byte(" "))
			}
		}
	}()
	response := answer(200, reader)
	response.Request = r
	return response, nil
}

// ASVS-12.3: the default transport verifies the server against the site's own CAs, and speaks TLS 1.2 or newer.
func TestASVS_12_3_TLS(t *testing.T) {
	newServer := func(highest uint16) *httptest.Server {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("{}")) }))
		server.TLS = &tls.Config{MaxVersion: highest, MinVersion: tls.VersionTLS10}
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		t.Cleanup(server.Close)
		return server
	}
	pool := func(server *httptest.Server) *x509.CertPool {
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		return roots
	}
	good, old := newServer(tls.VersionTLS13), newServer(tls.VersionTLS11)
	for _, test := range []struct {
		name  string
		url   string
		roots *x509.CertPool
		want  bool
	}{
		{"own CA", good.URL, pool(good), true},
		{"the system's CAs", good.URL, nil, false},
		{"no CA", good.URL, x509.NewCertPool(), false},
		{"a name that the certificate lacks", strings.Replace(good.URL, "127.0.0.1", "localhost", 1), pool(good), false},
		{"TLS 1.1", old.URL, pool(old), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, err := newOutbound(nil, test.roots)
			if err != nil {
				t.Fatal(err)
			}
			defer out.close()
			if _, err := out.get(t.Context(), test.url, 10); (err == nil) != test.want {
				t.Errorf("error %v, want success %t", err, test.want)
			}
		})
	}
	if _, err := newOutbound(unreachable{}, x509.NewCertPool()); err == nil || !strings.Contains(err.Error(), "RootCAs") {
		t.Errorf("RootCAs beside a transport: error %v", err)
	}
}

// A site's proxy is the environment's, as everywhere in Go.
func TestOutbound_ProxyFromEnvironment(t *testing.T) {
	out, err := newOutbound(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	proxy := out.client.Transport.(*http.Transport).Proxy
	if reflect.ValueOf(proxy).Pointer() != reflect.ValueOf(http.ProxyFromEnvironment).Pointer() {
		t.Error("the default transport does not ask http.ProxyFromEnvironment")
	}
}
