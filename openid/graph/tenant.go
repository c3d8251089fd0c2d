package graph

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"hubgate.example/openid"
)

// What is read of Graph's answers. 11,000 ids are some 430 KB.
const (
	maxGroups     = 11_000
	maxPages      = 250 // of 100 ids, there are 110
	maxPageBytes  = 1 << 20
	maxErrorBytes = 64 << 10
)

// A tenant is the Microsoft Graph of one directory tenant.
type tenant struct {
	id       string
	endpoint *url.URL
	token    func(context.Context) (string, error)
	client   *http.Client

	mu          sync.Mutex
	pausedUntil time.Time // which Graph has asked for
}

// collections are where a principal may be found. Of a kind that the token does not tell, both have to be asked: the collection of all
// objects would want a permission to read the whole directory.
func collections(kind openid.Kind) []string {
	switch {
	case kind.Workload():
		return []string{"servicePrincipals"}
	case kind == openid.KindUser, kind == openid.KindGuest:
		return []string{"users"}
	default:
		return []string{"users", "servicePrincipals"}
	}
}

// groups asks for all security groups of a principal, those included that contain its groups.
func (t *tenant) groups(ctx context.Context, kind openid.Kind, objectID string) ([]string, *Error) {
	var groups []string
	var failure *Error
	for _, collection := range collections(kind) {
		if groups, failure = t.memberObjects(ctx, collection, objectID); failure == nil || failure.Err != ErrNotFound {
			break
		}
	}
	return groups, failure
}

// memberObjects reads all pages. The first is asked for with POST, further ones with GET, as everywhere in OData (version 4.01, part 1,
// section 11.2.6.7).
func (t *tenant) memberObjects(ctx context.Context, collection, objectID string) ([]string, *Error) {
	method := http.MethodPost
	address := t.endpoint.String() + "/v1.0/" + collection + "/" + objectID + "/getMemberObjects"
	var groups []string
	for range maxPages {
		p, failure := t.fetch(ctx, method, address)
		if failure != nil {
			return nil, failure
		}
		if groups = append(groups, *p.Value...); len(groups) > maxGroups {
			return nil, &Error{Err: ErrTooManyGroups, Detail: fmt.Sprintf("at least %d", len(groups))}
		}
		if p.NextLink == "" {
			return groups, nil
		}
		var err error
		if address, err = nextPage(p.NextLink, t.endpoint); err != nil {
			return nil, unavailable(0, "%v", err)
		}
		method = http.MethodGet
	}
	return nil, unavailable(0, "more than %d pages", maxPages)
}

// A page is what Graph answers.
type page struct {
	Value    *[]string `json:"value"`
	NextLink string    `json:"@odata.nextLink"`
}

func readPage(body []byte) (page, error) {
	var p page
	if err := json.Unmarshal(body, &p); err != nil {
		return page{}, errors.New("the answer is not the JSON of a list of ids")
	}
	if p.Value == nil {
		return page{}, errors.New("the answer has no value")
	}
	for i, group := range *p.Value {
		id, ok := openid.ParseObjectID(group)
		if !ok {
			return page{}, fmt.Errorf("value[%d] is no object id", i)
		}
		(*p.Value)[i] = id
	}
	return p, nil
}

// A fault is why one request brought nothing.
type fault struct {
	*Error
	transient bool // a further request may bring it
	pause     time.Duration
}

// fetch gets one page, with further requests after transient faults, for as long as ctx and maxAttempts allow.
func (t *tenant) fetch(ctx context.Context, method, address string) (page, *Error) {
	var last *Error
	for attempt := 1; ; attempt++ {
		if failure := t.waitOutPause(ctx); failure != nil {
			return page{}, cmp.Or(last, failure) // whoever was told to pause can say more
		}
		p, f := t.request(ctx, method, address)
		if f == nil {
			return p, nil
		}
		last = f.Error
		t.pause(f.pause)
		if !f.transient || attempt == maxAttempts || ctx.Err() != nil {
			return page{}, last
		}
		if f.pause == 0 && !sleep(ctx, backoff(firstRetry, attempt-1, longestRetry)) {
			return page{}, last
		}
	}
}

// request sends one request.
func (t *tenant) request(ctx context.Context, method, address string) (page, *fault) {
	token, err := t.token(ctx)
	switch {
	case err != nil:
		return page{}, &fault{Error: unavailable(0, "no token for Graph: %s", clip(err.Error()))}
	case strings.Trim(token, bearerCharacters) != "" || token == "":
		return page{}, &fault{Error: unavailable(0, "no token for Graph: what its source answers is none")}
	}
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(`{"securityEnabledOnly":true}`)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return page{}, &fault{Error: unavailable(0, "%s: %s", method, clip(err.Error()))}
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := t.client.Do(request)
	if err != nil {
		// The client's error quotes the address, and a next page's may be anything.
		if failed := (*url.Error)(nil); errors.As(err, &failed) {
			err = failed.Err
		}
		return page{}, &fault{Error: unavailable(0, "%s %s: %s", method, clip(request.URL.Path), clip(err.Error())), transient: true}
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return page{}, refusal(response)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, maxPageBytes+1))
	var p page
	switch {
	case err != nil:
		err = errors.New(clip(err.Error()))
	case len(content) > maxPageBytes:
		err = fmt.Errorf("the answer is longer than %d bytes", maxPageBytes)
	default:
		p, err = readPage(content)
	}
	if err != nil {
		return page{}, &fault{Error: unavailable(0, "%s %s: %v", method, clip(request.URL.Path), err), transient: true}
	}
	return p, nil
}

// bearerCharacters are those of a bearer token (RFC 6750, section 2.1).
const bearerCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="

// refusal reads an answer that is no list. Only Graph's own words make an answer definite: a proxy's 404 says nothing of a principal.
func refusal(response *http.Response) *fault {
	var answer struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	code := answer.Error.Code
	if err != nil { // then what was read before counts for nothing
		code = ""
	}
	detail := fmt.Sprintf("%s %s: status %d", response.Request.Method, clip(response.Request.URL.Path), response.StatusCode)
	if code != "" {
		detail += ", " + clip(code)
	}
	switch {
	case response.StatusCode == http.StatusNotFound && code == "Request_ResourceNotFound":
		return &fault{Error: notFound("%s", detail)}
	case response.StatusCode == http.StatusBadRequest && code == "Directory_ResultSizeLimitExceeded":
		return &fault{Error: &Error{Err: ErrTooManyGroups, Detail: detail}}
	}
	f := &fault{}
	switch response.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		f.transient = true
		f.pause = retryAfter(response.Header)
	}
	f.Error = unavailable(f.pause, "%s", detail)
	return f
}
