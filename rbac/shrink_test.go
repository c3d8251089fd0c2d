package rbac_test

import (
	"fmt"
	"go/parser"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hubgate.example/rbac"
)

// shrink makes a case smaller for as long as it shows a difference: it takes away whatever can be taken away, and begins
// again. What is left shows a difference, and nothing more can be taken from it.
func shrink(s scenario, q question, differs func(scenario, question) string) (scenario, question) {
	for {
		smaller := false
		for _, edit := range edits(s, q) {
			s2, q2 := s.clone(), q
			q2.subject.Groups, q2.request.Attributes = slices.Clone(q.subject.Groups), slices.Clone(q.request.Attributes)
			edit(&s2, &q2)
			if differs(s2, q2) != "" {
				s, q, smaller = s2, q2, true
				break
			}
		}
		if !smaller {
			return s, q
		}
	}
}

// An edit makes a case smaller, in a copy of its own.
type edit func(*scenario, *question)

// edits returns all edits of a case, the large ones first.
func edits(s scenario, q question) []edit {
	var all []edit
	all = append(all, cuts(s.config.DenyAssignments, func(s *scenario, _ *question) *[]rbac.DenyAssignment { return &s.config.DenyAssignments })...)
	all = append(all, cuts(s.config.Assignments, func(s *scenario, _ *question) *[]rbac.RoleAssignment { return &s.config.Assignments })...)
	all = append(all, cuts(s.config.Roles, func(s *scenario, _ *question) *[]rbac.RoleDefinition { return &s.config.Roles })...)
	all = append(all, cuts(s.config.ManagementGroups, func(s *scenario, _ *question) *[]rbac.ManagementGroupMember { return &s.config.ManagementGroups })...)
	all = append(all, cuts(q.request.Attributes, func(_ *scenario, q *question) *[]attributeValue { return (*[]attributeValue)(&q.request.Attributes) })...)
	all = append(all, cuts(q.subject.Groups, func(_ *scenario, q *question) *[]string { return &q.subject.Groups })...)
	if s.tenants != nil {
		all = append(all, func(s *scenario, q *question) { s.tenants, s.home, q.subject.Tenant = nil, "", "" })
	}
	if q.request.SubOperation != "" {
		all = append(all, func(_ *scenario, q *question) { q.request.SubOperation = "" })
	}
	low := s.clone()
	if recase(strings.ToLower, &low); !reflect.DeepEqual(low.config, s.config) || !reflect.DeepEqual(q.recased(strings.ToLower), q) {
		all = append(all, func(s *scenario, q *question) {
			recase(strings.ToLower, s)
			*q = q.recased(strings.ToLower)
		})
	}
	all = append(all, parents(q.request.Scope, func(_ *scenario, q *question) *string { return &q.request.Scope })...)
	for i, role := range s.config.Roles {
		all = append(all, permissionEdits(role.Permissions, s.conditions, func(s *scenario) *[]rbac.Permission { return &s.config.Roles[i].Permissions })...)
	}
	for i, deny := range s.config.DenyAssignments {
		all = append(all, parents(deny.Scope, func(s *scenario, _ *question) *string { return &s.config.DenyAssignments[i].Scope })...)
		all = append(all, permissionEdits(deny.Permissions, s.conditions, func(s *scenario) *[]rbac.Permission { return &s.config.DenyAssignments[i].Permissions })...)
		all = append(all, cuts(deny.Principals, func(s *scenario, _ *question) *[]rbac.DenyPrincipal { return &s.config.DenyAssignments[i].Principals })...)
		all = append(all, cuts(deny.ExcludePrincipals, func(s *scenario, _ *question) *[]rbac.DenyPrincipal {
			return &s.config.DenyAssignments[i].ExcludePrincipals
		})...)
		if deny.DoNotApplyToChildScopes {
			all = append(all, func(s *scenario, _ *question) { s.config.DenyAssignments[i].DoNotApplyToChildScopes = false })
		}
	}
	for i, a := range s.config.Assignments {
		all = append(all, parents(a.Scope, func(s *scenario, _ *question) *string { return &s.config.Assignments[i].Scope })...)
		all = append(all, conditionEdits(a.Condition, s.conditions, func(s *scenario) *string { return &s.config.Assignments[i].Condition })...)
		if a.ConditionVersion != "" {
			all = append(all, func(s *scenario, _ *question) { s.config.Assignments[i].ConditionVersion = "" })
		}
		if !a.Start.IsZero() {
			all = append(all, func(s *scenario, _ *question) { s.config.Assignments[i].Start = time.Time{} })
		}
		if !a.End.IsZero() {
			all = append(all, func(s *scenario, _ *question) { s.config.Assignments[i].End = time.Time{} })
		}
		if guid := a.RoleDefinitionID[strings.LastIndexByte(a.RoleDefinitionID, '/')+1:]; guid != a.RoleDefinitionID {
			all = append(all, func(s *scenario, _ *question) { s.config.Assignments[i].RoleDefinitionID = guid })
		}
	}
	return all
}

// parents puts the scope above in place of a scope.
func parents(scope string, at func(*scenario, *question) *string) []edit {
	parent, ok := rbac.MustParseScope(scope).Parent()
	if !ok {
		return nil
	}
	return []edit{func(s *scenario, q *question) { *at(s, q) = parent.String() }}
}

// cuts takes slices out of a list of a case: all of it, then halves, and at last each element.
func cuts[T any](list []T, at func(*scenario, *question) *[]T) []edit {
	var all []edit
	for size := len(list); size > 0; size /= 2 {
		for from := 0; from+size <= len(list); from += size {
			all = append(all, func(s *scenario, q *question) {
				cut := at(s, q)
				*cut = slices.Delete(*cut, from, from+size)
			})
		}
	}
	return all
}

func permissionEdits(permissions []rbac.Permission, conditions map[string]clause, at func(*scenario) *[]rbac.Permission) []edit {
	all := cuts(permissions, func(s *scenario, _ *question) *[]rbac.Permission { return at(s) })
	for i, p := range permissions {
		all = append(all, cuts(p.Actions, func(s *scenario, _ *question) *[]string { return &(*at(s))[i].Actions })...)
		all = append(all, cuts(p.NotActions, func(s *scenario, _ *question) *[]string { return &(*at(s))[i].NotActions })...)
		all = append(all, cuts(p.DataActions, func(s *scenario, _ *question) *[]string { return &(*at(s))[i].DataActions })...)
		all = append(all, cuts(p.NotDataActions, func(s *scenario, _ *question) *[]string { return &(*at(s))[i].NotDataActions })...)
		all = append(all, conditionEdits(p.Condition, conditions, func(s *scenario) *string { return &(*at(s))[i].Condition })...)
		if p.ConditionVersion != "" {
			all = append(all, func(s *scenario, _ *question) { (*at(s))[i].ConditionVersion = "" })
		}
	}
	return all
}

// conditionEdits takes a condition away, or a part of it, or the oddities of its spelling.
func conditionEdits(text string, conditions map[string]clause, at func(*scenario) *string) []edit {
	c, ok := conditions[text]
	if !ok {
		return nil
	}
	all := []edit{func(s *scenario, _ *question) { *at(s) = "" }}
	for _, c := range append(c.simpler(), c) {
		plain := spell(c, nil)
		if plain == text {
			continue
		}
		all = append(all, func(s *scenario, _ *question) {
			*at(s) = plain
			s.conditions[plain] = c
		})
	}
	return all
}

// goSyntax prints a value as Go source, without the fields that are zero.
func goSyntax(value any) string {
	var b strings.Builder
	writeGo(&b, reflect.ValueOf(value), "", true)
	return b.String()
}

// writeGo writes a value, with the name of its type only where the source would need it.
func writeGo(b *strings.Builder, v reflect.Value, indent string, named bool) {
	name := ""
	if named {
		name = strings.ReplaceAll(v.Type().String(), "rbac_test.", "")
	}
	switch inner := indent + "\t"; v.Kind() {
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	case reflect.Bool:
		fmt.Fprint(b, v.Bool())
	case reflect.Uint8:
		fmt.Fprint(b, v.Uint())
	case reflect.Map:
		fmt.Fprintf(b, "%#v", v.Interface())
	case reflect.Slice:
		b.WriteString(name + "{")
		ofStructs := v.Type().Elem().Kind() == reflect.Struct
		for i := range v.Len() {
			switch {
			case ofStructs:
				b.WriteString("\n" + inner)
			case i > 0:
				b.WriteString(", ")
			}
			writeGo(b, v.Index(i), inner, false)
			if ofStructs {
				b.WriteString(",")
			}
		}
		if ofStructs && v.Len() > 0 {
			b.WriteString("\n" + indent)
		}
		b.WriteString("}")
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			fmt.Fprintf(b, "%#v", at)
			return
		}
		b.WriteString(name + "{")
		for i := range v.NumField() {
			if field := v.Field(i); !field.IsZero() && (field.Kind() != reflect.Slice || field.Len() > 0) {
				b.WriteString("\n" + inner + v.Type().Field(i).Name + ": ")
				writeGo(b, field, inner, true)
				b.WriteString(",")
			}
		}
		b.WriteString("\n" + indent + "}")
	default:
		panic("no syntax for " + v.Type().String())
	}
}

// A foundCase is a case on which engine and oracle once differed, and what is right.
type foundCase struct {
	title            string
	config           rbac.PolicyConfig
	tenants          map[string]string // who owns a subscription; nil where tenants are not told apart
	home             string
	subject          rbac.Subject
	request          request
	granted, blocked bool
}

// shrunkCase prints a case as a foundCase.
func shrunkCase(s scenario, q question) string {
	var b strings.Builder
	b.WriteString("{\n\ttitle:  \"\",\n")
	field := func(name string, value any) {
		if !reflect.ValueOf(value).IsZero() {
			fmt.Fprintf(&b, "\t%s: %s,\n", name, strings.ReplaceAll(goSyntax(value), "\n", "\n\t"))
		}
	}
	v := newOracle(s).decide(q.subject, q.request)
	field("config", s.config)
	field("tenants", s.tenants)
	field("home", s.home)
	field("subject", q.subject)
	field("request", q.request)
	field("granted", v.granted())
	field("blocked", v.blocked())
	b.WriteString("},\n")
	return b.String()
}

// foundCases are what failures of TestOracle printed, and some of what TestShrink finds by an oracle that is broken on purpose.
var foundCases = []foundCase{
	{
		title: "a condition that does not hold",
		config: rbac.PolicyConfig{
			Assignments: []rbac.RoleAssignment{
				{Scope: "/", RoleDefinitionID: rbac.RoleOwner, PrincipalID: guid('a', 1), Condition: "SubOperationMatches{'*List'}"},
			},
		},
		subject: rbac.Subject{ObjectID: guid('a', 1)},
		request: request{Action: "microsoft.authorization/roleassignments/write", Scope: "/"},
	},
	{
		title: "two management groups between the assignment and the subscription",
		config: rbac.PolicyConfig{
			Assignments: []rbac.RoleAssignment{
				{Scope: managementGroups + "g1", RoleDefinitionID: rbac.RoleContributor, PrincipalID: guid('a', 5)},
			},
			ManagementGroups: []rbac.ManagementGroupMember{
				{ManagementGroup: managementGroups + "g1", Member: managementGroups + "g2"},
				{ManagementGroup: managementGroups + "g2", Member: managementGroups + "g3"},
				{ManagementGroup: managementGroups + "g3", Member: "/subscriptions/s1"},
			},
		},
		subject: rbac.Subject{ObjectID: guid('a', 5)},
		request: request{Action: "microsoft.a/t/u/read", Scope: "/subscriptions/s1"},
		granted: true,
	},
	{
		title: "the home tenant's assignment, for a subject without a tenant",
		config: rbac.PolicyConfig{
			Assignments: []rbac.RoleAssignment{{Scope: "/", RoleDefinitionID: rbac.RoleOwner, PrincipalID: guid('a', 4)}},
		},
		tenants: map[string]string{"s1": "home"},
		home:    "Home",
		subject: rbac.Subject{ObjectID: "s-1-5-21-1", Groups: []string{guid('a', 4)}},
		request: request{Action: "microsoft.a/u/read", Scope: "/"},
	},
	{
		title: "everyone is denied but the group",
		config: rbac.PolicyConfig{
			DenyAssignments: []rbac.DenyAssignment{{
				Name: guid('d', 4), Scope: "/",
				Permissions:       []rbac.Permission{{Actions: []string{"*"}}},
				Principals:        []rbac.DenyPrincipal{{ID: rbac.EveryoneID, Type: "SystemDefined"}},
				ExcludePrincipals: []rbac.DenyPrincipal{{ID: guid('a', 2), Type: "Group"}},
			}},
		},
		subject: rbac.Subject{ObjectID: guid('a', 3), Groups: []string{guid('a', 2)}},
		request: request{Action: "microsoft.a/u/delete", Scope: "/"},
	},
	{
		title: "a condition of a deny assignment that holds",
		config: rbac.PolicyConfig{
			DenyAssignments: []rbac.DenyAssignment{{
				Name: guid('d', 2), Scope: "/",
				Permissions: []rbac.Permission{{
					Actions:   []string{"microsoft.a/*"},
					Condition: "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] GuidNotEquals a795c7a0-d4a2-40c1-ae25-d81f01202912",
				}},
				Principals: []rbac.DenyPrincipal{{ID: "s-1-5-21-1", Type: "User"}},
			}},
		},
		subject: rbac.Subject{ObjectID: "S-1-5-21-1"},
		request: request{
			Action: "Microsoft.A/t/u/read",
			Scope:  "/",
			Attributes: attributes{
				{Source: rbac.RequestAttribute, Name: "Microsoft.Authorization/roleAssignments:RoleDefinitionId", Values: []string{rbac.RoleOwner}},
			},
		},
		blocked: true,
	},
}

func TestFoundCases(t *testing.T) {
	for _, tt := range foundCases {
		t.Run(tt.title, func(t *testing.T) {
			policy, err := rbac.NewPolicy(tt.config)
			if err != nil {
				t.Fatal(err)
			}
			set, err := scenario{tenants: tt.tenants, home: tt.home}.resourceSet(policy, tt.subject)
			if err != nil {
				t.Fatal(err)
			}
			got := set.Check(tt.request.operation())
			if granted, blocked := got.Assignment != nil, got.DenyAssignment != nil; granted != tt.granted || blocked != tt.blocked || got.Allowed != (granted && !blocked) {
				t.Errorf("granted %v, want %v; blocked %v, want %v; allowed %v", granted, tt.granted, blocked, tt.blocked, got.Allowed)
			}
		})
	}
}

// TestShrink breaks the oracle on purpose: the first case on which it then differs from the engine must become one that a
// reader takes in at a glance, and still show what is broken.
func TestShrink(t *testing.T) {
	permissions := func(o *oracle, change func(*oraclePermission)) {
		for _, rules := range [][]oracleRule{o.assignments, o.denies} {
			for _, rule := range rules {
				for i := range rule.permissions {
					change(&rule.permissions[i])
				}
			}
		}
	}
	for _, tt := range []struct {
		title    string
		breaking func(*oracle)
		shows    string // what the printed case must have
		things   int    // and how many things it may have at most
	}{
		{
			title:    "notActions count for nothing",
			breaking: func(o *oracle) { permissions(o, func(p *oraclePermission) { p.no = nil }) },
			shows:    "Not",
			things:   6, // an assignment, a role, its permission, an action, a notAction, and perhaps a group
		},
		{
			title:    "a condition of a permission counts for nothing",
			breaking: func(o *oracle) { permissions(o, func(p *oraclePermission) { p.condition = nil }) },
			shows:    "Condition: ",
			things:   6,
		},
		{
			title: "a condition of an assignment counts for nothing",
			breaking: func(o *oracle) {
				for i := range o.assignments {
					o.assignments[i].condition = nil
				}
			},
			shows:  "Condition: ",
			things: 6,
		},
		{
			title: "nobody is excluded",
			breaking: func(o *oracle) {
				for i := range o.denies {
					o.denies[i].excluded = nil
				}
			},
			shows:  "ExcludePrincipals: ",
			things: 6, // a deny assignment, its permission, an action, a principal, another who is excluded, and the group of that id
		},
		{
			title:    "management groups are forgotten",
			breaking: func(o *oracle) { clear(o.parents) },
			shows:    "ManagementGroups: ",
			things:   8,
		},
		{
			title:    "tenants are forgotten",
			breaking: func(o *oracle) { o.tenants = nil },
			shows:    "tenants: ",
			things:   6,
		},
	} {
		t.Run(tt.title, func(t *testing.T) {
			t.Parallel()
			differs := func(s scenario, q question) string {
				policy, err := rbac.NewPolicy(s.config)
				if err != nil {
					return ""
				}
				set, err := s.resourceSet(policy, q.subject)
				if err != nil {
					t.Fatal(err)
				}
				o := newOracle(s)
				tt.breaking(o)
				j := o.judge(q.request)
				return o.decisionDiffers(o.of(q.subject, idsOf(q.subject), j), j, set.Check(q.request.operation()))
			}
			for seed := range uint64(1000) {
				w := newWorld(seed)
				s := w.scenario()
				q := question{w.subject(), w.request(s)}
				if differs(s, q) == "" {
					continue
				}
				s, q = shrink(s, q, differs)
				printed := shrunkCase(s, q)
				if differs(s, q) == "" || !strings.Contains(printed, tt.shows) || things(s, q) > tt.things {
					t.Errorf("seed %d is shrunk to %d things:\n%s(%s)", seed, things(s, q), printed, differs(s, q))
				}
				if _, err := parser.ParseExpr("[]foundCase{" + printed + "}"); err != nil {
					t.Errorf("what is printed is not Go: %v\n%s", err, printed)
				}
				return
			}
			t.Error("no case shows it")
		})
	}
}

// things counts what a case consists of.
func things(s scenario, q question) int {
	n := len(s.config.Assignments) + len(s.config.Roles) + len(s.config.ManagementGroups) + len(q.subject.Groups) + len(q.request.Attributes)
	count := func(permissions []rbac.Permission) {
		for _, p := range permissions {
			n += 1 + len(p.Actions) + len(p.NotActions) + len(p.DataActions) + len(p.NotDataActions)
			if p.Condition != "" {
				n++
			}
		}
	}
	for _, role := range s.config.Roles {
		count(role.Permissions)
	}
	for _, a := range s.config.Assignments {
		if a.Condition != "" {
			n++
		}
	}
	for _, d := range s.config.DenyAssignments {
		n += 1 + len(d.Principals) + len(d.ExcludePrincipals)
		count(d.Permissions)
	}
	return n
}
