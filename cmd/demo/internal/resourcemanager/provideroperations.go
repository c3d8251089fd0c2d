package resourcemanager

import (
	"net/http"
	"slices"
	"strings"
)

// providerOperations are the actions that a role can name of a provider, as clients read them.
type providerOperations struct {
	DisplayName   string           `json:"displayName"`
	ID            string           `json:"id"`
	Name          string           `json:"name"`
	Type          string           `json:"type"`
	Operations    []typeOperation  `json:"operations"`
	ResourceTypes []typeOperations `json:"resourceTypes,omitempty"`
}

type typeOperations struct {
	Name        string          `json:"name"`
	DisplayName string          `json:"displayName"`
	Operations  []typeOperation `json:"operations"`
}

type typeOperation struct {
	Name         string `json:"name"`
	DisplayName  string `json:"displayName"`
	Description  string `json:"description"`
	IsDataAction bool   `json:"isDataAction"`
}

// operations returns what can be done with a provider as a whole and, when they are asked for, with the resources of its types.
func (p provider) operations(withTypes bool) providerOperations {
	answer := providerOperations{
		DisplayName: strings.ReplaceAll(p.namespace, ".", " "),
		ID:          "/providers/Microsoft.Authorization/providerOperations/" + p.namespace,
		Name:        p.namespace,
		Type:        "Microsoft.Authorization/providerOperations",
		Operations:  []typeOperation{},
	}
	if p.registration != needless {
		for _, action := range []string{"register", "unregister"} {
			answer.Operations = append(answer.Operations, newTypeOperation(p.namespace+"/"+action+"/action", action, p.namespace))
		}
	}
	if !withTypes {
		return answer
	}
	for _, t := range p.types {
		described := typeOperations{Name: t.name, DisplayName: t.name}
		verbs := []string{"read", "write", "delete"}
		if t.readOnly {
			verbs = verbs[:1]
		}
		for _, verb := range verbs {
			described.Operations = append(described.Operations, newTypeOperation(p.namespace+"/"+t.name+"/"+verb, verb, t.name))
		}
		for _, action := range t.actions {
			described.Operations = append(described.Operations, newTypeOperation(p.namespace+"/"+t.name+"/"+action+"/action", action, t.name))
		}
		answer.ResourceTypes = append(answer.ResourceTypes, described)
	}
	return answer
}

func newTypeOperation(name, verb, of string) typeOperation {
	said := strings.ToUpper(verb[:1]) + verb[1:] + " " + of
	return typeOperation{Name: name, DisplayName: said, Description: said}
}

// listProviderOperations and getProviderOperations answer to everyone alike.
func (s *Server) listProviderOperations(w http.ResponseWriter, r *http.Request) error {
	var answers []providerOperations
	for _, provider := range s.providers.all {
		answers = append(answers, provider.operations(expandsTypes(r)))
	}
	return writeList(w, answers)
}

func (s *Server) getProviderOperations(w http.ResponseWriter, r *http.Request) error {
	provider, err := s.providers.find(lastSegment(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, provider.operations(expandsTypes(r)))
}

func expandsTypes(r *http.Request) bool {
	return slices.Contains(strings.Split(strings.ToLower(r.URL.Query().Get("$expand")), ","), "resourcetypes")
}
