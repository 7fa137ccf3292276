//go:build unix

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Each example is run as its comment says, by tinynet run, and its peer is a
// program that others wrote.

// TestHTTPClients has nginx for a peer.
func TestHTTPClients(t *testing.T) {
	t.Parallel()
	url, log := nginx(t)

	wants(t, example(t, 0, "http-get", "-url", url+"/"), "HTTP/1.1 200 OK\n", "\nServer: nginx", "\n\n<title>nginx</title>\n")
	// Redirected, and zipped on the way.
	if got := example(t, 0, "http-get", "-url", url+"/old"); strings.Count(got, "a line of a long text\n") != 1000 {
		t.Errorf("/old, which leads to /long.txt:\n%.300s", got)
	}
	wants(t, example(t, 0, "http-get", "-url", url+"/search", "-name", "a b&c=d/ä"), "you asked for a+b%26c%3Dd%2F%C3%A4")
	wants(t, example(t, 0, "http-get", "-url", url+"/none"), "HTTP/1.1 404 Not Found\n")
	wants(t, example(t, 1, "http-get", "-url", "http://127.0.0.1:1/"), "connection refused")
	wants(t, example(t, 1, "http-get", "-url", "gopher://127.0.0.1/"), "unsupported protocol scheme")

	wants(t, example(t, 0, "http-head", "-url", url+"/long.txt"), "HTTP/1.1 200 OK\n", "it has 22000 bytes")

	wants(t, example(t, 0, "http-post", "-url", url+"/form", "-value", "-3.25"), "HTTP/1.1 200 OK\n", "thank you, Go-http-client/1.1")
	wants(t, example(t, 1, "http-post", "-url", url+"/long.txt"), "the server answered 405 Not Allowed")
	wants(t, example(t, 1, "http-post", "-value", "warm"), `parsing "warm"`)
	name, text := `Grete & "Co"`, "100 % = ä/日本+\n"
	wants(t, example(t, 0, "http-postform", "-url", url+"/form", "-name", name, "-text", text), "HTTP/1.1 200 OK\n", "thank you")
	type entry struct{ Method, Type, Body string }
	want := []entry{
		{"POST", "application/json", `{"sensor":"tinynet","value":-3.25}`},
		{"POST", "application/x-www-form-urlencoded", "name=Grete+%26+%22Co%22&text=100+%25+%3D+%C3%A4%2F%E6%97%A5%E6%9C%AC%2B%0A"},
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n") {
		var got entry
		if err := json.Unmarshal([]byte(line), &got); err != nil || i >= len(want) || got != want[i] {
			t.Errorf("line %d that nginx logged is %s (%v)\nwant %+v", i, line, err, want)
		}
	}

	addr := strings.TrimPrefix(url, "http://")
	if got := example(t, 0, "webclient", "-server", addr, "-path", "/long.txt"); got != strings.Repeat("a line of a long text\n", 1000) {
		t.Errorf("webclient: got %d bytes:\n%.300s", len(got), got)
	}
	wants(t, example(t, 1, "webclient", "-server", addr, "-path", "/none"), "the server answered 404 Not Found")
	// The name goes through the device's GetHostByName.
	wants(t, example(t, 0, "socket", "-server", "localhost:"+strconv.Itoa(portOf(t, addr))), "HTTP/1.1 200 OK\n", "<title>nginx</title>\n")
	wants(t, example(t, 0, "socket", "-server", addr), "<title>nginx</title>\n")
	wants(t, example(t, 1, "socket", "-server", "127.0.0.1:1"), "connection refused")
}

// TestTCPClient has socat for an echo server.
func TestTCPClient(t *testing.T) {
	t.Parallel()
	p := launch(t, tool(t, "socat", "socat"), "-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1,fork", "EXEC:cat")
	p.until(t, "listening on")
	m := regexp.MustCompile(`listening on AF=2 (127\.0\.0\.1:[0-9]+)`).FindStringSubmatch(p.said())
	if m == nil {
		t.Fatalf("socat said:\n%s", p.said())
	}
	wants(t, example(t, 0, "tcpclient", "-server", m[1], "-size", "3000000"), "3000000 bytes there and back in ", " kB/s each way")
	wants(t, example(t, 1, "tcpclient", "-server", "127.0.0.1:1"), "connection refused")
	wants(t, example(t, 1, "tcpclient", "-size", "-1"), "no number of bytes: -1")
}

// TestUDPEcho has socat for a client, several at once, each with its own answers.
func TestUDPEcho(t *testing.T) {
	t.Parallel()
	socat := tool(t, "socat", "socat")
	p, addr := serve(t, tinynet(t), "run", "./examples/udpecho", "--", "-addr", "127.0.0.1:0")
	p.onPort(t, "main.echo")
	for i := range 3 {
		text := fmt.Sprintf("datagram %d\n", i)
		if got := run(t, text, socat, "-t", "60", "-", "UDP:"+addr+",readbytes="+strconv.Itoa(len(text))); got != text {
			t.Errorf("sent %q, got %q", text, got)
		}
	}
	// Clients that are gone are answered in vain; the others get theirs, and only theirs.
	conns := make([]net.Conn, 8)
	for i := range conns {
		c, err := net.Dial("udp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns[i] = c
		gone, err := net.Dial("udp", addr)
		if err != nil {
			t.Fatal(err)
		}
		gone.Write([]byte("gone"))
		gone.Close()
	}
	buf := make([]byte, 2000)
	for size := 1; size <= 1472; size += 327 {
		for i, c := range conns {
			if _, err := c.Write([]byte(strings.Repeat(string(rune('a'+i)), size))); err != nil {
				t.Fatal(err)
			}
		}
		for i, c := range conns {
			c.SetDeadline(time.Now().Add(patience))
			n, err := c.Read(buf)
			if err != nil || string(buf[:n]) != strings.Repeat(string(rune('a'+i)), size) {
				t.Errorf("client %d, %d bytes: got %.20q (%d bytes), %v", i, size, buf[:n], n, err)
			}
		}
	}
	p.stop(t, syscall.SIGTERM)
}

// TestNTPClient has chrony for a time server, whose clock it is told to leave
// alone.
func TestNTPClient(t *testing.T) {
	t.Parallel()
	chronyd := tool(t, "chronyd", "chrony")
	dir := t.TempDir()
	_, addr := onFreePort(t, "udp", func(port string) *process {
		put(t, filepath.Join(dir, "chrony.conf"), fmt.Sprintf(`
port %s
bindaddress 127.0.0.1
cmdport 0
bindcmdaddress /
allow 127.0.0.1
local stratum 8
pidfile %s/pid-%[1]s
driftfile %[2]s/drift
`, port, dir))
		p := launch(t, chronyd, "-d", "-x", "-U", "-f", filepath.Join(dir, "chrony.conf"))
		if !p.eitherSaid(t, "Disabled control of system clock", "Could not") {
			return nil
		}
		return p
	})
	out := example(t, 0, "ntpclient", "-server", addr)
	m := regexp.MustCompile(`it is (\S+)\nthe clock was off by (-?[0-9]+) ms, the answer took ([0-9]+) ms`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("it printed\n%s", out)
	}
	at, err := time.Parse(time.RFC3339, m[1])
	off, _ := strconv.Atoi(m[2])
	took, _ := strconv.Atoi(m[3])
	// Both read the same clock; what is measured is known to half of what it took.
	if err != nil || time.Since(at).Abs() > 10*time.Minute || max(off, -off) > took/2+10 {
		t.Errorf("it printed %s(%v) at %v", out, err, time.Now())
	}
}

// TestTLSClient has OpenSSL's server for a peer.
func TestTLSClient(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	start := func(name string, args ...string) string { return ca.openssl(t, name, args...) }
	addr := start("127.0.0.1")
	wants(t, example(t, 0, "tlsclient", "-server", addr, "-ca", ca.file), "TLS 1.3, TLS_", ", with a test server\n", "HTTP/1.0 200 ok", "Secure Renegotiation IS")
	wants(t, example(t, 1, "tlsclient", "-server", addr), "certificate signed by unknown authority")
	wants(t, example(t, 1, "tlsclient", "-server", addr, "-ca", newAuthority(t).file), "certificate signed by unknown authority")
	wants(t, example(t, 1, "tlsclient", "-server", start("example.com"), "-ca", ca.file), "certificate")
	wants(t, example(t, 0, "tlsclient", "-server", start("127.0.0.1", "-tls1_2"), "-ca", ca.file), "TLS 1.2, TLS_ECDHE_")
	wants(t, example(t, 1, "tlsclient", "-server", start("127.0.0.1", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), "-ca", ca.file), "protocol version")
}

// TestHTTPSServer has OpenSSL's client and the standard library's for peers.
func TestHTTPSServer(t *testing.T) {
	t.Parallel()
	openssl := tool(t, "openssl", "openssl")
	ca := newAuthority(t)
	cert, key := ca.server(t, "127.0.0.1")
	p, url := serve(t, tinynet(t), "run", "./examples/https-server", "--", "-addr", "127.0.0.1:0", "-cert", cert, "-key", key)
	addr := strings.TrimPrefix(url, "https://")
	for version, flag := range map[string]string{"TLS 1.3": "-tls1_3", "TLS 1.2": "-tls1_2"} {
		out := run(t, "GET / HTTP/1.0\r\n\r\n", openssl, "s_client", "-connect", addr, "-CAfile", ca.file, "-verify_return_error",
			"-verify_ip", "127.0.0.1", "-quiet", "-no_ign_eof", flag, "-ign_eof")
		wants(t, out, "HTTP/1.0 200 OK", "Hello over "+version)
	}
	p.stop(t, syscall.SIGTERM)

	// The certificate that it makes itself is the one whose fingerprint it prints.
	p, url = serve(t, tinynet(t), "run", "./examples/https-server", "--", "-addr", "127.0.0.1:0")
	addr = strings.TrimPrefix(url, "https://")
	m := regexp.MustCompile(`fingerprint is ([0-9a-f]{64})\n`).FindStringSubmatch(p.said())
	if m == nil {
		t.Fatalf("no fingerprint in\n%s", p.said())
	}
	shown := run(t, "", openssl, "s_client", "-connect", addr, "-showcerts")
	pemFile := filepath.Join(t.TempDir(), "shown.pem")
	begin, end := strings.Index(shown, "-----BEGIN"), strings.Index(shown, "-----END CERTIFICATE-----\n")
	if begin < 0 || end < begin {
		t.Fatalf("openssl shows no certificate:\n%s", shown)
	}
	put(t, pemFile, shown[begin:end]+"-----END CERTIFICATE-----\n")
	fingerprint := run(t, "", openssl, "x509", "-in", pemFile, "-noout", "-fingerprint", "-sha256")
	_, hex, _ := strings.Cut(strings.TrimSpace(fingerprint), "=")
	if got := strings.ToLower(strings.ReplaceAll(hex, ":", "")); got != m[1] {
		t.Errorf("it prints the fingerprint %s, and openssl sees %s", m[1], got)
	}
	wants(t, run(t, "GET / HTTP/1.0\r\n\r\n", openssl, "s_client", "-connect", addr, "-CAfile", pemFile, "-verify_return_error",
		"-verify_hostname", "localhost", "-quiet", "-ign_eof"), "Hello over TLS 1.3")

	// Who speaks plain HTTP to it is told so, and nobody is held up by who says nothing.
	silent := dial(t, addr)
	resp, err := http.Get("http://" + addr + "/")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "HTTP request to an HTTPS server") {
		t.Errorf("plain HTTP: %s %s", resp.Status, body)
	}
	silent.Close()
	p.stop(t, syscall.SIGTERM)
	wants(t, example(t, 1, "https-server", "-cert", cert), "-cert and -key go together")
}

// mosquitto starts a broker.
func mosquitto(t *testing.T) (broker *process, addr string) {
	t.Helper()
	command := tool(t, "mosquitto", "mosquitto")
	dir := t.TempDir()
	return onFreePort(t, "tcp", func(port string) *process {
		conf := filepath.Join(dir, "mosquitto.conf")
		put(t, conf, "listener "+port+" 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type all\n")
		p := launch(t, command, "-c", conf)
		if !p.eitherSaid(t, "running", "Address already in use") {
			return nil
		}
		return p
	})
}

// mqttClients are the examples that talk to a broker: with Paho, and with natiu-mqtt.
var mqttClients = []struct{ example, scheme, quality string }{
	{"mqttclient", "tcp://", "(QoS 1)"},
	{"mqttclient/natiu", "", "(QoS 0)"},
}

// TestMQTTClient has mosquitto for a broker, and a witness.
func TestMQTTClient(t *testing.T) {
	t.Parallel()
	for _, c := range mqttClients {
		broker, addr := mosquitto(t)
		out := example(t, 0, c.example, "-broker", c.scheme+addr, "-topic", "e2e", "-count", "5")
		for i := 1; i <= 5; i++ {
			wants(t, out, fmt.Sprintf("got message %d on e2e/tinynet-", i))
		}
		// What the broker saw of it.
		wants(t, broker.said(), "Received SUBSCRIBE from tinynet-", c.quality, "Received DISCONNECT from tinynet-")
		wants(t, example(t, 1, c.example, "-broker", c.scheme+"127.0.0.1:1"), "127.0.0.1:1", "connection refused")
	}
}

// TestMQTTOnBoard has boards for clients: a sandbox, and an emulated one, on which
// the program goes on for ever.
func TestMQTTOnBoard(t *testing.T) {
	t.Parallel()
	for _, board := range []string{"wasm", "qemu-riscv32"} {
		for _, c := range mqttClients {
			t.Run(board+"/"+c.example, func(t *testing.T) {
				if board != "wasm" {
					needs(t, "tinygo", "qemu-system-riscv32")
					if c.example == "mqttclient" && !takesGo124(t) {
						t.Skip("Paho wants Go 1.24, which this TinyGo does not take")
					}
				}
				broker, addr := mosquitto(t)
				at := c.scheme + strings.Replace(addr, "127.0.0.1", "192.0.2.1", 1) // as the board sees this computer
				args := []string{"run", "-board", board, "-loopback"}
				if board == "wasm" {
					args = append(args, "./examples/"+c.example, "--", "-broker", at)
				} else {
					args = append(args, "-ldflags", "-X main.broker="+at, "./examples/"+c.example)
				}
				p := launch(t, tinynet(t), args...)
				p.until(t, "got message 3 on tinynet/example/tinynet-")
				broker.until(t, "Received DISCONNECT from tinynet-")
				if board != "wasm" {
					p.interrupt(t) // which ends QEMU, too; to be killed would leave it behind
					return
				}
				if status := p.wait(t, stopLimit); status != 0 {
					t.Errorf("it ended with status %d:\n%s", status, p.said())
				}
			})
		}
	}
}

// takesGo124 reports whether the TinyGo on PATH takes modules of Go 1.24, as 0.36
// and newer do.
func takesGo124(t *testing.T) bool {
	t.Helper()
	out, err := exec.Command("tinygo", "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`version 0\.(\d+)`).FindSubmatch(out)
	if m == nil {
		return true
	}
	minor, err := strconv.Atoi(string(m[1]))
	return err == nil && minor >= 36
}

// websocketEcho is a server of the other kind that there is, Python's.
const websocketEcho = `
import asyncio, websockets
async def echo(ws):
    async for message in ws:
        await ws.send(message)
        if message == "bye":
            return
async def main():
    server = await websockets.serve(echo, "127.0.0.1", 0)
    print("listening on 127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()
asyncio.run(main())
`

func TestWebSocketDial(t *testing.T) {
	t.Parallel()
	_, addr := serve(t, python(t, "websockets", "python3-websockets"), "-c", websocketEcho)
	text := strings.Repeat("日本 & <b>", 100) // more than fits the smallest frame
	if got := example(t, 0, "websocket/dial", "-url", "ws://"+addr+"/", "-text", text, "-count", "4"); got != strings.Repeat("got "+text+"\n", 4) {
		t.Errorf("it printed\n%.300s", got)
	}
	wants(t, example(t, 1, "websocket/dial", "-url", "ws://"+addr+"/", "-text", "bye"), "got bye", "the server ended the connection after 1 answers")
	_, tcp := serve(t, tinynet(t), "run", "./examples/tcpecho", "--", "-addr", "127.0.0.1:0")
	wants(t, example(t, 1, "websocket/dial", "-url", "ws://"+tcp+"/"), "websocket.Dial ws://"+tcp)
}

// websocketAsk is a client of Python's.
const websocketAsk = `
import asyncio, sys, websockets
async def main():
    async with websockets.connect(sys.argv[1], max_size=None) as ws:
        for message in ["hello", b"\x00\xff", "日本", "", "x" * 4000]:
            await ws.send(message)
            assert await ws.recv() == message, message
        await ws.ping()
        await ws.send("y" * 5000) # more than it takes
        try:
            await ws.recv()
        except websockets.ConnectionClosed:
            print("all is well")
asyncio.run(main())
`

func TestWebSocketHandler(t *testing.T) {
	t.Parallel()
	py := python(t, "websockets", "python3-websockets")
	p, url := serve(t, tinynet(t), "run", "./examples/websocket/handler", "--", "-addr", "127.0.0.1:0")
	p.onPort(t, "main.echo")
	ws := "ws" + strings.TrimPrefix(url, "http") + "/echo"
	wants(t, run(t, "", py, "-c", websocketAsk, ws), "all is well")

	// A page of another site is refused, and no more than five stay.
	addr := strings.TrimPrefix(url, "http://")
	shake := func(origin string) string {
		conn := dial(t, addr)
		fmt.Fprintf(conn, "GET /echo HTTP/1.1\r\nHost: %s\r\n%sUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n", addr, origin)
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(line, "HTTP/1.1 101") {
			conn.Close()
		}
		return strings.TrimSpace(line)
	}
	if got := shake("Origin: http://evil.example\r\n"); got != "HTTP/1.1 403 Forbidden" {
		t.Errorf("another site's page: %s", got)
	}
	for end := time.Now().Add(patience); ; { // Python's connection may just be going
		if got := shake("Origin: " + url + "\r\n"); got == "HTTP/1.1 101 Switching Protocols" {
			break
		} else if time.Now().After(end) {
			t.Fatalf("its own page: %s", got)
		}
	}
	full := false
	for range 5 {
		full = strings.HasPrefix(shake(""), "HTTP/1.1 503")
	}
	if !full {
		t.Error("a sixth connection was taken")
	}
	p.stop(t, syscall.SIGTERM)
}

// TestWebStatic has curl for a client.
func TestWebStatic(t *testing.T) {
	t.Parallel()
	curl := tool(t, "curl", "curl")
	p, url := serve(t, tinynet(t), "run", "./examples/webstatic", "--", "-addr", "127.0.0.1:0")
	site := filepath.Join(root, "examples", "webstatic", "site")
	const icon = "image/*" // the system's table may know it by another name
	for name, kind := range map[string]string{"favicon.ico": icon, "about.txt": "text/plain; charset=utf-8", "style.css": "text/css; charset=utf-8",
		"board.svg": "image/svg+xml", "": "text/html; charset=utf-8"} {
		file := name
		if name == "" {
			file = "index.html"
		}
		want, err := os.ReadFile(filepath.Join(site, file))
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		got := run(t, "", curl, "-sS", "-f", "--etag-save", dir+"/etag", "-w", "%{content_type}", "-o", dir+"/got", url+"/"+name)
		if kind != got && (kind != icon || !strings.HasPrefix(got, "image/")) {
			t.Errorf("/%s is of type %s, want %s", name, got, kind)
		}
		if data, err := os.ReadFile(dir + "/got"); err != nil || string(data) != string(want) {
			t.Errorf("/%s: %v:\n%s", name, err, data)
		}
		if got := run(t, "", curl, "-sS", "--etag-compare", dir+"/etag", "-w", "%{http_code}", url+"/"+name); got != "304" {
			t.Errorf("/%s again: %s, want 304", name, got)
		}
	}
	if got := run(t, "", curl, "-sS", "-r", "5-8", url+"/about.txt"); got != "is a" {
		t.Errorf("a part of about.txt: %q", got)
	}
	wants(t, run(t, "", curl, "-sS", "-I", url+"/style.css"), "200 OK", "Content-Length: ", "Etag: ")
	wants(t, run(t, "", curl, "-sS", "--path-as-is", url+"/../main.go", url+"/none", url+"/%2e%2e/main.go"), "404 page not found")
	wants(t, run(t, "", curl, "-sSL", "-o", "/dev/null", "-w", "%{http_code} %{url_effective}", url+"/index.html"), "200 "+url+"/")
	p.stop(t, syscall.SIGTERM)
}

// TestDashboard has curl for a viewer; the browser's test has the page.
func TestDashboard(t *testing.T) {
	t.Parallel()
	curl := tool(t, "curl", "curl")
	p, url := serve(t, tinynet(t), "run", "./examples/dashboard", "--", "-addr", "127.0.0.1:0", "-every", "20ms")
	viewer := launch(t, curl, "-sS", "-N", url+"/events")
	viewer.until(t, "id: 25\n")
	wants(t, viewer.said(), "retry: 2000\n\n", "id: 24\ndata: ")
	if values := regexp.MustCompile(`(?m)^data: [0-9]+\.[0-9]{2}$`).FindAllString(viewer.said(), -1); len(values) < 20 {
		t.Errorf("it sent\n%s", viewer.said())
	}
	// Shutdown does not wait for those who watch.
	start := time.Now()
	p.stop(t, syscall.SIGTERM)
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("it took %v to stop with a viewer", took)
	}
	viewer.wait(t, stopLimit)
	wants(t, example(t, 1, "dashboard", "-every", "1ms"), "too often")
}
