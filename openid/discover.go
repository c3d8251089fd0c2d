package openid

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"hubgate.example/openid/internal/endpoint"
)

const endpointsPath = "/metadata/endpoints?api-version=2015-01-01"

// DiscoverConfig says how Discover reaches Resource Manager. The zero value uses the system's certificate authorities.
type DiscoverConfig struct {
	// RootCAs are the certificate authorities that vouch for Resource Manager's host. The default is the system's.
	RootCAs *x509.CertPool
	// Transport replaces the HTTP transport; RootCAs must be nil then.
	Transport http.RoundTripper
}

// An Installation is what an Azure Stack Hub, or Azure, says about its own sign-in.
type Installation struct {
	// LoginEndpoint is the identity provider's address, without a trailing slash.
	LoginEndpoint string
	// Audiences are the App ID URIs of Resource Manager: what aud has to be.
	Audiences []string
	// Graph is the address of the directory's graph, "" when there is none.
	Graph string
	// ADFS reports that AD FS is the identity provider.
	ADFS bool
}

// Discover asks the Resource Manager at resourceManagerURL for its identity provider and audiences (GET /metadata/endpoints, no
// authentication). It understands the shape of 2015-01-01 and the later one, an array of clouds, of which it takes the one whose
// resourceManager is resourceManagerURL. ctx bounds the time, and so do 10 seconds.
func Discover(ctx context.Context, resourceManagerURL string, config DiscoverConfig) (Installation, error) {
	address, err := endpoint.Parse(resourceManagerURL)
	if err != nil {
		return Installation{}, fmt.Errorf("openid: Discover: resourceManagerURL: %w", err)
	}
	out, err := newOutbound(config.Transport, config.RootCAs)
	if err != nil {
		return Installation{}, fmt.Errorf("openid: DiscoverConfig.%w", err)
	}
	defer out.close()
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	base := strings.TrimSuffix(address.String(), "/") // clients that leave it ask for //metadata
	body, err := out.get(ctx, base+endpointsPath, maxMetadataBytes)
	if err != nil {
		return Installation{}, fmt.Errorf("openid: Discover: %w", err)
	}
	installation, err := readInstallation(trimBOM(body), base)
	if err != nil {
		return Installation{}, fmt.Errorf("openid: Discover: %s: %w", base+endpointsPath, err)
	}
	return installation, nil
}

// endpoints is one cloud's answer. Newer shapes say graph and resourceManager where the first says graphEndpoint.
type endpoints struct {
	ResourceManager string `json:"resourceManager"`
	GraphEndpoint   string `json:"graphEndpoint"`
	Graph           string `json:"graph"`
	Authentication  struct {
		LoginEndpoint    string   `json:"loginEndpoint"`
		Audiences        []string `json:"audiences"`
		IdentityProvider string   `json:"identityProvider"`
	} `json:"authentication"`
}

func readInstallation(body []byte, base string) (Installation, error) {
	var clouds []endpoints
	var err error
	if jsontext.Value(body).Kind() == '[' {
		err = json.Unmarshal(body, &clouds)
	} else {
		clouds = make([]endpoints, 1)
		err = json.Unmarshal(body, &clouds[0])
	}
	if err != nil {
		return Installation{}, err
	}
	cloud, err := ownCloud(clouds, base)
	if err != nil {
		return Installation{}, err
	}
	login, err := endpoint.Parse(cloud.Authentication.LoginEndpoint)
	if err != nil {
		return Installation{}, fmt.Errorf("authentication.loginEndpoint: %w", err)
	}
	if len(cloud.Authentication.Audiences) == 0 {
		return Installation{}, errors.New("authentication.audiences is empty")
	}
	i := Installation{
		LoginEndpoint: strings.TrimSuffix(login.String(), "/"),
		Audiences:     cloud.Authentication.Audiences,
		Graph:         cmp.Or(cloud.GraphEndpoint, cloud.Graph),
	}
	// The clients' sign is the suffix /adfs; on Azure Stack Hub the tenant may come after it.
	path := strings.ToLower(strings.TrimSuffix(login.Path, "/")) + "/"
	i.ADFS = strings.Contains(path, "/adfs/") || strings.EqualFold(cloud.Authentication.IdentityProvider, "ADFS")
	return i, nil
}

// ownCloud picks the cloud that was asked.
func ownCloud(clouds []endpoints, base string) (endpoints, error) {
	if len(clouds) == 1 {
		return clouds[0], nil
	}
	asked, err := url.Parse(base)
	if err != nil {
		return endpoints{}, err
	}
	for _, cloud := range clouds {
		if own, err := url.Parse(cloud.ResourceManager); err == nil && strings.EqualFold(own.Host, asked.Host) {
			return cloud, nil
		}
	}
	return endpoints{}, fmt.Errorf("none of %d clouds has resourceManager %s", len(clouds), base)
}

// Authority returns the authority to configure in ProviderConfig: the login endpoint for AD FS, and for Entra ID the v1 authority of a
// tenant, because Resource Manager's tokens are v1.
func (i Installation) Authority(tenant string) string {
	if i.ADFS {
		return i.LoginEndpoint
	}
	return i.LoginEndpoint + "/" + tenant
}
