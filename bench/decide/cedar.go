package decide

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
)

// cedarPeer is Cedar with one policy for each role: to walk one for each assignment would take as long as there are assignments. A scope
// is an entity whose attributes are the scope above it and, for each role, the set of those who hold it there.
var cedarPeer = Peer{
	Name:   "cedar-go",
	Module: "github.com/cedar-policy/cedar-go",
	Most:   1_000_000,
	New:    newCedar,
}

// cedarLevels is how many scopes are above one another: machine, resource group, subscription, "/".
const cedarLevels = 4

func newCedar(w *Workload) (Decider, error) {
	attributes := make(map[string]types.String)
	var text strings.Builder
	roles := w.roles()
	for i, id := range slices.Sorted(maps.Keys(roles)) {
		attributes[id] = types.String(fmt.Sprintf("role%d", i))
		writeCedarPolicy(&text, roles[id], string(attributes[id]))
	}
	policies, err := cedar.NewPolicySetFromBytes("roles.cedar", []byte(text.String()))
	if err != nil {
		return nil, err
	}

	holders := make(map[string]map[types.String][]types.Value)
	for _, a := range w.Policy.Assignments {
		key := keyOf(a.Scope)
		if holders[key] == nil {
			holders[key] = make(map[types.String][]types.Value)
		}
		name := attributes[a.RoleDefinitionID]
		holders[key][name] = append(holders[key][name], types.NewEntityUID("Principal", types.String(a.PrincipalID)))
	}
	entities := make(types.EntityMap)
	addScopes := func(lineage []string) {
		for i, key := range lineage {
			uid := types.NewEntityUID("Scope", types.String(key))
			if _, ok := entities[uid]; ok {
				return
			}
			record := make(types.RecordMap)
			for name, principals := range holders[key] {
				record[name] = types.NewSet(principals...)
			}
			if i+1 < len(lineage) {
				record["parent"] = types.NewEntityUID("Scope", types.String(lineage[i+1]))
			}
			entities[uid] = types.Entity{UID: uid, Attributes: types.NewRecord(record)}
		}
	}
	for _, a := range w.Policy.Assignments {
		addScopes(lineageOf(a.Scope))
	}
	caller := types.NewEntityUID("Principal", types.String(w.Subject.ObjectID))
	var groups []types.EntityUID
	for _, group := range w.Subject.Groups {
		groups = append(groups, types.NewEntityUID("Principal", types.String(group)))
	}
	entities[caller] = types.Entity{UID: caller, Parents: types.NewEntityUIDSet(groups...)}

	requests := make([]cedar.Request, len(w.Operations))
	for i, op := range w.Operations {
		addScopes(lineage(op.Scope))
		requests[i] = cedar.Request{
			Principal: caller,
			Action:    types.NewEntityUID("Action", "do"),
			Resource:  types.NewEntityUID("Scope", types.String(op.Scope.Key())),
			Context:   types.NewRecord(types.RecordMap{"action": types.String(strings.ToLower(op.Action))}),
		}
	}
	return func(i int) (bool, error) {
		decision, diagnostic := cedar.Authorize(policies, entities, requests[i])
		if len(diagnostic.Errors) > 0 {
			return false, fmt.Errorf("%s: %s", diagnostic.Errors[0].PolicyID, diagnostic.Errors[0].Message)
		}
		return decision == cedar.Allow, nil
	}, nil
}

// writeCedarPolicy writes the policy of a role: what it grants first, since that rules most roles out.
func writeCedarPolicy(text *strings.Builder, r role, attribute string) {
	like := func(patterns []string) string {
		var terms []string
		for _, pattern := range patterns {
			terms = append(terms, fmt.Sprintf("context.action like %q", pattern))
		}
		return "(" + strings.Join(terms, " || ") + ")"
	}
	fmt.Fprintf(text, "permit (principal, action, resource) when {\n\t%s", like(r.actions))
	if len(r.notActions) > 0 {
		fmt.Fprintf(text, " && !%s", like(r.notActions))
	}
	text.WriteString(" && (")
	for level := range cedarLevels {
		if level > 0 {
			text.WriteString(" ||\n\t")
		}
		scope := "resource" + strings.Repeat(".parent", level)
		for above := range level {
			fmt.Fprintf(text, "resource%s has parent && ", strings.Repeat(".parent", above))
		}
		fmt.Fprintf(text, "%s has %s && principal in %[1]s.%s", scope, attribute, attribute)
	}
	text.WriteString(")\n};\n")
}
