//go:build !windows

package toolchain

import "os"

// linkFolder makes a link to a folder.
func linkFolder(folder, link string) error { return os.Symlink(folder, link) }

// replaceLink gives a link another name, in the place of what has that name.
func replaceLink(link, name string) error { return os.Rename(link, name) }
