// Package openidtest is an identity provider for tests: AD FS or Entra ID, with keys to rotate and tokens to forge.
//
// It is for unit tests and for demonstrations on one's own machine, and for nothing else: an Issuer signs whatever it is
// asked to sign. Never let anything that matters trust one.
//
// # A handler's test
//
// An Issuer publishes metadata and keys as the real provider does, and mints tokens with the claims that the real one
// issues. Its Verifier trusts it and reaches it in memory, so that no test opens a socket:
//
//	func TestReaders(t *testing.T) {
//		issuer := openidtest.NewEntra(t, tenant)
//		api := newAPI(issuer.Verifier())
//		r := httptest.NewRequest(http.MethodGet, "/things", nil)
//		r.Header.Set("Authorization", "Bearer "+issuer.Token(openidtest.User(alice, readers)))
//		w := httptest.NewRecorder()
//		api.ServeHTTP(w, r)
//		...
//	}
//
// A second loop shows that the API lets nobody else in. Forgeries yields tokens that look like Alice's and that a sound
// verifier refuses, each with a name:
//
//	for name, token := range issuer.Forgeries(openidtest.User(alice, readers)) {
//		t.Run(name, func(t *testing.T) { ... want 401 ... })
//	}
//
// # The way of a token
//
// [Issuer.Token] starts from the claims that every token of the issuer carries (iss, aud, the times), lets the subject
// ([User], [Guest], [ServicePrincipal], [ManagedIdentity]) add its own, applies the other Claims in their order, so that a
// later one wins, and signs header and claims with the current key. [With], [Without], [Header], [RawHeader] and
// [RawPayload] reach every byte of what is signed; what is to be wrong after signing is a matter of string surgery.
//
// # The way of a key
//
// New makes one key. [Issuer.Announce] publishes a key that does not sign yet, [Issuer.Rotate] begins to sign with it and
// leaves the old one published, [Issuer.RotateUrgently] leaves nothing of the old. [Issuer.Down], [Issuer.Fail],
// [Issuer.ServeMetadata] and [Issuer.ServeKeys] stand for a provider that is away or wrong, and [Issuer.Requests] tells how
// many fetches a token has cost.
//
// # In a synctest bubble and over HTTP
//
// Inside a testing/synctest bubble make the issuer with the bubble's own *testing.T, so that what the bubble started is
// closed before it ends. Where a real server is wanted, an Issuer is an http.Handler; Config.BaseURL is then the server's
// address. One issuer may be used by many goroutines at once.
package openidtest
