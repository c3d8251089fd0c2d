package imds

import (
	"net/url"
	"strings"

	"hubgate.example/cmd/demo/internal/identityprovider"
)

// identities are those of the machine.
type identities []identityprovider.ServicePrincipal

// selectors are the parameters that name an identity, by what they name it. Clients have several words for the same.
var selectors = []struct {
	parameter string
	of        func(identityprovider.ServicePrincipal) string
}{
	{"client_id", applicationID},
	{"clientid", applicationID}, // App Service before 2019
	{"object_id", objectID},
	{"principal_id", objectID}, // App Service
	{"mi_res_id", resourceID},
	{"msi_res_id", resourceID},
}

func applicationID(identity identityprovider.ServicePrincipal) string { return identity.ApplicationID }
func objectID(identity identityprovider.ServicePrincipal) string      { return identity.ObjectID }
func resourceID(identity identityprovider.ServicePrincipal) string    { return identity.ManagedIdentity }

// find finds the identity that parameters name. An empty parameter names none. Without a name it is the machine's own or, where it has
// none, the only one that is assigned to it.
func (all identities) find(parameters url.Values) (*identityprovider.ServicePrincipal, *failure) {
	var found *identityprovider.ServicePrincipal
	named := 0
	for _, selector := range selectors {
		value := parameters.Get(selector.parameter)
		if value == "" {
			continue
		}
		named++
		for i := range all {
			if strings.EqualFold(selector.of(all[i]), value) {
				found = &all[i]
			}
		}
	}
	switch {
	case named > 1:
		return nil, badRequest("The request names an identity more than once")
	case named == 1 && found == nil:
		return nil, badRequest("Identity not found")
	case named == 1:
		return found, nil
	}
	for i := range all {
		if !all[i].UserAssigned() {
			return &all[i], nil
		}
	}
	if len(all) > 1 {
		return nil, badRequest("Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request")
	}
	return &all[0], nil
}
