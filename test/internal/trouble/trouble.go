// Package trouble makes computers, apart from this one, on which programs meet errors:
// a network namespace of Linux with files of its own for names, and what a shell does
// to it. The tests run one program there on Go's net and on the port.
package trouble

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// limit is for a program that hangs: nothing takes so long, even on a busy machine.
const limit = 10 * time.Minute

// A World is such a computer.
type World struct {
	Name   string
	setup  string // what a shell does in it
	Hosts  string // /etc/hosts
	resolv string // /etc/resolv.conf
}

// brokenHosts has lines that are right between some that are not.
const brokenHosts = "127.0.0.1 localhost\n" +
	"\x00\x01\xff no line of a hosts file\n" +
	"300.1.2.3 listed.example\n192.0.2.1\n# 192.0.2.9 listed.example\n\n" +
	"not-an-address listed.example\n" +
	"\t192.0.2.7\tlisted.example # as it should be\n" +
	"192.0.2.7 twice.example\n192.0.2.8 twice.example\r\n" +
	"fe80::1%nowhere listed.example\n" +
	"192.0.2.77 " // with no name, and no end of the line

// Worlds are a computer that is well, and those that are not.
var Worlds = []World{
	{"plain", "", "127.0.0.1 localhost\n192.0.2.7 listed.example\n", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"},
	{"no IPv6, broken hosts file", "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6", brokenHosts, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"},
	{"routes that refuse, broken resolv.conf", `
ip link add name net0 type veth peer name net1 && ip address add 198.51.100.1/24 dev net0 && ip link set net0 up && ip link set net1 up
ip route add prohibit 192.0.2.1
ip route add unreachable 192.0.2.2
ip route add blackhole 192.0.2.3`, "", "nameserver\nnameserver nonsense\noptions timeout:nonsense\nserach example\n\x00"},
	{"no resolver that answers", "", brokenHosts, "nameserver 198.51.100.53\noptions timeout:1 attempts:1\n"},
}

// Refused are the addresses that a route refuses in the world that has such routes, and
// one at which nobody is.
var Refused = []string{"192.0.2.1:80", "192.0.2.2:80", "192.0.2.3:80", "198.51.100.2:80"}

// Need skips the test where the tools are not that make worlds.
func Need(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"unshare", "ip", "mount"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s on PATH, which makes the computers that are in trouble", tool)
		}
	}
}

// Says runs a shell's command in the world, with these arguments as its $1 and so on,
// and returns what it prints. The test is skipped where there can be no such world.
func (w World) Says(t *testing.T, env []string, command string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range map[string]string{"hosts": w.Hosts, "resolv.conf": w.resolv} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	script := `set -e
mount --bind "$0/hosts" /etc/hosts
mount --bind "$0/resolv.conf" /etc/resolv.conf
ip link set lo up
` + w.setup + "\n" + command
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", append([]string{"--user", "--map-root-user", "--net", "--mount", "sh", "-c", script, dir}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = 10 * time.Second
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		t.Skipf("this computer cannot be made to have that trouble: %v, %s", err, strings.TrimSpace(stderr.String()))
	}
	if err != nil {
		t.Errorf("%s %q: %v\n%s", command, args, err, &stderr)
	}
	return string(out)
}

// Same compares what the port says with what Go's own net says, line by line.
func Same(t *testing.T, got, want []string) {
	t.Helper()
	if len(want) < 30 {
		t.Errorf("Go's net gives %d lines, want 30 or more:\n%s", len(want), strings.Join(want, "\n"))
	}
	for i := range max(len(got), len(want)) {
		g, w := "nothing", "nothing"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("line %d:\ngot  %s\nwant %s", i+1, g, w)
		}
	}
	t.Logf("%d lines are the same:\n%s", len(want), strings.Join(want, "\n"))
}
