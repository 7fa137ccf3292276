package main

import "testing"

func TestConformUsage(t *testing.T) {
	for _, test := range []struct {
		args   []string
		status int
		text   string
	}{
		{[]string{"-device", "wifi"}, 2, `there is no device "wifi"; there are host and loopback`},
		{[]string{"-count", "0"}, 2, "it has to be at least 1"},
		{[]string{"-md", "net"}, 2, "take out net"},
		{[]string{"-record", "x.json", "-run", "TestA"}, 2, "take out -run"},
		{[]string{"-md"}, 0, "# Conformance"},
	} {
		tinynet(testPort(), append([]string{"conform"}, test.args...)...).want(t, test.status, test.text)
	}
}
