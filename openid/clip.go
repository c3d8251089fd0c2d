package openid

import "strconv"

// clip bounds and escapes text of foreign origin for errors and logs.
func clip(s string) string {
	const longest = 200
	cut := ""
	if len(s) > longest {
		s, cut = s[:longest], "..."
	}
	quoted := strconv.QuoteToASCII(s)
	return quoted[1:len(quoted)-1] + cut
}
