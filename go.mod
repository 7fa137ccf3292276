module github.com/tinynet/tinynet

go 1.23.0

require (
	github.com/BurntSushi/toml v1.6.0
	github.com/aymanbagabas/go-udiff v0.3.1
	github.com/google/pprof v0.0.0-20250403155104-27863c87afa6
	github.com/peterbourgon/ff/v3 v3.4.0
	github.com/tetratelabs/wazero v1.10.1
	go.bug.st/serial v1.6.4
	golang.org/x/crypto v0.41.0
	golang.org/x/mod v0.27.0
	golang.org/x/net v0.43.0
	golang.org/x/sys v0.35.0
	golang.org/x/term v0.34.0
	tinygo.org/x/drivers v0.36.0
)

require (
	github.com/creack/goselect v0.1.2 // indirect
	github.com/google/shlex v0.0.0-20191202100458-e7afc7fbc510 // indirect
	golang.org/x/text v0.28.0 // indirect
)
