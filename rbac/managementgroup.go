package rbac

// A ManagementGroupMember says that a subscription or a management group lies in a management group: scopes do not say so.
// What is assigned at a management group counts for its members and below.
type ManagementGroupMember struct {
	// ManagementGroup and Member are scopes: /providers/Microsoft.Management/managementGroups/{id}, and Member also
	// /subscriptions/{id}.
	ManagementGroup string
	Member          string
}
