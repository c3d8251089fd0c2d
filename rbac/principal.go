package rbac

import (
	"errors"
	"fmt"
	"strings"
)

// ErrInvalidPrincipal is wrapped by errors about a principal id that is neither a GUID nor a SID, or that is the zero GUID,
// which stands for everyone in a deny assignment and for nobody in a role assignment.
var ErrInvalidPrincipal = errors.New("invalid principal id")

// principalTypes are the types of a role assignment's principal, in Azure's words.
var principalTypes = []string{"User", "Group", "ServicePrincipal", "ForeignGroup", "Device"}

const zeroGUID = "00000000-0000-0000-0000-000000000000"

func checkPrincipal(id string) error {
	switch {
	case id == zeroGUID:
		return fmt.Errorf("%w: the zero GUID", ErrInvalidPrincipal)
	case !IsGUID(id) && !isSID(id):
		return fmt.Errorf("%w: %.80q is neither a GUID nor a SID", ErrInvalidPrincipal, id)
	}
	return nil
}

// IsGUID reports whether s is a GUID: 32 hexadecimal digits of either case in groups of 8, 4, 4, 4 and 12, with dashes
// between. Resource Manager's subscription ids have this form, as have the ids of Entra ID.
func IsGUID(s string) bool {
	if len(s) != len(zeroGUID) || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	const hyphen = '-' ^ '0' // makes a digit of one
	return hexDigits(eightBytes(s))&hexDigits(eightBytes(s[8:])^(hyphen|hyphen<<40))&
		hexDigits(eightBytes(s[16:])^(hyphen<<16|hyphen<<56))&hexDigits(eightBytes(s[24:]))&hexDigits(eightBytes(s[28:])) == tops
}

// isSID reports whether s is a security identifier in text form, as AD FS issues them for users and groups: S-1-, then the
// authority and at least one sub-authority, each decimal.
func isSID(s string) bool {
	parts := strings.Split(s, "-")
	if len(s) > 184 || len(parts) < 4 || parts[0] != "S" && parts[0] != "s" || parts[1] != "1" {
		return false
	}
	for _, part := range parts[2:] {
		if part == "" || len(part) > 15 || strings.Trim(part, "0123456789") != "" {
			return false
		}
	}
	return true
}

// principalKey returns the form of a principal id by which ids compare. Ids as verified tokens carry them, GUIDs in lower
// case and SIDs with a capital S, are that form already.
func principalKey(id string) string {
	if digits, ok := strings.CutPrefix(id, "s"); ok {
		return "S" + digits
	}
	if strings.HasPrefix(id, "S") {
		return id
	}
	return fold(id)
}
