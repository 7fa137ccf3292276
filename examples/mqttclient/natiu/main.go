// Natiu talks to an MQTT broker with natiu-mqtt, a small client without
// goroutines of its own: it subscribes to a topic of its own, publishes there, and
// prints what comes back (QoS 0). The example above it does the same with Paho,
// which has goroutines and timers that keep the connection alive.
//
// On this computer, over the port, with a broker such as mosquitto:
//
//	go run ./cmd/tinynet run ./examples/mqttclient/natiu -- -broker 127.0.0.1:1883
//
// On a board, which publishes again every ten seconds:
//
//	cd examples/mqttclient/natiu && tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD -X main.broker=192.168.1.2:1883" .
//
// It is a module of its own so that the others do not depend on natiu-mqtt.
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strconv"
	"time"

	mqtt "github.com/soypat/natiu-mqtt"

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
		online.Setting{Name: "broker", Value: &broker, Default: "127.0.0.1:1883", Usage: "the `address` of the broker"},
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
	topic += "/" + id

	conn, err := net.DialTimeout("tcp", broker, patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	// The client waits in Read, so the connection's deadline is for all that it does.
	conn.SetDeadline(time.Now().Add(patience))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()

	text := ""
	client := mqtt.NewClient(mqtt.ClientConfig{
		Decoder: mqtt.DecoderNoAlloc{UserBuffer: make([]byte, 512)}, // the longest topic
		OnPub: func(_ mqtt.Header, _ mqtt.VariablesPublish, r io.Reader) error {
			payload, err := io.ReadAll(r)
			text = string(payload)
			return err
		},
	})
	var connect mqtt.VariablesConnect
	connect.SetDefaultMQTT([]byte(id))
	if err := client.Connect(ctx, conn, &connect); err != nil {
		return errors.New("connect to " + broker + ": " + err.Error())
	}
	err = client.Subscribe(ctx, mqtt.VariablesSubscribe{
		PacketIdentifier: 1,
		TopicFilters:     []mqtt.SubscribeRequest{{TopicFilter: []byte(topic), QoS: mqtt.QoS0}},
	})
	if err != nil {
		return errors.New("subscribe: " + err.Error())
	}
	flags, err := mqtt.NewPublishFlags(mqtt.QoS0, false, false)
	if err != nil {
		return err
	}
	for i := range n {
		want := "message " + strconv.Itoa(i+1)
		conn.SetDeadline(time.Now().Add(patience))
		// The library wants a number, although QoS 0 has none.
		about := mqtt.VariablesPublish{TopicName: []byte(topic), PacketIdentifier: uint16(i%65535 + 1)}
		if err := client.PublishPayload(flags, about, []byte(want)); err != nil {
			return errors.New("publish: " + err.Error())
		}
		text = ""
		for limit := time.Now().Add(patience); text == ""; {
			if err := client.HandleNext(); err != nil {
				return err
			}
			if text == "" && time.Now().After(limit) {
				return errors.New("nothing came back within " + patience.String())
			}
		}
		if text != want {
			return errors.New("published " + want + ", got " + text)
		}
		online.Say("got ", text, " on ", topic)
	}
	// Disconnect wants to be told what Err is to say from then on.
	return client.Disconnect(errors.New("done"))
}
