package rbac_test

import (
	"strings"
	"testing"

	"hubgate.example/rbac"
)

// Ids that the tests of this package use.
const (
	subA    = "/subscriptions/11111111-1111-1111-1111-111111111111"
	subB    = "/subscriptions/22222222-2222-2222-2222-222222222222"
	groupA  = subA + "/resourceGroups/web"
	machine = groupA + "/providers/Microsoft.Compute/virtualMachines/vm1"

	mgmtGroup = "/providers/Microsoft.Management/managementGroups/mg1"
)

func mustScope(t testing.TB, s string) rbac.Scope {
	t.Helper()
	scope, err := rbac.ParseScope(s)
	if err != nil {
		t.Fatal(err)
	}
	return scope
}

func TestParseScope(t *testing.T) {
	tests := []struct {
		scope         string
		parent        string
		subscription  string
		resourceGroup string
		resourceType  string
		name          string
	}{
		{scope: "/"},
		{
			scope:        mgmtGroup,
			parent:       "/",
			resourceType: "Microsoft.Management/managementGroups",
			name:         "mg1",
		},
		{
			scope:        "/subscriptions/s",
			parent:       "/",
			subscription: "s",
			resourceType: "Microsoft.Resources/subscriptions",
			name:         "s",
		},
		{
			scope:         "/SUBSCRIPTIONS/S/RESOURCEGROUPS/Web",
			parent:        "/SUBSCRIPTIONS/S",
			subscription:  "S",
			resourceGroup: "Web",
			resourceType:  "Microsoft.Resources/subscriptions/resourceGroups",
			name:          "Web",
		},
		{
			scope:        "/subscriptions/s/providers/Microsoft.Network/dnsZones/example.com",
			parent:       "/subscriptions/s",
			subscription: "s",
			resourceType: "Microsoft.Network/dnsZones",
			name:         "example.com",
		},
		{
			scope:         "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/a/databases/b",
			parent:        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/a",
			subscription:  "s",
			resourceGroup: "g",
			resourceType:  "Microsoft.Sql/servers/databases",
			name:          "b",
		},
		{
			scope:         "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/a/Providers/Microsoft.Insights/diagnosticSettings/d",
			parent:        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/a",
			subscription:  "s",
			resourceGroup: "g",
			resourceType:  "Microsoft.Insights/diagnosticSettings",
			name:          "d",
		},
		{
			scope:        "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/r",
			parent:       "/subscriptions/s",
			subscription: "s",
			resourceType: "Microsoft.Authorization/roleAssignments",
			name:         "r",
		},
		{
			scope:        "/providers/Microsoft.Authorization/roleDefinitions/r",
			parent:       "/",
			resourceType: "Microsoft.Authorization/roleDefinitions",
			name:         "r",
		},
		{
			scope:        mgmtGroup + "/subscriptions/s",
			parent:       mgmtGroup,
			resourceType: "Microsoft.Management/managementGroups/subscriptions",
			name:         "s",
		},
		{
			scope:         "/subscriptions/s/resourceGroups/Größe (1) & so*on",
			parent:        "/subscriptions/s",
			subscription:  "s",
			resourceGroup: "Größe (1) & so*on",
			resourceType:  "Microsoft.Resources/subscriptions/resourceGroups",
			name:          "Größe (1) & so*on",
		},
		{
			scope:         "/subscriptions/resourceGroups/resourceGroups/subscriptions",
			parent:        "/subscriptions/resourceGroups",
			subscription:  "resourceGroups",
			resourceGroup: "subscriptions",
			resourceType:  "Microsoft.Resources/subscriptions/resourceGroups",
			name:          "subscriptions",
		},
	}
	for _, tt := range tests {
		t.Run(tt.scope, func(t *testing.T) {
			scope := mustScope(t, tt.scope)
			if got := scope.String(); got != tt.scope {
				t.Errorf("String() = %q", got)
			}
			parent, ok := scope.Parent()
			if ok != (tt.parent != "") || parent.String() != "/"+strings.TrimPrefix(tt.parent, "/") {
				t.Errorf("Parent() = %q, %v, want %q", parent, ok, tt.parent)
			}
			if got := scope.Subscription(); got != tt.subscription {
				t.Errorf("Subscription() = %q, want %q", got, tt.subscription)
			}
			if got := scope.ResourceGroup(); got != tt.resourceGroup {
				t.Errorf("ResourceGroup() = %q, want %q", got, tt.resourceGroup)
			}
			if got := scope.ResourceType(); got != tt.resourceType {
				t.Errorf("ResourceType() = %q, want %q", got, tt.resourceType)
			}
			if got := scope.Name(); got != tt.name {
				t.Errorf("Name() = %q, want %q", got, tt.name)
			}
		})
	}
}

func TestParseScopeRefuses(t *testing.T) {
	tests := []struct{ name, scope string }{
		{"empty", ""},
		{"relative", "subscriptions/s"},
		{"trailing slash", "/subscriptions/s/"},
		{"two slashes", "//subscriptions/s"},
		{"empty segment", "/subscriptions//resourceGroups/g"},
		{"dot segment", "/subscriptions/./resourceGroups/g"},
		{"dot dot segment", "/subscriptions/s/resourceGroups/.."},
		{"control character", "/subscriptions/s\n"},
		{"NUL", "/subscriptions/s\x00"},
		{"DEL", "/subscriptions/s\x7f"},
		{"invisible character", "/subscriptions/s\u200b"},
		{"right-to-left override", "/subscriptions/s\u202e"},
		{"no-break space", "/subscriptions/s\u00a0t"},
		{"leading blank", "/subscriptions/ s"},
		{"trailing blank", "/subscriptions/s /resourceGroups/g"},
		{"invalid UTF-8", "/subscriptions/s\xff"},
		{"backslash", `/subscriptions/s\t`},
		{"semicolon", "/subscriptions/s;t"},
		{"percent", "/subscriptions/s%41"},
		{"question mark", "/subscriptions/s?t"},
		{"number sign", "/subscriptions/s#t"},
		{"long s", "/ſubscriptions/s"},
		{"Kelvin sign", "/subscriptions/\u212a"},
		{"dotted I", "/subscriptions/İ"},
		{"dotless i", "/subscriptions/ı"},
		{"over-long", "/subscriptions/" + strings.Repeat("s", 2048)},
		{"no subscription", "/subscriptions"},
		{"no resource group", "/subscriptions/s/resourceGroups"},
		{"unknown word", "/subscriptions/s/tags"},
		{"unknown words", "/subscriptions/s/tagNames/t"},
		{"no namespace", "/subscriptions/s/providers"},
		{"no type", "/subscriptions/s/providers/Microsoft.Compute"},
		{"no name", "/subscriptions/s/providers/Microsoft.Compute/virtualMachines"},
		{"no nested name", machine + "/extensions"},
		{"no extension", machine + "/providers"},
		{"no extension type", machine + "/providers/Microsoft.Insights"},
		{"resource group below a provider", "/resourceGroups/g"},
		{"a word", "/foo/bar"},
		{"subscription called providers", "/subscriptions/providers"},
		{"resource group called providers", "/subscriptions/s/resourceGroups/Providers"},
		{"namespace called providers", "/providers/providers/a/b"},
		{"resource called providers", "/providers/Microsoft.Compute/virtualMachines/providers"},
		{"type called providers", "/providers/Microsoft.Compute/providers/Microsoft.Sql/servers/s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if scope, err := rbac.ParseScope(tt.scope); err == nil {
				t.Errorf("ParseScope(%q) = %q", tt.scope, scope)
			}
		})
	}
}

func TestScopeLengthLimit(t *testing.T) {
	longest := "/subscriptions/" + strings.Repeat("s", 2048-len("/subscriptions/"))
	mustScope(t, longest)
	if _, err := rbac.ParseScope(longest + "s"); err == nil {
		t.Error("2,049 bytes accepted")
	}
}

func TestScopeContains(t *testing.T) {
	tests := []struct {
		scope, other string
		contains     bool
	}{
		{"/", "/", true},
		{"/", subA, true},
		{"/", mgmtGroup, true},
		{subA, "/", false},
		{subA, subA, true},
		{subA, strings.ToUpper(subA), true},
		{strings.ToUpper(subA), groupA, true},
		{subA, machine, true},
		{groupA, machine, true},
		{machine, groupA, false},
		{subA, subB, false},
		{"/subscriptions/1", "/subscriptions/12", false},
		{"/subscriptions/1", "/subscriptions/1/resourceGroups/g", true},
		{"/subscriptions/12", "/subscriptions/1", false},
		{groupA, groupA + "2", false},
		{machine, machine + "/providers/Microsoft.Insights/diagnosticSettings/d", true},
		{machine, machine + "/extensions/e", true},
		{"/subscriptions/s/resourceGroups/ÄRGER", "/subscriptions/s/resourceGroups/ärger", true},
		{"/subscriptions/s/resourceGroups/Ärger", "/subscriptions/s/resourceGroups/arger", false},
	}
	for _, tt := range tests {
		scope, other := mustScope(t, tt.scope), mustScope(t, tt.other)
		if got := scope.Contains(other); got != tt.contains {
			t.Errorf("%q contains %q = %v, want %v", tt.scope, tt.other, got, tt.contains)
		}
		if equal := tt.contains && other.Contains(scope); scope.Equal(other) != equal || (scope.Key() == other.Key()) != equal {
			t.Errorf("%q equals %q = %v, want %v", tt.scope, tt.other, !equal, equal)
		}
	}
}

func TestZeroScopeIsRoot(t *testing.T) {
	var zero rbac.Scope
	if root := mustScope(t, "/"); zero != root || zero != rbac.Root || zero.String() != "/" || zero.Key() != "/" {
		t.Errorf("zero = %q, key %q", zero, zero.Key())
	}
}

func TestMustParseScope(t *testing.T) {
	if scope := rbac.MustParseScope(machine); scope.String() != machine {
		t.Errorf("%s", scope)
	}
	defer func() {
		if err, _ := recover().(error); err == nil || !strings.Contains(err.Error(), `"/x"`) {
			t.Errorf("panic with %v", err)
		}
	}()
	rbac.MustParseScope("/x")
}

func TestChild(t *testing.T) {
	for _, tt := range []struct {
		scope, resourceType, name string
		want                      string // "" for an error
	}{
		{"/", "subscriptions", "s", "/subscriptions/s"},
		{"/", "Microsoft.Management/managementGroups", "mg1", mgmtGroup},
		{subA, "resourceGroups", "web", groupA},
		{subA, "RESOURCEGROUPS", "Web (1)", subA + "/RESOURCEGROUPS/Web (1)"},
		{subA, "Microsoft.Support/supportTickets", "t", subA + "/providers/Microsoft.Support/supportTickets/t"},
		{groupA, "Microsoft.Compute/virtualMachines", "vm1", machine},
		{machine, "extensions", "e", machine + "/extensions/e"},
		{machine, "Microsoft.Authorization/roleAssignments", "r", machine + "/providers/Microsoft.Authorization/roleAssignments/r"},

		{"/", "resourceGroups", "web", ""},
		{"/", "subscriptions", "", ""},
		{"/", "", "s", ""},
		{"/", "", "", ""},
		{subA, "resourceGroups", "", ""},
		{subA, "resourceGroups", "..", ""},
		{subA, "resourceGroups", " web", ""},
		{subA, "resourceGroups", "%2e", ""},
		{subA, "resourceGroups", "providers", ""},
		{subA, "resourceGroups", "web/providers/Microsoft.Compute/virtualMachines/vm1", ""},
		{subA, "resourceGroups", "web/", ""},
		{subA, "resourceGroups", "/web", ""},
		{subA, "resourceGroups/web", "providers", ""},
		{subA, "resourceGroups", strings.Repeat("x", 2048), ""},
		{subA, "virtualMachines", "vm1", ""},
		{subA, "providers", "Microsoft.Compute", ""},
		{groupA, "resourceGroups", "web", ""},
		{groupA, "providers", "Microsoft.Compute", ""},
		{groupA, "/virtualMachines", "vm1", ""},
		{groupA, "Microsoft.Compute/", "vm1", ""},
		{groupA, "providers/Microsoft.Compute", "vm1", ""},
		{groupA, "Microsoft.Compute/virtualMachines/extensions", "e", ""},
		{groupA, "Microsoft.Compute/virtualMachines/vm1/extensions", "e", ""},
		{machine, "providers", "Microsoft.Authorization", ""},
	} {
		scope, err := mustScope(t, tt.scope).Child(tt.resourceType, tt.name)
		switch {
		case tt.want == "":
			if err == nil || !strings.HasPrefix(err.Error(), "rbac: scope") || scope != rbac.Root {
				t.Errorf("%s, %s %q: %s, %v", tt.scope, tt.resourceType, tt.name, scope, err)
			}
		case err != nil || scope.String() != tt.want:
			t.Errorf("%s, %s %q: %s, %v, want %s", tt.scope, tt.resourceType, tt.name, scope, err, tt.want)
		}
	}
}

// Whatever the names, a child lies directly in its parent.
func FuzzChild(f *testing.F) {
	f.Add(subA, "resourceGroups", "web")
	f.Add(groupA, "Microsoft.Compute/virtualMachines", "vm1")
	f.Add(machine, "providers", "a/b/c")
	f.Add(mgmtGroup, "providers/a", "b")
	f.Fuzz(func(t *testing.T, s, resourceType, name string) {
		scope, err := rbac.ParseScope(s)
		if err != nil {
			return
		}
		child, err := scope.Child(resourceType, name)
		if err != nil {
			return
		}
		if parent, ok := child.Parent(); !ok || parent != scope || child.Name() != name {
			t.Fatalf("%q in %q", child, scope)
		}
	})
}

func FuzzParseScope(f *testing.F) {
	for _, seed := range []string{
		"/", subA, machine, mgmtGroup,
		machine + "/extensions/e/providers/Microsoft.Authorization/roleAssignments/r",
		"/subscriptions/s/resourceGroups/Straße", "/subscriptions/\u212a", "//", "/a/../b", "/subscriptions/s%2f",
		"/providers/a/b/providers", "/subscriptions/s/resourceGroups/g/providers/providers/x/y",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		scope, err := rbac.ParseScope(s)
		if err != nil {
			if scope != rbac.Root {
				t.Fatal("a scope besides an error")
			}
			return
		}
		if scope.String() != s {
			t.Fatalf("written %q, read %q", s, scope)
		}
		other, err := rbac.ParseScope(strings.ToUpper(s))
		if err == nil && strings.EqualFold(s, other.String()) != scope.Equal(other) {
			t.Fatalf("%q and %q: equal = %v", s, other, scope.Equal(other))
		}
		// From any scope the way up ends at "/", and each step is a scope that contains the one before.
		for at := scope; ; {
			parent, ok := at.Parent()
			if !ok {
				if !at.Equal(rbac.Root) {
					t.Fatalf("%q has no parent", at)
				}
				break
			}
			again, err := rbac.ParseScope(parent.String())
			if err != nil || again != parent {
				t.Fatalf("parent of %q: %q, %v", at, parent, err)
			}
			if !parent.Contains(at) || at.Contains(parent) {
				t.Fatalf("%q does not lie below its parent %q", at, parent)
			}
			at = parent
		}
	})
}
