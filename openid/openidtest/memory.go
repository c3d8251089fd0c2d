package openidtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Transport answers requests for the issuer's address in memory: no sockets, and nothing that a testing/synctest bubble
// could not wait for. Requests for any other host or scheme fail, as for a name that does not resolve.
//
// An answer's body is streamed, so that a handler given to ServeMetadata or ServeKeys can be slow or endless. The handler
// sees its request's context end when the client goes away or closes the body, and should return then: Close waits for it.
func (i *Issuer) Transport() http.RoundTripper { return memory{i} }

type memory struct{ issuer *Issuer }

var errDown = errors.New("openidtest: the issuer is down")

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close() // the contract of http.RoundTripper
	}
	if origin := r.URL.Scheme + "://" + r.URL.Host; origin != m.issuer.base {
		return nil, fmt.Errorf("openidtest: no such host in memory: %s", origin)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(r.Context())
	request := r.Clone(ctx)
	request.Body = http.NoBody
	request.RequestURI = r.URL.RequestURI()
	request.RemoteAddr = "127.0.0.1:1"
	if request.Host == "" {
		request.Host = r.URL.Host
	}

	reader, writer := io.Pipe()
	answer := &answer{header: http.Header{}, body: writer, bodiless: r.Method == http.MethodHead, started: make(chan struct{})}
	m.issuer.mu.Lock()
	m.issuer.inFlight++
	m.issuer.mu.Unlock()
	go func() {
		defer m.issuer.answered()
		// A handler that does not come to its end, by http.ErrAbortHandler or a test's FailNow, has broken the connection.
		finished := false
		defer func() {
			if finished {
				return
			}
			writer.CloseWithError(io.ErrUnexpectedEOF)
			answer.once.Do(func() { answer.broken = true; close(answer.started) })
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				panic(p)
			}
		}()
		m.issuer.ServeHTTP(answer, request)
		answer.WriteHeader(http.StatusOK)
		writer.CloseWithError(context.Cause(ctx)) // nil, and so the end of the body, unless the client has given up
		finished = true
	}()
	// A client that gives up gets the reason at once, whatever the handler does.
	context.AfterFunc(ctx, func() { writer.CloseWithError(context.Cause(ctx)) })

	select {
	case <-ctx.Done():
		cancel()
		return nil, context.Cause(ctx)
	case <-answer.started:
	}
	if answer.broken {
		cancel()
		return nil, errDown
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", answer.status, http.StatusText(answer.status)),
		StatusCode:    answer.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        answer.sent,
		Body:          body{reader, cancel},
		ContentLength: -1,
		Request:       r,
	}, nil
}

// answered tells Close that a handler has ended.
func (i *Issuer) answered() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.inFlight--
	i.idle.Broadcast()
}

// An answer is the http.ResponseWriter of one request in memory.
type answer struct {
	header   http.Header
	body     *io.PipeWriter
	bodiless bool // drops what the handler writes, as a server does for HEAD
	once     sync.Once
	started  chan struct{} // closed when status and sent are set, or broken is

	status int
	sent   http.Header
	broken bool
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	a.once.Do(func() {
		a.status, a.sent = status, a.header.Clone()
		close(a.started)
	})
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	if a.bodiless {
		return len(b), nil
	}
	return a.body.Write(b)
}

// Flush is there for handlers that ask for an http.Flusher; nothing is ever held back.
func (a *answer) Flush() { a.WriteHeader(http.StatusOK) }

// A body cancels its request when it is closed, as a connection does.
type body struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b body) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}
