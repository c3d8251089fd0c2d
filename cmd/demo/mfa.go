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

// openMFA is what --mfa and its like ask of both sides: to each of them people come who change things.
func (s *site) openMFA(accepted tenants) (middleware.MFAConfig, error) {
	exceptions, err := s.options.mfaExceptions(accepted)
	config := middleware.MFAConfig{
		Mode: middleware.MFAMode(s.options.mfa), IncludePOST: s.options.mfaPOST, AuthenticationContext: s.options.mfaContext, Exceptions: exceptions,
	}
	if err != nil || !s.options.audits() {
		return config, err
	}
	if s.audit, err = mfaaudit.New(mfaaudit.Config{File: s.mfaAuditFile(), Logger: s.log}); err != nil {
		return config, fmt.Errorf("--mfa-audit: %w", err)
	}
	config.Audit = s.audit
	return config, nil
}

func (s *site) mfaAuditFile() string { return cmp.Or(s.options.mfaAudit, s.dir.File(mfaAuditFile)) }
