package rbac_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"hubgate.example/rbac"
)

// namedAttributes are the attributes of an operation, by the form that conditions have for them, in lower case.
type namedAttributes map[string][]string

func (a namedAttributes) Attribute(source rbac.AttributeSource, name string) []string {
	prefix := map[rbac.AttributeSource]string{
		rbac.ResourceAttribute:    "@resource",
		rbac.RequestAttribute:     "@request",
		rbac.PrincipalAttribute:   "@principal",
		rbac.EnvironmentAttribute: "@environment",
	}[source]
	return a[prefix+"["+strings.ToLower(name)+"]"]
}

func mustCondition(t testing.TB, text string) *rbac.Condition {
	t.Helper()
	c, err := rbac.ParseCondition(text, "2.0")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

func ExampleParseCondition() {
	// Whoever holds this may assign the role Reader, and no other.
	condition, err := rbac.ParseCondition(
		"!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'}) OR "+
			"@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] GuidEquals acdd72a7-3385-48ef-bd42-f606fba81ae7", "2.0")
	if err != nil {
		fmt.Println(err)
		return
	}
	assign := func(role string) rbac.Operation {
		return rbac.Operation{
			Action:     "Microsoft.Authorization/roleAssignments/write",
			Attributes: namedAttributes{"@request[microsoft.authorization/roleassignments:roledefinitionid]": {role}},
		}
	}
	fmt.Println(condition.Holds(assign("acdd72a7-3385-48ef-bd42-f606fba81ae7")))
	fmt.Println(condition.Holds(assign("8e3af657-a8ff-443c-a75c-2fe8c4bcb635")))
	fmt.Println(condition.Holds(rbac.Operation{Action: "Microsoft.Authorization/roleAssignments/read"}))

	_, err = rbac.ParseCondition("Exists @Resource[a] AND Exists @Resource[b] OR Exists @Resource[c]", "2.0")
	var problem *rbac.ConditionError
	if errors.As(err, &problem) {
		fmt.Println(problem.Offset, problem.Reason)
	}
	// Output:
	// true
	// false
	// true
	// 44 AND and OR side by side need parentheses that say which comes first
}

func TestConditionLogic(t *testing.T) {
	// a and b exist, x and y do not.
	op := rbac.Operation{
		Action:       "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
		SubOperation: "Blob.List",
		Attributes:   namedAttributes{"@resource[a]": {"1"}, "@resource[b]": {""}},
	}
	const (
		yes = "Exists @Resource[a]"
		no  = "Exists @Resource[x]"
	)
	tests := []struct {
		text  string
		holds bool
	}{
		{yes, true},
		{no, false},
		{"Exists @Resource[b]", true},
		{"Exists @Request[a]", false},
		{"exists @resource[A]", true},
		{"EXISTS @RESOURCE [ a ]", true},
		{"(" + yes + ")", true},
		{"(((" + no + ")))", false},
		{"\r\n\t( " + yes + " )\n", true},

		{"NOT " + yes, false},
		{"not " + no, true},
		{"!" + no, true},
		{"! " + yes, false},
		{"NOT(" + no + ")", true},
		{"NOT NOT " + yes, true},
		{"!!!" + yes, false},
		{"!NOT(!" + no + ")", true},

		{yes + " AND " + yes, true},
		{yes + " AND " + no, false},
		{no + " and " + yes, false},
		{yes + "&&" + yes, true},
		{"(" + yes + ")And(" + no + ")", false},
		{yes + " AND " + yes + " && " + yes + " and " + no, false},
		{yes + " OR " + no, true},
		{no + " Or " + yes, true},
		{no + "||" + no, false},
		{no + " OR " + no + " || " + no + " or " + yes, true},

		// A NOT goes with what is next to it, and no further.
		{"NOT " + no + " AND " + no, false},
		{"NOT " + yes + " OR " + yes, true},
		{"!(" + yes + " OR " + no + ")", false},
		{"!(" + yes + " AND " + no + ")", true},
		{"NOT @Resource[a] StringEquals '2' AND " + yes, true},
		{"(" + no + " AND " + no + ") OR " + yes, true},
		{no + " AND (" + no + " OR " + yes + ")", false},

		{"ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'}", true},
		{"actionmatches { 'MICROSOFT.STORAGE/STORAGEACCOUNTS/BLOBSERVICES/CONTAINERS/BLOBS/READ' }", true},
		{"ActionMatches{'Microsoft.Storage/*'}", true},
		{"ActionMatches{'*/containers/*/read'}", true},
		{"ActionMatches{'*'}", true},
		{"ActionMatches{' */read '}", true},
		{"ActionMatches{'Microsoft.Storage'}", false},
		{"ActionMatches{'*/write'}", false},
		{"ActionMatches{'*/write', '*/read'}", true},
		{"ActionMatches{'*/write', '*/delete'}", false},
		{"!ActionMatches{'*/write'}", true},

		{"SubOperationMatches{'Blob.List'}", true},
		{"SUBOPERATIONMATCHES{'blob.list'}", true},
		{"SubOperationMatches{'Blob.*'}", true},
		{"SubOperationMatches{'Blob.Write.Tier', 'Blob.List'}", true},
		{"SubOperationMatches{'Blob'}", false},
		{"ActionMatches{'*/read'} AND NOT SubOperationMatches{'Blob.List'}", false},
	}
	for _, tt := range tests {
		if got := mustCondition(t, tt.text).Holds(op); got != tt.holds {
			t.Errorf("%s: holds = %v, want %v", tt.text, got, tt.holds)
		}
	}

	bare := rbac.Operation{Action: op.Action}
	for _, text := range []string{"SubOperationMatches{'*'}", "SubOperationMatches{'Blob.List'}", yes, "@Resource[a] StringEquals '1'"} {
		if mustCondition(t, text).Holds(bare) {
			t.Errorf("%s: holds without suboperation and attributes", text)
		}
		if !mustCondition(t, "NOT "+text).Holds(bare) {
			t.Errorf("NOT %s: does not hold without suboperation and attributes", text)
		}
	}
}

func TestConditionOperators(t *testing.T) {
	tests := []struct {
		// The comparison is @Resource[v] operator right, where v has one value.
		value, operator, right string
		holds                  bool
	}{
		{"abc", "StringEquals", "'abc'", true},
		{"abc", "StringEquals", "'Abc'", false},
		{"abc", "StringEquals", "'ab'", false},
		{"", "StringEquals", "''", true},
		{" abc", "StringEquals", "'abc'", false},
		{`a\*`, "StringEquals", `'a\*'`, true},
		{"äöü €", "StringEquals", "'äöü €'", true},
		{"abc", "StringEquals", "{'abc'}", true},
		{"AND", "stringequals", "'AND'", true},
		{"abc", "StringNotEquals", "'abc'", false},
		{"abc", "StringNotEquals", "'abd'", true},
		{"ABC", "StringNotEquals", "'abc'", true},
		{"ABC", "StringEqualsIgnoreCase", "'abc'", true},
		{"ÄRGER", "StringEqualsIgnoreCase", "'ärger'", true},
		{"K", "StringEqualsIgnoreCase", "'k'", true},
		{"STRASSE", "StringEqualsIgnoreCase", "'straße'", false},
		{"ABC", "StringNotEqualsIgnoreCase", "'abc'", false},
		{"ABD", "StringNotEqualsIgnoreCase", "'abc'", true},

		{"logs/2024", "StringStartsWith", "'logs/'", true},
		{"logs/2024", "StringStartsWith", "''", true},
		{"logs/2024", "StringStartsWith", "'Logs/'", false},
		{"logs", "StringStartsWith", "'logs/'", false},
		{"logs/2024", "StringStartsWith", "'logs/*'", false},
		{"logs/2024", "StringNotStartsWith", "'logs/'", false},
		{"logs", "StringNotStartsWith", "'logs/'", true},
		{"LOGS/2024", "StringStartsWithIgnoreCase", "'logs/'", true},
		{"ÄB", "StringStartsWithIgnoreCase", "'ä'", true},
		{"LOG", "StringStartsWithIgnoreCase", "'logs'", false},
		{"LOGS/2024", "StringNotStartsWithIgnoreCase", "'logs/'", false},
		{"log", "StringNotStartsWithIgnoreCase", "'logs/'", true},

		{"abcd", "StringLike", "'a*c?'", true},
		{"abcd", "StringLike", "'A*C?'", false},
		{"abcd", "StringLike", "'a*c'", false},
		{"abcd", "StringLike", "'abcd'", true},
		{"abcd", "StringLike", "''", false},
		{"", "StringLike", "''", true},
		{"", "StringLike", "'*'", true},
		{"", "StringLike", "'?'", false},
		{"", "StringLike", "'**'", true},
		{"a/b/c", "StringLike", "'a*c'", true},
		{"readonly/x", "StringLike", "'readonly/*'", true},
		{"readonly", "StringLike", "'readonly/*'", false},
		{"ä", "StringLike", "'?'", true},
		{"ab", "StringLike", "'?'", false},
		{"ab", "StringLike", "'??'", true},
		{"aab", "StringLike", "'*ab'", true},
		{"abab", "StringLike", "'*ab'", true},
		{"aXbXc", "StringLike", "'*X*X*'", true},
		{"aXb", "StringLike", "'*X*X*'", false},
		{"xayaz", "StringLike", "'*a?a*'", true},
		{"xaya", "StringLike", "'*a*a?'", false},
		{"a", "StringLike", "'a*a'", false},
		{"a*c", "StringLike", `'a\*c'`, true},
		{"abc", "StringLike", `'a\*c'`, false},
		{"a?c", "StringLike", `'a\?c'`, true},
		{"abc", "StringLike", `'a\?c'`, false},
		{`a\b`, "StringLike", `'a\\*'`, true},
		{`a*`, "StringLike", `'a\\*'`, false},
		{`a\b`, "StringLike", `'a\b'`, true},
		{`a\`, "StringLike", `'a\'`, true},
		{"*", "StringLike", `'\*'`, true},
		{"", "StringLike", `'\*'`, false},
		{"abcd", "StringNotLike", "'a*c?'", false},
		{"abcd", "StringNotLike", "'a*c'", true},
		{"ABCD", "StringLikeIgnoreCase", "'a*c?'", true},
		{"äb", "StringLikeIgnoreCase", "'Ä?'", true},
		{"ABCD", "StringNotLikeIgnoreCase", "'a*c?'", false},
		{"ABCD", "StringNotLikeIgnoreCase", "'b*'", true},

		{"10", "NumericEquals", "10", true},
		{"10", "NumericEquals", "'10'", true},
		{"010", "NumericEquals", "10", true},
		{"-0", "NumericEquals", "0", true},
		{"9", "NumericEquals", "10", false},
		{"9", "NumericNotEquals", "10", true},
		{"10", "NumericNotEquals", "10", false},
		{"9", "NumericLessThan", "10", true},
		{"10", "NumericLessThan", "10", false},
		{"-10", "NumericLessThan", "-9", true},
		{"10", "NumericLessThanEquals", "10", true},
		{"11", "NumericLessThanEquals", "10", false},
		{"10", "NumericGreaterThan", "9", true},
		{"10", "NumericGreaterThan", "10", false},
		{"10", "NumericGreaterThanEquals", "10", true},
		{"9", "NumericGreaterThanEquals", "10", false},
		{"9223372036854775807", "NumericGreaterThan", "-9223372036854775808", true},

		{"2024-05-01T13:00:00Z", "DateTimeEquals", "'2024-05-01T13:00:00.0Z'", true},
		{"2024-05-01T13:00:00Z", "DateTimeEquals", "2024-05-01T13:00:00Z", true},
		{"2024-05-01T15:00:00+02:00", "DateTimeEquals", "2024-05-01T13:00:00Z", true},
		{"2024-05-01T13:00:00.1234567Z", "DateTimeEquals", "'2024-05-01T13:00:00.1234567Z'", true},
		{"2024-05-01T13:00:00.1234567Z", "DateTimeEquals", "'2024-05-01T13:00:00.1234568Z'", false},
		{"2024-05-01T13:00:00.1234567Z", "DateTimeNotEquals", "'2024-05-01T13:00:00.1234568Z'", true},
		{"2024-05-01T13:00:00.5Z", "DateTimeGreaterThan", "'2024-05-01T13:00:00Z'", true},
		{"1969-12-31T23:59:59.5Z", "DateTimeLessThan", "'1970-01-01T00:00:00Z'", true},
		{"1969-12-31T23:59:59.5Z", "DateTimeLessThan", "'1969-12-31T23:59:59.6Z'", true},
		{"2024-05-01T13:00:00.1234567891Z", "DateTimeEquals", "'2024-05-01T13:00:00.1234567899Z'", true},
		{"0001-01-01T00:00:00Z", "DateTimeLessThan", "'9999-12-31T23:59:59.9999999Z'", true},
		{"2024-05-01T13:00:00Z", "DateTimeLessThan", "'2024-05-01T13:00:00Z'", false},
		{"2024-05-01T13:00:00Z", "DateTimeLessThanEquals", "'2024-05-01T13:00:00Z'", true},
		{"2024-05-01T13:00:01Z", "DateTimeLessThanEquals", "'2024-05-01T13:00:00Z'", false},
		{"2024-05-01T13:00:00Z", "DateTimeGreaterThanEquals", "'2024-05-01T13:00:00Z'", true},
		{"2024-05-01T12:59:59Z", "DateTimeGreaterThanEquals", "'2024-05-01T13:00:00Z'", false},

		{"true", "BoolEquals", "true", true},
		{"true", "boolequals", "'TRUE'", true},
		{"True", "BoolEquals", "true", true},
		{"false", "BoolEquals", "false", true},
		{"false", "BoolEquals", "true", false},
		{"false", "BoolNotEquals", "true", true},
		{"true", "BoolNotEquals", "true", false},

		{"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "GuidEquals", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", true},
		{"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "GuidEquals", "'8E3AF657-A8FF-443C-A75C-2FE8C4BCB635'", true},
		{"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "GuidEquals", "8e3af657a8ff443ca75c2fe8c4bcb635", true},
		{"8E3AF657A8FF443CA75C2FE8C4BCB635", "GuidEquals", "{8e3af657-a8ff-443c-a75c-2fe8c4bcb635}", true},
		{"8e3af657-a8ff-443c-a75c-2fe8c4bcb636", "GuidEquals", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", false},
		{"9e3af657-a8ff-443c-a75c-2fe8c4bcb635", "GuidEquals", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", false},
		{"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "GuidNotEquals", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", false},
		{"acdd72a7-3385-48ef-bd42-f606fba81ae7", "GuidNotEquals", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", true},
	}
	for _, tt := range tests {
		text := "@Resource[v] " + tt.operator + " " + tt.right
		op := rbac.Operation{Attributes: namedAttributes{"@resource[v]": {tt.value}}}
		if got := mustCondition(t, text).Holds(op); got != tt.holds {
			t.Errorf("%s for %q: holds = %v, want %v", text, tt.value, got, tt.holds)
		}
	}
}

// What is not of the operator's type is neither equal nor different.
func TestConditionValuesOfAnotherType(t *testing.T) {
	tests := []struct {
		operators []string
		right     string
		values    []string
	}{
		{[]string{"StringEquals", "StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "StringNotStartsWith"}, "'a'",
			[]string{"\xff", "a\xc3"}},
		{[]string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"}, "0",
			[]string{"", "x", "0.0", "0x0", "1e0", " 0", "0 ", "1_0", "--1", "9223372036854775808", "٣"}},
		{[]string{"DateTimeEquals", "DateTimeNotEquals", "DateTimeLessThan", "DateTimeGreaterThanEquals"}, "'2024-05-01T00:00:00Z'",
			[]string{"", "now", "2024-05-01", "2024-05-01T00:00:00", "2024-05-01 00:00:00Z", "2024-05-01T0:00:00Z", "2024-05-01T00:00:00,5Z", "2024-02-30T00:00:00Z", "2024-05-01T24:00:00Z", "2024-05-01T00:00:60Z", "2024-05-01t00:00:00z", "2024-05-01T00:00:00+25:00", "2024-05-01T00:00:00.Z", "1714521600"}},
		{[]string{"BoolEquals", "BoolNotEquals"}, "true", []string{"", "1", "0", "yes", "t", " true"}},
		{[]string{"GuidEquals", "GuidNotEquals"}, "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
			[]string{"", "S-1-5-21-1", "8e3af657", "{8e3af657-a8ff-443c-a75c-2fe8c4bcb635}", "8e3af657-a8ff-443c-a75c-2fe8c4bcb63g",
				"8e3af657a8ff443ca75c2fe8c4bcb63g", "8e3af657a8ff-443c-a75c-2fe8c4bcb635", "/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}},
	}
	for _, tt := range tests {
		for _, operator := range tt.operators {
			text := "@Resource[v] " + operator + " " + tt.right
			for _, value := range tt.values {
				op := rbac.Operation{Attributes: namedAttributes{"@resource[v]": {value}}}
				if mustCondition(t, text).Holds(op) {
					t.Errorf("%s holds for %q", text, value)
				}
				if !mustCondition(t, "NOT "+text).Holds(op) {
					t.Errorf("NOT %s does not hold for %q", text, value)
				}
			}
		}
	}
}

func TestConditionQuantifiers(t *testing.T) {
	attributes := namedAttributes{
		"@resource[one]":     {"red"},
		"@resource[two]":     {"red", "blue"},
		"@resource[twice]":   {"red", "red"},
		"@resource[empty]":   {},
		"@resource[numbers]": {"10", "20"},
		"@resource[mixed]":   {"10", "many"},
		"@request[two]":      {"blue", "red"},
		"@request[three]":    {"blue", "green", "red"},
	}
	tests := []struct {
		text  string
		holds bool
	}{
		{"@Resource[two] ForAnyOfAnyValues:StringEquals {'blue', 'green'}", true},
		{"@Resource[two] ForAnyOfAnyValues:StringEquals {'orange', 'green'}", false},
		{"@Resource[two] ForAllOfAnyValues:StringEquals {'orange', 'red', 'blue'}", true},
		{"@Resource[two] ForAllOfAnyValues:StringEquals {'red', 'green'}", false},
		{"@Resource[numbers] ForAnyOfAllValues:NumericLessThan {15, 18}", true},
		{"@Resource[numbers] ForAnyOfAllValues:NumericLessThan {15, 5}", false},
		{"@Resource[numbers] ForAllOfAllValues:NumericLessThan {5, 15, 18}", false},
		{"@Resource[numbers] ForAllOfAllValues:NumericLessThan {25, 30}", true},
		{"@Resource[numbers] ForAllOfAllValues:NumericLessThan {15, 25, 30}", false},

		// The same with both sides in the condition.
		{"{'red', 'blue'} ForAnyOfAnyValues:StringEquals {'blue', 'green'}", true},
		{"{'red', 'blue'} ForAllOfAnyValues:StringEquals {'red', 'green'}", false},
		{"{10, 20} ForAllOfAllValues:NumericLessThan {25, 30}", true},
		{"{10} NumericLessThan {25}", true},
		{"{'red'} ForAnyOfAnyValues:StringEquals @Resource[two]", true},

		{"@Resource[one] ForAnyOfAnyValues:StringEquals 'red'", true},
		{"@Resource[one] foranyofanyvalues:stringlikeignorecase {'R*','G*'}", true},

		// The Not forms ask each pair.
		{"@Resource[two] ForAnyOfAnyValues:StringNotEquals {'red'}", true},
		{"@Resource[one] ForAnyOfAnyValues:StringNotEquals {'red', 'blue'}", true},
		{"@Resource[one] ForAnyOfAllValues:StringNotEquals {'red', 'blue'}", false},
		{"@Resource[two] ForAnyOfAllValues:StringNotEquals {'red', 'green'}", true},
		{"@Resource[two] ForAllOfAnyValues:StringNotEquals {'red'}", false},
		{"@Resource[two] ForAllOfAnyValues:StringNotEquals {'red', 'blue'}", true},
		{"@Resource[two] ForAllOfAllValues:StringNotEquals {'green', 'blue'}", false},
		{"@Resource[two] ForAllOfAllValues:StringNotEquals {'green', 'white'}", true},

		{"@Resource[two] ForAnyOfAnyValues:StringEquals @Request[three]", true},
		{"@Resource[two] ForAllOfAnyValues:StringEquals @Request[three]", true},
		{"@Request[three] ForAllOfAnyValues:StringEquals @Resource[two]", false},
		{"@Resource[twice] ForAllOfAllValues:StringEquals @Resource[one]", true},
		{"@Resource[two] ForAllOfAllValues:StringEquals @Request[two]", false},
		{"@Resource[one] StringEquals @Resource[ONE]", true},
		{"@Resource[one] StringEquals @Request[one]", false},

		// Without a prefix there is one value on each side.
		{"@Resource[two] StringEquals 'red'", false},
		{"@Resource[twice] StringEquals 'red'", false},
		{"@Resource[two] StringNotEquals 'green'", false},
		{"{'red'} StringEquals @Resource[two]", false},
		{"{'green'} StringNotEquals @Resource[two]", false},

		// No value, no comparison.
		{"@Resource[none] ForAnyOfAnyValues:StringEquals {'red'}", false},
		{"@Resource[none] ForAllOfAnyValues:StringEquals {'red'}", false},
		{"@Resource[none] ForAnyOfAllValues:StringEquals {'red'}", false},
		{"@Resource[none] ForAllOfAllValues:StringEquals {'red'}", false},
		{"@Resource[none] ForAllOfAllValues:StringNotEquals {'red'}", false},
		{"@Resource[none] StringNotEquals 'red'", false},
		{"@Resource[empty] ForAllOfAllValues:StringNotEquals {'red'}", false},
		{"@Resource[two] ForAllOfAllValues:StringNotEquals @Resource[none]", false},
		{"@Resource[two] ForAnyOfAllValues:StringNotEquals @Resource[empty]", false},
		{"@Resource[none] StringEquals @Resource[empty]", false},
		{"NOT @Resource[none] StringEquals 'red'", true},
		{"Exists @Resource[empty]", false},

		// A value of another type passes nothing.
		{"@Resource[mixed] ForAnyOfAnyValues:NumericEquals {10}", true},
		{"@Resource[mixed] ForAllOfAnyValues:NumericEquals {10}", false},
		{"@Resource[mixed] ForAllOfAllValues:NumericNotEquals {11}", false},
		{"@Resource[mixed] ForAnyOfAllValues:NumericNotEquals {11}", true},
		{"@Resource[numbers] ForAllOfAnyValues:NumericGreaterThanEquals @Resource[mixed]", true},
		{"@Resource[numbers] ForAnyOfAllValues:NumericNotEquals @Resource[mixed]", false},

		// The right side is the pattern.
		{"@Resource[one] StringLike 'r*'", true},
		{"{'r*'} StringLike @Resource[one]", false},
	}
	op := rbac.Operation{Attributes: attributes}
	for _, tt := range tests {
		if got := mustCondition(t, tt.text).Holds(op); got != tt.holds {
			t.Errorf("%s: holds = %v, want %v", tt.text, got, tt.holds)
		}
	}
}

func TestConditionAttributeNames(t *testing.T) {
	op := rbac.Operation{Attributes: namedAttributes{
		"@resource[microsoft.storage/storageaccounts/blobservices/containers:name]":                                  {"v"},
		"@request[microsoft.storage/storageaccounts/blobservices/containers/blobs/tags:a b+c<$key_case_sensitive$>]": {"v"},
		"@resource[microsoft.storage/storageaccounts/blobservices/containers/blobs/tags&$keys$&]":                    {"v"},
		"@principal[microsoft.directory/customsecurityattributes/id:engineering_project]":                            {"v"},
		"@environment[microsoft.network/virtualnetworks/subnets]":                                                    {"v"},
		"@environment[utcnow]": {"v"},
	}}
	for _, attribute := range []string{
		"@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name]",
		"@Request[Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags:a b+c<$key_case_sensitive$>]",
		"@Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags&$keys$&]",
		"@Principal[Microsoft.Directory/CustomSecurityAttributes/Id:Engineering_Project]",
		"@Environment[Microsoft.Network/virtualNetworks/subnets]",
		"@environment[UTCNOW]",
	} {
		if text := attribute + " StringEquals 'v'"; !mustCondition(t, text).Holds(op) {
			t.Errorf("%s does not hold", text)
		}
	}
}

// The shapes that conditions of role assignments and of built-in roles have.
func TestConditionShapes(t *testing.T) {
	const (
		reader      = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
		contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c"
		owner       = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

		writeAssignment  = "Microsoft.Authorization/roleAssignments/write"
		deleteAssignment = "Microsoft.Authorization/roleAssignments/delete"
		requestedRole    = "@request[microsoft.authorization/roleassignments:roledefinitionid]"
		assignedRole     = "@resource[microsoft.authorization/roleassignments:roledefinitionid]"
		principalType    = "@request[microsoft.authorization/roleassignments:principaltype]"

		blobRead    = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
		blobWrite   = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"
		container   = "@resource[microsoft.storage/storageaccounts/blobservices/containers:name]"
		blobPath    = "@resource[microsoft.storage/storageaccounts/blobservices/containers/blobs:path]"
		project     = "@resource[microsoft.storage/storageaccounts/blobservices/containers/blobs/tags:project<$key_case_sensitive$>]"
		newProject  = "@request[microsoft.storage/storageaccounts/blobservices/containers/blobs/tags:project<$key_case_sensitive$>]"
		newTags     = "@request[microsoft.storage/storageaccounts/blobservices/containers/blobs/tags&$keys$&]"
		ownProject  = "@principal[microsoft.directory/customsecurityattributes/id:engineering_project]"
		snapshot    = "@request[microsoft.storage/storageaccounts/blobservices/containers/blobs:snapshot]"
		now         = "@environment[utcnow]"
		privateLink = "@environment[isprivatelink]"
	)
	type operation struct {
		action, subOperation string
		attributes           namedAttributes
		holds                bool
	}
	tests := []struct {
		name, text string
		operations []operation
	}{
		{
			"delegation of two roles, as built-in roles spell it",
			"((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{acdd72a7338548efbd42f606fba81ae7,b24988ac-6180-42a0-ab88-20f7382dd24c}))" +
				" AND ((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR (@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{acdd72a7338548efbd42f606fba81ae7,b24988ac-6180-42a0-ab88-20f7382dd24c}))",
			[]operation{
				{writeAssignment, "", namedAttributes{requestedRole: {reader}}, true},
				{writeAssignment, "", namedAttributes{requestedRole: {strings.ToUpper(contributor)}}, true},
				{writeAssignment, "", namedAttributes{requestedRole: {owner}}, false},
				{writeAssignment, "", namedAttributes{requestedRole: {owner}, assignedRole: {reader}}, false},
				{writeAssignment, "", nil, false},
				{deleteAssignment, "", namedAttributes{assignedRole: {reader}}, true},
				{deleteAssignment, "", namedAttributes{requestedRole: {reader}}, false},
				{"Microsoft.Authorization/roleAssignments/read", "", nil, true},
			},
		},
		{
			"delegation of all roles but some, to groups",
			`(
 (
  !(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})
 )
 OR
 (
  @Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAllValues:GuidNotEquals {8e3af657-a8ff-443c-a75c-2fe8c4bcb635, b24988ac-6180-42a0-ab88-20f7382dd24c}
  AND
  @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'Group'}
 )
)`,
			[]operation{
				{writeAssignment, "", namedAttributes{requestedRole: {reader}, principalType: {"group"}}, true},
				{writeAssignment, "", namedAttributes{requestedRole: {reader}, principalType: {"User"}}, false},
				{writeAssignment, "", namedAttributes{requestedRole: {owner}, principalType: {"Group"}}, false},
				{writeAssignment, "", namedAttributes{principalType: {"Group"}}, false},
				{deleteAssignment, "", nil, true},
			},
		},
		{
			"a lower-case operator",
			"(!(ActionMatches{'Microsoft.KeyVault/vaults/*'})) || (@Environment[isPrivateLink] boolequals true)",
			[]operation{
				{"Microsoft.KeyVault/vaults/secrets/getSecret/action", "", namedAttributes{privateLink: {"true"}}, true},
				{"Microsoft.KeyVault/vaults/secrets/getSecret/action", "", namedAttributes{privateLink: {"false"}}, false},
				{"Microsoft.Sql/servers/read", "", nil, true},
			},
		},
		{
			"blobs with a tag, lists aside",
			`(
 (
  !(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'} AND NOT SubOperationMatches{'Blob.List'})
 )
 OR
 (
  @Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags:Project<$key_case_sensitive$>] StringEquals 'Cascade'
 )
)`,
			[]operation{
				{blobRead, "", namedAttributes{project: {"Cascade"}}, true},
				{blobRead, "", namedAttributes{project: {"cascade"}}, false},
				{blobRead, "", nil, false},
				{blobRead, "Blob.List", nil, true},
				{blobRead, "Blob.Read.WithTagConditions", nil, false},
				{blobWrite, "", nil, true},
			},
		},
		{
			"tags that may be written, and their values",
			`((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'} AND SubOperationMatches{'Blob.Write.WithTagHeaders'}))
 OR
 (@Request[Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags&$keys$&] ForAllOfAnyValues:StringEquals {'Project', 'Program'}
  AND @Request[Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags:Project<$key_case_sensitive$>] ForAllOfAnyValues:StringEquals {'Cascade', 'Baker', 'Skagit'}))`,
			[]operation{
				{blobWrite, "Blob.Write.WithTagHeaders", namedAttributes{newTags: {"Project"}, newProject: {"Baker"}}, true},
				{blobWrite, "Blob.Write.WithTagHeaders", namedAttributes{newTags: {"Project", "Owner"}, newProject: {"Baker"}}, false},
				{blobWrite, "Blob.Write.WithTagHeaders", namedAttributes{newTags: {"Program"}}, false},
				{blobWrite, "", nil, true},
			},
		},
		{
			"a container and a path, for some time",
			`((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*'}))
 OR
 (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEqualsIgnoreCase 'uploads'
  AND @Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs:path] StringLike 'logs/*'
  AND @Environment[UtcNow] DateTimeGreaterThan '2024-05-01T13:00:00.0Z'
  AND @Environment[UtcNow] DateTimeLessThan '2024-06-01T13:00:00.0Z'))`,
			[]operation{
				{blobRead, "", namedAttributes{container: {"Uploads"}, blobPath: {"logs/a/b"}, now: {"2024-05-15T00:00:00Z"}}, true},
				{blobRead, "", namedAttributes{container: {"Uploads"}, blobPath: {"logs/a/b"}, now: {"2024-06-15T00:00:00Z"}}, false},
				{blobRead, "", namedAttributes{container: {"Uploads"}, blobPath: {"Logs/a/b"}, now: {"2024-05-15T00:00:00Z"}}, false},
				{blobRead, "", namedAttributes{container: {"Uploads"}, blobPath: {"logs/a/b"}}, false},
			},
		},
		{
			"the principal's own project",
			"!(ActionMatches{'*/blobs/read'}) OR @Principal[Microsoft.Directory/CustomSecurityAttributes/Id:Engineering_Project] ForAnyOfAnyValues:StringEquals @Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags:Project<$key_case_sensitive$>]",
			[]operation{
				{blobRead, "", namedAttributes{ownProject: {"Baker", "Cascade"}, project: {"Cascade"}}, true},
				{blobRead, "", namedAttributes{ownProject: {"Baker"}, project: {"Cascade"}}, false},
				{blobRead, "", namedAttributes{project: {"Cascade"}}, false},
				{blobRead, "", namedAttributes{ownProject: {"Baker"}}, false},
			},
		},
		{
			"a snapshot, or none",
			"@Request[Microsoft.Storage/storageAccounts/blobServices/containers/blobs:snapshot] DateTimeEquals '2024-05-01T13:00:00.0000000Z' OR NOT Exists @Request[Microsoft.Storage/storageAccounts/blobServices/containers/blobs:snapshot]",
			[]operation{
				{blobRead, "", nil, true},
				{blobRead, "", namedAttributes{snapshot: {"2024-05-01T13:00:00Z"}}, true},
				{blobRead, "", namedAttributes{snapshot: {"2024-05-02T13:00:00Z"}}, false},
				{blobRead, "", namedAttributes{snapshot: {"yesterday"}}, false},
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			condition := mustCondition(t, tt.text)
			for _, op := range tt.operations {
				operation := rbac.Operation{Action: op.action, SubOperation: op.subOperation, Attributes: op.attributes}
				if got := condition.Holds(operation); got != op.holds {
					t.Errorf("%s %s %v: holds = %v, want %v", op.action, op.subOperation, op.attributes, got, op.holds)
				}
			}
		})
	}
}

func TestParseConditionVersion(t *testing.T) {
	const text = "Exists @Resource[a]"
	for _, version := range []string{"", "2.0", "1.0"} {
		c, err := rbac.ParseCondition(text, version)
		if err != nil {
			t.Errorf("version %q: %v", version, err)
		} else if c.String() != text {
			t.Errorf("version %q: String() = %q", version, c)
		}
	}
	for _, version := range []string{"3.0", "2", "2.0 ", strings.Repeat("2", 1000)} {
		c, err := rbac.ParseCondition(text, version)
		if c != nil || !errors.Is(err, rbac.ErrCondition) || len(err.Error()) > 200 {
			t.Errorf("version %.20q: %v, %v", version, c, err)
		}
	}
}

func TestParseConditionErrors(t *testing.T) {
	nested := func(open, inner, end string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	tests := []struct {
		// A ^ in the text marks where the error is; it is taken out.
		text   string
		reason string
	}{
		{"^", `expected "(", "!", ActionMatches, SubOperationMatches, Exists or an attribute, found the end`},
		{" \n ^", "found the end"},
		{"^foo", `found "foo"`},
		{"^ActionMatchez{'*/read'}", `found "ActionMatchez"`},
		{"^Resource[a] StringEquals 'a'", `found "Resource"`},
		{"^'a' StringEquals @Resource[a]", `found "'a'"`},
		{"^)", `found ")"`},
		{"(^)", `found ")"`},
		{"(Exists @Resource[a]^", `expected AND, OR or ")", found the end`},
		{"(Exists @Resource[a]^}", `expected AND, OR or ")", found "}"`},
		{"Exists @Resource[a]^)", `expected AND, OR or the end, found ")"`},
		{"Exists @Resource[a] ^Exists @Resource[b]", `expected AND, OR or the end, found "Exists"`},
		{"Exists @Resource[a] ^XOR Exists @Resource[b]", `found "XOR"`},
		{"Exists @Resource[a] AND^", "found the end"},
		{"^OR Exists @Resource[a]", `found "OR"`},
		{"Exists @Resource[a] AND ^AND Exists @Resource[a]", `found "AND"`},
		{"Exists @Resource[a] ^& Exists @Resource[a]", `unexpected character '&'`},
		{"Exists @Resource[a] &&^& Exists @Resource[a]", `unexpected character '&'`},
		{"Exists @Resource[a] ^| Exists @Resource[a]", `unexpected character '|'`},
		{"NOT^", "found the end"},
		{"Exists @Resource[a] ^NOT", `found "NOT"`},
		{"^NOTExists @Resource[a]", `found "NOTExists"`},

		{"Exists @Resource[a] AND Exists @Resource[b] ^OR Exists @Resource[c]", "need parentheses"},
		{"Exists @Resource[a] || Exists @Resource[b] ^&& Exists @Resource[c]", "need parentheses"},
		{"!(Exists @Resource[a] OR Exists @Resource[b] OR Exists @Resource[c] ^and Exists @Resource[d])", "need parentheses"},
		{"NOT Exists @Resource[a] AND Exists @Resource[b] ^OR Exists @Resource[c]", "need parentheses"},

		{"ActionMatches^", `expected "{", found the end`},
		{"ActionMatches^('*/read')", `expected "{", found "("`},
		{"ActionMatches ^'*/read'", `expected "{", found "'*/read'"`},
		{"ActionMatches{^}", `expected a value, found "}"`},
		{"ActionMatches{^read}", `"read" is not a string in single quotes`},
		{"ActionMatches{^''}", `"''" is no pattern`},
		{"ActionMatches{'a', ^' '}", `"' '" is no pattern`},
		{"ActionMatches{^'a\tb'}", `"'a\tb'" is no pattern`},
		{"ActionMatches{^'" + strings.Repeat("\t", 1000) + "'}", "is no pattern"},
		{"ActionMatches{^'" + strings.Repeat("x", 1025) + "'}", "longer than 1024 bytes"},
		{"ActionMatches{'a'^", `expected "," or "}", found the end`},
		{"ActionMatches{'a' ^'b'}", `expected "," or "}"`},
		{"ActionMatches{'a',^}", "expected a value"},
		{"ActionMatches{^@Resource[a]}", "expected a value"},
		{"ActionMatches{^'a}", "no closing quote"},
		{"SubOperationMatches^", `expected "{"`},
		{"Exists^", "expected an attribute, found the end"},
		{"Exists^(@Resource[a])", `expected an attribute, found "("`},
		{"Exists ^'a'", "expected an attribute"},

		{"^@Subject[a] StringEquals 'a'", `"@Subject" is none of @Resource, @Request, @Principal and @Environment`},
		{"^@[a] StringEquals 'a'", `"@" is none of`},
		{"@Resource^", "expected an attribute's name in brackets after @Resource"},
		{"@Resource ^StringEquals 'a'", "in brackets after @Resource"},
		{"@Resource^[a StringEquals 'a'", "no closing bracket"},
		{"@Resource^[] StringEquals 'a'", `"" is no attribute's name`},
		{"@Resource^[ \n] StringEquals 'a'", "is no attribute's name"},
		{"@Resource^[a\nb] StringEquals 'a'", "is no attribute's name"},

		{"@Resource[a]^", "expected an operator, such as StringEquals, found the end"},
		{"@Resource[a] ^= 'a'", `unexpected character '='`},
		{"@Resource[a] ^'a'", "expected an operator"},
		{"@Resource[a] ^AND Exists @Resource[b]", `"AND" is no operator`},
		{"@Resource[a] ^StringContains 'a'", `"StringContains" is no operator`},
		{"@Resource[a] ^StringEqualsNot 'a'", "is no operator"},
		{"@Resource[a] ^TimeOfDayEquals '12:00'", "is no operator"},
		{"@Resource[a] ^BoolLessThan true", "is no operator"},
		{"@Resource[a] ^GuidEqualsIgnoreCase 'a'", "is no operator"},
		{"@Resource[a] ^ForAnyOfAnyValues {'a'}", "is no operator"},
		{"@Resource[a] ^ForAnyOfAnyValues:{'a'}", `"" is no operator`},
		{"@Resource[a] ^ForAnyOfAnyValues:Equals {'a'}", `"Equals" is no operator`},
		{"@Resource[a] ^ForSomeOfAnyValues:StringEquals {'a'}", `"ForSomeOfAnyValues" is none of ForAnyOfAnyValues`},
		{"@Resource[a] ^:StringEquals 'a'", "is none of ForAnyOfAnyValues"},
		{"@Resource[a] StringEquals^", `expected an attribute, a value or "{", found the end`},
		{"@Resource[a] StringEquals ^(", `expected an attribute, a value or "{"`},
		{"@Resource[a] StringEquals ^abc", `"abc" is not a string in single quotes`},
		{"@Resource[a] StringEquals ^\"abc\"", `unexpected character '"'`},
		{"@Resource[a] StringEquals ^‘abc’", `unexpected character '‘'`},
		{"@Resource[a]^\u00a0StringEquals 'abc'", `unexpected character '\u00a0'`},
		{"@Resource[a] StringEquals ^'abc", "no closing quote"},
		{"@Resource[a] StringEquals 'it'^'s'", "expected AND, OR or the end"},
		{"@Resource[a] StringEquals {'a', ^'b'}", "StringEquals with several values needs a prefix, such as ForAnyOfAnyValues:StringEquals"},
		{"{'a', ^'b'} StringEquals @Resource[a]", "needs a prefix"},
		{"@Resource[a] ForAnyOfAnyValues:StringEquals {^}", "expected a value"},
		{"@Resource[a] ForAnyOfAnyValues:StringEquals {'a', ^@Resource[b]}", "expected a value"},
		{"@Resource[a] ForAnyOfAnyValues:StringEquals {'a'^", `expected "," or "}"`},
		{"@Resource[a] NumericEquals ^1.5", `"1.5" is not an integer`},
		{"@Resource[a] NumericEquals ^9223372036854775808", "is not an integer"},
		{"{1, ^two} ForAnyOfAnyValues:NumericEquals @Resource[a]", `"two" is not an integer`},
		{"@Resource[a] DateTimeLessThan ^'2024-05-01'", `"'2024-05-01'" is not a time, such as 2024-05-01T13:00:00Z`},
		{"@Resource[a] BoolEquals ^1", `"1" is not true or false`},
		{"@Resource[a] BoolEquals ^Exists @Resource[b]", "is not true or false"},
		{"@Resource[a] ForAnyOfAnyValues:GuidEquals {8e3af657-a8ff-443c-a75c-2fe8c4bcb635, ^8e3af657}", `"8e3af657" is not a GUID`},

		{"Exists @Resource[a] ^\xff", "invalid UTF-8"},
		{"Exists @Resource[\ufffd^\xc3]", "invalid UTF-8"},
		{"Exists @Resource[a] ^\x00", `unexpected character '\x00'`},
		{"^\ufeffExists @Resource[a]", "unexpected character"},

		{nested("(", "^(Exists @Resource[a])", ")", 100), "nested deeper than 100"},
		{nested("!", "^Exists @Resource[a]", "", 100), "nested deeper than 100"},
		{nested("(", "", "", 100) + "^" + nested("(", "", "", 8000), "nested deeper than 100"},
		{"Exists @Resource[a]" + strings.Repeat(" ", 8192-19) + "^ ", "longer than 8192 bytes"},
		{"^" + strings.Repeat("x", 8000), `found "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"`},
	}
	for _, tt := range tests {
		before, after, _ := strings.Cut(tt.text, "^")
		text := before + after
		c, err := rbac.ParseCondition(text, "2.0")
		var syntax *rbac.ConditionError
		if !errors.As(err, &syntax) || !errors.Is(err, rbac.ErrCondition) || c != nil {
			t.Errorf("%.100q: %v, %v; want a ConditionError", text, c, err)
			continue
		}
		if syntax.Offset != len(before) || !strings.Contains(syntax.Reason, tt.reason) {
			t.Errorf("%.100q: at %d: %s; want at %d: ...%s...", text, syntax.Offset, syntax.Reason, len(before), tt.reason)
		}
		if !strings.Contains(err.Error(), syntax.Reason) || len(err.Error()) > 300 {
			t.Errorf("%.100q: the error is %s", text, err)
		}
	}
}

// The limits themselves are within them.
func TestParseConditionLimits(t *testing.T) {
	mustCondition(t, "Exists @Resource[a]"+strings.Repeat(" ", 8192-19))
	mustCondition(t, strings.Repeat("(", 99)+"Exists @Resource[a]"+strings.Repeat(")", 99))

	// Depth is what counts, not how much of it there is.
	mustCondition(t, strings.Repeat("((((Exists @Resource[a])))) AND ", 200)+"Exists @Resource[b]")
}

// Only what can still change the outcome is asked for.
func TestConditionAsksNoMoreThanItNeeds(t *testing.T) {
	tests := []struct {
		text  string
		asked string
	}{
		{"ActionMatches{'*/write'} AND Exists @Resource[a]", ""},
		{"!ActionMatches{'*/write'} OR @Resource[a] StringEquals 'a'", ""},
		{"ActionMatches{'*/read'} AND Exists @Resource[a]", "a"},
		{"Exists @Resource[a] OR Exists @Resource[b]", "ab"},
		{"@Resource[a] StringEquals @Request[b] AND Exists @Resource[c]", "ab"},
	}
	for _, tt := range tests {
		var asked string
		mustCondition(t, tt.text).Holds(rbac.Operation{
			Action:     "Microsoft.Compute/virtualMachines/read",
			Attributes: attributesFunc(func(_ rbac.AttributeSource, name string) []string { asked += name; return nil }),
		})
		if asked != tt.asked {
			t.Errorf("%s: asked for %q, want %q", tt.text, asked, tt.asked)
		}
	}
}

type attributesFunc func(source rbac.AttributeSource, name string) []string

func (f attributesFunc) Attribute(source rbac.AttributeSource, name string) []string {
	return f(source, name)
}

func TestConditionAllocations(t *testing.T) {
	values := map[string][]string{
		"name":  {"uploads"},
		"path":  {"Logs/2024/05"},
		"roles": {"acdd72a7-3385-48ef-bd42-f606fba81ae7", "b24988ac618042a0ab8820f7382dd24c"},
		"count": {"7"},
		"since": {"2024-05-01T13:00:00Z"},
	}
	op := rbac.Operation{
		Action:       "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/READ",
		SubOperation: "Blob.List",
		Attributes:   attributesFunc(func(_ rbac.AttributeSource, name string) []string { return values[name] }),
	}
	for _, text := range []string{
		"ActionMatches{'*/blobs/read'} AND SubOperationMatches{'Blob.List', 'Blob.*.x'} AND NOT ActionMatches{'*/blobs/write'}",
		"Exists @Resource[name] AND @Resource[name] StringEqualsIgnoreCase 'UPLOADS'",
		"@Resource[path] StringLikeIgnoreCase 'logs/*/0?' AND @Resource[path] StringStartsWithIgnoreCase 'logs/'",
		"@Request[count] NumericLessThan 10 AND @Environment[since] DateTimeLessThan '2024-06-01T00:00:00Z'",
		"@Resource[name] StringEquals @Request[name]",
		"@Request[roles] ForAllOfAnyValues:GuidEquals {b24988ac-6180-42a0-ab88-20f7382dd24c, acdd72a7-3385-48ef-bd42-f606fba81ae7}",
	} {
		condition := mustCondition(t, text)
		if !condition.Holds(op) {
			t.Errorf("%s does not hold", text)
		}
		if n := testing.AllocsPerRun(100, func() { condition.Holds(op) }); n > 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

// A pattern like this takes the age of the universe when every way to place its wildcards is tried.
func TestConditionHostilePattern(t *testing.T) {
	pattern := "'" + strings.Repeat("*a", 1000) + "*b'"
	op := rbac.Operation{Attributes: namedAttributes{"@resource[v]": {strings.Repeat("a", 2000)}}}
	if mustCondition(t, "@Resource[v] StringLike "+pattern).Holds(op) {
		t.Error("as have no b")
	}
}

func FuzzParseCondition(f *testing.F) {
	f.Add("ActionMatches{'*/read'} AND NOT SubOperationMatches{'Blob.List'}", "Microsoft.Compute/virtualMachines/read", "Blob.List", "a")
	f.Add("@Resource[a] ForAllOfAnyValues:GuidNotEquals{8e3af657a8ff443ca75c2fe8c4bcb635}", "", "", "8E3AF657-A8FF-443C-A75C-2FE8C4BCB635")
	f.Add("!(@Request[a:b<$key_case_sensitive$>] StringNotLikeIgnoreCase 'a*\\?') || Exists @Environment[UtcNow]", "a", "", "A?")
	f.Add("{1, 2} ForAnyOfAllValues:NumericLessThan @Principal[n]", "", "", "9")
	f.Add("@Resource[t] DateTimeLessThanEquals '2024-05-01T13:00:00.1234567Z' or @Resource[b] boolequals true", "", "", "true")
	f.Fuzz(func(t *testing.T, text, action, subOperation, value string) {
		condition, err := rbac.ParseCondition(text, "2.0")
		if err != nil {
			var syntax *rbac.ConditionError
			if !errors.As(err, &syntax) || !errors.Is(err, rbac.ErrCondition) {
				t.Fatalf("%q: %v is no ConditionError", text, err)
			}
			if syntax.Offset < 0 || syntax.Offset > len(text) || len(err.Error()) > 600 {
				t.Fatalf("%q: offset %d, %d bytes of text: %v", text, syntax.Offset, len(err.Error()), err)
			}
			return
		}
		if condition.String() != text {
			t.Fatalf("%q: String() = %q", text, condition)
		}
		negated, err := rbac.ParseCondition("!("+text+")", "2.0")
		if err != nil && len(text) < 8000 && !strings.Contains(err.Error(), "nested") {
			t.Fatalf("%q parses, but not with !( ) around it: %v", text, err)
		}
		again, err := rbac.ParseCondition(condition.String(), "")
		if err != nil {
			t.Fatalf("%q parses, and its String() does not: %v", text, err)
		}
		for _, values := range [][]string{nil, {value}, {value, "a"}} {
			op := rbac.Operation{
				Action:       action,
				SubOperation: subOperation,
				Attributes:   attributesFunc(func(rbac.AttributeSource, string) []string { return values }),
			}
			holds := condition.Holds(op)
			if again.Holds(op) != holds {
				t.Errorf("%q with %q: its String() evaluates differently", text, values)
			}
			if negated != nil && negated.Holds(op) == holds {
				t.Errorf("%q with %q: the same with !( ) around it", text, values)
			}
		}
	})
}
