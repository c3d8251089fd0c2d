package resourcemanager_test

import "testing"

func TestAPIVersion(t *testing.T) {
	s := newSite(t)
	for query, want := range map[string]struct {
		status int
		code   string
	}{
		"api-version=2016-06-01":                         {200, ""},
		"api-version=2015-07-01-preview":                 {200, ""},
		"api-version=2015-07-01-Preview":                 {200, ""},
		"api-version=2015-07-01-alpha":                   {200, ""},
		"api-version=2015-07-01-beta":                    {200, ""},
		"api-version=2015-07-01-privatepreview":          {200, ""},
		"x=y":                                            {400, "MissingApiVersionParameter"},
		"api-version=":                                   {400, "MissingApiVersionParameter"},
		"api-version=1":                                  {400, "InvalidApiVersionParameter"},
		"api-version=2016-13-01":                         {400, "InvalidApiVersionParameter"},
		"api-version=2016-02-30":                         {400, "InvalidApiVersionParameter"},
		"api-version=2016-06-01-other":                   {400, "InvalidApiVersionParameter"},
		"api-version=2016-06-01%0A":                      {400, "InvalidApiVersionParameter"},
		"api-version=2016-06-01&api-version=2016-06-01":  {400, "InvalidApiVersionParameter"},
		"api-version=%FF%FE":                             {400, "InvalidApiVersionParameter"},
		"$expand=x&api-version=2016-06-01&ignored=other": {200, ""},
	} {
		s.want(t, request{as: nobody, method: "GET", path: "/tenants", query: query}, want.status, want.code)
	}
	for query, want := range map[string]string{
		"api-version=2016-06-01&api-version=2016-06-01": "The api-version query parameter (?api-version=) is given more than once.",
		"api-version=&api-version=2016-06-01":           "The api-version query parameter (?api-version=) is given more than once.",
		"api-version=1": "The api-version '1' is invalid. The supported versions are '2022-12-01,2022-09-01,2021-04-01,2021-01-01,2020-10-01," +
			"2020-06-01,2019-11-01,2019-10-01,2019-08-01,2019-07-01,2019-05-10,2019-05-01,2019-03-01,2018-05-01,2018-02-01,2017-05-10," +
			"2016-09-01,2016-06-01,2016-02-01,2015-11-01,2015-01-01'.",
	} {
		if a := s.want(t, request{as: nobody, method: "GET", path: "/tenants", query: query}, 400, "InvalidApiVersionParameter"); a.message != want {
			t.Errorf("%s: %s", query, a.message)
		}
	}
	s.want(t, request{method: "GET", path: "/tenants", query: "x=y"}, 401, "AuthenticationFailed")
	s.want(t, request{as: nobody, method: "GET", path: web, query: "x=y"}, 400, "MissingApiVersionParameter")
	a := s.do(t, request{as: owner, method: "GET", path: primary + "/providers/Microsoft.Authorization/roleAssignments", query: "x=y"})
	if a.message != "The api-version query parameter (?api-version=) is required for all requests." {
		t.Errorf("%d %s", a.status, a.body)
	}
}
