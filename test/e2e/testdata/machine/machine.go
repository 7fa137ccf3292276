// Package machine has the names that TinyGo's package machine has on boards, as
// far as the drivers and the examples use them, and nothing behind them: where
// there is no TinyGo, the examples can be type-checked for boards with it.
package machine

type Pin uint8

type (
	PinMode   uint8
	PinConfig struct{ Mode PinMode }
)

const (
	PinInput PinMode = iota
	PinOutput
	PinInputPullup
	PinInputPulldown
)

const NoPin = Pin(0xff)

func (Pin) Configure(PinConfig) {}
func (Pin) Set(bool)            {}
func (Pin) Get() bool           { return false }
func (Pin) High()               {}
func (Pin) Low()                {}

type (
	SPI       struct{}
	SPIConfig struct {
		Frequency     uint32
		SCK, SDO, SDI Pin
		LSBFirst      bool
		Mode          uint8
	}
)

func (*SPI) Configure(SPIConfig) error     { return nil }
func (*SPI) Tx(w, r []byte) error          { return nil }
func (*SPI) Transfer(b byte) (byte, error) { return b, nil }

type (
	UART       struct{}
	UARTConfig struct {
		BaudRate uint32
		TX, RX   Pin
		RTS, CTS Pin
	}
)

func (*UART) Configure(UARTConfig) error     { return nil }
func (*UART) Buffered() int                  { return 0 }
func (*UART) Read(data []byte) (int, error)  { return 0, nil }
func (*UART) Write(data []byte) (int, error) { return len(data), nil }
func (*UART) ReadByte() (byte, error)        { return 0, nil }
func (*UART) WriteByte(c byte) error         { return nil }

// A Serialer is what Serial is on a board with USB: it has no Read.
type Serialer interface {
	WriteByte(c byte) error
	Write(data []byte) (n int, err error)
	Configure(config UARTConfig) error
	Buffered() int
	ReadByte() (byte, error)
}

var Serial Serialer = new(UART)

func InitADC()               {}
func ReadTemperature() int32 { return 0 }

// What boards have where. On real ones each has some of these only.
var (
	SPI0, NINA_SPI      = new(SPI), new(SPI)
	UART1, UART2, UART3 = new(UART), new(UART), new(UART)
)

const (
	LED Pin = iota
	NINA_SDO
	NINA_SDI
	NINA_SCK
	NINA_CS
	NINA_ACK
	NINA_GPIO0
	NINA_RESETN
	UART1_TX_PIN
	UART1_RX_PIN
	PB24
	PC24
	RTL8720D_CHIP_PU
)
