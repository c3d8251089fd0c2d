package rbac

import (
	"strings"
	"testing"
)

func TestPrincipalIDs(t *testing.T) {
	tests := []struct {
		id    string
		guid  bool
		valid bool // as the principal of an assignment
	}{
		{"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", true, true},
		{"AAAAAAAA-1234-5678-90ab-FfFfFfFfFfFf", true, true},
		{"00000000-0000-0000-0000-000000000000", true, false},
		{"00000000-0000-0000-0000-000000000001", true, true},
		{"", false, false},
		{"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeee", false, false},
		{"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeeee", false, false},
		{"aaaaaaaabbbbccccddddeeeeeeeeeeee", false, false},
		{"aaaaaaaa-bbbb-cccc-ddddeeeeeeeeeeeee", false, false},
		{"aaaaaaaa_bbbb_cccc_dddd_eeeeeeeeeeee", false, false},
		{"gaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", false, false},
		{"-aaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", false, false},
		{"{aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeee}", false, false},
		{"S-1-5-21-1004336348-1177238915-682003330-512", false, true},
		{"s-1-5-21-1", false, true},
		{"S-1-1-0", false, true},
		{"S-1-5", false, false},
		{"S-1-5-", false, false},
		{"S-1--5-21", false, false},
		{"S-2-5-21", false, false},
		{"S-01-5-21", false, false},
		{"S-1-5-2x", false, false},
		{"S-1-5-+2", false, false},
		{"S 1 5 21", false, false},
		{"XS-1-5-21", false, false},
		{"S-1-5-1234567890123456", false, false},
		{"S-1-5" + strings.Repeat("-1", 100), false, false},
	}
	for _, tt := range tests {
		if IsGUID(tt.id) != tt.guid {
			t.Errorf("IsGUID(%q) = %v", tt.id, !tt.guid)
		}
		if err := checkPrincipal(tt.id); (err == nil) != tt.valid {
			t.Errorf("%q: %v", tt.id, err)
		}
		if tt.valid && (principalKey(tt.id) != principalKey(strings.ToUpper(tt.id)) || principalKey(tt.id) != principalKey(strings.ToLower(tt.id))) {
			t.Errorf("%q: the key depends on case", tt.id)
		}
	}
}
