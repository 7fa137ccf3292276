//go:build linux && tinynet_get && tinynet_plain

package main

const serverName = "127.0.0.1"

func ways() []way {
	direct := func() {}
	return []way{{"get", direct, false}, {"get-close", direct, true}}
}
