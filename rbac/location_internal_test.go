package rbac

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLocation(t *testing.T) {
	for _, path := range []string{
		"/",
		"/subscriptions/s",
		"/Subscriptions/0B1F6471-1bf0-4dda-aec3-111122223333/resourceGroups/Web",
		"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/VM",
		"/subscriptions/s/resourceGroups/Ärger-Straße",
		"/subscriptions/s/resourceGroups/ärger",
		"/subscriptions/s/resourceGroups/σίσυφος",
		"/subscriptions/s/resourceGroups/ⱥȺ", // the forms of one letter, which differ in length
	} {
		scope := MustParseScope(path)
		if got := newLocation(scope).scope(); got != scope {
			t.Errorf("the location of %q is %q with the key %q", path, got, got.Key())
		}
	}
}

func TestLineage(t *testing.T) {
	group := func(id string) string { return "/providers/Microsoft.Management/managementGroups/" + id }
	p, err := NewPolicy(PolicyConfig{ManagementGroups: []ManagementGroupMember{
		{ManagementGroup: group("Top"), Member: group("Middle")},
		{ManagementGroup: group("MIDDLE"), Member: "/subscriptions/S"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		scope string
		want  string
		own   int
	}{
		{"/", "/", 1},
		{"/subscriptions/t", "/ /subscriptions/t", 1},
		{"/subscriptions/s/resourceGroups/g",
			"/ " + group("top") + " " + group("middle") + " /subscriptions/s /subscriptions/s/resourcegroups/g", 3},
		{"/subscriptions/s/providers/a/b/c/d/e",
			"/ " + group("top") + " " + group("middle") + " /subscriptions/s /subscriptions/s/providers/a /subscriptions/s/providers/a/b/c /subscriptions/s/providers/a/b/c/d/e", 3},
		{group("top"), "/ /providers/microsoft.management " + group("top"), 1},
		{group("middle") + "/providers/a/b/c",
			"/ " + group("top") + " /providers/microsoft.management " + group("middle") + " " + group("middle") + "/providers/a " + group("middle") + "/providers/a/b/c", 2},
		{"/providers/Microsoft.Management/managementGroupsX/middle", "/ /providers/microsoft.management /providers/microsoft.management/managementgroupsx/middle", 1},
	} {
		levels, own := p.lineage(nil, MustParseScope(tt.scope).key)
		var keys []string
		for _, level := range levels {
			keys = append(keys, keyOf(level.key))
			if level.hash != hashKey(level.key) {
				t.Errorf("%s: the hash of %q is not that of the key", tt.scope, level.key)
			}
		}
		if got := strings.Join(keys, " "); got != strings.ToLower(tt.want) || own != tt.own {
			t.Errorf("%s:\n%s, %d, want\n%s, %d", tt.scope, got, own, strings.ToLower(tt.want), tt.own)
		}
	}
}

// keyOf writes the key of "/" as a scope does.
func keyOf(key string) string { return Scope{key: key}.Key() }

// Two locations with one hash are told apart by their keys.
func TestGrantTableComparesKeys(t *testing.T) {
	var assignments []*assignment
	for i, key := range []string{"/subscriptions/a", "/subscriptions/b", "/subscriptions/c"} {
		assignments = append(assignments, &assignment{location: &location{key: key, hash: 7}, role: uint32(i)})
	}
	for _, room := range []int{len(assignments), maxNarrow, maxNarrow + 1} {
		var table grantTable
		table.makeRoom(room)
		table.addAll(assignments)
		for i, a := range assignments {
			number := table.at(level{key: a.location.key, hash: 7})
			if number == 0 || table.grant(number).role != uint32(i) || table.following(number) != 0 {
				t.Errorf("room for %d: %s has grant %d", room, a.location.key, number)
			}
		}
		if number := table.at(level{key: "/subscriptions/d", hash: 7}); number != 0 {
			t.Errorf("room for %d: grant %d of another location", room, number)
		}
	}
}

// A table finds what it has at all its locations, and nothing elsewhere, whatever its size.
func TestGrantTableSizes(t *testing.T) {
	for _, size := range []int{0, 1, 2, 3, 1000, maxNarrow - 1, maxNarrow, maxNarrow + 1, 70_000} {
		var assignments []*assignment
		for i := range size {
			at := newLocation(MustParseScope(fmt.Sprint("/subscriptions/", i/2))) // two at each
			assignments = append(assignments, &assignment{location: at, role: uint32(i)})
			if i%2 == 1 {
				assignments[i].location = assignments[i-1].location
			}
		}
		var table grantTable
		table.makeRoom(size)
		table.addAll(assignments)
		for i := range size {
			var found []*assignment
			for _, a := range table.from(table.at(level{key: assignments[i].location.key, hash: assignments[i].location.hash})) {
				found = append(found, a)
			}
			if want := assignments[i&^1 : min(i|1, size-1)+1]; !slices.Equal(found, want) {
				t.Fatalf("%d grants: %d of %d are found at %s", size, len(found), len(want), assignments[i].location.key)
			}
		}
		elsewhere := newLocation(MustParseScope("/subscriptions/elsewhere"))
		if number := table.at(level{key: elsewhere.key, hash: elsewhere.hash}); number != 0 {
			t.Errorf("%d grants: grant %d elsewhere", size, number)
		}
		lists := 0
		for range table.lists {
			lists++
		}
		if lists != (size+1)/2 {
			t.Errorf("%d grants: %d lists", size, lists)
		}
	}
}

// A location's grants are one for each role, and last those that do not always count: of each condition one, and each that is for a time.
// What comes after a grant of the same role that always counts adds nothing.
func TestGrantTableLists(t *testing.T) {
	at := newLocation(MustParseScope("/subscriptions/s"))
	condition := &details{condition: &Condition{}, conditionText: "x"}
	again := &details{condition: &Condition{}, conditionText: "x", description: "again"}
	other := &details{condition: &Condition{}, conditionText: "y"}
	timed := &details{end: time.Now()}
	var assignments []*assignment
	for _, d := range []*details{condition, timed, nil, nil, condition, again, {description: "always"}, nil, other, timed} {
		for role := range uint32(40) {
			if role < 10 && d != nil && d.condition == nil && d.end.IsZero() || role < 10 && d == nil {
				continue // the first ten always count on a condition, or for a time, only
			}
			assignments = append(assignments, &assignment{location: at, role: role, details: d})
		}
	}
	var table grantTable
	table.makeRoom(len(assignments))
	table.addAll(assignments)
	var roles []uint32
	narrowed := 0
	for _, g := range table.from(table.at(level{key: at.key, hash: at.hash})) {
		switch {
		case g.narrowed():
			narrowed++
		case narrowed > 0:
			t.Fatal("a grant that always counts after one that does not")
		default:
			roles = append(roles, g.role)
		}
	}
	slices.Sort(roles)
	if len(roles) != 30 || roles[29] != 39 || len(slices.Compact(roles)) != 30 || narrowed != 10*4+30*2 {
		t.Errorf("%d grants that always count and %d others", len(roles), narrowed)
	}
}
