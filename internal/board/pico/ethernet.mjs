// The W5500 on the SPI bus, wired as on WIZnet's W5500-EVB-Pico. The chip itself is
// on the other side of the pipe, in tinynet: package w5500sim. Here are the lines of
// its bus, which make frames of bytes (W5500 datasheet, section 2.2).
const selectPin = 17, resetPin = 20;

// What is read of registers does not change by being read, so more than is asked for
// is fetched with the first byte of a frame, and kept to its end.
const ahead = { registers: 8, buffer: 2048 };

export class Ethernet {
  // host has the chip's answers: ask sends a message and waits for them.
  constructor(host) {
    this.host = host;
  }

  // connect connects the chip with a processor that was just switched on.
  connect({ clock, gpio, spi: [spi] }) {
    this.frame = null;
    let answer = 0;
    const done = clock.createAlarm(() => spi.completeTransmit(answer));
    spi.onTransmit = (byte) => {
      answer = this.shift(byte);
      const frequency = spi.clockFrequency;
      done.schedule(frequency ? spi.dataBits * 1e9 / frequency : 0);
    };
    const LOW = 0; // what is not driven is pulled up on the board
    gpio[selectPin].addListener((level) => {
      if (level === LOW) {
        this.select();
      } else {
        this.deselect();
      }
    });
    gpio[resetPin].addListener((level, before) => {
      if (level === LOW && before !== LOW) {
        this.host.send('W', Uint8Array.of(0, 0, 4, 0x80)); // RST of register MR does the same
      }
    });
  }

  select() {
    this.frame = { head: [], written: [], read: null, at: 0, first: 0 };
  }

  deselect() {
    const { frame } = this;
    this.frame = null;
    if (frame !== null && frame.written.length > 0) {
      this.host.send('W', Uint8Array.from([...frame.head, ...frame.written]));
    }
  }

  // shift is one byte time of the bus: in goes to the chip, and what comes out is
  // returned.
  shift(byte) {
    const { frame } = this;
    if (frame === null) {
      return 0xff; // nobody drives the line
    }
    if (frame.head.length < 3) {
      frame.head.push(byte & 255);
      return 0;
    }
    const control = frame.head[2];
    let out = 0;
    if (control & 4) {
      frame.written.push(byte & 255);
    } else {
      if (frame.read === null || frame.at === frame.read.length) {
        this.fetch();
      }
      out = frame.read[frame.at++];
    }
    // In the modes of fixed length the next frame follows without an edge.
    const length = [0, 1, 2, 4][control & 3];
    if (length !== 0 && (frame.written.length === length || frame.read !== null && frame.at === length)) {
      this.deselect();
      this.select();
    }
    return out;
  }

  // fetch has the next bytes of a frame that reads.
  fetch() {
    const { frame } = this;
    const [high, low, control] = frame.head;
    if (frame.read !== null) {
      frame.first += frame.read.length;
    }
    const address = (high << 8 | low) + frame.first & 0xffff;
    const kind = control >> 3 & 3; // of the block
    const n = kind === 3 || kind === 2 ? ahead.buffer : ahead.registers;
    frame.read = this.host.ask('Q', Uint8Array.of(n & 255, n >> 8, address >> 8, address & 255, control & 0xfc));
    frame.at = 0;
  }
}
