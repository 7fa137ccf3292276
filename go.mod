module github.com/tinynet/tinynet

go 1.23.0

require (
	github.com/BurntSushi/toml v1.6.0
	github.com/google/shlex v0.0.0-20191202100458-e7afc7fbc510 // indirect
	tinygo.org/x/drivers v0.36.0
)
