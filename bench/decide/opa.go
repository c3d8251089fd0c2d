package decide

import (
	"context"
	"regexp"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

// openPolicyAgent is Open Policy Agent in the process, with a prepared query. The assignments are an index by scope and principal, so that
// a decision looks up each of the caller's ids at each scope above the operation's, and then judges each role once.
var openPolicyAgent = Peer{
	Name:   "opa",
	Module: "github.com/open-policy-agent/opa",
	Most:   1_000_000,
	New:    newOPA,
}

const opaModule = `package hubgate

default allow := false

allow if {
	some role in held
	grants(role)
}

held contains role if {
	some scope in input.lineage
	at := data.assignments[scope]
	some principal in input.principals
	some role in at[principal]
}

grants(role) if {
	some pattern in data.roles[role].actions
	regex.match(pattern, input.action)
	not excludes(role)
}

excludes(role) if {
	some pattern in data.roles[role].notActions
	regex.match(pattern, input.action)
}
`

func newOPA(w *Workload) (Decider, error) {
	ctx := context.Background()
	roles := make(map[string]any)
	for id, role := range w.roles() {
		roles[id] = map[string]any{"actions": expressions(role.actions), "notActions": expressions(role.notActions)}
	}
	assignments := make(map[string]any)
	for _, a := range w.Policy.Assignments {
		key := keyOf(a.Scope)
		held, ok := assignments[key].(map[string]any)
		if !ok {
			held = make(map[string]any)
			assignments[key] = held
		}
		granted, _ := held[a.PrincipalID].([]any)
		held[a.PrincipalID] = append(granted, a.RoleDefinitionID)
	}
	query, err := rego.New(
		rego.Query("data.hubgate.allow"),
		rego.Module("hubgate.rego", opaModule),
		rego.Store(inmem.NewFromObjectWithOpts(
			map[string]any{"roles": roles, "assignments": assignments},
			inmem.OptRoundTripOnWrite(false), inmem.OptReturnASTValuesOnRead(true),
		)),
	).PrepareForEval(ctx)
	if err != nil {
		return nil, err
	}
	principals := ast.MustInterfaceToValue(w.principals())
	inputs := make([]rego.EvalOption, len(w.Operations))
	for i, op := range w.Operations {
		inputs[i] = rego.EvalParsedInput(ast.NewObject(
			ast.Item(ast.StringTerm("action"), ast.StringTerm(strings.ToLower(op.Action))),
			ast.Item(ast.StringTerm("lineage"), ast.NewTerm(ast.MustInterfaceToValue(lineage(op.Scope)))),
			ast.Item(ast.StringTerm("principals"), ast.NewTerm(principals)),
		))
	}
	return func(i int) (bool, error) {
		results, err := query.Eval(ctx, inputs[i])
		if err != nil {
			return false, err
		}
		return results.Allowed(), nil
	}, nil
}

// expressions are the patterns as regular expressions, which OPA keeps compiled.
func expressions(patterns []string) []any {
	expressions := []any{}
	for _, pattern := range patterns {
		expressions = append(expressions, "^"+strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")+"$")
	}
	return expressions
}
