package resourcemanager

// resourcesVersions are the api-versions of what Resource Manager serves itself, the newest first, as clients want them.
var resourcesVersions = []string{
	"2022-12-01", "2022-09-01", "2021-04-01", "2021-01-01", "2020-10-01", "2020-06-01", "2019-11-01", "2019-10-01", "2019-08-01",
	"2019-07-01", "2019-05-10", "2019-05-01", "2019-03-01", "2018-05-01", "2018-02-01", "2017-05-10", "2016-09-01", "2016-06-01",
	"2016-02-01", "2015-11-01", "2015-01-01",
}

// The api-versions of the resource providers: those that az 2.45 and Azure Stack Hub's profiles know.
var (
	computeVersions = []string{
		"2022-08-01", "2022-03-01", "2021-11-01", "2021-07-01", "2021-04-01", "2021-03-01", "2020-12-01", "2020-06-01", "2019-12-01",
		"2019-07-01", "2019-03-01", "2018-10-01", "2018-06-01", "2018-04-01", "2017-12-01", "2017-03-30", "2016-03-30", "2015-06-15",
	}
	diskVersions = []string{
		"2022-07-02", "2022-03-02", "2021-12-01", "2021-08-01", "2021-04-01", "2020-12-01", "2020-09-30", "2020-06-30", "2020-05-01",
		"2019-11-01", "2019-07-01", "2019-03-01", "2018-09-30", "2018-06-01", "2018-04-01", "2017-03-30",
	}
	networkVersions = []string{
		"2022-07-01", "2021-02-01", "2020-11-01", "2020-08-01", "2020-07-01", "2020-06-01", "2020-05-01", "2020-04-01", "2020-03-01",
		"2019-12-01", "2019-11-01", "2019-09-01", "2019-08-01", "2019-07-01", "2019-06-01", "2019-04-01", "2019-02-01", "2018-12-01",
		"2018-11-01", "2018-10-01", "2018-08-01", "2018-07-01", "2018-06-01", "2018-04-01", "2018-02-01", "2018-01-01", "2017-10-01",
		"2017-06-01", "2017-03-01", "2016-12-01", "2016-09-01", "2015-06-15",
	}
	dnsVersions     = []string{"2018-05-01", "2018-03-01-preview", "2016-04-01"}
	storageVersions = []string{
		"2022-09-01", "2022-05-01", "2021-09-01", "2021-08-01", "2021-06-01", "2021-04-01", "2021-02-01", "2021-01-01", "2019-06-01",
		"2019-04-01", "2018-11-01", "2018-07-01", "2018-02-01", "2017-10-01", "2017-06-01", "2016-12-01", "2016-01-01", "2015-06-15",
	}
	keyVaultVersions           = []string{"2022-07-01", "2021-10-01", "2019-09-01", "2018-02-14", "2016-10-01"}
	authorizationVersions      = []string{"2022-04-01", "2020-04-01-preview", "2018-09-01-preview", "2018-01-01-preview", "2015-07-01"}
	diagnosticSettingsVersions = []string{"2021-05-01-preview", "2017-05-01-preview"}
	sqlVersions                = []string{"2021-11-01", "2014-04-01"}
	webVersions                = []string{
		"2022-03-01", "2021-01-15", "2021-01-01", "2020-12-01", "2020-09-01", "2020-06-01", "2019-08-01", "2018-11-01", "2018-02-01",
		"2016-09-01", "2016-08-01", "2016-03-01", "2015-08-01",
	}
)

// offeredProviders are the resource providers of the demo. Of most there is nothing but the table: what a client writes is kept as
// it came.
var offeredProviders = []provider{
	{namespace: "Microsoft.Authorization", registration: needless, own: true, types: []resourceType{
		{name: "roleAssignments", versions: authorizationVersions},
		{name: "roleDefinitions", versions: authorizationVersions},
		{name: "providerOperations", versions: []string{"2018-01-01-preview", "2015-07-01-preview", "2015-07-01"}, readOnly: true},
	}},
	{namespace: "Microsoft.Compute", registration: present, types: []resourceType{
		{name: "availabilitySets", versions: computeVersions},
		{name: "disks", versions: diskVersions, actions: []string{"beginGetAccess", "endGetAccess"}},
		{name: "images", versions: computeVersions},
		{name: "snapshots", versions: diskVersions, actions: []string{"beginGetAccess", "endGetAccess"}},
		{name: "virtualMachines", versions: computeVersions, actions: []string{"start", "powerOff", "restart", "deallocate", "generalize", "capture"}},
		{name: "virtualMachines/extensions", versions: computeVersions},
		{name: "virtualMachineScaleSets", versions: computeVersions, actions: []string{"start", "powerOff", "restart", "deallocate"}},
	}},
	{namespace: "Microsoft.Consumption", registration: needless, types: []resourceType{
		{name: "budgets", versions: []string{"2021-10-01", "2019-10-01", "2019-05-01", "2018-10-01"}},
	}},
	{namespace: "Microsoft.ContainerRegistry", types: []resourceType{
		{name: "registries", versions: []string{"2022-12-01", "2019-05-01"}, actions: []string{"listCredentials", "regenerateCredential"}},
	}},
	{namespace: "Microsoft.ContainerService", types: []resourceType{
		{name: "managedClusters", versions: []string{"2022-11-01", "2020-11-01"}, actions: []string{"listClusterAdminCredential", "listClusterUserCredential"}},
	}},
	{namespace: "Microsoft.EventHub", types: []resourceType{
		{name: "namespaces", versions: []string{"2021-11-01", "2018-01-01-preview", "2017-04-01"}},
		{name: "namespaces/eventhubs", versions: []string{"2021-11-01", "2017-04-01"}},
	}},
	{namespace: "Microsoft.Insights", registration: present, types: []resourceType{
		{name: "actionGroups", versions: []string{"2022-06-01", "2019-06-01", "2018-03-01"}},
		{name: "diagnosticSettings", versions: diagnosticSettingsVersions},
		{name: "metricAlerts", versions: []string{"2018-03-01"}},
	}},
	{namespace: "Microsoft.KeyVault", types: []resourceType{
		{name: "vaults", versions: keyVaultVersions, actions: []string{"deploy"}},
		{name: "vaults/secrets", versions: keyVaultVersions},
	}},
	{namespace: "Microsoft.ManagedIdentity", types: []resourceType{
		{name: "userAssignedIdentities", versions: []string{"2022-01-31-preview", "2018-11-30"}, actions: []string{"assign"}},
	}},
	{namespace: "Microsoft.Network", registration: present, types: []resourceType{
		{name: "dnsZones", versions: dnsVersions},
		{name: "loadBalancers", versions: networkVersions},
		{name: "networkInterfaces", versions: networkVersions, actions: []string{"join"}},
		{name: "networkSecurityGroups", versions: networkVersions, actions: []string{"join"}},
		{name: "networkSecurityGroups/securityRules", versions: networkVersions},
		{name: "publicIPAddresses", versions: networkVersions, actions: []string{"join"}},
		{name: "routeTables", versions: networkVersions, actions: []string{"join"}},
		{name: "routeTables/routes", versions: networkVersions},
		{name: "virtualNetworks", versions: networkVersions, actions: []string{"join"}},
		{name: "virtualNetworks/subnets", versions: networkVersions, actions: []string{"join"}},
	}},
	{namespace: "Microsoft.Resources", registration: needless, own: true, types: []resourceType{
		{name: "providers", versions: resourcesVersions, readOnly: true},
		{name: "subscriptions", versions: resourcesVersions, readOnly: true},
		{name: "subscriptions/locations", versions: resourcesVersions, readOnly: true},
		{name: "subscriptions/operationresults", versions: resourcesVersions, readOnly: true},
		{name: "subscriptions/providers", versions: resourcesVersions, readOnly: true},
		{name: "subscriptions/resourceGroups", versions: resourcesVersions},
		{name: "subscriptions/resourceGroups/resources", versions: resourcesVersions, readOnly: true},
		{name: "subscriptions/resources", versions: resourcesVersions, readOnly: true},
		{name: "tenants", versions: resourcesVersions, readOnly: true},
	}},
	{namespace: "Microsoft.Sql", registration: present, types: []resourceType{
		{name: "servers", versions: sqlVersions},
		{name: "servers/databases", versions: sqlVersions, actions: []string{"pause", "resume"}},
	}},
	{namespace: "Microsoft.Storage", registration: present, types: []resourceType{
		{name: "storageAccounts", versions: storageVersions, actions: []string{"listKeys", "regenerateKey"}},
		{name: "storageAccounts/blobServices", versions: storageVersions},
		{name: "storageAccounts/blobServices/containers", versions: storageVersions},
	}},
	{namespace: "Microsoft.Web", types: []resourceType{
		{name: "serverFarms", versions: webVersions},
		{name: "sites", versions: webVersions, actions: []string{"start", "stop", "restart"}},
	}},
}

// administratorsProvider is offered on the administrator's side only.
var administratorsProvider = provider{namespace: directoryNamespace, registration: needless, types: []resourceType{
	{name: "directoryTenants", versions: []string{"2015-11-01"}},
}}
