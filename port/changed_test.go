package port_test

import (
	"context"
	"encoding/json"
	"errors"
	"go/build"
	"go/version"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/tinygo"
	"github.com/tinynet/tinynet/internal/toolchain"
	"github.com/tinynet/tinynet/port"
)

// A change in a file of a package's own tests, which name what the port replaces.
type change struct{ file, old, new string }

// testChanged runs Go's own tests of a package in which the port changes files for
// TinyGo, with these changes, and with test files besides. At least so many of them
// have to pass.
func testChanged(t *testing.T, pkg string, flags []string, least int, changes []change, more map[string]string) {
	t.Helper()
	root, err := assemble.OpenGoroot(build.Default.GOROOT)
	if err != nil {
		t.Skip(err)
	}
	root.TinyGo = "0.40.1"
	dir := t.TempDir()
	o, err := assemble.Cached(port.FS, root, filepath.Join(dir, "cache"))
	if err != nil {
		t.Fatal(err)
	}
	// A Go that was fetched takes an overlay only by another path.
	tc, err := toolchain.Find(context.Background(), toolchain.Query{Root: root.Dir})
	if err == nil {
		tc, err = tc.Outside(filepath.Join(dir, "go"))
	}
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for _, p := range []string{pkg, "internal/brief"} {
		files, err := filepath.Glob(filepath.Join(o.Dir, "src", filepath.FromSlash(p), "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files of %s: %v", p, err)
		}
		for _, file := range files {
			replace[filepath.Join(tc.Root, "src", filepath.FromSlash(p), filepath.Base(file))] = file
		}
	}
	put := func(name string, text []byte) {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(tc.Root, "src", filepath.FromSlash(pkg), name)] = file
	}
	for _, x := range changes {
		data, err := os.ReadFile(filepath.Join(dir, x.file)) // what an earlier change made
		if err != nil {
			data, err = os.ReadFile(filepath.Join(root.Dir, "src", filepath.FromSlash(pkg), x.file))
		}
		if err != nil {
			t.Skip(err) // some distributions leave tests out
		}
		re := regexp.MustCompile(x.old)
		if !re.Match(data) {
			t.Fatalf("%s has no %s", x.file, x.old)
		}
		put(x.file, re.ReplaceAll(data, []byte(x.new)))
	}
	for name, text := range more {
		put(name, []byte(text))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o666); err != nil {
		t.Fatal(err)
	}
	args := []string{"test", "-v", "-short", "-vet=off", "-overlay", file}
	if version.Compare(runtime.Version(), "go1.25") < 0 {
		// Its go command takes no package of Go's root from an overlay.
		linked, err := tinygo.PortGo(&assemble.Overlay{JSON: file}, tc.Root, filepath.Join(dir, "cache"))
		if err == nil {
			err = embeddable(filepath.Join(linked, "src", "crypto", "internal", "nistec", "p256_asm_table.bin"))
		}
		if err == nil {
			tc, err = toolchain.Find(context.Background(), toolchain.Query{Root: linked})
		}
		if err != nil {
			t.Fatal(err)
		}
		args = args[:len(args)-2]
	}
	gocmd, err := tc.Command()
	if err != nil {
		t.Skip(err)
	}
	// Vet looks for a package of ours in Go's root itself.
	cmd := exec.Command(gocmd, append(append(args, flags...), pkg)...)
	cmd.Env = tc.Environ()
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	if n := strings.Count(string(out), "--- PASS: "); n < least {
		t.Errorf("%d tests passed, want %d or more", n, least)
	}
}

// embeddable puts a file in the place of a link to it, if it is there: go:embed takes no
// links.
func embeddable(link string) error {
	data, err := os.ReadFile(link)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.Remove(link)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(link, data, 0o666)
}

// TestAddresses: Go's tests of net/netip name handles of package unique, in the place
// of which the port has families.
func TestAddresses(t *testing.T) {
	t.Parallel()
	// Parsing a zone allocates: its family has a letter more.
	testChanged(t, "net/netip", []string{"-skip", "^TestNoAllocs$/^Addr.Zone$/^6zone$"}, 50, []change{
		{"export_test.go", `unique\.Handle\[AddrDetail\]`, "family"},
		{"export_test.go", `\t"unique"\n|import "unique"\n`, ""},
		{"netip_test.go", `unique\.Handle\[AddrDetail\]`, "Family"},
		{"netip_test.go", `unique\.Make\(MakeAddrDetail\(true, ("[^"]*")\)\)`, "Zoned($1)"},
		{"netip_test.go", `\t"unique"\n`, ""},
	}, map[string]string{
		"family_test.go": "package netip\n\ntype Family = family\n\nfunc Zoned(zone string) Family { return zoned(zone) }\n",
	})
}

func TestURLs(t *testing.T) {
	t.Parallel()
	testChanged(t, "net/url", nil, 40, nil, nil)
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	// The map of common names, whose making was once a race, is never made.
	testChanged(t, "net/textproto", nil, 20, []change{
		{"reader_test.go", "if commonHeader == nil {", "if commonHeader != nil {"},
	}, nil)
}

// TestQuotes: what shows as itself in a quoted string is what Go shows.
func TestQuotes(t *testing.T) {
	t.Parallel()
	testChanged(t, "strconv", nil, 50, nil, map[string]string{
		"print_test.go": `package strconv_test

import (
	"strconv"
	"testing"
	"unicode"
)

func TestPrintOfAll(t *testing.T) {
	for r := rune(-1); r <= unicode.MaxRune+1; r++ {
		if got, want := strconv.IsPrint(r), unicode.IsPrint(r); got != want {
			t.Errorf("IsPrint(%#x) = %v, want %v", r, got, want)
		}
	}
}
`,
	})
}

// TestCases: letters have the other cases that Go gives them.
func TestCases(t *testing.T) {
	t.Parallel()
	if version.Compare(runtime.Version(), "go1.24") < 0 {
		t.Skip("the port takes Go 1.23's unicode as it is")
	}
	testChanged(t, "unicode", nil, 20, nil, nil)
}

// TestForms: what is wrong with a form, or with the type of a body, is said without
// package fmt.
func TestForms(t *testing.T) {
	t.Parallel()
	testChanged(t, "mime", nil, 20, nil, map[string]string{
		"brief_test.go": `package mime

import (
	"fmt"
	"testing"
)

func TestHexWords(t *testing.T) {
	for b := range 256 {
		if _, err := fromHex(byte(b)); err != nil && err.Error() != fmt.Sprintf("mime: invalid hex byte %#02x", b) {
			t.Error(err)
		}
	}
}
`,
	})
	testChanged(t, "mime/multipart", nil, 20, nil, nil)
}

// TestEncodings: what of a key or a certificate does not fit is said in fmt's words.
func TestEncodings(t *testing.T) {
	t.Parallel()
	testChanged(t, "encoding/asn1", nil, 20, nil, map[string]string{
		"brief_test.go": `package asn1

import (
	"fmt"
	"testing"
)

func TestText(t *testing.T) {
	for _, tag := range []tagAndLength{{}, {class: 2, tag: 16, length: 1 << 20, isCompound: true}} {
		if got, want := tag.text(), fmt.Sprintf("%+v", tag); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, of := range []string{"", "optional,set", "application,omitempty,utf8", "private,generalized", "explicit"} {
		params := parseFieldParameters(of)
		params.tag = nil // whose address fmt prints
		if got, want := params.text(), fmt.Sprintf("%+v", params); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	params := parseFieldParameters("tag:7,default:-2")
	if got, want := params.text(), "{optional:false explicit:false application:false private:false defaultValue:-2 tag:7 stringType:0 timeType:0 set:false omitEmpty:false}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var n int
	_, err := Unmarshal([]byte{4, 1, 0}, &n)
	want := fmt.Sprintf("asn1: structure error: tags don't match (2 vs %+v) %+v int @2", tagAndLength{0, 4, 1, false}, fieldParameters{})
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestTypesInWords(t *testing.T) {
	var into chan int
	if _, err := Unmarshal([]byte{4, 1, 0}, &into); err == nil || err.Error() != "asn1: structure error: unknown Go type: chan int" {
		t.Error(err)
	}
	if _, err := Marshal(into); err == nil || err.Error() != "asn1: structure error: unknown Go type: chan int" {
		t.Error(err)
	}
	if _, err := Marshal(nil); err == nil || err.Error() != "asn1: cannot marshal nil value" {
		t.Error(err)
	}
}
`,
		"size_test.go": `package asn1

import (
	"os"
	"strings"
	"testing"
)

func TestSizeInWords(t *testing.T) {
	text, err := os.ReadFile("asn1.go")
	if err != nil || !strings.Contains(string(text), "slice too big") {
		t.Skip("this release counts no bytes of a slice", err)
	}
	type large struct{ A [1 << 46]byte }
	one := []byte{48, 0}
	data := append([]byte{48, 0x83, 0x48, 0, 0}, strings.Repeat(string(one), 0x480000/2)...)
	var into []large
	_, err = Unmarshal(data, &into)
	if want := "asn1: syntax error: struct slice too big: 2359296 elements of 70368744177664 bytes"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
`,
	})
}

// TestNames: names of the DNS, which have their text elsewhere, are packed and unpacked
// as before, and one that was copied keeps its text. Go's root has no tests of them.
func TestNames(t *testing.T) {
	t.Parallel()
	testChanged(t, "vendor/golang.org/x/net/dns/dnsmessage", nil, 3, nil, map[string]string{
		"name_test.go": `package dnsmessage

import (
	"strings"
	"testing"
)

func TestNewName(t *testing.T) {
	for _, text := range []string{"", ".", "example.com.", strings.Repeat("a", 255)} {
		if n, err := NewName(text); err != nil || n.String() != text || int(n.Length) != len(text) {
			t.Errorf("%q: got %q, %v", text, n, err)
		}
	}
	if _, err := NewName(strings.Repeat("a", 256)); err != errCalcLen {
		t.Errorf("256 bytes: %v", err)
	}
}

func TestMessage(t *testing.T) {
	asked := Question{Name: MustNewName("www.example.com."), Type: TypeA, Class: ClassINET}
	alias := ResourceHeader{Name: asked.Name, Class: ClassINET}
	b := NewBuilder(nil, Header{ID: 7, Response: true})
	b.EnableCompression()
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fail(b.StartQuestions())
	fail(b.Question(asked))
	fail(b.StartAnswers())
	fail(b.CNAMEResource(alias, CNAMEResource{CNAME: MustNewName("a.example.com.")}))
	fail(b.AResource(ResourceHeader{Name: MustNewName("a.example.com."), Class: ClassINET}, AResource{A: [4]byte{192, 0, 2, 1}}))
	fail(b.StartAdditionals())
	var opt ResourceHeader
	fail(opt.SetEDNS0(1232, RCodeSuccess, false))
	fail(b.OPTResource(opt, OPTResource{}))
	msg, err := b.Finish()
	fail(err)
	if want := 12 + 17 + 4 + 2 + 10 + 4 + 2 + 10 + 4 + 1 + 10; len(msg) != want {
		t.Errorf("the message has %d bytes, want %d: %q", len(msg), want, msg)
	}

	var p Parser
	_, err = p.Start(msg)
	fail(err)
	q, err := p.Question()
	fail(err)
	if q.Name.String() != "www.example.com." || q.Type != TypeA {
		t.Errorf("asked for %v", q)
	}
	fail(p.SkipAllQuestions())
	first, err := p.AnswerHeader()
	fail(err)
	to, err := p.CNAMEResource()
	fail(err)
	kept := to.CNAME
	second, err := p.AnswerHeader()
	fail(err)
	a, err := p.AResource()
	fail(err)
	if first.Name.String() != "www.example.com." || kept.String() != "a.example.com." || second.Name.String() != "a.example.com." || a.A != [4]byte{192, 0, 2, 1} {
		t.Errorf("got %v, %v, %v, %v", first, kept, second, a)
	}
	fail(p.SkipAllAnswers())
	fail(p.SkipAllAuthorities())
	last, err := p.AdditionalHeader()
	fail(err)
	if last.Type != TypeOPT || last.Name.String() != "." || last.Class != 1232 {
		t.Errorf("the last is %v", last)
	}
}

func TestBadNames(t *testing.T) {
	long := strings.Repeat("\x3f"+strings.Repeat("a", 63), 4) + "\x00"
	for text, want := range map[string]error{
		"":            errBaseLen,
		"\x05abc":     errCalcLen,
		"\x03a.b\x00": errInvalidName,
		"\xc0":        errInvalidPtr,
		"\xc0\x00":    errTooManyPtr,
		"\x80":        errReserved,
		long:          errNameTooLong,
		"\x01a\x00":   nil,
	} {
		n := MustNewName("before.")
		if _, err := n.unpack([]byte(text), 0); err != want {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	for text, want := range map[string]error{
		"":                         errNonCanonicalName,
		"a":                        errNonCanonicalName,
		"..":                       errZeroSegLen,
		strings.Repeat("a", 64) + ".":  errSegTooLong,
		strings.Repeat("a.", 127) + ".": errNameTooLong,
	} {
		n, err := NewName(text)
		if err == nil {
			_, err = n.pack(nil, map[string]uint16{}, 0)
		}
		if err != want {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}
`,
	})
}

func TestContexts(t *testing.T) {
	t.Parallel()
	testChanged(t, "context", nil, 20, nil, nil)
}

func TestLogs(t *testing.T) {
	t.Parallel()
	testChanged(t, "log/slog", nil, 50, nil, nil)
}

func TestBuffers(t *testing.T) {
	t.Parallel()
	testChanged(t, "bytes", nil, 70, nil, nil)
}

func TestTimes(t *testing.T) {
	t.Parallel()
	testChanged(t, "time", nil, 100, nil, nil)
}

// TestCertificates: what goes wrong is said without package fmt, and an object
// identifier is written as its bytes.
func TestCertificates(t *testing.T) {
	t.Parallel()
	testChanged(t, "crypto/x509", nil, 100, nil, map[string]string{
		"any_test.go": `//go:build go1.24

package x509

import "testing"

func TestOIDOfAnyPolicy(t *testing.T) {
	if got, want := anyPolicyOID.String(), "2.5.29.32.0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
`,
	})
}

// TestSmallCertificates: on a board certificates are read by less code as well. It
// checks no signatures by Ed25519, which these tests of Go's make.
func TestSmallCertificates(t *testing.T) {
	t.Parallel()
	testChanged(t, "crypto/x509", []string{"-tags", "tlssmall", "-skip", "^(TestCRLCreation|TestCreateCertificateRequest|TestCreateSelfSignedCertificate|TestEd25519SelfSigned|TestCreateRevocationList|TestPKCS8)$"}, 80, nil, map[string]string{
		"pss_test.go": `package x509

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/rand"
	"reflect"
	"testing"
)

// TestParametersOfPSS compares with package encoding/asn1, for parameters as they are
// and with any byte changed. That may take what is longer than its field, where
// nothing else is wrong.
func TestParametersOfPSS(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, der := range [][]byte{hashToPSSParameters256, hashToPSSParameters384, hashToPSSParameters512} {
		var got, want pssParameters
		_, err := asn1.Unmarshal(der, &want)
		if e := unmarshalPSS(der, &got); e != nil || err != nil {
			t.Fatalf("got %v, want %v", e, err)
		}
		for _, ai := range []*pkix.AlgorithmIdentifier{&want.Hash, &want.MGF} {
			ai.Parameters = asn1.RawValue{Tag: ai.Parameters.Tag, FullBytes: ai.Parameters.FullBytes}
		}
		if !bytes.Equal(got.Hash.Parameters.FullBytes, want.Hash.Parameters.FullBytes) || !bytes.Equal(got.MGF.Parameters.FullBytes, want.MGF.Parameters.FullBytes) ||
			!got.Hash.Algorithm.Equal(want.Hash.Algorithm) || !got.MGF.Algorithm.Equal(want.MGF.Algorithm) || got.SaltLength != want.SaltLength || got.TrailerField != want.TrailerField {
			t.Errorf("got %+v, want %+v", got, want)
		}
		for range 20000 {
			bad := bytes.Clone(der)
			bad[r.Intn(len(bad))] ^= byte(1 + r.Intn(255))
			ai := pkix.AlgorithmIdentifier{Algorithm: oidSignatureRSAPSS, Parameters: asn1.RawValue{FullBytes: bad}}
			if got, want := getSignatureAlgorithmFromAI(ai), slowPSS(bad); got != want && got != UnknownSignatureAlgorithm {
				t.Fatalf("%x: got %v, want %v", bad, got, want)
			}
		}
	}
}

var hashToPSSParameters256, hashToPSSParameters384, hashToPSSParameters512 = pssOf(oidSHA256, 32), pssOf(oidSHA384, 48), pssOf(oidSHA512, 64)

func pssOf(hash asn1.ObjectIdentifier, salt int) []byte {
	h := pkix.AlgorithmIdentifier{Algorithm: hash, Parameters: asn1.NullRawValue}
	inner, _ := asn1.Marshal(h)
	der, err := asn1.Marshal(pssParameters{Hash: h, MGF: pkix.AlgorithmIdentifier{Algorithm: oidMGF1, Parameters: asn1.RawValue{FullBytes: inner}}, SaltLength: salt, TrailerField: 1})
	if err != nil {
		panic(err)
	}
	return der
}

// slowPSS reads parameters with package encoding/asn1.
func slowPSS(der []byte) SignatureAlgorithm {
	var p pssParameters
	if _, err := asn1.Unmarshal(der, &p); err != nil {
		return UnknownSignatureAlgorithm
	}
	var inner pkix.AlgorithmIdentifier
	if _, err := asn1.Unmarshal(p.MGF.Parameters.FullBytes, &inner); err != nil {
		return UnknownSignatureAlgorithm
	}
	for algo, hash := range map[SignatureAlgorithm]struct {
		oid  asn1.ObjectIdentifier
		salt int
	}{SHA256WithRSAPSS: {oidSHA256, 32}, SHA384WithRSAPSS: {oidSHA384, 48}, SHA512WithRSAPSS: {oidSHA512, 64}} {
		if p.Hash.Algorithm.Equal(hash.oid) && inner.Algorithm.Equal(hash.oid) && p.MGF.Algorithm.Equal(oidMGF1) && p.SaltLength == hash.salt && p.TrailerField == 1 &&
			empty(p.Hash.Parameters) && empty(inner.Parameters) {
			return algo
		}
	}
	return UnknownSignatureAlgorithm
}

func empty(v asn1.RawValue) bool {
	return len(v.FullBytes) == 0 || reflect.DeepEqual(v.FullBytes, asn1.NullBytes)
}
`,
	})
}

// TestNamedCurves: signatures are checked as Go checks them, for the curves that
// certificates name.
func TestNamedCurves(t *testing.T) {
	t.Parallel()
	testChanged(t, "crypto/ecdsa", []string{"-run", "Named"}, 1, nil, map[string]string{
		"named_test.go": `package ecdsa

import (
	"crypto/elliptic"
	"crypto/rand"
	"testing"
)

func TestNamed(t *testing.T) {
	hash := make([]byte, 32)
	for _, curve := range []elliptic.Curve{elliptic.P224(), elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := SignASN1(rand.Reader, key, hash)
		if err != nil {
			t.Fatal(err)
		}
		if !verifyNamed(&key.PublicKey, hash, sig) {
			t.Errorf("%s: got false for a good signature, want true", curve.Params().Name)
		}
		sig[len(sig)-1] ^= 1
		if verifyNamed(&key.PublicKey, hash, sig) {
			t.Errorf("%s: got true for a bad signature, want false", curve.Params().Name)
		}
	}
	own := *elliptic.P256().Params() // the same curve, but none of those with a name
	key, err := GenerateKey(&own, rand.Reader)
	if err != nil {
		t.Skip(err) // since Go 1.26 it makes none
	}
	sig, err := SignASN1(rand.Reader, key, hash)
	if err != nil {
		t.Fatal(err)
	}
	if verifyNamed(&key.PublicKey, hash, sig) {
		t.Error("a curve of its own: got true, want false")
	}
}
`,
	})
}

func TestQuotedPrintable(t *testing.T) {
	t.Parallel()
	testChanged(t, "mime/quotedprintable", nil, 4, nil, nil)
}
