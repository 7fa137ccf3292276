//go:build !tinygo

package devtest

import "testing"

func skip(t *testing.T, why string) {
	t.Helper()
	t.Skip(why)
}
