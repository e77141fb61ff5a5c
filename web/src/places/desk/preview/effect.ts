/// Effects as Faust compiled them: a program each, with its state in a memory of its own.
export interface Made {
  inputs: number;
  size: number;
  params: readonly number[];
  wasm: string;
}
export interface Step {
  effect: string;
  values: readonly number[];
}
interface Exports {
  memory: WebAssembly.Memory;
  init: (dsp: number, rate: number) => void;
  compute: (dsp: number, count: number, inputs: number, outputs: number) => void;
  setParamValue: (dsp: number, index: number, value: number) => void;
}

/** Samples that are played at a time; numbers move on between two of them. */
export const SLICE = 128;
/** Slices in which a number reaches what it was set to: 21 ms, so that nothing clicks. */
const GLIDE = 8;
const RATE = 48_000;
const programs = new Map<string, WebAssembly.Module>();

/** What Faust asks of its host: functions of single numbers, such as `_powf`. */
function mathFor(module: WebAssembly.Module): Record<string, (...given: number[]) => number> {
  const found: Record<string, (...given: number[]) => number> = {};
  for (const one of WebAssembly.Module.imports(module)) {
    const name = one.name.replace(/^_|f$/g, "");
    found[one.name] = name === "fmod" ? (a, b) => a! % b! : (Math as unknown as Record<string, (...given: number[]) => number>)[name]!;
  }
  return found;
}

/** Two sides of a slice. */
export class Sides {
  readonly left = new Float32Array(SLICE);
  readonly right = new Float32Array(SLICE);
}

/** One effect that plays. */
export class Effect {
  private readonly host: Exports;
  private readonly inputs: Float32Array[] = [];
  private readonly outputs: Float32Array[] = [];
  private readonly at: number;
  private values: number[];
  private from: readonly number[];
  private to: readonly number[];
  private left = 0;

  constructor(readonly name: string, private readonly made: Made, values: readonly number[]) {
    let module = programs.get(name);
    if (!module) {
      module = new WebAssembly.Module(Uint8Array.from(atob(made.wasm), (one) => one.charCodeAt(0)));
      programs.set(name, module);
    }
    this.host = new WebAssembly.Instance(module, { env: mathFor(module) }).exports as unknown as Exports;
    this.values = [...values];
    this.from = this.to = [...values];
    const count = made.inputs + 2;
    this.at = (made.size + 15) & ~15;
    const begin = (this.at + 4 * count + 15) & ~15;
    const missing = begin + count * SLICE * 4 - this.host.memory.buffer.byteLength;
    if (missing > 0) this.host.memory.grow(Math.ceil(missing / 65_536));
    const places = new Int32Array(this.host.memory.buffer, this.at, count);
    for (let i = 0; i < count; i++) {
      places[i] = begin + i * SLICE * 4;
      (i < made.inputs ? this.inputs : this.outputs).push(new Float32Array(this.host.memory.buffer, places[i]!, SLICE));
    }
    this.host.init(0, RATE);
    this.put();
  }

  /** Go to other numbers. */
  set(values: readonly number[]): void {
    if (values.every((one, i) => one === this.to[i])) return;
    this.from = [...this.values];
    this.to = [...values];
    this.left = GLIDE;
  }

  /** Play a slice in place; `key` is what a side-chain listens to. */
  play(sound: Sides, key: Sides | null): void {
    if (this.left > 0) {
      this.left--;
      this.values = this.to.map((to, i) => to + ((this.from[i]! - to) * this.left) / GLIDE);
      this.put();
    }
    const [l, r] = this.made.inputs === 4 ? [2, 3] : [0, 1];
    if (this.made.inputs === 4) {
      this.inputs[0]!.set(key!.left);
      this.inputs[1]!.set(key!.right);
    }
    this.inputs[l!]!.set(sound.left);
    this.inputs[r!]!.set(sound.right);
    this.host.compute(0, SLICE, this.at, this.at + 4 * this.made.inputs);
    sound.left.set(this.outputs[0]!);
    sound.right.set(this.outputs[1]!);
  }

  private put(): void {
    this.made.params.forEach((place, i) => this.host.setParamValue(0, place, this.values[i]!));
  }
}

/** Both sides held back by some samples. */
export class Late {
  readonly name = "late";
  private readonly samples: number;
  private readonly memory: readonly [Float32Array, Float32Array];
  private place = 0;

  constructor(values: readonly number[]) {
    this.samples = values[0]!;
    this.memory = [new Float32Array(this.samples), new Float32Array(this.samples)];
  }

  set(): void {}

  play(sound: Sides): void {
    for (let i = 0; i < SLICE; i++) {
      const l = sound.left[i]!;
      const r = sound.right[i]!;
      sound.left[i] = this.memory[0][this.place]!;
      sound.right[i] = this.memory[1][this.place]!;
      this.memory[0][this.place] = l;
      this.memory[1][this.place] = r;
      this.place = (this.place + 1) % this.samples;
    }
  }
}
