// Tries the SPI bus of pico/ethernet.mjs with a chip that stands still.
import assert from 'node:assert';
import { Ethernet } from '../pico/ethernet.mjs';

const sent = [];
const host = {
  send: (type, data) => sent.push(type + Buffer.from(data).toString('hex')),
  ask(type, data) { // the chip's memory has at each address its lowest byte
    this.send(type, data);
    return Uint8Array.from({ length: data[0] | data[1] << 8 }, (_, i) => data[3] + i);
  },
};
const pins = {}, alarms = [];
const gpio = new Proxy({}, { get: (_, n) => ({ addListener: (f) => { pins[n] = f; } }) });
const out = [];
const spi = { clockFrequency: 20e6, dataBits: 8, completeTransmit: (b) => out.push(b) };
const clock = { createAlarm: (f) => ({ schedule: (nanos) => { alarms.push(nanos); f(); } }) };
new Ethernet(host).connect({ clock, gpio, spi: [spi] });
const select = () => pins[17](0, 1), deselect = () => pins[17](1, 0);
const shift = (...bytes) => {
  out.length = 0;
  bytes.forEach((b) => spi.onTransmit(b));
  return [...out];
};
const frames = () => sent.splice(0);

assert.deepEqual(shift(1, 2), [255, 255], 'nobody is selected');
select();
shift(0, 0, 4, 0x80);
assert.deepEqual(frames(), [], 'a write is whole at its end only');
deselect();
assert.deepEqual(frames(), ['W00000480'], 'a write');
select();
assert.deepEqual(shift(0, 0x19, 0, 0, 0, 0), [0, 0, 0, 0x19, 0x1a, 0x1b], 'a read');
deselect();
assert.deepEqual(frames(), ['Q0800001900'], 'eight registers are read at once');
select();
shift(0, 0, 8);
assert.equal(shift(...new Uint8Array(9)).at(-1), 8, 'the ninth register');
deselect();
assert.deepEqual(frames(), ['Q0800000008', 'Q0800000808']);
select();
assert.equal(shift(0xff, 0xff, 0x18, ...new Uint8Array(2049)).at(-1), 255, 'of a buffer, more at once, and addresses wrap');
deselect();
assert.deepEqual(frames(), ['Q0008ffff18', 'Q000807ff18']);
select();
assert.deepEqual(shift(0, 5, 1, 0, 0, 7, 1, 0), [0, 0, 0, 5, 0, 0, 0, 7], 'in the modes of fixed length, frame after frame');
deselect();
assert.deepEqual(frames(), ['Q0800000500', 'Q0800000700']);
select();
shift(0, 1, 6, 10, 11, 0, 3, 5, 12);
deselect();
assert.deepEqual(frames(), ['W0001060a0b', 'W0003050c']);
select();
shift(0, 0, 4);
deselect();
assert.deepEqual(frames(), [], 'an access of no bytes');
pins[20](0, 1);
assert.deepEqual(frames(), ['W00000480'], 'the reset pin');
assert.ok(alarms.every((nanos) => nanos === 400), 'a byte takes its time');
console.log('frames are as they should be');
