package sample

import (
	"slices"

	"hubgate.example/openid"
)

// The directory tenants of the installation that signs in with Entra ID.
const (
	homeTenant     = "d660b0fb-ed95-4286-b3a4-f1fe2849d29d"
	partnerTenant  = "e5df992f-fdaa-4d4a-bfd7-a3690b2520c7"
	strangerTenant = "0bc6ac6d-4b65-49cb-bdea-885dab3ef79d"
)

// Entra returns the installation that signs in with Entra ID, which serves many tenants.
func Entra() Installation {
	return Installation{
		Tenants: []Tenant{
			{
				ID: homeTenant, Domain: "hubgate.example", DisplayName: "Hubgate demo", owner: "owner",
				principals: []Principal{
					{
						Name: "owner", Kind: openid.KindUser, About: "Owner of every subscription of this tenant",
						ObjectID: "e93c1a7d-9e7d-4238-9e28-faafdcbd2e8a", Username: "owner@hubgate.example",
					},
					{
						Name: "contributor", Kind: openid.KindUser, About: "Contributor on the resource group app",
						ObjectID: "5a8e8e29-ef34-46ed-816b-c778084e81d8", Username: "contributor@hubgate.example",
					},
					{
						Name: "reader", Kind: openid.KindUser, About: "Reader of Production, by a group within a group",
						ObjectID: "3c82a390-12aa-4e16-b834-12a36a32cacb", Username: "reader@hubgate.example", memberOf: []string{"auditors"},
					},
					{
						Name: "outsider", Kind: openid.KindUser,
						ObjectID: "d84d0a92-ebef-4768-8f52-78a43d01a3e3", Username: "outsider@hubgate.example",
					},
					{
						Name: "visitor", Kind: openid.KindUser, About: "Reader of Sandbox",
						ObjectID: "28198ba0-6cde-41ef-9a6f-238a1fe2dff0", Username: "visitor@hubgate.example",
					},
					{
						Name: "consultant", Kind: openid.KindGuest, HomeTenant: partnerTenant, About: "Contributor on the resource group lab",
						ObjectID: "e92e3979-a1bc-473f-a984-c42b61bbdad5", Username: "consultant@partner.example",
					},
					{
						Name: "deployer", Kind: openid.KindServicePrincipal, About: "Owner of Production",
						ObjectID: "61bf2ebe-ca2f-44b4-a5c8-5011e43644f5", ApplicationID: deployerApplication, Federated: true,
					},
					{
						Name: "operator", Kind: openid.KindUser, About: "Owner of the administrator's side",
						ObjectID: "964217cd-578f-4531-8416-2f70ce41b54c", Username: "operator@hubgate.example",
					},
					{
						Name: "operations", Kind: openid.KindServicePrincipal, About: "Owner of the administrator's side",
						ObjectID: "25356795-5142-4156-8302-39749501a8a2", ApplicationID: operationsApplication,
					},
					{
						Name: "member", Kind: openid.KindUser, About: "Reader of Sandbox, by the last of 250 groups",
						ObjectID: "c5a1e9f0-6b0e-4b54-8a3d-4f9b1c2e7d61", Username: "member@hubgate.example", memberOf: projectNames(),
					},
					{
						Name: "web1", Kind: openid.KindManagedIdentity, About: "Reader of the resource group app",
						ObjectID: "f0b7c2d9-3e51-4c8a-9d64-7a1e5b3c8f20", ApplicationID: "0d4f8a16-92c7-4e3b-b5a8-6f1c7e9d2b34",
						ManagedIdentity: production.path() + "/resourceGroups/app/providers/Microsoft.Compute/virtualMachines/web1",
					},
					{
						Name: "pipeline", Kind: openid.KindManagedIdentity, About: "Contributor on the resource group data",
						ObjectID: "8e2d6b47-1f93-4a05-bc7e-d5094f3a6c18", ApplicationID: "5b9e3c70-d816-4f2a-a94d-0c7b8e1f6a53",
						ManagedIdentity: production.path() + "/resourceGroups/app/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pipeline", Federated: true,
					},
					{
						Name: "resolver", Kind: openid.KindServicePrincipal,
						ObjectID: "a7c4e1b8-50d2-4396-8f7b-2e9d6c1a4f05", ApplicationID: resolverApplication, GraphPermissions: []string{"GroupMember.Read.All"},
					},
				},
				groups: append([]Group{
					{Name: "readers", ObjectID: "0b989ce0-c9f5-4b7d-8299-9d8e154ba854"},
					{Name: "auditors", ObjectID: "4cecf6ba-a364-4d34-a10b-98bf3bc725fb", memberOf: []string{"readers"}},
				}, projects()...),
			},
			{
				ID: partnerTenant, Domain: "partner.example", DisplayName: "Partner", owner: "partner",
				principals: []Principal{
					{
						Name: "partner", Kind: openid.KindUser, About: "Owner of the subscription Partner, by a group within a group",
						ObjectID: "336415b2-bd17-4888-9b5f-3379e4141d62", Username: "partner@partner.example", memberOf: []string{"managers"},
					},
					{
						Name: "consultant", Kind: openid.KindUser,
						ObjectID: "7e8a4963-f587-47bf-8cfa-6b034d21c583", Username: "consultant@partner.example",
					},
					{
						Name: "visitor", Kind: openid.KindGuest, HomeTenant: homeTenant, MFA: true, About: "Reader of the subscription Partner, after a second factor",
						ObjectID: "dd6aad87-1e68-4521-89a2-c686f467c2f7", Username: "visitor@hubgate.example",
					},
					{
						Name: "deployer", Kind: openid.KindServicePrincipal, About: "Contributor on the resource group web",
						ObjectID: "885c0768-cea3-4457-bcc0-5fa9d1d6c7ce", ApplicationID: deployerApplication,
					},
					{
						Name: "resolver", Kind: openid.KindServicePrincipal,
						ObjectID: "d19f5a36-7c2e-4b80-9e43-b68a0f5d7c21", ApplicationID: resolverApplication, GraphPermissions: []string{"GroupMember.Read.All"},
					},
				},
				groups: []Group{
					{Name: "owners", ObjectID: "ae495375-0a8a-4f9e-9183-a4eda7d7cf35"},
					{Name: "managers", ObjectID: "34c644f0-1d00-4775-9614-f9a694591e1d", memberOf: []string{"owners"}},
				},
			},
			{
				ID: strangerTenant, Domain: "stranger.example", DisplayName: "Stranger", Unregistered: true,
				principals: []Principal{
					{
						Name: "stranger", Kind: openid.KindUser,
						ObjectID: "19a95f0a-70d6-4a3f-b4c1-fcc88591ee76", Username: "stranger@stranger.example",
					},
					{
						Name: "deployer", Kind: openid.KindServicePrincipal,
						ObjectID: "39fd7bfb-e79e-4865-ab48-d12ea790b04e", ApplicationID: deployerApplication,
					},
				},
			},
		},
		User: Side{
			Audience:      "https://management.hubgate.example/eacd20c2-117e-48b4-8302-69927b6b408d",
			subscriptions: []subscription{production, sandbox, partner},
			grants: slices.Concat(homeGrants, []grant{
				{"c8f821bb-29b2-4c4c-8cf5-fecf3520dea9", readerRole, sandbox.path(), "visitor"},
				{"3f6a9d12-8c4b-4e75-a1d0-9b2c7f5e8a64", readerRole, sandbox.path(), projectName(projectCount)},
				{"b84e2c07-5d19-4a36-8f7c-1e0a6d3b9c52", readerRole, production.path() + "/resourceGroups/app", "web1"},
				{"6c1d8f3a-e274-4b90-95ab-7d4f0c2e8b16", contributorRole, production.path() + "/resourceGroups/data", "pipeline"},
				{"2cb67291-2ba2-4161-a002-2ce97b6a5134", contributorRole, sandbox.path() + "/resourceGroups/lab", "consultant"},
				{"7d675056-7f1b-4753-8423-f26dc3cd9404", ownerRole, partner.path(), "owners"},
				{"0cd77e45-622d-4f26-8ff3-2b267d1ae0e8", readerRole, partner.path(), "visitor"},
				{"e8565ed5-22cf-4868-9cba-6564ef93e4c6", contributorRole, partner.path() + "/resourceGroups/web", "deployer"},
			}),
		},
		Admin: Side{
			Audience:      "https://adminmanagement.hubgate.example/1e9b3a7b-314a-4bc5-a2df-0d4f731bb53f",
			subscriptions: []subscription{defaultProvider},
			grants:        adminGrants,
		},
	}
}
