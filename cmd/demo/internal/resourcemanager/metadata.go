package resourcemanager

import (
	"errors"
	"net/http"
	"slices"
)

// Metadata tells clients who issues tokens for this Resource Manager, and for which audience. All fields but
// GalleryEndpoint and PortalEndpoint are required.
type Metadata struct {
	// LoginEndpoint is the identity provider's URL. One that ends in /adfs makes clients speak AD FS.
	LoginEndpoint string
	// Audiences are the values of aud that the gate accepts. Clients ask for a token for the first.
	Audiences []string
	// GraphEndpoint is the directory's own API. Clients insist on the member and need nothing to answer there.
	GraphEndpoint                   string
	GalleryEndpoint, PortalEndpoint string
}

func (m Metadata) check() error {
	switch {
	case m.LoginEndpoint == "":
		return errors.New("Metadata.LoginEndpoint: required")
	case m.GraphEndpoint == "":
		return errors.New("Metadata.GraphEndpoint: required")
	case len(m.Audiences) == 0 || slices.Contains(m.Audiences, ""):
		return errors.New("Metadata.Audiences: at least one is required, and none may be empty")
	}
	return nil
}

// serve answers /metadata/endpoints in the shape of api-version 2015-01-01, whatever version is asked for: the list of clouds
// of newer versions breaks az cloud register.
func (m Metadata) serve(w http.ResponseWriter, _ *http.Request) error {
	type authentication struct {
		LoginEndpoint string   `json:"loginEndpoint"`
		Audiences     []string `json:"audiences"`
	}
	return writeJSON(w, http.StatusOK, struct {
		GalleryEndpoint string         `json:"galleryEndpoint"`
		GraphEndpoint   string         `json:"graphEndpoint"`
		PortalEndpoint  string         `json:"portalEndpoint"`
		Authentication  authentication `json:"authentication"`
	}{m.GalleryEndpoint, m.GraphEndpoint, m.PortalEndpoint, authentication{m.LoginEndpoint, m.Audiences}})
}
