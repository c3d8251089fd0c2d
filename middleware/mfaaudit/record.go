package mfaaudit

import (
	"slices"
	"strings"
	"time"

	"hubgate.example/openid"
	"hubgate.example/rbac"
)

// A Record is what is known of one principal that calls through one client application. A principal with several applications has several
// records: one may be a script, another the person.
type Record struct {
	Tenant      string `json:"tenant"`
	ObjectID    string `json:"objectId"`
	Application string `json:"application,omitempty"`
	// Name, which is for people to find out who it is, Kind and Credential are those of the latest token.
	Name       string            `json:"name,omitempty"`
	Kind       openid.Kind       `json:"kind"`
	Credential openid.Credential `json:"credential"`
	// Operations are the first 20 that were asked for, in that order, OtherOperations the calls with any other.
	Operations      []Operation `json:"operations"`
	OtherOperations int64       `json:"otherOperations,omitempty"`
	// Count is the number of calls, First and Last the time of the first and the last.
	Count int64     `json:"count"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Why is never empty, and in the order of the constants, whichever was seen first. What once was the case stays.
	Why    []Reason `json:"why"`
	MoveTo string   `json:"moveTo"`
}

// An Operation is how often an action was asked for. Actions compare without regard to case.
type Operation struct {
	Action string `json:"action"`
	Count  int64  `json:"count"`
}

// A Call is one that mode enforce would refuse.
type Call struct {
	Principal *openid.Principal
	Operation rbac.Operation
	// Assignment is the role assignment that grants the operation.
	Assignment *rbac.RoleAssignment
	// ADFS says that the token is an AD FS's, where there are neither managed nor federated identities.
	ADFS bool
}

const (
	maxOperations = 20
	maxText       = 256 // bytes of a name, an application's id or an action
)

// add counts a call.
func (r *Record) add(call Call, machine bool, now time.Time) {
	p := call.Principal
	r.Name, r.Kind, r.Credential = clip(p.Name), p.Kind, p.Credential
	r.addOperation(clip(call.Operation.Action))
	if r.Count == 0 {
		r.First = now
	}
	r.Count++
	r.Last = now
	r.addReasons(reasonsOf(call, machine))
	r.MoveTo = moveTo(r.Why, call.ADFS)
}

func (r *Record) addOperation(action string) {
	i := slices.IndexFunc(r.Operations, func(o Operation) bool { return strings.EqualFold(o.Action, action) })
	switch {
	case i >= 0:
		r.Operations[i].Count++
	case len(r.Operations) < maxOperations:
		r.Operations = append(r.Operations, Operation{Action: action, Count: 1})
	default:
		r.OtherOperations++
	}
}

func (r *Record) addReasons(reasons []Reason) {
	for _, reason := range reasons {
		if !slices.Contains(r.Why, reason) {
			r.Why = append(r.Why, reason)
		}
	}
	sortReasons(r.Why)
}

// clone returns a copy that shares no slice with r.
func (r *Record) clone() Record {
	c := *r
	c.Operations, c.Why = slices.Clone(r.Operations), slices.Clone(r.Why)
	return c
}

// clip cuts text of foreign origin.
func clip(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "..."
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
