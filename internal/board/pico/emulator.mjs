// An RP2040 on its board, for package board of tinynet.
//
// Standard input and output carry messages to and from tinynet: a byte that says
// what it is, three bytes of length, least significant first, and the content.
// From tinynet come
//
//   F  the firmware, as it lies in flash, and O, a JSON object of options, first
//   L  bytes for the UART
//   R  reset the chip
//   C  tell the counters
//   P  forget the samples so far
//   S  what the chip on the SPI bus answers
//
// and to it go
//
//   L  bytes from the UART
//   U  text from the USB serial port
//   T  a notice for the user
//   C  the counters, in JSON
//   W  a frame for the chip on the SPI bus
//   Q  a frame for it that reads: how many bytes are wanted, 2 bytes, and its head
//   M  an address, 4 bytes, and the memory from there
//   P  samples of the program counter, as pairs of 4 bytes: where, and how often
//   E  the end, in JSON; nothing follows
//
// All that waits does so in this thread, so that the emulated clock is paced to a
// fraction of a millisecond. Another thread reads standard input into a ring in
// shared memory.
import { readSync, writeSync } from 'node:fs';
import { Worker, isMainThread, workerData } from 'node:worker_threads';

const ringSize = 1 << 20;
const HEAD = 0, TAIL = 1, ENDED = 2; // of the ring's state

if (!isMainThread) {
  const state = new Int32Array(workerData.state);
  const ring = new Uint8Array(workerData.ring);
  const buf = new Uint8Array(65536);
  for (;;) {
    let n = 0;
    try {
      n = readSync(0, buf, 0, buf.length, null);
    } catch (e) {
      if (e.code === 'EAGAIN') {
        Atomics.wait(state, ENDED, 0, 1);
        continue;
      }
    }
    if (n === 0) {
      break;
    }
    for (let i = 0; i < n; ) {
      const head = Atomics.load(state, HEAD), tail = Atomics.load(state, TAIL);
      const room = ringSize - ((head - tail) | 0);
      if (room === 0) {
        Atomics.wait(state, TAIL, tail);
        continue;
      }
      const at = head & (ringSize - 1);
      const part = Math.min(room, n - i, ringSize - at);
      ring.set(buf.subarray(i, i + part), at);
      i += part;
      Atomics.store(state, HEAD, (head + part) | 0);
      Atomics.notify(state, HEAD);
    }
  }
  Atomics.store(state, ENDED, 1);
  Atomics.add(state, HEAD, 0);
  Atomics.notify(state, HEAD);
} else {
  const { run } = await import('./machine.mjs');
  const state = new Int32Array(new SharedArrayBuffer(12));
  const ring = new Uint8Array(new SharedArrayBuffer(ringSize));
  new Worker(new URL(import.meta.url), { workerData: { state: state.buffer, ring: ring.buffer } }).unref();

  // take copies up to buf.length bytes that have come.
  const take = (buf) => {
    const head = Atomics.load(state, HEAD), tail = Atomics.load(state, TAIL);
    const at = tail & (ringSize - 1);
    const n = Math.min((head - tail) | 0, buf.length, ringSize - at);
    if (n > 0) {
      buf.set(ring.subarray(at, at + n));
      Atomics.store(state, TAIL, (tail + n) | 0);
      Atomics.notify(state, TAIL);
    }
    return n;
  };

  let pending = Buffer.alloc(0); // part of a message
  const chunk = new Uint8Array(65536);
  const host = {
    // receive returns the next message, or null if there is none yet.
    receive() {
      for (;;) {
        if (pending.length >= 4) {
          const end = 4 + pending.readUIntLE(1, 3);
          if (pending.length >= end) {
            const message = { type: String.fromCharCode(pending[0]), data: pending.subarray(4, end) };
            pending = pending.subarray(end);
            return message;
          }
        }
        const n = take(chunk);
        if (n === 0) {
          return null;
        }
        pending = pending.length ? Buffer.concat([pending, chunk.subarray(0, n)]) : Buffer.from(chunk.subarray(0, n));
      }
    },
    // wait waits until something has come, for so many milliseconds at most.
    wait(ms) {
      const head = Atomics.load(state, HEAD);
      if (head === Atomics.load(state, TAIL) && !host.gone()) {
        Atomics.wait(state, HEAD, head, Math.min(ms, 100));
      }
    },
    // gone is true when tinynet has ended.
    gone: () => Atomics.load(state, ENDED) === 1 && Atomics.load(state, HEAD) === Atomics.load(state, TAIL),
    send(type, data) {
      const message = Buffer.alloc(4 + data.length);
      message[0] = type.charCodeAt(0);
      message.writeUIntLE(data.length, 1, 3);
      message.set(data, 4);
      for (let i = 0; i < message.length; ) {
        try {
          i += writeSync(1, message, i);
        } catch (e) {
          if (e.code !== 'EAGAIN') {
            process.exit(1); // tinynet is gone
          }
          Atomics.wait(state, ENDED, 0, 1);
        }
      }
    },
  };
  run(host);
  process.exit(0);
}
