package openid

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"hubgate.example/openid/internal/endpoint"
)

const (
	wellKnown        = "/.well-known/openid-configuration"
	maxMetadataBytes = 1 << 20
)

// metadata is what Hubgate reads of an OpenID provider's configuration (OpenID Connect Discovery 1.0, section 3) and, with AD FS,
// access_token_issuer.
type metadata struct {
	Issuer            string `json:"issuer"`
	AccessTokenIssuer string `json:"access_token_issuer"`
	JWKSURI           string `json:"jwks_uri"`
}

// microsoftKeyHosts publish the keys of Entra ID in its clouds.
var microsoftKeyHosts = []string{
	"login.microsoftonline.com",
	"login.windows.net",
	"login.microsoftonline.us",
	"login.chinacloudapi.cn",
	"login.partner.microsoftonline.cn",
}

func readMetadata(body []byte) (metadata, error) {
	var m metadata
	if err := json.Unmarshal(trimBOM(body), &m); err != nil {
		return metadata{}, fmt.Errorf("metadata: %w", err)
	}
	if m.Issuer == "" {
		return metadata{}, errors.New("metadata: issuer is missing")
	}
	return m, nil
}

// checkKeysAddress keeps whoever controls the metadata from pointing the gate at other hosts.
func (p *Provider) checkKeysAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("metadata: jwks_uri %q is not an absolute URL", clip(address))
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !p.authority.loopback() || !endpoint.IsLoopback(u.Hostname())) {
		return fmt.Errorf("metadata: jwks_uri %q is not an https URL", clip(address))
	}
	switch {
	case strings.EqualFold(u.Host, p.authority.url.Host):
	case p.authority.kind != ADFS && slices.Contains(microsoftKeyHosts, strings.ToLower(u.Host)):
	case slices.Contains(p.keyHosts, strings.ToLower(u.Host)):
	default:
		return fmt.Errorf("metadata: jwks_uri %q is neither on the authority's host %q nor on one of ProviderConfig.KeyHosts", clip(address), p.authority.url.Host)
	}
	return nil
}

// trimBOM drops the byte-order mark that Windows tools put before JSON.
func trimBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")) }
