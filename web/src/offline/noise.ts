/// The noise of torch's CPU generator, so that a seed begins the same take here as in Python: a Mersenne Twister seeded with the
/// low 32 bits of the seed, of whose draws 24 bits are a number from 0 to 1; of every sixteen the first eight are radii and the
/// last eight angles (Box and Muller 1958). As `model/sampling/numpy_generator.py`; the numbers are torch's within 1e-6.
const SIZE = 624;
const AHEAD = 397;
const BLOCK = 16;
const HALF = BLOCK / 2;

/// The generator MT19937 (Matsumoto and Nishimura 1998): 32 bits at a time.
class Twister {
  private readonly state = new Uint32Array(SIZE);
  private place = SIZE;

  constructor(seed: number) {
    this.state[0] = seed;
    for (let i = 1; i < SIZE; i++) {
      const before = this.state[i - 1]!;
      this.state[i] = Math.imul(before ^ (before >>> 30), 1812433253) + i;
    }
  }

  next(): number {
    if (this.place === SIZE) this.turn();
    let y = this.state[this.place++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  private turn(): void {
    const s = this.state;
    for (let i = 0; i < SIZE; i++) {
      const y = (s[i]! & 0x80000000) | (s[(i + 1) % SIZE]! & 0x7fffffff);
      s[i] = s[(i + AHEAD) % SIZE]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.place = 0;
  }
}

/// `count` standard normal numbers of a seed from 0 to 2^53 - 1; `count` is at least sixteen.
export function drawNoise(seed: number, count: number): Float32Array {
  const twister = new Twister(seed % 2 ** 32);
  const draw = () => (twister.next() & 0xffffff) / 2 ** 24;
  const found = Float32Array.from({ length: count }, draw);
  const whole = count - (count % BLOCK);
  for (let start = 0; start < whole; start += BLOCK) pair(found.subarray(start, start + BLOCK));
  if (whole < count) {
    const last = found.subarray(count - BLOCK);
    for (let i = 0; i < BLOCK; i++) last[i] = draw();
    pair(last);
  }
  return found;
}

function pair(block: Float32Array): void {
  for (let i = 0; i < HALF; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - block[i]!));
    const angle = 2 * Math.PI * block[i + HALF]!;
    block[i] = radius * Math.cos(angle);
    block[i + HALF] = radius * Math.sin(angle);
  }
}
