package sample

import (
	"slices"

	"hubgate.example/openid"
)

// domainSID is the SID of the sample Active Directory domain: on Azure Stack Hub with AD FS, principals and groups are known by
// SIDs, not by GUIDs.
const domainSID = "S-1-5-21-1225956614-1283868168-2519959777"

// ADFS returns the installation that signs in with AD FS, which serves exactly one tenant.
func ADFS() Installation {
	return Installation{
		Tenants: []Tenant{{
			ID: "c80be797-85d2-42bd-a128-3eeac50c308f", Domain: "hubgate.example", DisplayName: "Hubgate demo", owner: "owner",
			principals: []Principal{
				{
					Name: "owner", Kind: openid.KindUser, About: "Owner of every subscription",
					ObjectID: domainSID + "-1101", Username: "owner@hubgate.example",
				},
				{
					Name: "contributor", Kind: openid.KindUser, About: "Contributor on the resource group app",
					ObjectID: domainSID + "-1102", Username: "contributor@hubgate.example",
				},
				{
					Name: "reader", Kind: openid.KindUser, About: "Reader of Production, by a group within a group",
					ObjectID: domainSID + "-1103", Username: "reader@hubgate.example", memberOf: []string{"auditors"},
				},
				{
					Name: "outsider", Kind: openid.KindUser,
					ObjectID: domainSID + "-1104", Username: "outsider@hubgate.example",
				},
				{
					Name: "deployer", Kind: openid.KindServicePrincipal, About: "Owner of Production",
					ObjectID: domainSID + "-1201", ApplicationID: deployerApplication,
				},
				{
					Name: "operator", Kind: openid.KindUser, About: "Owner of the administrator's side",
					ObjectID: domainSID + "-1105", Username: "operator@hubgate.example",
				},
				{
					Name: "operations", Kind: openid.KindServicePrincipal, About: "Owner of the administrator's side",
					ObjectID: domainSID + "-1202", ApplicationID: operationsApplication,
				},
				{
					Name: "engineer", Kind: openid.KindUser, MFA: true, About: "Contributor on the resource group app, after a second factor",
					ObjectID: domainSID + "-1106", Username: "engineer@hubgate.example",
				},
			},
			groups: []Group{
				{Name: "readers", ObjectID: domainSID + "-1301"},
				{Name: "auditors", ObjectID: domainSID + "-1302", memberOf: []string{"readers"}},
			},
		}},
		User: Side{
			Audience:      "https://management.adfs.hubgate.example/0bfae0dd-a099-4c78-b884-f651cd97efc5",
			subscriptions: []subscription{production, sandbox},
			grants: append(slices.Clone(homeGrants),
				grant{"4a7d2e91-3c58-4b06-9f1e-d80b6a5c7e23", contributorRole, production.path() + "/resourceGroups/app", "engineer"}),
		},
		Admin: Side{
			Audience:      "https://adminmanagement.adfs.hubgate.example/c8825c6e-ab08-484d-8819-394a03a52ca0",
			subscriptions: []subscription{defaultProvider},
			grants:        adminGrants,
		},
	}
}
