package e2e

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// azConnectivityCheck is what az asks its proxy for when it is used for the first time: whether there is a network at all, before
// it looks for a newer version of itself. It is content with no answer.
const azConnectivityCheck = "CONNECT azure.microsoft.com:443"

// An outsideProxy is the way to every host but this one. It leads to what stands in for a host on this machine, and nowhere else.
type outsideProxy struct {
	server   *httptest.Server
	standIns map[string]string // addresses on this machine, by host and port

	mu      sync.Mutex
	refused []string // what else was asked for
}

// startOutsideProxy fails the test when az has tried to leave this machine by its end.
func startOutsideProxy(t *testing.T, standIns map[string]string) *outsideProxy {
	t.Helper()
	p := &outsideProxy{standIns: standIns}
	p.server = httptest.NewServer(p)
	t.Cleanup(func() {
		p.server.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, request := range p.refused {
			if request != azConnectivityCheck {
				t.Errorf("az tried to leave this machine: %s", request)
			}
		}
	})
	return p
}

func (p *outsideProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	address, found := p.standIns[r.Host]
	if r.Method != http.MethodConnect || !found {
		p.mu.Lock()
		p.refused = append(p.refused, r.Method+" "+r.RequestURI)
		p.mu.Unlock()
		http.Error(w, "this proxy leads nowhere", http.StatusForbidden)
		return
	}
	to, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer to.Close()
	from, _, err := http.NewResponseController(w).Hijack() // nothing is buffered: a client sends no byte before the answer
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer from.Close()
	if _, err := io.WriteString(from, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(to, from)
		to.Close() // ends the other direction
	}()
	_, _ = io.Copy(from, to)
}

func (p *outsideProxy) url() string { return p.server.URL }
