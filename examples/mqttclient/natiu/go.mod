module github.com/tinynet/tinynet/examples/mqttclient/natiu

go 1.23.0

require (
	github.com/soypat/natiu-mqtt v0.6.0
	github.com/tinynet/tinynet v0.0.0
)

require (
	github.com/google/shlex v0.0.0-20191202100458-e7afc7fbc510 // indirect
	tinygo.org/x/drivers v0.36.0 // indirect
)

replace github.com/tinynet/tinynet => ../../..
