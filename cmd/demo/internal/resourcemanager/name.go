package resourcemanager

import (
	"net/http"
	"strings"
	"unicode"

	"hubgate.example/rbac"
)

// Azure's limits on the lengths of names, in characters. A type may have narrower rules of its own.
const (
	maxGroupName    = 90
	maxResourceName = 260
)

// checkName refuses a name that nothing new can have: of a resource group other characters than letters, digits and -._() and a period at
// its end, of a resource those that mean something in a URL or in a page.
func checkName(scope rbac.Scope) error {
	name := scope.Name()
	length := len([]rune(name))
	if !isResourceGroup(scope) {
		if length > maxResourceName || strings.ContainsFunc(name, func(r rune) bool { return strings.ContainsRune("<>%&:\\?/*#\"'`|", r) }) {
			return failf(http.StatusBadRequest, "InvalidResourceName", "Resource name '%.260s' is invalid. The name can be up to %d characters long. "+
				"It must not contain any of <>%%&:\\?/*#\"'`|.", name, maxResourceName)
		}
		return nil
	}
	allowed := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-._()", r)
	}
	wrong := strings.Map(func(r rune) rune {
		if allowed(r) {
			return -1
		}
		return r
	}, name)
	if wrong == "" && strings.HasSuffix(name, ".") {
		wrong = "."
	}
	switch {
	case wrong != "":
		return failf(http.StatusBadRequest, "InvalidResourceGroup", "The provided resource group name '%.90s' has these invalid characters: '%.90s'. "+
			"The name can only be a letter, digit, '-', '.', '(', ')' or '_', and cannot end with a period.", name, wrong)
	case length > maxGroupName:
		return failf(http.StatusBadRequest, "InvalidResourceGroup", "The provided resource group name '%.90s...' has a length of '%d' which exceeds the maximum length of '%d'.",
			name, length, maxGroupName)
	}
	return nil
}
