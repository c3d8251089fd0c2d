package rbac

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrInvalidPath is wrapped by errors about a path that has no canonical form, or that is a place in Resource Manager's
// tree by no reading or by more than one: answer 400 InvalidRequestUri.
var ErrInvalidPath = errors.New("invalid path")

// maxPathLength is the longest path and the longest scope, in bytes. Azure's own limit on a URL is near it.
const maxPathLength = 2048

// CanonicalPath returns the one spelling of u's path that both decides and routes: decoded, with a single trailing slash
// trimmed. Serve the request by this spelling and clear RawPath, so that no router reads another one.
//
// An error, which wraps [ErrInvalidPath], is returned for a path that someone could read in two ways: with an encoded
// slash, a backslash, a semicolon, a dot segment, an empty segment, a control character or another character that cannot
// be seen, a blank at either end of a segment, invalid UTF-8, or more than 2,048 bytes. A decoded '%', '?' or '#' is
// refused too, because whoever decodes the path once more, or writes it into a URL without encoding it, gets another path:
// %2525, %2e%2e and %3F do not survive a second reader. So are the four letters outside ASCII that some case foldings take
// for ASCII letters (U+017F, U+212A, U+0130, U+0131), for folding must not turn one name into another. Other escapes, such
// as %20 or %28, stand for their characters.
func CanonicalPath(u *url.URL) (string, error) {
	if u.Opaque != "" {
		return "", pathError("the request target is not a path")
	}
	// RawPath holds what the client sent wherever that is not the default encoding of Path, and an encoded slash never is.
	if u.RawPath != "" {
		if decoded, err := url.PathUnescape(u.RawPath); err != nil || decoded != u.Path {
			return "", pathError("the raw path and the path differ")
		}
		if strings.Contains(fold(u.RawPath), "%2f") {
			return "", pathError("encoded slash")
		}
	}
	path := u.Path
	if trimmed := strings.TrimSuffix(path, "/"); trimmed != "" && trimmed != "/" {
		path = trimmed
	}
	if err := checkPath(path); err != nil {
		return "", pathError("%w", err)
	}
	return path, nil
}

func pathError(format string, args ...any) error {
	return fmt.Errorf("rbac: %w: "+format, append([]any{ErrInvalidPath}, args...)...)
}

// checkPath reports what is wrong with the spelling of a decoded path. Its errors quote no more than a character.
func checkPath(path string) error {
	if isPlainPath(path) {
		return nil
	}
	return checkAnyPath(path)
}

func checkAnyPath(path string) error {
	switch {
	case path == "" || path[0] != '/':
		return errors.New("does not begin with a slash")
	case len(path) > maxPathLength:
		return fmt.Errorf("longer than %d bytes", maxPathLength)
	case !utf8.ValidString(path):
		return errors.New("invalid UTF-8")
	case path == "/":
		return nil
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		switch {
		case segment == "":
			return errors.New("empty segment")
		case segment == "." || segment == "..":
			return errors.New("dot segment")
		case segment[0] == ' ' || segment[len(segment)-1] == ' ':
			return errors.New("blank at the end of a segment")
		}
	}
	for _, r := range path {
		if !allowedInPath(r) {
			return fmt.Errorf("character %U", r)
		}
	}
	return nil
}

// isPlainPath reports, in one pass over eight bytes at a time, that there is nothing to say against a path, as there is against hardly any:
// it is ASCII without blanks, and no segment is empty or begins with a dot. Of any other path, false says nothing.
func isPlainPath(path string) bool {
	if len(path) < 8 || len(path) > maxPathLength || path[0] != '/' || path[len(path)-1] == '/' {
		return false
	}
	bad, before := uint64(0), uint64(0)
	for rest := path; rest != ""; {
		if len(rest) < 8 { // once more some of the bytes before them
			rest, before = path[len(path)-8:], 0
		}
		w := eightBytes(rest)
		rest = rest[8:]
		bad |= unseen(w)
		bad |= tops - (w&(ones*0xf9) ^ ones*'!')   // # and %, besides ! and '
		bad |= tops - ((w | ones*0x04) ^ ones*'?') // ; and ?
		bad |= tops - (w ^ ones*'\\')
		slashes := (tops - (w ^ ones*'/')) & tops
		slashesAndDots := tops - ((w | ones) ^ ones*'/')
		bad |= (slashes<<8 | before) & slashesAndDots
		before = slashes >> 56
	}
	return bad&tops == 0
}

// allowedInPath reports whether r can stand in a segment, or separate two, without a second reading.
func allowedInPath(r rune) bool {
	switch r {
	case '\\', ';', '%', '?', '#':
		return false
	case '\u017f', '\u212a', '\u0130', '\u0131':
		// strings.EqualFold takes the first two for s and k, strings.ToLower or ToUpper the others for i and I.
		return false
	}
	return unicode.IsPrint(r)
}
