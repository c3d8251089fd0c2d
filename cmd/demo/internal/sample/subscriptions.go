package sample

import (
	"cmp"

	"github.com/go-json-experiment/json/jsontext"

	"hubgate.example/cmd/demo/internal/resourcemanager"
)

// The sample subscriptions. DefaultProviderID is the administrator's own, and PartnerID is there with Entra ID only.
const (
	ProductionID      = "5ecc0438-c340-44de-b012-ef1729ccd25b"
	SandboxID         = "9f579131-6abd-4f74-8d2f-e384aa4efd6e"
	PartnerID         = "d6d4a926-05d4-40a3-9223-a178851a47e4"
	DefaultProviderID = "34235cde-f3fe-4529-92d1-3993ce6db269"
)

// Region is the location of all that is in the sample installations: what a single-node Azure Stack Hub calls itself.
const Region = "local"

// A subscription is a sample subscription with what is in it.
type subscription struct {
	id, name string
	tenant   string // "" is the home tenant
	// resources are resource groups and resources, by their ids below the subscription's; what lies in another one comes after it.
	resources []resource
}

type resource struct {
	id         string
	properties properties
}

// properties are a resource's own members: names and JSON values.
type properties map[string]string

var production = subscription{id: ProductionID, name: "Production", resources: []resource{
	{"/resourceGroups/app", nil},
	{"/resourceGroups/app/providers/Microsoft.Network/virtualNetworks/app-net", properties{"addressSpace": `{"addressPrefixes":["10.1.0.0/16"]}`}},
	{"/resourceGroups/app/providers/Microsoft.Network/virtualNetworks/app-net/subnets/default", properties{"addressPrefix": `"10.1.0.0/24"`}},
	{"/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web1", properties{"hardwareProfile": `{"vmSize":"Standard_D2_v2"}`}},
	{"/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web2", properties{"hardwareProfile": `{"vmSize":"Standard_D2_v2"}`}},
	{"/resourceGroups/data", nil},
	{"/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/backups", properties{"primaryLocation": `"` + Region + `"`}},
}}

var sandbox = subscription{id: SandboxID, name: "Sandbox", resources: []resource{
	{"/resourceGroups/lab", nil},
	{"/resourceGroups/lab/providers/Microsoft.Compute/virtualMachines/lab1", properties{"hardwareProfile": `{"vmSize":"Standard_A1"}`}},
}}

var partner = subscription{id: PartnerID, name: "Partner", tenant: partnerTenant, resources: []resource{
	{"/resourceGroups/web", nil},
	{"/resourceGroups/web/providers/Microsoft.Network/publicIPAddresses/web-ip", properties{"publicIPAllocationMethod": `"Static"`}},
	{"/resourceGroups/web/providers/Microsoft.Compute/virtualMachines/web1", properties{"hardwareProfile": `{"vmSize":"Standard_A1"}`}},
}}

// defaultProvider has the names that an Azure Stack Hub gives its own subscription and resource group.
var defaultProvider = subscription{id: DefaultProviderID, name: "Default Provider Subscription", resources: []resource{
	{"/resourceGroups/system." + Region, nil},
}}

// DirectoryTenantID returns the id of a tenant's registration on the administrator's side.
func DirectoryTenantID(tenant Tenant) string {
	return defaultProvider.path() + "/resourceGroups/system." + Region + "/providers/Microsoft.Subscriptions.Admin/directoryTenants/" + tenant.Domain
}

// GateAdministration is the path on the administrator's side below which the gate itself is administered.
func GateAdministration() string {
	return defaultProvider.path() + "/resourceGroups/system." + Region + "/providers/hubgate.admin"
}

func (s subscription) path() string { return "/subscriptions/" + s.id }

// Contents returns the side's subscriptions with their resource groups and resources. Those that are not a guest directory's
// belong to home.
func (s Side) Contents(home string) resourcemanager.Contents {
	var contents resourcemanager.Contents
	for _, subscription := range s.subscriptions {
		contents.Subscriptions = append(contents.Subscriptions, resourcemanager.Subscription{
			ID: subscription.id, Tenant: cmp.Or(subscription.tenant, home), DisplayName: subscription.name,
		})
		for _, resource := range subscription.resources {
			contents.Resources = append(contents.Resources, resourcemanager.Resource{
				ID: subscription.path() + resource.id, Location: Region, Properties: resource.properties.values(),
			})
		}
	}
	return contents
}

func (p properties) values() map[string]jsontext.Value {
	values := make(map[string]jsontext.Value)
	for name, value := range p {
		values[name] = jsontext.Value(value)
	}
	return values
}
