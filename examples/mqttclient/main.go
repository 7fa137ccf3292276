// Mqttclient talks to an MQTT broker with Eclipse Paho: it subscribes to a topic
// of its own, publishes there, and prints what comes back, with the broker's
// acknowledgement for each message (QoS 1). Its keep-alive and reconnecting are
// goroutines and timers, as on any computer.
//
// On this computer, over the port, with a broker such as mosquitto:
//
//	go run ./cmd/tinynet run ./examples/mqttclient -- -broker tcp://127.0.0.1:1883
//
// On a board, which publishes again every ten seconds:
//
//	cd examples/mqttclient && tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=16kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD -X main.broker=tcp://192.168.1.2:1883" .
//
// It is a module of its own because Paho 1.5.1 wants Go 1.24, and so a TinyGo
// that supports it: 0.36 or newer.
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/tinynet/tinynet/examples/internal/online"
)

var (
	ssid, pass           string // the Wi-Fi network that a board joins
	broker, topic, count string
)

// patience is how long the broker may take for anything.
const patience = 20 * time.Second

func main() {
	online.Start(ssid, pass,
		online.Setting{Name: "broker", Value: &broker, Default: "tcp://127.0.0.1:1883", Usage: "the `URL` of the broker"},
		online.Setting{Name: "topic", Value: &topic, Default: "tinynet/example", Usage: "the `topic` to publish below"},
		online.Setting{Name: "count", Value: &count, Default: "3", Usage: "how many `messages` to publish"})
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		online.Fail(errors.New("no number of messages: " + count))
	}
	online.Run(func() error { return talk(broker, topic, n) })
}

func talk(broker, topic string, n int) error {
	var random [6]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	id := "tinynet-" + hex.EncodeToString(random[:])
	lost := make(chan error, 1)
	client := mqtt.NewClient(mqtt.NewClientOptions().
		AddBroker(broker).
		SetClientID(id).
		SetConnectTimeout(patience).
		SetKeepAlive(30 * time.Second).
		SetAutoReconnect(false).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { lost <- err }))
	if err := wait(client.Connect(), "connect to "+broker); err != nil {
		return err
	}
	defer client.Disconnect(250)

	topic += "/" + id
	got := make(chan string, n)
	if err := wait(client.Subscribe(topic, 1, func(_ mqtt.Client, m mqtt.Message) { got <- string(m.Payload()) }), "subscribe"); err != nil {
		return err
	}
	for i := range n {
		want := "message " + strconv.Itoa(i+1)
		if err := wait(client.Publish(topic, 1, false, want), "publish"); err != nil {
			return err
		}
		select {
		case text := <-got:
			if text != want {
				return errors.New("published " + want + ", got " + text)
			}
			online.Say("got ", text, " on ", topic)
		case err := <-lost:
			return err
		case <-time.After(patience):
			return errors.New("nothing came back within " + patience.String())
		}
	}
	return wait(client.Unsubscribe(topic), "unsubscribe")
}

func wait(token mqtt.Token, what string) error {
	if !token.WaitTimeout(patience) {
		return errors.New(what + ": no answer within " + patience.String())
	}
	if err := token.Error(); err != nil {
		return errors.New(what + ": " + err.Error())
	}
	return nil
}
