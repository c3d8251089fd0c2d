// Package sample is the installation that the demo shows: a directory of principals and groups as an AD FS knows them, two
// subscriptions with a few resources, and who may do what there.
//
//	owner         user               Owner of both subscriptions, Production and Sandbox, and of those that are added
//	contributor   user               Contributor on one resource group of the first
//	reader        user               Reader of the first, as a member of a group within the group that has the role
//	outsider      user               no role at all
//	deployer      service principal  Owner of the first, so it may write role assignments there
//
// All ids are fixed, so that documents and scripts can name them. Passwords, client secrets and certificates are random and
// belong to a data directory: see [OpenCredentials].
package sample
