package identityprovider

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hubgate.example/openid"
)

const (
	// deviceLifetime is how long a user has to enter the code.
	deviceLifetime = 15 * time.Minute
	// deviceInterval is how long a device is to wait between two questions. The RFC's default is five seconds; here nobody has to
	// be spared.
	deviceInterval = time.Second
	// rememberedDevices bounds the device codes that are open at once.
	rememberedDevices = 1_000

	// userCodeLetters cannot be taken for each other, nor make words (RFC 8628 section 6.1).
	userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"
	userCodeLength  = 9
)

// A deviceGrant is what a device code stands for (RFC 8628).
type deviceGrant struct {
	authority authority
	clientID  string
	audience  string
	scope     []string
	claims    claimsRequest
	expires   time.Time

	asked    time.Time // when the device asked last
	answered bool      // the user has said yes or no
	signIn   *signIn   // yes
	redeemed bool
}

// A deviceResponse is what a device gets (RFC 8628 section 3.2).
type deviceResponse struct {
	UserCode                string `json:"user_code"`
	DeviceCode              string `json:"device_code"`
	VerificationURI         string `json:"verification_uri"`
	VerificationURIComplete string `json:"verification_uri_complete"`
	VerificationURL         string `json:"verification_url,omitempty"` // Entra v1's name for it
	ExpiresIn               int    `json:"expires_in"`                 // seconds
	Interval                int    `json:"interval"`                   // seconds
	Message                 string `json:"message"`
}

// devicecode begins a sign-in of a device without a browser (RFC 8628 section 3.1).
func (s *Server) devicecode(w http.ResponseWriter, r *http.Request, a authority) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	form := tokenRequest{grantType: grantDevice}
	response, err := func() (*deviceResponse, error) {
		values, err := readForm(w, r)
		if err != nil {
			return nil, err
		}
		field := single(values, &err)
		form.clientID, form.resource, form.scope = field("client_id"), field("resource"), strings.Fields(field("scope"))
		form.claims = field("claims")
		if err != nil {
			return nil, err
		}
		return s.newDevice(a, form)
	}()
	if err != nil {
		refused := asRefusal(err)
		s.log.InfoContext(r.Context(), s.name+": device code refused", "reason", refused.logged(a.kind, form.values(a)), "client", clip(form.clientID))
		s.writeRefusal(w, r, a, refused, form.values(a))
		return
	}
	writeJSON(w, http.StatusOK, response)
}

func (s *Server) newDevice(a authority, form tokenRequest) (*deviceResponse, error) {
	if err := a.allows(form.grantType); err != nil {
		return nil, err
	}
	if form.clientID == "" {
		return nil, refuse(missingParameter, "parameter", "client_id")
	}
	clientID := clientKey(form.clientID)
	if s.servicePrincipal(a.directory, clientID) == nil {
		if _, err := s.publicClient(a, clientID); err != nil {
			return nil, err
		}
	}
	claims, err := s.readClaims(a, form.claims)
	if err != nil {
		return nil, err
	}
	audience, err := s.audience(a, form.scope, form.resource, form.grantType)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	grant := deviceGrant{
		authority: a, clientID: clientID, audience: audience, scope: form.scope, claims: claims, expires: now.Add(deviceLifetime),
	}
	deviceCode, userCode := rand.Text(), newUserCode()
	// The device code is known for longer than it is good for, so that the device can be told.
	if !s.devices.add(deviceCode, grant, grant.expires.Add(deviceLifetime)) {
		return nil, refuse(tooManyPending)
	}
	if !s.userCodes.add(userCode, deviceCode, grant.expires) {
		s.devices.remove(deviceCode)
		return nil, refuse(tooManyPending)
	}
	page := s.devicePage(a)
	response := &deviceResponse{
		UserCode:                userCode,
		DeviceCode:              deviceCode,
		VerificationURI:         page,
		VerificationURIComplete: page + "?" + url.Values{"user_code": {userCode}}.Encode(),
		ExpiresIn:               int(deviceLifetime / time.Second),
		Interval:                int(deviceInterval / time.Second),
		Message:                 fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to authenticate.", page, userCode),
	}
	if a.kind == openid.EntraV1 {
		response.VerificationURL = page
	}
	return response, nil
}

// devicePage is where users enter their codes.
func (s *Server) devicePage(a authority) string {
	if a.isADFS() {
		return s.base + "/adfs/oauth2/deviceauth"
	}
	return s.base + "/" + common + "/oauth2/deviceauth"
}

func newUserCode() string {
	code := make([]byte, userCodeLength)
	for i := range code {
		n, _ := rand.Int(rand.Reader, big.NewInt(int64(len(userCodeLetters)))) // rand.Reader never fails
		code[i] = userCodeLetters[n.Int64()]
	}
	return string(code)
}

// canonicalUserCode is a code as somebody typed it, without what does not count (RFC 8628 section 6.1).
func canonicalUserCode(typed string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(userCodeLetters, c) {
			return c
		}
		return -1
	}, strings.ToUpper(typed))
}

// redeemDeviceCode answers a device that asks how its sign-in goes (RFC 8628 sections 3.4 and 3.5).
func (s *Server) redeemDeviceCode(r request) (*tokenResponse, error) {
	if r.form.deviceCode == "" {
		return nil, refuse(missingParameter, "parameter", "device_code")
	}
	var grant deviceGrant
	var refused *refusal
	now := time.Now()
	found := s.devices.update(r.form.deviceCode, func(g *deviceGrant) {
		last := g.asked
		switch {
		case g.clientID != r.client.id:
			refused = refuse(unknownDevice).because("the device code is another client's")
			return
		case g.authority.name != r.authority.name:
			refused = refuse(codeTenant).because("the device code is of another tenant")
			return
		}
		g.asked = now
		switch {
		case g.redeemed:
			refused = refuse(unknownDevice).because("the device code has been used")
		case !now.Before(g.expires):
			refused = refuse(deviceExpired)
		case !g.answered && now.Sub(last) < deviceInterval/2: // half of it for what networks do to intervals
			refused = refuse(deviceTooFast)
		case !g.answered:
			refused = refuse(devicePending)
		case g.signIn == nil:
			refused = refuse(deviceDeclined)
		default:
			g.redeemed = true
			grant = *g
		}
	})
	switch {
	case !found:
		return nil, refuse(unknownDevice)
	case refused != nil:
		return nil, refused
	}
	if err := s.takeOver(&r, grant.audience, grant.scope, grant.claims); err != nil {
		return nil, err
	}
	return s.userTokens(r, *grant.signIn, "")
}

var (
	errNoSuchCode   = errors.New("no device waits for this code")
	errTooManyTries = errors.New("too many wrong codes have been entered; try again in a few minutes")
)

// device finds the device that waits for a user code. Guesses are counted (RFC 8628 section 5.1).
func (s *Server) device(userCode string) (deviceGrant, error) {
	if !s.guesses.allowed() {
		return deviceGrant{}, errTooManyTries
	}
	deviceCode, found := s.userCodes.get(userCode)
	if found {
		if grant, found := s.devices.get(deviceCode); found && !grant.answered {
			return grant, nil
		}
	}
	s.guesses.wrong()
	return deviceGrant{}, errNoSuchCode
}

// answerDevice tells the device what the user has said: a sign-in, or nil for no. It reports false when the user has said
// something before, or too late.
func (s *Server) answerDevice(userCode string, signedIn *signIn) bool {
	deviceCode, found := s.userCodes.get(userCode)
	if !found {
		return false
	}
	s.userCodes.remove(userCode)
	done := false
	s.devices.update(deviceCode, func(g *deviceGrant) {
		if !g.answered {
			g.answered, g.signIn, done = true, signedIn, true
		}
	})
	return done
}
