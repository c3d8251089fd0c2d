package openid

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// fetchTimeout bounds one refresh: metadata and keys together.
const fetchTimeout = 10 * time.Second

// outbound is the one way by which this package reaches the network: GET only, without credentials, with bounds on the size
// of the answer and on where a redirect may lead. The caller's context bounds the time.
type outbound struct{ client *http.Client }

func newOutbound(transport http.RoundTripper, roots *x509.CertPool) (outbound, error) {
	if transport != nil && roots != nil {
		return outbound{}, errors.New("RootCAs: belongs into the TLS configuration of Transport, when that is set")
	}
	if transport == nil {
		transport = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:   fetchTimeout,
			ResponseHeaderTimeout: fetchTimeout,
			IdleConnTimeout:       5 * time.Second, // metadata and keys share a connection; nothing waits an hour for the next
			MaxIdleConnsPerHost:   1,
			ForceAttemptHTTP2:     true,
		}
	}
	return outbound{&http.Client{Transport: transport, CheckRedirect: sameOrigin}}, nil
}

// sameOrigin refuses redirects to another host or scheme: they would let one answer choose whom to trust.
func sameOrigin(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if next.URL.Host != first.Host || next.URL.Scheme != first.Scheme {
		return fmt.Errorf("redirect to another origin (%s://%s) refused", next.URL.Scheme, clip(next.URL.Host))
	}
	if len(via) > 3 {
		return errors.New("more than 3 redirects")
	}
	return nil
}

// get answers the body of a 200.
func (o outbound) get(ctx context.Context, address string, limit int64) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := o.client.Do(request)
	if err != nil {
		// The client's error quotes the address that a redirect led to, and that may be anything.
		if failed := (*url.Error)(nil); errors.As(err, &failed) {
			err = failed.Err
		}
		return nil, fmt.Errorf("GET %s: %w", clip(address), err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: status %d, want 200", clip(address), response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("GET %s: %w", clip(address), err)
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("GET %s: answer is longer than %d bytes", clip(address), limit)
	}
	return body, nil
}

func (o outbound) close() { o.client.CloseIdleConnections() }
