package main

import (
	"cmp"
	"fmt"

	"hubgate.example/middleware"
	"hubgate.example/middleware/mfaaudit"
	"hubgate.example/openid"
)

// mfaAuditFile is in the data directory.
const mfaAuditFile = "mfa-audit.jsonl"

// ownMFAClaim is how the demo's own AD FS shows a second factor. It stands for a claim rule of the site: AD FS issues it by none of
// its own.
var ownMFAClaim = openid.ClaimValue{Name: "authnmethodsreferences", Value: "http://schemas.microsoft.com/claims/multipleauthn"}

// openMFA is what --mfa asks of the user's side.
func (s *site) openMFA() (middleware.MFAConfig, error) {
	config := middleware.MFAConfig{Mode: middleware.MFAMode(s.options.mfa)}
	if !s.options.audits() {
		return config, nil
	}
	var err error
	if s.audit, err = mfaaudit.New(mfaaudit.Config{File: s.mfaAuditFile(), Logger: s.log}); err != nil {
		return config, fmt.Errorf("--mfa-audit: %w", err)
	}
	config.Audit = s.audit
	return config, nil
}

func (s *site) mfaAuditFile() string { return cmp.Or(s.options.mfaAudit, s.dir.File(mfaAuditFile)) }
