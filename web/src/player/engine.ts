/// What sounds: one sound by a media element; two or three at one clock (A, B, X) by decoded buffers, so that they never drift.
/// Loudness is matched by turning the louder one down, never up. Switching crosses over in 10 ms.
import { computed, effect, signal } from "@preact/signals";
import { fetchFrom } from "../api/client";
import { words } from "../strings";
import { say } from "../state/toasts";

export interface Sound {
  /** Names it: `take:ID`. */
  key: string;
  title: string;
  /** Where its bytes and its peaks are. */
  url: string;
  peaks: string;
  seconds: number;
  /** Integrated loudness in LUFS, where it was measured. */
  lufs: number | null;
  /** Seconds of a bar, where the tempo is known. */
  bar: number | null;
  /** The address of its place. */
  place: string;
  /** Seconds that were cut off before it, beside the sound that it is compared with. */
  offset?: number;
  /** Decibels by which the studio wants it turned beside the others, whatever its loudness is said to be. */
  gain?: number;
}
export type Slot = "a" | "b" | "x";
const SLOTS: readonly Slot[] = ["a", "b", "x"];
const EMPTY: Record<Slot, Sound | null> = { a: null, b: null, x: null };
export interface Loop {
  start: number;
  end: number;
}

const REFERENCE = -18;
const FADE = 0.01;
export const slots = signal(EMPTY);
export const active = signal<Slot>("a");
export const sound = computed(() => slots.value[active.value]);
export const playing = signal(false);
/** What plays without the player, in words. */
export const elsewhere = signal("");
export const loading = signal(false);
export const position = signal(0);
export const loop = signal<Loop | null>(null);
export const volume = signal(Number(localStorage.getItem("twin.volume") ?? 1));
export const matched = signal(localStorage.getItem("twin.matched") !== "no");
/** What J and K step through: the sounds of the list that is shown. */
export const queue = signal<readonly Sound[]>([]);

const element = new Audio();
element.preload = "auto";
let context: AudioContext | null = null;
/** What sounds at one clock: those of the slots that are filled. */
let pair: { voices: ReadonlyMap<Slot, { buffer: AudioBuffer; gain: GainNode }>; sources: AudioBufferSourceNode[]; begun: number } | null = null;
let turn = 0;

/** The factor that brings a sound to the loudness that all are heard at. */
export function gainOf(one: Sound, others: readonly Sound[] = []): number {
  if (one.gain !== undefined) return 10 ** (one.gain / 20);
  if (!matched.value || one.lufs === null) return 1;
  const levels = others.flatMap((other) => (other.lufs === null ? [] : [other.lufs]));
  const aim = Math.min(one.lufs, ...(levels.length ? levels : [REFERENCE]));
  return 10 ** ((aim - one.lufs) / 20);
}

effect(() => {
  const one = sound.value;
  element.volume = one ? volume.value * gainOf(one) : volume.value;
  localStorage.setItem("twin.volume", String(volume.value));
  localStorage.setItem("twin.matched", matched.value ? "yes" : "no");
  setPairGains();
});

/** Play a sound from `at` seconds; the same sound goes on or stops. */
export function toggle(one: Sound): void {
  if (sound.value?.key === one.key) return playing.value ? pause() : void resume();
  void play(one);
}

/** Put a sound into slot A and play it. */
export async function play(one: Sound, at = 0): Promise<void> {
  dropPair();
  slots.value = { ...EMPTY, a: one };
  active.value = "a";
  loop.value = null;
  position.value = at;
  element.src = one.url;
  element.currentTime = at;
  await start();
}

/** Show a sound in the player without playing it. */
export function show(one: Sound): void {
  if (sound.value) return;
  slots.value = { ...EMPTY, a: one };
  element.src = one.url;
}

async function start(): Promise<void> {
  loading.value = true;
  try {
    await element.play();
  } catch (error) {
    if ((error as Error).name === "NotAllowedError") say(words.player.blocked);
    else if ((error as Error).name !== "AbortError") say(words.player.cannotPlay, { bad: true });
  } finally {
    loading.value = false;
  }
}

export async function resume(): Promise<void> {
  if (!sound.value) return;
  if (pair) return startPair(position.value);
  await start();
}

export function pause(): void {
  if (pair) {
    position.value = pairTime();
    stopSources();
    playing.value = false;
  } else element.pause();
}

export function seek(to: number): void {
  const end = length();
  const at = Math.min(Math.max(0, to), Math.max(0, end - 0.01));
  position.value = at;
  if (!pair) element.currentTime = at;
  else if (playing.value) startPair(at);
}

/** The sound before or after the one that plays, in the list that is shown. */
export function step(by: 1 | -1): void {
  const list = queue.value;
  if (!list.length) return;
  const at = list.findIndex((one) => one.key === sound.value?.key);
  void play(list[at < 0 ? 0 : (at + by + list.length) % list.length]!);
}

/** Repeat a stretch, or nothing. */
export function setLoop(stretch: Loop | null): void {
  loop.value = stretch && stretch.end - stretch.start >= 0.05 ? stretch : null;
  if (pair && playing.value) startPair(loop.value ? loop.value.start : pairTime());
  else if (loop.value && (position.value < loop.value.start || position.value >= loop.value.end)) seek(loop.value.start);
}

/** Set a second sound beside the one that plays: both go on at one clock. */
export async function compare(other: Sound): Promise<void> {
  const one = slots.value.a;
  if (!one) return void play(other);
  if (one.key === other.key) return;
  await playTogether({ ...EMPTY, a: one, b: other }, "b", () => (pair ? pairTime() : element.currentTime));
}

/** Play sounds at one clock, of which `first` is heard: again and again, or once from where `from` says when they are decoded. */
export async function playTogether(sounds: Record<Slot, Sound | null>, first: Slot, from?: () => number): Promise<void> {
  const mine = ++turn;
  loading.value = true;
  try {
    const opened = (context ??= new AudioContext());
    await opened.resume();
    const filled = SLOTS.filter((slot) => sounds[slot]);
    const buffers = await Promise.all(filled.map((slot) => decode(sounds[slot]!)));
    if (mine !== turn) return;
    const at = from?.() ?? 0;
    dropPair();
    element.pause();
    const voices = new Map(filled.map((slot, i) => [slot, { buffer: buffers[i]!, gain: opened.createGain() }] as const));
    for (const { gain } of voices.values()) gain.connect(opened.destination);
    pair = { voices, sources: [], begun: 0 };
    slots.value = { ...EMPTY, ...sounds };
    active.value = first;
    setPairGains(true);
    if (!from) loop.value = { start: 0, end: length() };
    position.value = Math.max(0, Math.min(at, length() - 0.05));
    startPair(position.value);
  } catch {
    say(words.player.cannotPlay, { bad: true });
  } finally {
    loading.value = false;
  }
}

/** Hear the other of the two. */
export function swap(to?: Slot): void {
  if (!slots.value.b || (to && !slots.value[to])) return;
  active.value = to ?? (active.value === "a" ? "b" : "a");
  setPairGains();
}

/** Keep only the sound that is heard. */
export function closeCompare(): void {
  const kept = sound.value;
  const at = pairTime();
  const was = playing.value;
  dropPair();
  if (!kept) return;
  slots.value = { ...EMPTY, a: kept };
  active.value = "a";
  element.src = kept.url;
  element.currentTime = at;
  if (was) void start();
}

async function decode(one: Sound): Promise<AudioBuffer> {
  return context!.decodeAudioData(await (await fetchFrom(one.url)).arrayBuffer());
}

function length(): number {
  if (pair) return Math.min(...[...pair.voices].map(([slot, { buffer }]) => buffer.duration + (slots.value[slot]?.offset ?? 0)));
  return sound.value?.seconds ?? 0;
}

function setPairGains(atOnce = false): void {
  if (!pair || !context) return;
  const all = Object.values(slots.value).filter((one): one is Sound => one !== null);
  for (const [slot, voice] of pair.voices) {
    const own = slots.value[slot];
    const aim = own && active.value === slot ? volume.value * gainOf(own, all) : 0;
    const gain = voice.gain.gain;
    gain.cancelScheduledValues(context.currentTime);
    if (atOnce) gain.value = aim;
    else {
      gain.setValueAtTime(gain.value, context.currentTime);
      gain.linearRampToValueAtTime(aim, context.currentTime + FADE);
    }
  }
}

function startPair(at: number): void {
  if (!pair || !context) return;
  stopSources();
  const begin = context.currentTime + 0.02;
  pair.begun = begin - at;
  pair.sources = [...pair.voices].map(([slot, { buffer, gain }]) => {
    const source = context!.createBufferSource();
    source.buffer = buffer;
    source.connect(gain);
    const cut = slots.value[slot]?.offset ?? 0;
    if (loop.value) Object.assign(source, { loop: true, loopStart: Math.max(0, loop.value.start - cut), loopEnd: Math.max(0.01, loop.value.end - cut) });
    source.start(begin + Math.max(0, cut - at), Math.max(0, at - cut));
    return source;
  });
  playing.value = true;
  follow();
}

function stopSources(): void {
  for (const source of pair?.sources ?? []) {
    source.stop();
    source.disconnect();
  }
  if (pair) pair.sources = [];
}

function dropPair(): void {
  turn++;
  stopSources();
  for (const { gain } of pair?.voices.values() ?? []) gain.disconnect();
  if (pair) playing.value = false;
  pair = null;
}

function pairTime(): number {
  if (!pair || !context || !playing.value) return position.value;
  const gone = context.currentTime - pair.begun;
  const { start = 0, end = 0 } = loop.value ?? {};
  return loop.value && gone > end ? start + ((gone - start) % (end - start)) : Math.max(0, gone);
}

let frame = 0;
function follow(): void {
  cancelAnimationFrame(frame);
  const look = (): void => {
    if (!playing.value) return;
    if (pair) {
      position.value = pairTime();
      if (!loop.value && position.value >= length()) {
        pause();
        position.value = 0;
        return;
      }
    } else {
      position.value = element.currentTime;
      const again = loop.value;
      if (again && (position.value >= again.end || position.value < again.start - 0.05)) element.currentTime = again.start;
    }
    frame = requestAnimationFrame(look);
  };
  look();
}

element.addEventListener("play", () => {
  playing.value = true;
  follow();
});
element.addEventListener("pause", () => !pair && (playing.value = false));
element.addEventListener("seeked", () => !pair && (position.value = element.currentTime));
element.addEventListener("ended", () => {
  if (loop.value) return void (seek(loop.value.start), start());
  position.value = 0;
  element.currentTime = 0;
});
