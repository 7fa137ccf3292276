// The processor: it runs instructions of ARM's Thumb set (ARMv6-M) on the state of
// the library's core, several times as fast as the library does, which goes through a
// chain of comparisons for each. What is rare (exceptions, special registers, waiting)
// the library still does. Cycles are those of the Cortex-M0+ Technical Reference
// Manual, section 3.3, on a chip whose multiplier takes one.

const flashStart = 0x10000000, ramStart = 0x20000000;
const fifo = 0xd0000050; // between the two cores

// A Fault ends the program.
export class Fault extends Error {}

// Instructions by what they have to be told apart by; x is any bit. Their numbers are
// the places in this list, and 0 is what the library does.
const patterns = [
  null,
  '00000xxxxxxxxxxx', '00001xxxxxxxxxxx', '00010xxxxxxxxxxx', // 1: LSLS, LSRS, ASRS by a number
  '0001100xxxxxxxxx', '0001101xxxxxxxxx', '0001110xxxxxxxxx', '0001111xxxxxxxxx', // 4: ADDS, SUBS of registers, with 3 bits
  '00100xxxxxxxxxxx', '00101xxxxxxxxxxx', '00110xxxxxxxxxxx', '00111xxxxxxxxxxx', // 8: MOVS, CMP, ADDS, SUBS with 8 bits
  '0100000000xxxxxx', '0100000001xxxxxx', '0100000010xxxxxx', '0100000011xxxxxx', // 12: ANDS, EORS, LSLS, LSRS
  '0100000100xxxxxx', '0100000101xxxxxx', '0100000110xxxxxx', '0100000111xxxxxx', // 16: ASRS, ADCS, SBCS, RORS
  '0100001000xxxxxx', '0100001001xxxxxx', '0100001010xxxxxx', '0100001011xxxxxx', // 20: TST, RSBS, CMP, CMN
  '0100001100xxxxxx', '0100001101xxxxxx', '0100001110xxxxxx', '0100001111xxxxxx', // 24: ORRS, MULS, BICS, MVNS
  '01000100xxxxxxxx', '01000101xxxxxxxx', '01000110xxxxxxxx', // 28: ADD, CMP, MOV of any registers
  '010001110xxxx000', '010001111xxxx000', // 31: BX, BLX
  '01001xxxxxxxxxxx', // 33: LDR of a literal
  '0101000xxxxxxxxx', '0101001xxxxxxxxx', '0101010xxxxxxxxx', '0101011xxxxxxxxx', // 34: STR, STRH, STRB, LDRSB at two registers
  '0101100xxxxxxxxx', '0101101xxxxxxxxx', '0101110xxxxxxxxx', '0101111xxxxxxxxx', // 38: LDR, LDRH, LDRB, LDRSH there
  '01100xxxxxxxxxxx', '01101xxxxxxxxxxx', '01110xxxxxxxxxxx', '01111xxxxxxxxxxx', // 42: STR, LDR, STRB, LDRB at a register and a number
  '10000xxxxxxxxxxx', '10001xxxxxxxxxxx', '10010xxxxxxxxxxx', '10011xxxxxxxxxxx', // 46: STRH, LDRH there; STR, LDR on the stack
  '10100xxxxxxxxxxx', '10101xxxxxxxxxxx', '101100000xxxxxxx', '101100001xxxxxxx', // 50: ADR, ADD of SP, ADD to SP, SUB from SP
  '1011001000xxxxxx', '1011001001xxxxxx', '1011001010xxxxxx', '1011001011xxxxxx', // 54: SXTH, SXTB, UXTH, UXTB
  '1011010xxxxxxxxx', '1011110xxxxxxxxx', // 58: PUSH, POP
  '1011101000xxxxxx', '1011101001xxxxxx', '1011101011xxxxxx', // 60: REV, REV16, REVSH
  '11000xxxxxxxxxxx', '11001xxxxxxxxxxx', // 63: STM, LDM
  '11010000xxxxxxxx', '11010001xxxxxxxx', '11010010xxxxxxxx', '11010011xxxxxxxx', // 65: BEQ, BNE, BCS, BCC
  '11010100xxxxxxxx', '11010101xxxxxxxx', '11010110xxxxxxxx', '11010111xxxxxxxx', // 69: BMI, BPL, BVS, BVC
  '11011000xxxxxxxx', '11011001xxxxxxxx', '11011010xxxxxxxx', '11011011xxxxxxxx', // 73: BHI, BLS, BGE, BLT
  '11011100xxxxxxxx', '11011101xxxxxxxx', // 77: BGT, BLE
  '11100xxxxxxxxxxx', '11110xxxxxxxxxxx', '1011111100000000', // 79: B; BL or a barrier; NOP
];

// kinds tells the number of each possible halfword.
const kinds = new Uint8Array(65536);
patterns.forEach((pattern, kind) => {
  if (pattern === null) {
    return;
  }
  const fixed = parseInt(pattern.replaceAll('0', '1').replaceAll('x', '0'), 2);
  const value = parseInt(pattern.replaceAll('x', '0'), 2);
  for (let op = 0; op < kinds.length; op++) {
    if ((op & fixed) === value) {
      kinds[op] = kind;
    }
  }
});

export class Processor {
  constructor(chip) {
    this.chip = chip;
    this.core = chip.core;
    this.clock = chip.clock;
    this.registers = new Int32Array(chip.core.registers.buffer);
    this.flash16 = new Uint16Array(chip.flash.buffer);
    this.flash32 = new Int32Array(chip.flash.buffer);
    this.ram32 = new Int32Array(chip.sram.buffer);
    this.cycleNanos = 1e9 / chip.clkSys;
    chip.addClockListener((frequency) => {
      this.cycleNanos = 1e9 / frequency;
    });
  }

  // run runs instructions for so many cycles, or a few more, or until something has
  // happened that the clock or an interrupt has to do with.
  run(most) {
    const { core, clock } = this;
    if (core.interruptsUpdated && core.checkForInterrupts()) {
      core.waiting = false;
    }
    const alarm = clock.nextAlarm;
    if (alarm !== null) {
      most = Math.min(most, Math.max(1, Math.ceil((alarm.nanos - clock.nanosCounter) / this.cycleNanos)));
    }
    if (!this.compute(most, alarm)) {
      const before = core.cycles;
      core.executeInstruction();
      clock.nanosCounter += (core.cycles - before) * this.cycleNanos;
    }
    const next = clock.nextAlarm;
    if (next !== null && next.nanos <= clock.nanosCounter) {
      clock.tick(0);
    }
  }

  // compute does what run does, and returns false if the library has to go on with the
  // next instruction.
  compute(most, alarm) {
    const { core, clock, flash16, flash32, ram32, registers: r, cycleNanos } = this;
    const ram8 = this.chip.sram, flash8 = this.chip.flash;
    const ramSize = ram8.length, flashSize = flash8.length;
    const startCycles = core.cycles, startNanos = clock.nanosCounter;
    let cycles = 0, pc = r[15] & ~1, limit = most, able = true;
    // N is that n is negative, Z that z is 0, V that v is negative.
    let n = core.N ? -1 : 0, z = core.Z ? 0 : 1, c = core.C ? 1 : 0, v = core.V ? -1 : 0;

    while (cycles < limit) {
      const fetch = pc - flashStart;
      if (fetch >>> 0 >= flashSize) {
        able = false;
        break;
      }
      const op = flash16[fetch >> 1];
      pc = pc + 2 | 0;
      // What remains after the switch is an access to memory: of size bytes, negative
      // if it is a store.
      let address = 0, size = 0, signed = false, t = op & 7;
      switch (kinds[op]) {
        case 1: {
          const a = r[op >> 3 & 7], by = op >> 6 & 31;
          if (by !== 0) {
            c = a >>> 32 - by & 1;
          }
          r[op & 7] = n = z = a << by;
          cycles++;
          continue;
        }
        case 2: {
          const a = r[op >> 3 & 7], by = op >> 6 & 31;
          c = a >>> (by - 1 & 31) & 1;
          r[op & 7] = n = z = by === 0 ? 0 : a >>> by;
          cycles++;
          continue;
        }
        case 3: {
          const a = r[op >> 3 & 7], by = op >> 6 & 31;
          c = a >>> (by - 1 & 31) & 1;
          r[op & 7] = n = z = by === 0 ? a >> 31 : a >> by;
          cycles++;
          continue;
        }
        case 4: {
          const a = r[op >> 3 & 7], b = r[op >> 6 & 7], sum = a + b | 0;
          c = sum >>> 0 < a >>> 0 ? 1 : 0;
          v = (a ^ sum) & (b ^ sum);
          r[op & 7] = n = z = sum;
          cycles++;
          continue;
        }
        case 5: {
          const a = r[op >> 3 & 7], b = r[op >> 6 & 7], rest = a - b | 0;
          c = a >>> 0 >= b >>> 0 ? 1 : 0;
          v = (a ^ b) & (a ^ rest);
          r[op & 7] = n = z = rest;
          cycles++;
          continue;
        }
        case 6: {
          const a = r[op >> 3 & 7], sum = a + (op >> 6 & 7) | 0;
          c = sum >>> 0 < a >>> 0 ? 1 : 0;
          v = ~a & sum;
          r[op & 7] = n = z = sum;
          cycles++;
          continue;
        }
        case 7: {
          const a = r[op >> 3 & 7], b = op >> 6 & 7, rest = a - b | 0;
          c = a >>> 0 >= b ? 1 : 0;
          v = a & ~rest;
          r[op & 7] = n = z = rest;
          cycles++;
          continue;
        }
        case 8:
          r[op >> 8 & 7] = n = z = op & 255;
          cycles++;
          continue;
        case 9: {
          const a = r[op >> 8 & 7], b = op & 255, rest = a - b | 0;
          c = a >>> 0 >= b ? 1 : 0;
          v = a & ~rest;
          n = z = rest;
          cycles++;
          continue;
        }
        case 10: {
          const a = r[op >> 8 & 7], sum = a + (op & 255) | 0;
          c = sum >>> 0 < a >>> 0 ? 1 : 0;
          v = ~a & sum;
          r[op >> 8 & 7] = n = z = sum;
          cycles++;
          continue;
        }
        case 11: {
          const a = r[op >> 8 & 7], b = op & 255, rest = a - b | 0;
          c = a >>> 0 >= b ? 1 : 0;
          v = a & ~rest;
          r[op >> 8 & 7] = n = z = rest;
          cycles++;
          continue;
        }
        case 12:
          r[op & 7] = n = z = r[op & 7] & r[op >> 3 & 7];
          cycles++;
          continue;
        case 13:
          r[op & 7] = n = z = r[op & 7] ^ r[op >> 3 & 7];
          cycles++;
          continue;
        case 14: {
          const a = r[op & 7], by = r[op >> 3 & 7] & 255;
          if (by !== 0) {
            c = by > 32 ? 0 : a >>> (32 - by & 31) & 1;
          }
          r[op & 7] = n = z = by > 31 ? 0 : a << by;
          cycles++;
          continue;
        }
        case 15: {
          const a = r[op & 7], by = r[op >> 3 & 7] & 255;
          if (by !== 0) {
            c = by > 32 ? 0 : a >>> (by - 1 & 31) & 1;
          }
          r[op & 7] = n = z = by > 31 ? 0 : a >>> by | 0;
          cycles++;
          continue;
        }
        case 16: {
          const a = r[op & 7], by = r[op >> 3 & 7] & 255;
          if (by !== 0) {
            c = by > 32 ? a >>> 31 : a >>> (by - 1 & 31) & 1;
          }
          r[op & 7] = n = z = by > 31 ? a >> 31 : a >> by;
          cycles++;
          continue;
        }
        case 17: {
          const a = r[op & 7], b = r[op >> 3 & 7], sum = a + b + c | 0;
          c = (a & b | (a | b) & ~sum) >>> 31;
          v = (a ^ sum) & (b ^ sum);
          r[op & 7] = n = z = sum;
          cycles++;
          continue;
        }
        case 18: {
          const a = r[op & 7], b = ~r[op >> 3 & 7], sum = a + b + c | 0;
          c = (a & b | (a | b) & ~sum) >>> 31;
          v = (a ^ sum) & (b ^ sum);
          r[op & 7] = n = z = sum;
          cycles++;
          continue;
        }
        case 19: {
          const a = r[op & 7], by = r[op >> 3 & 7] & 255;
          const turned = a >>> (by & 31) | a << (32 - by & 31);
          if (by !== 0) {
            c = turned >>> 31;
          }
          r[op & 7] = n = z = turned;
          cycles++;
          continue;
        }
        case 20:
          n = z = r[op & 7] & r[op >> 3 & 7];
          cycles++;
          continue;
        case 21: {
          const b = r[op >> 3 & 7], rest = -b | 0;
          c = b === 0 ? 1 : 0;
          v = b & rest;
          r[op & 7] = n = z = rest;
          cycles++;
          continue;
        }
        case 22: {
          const a = r[op & 7], b = r[op >> 3 & 7], rest = a - b | 0;
          c = a >>> 0 >= b >>> 0 ? 1 : 0;
          v = (a ^ b) & (a ^ rest);
          n = z = rest;
          cycles++;
          continue;
        }
        case 23: {
          const a = r[op & 7], b = r[op >> 3 & 7], sum = a + b | 0;
          c = sum >>> 0 < a >>> 0 ? 1 : 0;
          v = (a ^ sum) & (b ^ sum);
          n = z = sum;
          cycles++;
          continue;
        }
        case 24:
          r[op & 7] = n = z = r[op & 7] | r[op >> 3 & 7];
          cycles++;
          continue;
        case 25:
          r[op & 7] = n = z = Math.imul(r[op & 7], r[op >> 3 & 7]);
          cycles++;
          continue;
        case 26:
          r[op & 7] = n = z = r[op & 7] & ~r[op >> 3 & 7];
          cycles++;
          continue;
        case 27:
          r[op & 7] = n = z = ~r[op >> 3 & 7];
          cycles++;
          continue;
        case 28: {
          const m = op >> 3 & 15, d = op >> 4 & 8 | op & 7;
          const sum = (d === 15 ? pc + 2 : r[d]) + (m === 15 ? pc + 2 : r[m]) | 0;
          cycles++;
          if (d === 15) {
            pc = sum & ~1;
            cycles++;
          } else {
            r[d] = d === 13 ? sum & ~3 : sum;
          }
          continue;
        }
        case 29: {
          const m = op >> 3 & 15, d = op >> 4 & 8 | op & 7;
          const a = d === 15 ? pc + 2 | 0 : r[d], b = m === 15 ? pc + 2 | 0 : r[m], rest = a - b | 0;
          c = a >>> 0 >= b >>> 0 ? 1 : 0;
          v = (a ^ b) & (a ^ rest);
          n = z = rest;
          cycles++;
          continue;
        }
        case 30: {
          const m = op >> 3 & 15, d = op >> 4 & 8 | op & 7;
          const a = m === 15 ? pc + 2 | 0 : r[m];
          cycles++;
          if (d === 15) {
            pc = a & ~1;
            cycles++;
          } else {
            r[d] = d === 13 ? a & ~3 : a;
          }
          continue;
        }
        case 31: {
          const to = r[op >> 3 & 15];
          if (to >>> 28 === 15) { // the return from an exception
            pc = pc - 2 | 0;
            able = false;
            break;
          }
          pc = to & ~1;
          cycles += 2;
          continue;
        }
        case 32: {
          const to = r[op >> 3 & 15];
          r[14] = pc | 1;
          pc = to & ~1;
          cycles += 2;
          continue;
        }
        case 33: {
          const at = ((pc + 2 & ~3) - flashStart) + ((op & 255) << 2);
          r[op >> 8 & 7] = flash32[at >> 2];
          cycles += 2;
          continue;
        }
        case 34: {
          address = r[op >> 3 & 7] + r[op >> 6 & 7] | 0;
          const at = address - ramStart;
          if (at >>> 0 < ramSize && (at & 3) === 0) {
            ram32[at >> 2] = r[t];
            cycles += 2;
            continue;
          }
          size = -4;
          break;
        }
        case 35:
          address = r[op >> 3 & 7] + r[op >> 6 & 7] | 0;
          size = -2;
          break;
        case 36: {
          address = r[op >> 3 & 7] + r[op >> 6 & 7] | 0;
          const at = address - ramStart;
          if (at >>> 0 < ramSize) {
            ram8[at] = r[t];
            cycles += 2;
            continue;
          }
          size = -1;
          break;
        }
        case 37:
          address = r[op >> 3 & 7] + r[op >> 6 & 7] | 0;
          size = 1;
          signed = true;
          break;
        case 38: {
          address = r[op >> 3 & 7] + r[op >> 6 & 7] | 0;
          if ((address & 3) === 0) {
            const at = address - ramStart;
            if (at >>> 0 < ramSize) {
              r[t] = ram32[at >> 2];
              cycles += 2;
              continue;
            }
            if (address - flashStart >>> 0 < flashSize) {
              r[t] = flash32[address - flashStart >> 2];
              cycles += 2;
              continue;
            }
          }
          size = 4;
          break;
        }
        case 39:
          address = r[op >> 3 & 7] + r[op >> 6 & 7] | 0;
          size = 2;
          break;
        case 40: {
          address = r[op >> 3 & 7] + r[op >> 6 & 7] | 0;
          const at = address - ramStart;
          if (at >>> 0 < ramSize) {
            r[t] = ram8[at];
            cycles += 2;
            continue;
          }
          if (address - flashStart >>> 0 < flashSize) {
            r[t] = flash8[address - flashStart];
            cycles += 2;
            continue;
          }
          size = 1;
          break;
        }
        case 41:
          address = r[op >> 3 & 7] + r[op >> 6 & 7] | 0;
          size = 2;
          signed = true;
          break;
        case 42: {
          address = r[op >> 3 & 7] + (op >> 4 & 124) | 0;
          const at = address - ramStart;
          if (at >>> 0 < ramSize && (at & 3) === 0) {
            ram32[at >> 2] = r[t];
            cycles += 2;
            continue;
          }
          size = -4;
          break;
        }
        case 43: {
          address = r[op >> 3 & 7] + (op >> 4 & 124) | 0;
          if ((address & 3) === 0) {
            const at = address - ramStart;
            if (at >>> 0 < ramSize) {
              r[t] = ram32[at >> 2];
              cycles += 2;
              continue;
            }
            if (address - flashStart >>> 0 < flashSize) {
              r[t] = flash32[address - flashStart >> 2];
              cycles += 2;
              continue;
            }
          }
          size = 4;
          break;
        }
        case 44: {
          address = r[op >> 3 & 7] + (op >> 6 & 31) | 0;
          const at = address - ramStart;
          if (at >>> 0 < ramSize) {
            ram8[at] = r[t];
            cycles += 2;
            continue;
          }
          size = -1;
          break;
        }
        case 45: {
          address = r[op >> 3 & 7] + (op >> 6 & 31) | 0;
          const at = address - ramStart;
          if (at >>> 0 < ramSize) {
            r[t] = ram8[at];
            cycles += 2;
            continue;
          }
          if (address - flashStart >>> 0 < flashSize) {
            r[t] = flash8[address - flashStart];
            cycles += 2;
            continue;
          }
          size = 1;
          break;
        }
        case 46:
          address = r[op >> 3 & 7] + (op >> 5 & 62) | 0;
          size = -2;
          break;
        case 47:
          address = r[op >> 3 & 7] + (op >> 5 & 62) | 0;
          size = 2;
          break;
        case 48: {
          address = r[13] + ((op & 255) << 2) | 0;
          t = op >> 8 & 7;
          const at = address - ramStart;
          if (at >>> 0 < ramSize) {
            ram32[at >> 2] = r[t];
            cycles += 2;
            continue;
          }
          size = -4;
          break;
        }
        case 49: {
          address = r[13] + ((op & 255) << 2) | 0;
          t = op >> 8 & 7;
          const at = address - ramStart;
          if (at >>> 0 < ramSize) {
            r[t] = ram32[at >> 2];
            cycles += 2;
            continue;
          }
          size = 4;
          break;
        }
        case 50:
          r[op >> 8 & 7] = (pc + 2 & ~3) + ((op & 255) << 2);
          cycles++;
          continue;
        case 51:
          r[op >> 8 & 7] = r[13] + ((op & 255) << 2);
          cycles++;
          continue;
        case 52:
          r[13] = r[13] + ((op & 127) << 2);
          cycles++;
          continue;
        case 53:
          r[13] = r[13] - ((op & 127) << 2);
          cycles++;
          continue;
        case 54:
          r[op & 7] = r[op >> 3 & 7] << 16 >> 16;
          cycles++;
          continue;
        case 55:
          r[op & 7] = r[op >> 3 & 7] << 24 >> 24;
          cycles++;
          continue;
        case 56:
          r[op & 7] = r[op >> 3 & 7] & 65535;
          cycles++;
          continue;
        case 57:
          r[op & 7] = r[op >> 3 & 7] & 255;
          cycles++;
          continue;
        case 58: {
          let count = 0;
          for (let set = op & 511; set !== 0; set &= set - 1) {
            count++;
          }
          let at = r[13] - 4 * count - ramStart;
          if (at >>> 0 >= ramSize || at + 4 * count > ramSize) {
            r[15] = pc;
            throw new Fault(`push to the address 0x${(at + ramStart >>> 0).toString(16)}, where there is no memory`);
          }
          r[13] = r[13] - 4 * count;
          for (let i = 0; i < 8; i++) {
            if ((op & 1 << i) !== 0) {
              ram32[at >> 2] = r[i];
              at += 4;
            }
          }
          if ((op & 256) !== 0) {
            ram32[at >> 2] = r[14];
          }
          cycles += 1 + count;
          continue;
        }
        case 59: {
          let at = r[13] - ramStart;
          if (at >>> 0 > ramSize - 36) {
            able = false; // at the end of memory, or nowhere
            pc = pc - 2 | 0;
            break;
          }
          if ((op & 256) !== 0) {
            let count = 0;
            for (let set = op & 255; set !== 0; set &= set - 1) {
              count++;
            }
            const to = ram32[(at >> 2) + count];
            if (to >>> 28 === 15) { // the return from an exception
              able = false;
              pc = pc - 2 | 0;
              break;
            }
            pc = to & ~1;
            cycles += 3;
          }
          for (let i = 0; i < 8; i++) {
            if ((op & 1 << i) !== 0) {
              r[i] = ram32[at >> 2];
              at += 4;
              cycles++;
            }
          }
          if ((op & 256) !== 0) {
            at += 4;
          }
          r[13] = at + ramStart;
          cycles++;
          continue;
        }
        case 60: {
          const a = r[op >> 3 & 7];
          r[op & 7] = a << 24 | (a & 0xff00) << 8 | a >>> 8 & 0xff00 | a >>> 24;
          cycles++;
          continue;
        }
        case 61: {
          const a = r[op >> 3 & 7];
          r[op & 7] = (a & 0xff00ff) << 8 | a >>> 8 & 0xff00ff;
          cycles++;
          continue;
        }
        case 62: {
          const a = r[op >> 3 & 7];
          r[op & 7] = (a << 24 | a << 8 & 0xff0000) >> 16;
          cycles++;
          continue;
        }
        case 63: {
          const at = r[op >> 8 & 7] - ramStart;
          if (at >>> 0 > ramSize - 32 || (at & 3) !== 0) {
            able = false;
            pc = pc - 2 | 0;
            break;
          }
          let word = at >> 2;
          for (let i = 0; i < 8; i++) {
            if ((op & 1 << i) !== 0) {
              ram32[word++] = r[i];
              cycles++;
            }
          }
          r[op >> 8 & 7] = (word << 2) + ramStart;
          cycles++;
          continue;
        }
        case 64: {
          const from = op >> 8 & 7;
          const inFlash = r[from] - flashStart >>> 0 < flashSize;
          const at = r[from] - (inFlash ? flashStart : ramStart);
          if (at >>> 0 > (inFlash ? flashSize : ramSize) - 32 || (at & 3) !== 0) {
            able = false;
            pc = pc - 2 | 0;
            break;
          }
          const memory = inFlash ? flash32 : ram32;
          let word = at >> 2;
          for (let i = 0; i < 8; i++) {
            if ((op & 1 << i) !== 0) {
              r[i] = memory[word++];
              cycles++;
            }
          }
          if ((op & 1 << from) === 0) {
            r[from] = (word << 2) + (inFlash ? flashStart : ramStart);
          }
          cycles++;
          continue;
        }
        case 65:
          cycles++;
          if (z === 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 66:
          cycles++;
          if (z !== 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 67:
          cycles++;
          if (c !== 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 68:
          cycles++;
          if (c === 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 69:
          cycles++;
          if (n < 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 70:
          cycles++;
          if (n >= 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 71:
          cycles++;
          if (v < 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 72:
          cycles++;
          if (v >= 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 73:
          cycles++;
          if (c !== 0 && z !== 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 74:
          cycles++;
          if (c === 0 || z === 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 75:
          cycles++;
          if ((n ^ v) >= 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 76:
          cycles++;
          if ((n ^ v) < 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 77:
          cycles++;
          if (z !== 0 && (n ^ v) >= 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 78:
          cycles++;
          if (z === 0 || (n ^ v) < 0) {
            pc = pc + 2 + (op << 24 >> 23);
            cycles++;
          }
          continue;
        case 79:
          pc = pc + 2 + (op << 21 >> 20);
          cycles += 2;
          continue;
        case 80: {
          const second = flash16[pc - flashStart >> 1];
          if ((second & 0xd000) === 0xd000) { // BL
            const s = op << 21 >> 31; // -1 or 0
            const i1 = ~(second >> 13 ^ s) & 1, i2 = ~(second >> 11 ^ s) & 1;
            pc = pc + 2 | 0;
            r[14] = pc | 1;
            pc = pc + (s << 24 | i1 << 23 | i2 << 22 | (op & 1023) << 12 | (second & 2047) << 1) | 0;
            cycles += 3;
            continue;
          }
          if (op === 0xf3bf) { // DSB, DMB, ISB
            const barrier = second & 0xfff0;
            if (barrier === 0x8f40 || barrier === 0x8f50 || barrier === 0x8f60) {
              pc = pc + 2 | 0;
              cycles += 3;
              continue;
            }
          }
          pc = pc - 2 | 0;
          able = false;
          break;
        }
        case 81:
          cycles++;
          continue;
        default:
          pc = pc - 2 | 0;
          able = false;
      }
      if (!able) {
        break;
      }
      // All that has to do with the world sees how far it has come.
      r[15] = pc;
      core.cycles = startCycles + cycles;
      clock.nanosCounter = startNanos + cycles * cycleNanos;
      if (size < 0) {
        this.store(address, -size, r[t]);
      } else {
        const value = this.load(address, size);
        r[t] = !signed ? value : size === 1 ? value << 24 >> 24 : value << 16 >> 16;
      }
      const region = address >>> 28;
      cycles = core.cycles - startCycles + (region === 13 ? 1 : region === 4 ? size < 0 ? 5 : 4 : 2);
      if (core.interruptsUpdated || clock.nextAlarm !== alarm || this.cycleNanos !== cycleNanos) {
        limit = cycles;
      }
    }
    r[15] = pc;
    core.N = n < 0;
    core.Z = z === 0;
    core.C = c !== 0;
    core.V = v < 0;
    core.cycles = startCycles + cycles;
    clock.nanosCounter = startNanos + cycles * cycleNanos;
    return able;
  }

  // oneCore ends a program that speaks with the second core, which is not there: it
  // would wait for an answer for ever.
  oneCore(address) {
    if ((address & 0xfffffff0) === (fifo | 0) && (address & 15) < 12) {
      throw new Fault('the program starts the second core, which is not emulated; TinyGo builds for one with -scheduler=tasks');
    }
  }

  // aligned sees to it that an address is a multiple of the size of what is there.
  aligned(address, size, what) {
    if ((address & size - 1) !== 0) {
      throw new Fault(`${what} of ${size === 4 ? 'a word' : 'half a word'} ${what === 'read' ? 'from' : 'to'} the address 0x${(address >>> 0).toString(16)}, which is no multiple of ${size}`);
    }
  }

  load(address, size) {
    const { chip } = this;
    this.aligned(address, size, 'read');
    this.oneCore(address);
    switch (size) {
      case 4:
        return chip.readUint32(address >>> 0);
      case 2:
        return chip.readUint16(address >>> 0);
      default:
        return chip.readUint8(address >>> 0);
    }
  }

  store(address, size, value) {
    const { chip } = this;
    this.aligned(address, size, 'write');
    this.oneCore(address);
    switch (size) {
      case 4:
        chip.writeUint32(address >>> 0, value >>> 0);
        break;
      case 2:
        chip.writeUint16(address >>> 0, value & 65535);
        break;
      default:
        chip.writeUint8(address >>> 0, value & 255);
    }
  }
}
