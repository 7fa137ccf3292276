package toolchain

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// linkFolder makes a link to a folder. A symbolic link takes a privilege that
// most users of Windows do not have; a junction does not.
func linkFolder(folder, link string) error {
	err := os.Symlink(folder, link)
	if err == nil {
		// Wine says so also when it has made none.
		if _, err = os.Lstat(link); err == nil {
			return nil
		}
	}
	shell := filepath.Join(os.Getenv("SystemRoot"), "System32", "cmd.exe")
	cmd := exec.Command(shell)
	// The shell has rules of its own for quotes; these are the ones around all.
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: fmt.Sprintf(`cmd /d /s /c "mklink /J "%s" "%s""`, link, folder)}
	out, e := cmd.CombinedOutput()
	if e == nil {
		_, e = os.Lstat(link)
	}
	if e != nil {
		return fmt.Errorf("%w; mklink /J: %s", err, cmp.Or(strings.TrimSpace(string(out)), e.Error()))
	}
	return nil
}

// replaceLink gives a link another name, in the place of what has that name:
// here that has to go first.
func replaceLink(link, name string) error {
	if err := os.Rename(link, name); err == nil {
		return nil
	}
	os.Remove(name)
	return os.Rename(link, name)
}
