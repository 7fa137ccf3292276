package netdev_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"reflect"
	"sort"
	"strings"
	"testing"

	drivers "tinygo.org/x/drivers/netdev"

	"github.com/tinynet/tinynet/netdev"
)

// Compile only if the method sets are the same.
var (
	_ = func(d drivers.Netdever) netdev.Netdever { return d }
	_ = func(d netdev.Netdever) drivers.Netdever { return d }
)

// definitions are the interfaces and integer constants of some Go files, as
// text, by name.
func definitions(t *testing.T, files ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	fset := token.NewFileSet()
	text := func(node any) string {
		var b strings.Builder
		if err := printer.Fprint(&b, fset, node); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, name := range files {
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				return false
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if i < len(n.Values) {
						if lit, ok := n.Values[i].(*ast.BasicLit); ok && lit.Kind == token.INT {
							found[name.Name] = strings.ToLower(lit.Value)
						}
					}
				}
			case *ast.TypeSpec:
				it, ok := n.Type.(*ast.InterfaceType)
				if !ok {
					return false
				}
				var methods []string
				for _, m := range it.Methods.List {
					for _, name := range m.Names {
						methods = append(methods, name.Name+signature(m.Type.(*ast.FuncType), text))
					}
				}
				sort.Strings(methods)
				found[n.Name.Name] = strings.Join(methods, "\n")
				return false
			}
			return true
		})
	}
	return found
}

// signature is a function's type without the names of parameters and results.
func signature(f *ast.FuncType, text func(any) string) string {
	list := func(fields *ast.FieldList) string {
		var types []string
		if fields == nil {
			return "()"
		}
		for _, f := range fields.List {
			name := strings.ReplaceAll(text(f.Type), "interface{}", "any")
			for range max(1, len(f.Names)) {
				types = append(types, strings.ReplaceAll(name, "net.Interface", "Interface"))
			}
		}
		return "(" + strings.Join(types, ", ") + ")"
	}
	return list(f.Params) + " " + list(f.Results)
}

// TestInStep holds this package and what the port looks for against each
// other.
func TestInStep(t *testing.T) {
	port := definitions(t, "../port/net/netdev.go")
	ours := definitions(t, "netdev.go", "optional.go")
	names := func(defs map[string]string) (n int) {
		for _, text := range defs {
			if strings.Contains(text, "(") {
				n++
			}
		}
		return n
	}
	if p, o := names(port), names(ours); p != o || p < 10 {
		t.Errorf("the port has %d interfaces, this package %d", p, o)
	}
	for name, text := range port {
		got := "missing"
		for n, text := range ours {
			if strings.EqualFold(n, strings.TrimPrefix(name, "nd")) {
				got = text
			}
		}
		if got != text {
			t.Errorf("%s is in the port\n%s\nand here\n%s", name, text, got)
		}
	}
}

// TestTables looks for each optional interface in the documentation.
func TestTables(t *testing.T) {
	page, err := os.ReadFile("../docs/drivers.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("netdev.go")
	if err != nil {
		t.Fatal(err)
	}
	comment, _, _ := strings.Cut(string(source), "package netdev\n")
	for name := range definitions(t, "optional.go") {
		if !strings.Contains(comment, "//\t"+name+" ") {
			t.Errorf("%s is not in the table of the package comment", name)
		}
		if !strings.Contains(string(page), "| `"+name+"` |") {
			t.Errorf("%s is not in the table of docs/drivers.md", name)
		}
	}
}

func TestErrors(t *testing.T) {
	if !errors.Is(netdev.ErrTimeout, os.ErrDeadlineExceeded) {
		t.Error("ErrTimeout is no os.ErrDeadlineExceeded")
	}
	if e, ok := netdev.ErrTimeout.(interface{ Timeout() bool }); !ok || !e.Timeout() {
		t.Error("ErrTimeout has no Timeout that says so")
	}
	for _, err := range []error{netdev.ErrNotSupported, netdev.ErrFamilyNotSupported, netdev.ErrProtocolNotSupported} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v is no errors.ErrUnsupported", err)
		}
	}
	if netdev.ErrHostUnknown.Error() != drivers.ErrHostUnknown.Error() {
		t.Errorf("ErrHostUnknown reads %q, in drivers %q", netdev.ErrHostUnknown, drivers.ErrHostUnknown)
	}
}

// TestConstants compares the numbers with those that drivers are built with.
func TestConstants(t *testing.T) {
	got := [...]int{netdev.AF_INET, netdev.SOCK_STREAM, netdev.SOCK_DGRAM, netdev.SOL_SOCKET, netdev.SO_KEEPALIVE,
		netdev.SOL_TCP, netdev.TCP_KEEPINTVL, netdev.IPPROTO_TCP, netdev.IPPROTO_UDP, netdev.IPPROTO_TLS}
	want := [...]int{drivers.AF_INET, drivers.SOCK_STREAM, drivers.SOCK_DGRAM, drivers.SOL_SOCKET, drivers.SO_KEEPALIVE,
		drivers.SOL_TCP, drivers.TCP_KEEPINTVL, drivers.IPPROTO_TCP, drivers.IPPROTO_UDP, drivers.IPPROTO_TLS}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("constants are %x, in drivers %x", got, want)
	}
}
