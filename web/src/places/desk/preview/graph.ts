/// A desk that plays: stems through strips and buses into the master, slice by slice.
import type { Schemas } from "../../../api/client";
import { Effect, Late, type Made, Sides, SLICE, type Step } from "./effect";

export type Wiring = Schemas["Wiring"];
export type Stems = Record<string, readonly [Float32Array, Float32Array]>;
type Player = Effect | Late;

/** Effects in a row. What keeps its place in it keeps its state. */
class Chain {
  private players: Player[] = [];

  constructor(private readonly made: Record<string, Made>) {}

  wire(steps: readonly Step[]): void {
    const left = [...this.players];
    this.players = steps.map((step) => {
      const at = left.findIndex((one) => one.name === step.effect);
      const found = at < 0 ? undefined : left.splice(at, 1)[0];
      found?.set(step.values);
      return found ?? (step.effect === "late" ? new Late(step.values) : new Effect(step.effect, this.made[step.effect]!, step.values));
    });
  }

  play(sound: Sides, key: Sides | null = null): void {
    for (const one of this.players) one.play(sound, key);
  }
}

const factor = (db: number): number => 10 ** (db / 20);

function add(to: Sides, sound: Sides, times: number): void {
  for (let i = 0; i < SLICE; i++) {
    to.left[i]! += sound.left[i]! * times;
    to.right[i]! += sound.right[i]! * times;
  }
}

function peakOf(sound: Sides): number {
  let most = 0;
  for (let i = 0; i < SLICE; i++) most = Math.max(most, Math.abs(sound.left[i]!), Math.abs(sound.right[i]!));
  return most;
}

export class Graph {
  private wiring: Wiring | null = null;
  private readonly strips = new Map<string, Chain>();
  private readonly buses = new Map<string, Chain>();
  private readonly master: Chain;
  private readonly dry = new Map<string, Sides>();
  private readonly sent = new Map<string, Sides>();
  private readonly mix = new Sides();
  private readonly strip = new Sides();
  private stems: Stems = {};
  private only: ReadonlySet<string> | null = null;
  /** Peak of every strip behind its fader since it was read. */
  levels: Record<string, number> = {};

  constructor(private readonly made: Record<string, Made>) {
    this.master = new Chain(made);
  }

  load(stems: Stems): void {
    this.stems = stems;
  }

  /** Play by another desk; effects that both have go on. */
  wire(wiring: Wiring): void {
    for (const [known, wanted] of [[this.strips, wiring.strips], [this.buses, wiring.buses]] as const) {
      for (const name of known.keys()) if (!wanted.some((one) => one.name === name)) known.delete(name);
      for (const one of wanted) {
        if (!known.has(one.name)) known.set(one.name, new Chain(this.made));
        known.get(one.name)!.wire(one.steps);
      }
    }
    for (const one of wiring.buses) if (!this.sent.has(one.name)) this.sent.set(one.name, new Sides());
    for (const one of wiring.strips) if (!this.dry.has(one.name)) this.dry.set(one.name, new Sides());
    this.master.wire(wiring.master);
    this.wiring = wiring;
  }

  /** Hear these strips alone; null for all. */
  solo(names: readonly string[] | null): void {
    this.only = names && new Set(names);
  }

  /** The slice that begins at the sample `at` of the stems. */
  play(at: number): Sides {
    const { mix, strip, wiring } = this;
    mix.left.fill(0);
    mix.right.fill(0);
    if (!wiring) return mix;
    for (const one of this.sent.values()) (one.left.fill(0), one.right.fill(0));
    for (const { name } of wiring.strips) this.read(name, at);
    for (const { name, key, sends } of wiring.strips) {
      const dry = this.dry.get(name)!;
      strip.left.set(dry.left);
      strip.right.set(dry.right);
      this.strips.get(name)!.play(strip, key === null ? null : this.dry.get(key)!);
      if (this.only && !this.only.has(name)) continue;
      this.levels[name] = Math.max(this.levels[name] ?? 0, peakOf(strip));
      add(mix, strip, 1);
      for (const [bus, level] of Object.entries(sends)) add(this.sent.get(bus)!, strip, factor(level));
    }
    for (const { name } of wiring.buses) {
      const sound = this.sent.get(name)!;
      this.buses.get(name)!.play(sound);
      this.levels[name] = Math.max(this.levels[name] ?? 0, peakOf(sound));
      add(mix, sound, 1);
    }
    this.master.play(mix);
    return mix;
  }

  private read(name: string, at: number): void {
    const dry = this.dry.get(name)!;
    const stem = this.stems[name];
    for (const [side, sound] of [[dry.left, stem?.[0]], [dry.right, stem?.[1]]] as const) {
      side.fill(0);
      if (sound && at < sound.length) side.set(sound.subarray(at, at + SLICE));
    }
  }
}
