package decide

import (
	"errors"
	"strings"

	"github.com/casbin/casbin/v3"
	"github.com/casbin/casbin/v3/model"
)

// casbinPeer is casbin with roles as its policies' third word. It looks at its policies one after the other until one allows, so that what
// rules most of them out at the lowest price comes first.
var casbinPeer = Peer{
	Name:   "casbin",
	Module: "github.com/casbin/casbin/v3",
	Most:   100_000,
	New:    newCasbin,
}

const casbinModel = `
[request_definition]
r = sub, scope, action

[policy_definition]
p = sub, scope, role

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = within(r.scope, p.scope) && g(r.sub, p.sub) && grants(p.role, r.action)
`

func newCasbin(w *Workload) (Decider, error) {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return nil, err
	}
	enforcer, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	roles := w.roles()
	enforcer.AddFunction("within", func(args ...any) (any, error) {
		scope, above := args[0].(string), args[1].(string)
		return strings.HasPrefix(scope, above) && (len(scope) == len(above) || scope[len(above)] == '/' || above == "/"), nil
	})
	enforcer.AddFunction("grants", func(args ...any) (any, error) {
		granted, ok := roles[args[0].(string)]
		if !ok {
			return false, errors.New("unknown role")
		}
		action := args[1].(string)
		return matchesAny(granted.actions, action) && !matchesAny(granted.notActions, action), nil
	})
	var policies, groups [][]string
	for _, a := range w.Policy.Assignments {
		policies = append(policies, []string{a.PrincipalID, keyOf(a.Scope), a.RoleDefinitionID})
	}
	for _, group := range w.Subject.Groups {
		groups = append(groups, []string{w.Subject.ObjectID, group})
	}
	if _, err := enforcer.AddPolicies(policies); err != nil {
		return nil, err
	}
	if _, err := enforcer.AddGroupingPolicies(groups); err != nil {
		return nil, err
	}
	requests := make([][]any, len(w.Operations))
	for i, op := range w.Operations {
		requests[i] = []any{w.Subject.ObjectID, op.Scope.Key(), strings.ToLower(op.Action)}
	}
	return func(i int) (bool, error) { return enforcer.Enforce(requests[i]...) }, nil
}

// matchesAny reports whether an action matches a pattern, in which '*' is any text.
func matchesAny(patterns []string, action string) bool {
	for _, pattern := range patterns {
		if matches(pattern, action) {
			return true
		}
	}
	return false
}

func matches(pattern, action string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return action == pattern
	}
	action, ok := strings.CutPrefix(action, first)
	for ok {
		var part string
		part, rest, wild = strings.Cut(rest, "*")
		if !wild {
			return strings.HasSuffix(action, part)
		}
		_, action, ok = strings.Cut(action, part)
	}
	return false
}
