package resourcemanager_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"hubgate.example/cmd/demo/internal/resourcemanager"
)

func TestInventoryKnowsWhoOwnsASubscription(t *testing.T) {
	inventory, err := resourcemanager.NewInventory(contents())
	if err != nil {
		t.Fatal(err)
	}
	for subscription, want := range map[string]string{
		strings.TrimPrefix(primary, "/subscriptions/"):                  home,
		strings.ToUpper(strings.TrimPrefix(primary, "/subscriptions/")): home,
		strings.TrimPrefix(elsewhere, "/subscriptions/"):                foreign,
		strings.TrimPrefix(unknown, "/subscriptions/"):                  "",
		strings.TrimPrefix(shop, "/subscriptions/"):                     "",
		"":   "",
		"..": "",
		strings.TrimPrefix(primary, "/subscriptions/") + "/resourceGroups": "",
	} {
		tenant, known := inventory.TenantOf(subscription)
		if tenant != want || known != (want != "") {
			t.Errorf("%q belongs to %q, %v, want %q", subscription, tenant, known, want)
		}
	}
	var names []string
	for _, subscription := range inventory.Subscriptions() {
		names = append(names, subscription.DisplayName)
	}
	if !slices.Equal(names, []string{"Primary", "Second", "Elsewhere"}) {
		t.Errorf("subscriptions are %q", names)
	}
}

func TestNewInventoryNamesWhatIsWrong(t *testing.T) {
	resource := func(id string) func(*resourcemanager.Contents) {
		return func(c *resourcemanager.Contents) {
			c.Resources = append(c.Resources, resourcemanager.Resource{ID: id, Location: "local"})
		}
	}
	subscription := func(id, tenant string) func(*resourcemanager.Contents) {
		return func(c *resourcemanager.Contents) {
			c.Subscriptions = append(c.Subscriptions, resourcemanager.Subscription{ID: id, Tenant: tenant})
		}
	}
	for _, test := range []struct {
		name   string
		change func(*resourcemanager.Contents)
		field  string
	}{
		{"subscription without an id", subscription("", home), "Subscriptions[3].ID: "},
		{"subscription that is no GUID", subscription("main", home), "Subscriptions[3].ID: "},
		{"subscription without a tenant", subscription("55555555-aaaa-4bbb-8ccc-000000000005", ""), "Subscriptions[3].Tenant: "},
		{"subscription twice", subscription(strings.ToUpper(strings.TrimPrefix(primary, "/subscriptions/")), home), "Subscriptions[3].ID: "},
		{"no id", resource(""), "Resources[7].ID: "},
		{"no scope", resource("shop"), "Resources[7].ID: "},
		{"root", resource("/"), "Resources[7].ID: "},
		{"a subscription", resource(primary), "Resources[7].ID: "},
		{"in no subscription", resource("/providers/Microsoft.A/b/c"), "Resources[7].ID: "},
		{"in an unknown subscription", resource(unknown + "/resourceGroups/a"), "Resources[7].ID: "},
		{"in no resource group", resource(primary + "/resourceGroups/none/providers/Microsoft.A/b/c"), "Resources[7].ID: "},
		{"in no parent", resource(shop + "/providers/Microsoft.A/b/c/d/e"), "Resources[7].ID: "},
		{"twice", resource(strings.ToUpper(web)), "Resources[7].ID: "},
		{"resource group without a location", func(c *resourcemanager.Contents) {
			c.Resources = append(c.Resources, resourcemanager.Resource{ID: primary + "/resourceGroups/a"})
		}, "Resources[7].Location: "},
		{"property that is no JSON", func(c *resourcemanager.Contents) {
			c.Resources = append(c.Resources, resourcemanager.Resource{
				ID: shop + "/providers/Microsoft.A/b/c", Properties: map[string]jsontext.Value{"size": jsontext.Value("small")},
			})
		}, "Resources[7].Properties or Others: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := contents()
			test.change(&c)
			if _, err := resourcemanager.NewInventory(c); err == nil || !strings.HasPrefix(err.Error(), "resourcemanager: Contents."+test.field) {
				t.Errorf("error is %v, want one that names %s", err, test.field)
			}
		})
	}
}
