//go:build tinynetport && tinynet_board

package net

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"
)

// TestNames compares these names and numbers with those in the maps of the installed Go.
func TestNames(t *testing.T) {
	file := filepath.Join(build.Default.GOROOT, "src", "net", "lookup.go")
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Skip(err)
	}
	text := func(e ast.Expr) string {
		s, err := strconv.Unquote(e.(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	number := func(e ast.Expr) int {
		n, err := strconv.Atoi(e.(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	known := map[string]int{}
	check := func(list, name string, want int, got int, ok bool) {
		known[list]++
		if !ok || got != want {
			t.Errorf("%s %q: got %d, %v, want %d", list, name, got, ok, want)
		}
	}
	entries := func(e ast.Expr) (kvs []*ast.KeyValueExpr) {
		for _, e := range e.(*ast.CompositeLit).Elts {
			kvs = append(kvs, e.(*ast.KeyValueExpr))
		}
		return kvs
	}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		switch v.Names[0].Name {
		case "protocols":
			for _, kv := range entries(v.Values[0]) {
				got, ok := protocolOf(text(kv.Key))
				check("protocols", text(kv.Key), number(kv.Value), got, ok)
			}
		case "services":
			for _, network := range entries(v.Values[0]) {
				m, ok := servicesOf(text(network.Key))
				if !ok {
					t.Errorf("no services of %s", text(network.Key))
				}
				for _, kv := range entries(network.Value) {
					got, ok := m.port(text(kv.Key))
					check(text(network.Key), text(kv.Key), number(kv.Value), got, ok)
				}
			}
		}
		return true
	})
	if known["protocols"] != len(internetProtocols) || known["tcp"] != len(tcpServices) || known["udp"] != 1 {
		t.Errorf("Go has %v, want as many as here: %d protocols, %d services of TCP and 1 of UDP", known, len(internetProtocols), len(tcpServices))
	}
	if _, ok := servicesOf("sctp"); ok {
		t.Error("servicesOf knows sctp, want tcp and udp alone")
	}
}
