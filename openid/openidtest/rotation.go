package openidtest

import (
	"crypto/tls"
	"fmt"
	"slices"
)

// KeyID returns the kid (and x5t) of the key that signs now.
func (i *Issuer) KeyID() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.signing.id
}

// Key returns the key that signs now, with its certificate.
func (i *Issuer) Key() tls.Certificate {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.signing.certificate
}

// Announce publishes a new key that does not sign yet, as providers do ahead of most rotations, and returns its kid. The
// next Rotate begins to sign with it.
func (i *Issuer) Announce() string {
	i.helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.announced = i.addKey()
	return i.announced.id
}

// AnnounceConsumer publishes a key for Microsoft's consumer accounts and returns its kid. Entra ID's v2 key set, which
// holds such keys beside the others, marks it with the consumers' issuer: it must never vouch for a directory tenant. From
// then on the Forgeries of a v2 issuer hold a token that it signed.
func (i *Issuer) AnnounceConsumer() string {
	i.helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	k := i.addKey()
	k.consumer = true
	return k.id
}

// Rotate signs with the announced key from now on or, when none was announced, with a new one, and returns its kid. The
// old keys stay published, and SignedBy still signs with them.
func (i *Issuer) Rotate() string {
	i.helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.announced == nil {
		i.announced = i.addKey()
	}
	i.signing, i.announced = i.announced, nil
	return i.signing.id
}

// RotateUrgently signs with a new key and withdraws every other in the same moment, as AD FS does with
// Update-AdfsCertificate -Urgent. It returns the new key's kid.
func (i *Issuer) RotateUrgently() string {
	i.helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, k := range i.keys {
		k.published = false
	}
	i.signing, i.announced = i.addKey(), nil
	return i.signing.id
}

// Withdraw takes the key with this kid out of the key sets. If it was signing, it signs on.
func (i *Issuer) Withdraw(kid string) {
	i.helper()
	i.setPublished(kid, false)
}

// Publish puts a withdrawn key back into the key sets: those of Entra ID's replicas differ, so that keys come and go.
func (i *Issuer) Publish(kid string) {
	i.helper()
	i.setPublished(kid, true)
}

// addKey makes a key and publishes it. The caller holds i.mu.
func (i *Issuer) addKey() *key {
	i.helper()
	k, err := i.generateKey()
	if err != nil {
		i.fatal(err)
	}
	i.keys = append(i.keys, k)
	return k
}

func (i *Issuer) setPublished(kid string, published bool) {
	i.helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	k, err := i.keyOf(kid)
	if err != nil {
		i.fatal(err)
	}
	k.published = published
}

// keyOf returns the key with this kid, published or not. The caller holds i.mu.
func (i *Issuer) keyOf(kid string) (*key, error) {
	n := slices.IndexFunc(i.keys, func(k *key) bool { return k.id == kid })
	if n < 0 {
		return nil, fmt.Errorf("openidtest: there is no key %q", kid)
	}
	return i.keys[n], nil
}

// consumerKeyID returns the kid of a published key for consumer accounts, or "".
func (i *Issuer) consumerKeyID() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, k := range i.keys {
		if k.consumer && k.published {
			return k.id
		}
	}
	return ""
}
