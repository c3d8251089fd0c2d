package openid

// ClaimNames says in which claims a token carries what Hubgate reads, each in order of preference: the first name that the
// token carries is the one that counts, even when its value is then refused. Names are exact.
type ClaimNames struct {
	// ObjectID is where the principal's object id is: a GUID or a SID.
	ObjectID []string
	// Groups is where the ids of the principal's groups are: an array of strings, or, with AD FS, one string.
	Groups []string
	// Tenant is where the directory tenant is.
	Tenant []string
	// Application is where the client application's id is.
	Application []string
	// Name is where a name for display is.
	Name []string
}

// A ClaimValue is a claim that has a certain value: the string itself, or an array of strings with it. Both are compared exactly.
type ClaimValue struct{ Name, Value string }

// EntraClaimNames are the claims of Entra ID, v1 and v2.
func EntraClaimNames() ClaimNames {
	return ClaimNames{
		ObjectID:    []string{"oid"},
		Groups:      []string{"groups"},
		Tenant:      []string{"tid"},
		Application: []string{"appid", "azp"},
		Name:        []string{"upn", "preferred_username", "unique_name"},
	}
}

// ADFSClaimNames are the claims of AD FS on Azure Stack Hub, where a rule issues the object id from primarysid and passes
// the groups' SIDs through. A site whose rules name the claims otherwise says so in VerifierConfig.ClaimNames.
func ADFSClaimNames() ClaimNames {
	const identity = "http://schemas.microsoft.com/ws/2008/06/identity/claims/"
	return ClaimNames{
		ObjectID:    []string{"oid", "primarysid", identity + "primarysid"},
		Groups:      []string{"groups", "groupsid", identity + "groupsid"},
		Tenant:      []string{"tid"},
		Application: []string{"appid", "azp"},
		Name:        []string{"upn", "unique_name"},
	}
}
