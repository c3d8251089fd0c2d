package resourcemanager

import (
	"net/http"
	"slices"

	"hubgate.example/middleware"
	"hubgate.example/rbac"
)

// A Subscription belongs to one directory tenant.
type Subscription struct {
	// ID is a GUID.
	ID string
	// Tenant is the directory tenant that owns the subscription, as in the principals' Tenant.
	Tenant      string
	DisplayName string

	scope rbac.Scope
}

// subscriptionAnswer is a Subscription as clients read it.
type subscriptionAnswer struct {
	ID             string `json:"id"`
	SubscriptionID string `json:"subscriptionId"`
	TenantID       string `json:"tenantId"`
	DisplayName    string `json:"displayName"`
	State          string `json:"state"`
}

func (s Subscription) answer() subscriptionAnswer {
	return subscriptionAnswer{s.scope.String(), s.ID, s.Tenant, s.DisplayName, "Enabled"}
}

// listSubscriptions answers the subscriptions that the caller may read or has any role in. No role reaches a subscription of
// another tenant than the caller's.
func (s *Server) listSubscriptions(w http.ResponseWriter, r *http.Request) error {
	set, _ := middleware.ResourceSetFrom(r.Context()) // the gate has put it there
	visible := slices.DeleteFunc(s.config.Inventory.Subscriptions(), func(subscription Subscription) bool {
		return !set.Check(readOf(subscription.scope)).Allowed && !set.Holds(subscription.scope)
	})
	return writePage(w, r, s.pages, visible, func(subscription Subscription) string { return subscription.scope.Key() }, Subscription.answer)
}

func (s *Server) getSubscription(w http.ResponseWriter, r *http.Request) error {
	subscription, err := s.subscriptionOf(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, subscription.answer())
}

// listLocations answers the one region that an Azure Stack Hub is.
func (s *Server) listLocations(w http.ResponseWriter, r *http.Request) error {
	subscription, err := s.subscriptionOf(r)
	if err != nil {
		return err
	}
	type location struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		DisplayName string `json:"displayName"`
		Longitude   string `json:"longitude"`
		Latitude    string `json:"latitude"`
	}
	return writeList(w, []location{{
		ID: subscription.scope.String() + "/locations/" + s.config.Region, Name: s.config.Region, DisplayName: s.config.Region, Longitude: "0", Latitude: "0",
	}})
}

// subscriptionOf returns the subscription that the request has been authorized for.
func (s *Server) subscriptionOf(r *http.Request) (Subscription, error) {
	op, err := rbac.OperationFor(r)
	if err != nil {
		return Subscription{}, err
	}
	subscription, ok := s.config.Inventory.subscription(op.Scope)
	if !ok {
		return Subscription{}, failf(http.StatusNotFound, "SubscriptionNotFound", "The subscription '%s' could not be found.", op.Scope.Name())
	}
	return subscription, nil
}
