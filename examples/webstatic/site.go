package main

import (
	"embed"
	"hash/crc32"
	"io/fs"
	"net/http"
	"path"
	"strconv"

	"github.com/tinynet/tinynet/examples/internal/web"
)

//go:embed site
var files embed.FS

// newServer serves the folder site. What is embedded has no times, by which
// browsers would know what they have already: the ETags, made once, do instead.
func newServer() (*http.Server, error) {
	site, err := fs.Sub(files, "site")
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	err = fs.WalkDir(site, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(site, name)
		tags[name] = `"` + strconv.FormatUint(uint64(crc32.ChecksumIEEE(data)), 36) + `"`
		return err
	})
	if err != nil {
		return nil, err
	}
	server := http.FileServer(http.FS(site))
	return web.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Clean("/" + r.URL.Path)[1:]
		if name == "" {
			name = "index.html"
		}
		if tag, ok := tags[name]; ok {
			w.Header().Set("ETag", tag)
			w.Header().Set("Cache-Control", "no-cache") // ask each time, with the ETag
		}
		server.ServeHTTP(w, r)
	})), nil
}
