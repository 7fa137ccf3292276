# `make` says what there is. Everything needs only Go, except where it says so.
SHELL = /bin/bash
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT = github.com/rhysd/actionlint/cmd/actionlint@v1.7.7
FUZZTIME = 30s
# Where goroutines meet: the tests there run once more with the race detector. Not
# test/interop: it builds its programs on the port itself, without the detector, so it
# would do the same again.
RACE = ./internal/assemble/... ./internal/toolchain/... ./internal/release/upgrade/... ./internal/release/security/... ./internal/tinygo/... ./cmd/... ./netdev/... ./internal/conform/... ./test/behaviour/... ./test/cores/... ./test/curves/... ./test/e2e/... ./test/internal/... ./test/layout/... ./test/secrecy/... ./test/w5500/... ./test/wine/... ./examples/...

# The releases of Go that the port is made for, the newest patch of each.
RELEASES = 1.23.12 1.24.13 1.25.14 1.26.11 1.27.4

GOFILES = $$(git ls-files -co --exclude-standard '*.go' | grep -v /testdata/)
NESTED = $$(git ls-files -co --exclude-standard '*/go.mod' | grep -v /testdata/ | xargs -rn1 dirname)

help: ## what the targets do
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | expand -t16

test: ## all tests of go test ./..., within minutes
	go test ./...

race: ## the tests of what runs concurrently, with the race detector (needs a C compiler)
	go test -race $(RACE)

matrix: ## the port built for every supported Go release and several systems, and assembled from more (fetches them)
	go test -v -count=1 -tags matrix -timeout 60m ./internal/release/matrix

matrix-tinygo: ## small programs built with each TinyGo (TINYNET_TINYGOS, or the one on PATH) x Go x target, with and without tinynet; takes hours
	go test -v -count=1 -tags matrix -timeout 24h -run TestTinyGos ./internal/release/matrix -update
	go test -count=1 -run TestPage ./internal/release/matrix -update

adopt: ## what TinyGo's own checks of its net do, with the port in its place, for docs/adopting.md (needs TinyGo; takes an hour or two; goes on where it was ended; TINYNET_MATRIX_AGAIN=1 begins again)
	go test -v -count=1 -tags matrix -timeout 24h -run TestAdopt$$ ./internal/release/matrix -update; status=$$?; \
	go test -count=1 -run TestAdoptPage ./internal/release/matrix -update && exit $$status

# What is tested with what boards leave out, and with HTTP/2.
SMALL = crypto/tls crypto/x509 crypto/ecdsa crypto/ecdh crypto/elliptic crypto/internal/nistec/... crypto/internal/fips140test/... math/big
HTTP2 = net/http net/http/httptest net/http/httputil

conform: ## Go's own tests on the port: all on both devices, with HTTP/2, with what boards leave out, net for every release
	go run ./cmd/tinynet conform
	go run ./cmd/tinynet conform -device loopback
	go run ./cmd/tinynet conform -tags nethttp2 $(HTTP2)
	go run ./cmd/tinynet conform -tags tlssmall $(SMALL)
	go run ./cmd/tinynet conform -race -count 3 net
	@set -e; for release in $(RELEASES); do go run ./cmd/tinynet conform -go $$release net; done

RECORD = go run ./cmd/tinynet conform -record internal/conform/measured.json
record: ## all of Go's own tests for every release, for docs/conformance.md (takes hours)
	@set -e; for release in $(RELEASES); do \
		$(RECORD) -go $$release; \
		$(RECORD) -go $$release -device loopback; \
		$(RECORD) -go $$release -race -count 3 net; \
		$(RECORD) -go $$release -race; \
		$(RECORD) -go $$release -tags nethttp2 $(HTTP2); \
		$(RECORD) -go $$release -tags tlssmall $(SMALL); \
	done
	go test ./internal/conform -run TestPage -update

record-port: ## what follows from the manifests: the record, docs/port.md with its listing (fetches those releases)
	go run ./cmd/tinynet upgrade -refresh
	go run ./cmd/tinynet compare -md docs/port.md

releases: ## the matrix, and docs/releases.md from what it and conform found
	go test -v -count=1 -tags matrix -timeout 60m -run 'TestMatrix|TestPatches' ./internal/release/matrix -update
	go test -count=1 -run TestPage ./internal/release/matrix -update

fixes: ## each security fix in internal/release/security/fixes.toml, looked for in the releases before and after (fetches some forty)
	go test -v -count=1 -tags fixes -timeout 2h -run TestFixes ./internal/release/security

boards: ## the examples built for boards, and the sizes against the budget (needs TinyGo; takes half an hour)
	go test -v -count=1 -tags boards -timeout 2h -run TestBoards ./test/e2e
	go run ./cmd/tinynet size

pictures: ## the pictures of the README: a page in Chromium, and flash (where TinyGo is)
	@mkdir -p docs/pictures; shots=$$(mktemp -d); trap 'rm -rf "$$shots"' EXIT; set -e; \
	go test ./test/e2e -count=1 -run 'TestBrowser$$' -shots "$$shots"; \
	cp "$$shots/dashboard-readme.png" docs/pictures/dashboard.png
	if command -v tinygo; then go run ./cmd/tinynet size -svg docs/pictures/flash.svg ./bench/size/programs/httpserver; \
	else echo 'no tinygo on PATH: docs/pictures/flash.svg stays as it is'; fi

peaks: ## the most memory that examples have in use, on emulated boards (needs TinyGo and QEMU; takes an hour on a quiet machine)
	go test -v -count=1 -tags boards -timeout 3h -run TestPeaks ./internal/board

pico-table: ## what requests cost in cycles of a Pico, into docs/boards.md, on emulated ones (needs TinyGo and Node; takes a quarter of an hour)
	go test -v -count=1 -tags boards -timeout 1h -run TestPicoTable ./internal/board -update

bench: ## all benchmarks
	go test -run '^$$' -bench . -benchmem ./...

fuzz: ## each fuzz test for FUZZTIME (30s)
	@set -euo pipefail; for dir in $$(git grep -l '^func Fuzz' -- '*_test.go' | xargs -rn1 dirname | sort -u); do \
		for name in $$(go test -list '^Fuzz' ./$$dir | grep '^Fuzz'); do \
			echo "$$dir $$name"; go test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) ./$$dir; \
		done; \
	done
	cd port && go test -tags tinynetport,port.board,tinynet_board -run '^$$' -fuzz FuzzParseAddr -fuzztime $(FUZZTIME) net/parseaddr_board.go net/parseaddr_test.go
	cd port && go test -tags tinynetport,port.board,tinynet_board -run '^$$' -fuzz FuzzPlainURI -fuzztime $(FUZZTIME) net/http/uri_board.go net/http/uri_test.go
	cd port && go test -tags tinynetport,port.smalltls,tlssmall -run '^$$' -fuzz FuzzValue -fuzztime $(FUZZTIME) crypto/x509/pkix/value_on.go crypto/x509/pkix/value_test.go

fuzz-http: ## the parsers of net/http, as the port has them, 60 s each
	@set -euo pipefail; go build -o $${TMPDIR:-/tmp}/tinynet-fuzz ./cmd/tinynet; \
	for name in FuzzHTTPRequest FuzzHTTPResponse; do \
		$${TMPDIR:-/tmp}/tinynet-fuzz go test -tags tinynet_port -run '^$$' -fuzz "^$$name$$" -fuzztime 60s ./test/behaviour; \
	done; \
	cd port/net/http/internal && go test -tags tinynetport,port.board,tinynet_board -run '^$$' -fuzz '^FuzzName$$' -fuzztime 60s hostport.go idna_small.go punycode.go idna_test.go

fuzz-curves: ## the curves in little code against a reference, FUZZTIME (30s) each
	@set -euo pipefail; for name in FuzzSignature FuzzPoint FuzzX25519; do \
		go run ./cmd/tinynet go test -tags tinynet_port,tlssmall -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./test/curves; \
	done

soak: ## a web server on an emulated board with 256 kB of RAM: 100,000 requests, 10,000 connections, twice (needs TinyGo and QEMU; takes some minutes)
	go test -v -count=1 -timeout 1h -run TestHTTPMemoryOnBoard ./test/e2e -soak

# With -e, for the examples import the Pico W's radio under its tag, from a module
# that theirs does not depend on; go vet finds what is really missing.
lint: ## gofmt, go mod tidy, go vet, staticcheck, in all modules, and actionlint
	@set -euo pipefail; unformatted=$$(gofmt -l $(GOFILES)); \
	if [ -n "$$unformatted" ]; then echo "gofmt these files:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go vet -tags matrix,fixes,boards,tinynet_get ./...
	@set -euo pipefail; for dir in . $(NESTED); do \
		echo "$$dir: go mod tidy, go vet, staticcheck"; \
		(cd $$dir && go mod tidy -e -diff 2>/dev/null && go vet ./... && go run $(STATICCHECK) ./...); \
	done
	go run $(ACTIONLINT) .github/workflows/*.yml

cross: ## everything and its tests type-checked for the systems that are not here, on the port of the oldest and newest Go, and a program linked for three of them
	@set -e; scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; go build -o "$$scratch/tinynet" ./cmd/tinynet; \
	TINYNET_COMMAND="$$scratch/tinynet" GOTOOLCHAIN=go$(lastword $(RELEASES)) go test -v -count=1 -tags matrix -timeout 30m -run '^TestCross' ./internal/release/matrix

ci: ## what CI runs (installs Chromium where there is none, as root)
	bash .ci/run

# For .ci/run.
print-race:
	@echo $(RACE)
print-nested:
	@echo $(NESTED)
print-releases:
	@echo $(RELEASES)

.PHONY: help test race matrix matrix-tinygo adopt pictures cross boards peaks pico-table conform record record-port releases fixes bench fuzz fuzz-http fuzz-curves soak lint ci print-race print-nested print-releases
