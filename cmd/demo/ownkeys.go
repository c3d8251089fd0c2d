package main

import (
	"crypto/tls"
	"sync"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/sample"
)

// ownKeys are what the demo's own identity provider keeps in the data directory.
type ownKeys struct {
	signing     tls.Certificate
	federation  tls.Certificate // with Entra ID only
	credentials *sample.Credentials
}

// openKeys reads the keys of the identity provider, or makes them: at the same time, because an RSA key takes a tenth of a second.
func openKeys(provider string, dir *datadir.Dir, installation sample.Installation) (ownKeys, error) {
	var (
		keys   ownKeys
		errs   [3]error
		opened sync.WaitGroup
	)
	keyPair := func(name, commonName string, key *tls.Certificate, err *error) {
		opened.Go(func() { *key, *err = dir.KeyPair(name, nil, datadir.SelfSigned(commonName)) })
	}
	if provider == entra {
		keyPair("signing-entra.pem", "Entra ID Signing - localhost", &keys.signing, &errs[0])
		keyPair("signing-federation.pem", "Federation Signing - localhost", &keys.federation, &errs[1])
	} else {
		keyPair("signing.pem", "ADFS Signing - localhost", &keys.signing, &errs[0])
	}
	opened.Go(func() { keys.credentials, errs[2] = sample.OpenCredentials(dir, installation) })
	opened.Wait()
	for _, err := range errs { // what is wrong with one is mostly wrong with all
		if err != nil {
			return ownKeys{}, err
		}
	}
	return keys, nil
}
