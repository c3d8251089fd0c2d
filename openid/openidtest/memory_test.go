package openidtest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hubgate.example/openid"
	"hubgate.example/openid/openidtest"
)

// client asks the issuer in memory, as the openid package does.
func client(issuer *openidtest.Issuer) *http.Client {
	return &http.Client{Transport: issuer.Transport()}
}

// Everything works within a bubble, and nothing of it is left at its end: synctest would wait for it.
func TestInABubble(t *testing.T) {
	for _, typ := range []openid.AuthorityType{openid.ADFS, openid.EntraV1, openid.EntraV2} {
		t.Run(string(typ), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issuer := openidtest.NewFor(t, fast(typ))
				verifier := issuer.Verifier()
				token := issuer.Token(openidtest.User(oid))
				if _, err := verifier.Verify(t.Context(), token); err != nil {
					t.Error(err)
				}
				time.Sleep(2 * time.Hour) // in which the provider refreshes
				if _, err := verifier.Verify(t.Context(), token); !errors.Is(err, openid.ErrExpired) {
					t.Errorf("after two hours: %v", err)
				}
				if n := issuer.Requests().Keys; n < 2 {
					t.Errorf("%d key sets fetched in two hours", n)
				}
			})
		})
	}
}

// The client's deadline ends a request, however slow the handler is, and the handler sees it.
func TestSlowHandler(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler func(w http.ResponseWriter, r *http.Request)
	}{
		{"no answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"one byte a second", func(w http.ResponseWriter, r *http.Request) {
			for {
				if _, err := io.WriteString(w, " "); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}},
		{"header and no body", func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issuer := openidtest.NewFor(t, fast(openid.ADFS))
				issuer.ServeKeys(http.HandlerFunc(test.handler))
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				begin := time.Now()
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, adfsKeys, nil)
				if err != nil {
					t.Fatal(err)
				}
				response, err := client(issuer).Do(r)
				if err == nil {
					_, err = io.ReadAll(response.Body)
					response.Body.Close()
				}
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
				if waited := time.Since(begin); waited != 10*time.Second {
					t.Errorf("waited %v", waited)
				}
			})
		})
	}
}

// A client that has read enough closes the body, and an endless handler ends.
func TestEndlessBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := openidtest.NewFor(t, fast(openid.ADFS))
		ended := false
		issuer.ServeKeys(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for {
				if _, err := io.WriteString(w, strings.Repeat(" ", 1<<10)); err != nil {
					ended = true
					return
				}
			}
		}))
		response, err := client(issuer).Get(adfsKeys)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.CopyN(io.Discard, response.Body, 1<<16); n != 1<<16 || err != nil {
			t.Errorf("%d bytes, error %v", n, err)
		}
		response.Body.Close()
		synctest.Wait()
		if !ended {
			t.Error("the handler has not ended")
		}
	})
}

func TestBrokenConnection(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler func(w http.ResponseWriter, r *http.Request)
		answers bool
	}{
		{"before the header", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false},
		{"within the body", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"keys"`)
			panic(http.ErrAbortHandler)
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			issuer := openidtest.NewFor(t, fast(openid.ADFS))
			issuer.ServeKeys(http.HandlerFunc(test.handler))
			response, err := client(issuer).Get(adfsKeys)
			if (err == nil) != test.answers {
				t.Fatalf("error %v", err)
			}
			if !test.answers {
				return
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			if string(body) != `{"keys"` || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("body %q, error %v", body, err)
			}
		})
	}
}

// What a handler sees is what it would see behind a server.
func TestRequestInMemory(t *testing.T) {
	issuer := openidtest.NewFor(t, fast(openid.ADFS))
	issuer.ServeKeys(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if r.Host != "adfs.local.azurestack.example" || r.RequestURI != "/adfs/discovery/keys?a=b" || r.URL.Query().Get("a") != "b" ||
			r.RemoteAddr == "" || string(body) != "" || err != nil || r.Header.Get("X") != "y" {
			t.Errorf("host %q, URI %q, remote %q, body %q, %v, header %v", r.Host, r.RequestURI, r.RemoteAddr, body, err, r.Header)
		}
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
		w.WriteHeader(http.StatusOK) // too late
		w.Header().Set("Retry-After", "8")
	}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, adfsKeys+"?a=b", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X", "y")
	response, err := client(issuer).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != 503 || response.Status != "503 Service Unavailable" || response.Header.Get("Retry-After") != "7" {
		t.Errorf("%s, header %v", response.Status, response.Header)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := issuer.Requests()
	if _, err := issuer.Transport().RoundTrip(r.WithContext(ctx)); !errors.Is(err, context.Canceled) || issuer.Requests() != before {
		t.Errorf("a cancelled request: %v, %+v", err, issuer.Requests())
	}
}
