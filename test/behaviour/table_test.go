//go:build tinynet_port

package behaviour_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/simdev"
	"github.com/tinynet/tinynet/netdev/tether"
)

var updateTable = flag.Bool("update", false, "write the table of docs/drivers.md anew")

// serveNames has a DNS server at the peer, for the zone of names.
func serveNames(t *testing.T, peer devtest.Peer) (at netip.AddrPort, stop func()) {
	t.Helper()
	p, err := peer.ListenPacket()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, from, err := p.ReadFrom(buf)
			if err != nil {
				return
			}
			var query dnsmessage.Message
			if query.Unpack(buf[:n]) != nil || len(query.Questions) != 1 {
				continue
			}
			for _, answer := range names(query, false) {
				p.WriteTo(answer, from)
			}
		}
	}()
	return addrPort(p.LocalAddr()), func() {
		p.Close()
		<-done
	}
}

// tethered is the world of a board on a tether: the computer's end is another
// process, and the peer has this computer's sockets.
func tethered(t *testing.T) (w *world, dev netdev.Netdever, stop func()) {
	t.Helper()
	here, ok := netdev.Host().(hostSockets)
	if !ok {
		t.Skip("this system has no sockets")
	}
	self, board := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.2")
	sockets, err := devtest.Device(atHome{here})
	if err != nil {
		t.Fatal(err)
	}
	peer := computer{sockets, self}
	dns, stopDNS := serveNames(t, peer)
	bin := filepath.Join(t.TempDir(), "tetherhost")
	build := exec.Command("go", "build", "-o", bin, "./testdata/tetherhost")
	build.Env = append(os.Environ(), "GOFLAGS=") // with Go's own net
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", build, err, out)
	}
	cmd := exec.Command(bin, "-addr", board.String(), "-self", self.String(), "-dns", dns.String())
	cmd.Stderr = os.Stderr
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := first(inErr, outErr, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	dev = tether.New(struct {
		io.Reader
		io.Writer
	}{out, in}, tether.Config{})
	return &world{name: "tether", ip: board, peer: peer}, dev, func() {
		in.Close()
		cmd.Wait()
		stopDNS()
	}
}

// hostSockets is what the host device has that a peer's needs.
type hostSockets interface {
	netdev.Netdever
	netdev.Datagrammer
	netdev.SockNamer
	netdev.Deadliner
	netdev.Shutdowner
}

// atHome is the host device at 127.0.0.1.
type atHome struct{ hostSockets }

func (atHome) Addr() (netip.Addr, error) { return netip.MustParseAddr("127.0.0.1"), nil }

// A computer is this computer as a board on a tether sees it: what is at
// 127.0.0.1 here has another address there.
type computer struct {
	devtest.Peer
	self netip.Addr
}

func (c computer) Addr() netip.Addr { return c.self }

// here is where a port of the board's is on this computer.
func (c computer) here(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(c.Peer.Addr(), a.Port())
}

func (c computer) there(a net.Addr) netip.AddrPort {
	return netip.AddrPortFrom(c.self, addrPort(a).Port())
}

func (c computer) Dial(to netip.AddrPort) (net.Conn, error) { return c.Peer.Dial(c.here(to)) }

func (c computer) Listen() (net.Listener, error) {
	l, err := c.Peer.Listen()
	return movedListener{l, c}, err
}

func (c computer) ListenPacket() (net.PacketConn, error) {
	p, err := c.Peer.ListenPacket()
	return movedPackets{p, c}, err
}

type movedListener struct {
	net.Listener
	c computer
}

func (l movedListener) Addr() net.Addr {
	return net.TCPAddrFromAddrPort(l.c.there(l.Listener.Addr()))
}

type movedPackets struct {
	net.PacketConn
	c computer
}

func (p movedPackets) LocalAddr() net.Addr {
	return net.UDPAddrFromAddrPort(p.c.there(p.PacketConn.LocalAddr()))
}

func (p movedPackets) WriteTo(b []byte, to net.Addr) (int, error) {
	return p.PacketConn.WriteTo(b, net.UDPAddrFromAddrPort(p.c.here(addrPort(to))))
}

// The tables of docs/drivers.md, by their heads.
const (
	promises     = "| a program can | with all optional interfaces | without one, on the loopback, or over the tether |\n|---|---|---|\n"
	boardDiffers = "| with a board's limits, a program can | with all optional interfaces | without one, on the loopback, or over the tether |\n|---|---|---|\n"
)

// TestPromiseTable tries each probe on a device with all optional interfaces, on
// devices that lack some, on the loopback, and over a tether. docs/drivers.md has
// the results; with a board's limits, it has what differs.
func TestPromiseTable(t *testing.T) {
	var columns []string
	cells := map[string]map[string]string{}
	try := func(w *world, dev netdev.Netdever) {
		netdev.Use(dev)
		defer netdev.Use(nil)
		columns = append(columns, w.name)
		for _, p := range probes {
			t.Run(strings.ReplaceAll(p.name+"/"+w.name, " ", "_"), func(t *testing.T) {
				if cells[p.name] == nil {
					cells[p.name] = map[string]string{}
				}
				cells[p.name][w.name] = p.result(t, w)
			})
		}
	}
	var kinds []string
	for name := range lacking(&everyDevice{}) {
		kinds = append(kinds, name)
	}
	slices.Sort(kinds)
	for _, name := range kinds {
		wire := simdev.NewNetwork()
		conf := simdev.Profile("good")
		conf.TLS = simdev.Offload
		conf.Names = map[string]netip.Addr{"peer.example": netip.MustParseAddr("10.0.0.2")}
		dev, other := wire.Join(conf), wire.Join(simdev.Profile("good").At("10.0.0.2"))
		peer, err := devtest.Device(other.Netdever())
		if err != nil {
			t.Fatal(err)
		}
		dns, stop := serveNames(t, peer)
		every := newEveryDevice(dev.Netdever().(simDevice), dns)
		ip := dev.Config().Addr
		try(&world{name: name, dev: dev, conf: conf, ip: ip, peer: peer, every: every, six: to6(peer.Addr())}, lacking(every)[name])
		stop()
		dev.Halt()
		other.Halt()
	}
	home := netip.MustParseAddr("127.0.0.1")
	try(&world{name: "loopback", ip: home, peer: devtest.Computer(home)}, netdev.Loopback())
	if runtime.Compiler == "tinygo" {
		skip(t, "the tether's other end is a process with pipes, which TinyGo's os cannot start (files setting not implemented)")
		return
	}
	w, dev, stop := tethered(t)
	try(w, dev)
	stop()

	for _, p := range probes {
		if len(cells[p.name]) != len(columns) {
			t.Skip("-run leaves out some of its parts")
		}
	}
	var rows []string
	for _, p := range probes {
		usual := cells[p.name][""]
		var others []string
		for _, c := range columns {
			if got := cells[p.name][c]; c != "" && got != usual {
				others = append(others, "`"+c+"`: "+got)
			}
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s |\n", p.name, usual, strings.Join(others, "; ")))
	}
	const name = "../../docs/drivers.md"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Skip("docs/drivers.md is not here")
	}
	page, head := string(data), promises
	if boardLimits {
		head = boardDiffers
		rows = slices.DeleteFunc(rows, func(row string) bool { return strings.Contains(page, "\n"+row) })
		if len(rows) == 0 {
			rows = []string{"| do no less | | |\n"}
		}
	}
	want := strings.Join(rows, "")
	before, after, found := strings.Cut(page, head)
	if !found {
		t.Fatalf("docs/drivers.md has no table with the head\n%s", head)
	}
	old, rest, _ := strings.Cut(after, "\n\n")
	switch {
	case old+"\n" == want:
	case *updateTable:
		if err := os.WriteFile(name, []byte(before+head+want+"\n"+rest), 0o666); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("a table of docs/drivers.md is not up to date (tinynet go test -tags tinynet_port -run PromiseTable ./test/behaviour -args -update); it should be\n%s", want)
	}
}

// TestPromisesCoverNet has a probe, or a reason for none, for each exported
// function and method of this Go's net; and the probe calls it.
func TestPromisesCoverNet(t *testing.T) {
	names := exported(t, filepath.Join(runtime.GOROOT(), "src", "net"))
	if len(names) == 0 {
		t.Skip("Go's source is not here")
	}
	covered := strings.Fields(noDevice)
	for _, p := range probes {
		covered = append(covered, strings.Fields(p.covers)...)
	}
	for _, name := range names {
		typ, _, method := strings.Cut(name, ".")
		if !slices.Contains(covered, name) && !(method && slices.Contains(covered, typ+".*")) {
			t.Errorf("no probe covers net.%s, and noDevice does not list it", name)
		}
	}
	called := calls(t, "probes_test.go")
	for _, p := range probes {
		for _, name := range strings.Fields(p.covers) {
			last := name[strings.LastIndex(name, ".")+1:]
			if last != "*" && !called[p.name][last] {
				t.Errorf("the probe %q says that it covers net.%s, and does not name it", p.name, name)
			}
		}
	}
}

// exported lists the exported functions of a package, and the exported methods
// of its exported types, also those of an unexported struct that these embed.
func exported(t *testing.T, dir string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	methods, embeds := map[string][]string{}, map[string][]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				switch {
				case !d.Name.IsExported():
				case d.Recv == nil:
					names = append(names, d.Name.Name)
				default:
					typ := d.Recv.List[0].Type
					if s, ok := typ.(*ast.StarExpr); ok {
						typ = s.X
					}
					if id, ok := typ.(*ast.Ident); ok {
						methods[id.Name] = append(methods[id.Name], d.Name.Name)
					}
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					ts, ok := spec.(*ast.TypeSpec)
					if !ok {
						continue
					}
					if st, ok := ts.Type.(*ast.StructType); ok {
						for _, field := range st.Fields.List {
							if id, ok := field.Type.(*ast.Ident); ok && len(field.Names) == 0 {
								embeds[ts.Name.Name] = append(embeds[ts.Name.Name], id.Name)
							}
						}
					}
				}
			}
		}
	}
	for typ, list := range embeds {
		for _, e := range list {
			if !ast.IsExported(e) {
				methods[typ] = append(methods[typ], methods[e]...)
			}
		}
	}
	for typ, list := range methods {
		for _, m := range list {
			if ast.IsExported(typ) {
				names = append(names, typ+"."+m)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// calls tells what each probe of a file names, and what the functions of the file
// do that it names.
func calls(t *testing.T, file string) map[string]map[string]bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	helpers := map[string]ast.Node{}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			helpers[fn.Name.Name] = fn
		}
	}
	named := func(n ast.Node, into map[string]bool) {
		ast.Inspect(n, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				into[n.Sel.Name] = true
			case *ast.Ident:
				into[n.Name] = true
			}
			return true
		})
	}
	all := map[string]map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok || len(lit.Elts) != 3 {
			return true
		}
		name, ok := lit.Elts[0].(*ast.BasicLit)
		if !ok || lit.Type != nil {
			return true
		}
		into := map[string]bool{}
		named(lit.Elts[2], into)
		for helper, fn := range helpers {
			if into[helper] {
				named(fn, into)
			}
		}
		all[strings.Trim(name.Value, `"`)] = into
		return true
	})
	return all
}
