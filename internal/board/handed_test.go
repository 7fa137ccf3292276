package board_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental/sock"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// TestHanded runs a program whose host hands it a listener, as wasip1 hosts do:
// net/http serves on it to clients outside.
func TestHanded(t *testing.T) {
	t.Parallel()
	exe, err := tinynet()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "handed.wasm")
	cmd := exec.Command(exe, "go", "build", "-o", file, "./testdata/handed")
	cmd.Env = append(os.Environ(), "GOROOT=", "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// wazero opens the listener itself, and does not tell its port.
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	ctx = sock.WithConfig(ctx, sock.NewConfig().WithTCPListener("127.0.0.1", port))
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCloseOnContextDone(true))
	defer r.Close(context.Background())
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	out, in := io.Pipe()
	var said bytes.Buffer
	ended := make(chan error, 1)
	go func() {
		_, err := r.InstantiateWithConfig(ctx, code, wazero.NewModuleConfig().WithStdout(in).WithStderr(in).
			WithSysWalltime().WithSysNanotime().WithSysNanosleep())
		in.Close()
		ended <- err
	}()
	buf := make([]byte, 1000)
	for !strings.Contains(said.String(), "serving\n") {
		n, err := out.Read(buf)
		said.Write(buf[:n])
		if err != nil {
			t.Fatalf("the program ends before it serves: %v\n%s", <-ended, &said)
		}
	}
	client := &http.Client{Timeout: time.Minute}
	for _, test := range []struct{ path, body, want string }{
		{"/a", "one", "POST /a one"},
		{"/b", strings.Repeat("long ", 40_000), "POST /b " + strings.Repeat("long ", 40_000)},
		{"/end", "", "POST /end "},
	} {
		resp, err := client.Post("http://"+free.Addr().String()+test.path, "text/plain", strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(got) != test.want {
			t.Errorf("%s: got %d bytes, %.50q, %v; want %d, %.50q", test.path, len(got), got, err, len(test.want), test.want)
		}
	}
	said.ReadFrom(out)
	if err := <-ended; err != nil || !strings.HasSuffix(said.String(), "http: Server closed\n") {
		t.Errorf("the program ends with %v, and says %q; want that the server is closed", err, &said)
	}
}
