/// The desk as it is heard: blocks from its worker, set one behind the other on one audio clock. The worker can be ended at any time.
import { effect, signal } from "@preact/signals";
import { address, fetchFrom } from "../../../api/client";
import * as player from "../../../player/engine";
import { said } from "../../../strings/desk";
import type { Input } from "../store";
import effectsUrl from "./effects.json?url";
import type { Stems, Wiring } from "./graph";
import type { Asked, Told } from "./worker";
import DeskWorker from "./worker?worker";

const RATE = 48_000;
const COUNT = 2048;
const TAIL = 2;
/** Stem minutes that are held in memory: 23 MB each. */
const MOST_MINUTES = 24;
/** Milliseconds after which a worker that owes a block is ended. */
const PATIENCE = 10_000;
const FIRST_AHEAD = 0.15;
const MOST_AHEAD = 1;

export const state = signal<"off" | "loading" | "paused" | "playing">("off");
export const loaded = signal<readonly [number, number]>([0, 0]);
export const position = signal(0);
export const seconds = signal(0);
/** Why the preview ended by itself; and that less than all is held. */
export const trouble = signal("");
export const cut = signal(0);
export const slow = signal(false);

interface Running {
  worker: Worker;
  context: AudioContext;
  out: GainNode;
  meter: AnalyserNode;
}
let run: Running | null = null;
let wiring: Wiring | null = null;
let only: readonly string[] | null = null;
let base = 0;
let next = 0;
let turn = 0;
let ahead = FIRST_AHEAD;
let owed: number[] = [];
let sources = new Set<AudioBufferSourceNode>();
let heard: { at: number; levels: Record<string, number> }[] = [];
let now: Record<string, number> = {};
let ticker = 0;

const ask = (asked: Asked, transfer: Transferable[] = []): void => run?.worker.postMessage(asked, transfer);

/** Play from where it stands; the first time the stems are read. */
export async function play(inputs: readonly Input[], by: Wiring): Promise<void> {
  wiring = by;
  player.pause();
  trouble.value = "";
  if (state.value === "paused") return begin(position.value);
  if (state.value !== "off") return;
  state.value = "loading";
  const context = new AudioContext({ sampleRate: RATE });
  const out = context.createGain();
  const meter = context.createAnalyser();
  meter.fftSize = COUNT;
  out.connect(meter);
  out.connect(context.destination);
  out.gain.value = player.volume.value;
  const mine: Running = { worker: new DeskWorker({ name: "desk" }), context, out, meter };
  run = mine;
  mine.worker.onmessage = (event: MessageEvent<Told>) => run === mine && hear(event.data);
  mine.worker.onerror = (event) => run === mine && giveUp(event.message || said.live.hung);
  try {
    const stems = await read(inputs, () => run === mine);
    if (run !== mine) return;
    ask({ kind: "load", effects: effectsUrl, stems }, Object.values(stems).flatMap((one) => one.map((side) => side.buffer)));
    ask({ kind: "wire", wiring });
    ask({ kind: "solo", names: only });
    owed = [performance.now()];
    tick();
  } catch (error) {
    if (run === mine) giveUp(error instanceof Error ? error.message : String(error));
  }
}

/** The stems at 48 kHz, both sides, by their strips. */
async function read(inputs: readonly Input[], wanted: () => boolean): Promise<Stems> {
  const most = Math.floor((MOST_MINUTES * 60 * RATE) / inputs.length);
  const decoder = new OfflineAudioContext(2, 1, RATE);
  const stems: Record<string, [Float32Array, Float32Array]> = {};
  let longest = 0;
  cut.value = 0;
  for (const [at, one] of inputs.entries()) {
    loaded.value = [at + 1, inputs.length];
    const url = one.kind === "take" ? address("/v1/takes/{take}/audio", { take: one.source }) : address("/v1/assets/{key}/audio", { key: one.source });
    const bytes = await (await fetchFrom(url)).arrayBuffer();
    const sound = await decoder.decodeAudioData(bytes).catch(() => {
      throw new Error(said.live.unread(one.name));
    });
    if (!wanted()) return {};
    const length = Math.min(sound.length, most);
    if (length < sound.length) cut.value = most / RATE;
    const sides = [0, 1].map((side) => sound.getChannelData(Math.min(side, sound.numberOfChannels - 1)).slice(0, length));
    stems[one.name] = [sides[0]!, sides[1]!];
    longest = Math.max(longest, length);
  }
  seconds.value = longest / RATE;
  return stems;
}

/** Play by other settings from now on. */
export function rewire(by: Wiring): void {
  wiring = by;
  ask({ kind: "wire", wiring: by });
}

/** Hear these strips alone; all where there are none. */
export function setSolo(names: readonly string[]): void {
  only = names.length ? names : null;
  ask({ kind: "solo", names: only });
}

function begin(at: number): void {
  if (!run) return;
  halt();
  void run.context.resume();
  next = Math.round((at * RATE) / 128) * 128;
  base = run.context.currentTime + 0.05 - next / RATE;
  state.value = "playing";
  tick();
  draw();
}

/** Ask for what is to sound soon, and see that the worker answers. */
function tick(): void {
  clearTimeout(ticker);
  if (!run) return;
  if (owed.length && performance.now() - owed[0]! > PATIENCE) return giveUp(said.live.hung);
  if (state.value === "playing") {
    while (owed.length < 2 && base + next / RATE < run.context.currentTime + ahead) {
      ask({ kind: "block", at: next, count: COUNT, turn });
      owed.push(performance.now());
      next += COUNT;
    }
  }
  if (state.value === "playing" || owed.length) ticker = window.setTimeout(tick, 30);
}

function hear(told: Told): void {
  if (!run) return;
  if (told.kind === "failed") return giveUp(told.text);
  owed.shift();
  if (told.kind === "ready") return begin(position.value);
  if (told.turn !== turn || state.value !== "playing") return;
  let when = base + told.at / RATE;
  if (when < run.context.currentTime + 0.005) {
    const late = run.context.currentTime + 0.03 - when;
    base += late;
    when += late;
    ahead = Math.min(MOST_AHEAD, ahead * 1.4);
    slow.value = ahead >= MOST_AHEAD;
  }
  const buffer = run.context.createBuffer(2, told.left.length, RATE);
  buffer.copyToChannel(told.left, 0);
  buffer.copyToChannel(told.right, 1);
  const source = run.context.createBufferSource();
  source.buffer = buffer;
  source.connect(run.out);
  source.start(when);
  sources.add(source);
  source.onended = () => sources.delete(source);
  heard.push({ at: when, levels: told.levels });
  tick();
}

function halt(): void {
  turn++;
  for (const one of sources) one.stop();
  sources = new Set();
  heard = [];
  now = {};
}

export function pause(): void {
  if (state.value !== "playing") return;
  halt();
  state.value = "paused";
}

export function seek(to: number): void {
  position.value = Math.min(Math.max(0, to), seconds.value);
  if (state.value === "playing") begin(position.value);
}

/** End the worker and forget the stems. */
export function end(): void {
  halt();
  clearTimeout(ticker);
  run?.worker.terminate();
  void run?.context.close();
  run = null;
  owed = [];
  ahead = FIRST_AHEAD;
  slow.value = false;
  state.value = "off";
  position.value = 0;
}

function giveUp(why: string): void {
  end();
  trouble.value = why;
}

/** Peak level in dB that is heard now of a strip or bus, or of the mix; -120 for silence. */
export function levelOf(name: string | null): number {
  let peak = 0;
  if (state.value !== "playing" || !run) return -120;
  if (name !== null) peak = now[name] ?? 0;
  else {
    const wave = new Float32Array(COUNT);
    run.meter.getFloatTimeDomainData(wave);
    for (const one of wave) peak = Math.max(peak, Math.abs(one));
    peak /= run.out.gain.value || 1;
  }
  return peak > 1e-6 ? 20 * Math.log10(peak) : -120;
}

function draw(): void {
  if (!run || state.value !== "playing") return;
  const clock = run.context.currentTime;
  while (heard.length && heard[0]!.at <= clock) now = heard.shift()!.levels;
  position.value = Math.min(Math.max(0, clock - base), seconds.value);
  if (clock - base > seconds.value + TAIL) {
    pause();
    position.value = 0;
    return;
  }
  requestAnimationFrame(draw);
}

effect(() => {
  const loud = player.volume.value;
  if (run) run.out.gain.value = loud;
});
effect(() => {
  player.elsewhere.value = state.value === "playing" ? said.live.plays : "";
});
effect(() => {
  if (player.playing.value && state.peek() === "playing") pause();
});
