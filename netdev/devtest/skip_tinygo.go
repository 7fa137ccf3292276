//go:build tinygo

package devtest

import "testing"

// skip does no more than say why: a test that TinyGo skips fails.
func skip(t *testing.T, why string) { t.Log("skipped:", why) }
