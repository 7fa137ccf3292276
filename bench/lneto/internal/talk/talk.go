// Package talk is what both programs do once they are connected: subscribe, publish,
// and print what comes back.
package talk

import (
	"context"
	"errors"
	"io"
	"time"

	mqtt "github.com/soypat/natiu-mqtt"
)

// Broker is the broker's name, and Port its port.
const (
	Broker = "broker.example.org"
	Port   = 1883
)

// Patience is how long the broker may take for anything.
const Patience = 20 * time.Second

// A Conn is a connection to the broker.
type Conn interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
}

// Run talks to the broker over the connection.
func Run(conn Conn) error {
	conn.SetDeadline(time.Now().Add(Patience))
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	client := mqtt.NewClient(mqtt.ClientConfig{
		Decoder: mqtt.DecoderNoAlloc{UserBuffer: make([]byte, 512)},
		OnPub: func(_ mqtt.Header, _ mqtt.VariablesPublish, r io.Reader) error {
			payload, err := io.ReadAll(r)
			println(string(payload))
			return err
		},
	})
	var connect mqtt.VariablesConnect
	connect.SetDefaultMQTT([]byte("tinynet"))
	if err := client.Connect(ctx, conn, &connect); err != nil {
		return err
	}
	topic := []byte("tinynet/example")
	err := client.Subscribe(ctx, mqtt.VariablesSubscribe{
		PacketIdentifier: 1,
		TopicFilters:     []mqtt.SubscribeRequest{{TopicFilter: topic, QoS: mqtt.QoS0}},
	})
	if err != nil {
		return err
	}
	flags, err := mqtt.NewPublishFlags(mqtt.QoS0, false, false)
	if err != nil {
		return err
	}
	about := mqtt.VariablesPublish{TopicName: topic, PacketIdentifier: 1}
	if err := client.PublishPayload(flags, about, []byte("hello")); err != nil {
		return err
	}
	if err := client.HandleNext(); err != nil {
		return err
	}
	return client.Disconnect(errors.New("done"))
}
