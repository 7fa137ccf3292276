package port_test

import (
	"os/exec"
	"runtime"
	"testing"
)

// TestSources runs the tests that are beside sources of the port. They are of
// what compiles without the rest of Go's files, in the form that boards have.
func TestSources(t *testing.T) {
	for _, what := range [][]string{
		{"port.board,tinynet_board", "net/http/internal/hostport.go", "net/http/internal/idna_small.go", "net/http/internal/punycode.go", "net/http/internal/idna_test.go"},
		{"port.board,tinynet_board", "net/http/internal/brief_board.go", "net/http/internal/brief_test.go"},
		{"", "internal/brief/brief.go", "internal/brief/brief_test.go"},
		{"port.smalltls,tlssmall", "crypto/x509/small_texts.go", "crypto/x509/small_texts_test.go"},
		{"", "crypto/x509/small_oid.go", "crypto/x509/small_oid_test.go"},
		{"port.smalltls,tlssmall", "crypto/x509/pkix/value_on.go", "crypto/x509/pkix/value_test.go"},
		{"", "strconv/print15.go", "strconv/print15_test.go"},
		{"", "unicode/case.go", "unicode/case_test.go"},
		{"baremetal", "time/text_board.go", "time/text_test.go"},
		{"port.board,tinynet_board", "net/names_board.go", "net/names_test.go"},
		{"port.board,tinynet_board", "net/parseaddr_board.go", "net/parseaddr_test.go"},
		{"port.board,tinynet_board", "net/http/timer_board.go", "net/http/timer_test.go"},
		{"", "net/http/hostport.go", "net/http/hostport_test.go"},
		{"port.board,tinynet_board", "net/http/uri_board.go", "net/http/uri_test.go"},
		{"port.board,tinynet_board", "crypto/tls/cache_recent.go", "crypto/tls/cache_recent_test.go"},
		{"port.sockets,tinygo", "net/hostfd_tinygo.go", "net/hostfd_test.go"},
	} {
		if what[0] == "port.sockets,tinygo" && runtime.GOOS != "linux" {
			continue // TinyGo has the system's sockets there only
		}
		cmd := exec.Command("go", append([]string{"test", "-tags", "tinynetport," + what[0]}, what[1:]...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", cmd, err, out)
		}
	}
}
