package sample

import (
	"github.com/go-json-experiment/json/jsontext"

	"hubgate.example/cmd/demo/internal/resourcemanager"
)

// The sample subscriptions.
const (
	ProductionID = "5ecc0438-c340-44de-b012-ef1729ccd25b"
	SandboxID    = "9f579131-6abd-4f74-8d2f-e384aa4efd6e"
)

const (
	production = "/subscriptions/" + ProductionID
	sandbox    = "/subscriptions/" + SandboxID
)

// Region is the location of all that is in the sample installation: what a single-node Azure Stack Hub calls itself.
const Region = "local"

// properties are a resource's own members: names and JSON values.
type properties map[string]string

func (p properties) values() map[string]jsontext.Value {
	values := make(map[string]jsontext.Value)
	for name, value := range p {
		values[name] = jsontext.Value(value)
	}
	return values
}

// Contents returns the sample subscriptions, which belong to tenant, with their resource groups and resources.
func Contents(tenant string) resourcemanager.Contents {
	const app, data, lab = production + "/resourceGroups/app", production + "/resourceGroups/data", sandbox + "/resourceGroups/lab"
	contents := resourcemanager.Contents{
		Subscriptions: []resourcemanager.Subscription{
			{ID: ProductionID, Tenant: tenant, DisplayName: "Production"},
			{ID: SandboxID, Tenant: tenant, DisplayName: "Sandbox"},
		},
	}
	for _, resource := range []struct {
		id         string
		properties properties
	}{
		{app, nil},
		{app + "/providers/Microsoft.Network/virtualNetworks/app-net", properties{"addressSpace": `{"addressPrefixes":["10.1.0.0/16"]}`}},
		{app + "/providers/Microsoft.Network/virtualNetworks/app-net/subnets/default", properties{"addressPrefix": `"10.1.0.0/24"`}},
		{app + "/providers/Microsoft.Compute/virtualMachines/web1", properties{"hardwareProfile": `{"vmSize":"Standard_D2_v2"}`}},
		{app + "/providers/Microsoft.Compute/virtualMachines/web2", properties{"hardwareProfile": `{"vmSize":"Standard_D2_v2"}`}},
		{data, nil},
		{data + "/providers/Microsoft.Storage/storageAccounts/backups", properties{"primaryLocation": `"` + Region + `"`}},
		{lab, nil},
		{lab + "/providers/Microsoft.Compute/virtualMachines/lab1", properties{"hardwareProfile": `{"vmSize":"Standard_A1"}`}},
	} {
		contents.Resources = append(contents.Resources, resourcemanager.Resource{
			ID:         resource.id,
			Location:   Region,
			Properties: resource.properties.values(),
		})
	}
	return contents
}
