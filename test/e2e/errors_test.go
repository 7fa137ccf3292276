//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// brokenHosts has one line that is right, between some that are not.
const brokenHosts = "127.0.0.1 localhost\n" +
	"\x00\x01\xff no line of a hosts file\n" +
	"300.1.2.3 listed.example\n192.0.2.1\n# 192.0.2.9 listed.example\n\n" +
	"not-an-address listed.example\n" +
	"\t192.0.2.7\tlisted.example # as it should be\n" +
	"192.0.2.7 twice.example\n192.0.2.8 twice.example\r\n" +
	"fe80::1%nowhere listed.example\n" +
	"192.0.2.77 " // with no name, and no end of the line

// worlds are the computers, apart from this one, on which a program meets errors:
// what a shell does to a network namespace to make them.
var worlds = []struct{ name, setup, hosts, resolv string }{
	{"plain", "", "127.0.0.1 localhost\n192.0.2.7 listed.example\n", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"},
	{"no IPv6, broken hosts file", "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6", brokenHosts, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"},
	{"routes that refuse, broken resolv.conf", `
ip link add name net0 type veth peer name net1 && ip address add 198.51.100.1/24 dev net0 && ip link set net0 up && ip link set net1 up
ip route add prohibit 192.0.2.1
ip route add unreachable 192.0.2.2
ip route add blackhole 192.0.2.3`, "", "nameserver\nnameserver nonsense\noptions timeout:nonsense\nserach example\n\x00"},
	{"no resolver that answers", "", brokenHosts, "nameserver 198.51.100.53\noptions timeout:1 attempts:1\n"},
}

// TestErrorsAsGo runs one program on Go's net and on the port, on computers that are in
// trouble: a port in use, no IPv6, a refusal by the network (a route that prohibits
// gives what a firewall that rejects does), names that do not resolve, a broken hosts
// file. Each line has to be the same, word for word.
func TestErrorsAsGo(t *testing.T) {
	t.Parallel()
	dependOnSources()
	for _, tool := range []string{"unshare", "ip", "mount"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s on PATH, which makes the computers that are in trouble", tool)
		}
	}
	dir := t.TempDir()
	const program = "./test/e2e/testdata/errors"
	plain, port := filepath.Join(dir, "plain"), filepath.Join(dir, "port")
	for name, args := range map[string][]string{plain: {"go"}, port: {tinynet(t), "go"}} {
		args = append(args, "build", "-o", name, program)
		p := launchWith(t, nil, []string{"CGO_ENABLED=0"}, args[0], args[1:]...)
		if status := p.wait(t, startLimit); status != 0 {
			t.Fatalf("%v: status %d:\n%s", args, status, p.said())
		}
	}
	for _, w := range worlds {
		t.Run(w.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range map[string]string{"hosts": w.hosts, "resolv.conf": w.resolv} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			script := `set -e
mount --bind "$2/hosts" /etc/hosts
mount --bind "$2/resolv.conf" /etc/resolv.conf
ip link set lo up
` + w.setup + `
exec "$1" 192.0.2.1:80 192.0.2.2:80 192.0.2.3:80 198.51.100.2:80`
			says := func(program string) string {
				cmd := exec.Command("unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", script, "sh", program, dir)
				var stderr strings.Builder
				cmd.Stderr = &stderr
				out, err := cmd.Output()
				if err != nil && len(out) == 0 {
					t.Skipf("this computer cannot be made to have that trouble: %v, %s", err, strings.TrimSpace(stderr.String()))
				}
				if err != nil {
					t.Errorf("%s: %v\n%s", program, err, &stderr)
				}
				return string(out)
			}
			want := strings.Split(says(plain), "\n")
			got := strings.Split(says(port), "\n")
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
		})
	}
}
