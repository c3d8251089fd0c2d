package resourcemanager_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	s := newSite(t)
	const disks = shop + "/providers/Microsoft.Compute/disks/"
	for _, tt := range []struct {
		path, name string
		status     int
		code       string
	}{
		{primary + "/resourceGroups/", "a-b._(1)ä", 201, ""},
		{primary + "/resourceGroups/", strings.Repeat("a", 90), 201, ""},
		{primary + "/resourceGroups/", strings.Repeat("a", 91), 400, "InvalidResourceGroup"},
		{primary + "/resourceGroups/", "a.", 400, "InvalidResourceGroup"},
		{primary + "/resourceGroups/", "a b", 400, "InvalidResourceGroup"},
		{primary + "/resourceGroups/", "<script>", 400, "InvalidResourceGroup"},
		{disks, "a b_(1)", 201, ""},
		{disks, "<img src=x>", 400, "InvalidResourceName"},
		{disks, strings.Repeat("d", 261), 400, "InvalidResourceName"},
	} {
		s.want(t, request{as: owner, method: "PUT", path: tt.path + url.PathEscape(tt.name), body: `{"location":"local"}`}, tt.status, tt.code)
	}
}
