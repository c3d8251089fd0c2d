package identityprovider

// A problem is one way in which a request can be wrong, in the words of both providers: clients and their users search for the
// numbers. {client}, {tenant}, {user} and so on stand for what the request was about.
type problem struct {
	adfs, entra wording
}

// A wording is an error of RFC 6749 section 5.2, or the provider's own, with its description.
type wording struct {
	code, text string
}

// What is wrong with the request itself. AD FS has no numbers for most of it that could be found written down, so those are
// told in plain words.
var (
	malformedRequest = problem{
		adfs:  wording{"invalid_request", "{detail}"},
		entra: wording{"invalid_request", "AADSTS9002313: Invalid request. {detail}"},
	}
	missingParameter = problem{
		adfs:  wording{"invalid_request", "The request has no {parameter}."},
		entra: wording{"invalid_request", "AADSTS900144: The request body must contain the following parameter: '{parameter}'."},
	}
	unsupportedGrant = problem{
		adfs: wording{"unsupported_grant_type", "MSIS9611: The authorization server does not support the requested 'grant_type'. " +
			"The authorization server only supports 'authorization_code', 'client_credentials', 'password', 'refresh_token' or " +
			"'urn:ietf:params:oauth:grant-type:device_code' as the grant type."},
		entra: wording{"unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type '{grant}'."},
	}
	serverFailed = problem{
		adfs:  wording{"server_error", "MSIS9604: An error occurred. The authorization server was not able to fulfill the request."},
		entra: wording{"server_error", "AADSTS90033: A transient error has occurred. Please try again."},
	}
	tooManyPending = problem{
		adfs:  wording{"temporarily_unavailable", "The authorization server has as many requests open as it can remember."},
		entra: wording{"temporarily_unavailable", "AADSTS90033: A transient error has occurred. Please try again."},
	}
)

// What is wrong with the tenant that the path names. AD FS has one tenant and no such errors.
var (
	unknownTenant = problem{
		entra: wording{"invalid_request", "AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID " +
			"and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no " +
			"active subscriptions for the tenant."},
	}
	// unknownTenantMetadata is the same where metadata is asked for.
	unknownTenantMetadata = problem{entra: wording{"invalid_tenant", unknownTenant.entra.text}}
	noTenant              = problem{
		entra: wording{"invalid_request", "AADSTS50059: No tenant-identifying information found in either the request or implied by any provided credentials."},
	}
	passwordOverCommon = problem{
		entra: wording{"invalid_request", "AADSTS9001023: The grant type is not supported over the /common or /consumers endpoints. " +
			"Please use the /organizations or tenant-specific endpoint."},
	}
	noConsumers = problem{
		entra: wording{"invalid_request", "AADSTS90130: Application '{client}' is not supported over the /common or /consumers endpoints. " +
			"Please use the /organizations or tenant-specific endpoint."},
	}
	unknownInstance = problem{
		entra: wording{"invalid_instance", "AADSTS50049: Unknown or invalid instance."},
	}
)

// What is wrong with the client or its credential. AD FS says the same whatever was wrong with the credential; the log has the
// reason.
var (
	unknownClient = problem{
		adfs: wording{"invalid_client", "MSIS9607: The 'client_id' parameter in the request is invalid. No registered client is found with this identifier."},
		entra: wording{"unauthorized_client", "AADSTS700016: Application with identifier '{client}' was not found in the directory '{tenant}'. " +
			"This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in " +
			"the tenant. You may have sent your authentication request to the wrong tenant."},
	}
	noCredential    = refusedClient("AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
	clientForItself = refusedClient("AADSTS7000216: 'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.")
	wrongSecret     = refusedClient("AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client " +
		"secret value, not the client secret ID, for a secret added to app '{client}'.")
	malformedAssertion = refusedClient("AADSTS50027: JWT token is invalid or malformed.")
	assertionClient    = refusedClient("AADSTS700021: Client assertion application identifier doesn't match 'client_id' parameter.")
	assertionAudience  = refusedClient("AADSTS700023: Client assertion audience claim does not match Realm issuer.")
	assertionTime      = refusedClient("AADSTS700024: Client assertion is not within its valid time range.")
	assertionKey       = refusedClient("AADSTS700027: Client assertion contains an invalid signature. [Reason - The key was not found.]")
	assertionSignature = refusedClient("AADSTS700027: Client assertion contains an invalid signature. [Reason - The provided signature value did not match the expected signature value.]")
	assertionExpired   = refusedClient("AADSTS700027: Client assertion contains an invalid signature. [Reason - The key used is expired.]")
	assertionReplayed  = refusedClient("AADSTS50013: Assertion failed signature validation. [Reason - The assertion has been used before.]")

	// Only Entra ID has federated credentials.
	noFederatedCredential = problem{entra: wording{"invalid_client", "AADSTS70021: No matching federated identity record found for presented " +
		"assertion. Assertion Issuer: '{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: '{audience}'. " +
		"https://docs.microsoft.com/en-us/azure/active-directory/develop/workload-identity-federation"}}
	unknownFederatedKey = problem{entra: wording{"invalid_client", "AADSTS7000272: The certificate with identifier {key} used to sign the " +
		"federated credential could not be found in the metadata of identity provider {issuer}. Please validate that your Identity " +
		"Provider's metadata exposes the key used to sign the incoming token."}}
	federationUnreachable = problem{entra: wording{"invalid_request", "AADSTS90061: Request to External OIDC endpoint failed."}}
)

func refusedClient(entra string) problem {
	return problem{
		adfs:  wording{"invalid_client", "MSIS9622: Client authentication failed. Please verify the credential provided for client authentication is valid."},
		entra: wording{"invalid_client", entra},
	}
}

// What is wrong with the resource that a token is asked for.
var (
	noResource = problem{
		adfs: wording{"invalid_request", "The request names no resource: send scope={known}/.default"},
		entra: wording{"invalid_scope", "AADSTS70011: The provided request must include a 'scope' input parameter. The provided value for the " +
			"input parameter 'scope' is not valid. The scope {scope} is not valid."},
	}
	unknownResource = problem{
		adfs: wording{"invalid_resource", "MSIS9602: The received 'resource' parameter is invalid. " +
			"The authorization server can not find a registered resource with the specified identifier. Send scope={known}/.default"},
		entra: wording{"invalid_resource", "AADSTS500011: The resource principal named {resource} was not found in the tenant named {tenant}. This " +
			"can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the " +
			"tenant. You might have sent your authentication request to the wrong tenant."},
	}
	scopeOfClient = problem{
		entra: wording{"invalid_scope", "AADSTS1002012: The provided value for scope {scope} is not valid. Client credential flows must have a scope " +
			"value with /.default suffixed to the resource identifier (application ID URI)."},
	}
	resourceInV2 = problem{
		entra: wording{"invalid_request", "AADSTS901002: The 'resource' request parameter isn't supported."},
	}
)

// What is wrong with a user's sign-in.
var (
	wrongPassword = problem{
		adfs:  wording{"invalid_grant", "MSIS9659: Invalid 'username' or 'password'."},
		entra: wording{"invalid_grant", "AADSTS50126: Error validating credentials due to invalid username or password."},
	}
	unknownUser = problem{
		adfs: wrongPassword.adfs,
		entra: wording{"invalid_grant", "AADSTS50034: The user account {user} does not exist in the {tenant} directory. To sign into this " +
			"application, the account must be added to the directory."},
	}
	strangeUser = problem{
		entra: wording{"invalid_grant", "AADSTS50020: User account '{user}' from identity provider '{home}' does not exist in tenant '{tenant}' " +
			"and cannot access the application '{client}' in that tenant. The account needs to be added as an external user in the tenant " +
			"first. Sign out and sign in again with a different Azure Active Directory user account."},
	}
	secondFactorMissing = problem{
		adfs: wording{"interaction_required", "A second factor is demanded of {user}, who signs in on a page instead."},
		entra: wording{"interaction_required", "AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a " +
			"new location, you must use multi-factor authentication to access '{resource}'."},
	}
)

// What is wrong with a code or a refresh token.
var (
	unknownRefreshToken = problem{
		adfs: wording{"invalid_grant", "MSIS9614: The refresh token received in 'refresh_token' parameter is invalid."},
		entra: wording{"invalid_grant", "AADSTS70008: The provided authorization code or refresh token has expired due to inactivity. Send a new " +
			"interactive authorization request for this user and resource."},
	}
	foreignRefreshToken = problem{
		adfs:  unknownRefreshToken.adfs,
		entra: wording{"invalid_grant", "AADSTS70000: Provided grant is invalid or malformed."},
	}
	unknownCode  = refusedCode("AADSTS9002313: Invalid request. Request is malformed or invalid.")
	expiredCode  = refusedCode(unknownRefreshToken.entra.text)
	redeemedCode = refusedCode("AADSTS54005: OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.")
	foreignCode  = refusedCode(foreignRefreshToken.entra.text)
	codeTenant   = refusedCode("AADSTS700005: Provided Authorization Code is intended to use against other tenant, thus rejected.")
	codeRedirect = refusedCode("AADSTS500112: The reply address '{redirect}' does not match the reply address provided when requesting Authorization code.")
	codeVerifier = refusedCode("AADSTS501481: The Code_Verifier does not match the code_challenge supplied in the authorization request.")
)

func refusedCode(entra string) problem {
	return problem{
		adfs:  wording{"invalid_grant", "MSIS9612: The authorization code received in 'code' parameter is invalid."},
		entra: wording{"invalid_grant", entra},
	}
}

// What a device is told (RFC 8628 section 3.5); Entra ID has names of its own for some of it.
var (
	devicePending = problem{
		adfs:  wording{"authorization_pending", "The user has not entered the code yet."},
		entra: wording{"authorization_pending", "AADSTS70016: OAuth 2.0 device flow error. Authorization is pending. Continue polling."},
	}
	deviceTooFast = problem{
		adfs:  wording{"slow_down", "The device polls more often than it was told to."},
		entra: wording{"slow_down", "AADSTS70016: OAuth 2.0 device flow error. Authorization is pending. Poll less often."},
	}
	deviceDeclined = problem{
		adfs:  wording{"access_denied", "The user has declined the request."},
		entra: wording{"authorization_declined", "AADSTS70017: OAuth 2.0 device flow error. The end user denied the authorization request."},
	}
	deviceExpired = problem{
		adfs:  wording{"expired_token", "The device code has expired."},
		entra: wording{"expired_token", "AADSTS70020: The provided value for the input parameter 'device_code' is not valid. This device code has expired."},
	}
	unknownDevice = problem{
		adfs:  wording{"invalid_grant", "The device code is not valid."},
		entra: wording{"bad_verification_code", "AADSTS70018: Invalid verification code due to User typing in wrong user code for device code flow. Authorization is not approved."},
	}
)

// What is wrong with an authorization request (RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6).
var (
	strangeRedirect = problem{
		adfs: wording{"invalid_request", "MSIS9224: Received invalid OAuth authorization request. The received 'redirect_uri' parameter is not a " +
			"valid registered redirect URI for the client identifier: '{client}'. Received redirect_uri: '{redirect}'."},
		entra: wording{"invalid_request", "AADSTS50011: The redirect URI '{redirect}' specified in the request does not match the redirect URIs " +
			"configured for the application '{client}'. Make sure the redirect URI sent in the request matches one added to your application."},
	}
	strangeResponseType = problem{
		adfs:  wording{"unsupported_response_type", "The 'response_type' is not code."},
		entra: wording{"unsupported_response_type", "AADSTS700054: response_type '{type}' is not enabled for the application."},
	}
	missingChallenge = problem{
		adfs:  wording{"invalid_request", "The request has no code_challenge of the code_challenge_method S256."},
		entra: wording{"invalid_request", "AADSTS50147: The request has no code_challenge of the code_challenge_method S256."},
	}
	challengeSize = problem{
		adfs:  wording{"invalid_request", "The 'code_challenge' is not the base64url form of a SHA-256 sum."},
		entra: wording{"invalid_request", "AADSTS501491: Invalid size of Code_Challenge parameter."},
	}
	nobodySignedIn = problem{
		adfs:  wording{"login_required", "The user has to sign in."},
		entra: wording{"login_required", "AADSTS50058: A silent sign-in request was sent but no user is signed in."},
	}
	userCancelled = problem{
		adfs:  wording{"access_denied", "The user has declined to sign in."},
		entra: wording{"access_denied", "AADSTS65004: User declined to consent to access the app."},
	}
)
