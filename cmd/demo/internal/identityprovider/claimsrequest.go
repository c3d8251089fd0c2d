package identityprovider

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A claimsRequest is what counts of the parameter claims (OpenID Connect Core 1.0 section 5.5), by which Azure's clients declare
// what they understand and ask for what a challenge of Resource Manager wants:
//
//	{"access_token": {"xms_cc": {"values": ["cp1"]}, "acrs": {"essential": true, "values": ["p1"]}, "nbf": {"essential": true, "value": "1700000000"}}}
type claimsRequest struct {
	// challenges reports that the client understands claims challenges: cp1 in xms_cc.
	challenges bool
	// contexts are the authentication contexts that the token has to satisfy, all by a second factor.
	contexts []string
	// notBefore is when the token has to be issued at the earliest: earlier ones are revoked.
	notBefore time.Time
}

// maxAhead is how long a client waits for a token of a later time: a revocation is of a whole second, rounded up.
const maxAhead = 2 * time.Second

// A requestedClaim is one member of a claims request. One without value and values is asked for as it comes.
type requestedClaim struct {
	Essential bool
	Value     any
	Values    []any
}

func (c requestedClaim) strings() []string {
	var all []string
	for _, value := range append(slices.Clone(c.Values), c.Value) {
		if text, ok := value.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// contextForm is the form of authentication contexts: p1, which Resource Manager asks for, and those that a tenant defines.
var contextForm = regexp.MustCompile(`^[pc][0-9]{1,2}$`)

// readClaims reads the parameter claims, which is "" when it is not sent. A claim that it names and this package does not know
// is asked for in vain, which is how OpenID Connect has it.
func readClaims(parameter string) (claimsRequest, error) {
	var request claimsRequest
	if parameter == "" {
		return request, nil
	}
	var form struct {
		AccessToken struct {
			Capabilities *requestedClaim `json:"xms_cc"`
			Contexts     *requestedClaim `json:"acrs"`
			NotBefore    *requestedClaim `json:"nbf"`
		} `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(parameter), &form); err != nil {
		return request, malformed("The parameter 'claims' is no claims request.")
	}
	if asked := form.AccessToken.Capabilities; asked != nil {
		request.challenges = slices.ContainsFunc(asked.strings(), func(value string) bool { return strings.EqualFold(value, "cp1") })
	}
	if asked := form.AccessToken.Contexts; asked != nil && asked.Essential {
		for _, value := range asked.strings() {
			if !contextForm.MatchString(value) {
				return request, malformed("The parameter 'claims' asks for an authentication context that is not there.")
			}
			request.contexts = append(request.contexts, value)
		}
	}
	if asked := form.AccessToken.NotBefore; asked != nil && asked.Essential {
		text, _ := asked.Value.(string)
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return request, malformed("The parameter 'claims' asks for a time that is none.")
		}
		if request.notBefore = time.Unix(seconds, 0); time.Until(request.notBefore) > maxAhead {
			return request, malformed("The parameter 'claims' asks for a token of a time to come.")
		}
	}
	return request, nil
}

// and is what is asked for by either of two requests of one sign-in.
func (c claimsRequest) and(other claimsRequest) claimsRequest {
	notBefore := c.notBefore
	if other.notBefore.After(notBefore) {
		notBefore = other.notBefore
	}
	return claimsRequest{
		notBefore:  notBefore,
		challenges: c.challenges || other.challenges,
		contexts:   append(slices.Clone(c.contexts), other.contexts...),
	}
}
