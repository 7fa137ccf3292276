// The board: the chip that rp2040js emulates, what is connected to it, and its
// clock.
import { webcrypto } from 'node:crypto';
import { RP2040, USBCDC } from 'rp2040js';
import { Ethernet } from './ethernet.mjs';
import { Meter } from './memory.mjs';
import { Fault, Processor } from './processor.mjs';

const flashStart = 0x10000000, ramStart = 0x20000000;
const vectors = flashStart + 0x100; // the second stage of the boot loader is before them

// The page is a part of memory that TinyGo gives to nobody: the second small bank.
// The glue of package board says what is where.
const page = 0x20041000, pageSize = 0x1000;
const pageSeed = 0, pageDate = 0x100, pageExit = 0x108;
const exitMagic = 0x54e70000;

// The library enters exceptions with the lowest bit of the program counter set,
// as the vectors have it, and then adds to that bit: jumps by table go astray.
const core = Object.getPrototypeOf(new RP2040().core);
const { exceptionEntry } = core;
core.exceptionEntry = function (number) {
  exceptionEntry.call(this, number);
  this.PC &= ~1;
};

const lag = 5e6; // nanoseconds that the emulated clock may catch up by
const sampleEvery = 997; // cycles between two samples for a profile
const spinAfter = 1e9; // nanoseconds in which a program goes in a circle
const longAfter = 10e9; // and in which it computes without a rest, for a notice
const slice = 50000; // cycles between two looks at what has come
const together = 8; // slices whose bytes for the world go in one message
const breakpoint = 0xbe00;
const lastWords = 50e6; // nanoseconds in which USB sends what a program printed at its end

class Spin extends Fault {}

// Off is thrown where something of tinynet is waited for that is gone.
class Off extends Error {}

// A logger that takes note of what the chip would answer with a hard fault. The
// library only warns of it.
class Logger {
  constructor(core) {
    this.core = core;
  }
  debug() {}
  info(_, message) {
    if (message === 'SEV') {
      this.core.eventRegistered = true;
    }
  }
  warn(from, message) {
    const address = / memory address: ([0-9a-f]+)|undefined address: ([0-9a-f]+)/.exec(message);
    if (address) {
      const at = parseInt(address[1] ?? address[2], 16) >>> 0;
      throw new Fault(`${address[1] ? 'read from' : 'write to'} the address 0x${at.toString(16)}, where there is nothing`);
    }
    if (message.includes('not implemented yet')) {
      throw new Fault('no instruction of this chip');
    }
  }
  error(_, message) {
    const address = /address ([0-9a-f]+), which is not 32 bit aligned/.exec(message);
    if (address) {
      throw new Fault(`read of a word from the address 0x${address[1]}, which is no multiple of 4`);
    }
  }
}

// The ring oscillator's register of random bits; the library has none.
class Oscillator {
  constructor() {
    this.bits = new Uint8Array(4096);
    this.next = this.bits.length;
  }
  readUint32(offset) {
    if (offset !== 0x1c) {
      return 0;
    }
    if (this.next === this.bits.length) {
      webcrypto.getRandomValues(this.bits);
      this.next = 0;
    }
    return this.bits[this.next++] & 1;
  }
  writeUint32Atomic() {}
}

export class Board {
  constructor(host, firmware, options) {
    this.host = host;
    this.firmware = firmware;
    this.options = options;
    this.toUART = []; // bytes that wait for room
    this.fromUART = [];
    this.fromUSB = [];
    this.kept = null; // the page, over a reset
    this.samples = options.profile ? new Map() : null;
    this.meter = options.memory ? new Meter(options.memory) : null;
    this.stops = new Map(options.exit ? [[options.exit, 'exit']] : []); // functions whose calls are noted
    for (const at of options.panics ?? []) {
      this.stops.set(at, 'panic');
    }
    this.exited = -1; // the status that it was called with
    this.panic = null; // the registers when it was called last
    this.cycles = 0; // of the runs before a reset
    this.nanos = 0;
    this.later = []; // messages that have come before an answer
    this.ethernet = options.w5500 ? new Ethernet({ send: (type, data) => host.send(type, data), ask: (type, data) => this.ask(type, data) }) : null;
    this.power();
  }

  // power begins the program anew.
  power() {
    if (this.chip) {
      this.cycles += this.chip.core.cycles;
      this.nanos += this.chip.clock.nanos;
      this.kept = this.chip.sram.slice(page - ramStart, page - ramStart + pageSize);
    }
    const chip = new RP2040();
    const { core, clock } = chip;
    this.chip = chip;
    this.clock = clock;
    chip.logger = new Logger(core);
    chip.onBreak = (code) => {
      const stop = core.PC - 2;
      if (code === 0 && this.stops.has(stop)) {
        if (this.stops.get(stop) === 'exit') {
          this.exited = core.registers[0];
        } else {
          this.panic = Array.from(core.registers);
        }
        const at = stop - flashStart; // the instruction that belongs there is next
        chip.flash.set(this.firmware.subarray(at, at + 2), at);
        this.passed = stop;
        core.PC = stop;
        return;
      }
      throw new Fault(`a breakpoint or an instruction that is none on purpose, number ${code}`);
    };
    chip.bootrom = new Uint32Array(0); // a program that uses it should be told
    chip.flash.set(this.firmware);
    for (const at of this.stops.keys()) {
      this.stop(at);
    }
    this.passed = null; // a stop that is not there now
    chip.peripherals[0x40060] = new Oscillator();
    core.VTOR = vectors;
    core.SP = chip.readUint32(vectors);
    core.PC = chip.readUint32(vectors + 4) & ~1;
    this.processor = new Processor(chip);
    const at = page - ramStart;
    if (this.kept) {
      chip.sram.set(this.kept, at);
      chip.sramView.setUint32(at + pageExit, 0, true);
    } else {
      webcrypto.getRandomValues(chip.sram.subarray(at + pageSeed, at + pageSeed + 32));
    }
    chip.sramView.setBigInt64(at + pageDate, BigInt(Date.now()) * 1000000n, true);
    this.uart(chip.uart[0]);
    this.ethernet?.connect(chip);
    const usb = new USBCDC(chip.usbCtrl);
    usb.onSerialData = (data) => this.fromUSB.push(...data);
    // TinyGo says nothing before somebody listens, and hears of that only where it is
    // said to the interface; the library says it to the device.
    usb.cdcSetControlLineState = () => {
      const toInterface = 0x21, lineState = 0x22, dtrAndRTS = 3;
      chip.usbCtrl.sendSetupPacket(Uint8Array.of(toInterface, lineState, dtrAndRTS, 0, 0, 0, 0, 0));
      usb.initialized = true;
    };
    // Nothing is sent to the program. The library would hand it nothing again and again,
    // each time with an interrupt, where a host waits until it has something.
    chip.usbCtrl.onEndpointRead = () => {};
    this.world = performance.now() * 1e6; // when the emulated clock would be 0
    this.sampleAt = 0;
    this.restedAt = this.leftAt = 0;
    this.endedAt = null;
    this.meter?.begin(chip);
  }

  // uart gives the UART its time: the library sends at once, and hears all that it
  // is told. Each byte takes 10 bits; there is flow control in hardware, so nothing
  // is lost.
  uart(uart) {
    const { clock } = this;
    const fifo = 32;
    const byteNanos = () => (uart.baudDivider ? 10e9 / uart.baudRate : 1000);
    let free = 0; // when the last byte will be out
    uart.onByte = (byte) => {
      free = Math.max(free, clock.nanos) + byteNanos();
      this.fromUART.push(byte);
    };
    const { prototype } = uart.constructor;
    const flags = Object.getOwnPropertyDescriptor(prototype, 'flags').get;
    Object.defineProperty(uart, 'flags', {
      get() {
        const BUSY = 1 << 3, TXFF = 1 << 5, TXFE = 1 << 7;
        const waiting = free - clock.nanos;
        const f = flags.call(this) & ~(BUSY | TXFF | TXFE);
        if (waiting <= 0) {
          return f | TXFE;
        }
        return f | BUSY | (waiting > fifo * byteNanos() ? TXFF : 0);
      },
    });
    const alarm = clock.createAlarm(() => {
      this.feeding = false;
      if (uart.enabled && !uart.rxFIFO.full && this.toUART.length > this.fed) {
        uart.feedByte(this.toUART[this.fed++]);
        if (this.fed === this.toUART.length) {
          this.toUART = [];
          this.fed = 0;
        }
      }
      this.feed();
    });
    this.fed = 0;
    this.feeding = false;
    this.feed = () => {
      if (!this.feeding && this.toUART.length > this.fed) {
        this.feeding = true;
        alarm.schedule(byteNanos());
      }
    };
    this.feed();
  }

  // flush sends what the program has said.
  flush() {
    if (this.fromUART.length) {
      this.host.send('L', Uint8Array.from(this.fromUART));
      this.fromUART = [];
    }
    if (this.fromUSB.length) {
      this.host.send('U', Uint8Array.from(this.fromUSB));
      this.fromUSB = [];
    }
  }

  // ask sends a message and waits for the answer. The emulated clock stands still
  // meanwhile.
  ask(type, data) {
    const { host } = this;
    host.send(type, data);
    for (;;) {
      const m = host.receive();
      if (m === null) {
        if (host.gone()) {
          throw new Off();
        }
        host.wait(100);
      } else if (m.type === 'S') {
        return m.data;
      } else {
        this.later.push(m);
      }
    }
  }

  // attend does what tinynet says. It returns false when there is no tinynet.
  attend() {
    for (let m; (m = this.later.shift() ?? this.host.receive()); ) {
      switch (m.type) {
        case 'L':
          for (const b of m.data) {
            this.toUART.push(b);
          }
          this.feed();
          break;
        case 'R':
          this.flush();
          this.power();
          break;
        case 'P':
          this.samples?.clear();
          break;
        case 'C':
          this.flush();
          this.host.send('C', Buffer.from(JSON.stringify(this.counters())));
          break;
      }
    }
    return !this.host.gone();
  }

  counters() {
    const { core, clock, clkSys } = this.chip;
    return { cycles: this.cycles + core.cycles, nanos: Math.round(this.nanos + clock.nanos), frequency: clkSys };
  }

  // pace sets the world's clock back if the emulated one is behind it by much: a
  // program that has computed for long would see time fly afterwards.
  pace() {
    const behind = performance.now() * 1e6 - this.world - this.clock.nanos;
    if (behind > lag) {
      this.world += behind - lag;
      return lag;
    }
    return behind;
  }

  // stop has the program stop at a function, as a debugger does.
  stop(at) {
    this.chip.flashView.setUint16(at - flashStart, breakpoint, true);
  }

  // compute runs some instructions.
  compute() {
    const { core } = this.chip;
    if (this.passed !== null && core.PC !== this.passed) {
      this.stop(this.passed);
      this.passed = null;
    }
    const end = core.cycles + slice;
    while (!core.waiting && core.cycles < end) {
      this.step(end - core.cycles);
    }
    this.meter?.look();
    this.look();
  }

  // step runs instructions for so many cycles at most, or one.
  step(cycles) {
    const { core } = this.chip;
    if (this.samples === null) {
      this.processor.run(cycles);
      return;
    }
    this.processor.run(Math.min(cycles, Math.max(1, this.sampleAt - core.cycles)));
    if (core.cycles >= this.sampleAt) {
      this.sampleAt = core.cycles + sampleEvery;
      this.samples.set(core.PC, (this.samples.get(core.PC) ?? 0) + 1);
    }
  }

  // circles is true if the program is in a loop that it cannot leave but by an
  // interrupt: it comes back to where it was, with the same in all registers, and
  // has written nothing and looked at no peripheral.
  circles() {
    const { chip } = this;
    const { core } = chip;
    const state = () => `${core.registers} ${core.xPSR}`;
    const before = state();
    const from = core.PC;
    for (let i = 0; i < 1000 && !core.waiting; i++) {
      const opcode = chip.readUint16(core.PC & ~1);
      const r = core.registers;
      const kind = opcode >> 11, kind9 = opcode >> 9;
      const low = r[(opcode >> 3) & 7];
      const stores = [0x0c, 0x0e, 0x10, 0x12, 0x18].includes(kind) || [0x28, 0x29, 0x2a, 0x5a].includes(kind9);
      const loads = [0x0d, 0x0f, 0x11].includes(kind) ? low
        : kind === 0x19 ? r[(opcode >> 8) & 7]
        : opcode >> 12 === 5 ? (low + r[(opcode >> 6) & 7]) >>> 0 : 0;
      if (stores || loads >= 0x40000000) {
        return false;
      }
      this.step(1);
      if (core.PC === from && state() === before) {
        return true;
      }
    }
    return false;
  }

  // look tells a program that computes from one that spins.
  look() {
    const { core } = this.chip;
    const now = this.clock.nanos;
    if (core.waiting) {
      this.restedAt = this.leftAt = now;
      return;
    }
    if (now - this.leftAt > spinAfter / 10 && !this.circles()) {
      this.leftAt = now;
    }
    if (now - this.leftAt > spinAfter) {
      throw new Spin('the program spins: it is in a loop that changes nothing');
    }
    if (now - this.restedAt > longAfter && !this.noticed) {
      this.noticed = true;
      const at = (core.PC >>> 0).toString(16);
      this.host.send('T', Buffer.from(`the program has computed for ${longAfter / 1e9} s without a rest; it is at 0x${at}`));
    }
  }

  // sleep lets time pass until the next alarm, as it passes in the world.
  sleep() {
    const { clock } = this;
    const next = clock.nextAlarm ? clock.nextAlarm.nanos : Infinity;
    let behind = this.pace();
    if (clock.nanos + behind < next) {
      this.flush();
      this.host.wait((next - clock.nanos - behind) / 1e6);
      behind = this.pace();
    }
    if (behind > 0) {
      clock.tick(Math.min(behind, next - clock.nanos));
    }
  }

  // ended is true when the program sleeps in the loop that TinyGo ends with, and USB has
  // sent what was printed last. The chip would keep that for itself, since interrupts are
  // off in that loop.
  ended() {
    const { chip, clock } = this;
    const WFI = 0xbf30, back = 0xe7fd; // to the instruction before
    const at = chip.core.PC;
    if (chip.readUint16(at - 2) !== WFI || chip.readUint16(at) !== back) {
      return false;
    }
    if (this.endedAt === null) {
      this.endedAt = clock.nanos;
      chip.core.PM = false;
      chip.core.interruptsUpdated = true;
    }
    return clock.nanos - this.endedAt > lastWords;
  }

  // panicked tells whether the program still is in the last panic: the stack is not much
  // deeper, and not less deep, as it is where a panic was recovered from.
  panicked() {
    const depth = this.panic ? this.panic[13] - this.chip.core.SP : -1;
    return depth >= 0 && depth < 512;
  }

  // end tells how the program ended.
  end(how) {
    const { chip, host } = this;
    const { core } = chip;
    this.flush();
    if (this.samples) {
      const pairs = Buffer.alloc(8 * this.samples.size);
      let i = 0;
      for (const [pc, n] of this.samples) {
        pairs.writeUInt32LE(pc >>> 0, i);
        pairs.writeUInt32LE(n, i + 4);
        i += 8;
      }
      host.send('P', pairs);
    }
    const memory = Buffer.alloc(4 + chip.sram.length);
    memory.writeUInt32LE(ramStart, 0);
    memory.set(chip.sram, 4);
    host.send('M', memory);
    const exit = chip.sramView.getUint32(page - ramStart + pageExit, true);
    host.send('E', Buffer.from(JSON.stringify({
      ...how,
      ...this.counters(),
      registers: Array.from(core.registers),
      status: (exit & 0xffff0000) === exitMagic ? exit & 0xffff : this.exited < 0 ? -1 : this.exited & 0xff,
      panic: this.panicked() ? this.panic : undefined,
      memory: this.meter?.end() ?? undefined,
    })));
  }

  run() {
    try {
      for (let turn = 0; this.attend(); turn++) {
        if (this.chip.core.waiting) {
          if (this.ended()) {
            this.end({ reason: 'end' });
            return;
          }
          this.sleep();
        } else {
          this.compute();
          if (turn % together === 0) {
            this.flush();
          }
          this.pace();
        }
      }
      this.end({ reason: 'off' });
    } catch (e) {
      if (e instanceof Off) {
        this.end({ reason: 'off' });
        return;
      }
      if (!(e instanceof Fault)) {
        throw e;
      }
      this.end({ reason: e instanceof Spin ? 'spin' : 'fault', what: e.message });
    }
  }
}

export function run(host) {
  let firmware, options;
  while (!firmware || !options) {
    const m = host.receive();
    if (m === null) {
      if (host.gone()) {
        return;
      }
      host.wait(100);
    } else if (m.type === 'F') {
      firmware = Uint8Array.from(m.data);
    } else if (m.type === 'O') {
      options = JSON.parse(m.data.toString());
    }
  }
  new Board(host, firmware, options).run();
}
