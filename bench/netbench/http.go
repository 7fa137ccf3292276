package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/tinynet/tinynet/bench/internal/worker"
)

const (
	hello  = "hello, world\n"
	bigMB  = 100
	bigLen = bigMB * 1000 * 1000
)

// The measurements http-serve-... have a client of our own, small and the same
// everywhere, so that the server is measured; http-get-... have http.Client.
func httpMeasurements() []worker.Measurement {
	var ms []worker.Measurement
	add := func(name, unit string, size float64, open func() (*worker.Session, error)) {
		ms = append(ms, worker.Measurement{Name: name, Unit: unit, Size: size, Open: open})
	}
	for _, clients := range []int{1, 64, 512} {
		add(fmt.Sprintf("http-serve-%d", clients), "1/s", 1, func() (*worker.Session, error) { return serveKeepAlive(clients) })
	}
	for _, clients := range []int{1, 64, 512} {
		add(fmt.Sprintf("http-get-%d", clients), "1/s", 1, func() (*worker.Session, error) { return getKeepAlive(clients) })
	}
	add("http-serve-new", "1/s", 1, serveNew)
	add("http-get-new", "1/s", 1, getNew)
	add("http-download", "MB/s", bigMB, func() (*worker.Session, error) { return transfers(download) })
	add("http-download-file", "MB/s", bigMB, func() (*worker.Session, error) { return transfers(downloadFile) })
	add("http-upload", "MB/s", bigMB, func() (*worker.Session, error) { return transfers(upload) })
	add("http-upload-file", "MB/s", bigMB, func() (*worker.Session, error) { return transfers(uploadFile) })
	return ms
}

// serveHTTP starts a server.
func serveHTTP(h http.HandlerFunc) (addr string, stop func(), err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv := &http.Server{Handler: h}
	go srv.Serve(ln)
	return ln.Addr().String(), func() { srv.Close() }, nil
}

func greet(w http.ResponseWriter, r *http.Request) { io.WriteString(w, hello) }

// share has each of the clients do its part of n operations, all at once.
func share(n, clients int, do func(client, n int) error) error {
	var wg sync.WaitGroup
	errs := make([]error, clients)
	for i := range clients {
		part := n / clients
		if i < n%clients {
			part++
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = do(i, part)
		}()
	}
	wg.Wait()
	return errors.Join(errs...)
}

// A rawClient speaks HTTP on one connection.
type rawClient struct {
	c net.Conn
	r *bufio.Reader
}

func (rc *rawClient) get(request []byte) error {
	if _, err := rc.c.Write(request); err != nil {
		return err
	}
	for { // the header, to the empty line
		line, err := rc.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
	}
	var body [len(hello)]byte
	if _, err := io.ReadFull(rc.r, body[:]); err != nil {
		return err
	}
	if string(body[:]) != hello {
		return fmt.Errorf("answer %q", body[:])
	}
	return nil
}

func serveKeepAlive(clients int) (*worker.Session, error) {
	addr, stop, err := serveHTTP(greet)
	if err != nil {
		return nil, err
	}
	var all []*rawClient
	closeAll := func() {
		for _, rc := range all {
			rc.c.Close()
		}
		stop()
	}
	for range clients {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			closeAll()
			return nil, err
		}
		all = append(all, &rawClient{c, bufio.NewReader(c)})
	}
	request := []byte("GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
	run := func(n int) error {
		return share(n, clients, func(client, n int) error {
			for range n {
				if err := all[client].get(request); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return &worker.Session{Run: run, Close: closeAll}, nil
}

func serveNew() (*worker.Session, error) {
	addr, stop, err := serveHTTP(greet)
	if err != nil {
		return nil, err
	}
	request := []byte("GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
	rc := rawClient{r: bufio.NewReader(nil)}
	one := func() error {
		var err error
		if rc.c, err = net.Dial("tcp", addr); err != nil {
			return err
		}
		defer rc.c.Close()
		rc.r.Reset(rc.c)
		if err := rc.get(request); err != nil {
			return err
		}
		if _, err := rc.r.ReadByte(); err != io.EOF { // the server closes first
			return fmt.Errorf("after the answer: %v", err)
		}
		return nil
	}
	run := func(n int) error {
		for range n {
			if err := one(); err != nil {
				return err
			}
		}
		return nil
	}
	return &worker.Session{Run: run, Close: stop}, nil
}

// fetch makes a request and reads the answer to its end.
func fetch(c *http.Client, req *http.Request, want int64) error {
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	got, err := io.Copy(io.Discard, resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || got != want {
		return fmt.Errorf("status %d with %d bytes, not %d", resp.StatusCode, got, want)
	}
	return nil
}

func get(c *http.Client, url string, n int) error {
	for range n {
		req, err := http.NewRequest("GET", url, nil)
		if err != nil {
			return err
		}
		if err := fetch(c, req, int64(len(hello))); err != nil {
			return err
		}
	}
	return nil
}

func getKeepAlive(clients int) (*worker.Session, error) {
	// One request of each client at once, answered when all are there, opens as
	// many connections as they will ever need.
	var together sync.WaitGroup
	together.Add(clients)
	addr, stop, err := serveHTTP(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/together" {
			together.Done()
			together.Wait()
		}
		greet(w, r)
	})
	if err != nil {
		return nil, err
	}
	tr := &http.Transport{MaxIdleConnsPerHost: clients}
	c := &http.Client{Transport: tr}
	all := func(path string, n int) error {
		return share(n, clients, func(_, n int) error { return get(c, "http://"+addr+path, n) })
	}
	closeAll := func() { tr.CloseIdleConnections(); stop() }
	if err := all("/together", clients); err != nil {
		closeAll()
		return nil, err
	}
	return &worker.Session{Run: func(n int) error { return all("/", n) }, Close: closeAll}, nil
}

func getNew() (*worker.Session, error) {
	addr, stop, err := serveHTTP(greet)
	if err != nil {
		return nil, err
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	run := func(n int) error { return get(c, "http://"+addr+"/", n) }
	return &worker.Session{Run: run, Close: stop}, nil
}

// A transfer makes one request with 100 MB in it or in its answer.
type transfer func(c *http.Client, url, file string) error

func transfers(one transfer) (*worker.Session, error) {
	file, err := os.CreateTemp("", "netbench")
	if err != nil {
		return nil, err
	}
	remove := func() { file.Close(); os.Remove(file.Name()) }
	if err := file.Truncate(bigLen); err != nil {
		remove()
		return nil, err
	}
	addr, stop, err := serveHTTP(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/zeros":
			w.Header().Set("Content-Length", strconv.Itoa(bigLen))
			sendZeros(w)
		case "/file":
			f, err := os.Open(file.Name())
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			defer f.Close()
			http.ServeContent(w, r, "zeros.bin", time.Time{}, f)
		case "/discard":
			n, err := io.Copy(io.Discard, r.Body)
			if err != nil || n != bigLen {
				http.Error(w, fmt.Sprintf("got %d bytes and %v", n, err), http.StatusBadRequest)
			}
		}
	})
	if err != nil {
		remove()
		return nil, err
	}
	tr := &http.Transport{}
	c := &http.Client{Transport: tr}
	run := func(n int) error {
		for range n {
			if err := one(c, "http://"+addr, file.Name()); err != nil {
				return err
			}
		}
		return nil
	}
	return &worker.Session{Run: run, Close: func() { tr.CloseIdleConnections(); stop(); remove() }}, nil
}

func sendZeros(w io.Writer) error {
	buf := make([]byte, 32<<10)
	for left := bigLen; left > 0; {
		n, err := w.Write(buf[:min(left, len(buf))])
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// zeros is bigLen bytes to read.
func zeros() io.Reader { return io.LimitReader(zeroReader{}, bigLen) }

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func download(c *http.Client, url, _ string) error {
	req, err := http.NewRequest("GET", url+"/zeros", nil)
	if err != nil {
		return err
	}
	return fetch(c, req, bigLen)
}

func downloadFile(c *http.Client, url, _ string) error {
	req, err := http.NewRequest("GET", url+"/file", nil)
	if err != nil {
		return err
	}
	return fetch(c, req, bigLen)
}

func upload(c *http.Client, url, _ string) error {
	return put(c, url+"/discard", zeros())
}

func uploadFile(c *http.Client, url, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	return put(c, url+"/discard", f) // which closes it
}

func put(c *http.Client, url string, body io.Reader) error {
	req, err := http.NewRequest("PUT", url, body)
	if err != nil {
		return err
	}
	req.ContentLength = bigLen
	return fetch(c, req, 0)
}
