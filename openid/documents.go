package openid

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
)

// documents gets the authority's metadata and its key set, which is still to be read: from files where they are configured, else from
// the authority. Where the keys are is what the metadata says, within the bounds of checkKeysAddress.
func (p *Provider) documents(ctx context.Context) (m metadata, keys []byte, err error) {
	if p.metadataFile != "" {
		return p.documentFiles()
	}
	address := *p.authority.url
	address.Path += wellKnown
	if p.applicationID != "" {
		address.RawQuery = url.Values{"appid": {p.applicationID}}.Encode()
	}
	body, err := p.outbound.get(ctx, address.String(), maxMetadataBytes)
	if err != nil {
		return metadata{}, nil, fmt.Errorf("metadata: %w", err)
	}
	if m, err = readMetadata(body); err != nil {
		return metadata{}, nil, err
	}
	if err := p.checkKeysAddress(m.JWKSURI); err != nil {
		return metadata{}, nil, err
	}
	if keys, err = p.outbound.get(ctx, m.JWKSURI, maxKeySetBytes); err != nil {
		return metadata{}, nil, fmt.Errorf("key set: %w", err)
	}
	return m, keys, nil
}

func (p *Provider) documentFiles() (m metadata, keys []byte, err error) {
	body, err := readBounded(p.metadataFile, maxMetadataBytes)
	if err != nil {
		return metadata{}, nil, fmt.Errorf("metadata: %w", err)
	}
	if m, err = readMetadata(body); err != nil {
		return metadata{}, nil, err
	}
	if keys, err = readBounded(p.keysFile, maxKeySetBytes); err != nil {
		return metadata{}, nil, fmt.Errorf("key set: %w", err)
	}
	return m, keys, nil
}

// checkFiles finds what is wrong with ProviderConfig.MetadataFile and KeysFile.
func checkFiles(metadataFile, keysFile string) error {
	if metadataFile == "" && keysFile == "" {
		return nil
	}
	for _, field := range []struct{ name, path, other string }{{"MetadataFile", metadataFile, "KeysFile"}, {"KeysFile", keysFile, "MetadataFile"}} {
		if field.path == "" {
			return fmt.Errorf("openid: ProviderConfig.%s: is required with %s", field.name, field.other)
		}
		info, err := os.Stat(field.path)
		if err == nil && !info.Mode().IsRegular() { // reading a pipe could last for ever
			err = fmt.Errorf("%s is not a regular file", field.path)
		}
		if err != nil {
			return fmt.Errorf("openid: ProviderConfig.%s: %w", field.name, err)
		}
	}
	return nil
}

// readBounded reads a file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("%s is longer than %d bytes", path, limit)
	}
	return content, err
}
