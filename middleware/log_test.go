package middleware_test

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hubgate.example/middleware"
	"hubgate.example/openid/openidtest"
)

// refusals returns the records of refused requests.
func refusals(lines []map[string]any) []map[string]any {
	return slices.DeleteFunc(lines, func(line map[string]any) bool { return line["msg"] != "request refused" })
}

// ASVS-16.3: one record per refusal with reason, tenant, object id, application, key id and correlation id, as far as they are
// known, and claims only when the signature had verified.
func TestASVS_16_3_OneRecordPerRefusal(t *testing.T) {
	s := newSite(t, nil)
	stranger := openidtest.NewEntraV1(t, tenant)
	handler := s.gate.Handler(s)
	const app = "5a5a5a5a-0000-4000-8000-000000000001"
	kid := s.issuer.KeyID()
	tests := []struct {
		name, token, path string
		level             string
		want              map[string]any
		absent            []string
	}{
		{
			"no token", "", webVM, "INFO",
			map[string]any{"status": 401.0, "code": "AuthenticationFailed", "reason": "no Authorization header", "method": "GET", "path": webVM},
			[]string{"tenant", "oid", "appid", "kid", "action", "scope"},
		},
		{
			"forged", forged(stranger, s.issuer, openidtest.User(alice)), webVM, "INFO",
			map[string]any{"status": 401.0, "code": "InvalidAuthenticationToken", "reason": "signature does not verify", "kid": kid, "verified": false},
			[]string{"tenant", "oid", "appid", "action", "scope"},
		},
		{
			"wrong audience", s.issuer.Token(openidtest.User(alice), openidtest.Audience("x")), webVM, "INFO",
			map[string]any{"code": "InvalidAuthenticationTokenAudience", "reason": "token is for another audience", "kid": kid, "verified": true, "tenant": tenant, "oid": alice},
			[]string{"action", "scope"},
		},
		{
			"no role", s.issuer.Token(openidtest.ServicePrincipal(mallory), openidtest.Application(app)), webVM, "INFO",
			map[string]any{
				"status": 403.0, "code": "AuthorizationFailed", "reason": "no role grants the operation", "tenant": tenant, "oid": mallory, "appid": app,
				"action": "Microsoft.Compute/virtualMachines/read", "scope": webVM,
			},
			[]string{"kid"},
		},
		{
			"foreign subscription", s.issuer.Token(openidtest.User(alice)), "/subscriptions/" + foreignSubscription, "INFO",
			map[string]any{"status": 401.0, "code": "InvalidAuthenticationTokenTenant", "tenant": tenant, "oid": alice, "scope": "/subscriptions/" + foreignSubscription},
			[]string{"kid"},
		},
		{
			"bad path", s.issuer.Token(openidtest.User(alice)), "/subscriptions//x", "INFO",
			map[string]any{"status": 400.0, "code": "InvalidRequestUri", "reason": "bad path", "tenant": tenant, "oid": alice, "path": "/subscriptions//x"},
			[]string{"kid", "action"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.log.take(t)
			r := request("GET", tt.path+"?api-version=2021-04-01&secret=in-the-query", tt.token)
			r.Header.Set("X-Ms-Correlation-Request-Id", "correlation-1")
			answer := s.do(handler, r)
			text, lines := s.log.take(t)
			lines = refusals(lines)
			if len(lines) != 1 {
				t.Fatalf("%d records: %s", len(lines), text)
			}
			line := lines[0]
			tt.want["level"], tt.want["correlation_id"], tt.want["request_id"] = tt.level, "correlation-1", answer.header.Get("X-Ms-Request-Id")
			for key, want := range tt.want {
				if line[key] != want {
					t.Errorf("%s is %v, want %v", key, line[key], want)
				}
			}
			for _, key := range tt.absent {
				if _, ok := line[key]; ok {
					t.Errorf("%s is there: %v", key, line[key])
				}
			}
			if strings.Contains(text, "in-the-query") {
				t.Errorf("the query is in the log: %s", text)
			}
		})
	}
}

// ASVS-16.3: successes are there for whoever asks for them, at debug level: one record per request, by ids alone.
func TestASVS_16_3_SuccessAtDebugLevel(t *testing.T) {
	s := newSite(t, nil)
	const app = "5a5a5a5a-0000-4000-8000-000000000001"
	path, person := "/subscriptions/"+subscription+"/resourceGroups", openidtest.With("upn", "alice@contoso.example")
	tests := []struct {
		name    string
		handler http.Handler
		path    string
		token   string
		want    map[string]any
		absent  []string
	}{
		{
			"authorized", s.gate.Handler(s), webVM, s.issuer.Token(openidtest.User(alice), openidtest.Application(app), person),
			map[string]any{
				"msg": "request authorized", "level": "DEBUG", "method": "GET", "path": webVM, "tenant": tenant, "oid": alice, "appid": app,
				"action": "Microsoft.Compute/virtualMachines/read", "scope": webVM,
				"assignment": "10000000-0000-4000-8000-000000000001", "correlation_id": "correlation-1",
			},
			[]string{"list", "request_id", "status"},
		},
		{
			"authorized through a group", s.gate.Handler(s), webVM, s.issuer.Token(openidtest.User(bob, readers), person),
			map[string]any{"msg": "request authorized", "oid": bob, "assignment": "10000000-0000-4000-8000-000000000002"},
			nil,
		},
		{
			"list that the handler filters", s.gate.Authenticate(s.gate.List(s)), path, s.issuer.Token(openidtest.User(mallory), person),
			map[string]any{
				"msg": "request authorized", "level": "DEBUG", "oid": mallory, "list": true,
				"action": "Microsoft.Resources/subscriptions/resourceGroups/read", "scope": "/subscriptions/" + subscription,
			},
			[]string{"assignment"},
		},
		{
			"authenticated only", s.gate.Authenticate(s), "/v1/reports", s.issuer.Token(openidtest.User(alice), openidtest.Application(app), person),
			map[string]any{
				"msg": "request authenticated", "level": "DEBUG", "method": "GET", "path": "/v1/reports", "tenant": tenant, "oid": alice, "appid": app,
				"correlation_id": "correlation-1",
			},
			[]string{"action", "scope", "assignment", "list"},
		},
		{
			"refused", s.gate.Handler(s), webVM, s.issuer.Token(openidtest.User(mallory), person),
			map[string]any{"msg": "request refused", "level": "INFO", "oid": mallory, "correlation_id": "correlation-1"},
			[]string{"assignment", "list"},
		},
		{
			"in another goroutine", s.gate.Authenticate(http.TimeoutHandler(s.gate.Authorize(s), time.Minute, "")), webVM,
			s.issuer.Token(openidtest.User(alice), person),
			map[string]any{"msg": "request authorized", "oid": alice},
			nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.log.take(t)
			r := request("GET", tt.path+"?secret=in-the-query", tt.token)
			r.Header.Set("X-Ms-Correlation-Request-Id", "correlation-1")
			s.do(tt.handler, r)
			text, lines := s.log.take(t)
			if len(lines) != 1 {
				t.Fatalf("%d records: %s", len(lines), text)
			}
			for key, want := range tt.want {
				if lines[0][key] != want {
					t.Errorf("%s is %v, want %v", key, lines[0][key], want)
				}
			}
			for _, key := range tt.absent {
				if value, ok := lines[0][key]; ok {
					t.Errorf("%s is there: %v", key, value)
				}
			}
			if strings.Contains(text, "contoso") || strings.Contains(text, "in-the-query") {
				t.Errorf("a person's name or the query is in the log: %s", text)
			}
		})
	}

	t.Run("a handler that panics", func(t *testing.T) {
		s.log.take(t)
		handler := s.gate.Authenticate(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
		recovering(func() { s.do(handler, request("GET", webVM, s.issuer.Token(openidtest.User(alice)))) })
		if text, lines := s.log.take(t); len(lines) != 1 || lines[0]["msg"] != "request authenticated" {
			t.Errorf("log is %s", text)
		}
	})

	t.Run("silent at the default level", func(t *testing.T) {
		quiet := newSiteWith(t, s.issuer, func(config *middleware.Config) {
			config.Logger = slog.New(slog.NewJSONHandler(s.log, nil))
		})
		s.log.take(t)
		for _, handler := range []http.Handler{quiet.gate.Handler(quiet), quiet.gate.Authenticate(quiet)} {
			quiet.do(handler, request("GET", webVM, s.issuer.Token(openidtest.User(alice)))).wantServed(t)
		}
		if text, _ := s.log.take(t); text != "" {
			t.Errorf("the log is %s", text)
		}
	})
}

// Without a Logger the gate works and is silent.
func TestNoLogger(t *testing.T) {
	s := newSite(t, func(config *middleware.Config) { config.Logger = nil })
	s.do(s.gate.Handler(s), request("GET", webVM, "")).want(t, 401, "AuthenticationFailed", missingHeader)
	s.do(s.gate.Handler(s), request("GET", webVM, s.issuer.Token(openidtest.User(alice)))).wantServed(t)
}

// ASVS-16.4.1: text that the sender of a request wrote is bounded and escaped.
func TestASVS_16_4_1_ForeignTextInLogs(t *testing.T) {
	s := newSite(t, nil)
	// A text handler would let a line break through where the gate did.
	raw := &record{}
	s = newSiteWith(t, s.issuer, func(config *middleware.Config) { config.Logger = slog.New(slog.NewTextHandler(raw, nil)) })
	handler := s.gate.Handler(s)
	const evil = "\nlevel=ERROR msg=\"all is lost\"\x1b[31m\u202e"
	long := strings.Repeat("k", 1000)
	for name, r := range map[string]struct{ path, token string }{
		"key id":      {webVM, s.issuer.Token(openidtest.User(alice), openidtest.Header("kid", evil))},
		"long key id": {webVM, s.issuer.Token(openidtest.User(alice), openidtest.Header("kid", long))},
		"issuer":      {webVM, s.issuer.Token(openidtest.User(alice), openidtest.With("iss", evil+strings.Repeat("i", 10000)))},
		"application": {webVM, s.issuer.Token(openidtest.ServicePrincipal(mallory), openidtest.Application(evil+strings.Repeat("a", 10000)))},
		"object id":   {webVM, s.issuer.Token(openidtest.User(alice), openidtest.With("oid", evil+strings.Repeat("o", 10000)))},
		"path":        {"/subscriptions/%0Alevel=ERROR%1b" + strings.Repeat("p", 10000), s.issuer.Token(openidtest.User(alice))},
	} {
		t.Run(name, func(t *testing.T) {
			if answer := s.do(handler, request("GET", r.path, r.token)); answer.served {
				t.Error("served")
			}
			raw.mu.Lock()
			text := raw.text.String()
			raw.text.Reset()
			raw.mu.Unlock()
			if strings.Count(text, "\n") != 1 || strings.ContainsAny(text, "\x1b\u202e") {
				t.Errorf("log is %q", text)
			}
			if len(text) > 5000 {
				t.Errorf("the record has %d bytes", len(text))
			}
		})
	}
}

// RFC9700-03: a token is a secret: no part of one is in a log or an answer, whether it is good or bad, and whatever the level.
func TestRFC9700_03_NoTokenInLogsOrAnswers(t *testing.T) {
	s := newSite(t, nil)
	stranger := openidtest.NewEntraV1(t, tenant)
	tokens := map[string]string{
		"good":        s.issuer.Token(openidtest.User(alice)),
		"no role":     s.issuer.Token(openidtest.User(mallory)),
		"audience":    s.issuer.Token(openidtest.User(alice), openidtest.Audience("x")),
		"forged":      forged(stranger, s.issuer, openidtest.User(alice)),
		"no identity": s.issuer.Token(openidtest.User(alice), openidtest.Without("oid")),
		"cut":         s.issuer.Token(openidtest.User(alice))[:400],
		"header":      strings.Repeat("not-a-token ", 3),
	}
	for name, token := range s.issuer.Forgeries(openidtest.User(alice)) {
		tokens["forgery "+name] = token
	}
	for name, token := range tokens {
		t.Run(name, func(t *testing.T) {
			s.log.take(t)
			wantNothingOf(t, s.do(s.gate.Handler(s), request("GET", webVM, token)), token)
			text, _ := s.log.take(t)
			wantNothingOf(t, &answer{body: text}, token)
		})
	}
}

// What an unverified token says stays out of the log below level Debug.
func TestUnverifiedClaimsInLogs(t *testing.T) {
	s := newSite(t, nil)
	token := s.issuer.Token(openidtest.User(alice), openidtest.With("iss", "https://attacker.example/"))
	for _, test := range []struct {
		level slog.Level
		want  bool
	}{{slog.LevelInfo, false}, {slog.LevelDebug, true}} {
		raw := &record{}
		own := newSiteWith(t, s.issuer, func(config *middleware.Config) {
			config.Logger = slog.New(slog.NewTextHandler(raw, &slog.HandlerOptions{Level: test.level}))
		})
		own.do(own.gate.Handler(own), request("GET", webVM, token)).want(t, 401, "InvalidAuthenticationToken", "The access token is invalid.")
		if got := strings.Contains(raw.text.String(), "attacker"); got != test.want || !strings.Contains(raw.text.String(), "unknown issuer") {
			t.Errorf("%v: log is %s", test.level, raw.text.String())
		}
	}
}
