package openid

// A ClaimValue is a claim that has a certain value: the string itself, or an array of strings with it. Both are compared exactly.
type ClaimValue struct{ Name, Value string }

// ParseObjectID returns the form in which this package answers object ids and group ids, and in which they are compared: a GUID in lower
// case or a SID (S-1-5-21-...) with its S in upper case. It reports false for anything else, and for the zero GUID, which is nobody's id.
func ParseObjectID(s string) (string, bool) { return parseObjectID(s) }
