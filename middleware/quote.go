package middleware

import (
	"strconv"
	"strings"
)

// The longest texts of foreign origin, in bytes, in an answer or a log record.
const (
	maxClaimText = 256
	maxScopeText = 2048
)

// quote makes text that somebody else wrote fit to stand between single quotes in a message or in a log: control characters,
// invalid UTF-8 and the quotes themselves are escaped, and what is longer than most bytes is cut.
func quote(s string, most int) string {
	cut := ""
	if len(s) > most {
		s, cut = s[:most], "..."
	}
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], "'", `\'`) + cut
}
