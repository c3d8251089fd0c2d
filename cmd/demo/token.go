package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"hubgate.example/cmd/demo/internal/datadir"
	"hubgate.example/cmd/demo/internal/sample"
	"hubgate.example/openid"
)

var tokenCommand = command{
	name:    "token",
	summary: "print a token of a sample principal",
	about: "Token gets an access token for Resource Manager from a running demo, in the name of a sample principal, and prints\n" +
		"it, alone, on standard output. It lives for an hour. demo principals lists the names.",
	define: func(flags *flag.FlagSet) func(context.Context, io.Writer, io.Writer) error {
		var name, data string
		flags.StringVar(&name, "as", "", "be the sample principal `NAME`")
		dataFlag(flags, &data)
		return func(ctx context.Context, stdout, _ io.Writer) error { return printToken(ctx, name, data, stdout) }
	},
}

// azureCLI is the public client as which users sign in: the az command line, which every directory knows.
const azureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

func printToken(ctx context.Context, name, data string, stdout io.Writer) error {
	principal, err := findPrincipal(name)
	if err != nil {
		return err
	}
	dir, err := openData(data, datadir.Open)
	if err != nil {
		return err
	}
	demo, err := readRunning(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil || !demo.alive(ctx, dir) {
		return fmt.Errorf("no demo is running with the data directory %s: demo serve --data %s starts one", dir.Path(), shellWord(dir.Path()))
	}
	if demo.TokenEndpoint == "" {
		return fmt.Errorf("the demo at %s trusts another identity provider: get a token there", demo.URL)
	}
	credentials, err := sample.OpenCredentials(dir)
	if err != nil {
		return err
	}
	form := url.Values{"scope": {demo.Audience + "/.default"}}
	if principal.Kind == openid.KindUser {
		form.Set("grant_type", "password")
		form.Set("client_id", azureCLI)
		form.Set("username", principal.Username)
		form.Set("password", credentials.Secret(principal))
	} else {
		form.Set("grant_type", "client_credentials")
		form.Set("client_id", principal.ApplicationID)
		form.Set("client_secret", credentials.Secret(principal))
	}
	client, err := newClient(dir)
	if err != nil {
		return err
	}
	token, err := requestToken(ctx, client, demo.TokenEndpoint, form)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, token)
	return err
}

func findPrincipal(name string) (sample.Principal, error) {
	var names []string
	for _, p := range sample.Principals() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return sample.Principal{}, usagef("--as: %q is none of %s", name, strings.Join(names, ", "))
}

// requestToken sends a token request and returns the access token.
func requestToken(ctx context.Context, client *http.Client, endpoint string, form url.Values) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer); err != nil {
		return "", fmt.Errorf("%s: status %d: %w", endpoint, response.StatusCode, err)
	}
	if response.StatusCode != http.StatusOK || answer.AccessToken == "" {
		return "", fmt.Errorf("%s: status %d: %s", endpoint, response.StatusCode, answer.Description)
	}
	return answer.AccessToken, nil
}
