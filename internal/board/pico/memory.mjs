// How much of its memory a program has in use, seen from outside: the program is the
// one that is flashed, and neither larger nor slower for being looked at.
//
// TinyGo's heap consists of blocks of 16 bytes with two bits of state each, and a
// goroutine's stack is an object in it. What is in use is what the collector would
// find: all that is reached from variables, stacks and registers, where each word that
// could be an address counts as one.
const blockSize = 16, FREE = 0, TAIL = 2;
const stackMark = 0xb83bf575; // the lowest word of a goroutine's stack

// Another look is taken when so many bytes more have been allocated than at the last
// one, which found less than there had been at most.
const slack = 512;

export class Meter {
  // where has the addresses of what the meter reads: see memorySymbols of package board.
  constructor(where) {
    this.where = where;
    this.peak = { heap: 0, stacks: 0, goroutines: 0, deepest: 0, looks: 0 };
    this.marked = new Uint8Array(0);
  }

  // begin is called when the chip is switched on.
  begin(chip) {
    this.chip = chip;
    this.ram = 0x20000000;
    this.bytes = chip.sram;
    this.words = new Uint32Array(chip.sram.buffer);
    this.before = this.next = 0;
  }

  word(address) {
    return this.words[(address - this.ram) >> 2];
  }

  // ready tells whether the heap has been made, and learns where it is.
  ready() {
    const { where } = this;
    this.states = this.word(where.states);
    this.blocks = this.word(where.blocks);
    const end = where.heap + this.blocks * blockSize;
    return this.blocks > 0 && this.states >= end && this.states < end + 2 * blockSize && this.states + this.blocks / 4 <= this.ram + this.bytes.length;
  }

  state(block) {
    const b = this.bytes[this.states - this.ram + (block >> 2)];
    const at = block & 3;
    return this.where.nibbles ? (b >> at & 1) | (b >> at >> 3 & 2) : b >> (2 * at) & 3;
  }

  // used is how many bytes of the heap are not free, garbage or not.
  used() {
    const { nibbles } = this.where;
    const start = this.states - this.ram;
    let blocks = 0;
    for (let i = start; i < start + Math.ceil(this.blocks / 4); i++) {
      const b = this.bytes[i];
      let any = nibbles ? (b | b >> 4) & 15 : (b | b >> 1) & 0x55;
      for (; any; any &= any - 1) {
        blocks++;
      }
    }
    return blocks * blockSize;
  }

  // look is called now and then while the program runs.
  look() {
    if (!this.ready()) {
      return;
    }
    const used = this.used();
    if (used < this.before) {
      this.next = 0; // it was collected
    }
    this.before = used;
    if (used > this.peak.heap && used >= this.next) {
      this.next = used + slack;
      this.measure();
    }
  }

  // measure finds what is in use now.
  measure() {
    const { peak, where } = this;
    const { core } = this.chip;
    peak.looks++;
    this.marked = this.marked.length === this.blocks ? this.marked.fill(0) : new Uint8Array(this.blocks);
    this.found = [];
    for (const r of core.registers) {
      this.mark(r);
    }
    this.mark(core.bankedSP);
    this.scan(where.globals[0], where.globals[1]);
    const main = core.SPmain;
    this.scan(main >= this.ram && main < where.stack ? main & ~3 : where.stack, where.stack);
    let blocks = 0, stacks = 0, goroutines = 0;
    for (let first; (first = this.found.pop()) !== undefined; ) {
      let end = first + 1;
      while (end < this.blocks && this.state(end) === TAIL) {
        end++;
      }
      blocks += end - first;
      const start = where.heap + first * blockSize + where.head;
      if (this.word(start) === stackMark) {
        stacks += (end - first) * blockSize;
        goroutines++;
      }
      this.scan(start, where.heap + end * blockSize);
    }
    if (blocks * blockSize >= peak.heap) {
      Object.assign(peak, { heap: blocks * blockSize, stacks, goroutines });
    }
    this.stacks();
  }

  scan(from, to) {
    const { words, ram } = this;
    for (let i = (from - ram) >> 2, end = (to - ram) >> 2; i < end; i++) {
      this.mark(words[i]);
    }
  }

  // mark notes the object that a word leads to, if it is an address in one.
  mark(word) {
    const at = (word >>> 0) - this.where.heap;
    if (at < 0 || at >= this.blocks * blockSize) {
      return;
    }
    let block = at >> 4;
    if (this.state(block) === FREE) {
      return;
    }
    while (block > 0 && this.state(block) === TAIL) {
      block--;
    }
    if (this.marked[block] === 0) {
      this.marked[block] = 1;
      this.found.push(block);
    }
  }

  // stacks looks how deep stacks are, also those that are garbage. They are zero at
  // first, so what is not has been used.
  stacks() {
    const { where, peak } = this;
    for (let block = 0; block < this.blocks; block++) {
      const low = where.heap + block * blockSize + where.head;
      if (this.word(low) !== stackMark || this.state(block) === FREE || this.state(block) === TAIL) {
        continue;
      }
      let end = block + 1;
      while (end < this.blocks && this.state(end) === TAIL) {
        end++;
      }
      const top = where.heap + end * blockSize;
      let free = low + 4;
      while (free < top && this.word(free) === 0) {
        free += 4;
      }
      peak.deepest = Math.max(peak.deepest, top - free);
      block = end - 1;
    }
  }

  // end returns what was found.
  end() {
    if (!this.ready()) {
      return null;
    }
    this.measure();
    return { ...this.peak, allocated: this.word(this.where.allocated) + 2 ** 32 * this.word(this.where.allocated + 4) };
  }
}
