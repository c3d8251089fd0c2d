package resourcemanager

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"hubgate.example/middleware"
)

// pages divides lists. A page but the last ends in a nextLink, whose $skiptoken says after which item the next one begins: not
// how many items to skip, so that what is made or deleted meanwhile neither hides nor repeats another item.
//
// A token is sealed, for one caller and one list. It shows nothing, and no other list accepts it.
type pages struct {
	url  string
	size int
	seal cipher.AEAD
}

func newPages(url string, size int) pages {
	key := make([]byte, 32)
	_, _ = rand.Read(key)            // never fails: crypto/rand ends the program instead
	block, err := aes.NewCipher(key) // fails for other lengths of a key
	if err != nil {
		panic(err)
	}
	seal, err := cipher.NewGCMWithRandomNonce(block) // fails for other ciphers
	if err != nil {
		panic(err)
	}
	return pages{url: url, size: size, seal: seal}
}

// A page is what a request asks for of a list.
type page struct {
	after string // the key of the last item that the client has
	size  int
}

func (p pages) asked(r *http.Request) (page, error) {
	query := r.URL.Query()
	asked := page{size: p.size}
	if query.Has("$top") {
		top, err := strconv.Atoi(query.Get("$top"))
		if err != nil || top < 1 {
			return page{}, failf(http.StatusBadRequest, "InvalidTopInQueryString",
				"Invalid $top '%.32s' specified in the query string. It takes a whole number from 1 on.", query.Get("$top"))
		}
		asked.size = min(top, p.size)
	}
	if query.Has("$skiptoken") {
		token, err := base64.RawURLEncoding.Strict().DecodeString(query.Get("$skiptoken"))
		if err == nil {
			token, err = p.seal.Open(nil, nil, token, listOf(r))
		}
		if err != nil {
			return page{}, failf(http.StatusBadRequest, "InvalidSkipToken",
				"The $skiptoken specified in the query string is invalid. It comes from the nextLink of the same list.")
		}
		asked.after = string(token)
	}
	return asked, nil
}

// next returns the link to the page that begins after key.
func (p pages) next(r *http.Request, key string) string {
	query := url.Values{}
	for _, name := range []string{"api-version", "$filter", "$expand", "$top"} {
		if given := r.URL.Query(); given.Has(name) {
			query.Set(name, given.Get(name))
		}
	}
	query.Set("$skiptoken", base64.RawURLEncoding.EncodeToString(p.seal.Seal(nil, nil, []byte(key), listOf(r))))
	link := url.URL{Path: r.URL.Path, RawQuery: query.Encode()}
	return p.url + link.String()
}

// listOf names the list that r asks for, and who asks. Neither ids nor paths have line breaks in them.
func listOf(r *http.Request) []byte {
	principal, _ := middleware.PrincipalFrom(r.Context()) // the gate has put it there
	return []byte(strings.Join([]string{
		strings.ToLower(principal.Tenant), strings.ToLower(principal.ObjectID), strings.ToLower(r.URL.Path), r.URL.Query().Get("$filter"),
	}, "\n"))
}

// writePage answers with the page of a collection that r asks for. The items are ordered by key; show makes of one what is
// written.
func writePage[T, U any](w http.ResponseWriter, r *http.Request, p pages, items []T, key func(T) string, show func(T) U) error {
	asked, err := p.asked(r)
	if err != nil {
		return err
	}
	answer := struct {
		Value    []U    `json:"value"`
		NextLink string `json:"nextLink,omitempty"`
	}{}
	for i, item := range items {
		if key(item) <= asked.after {
			continue
		}
		if len(answer.Value) == asked.size {
			answer.NextLink = p.next(r, key(items[i-1]))
			break
		}
		answer.Value = append(answer.Value, show(item))
	}
	return writeJSON(w, http.StatusOK, answer)
}
