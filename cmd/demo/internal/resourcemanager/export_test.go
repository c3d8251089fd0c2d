package resourcemanager

import "github.com/go-chi/chi/v5"

// Routes are all that a Server serves behind the gate, for a test that walks them.
func (s *Server) Routes() chi.Routes { return s.handler }

// MaxAccounts and MaxOperations are the bounds of what a Server remembers.
const (
	MaxAccounts   = maxAccounts
	MaxOperations = maxOperations
)

// A Usage is what a Server counts requests with.
type Usage struct{ usage }

func NewUsage() *Usage { return new(Usage) }

func (u *Usage) Count(principal, kind string, limit int) int {
	left, _ := u.count(account{principal: principal}, kind, limit)
	return left
}

func (u *Usage) Len() int { return len(u.accounts) }
