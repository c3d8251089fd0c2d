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

// isPlainPath reports, in one pass, that there is nothing to say against a path, as there is against hardly any: it is ASCII, and no
// segment begins with a dot or a blank. Of any other path, false says nothing.
func isPlainPath(path string) bool {
	if len(path) > maxPathLength || path == "" || path[0] != '/' {
		return false
	}
	before := byte('/')
	for i := 1; i < len(path); i++ {
		c := path[i]
		switch {
		case !plainInPath[c]:
			return false
		case before == '/' && (c == '/' || c == '.' || c == ' '), before == ' ' && c == '/':
			return false
		}
		before = c
	}
	return before != ' ' && (before != '/' || path == "/")
}

// plainInPath marks the ASCII characters that allowedInPath allows.
var plainInPath = func() (plain [256]bool) {
	for c := range utf8.RuneSelf {
		plain[c] = allowedInPath(rune(c))
	}
	return plain
}()

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
