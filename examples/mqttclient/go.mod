module github.com/tinynet/tinynet/examples/mqttclient

go 1.24.0

require (
	github.com/eclipse/paho.mqtt.golang v1.5.1
	github.com/tinynet/tinynet v0.0.0
)

require (
	github.com/google/shlex v0.0.0-20191202100458-e7afc7fbc510 // indirect
	github.com/gorilla/websocket v1.5.3 // indirect
	golang.org/x/net v0.44.0 // indirect
	golang.org/x/sync v0.17.0 // indirect
	tinygo.org/x/drivers v0.36.0 // indirect
)

replace github.com/tinynet/tinynet => ../..
