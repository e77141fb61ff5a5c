/// One take: from words and a seed to sound, with the graphs of an export.
import { readJson, readTensors, type Files, type Graph } from "./folder";
import { addMetronome, Guidance, schedule, step, type Turns } from "./flow";
import { drawNoise } from "./noise";
import { buildPrompt, type Metas, type Prompt } from "./prompt";
import { Tokenizer } from "./tokens";

/// What is asked for.
export interface Asked {
  caption: string;
  metas: Metas;
  seconds: number;
  steps: number;
  guidance: number;
  seed: number;
}

/// What of an instrument's card the player reads (`twin.json`).
export interface Card {
  name: string;
  steps: number;
  guidance: number;
  shift: number;
  text_tokens: number;
  least_frames: number;
  max_seconds: number;
  licence: string;
}

interface Facts {
  sample_rate: number;
  hop: number;
  latent_rate: number;
  width: number;
  timbre_frames: number;
  codec: { context: number; carries: number };
  metronome: Turns;
}

export interface Sound {
  left: Float32Array;
  right: Float32Array;
  rate: number;
  notes: string[];
}

/// A tensor as graphs take and give it.
export interface Tensor {
  type: "float32" | "float64" | "int64" | "bool";
  data: Float32Array | Float64Array | BigInt64Array | Uint8Array;
  dims: readonly number[];
}

/// Graphs that are opened when they are first asked, and closed to free their memory.
export interface Graphs {
  run(graph: Graph, inputs: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  close(...graphs: Graph[]): Promise<void>;
}

export type Tell = (doing: string, share: number) => void;

const PEAK = 10 ** (-1 / 20);
const SILENT = 1e-6;
/// Frames that are decoded at once, beside their context: ten seconds.
const TILE = 250;
/// How much of a take's time is spent before the first step, and after the last one, as a guess for the bar.
const BEFORE = 0.2;
const AFTER = 0.9;

const floats = (data: Float32Array, ...dims: number[]): Tensor => ({ type: "float32", data, dims });
const ones = (...dims: number[]): Tensor => ({ type: "bool", data: new Uint8Array(dims.reduce((a, b) => a * b, 1)).fill(1), dims });

/// Makes one take. Throws an `Error` whose words say what to do.
export async function makeTake(files: Files, asked: Asked, graphs: Graphs, tell: Tell): Promise<Sound> {
  const [card, facts] = await Promise.all([readJson<Card>(files, "twin.json"), readJson<Facts>(files, "instrument.json")]);
  const constants = await readTensors(files["constants.safetensors"]!);
  const samples = Math.round(asked.seconds * facts.sample_rate);
  const frames = Math.ceil(samples / facts.hop);
  const common = await readJson<Record<string, string>>(files, "player/words.json");
  const tokenizer = new Tokenizer(await readJson(files, "tokenizer/tokenizer.json"));
  const prompt = buildPrompt(tokenizer, asked.caption, asked.metas, samples / facts.sample_rate, { text_tokens: card.text_tokens, common });
  tell("reading the prompt", 0);
  const condition = await encode(graphs, prompt, repeat(constants["silence"]!, facts.timbre_frames * facts.width), facts);
  await graphs.close("text_embedding", "text_encoder", "condition_encoder");
  const latents = await walk(graphs, asked, card, facts, { condition, ...constants }, Math.max(frames, card.least_frames), tell);
  await graphs.close("transformer");
  const sound = await decode(graphs, latents.subarray(0, frames * facts.width), facts, samples, tell);
  await graphs.close("codec_decoder");
  const loud = level(sound);
  const notes = prompt.heard < prompt.said ? [`The prompt was shortened to fit: ${prompt.heard} of ${prompt.said} letters are heard.`] : [];
  if (!loud) notes.push("The take is silent.");
  return { left: sound[0], right: sound[1], rate: facts.sample_rate, notes };
}

function repeat(stored: Float32Array, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => stored[i % stored.length]!);
}

/// The condition of a prompt, `(1, tokens, hidden)`, without what is padding.
async function encode(graphs: Graphs, prompt: Prompt, timbre: Float32Array, facts: Facts): Promise<Tensor> {
  const embed = async (ids: number[]) => {
    const told: Tensor = { type: "int64", data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] };
    return (await graphs.run("text_embedding", { ids: told }))["embeddings"]!;
  };
  const text = (await graphs.run("text_encoder", { embeddings: await embed(prompt.text) }))["states"]!;
  const lyrics = await embed(prompt.lyrics);
  const found = await graphs.run("condition_encoder", {
    text,
    text_mask: ones(1, prompt.text.length),
    lyrics,
    lyrics_mask: ones(1, prompt.lyrics.length),
    references: floats(timbre, 1, 1, facts.timbre_frames, facts.width),
    references_mask: ones(1, 1),
  });
  const states = found["condition"]!;
  const mask = found["condition_mask"]!.data as Uint8Array;
  const [tokens, hidden] = [states.dims[1]!, states.dims[2]!];
  const rows = Array.from({ length: tokens }, (_, row) => row).filter((row) => mask[row]);
  const kept = new Float32Array(rows.length * hidden);
  rows.forEach((row, place) => kept.set((states.data as Float32Array).subarray(row * hidden, (row + 1) * hidden), place * hidden));
  return floats(kept, 1, rows.length, hidden);
}

interface Given {
  condition: Tensor;
  silence?: Float32Array;
  null_condition?: Float32Array;
}

/// Latents `(frames, width)` of music, from the noise of the seed.
async function walk(graphs: Graphs, asked: Asked, card: Card, facts: Facts, given: Given, frames: number, tell: Tell): Promise<Float32Array> {
  const { width } = facts;
  const x = drawNoise(asked.seed, frames * width);
  const silence = repeat(given.silence!, frames * width);
  addMetronome(silence, width, facts.latent_rate, asked.metas, facts.metronome);
  const context = new Float32Array(frames * width * 2).fill(1);
  for (let frame = 0; frame < frames; frame++) context.set(silence.subarray(frame * width, (frame + 1) * width), frame * width * 2);
  const nothing = floats(given.null_condition!, 1, 1, given.null_condition!.length);
  const ask = async (condition: Tensor, t: number) => {
    const found = await graphs.run("transformer", {
      latents: floats(x, 1, frames, width),
      level: floats(Float32Array.of(t), 1),
      condition,
      condition_mask: ones(1, condition.dims[1]!),
      context: floats(context, 1, frames, 2 * width),
    });
    return found["velocity"]!.data as Float32Array;
  };
  const guidance = new Guidance(asked.guidance, width);
  const levels = schedule(asked.steps, card.shift);
  for (const [place, t] of levels.entries()) {
    tell(`step ${place + 1} of ${levels.length}`, BEFORE + (AFTER - BEFORE) * (place / levels.length));
    const conditional = await ask(given.condition, t);
    const velocity = asked.guidance > 1 ? guidance.steer(conditional, await ask(nothing, t)) : conditional;
    step(x, velocity, t, levels[place + 1] ?? 0);
  }
  if (!x.every(Number.isFinite)) throw new Error("The take is not finite. Take another seed or less guidance.");
  return x;
}

const place = (frame: number): Tensor => ({ type: "int64", data: BigInt64Array.of(BigInt(frame)), dims: [1] });

/// Sound of latents, decoded piece by piece with as much on each side as the codec hears. A codec whose phases run on is told what
/// its oscillators have gained in the pieces before.
async function decode(graphs: Graphs, latents: Float32Array, facts: Facts, samples: number, tell: Tell): Promise<[Float32Array, Float32Array]> {
  const { width, hop } = facts;
  const frames = latents.length / width;
  const sides: [Float32Array, Float32Array] = [new Float32Array(frames * hop), new Float32Array(frames * hop)];
  let carried = new Float64Array(facts.codec.carries);
  const whole = frames <= TILE + 2 * facts.codec.context;
  for (let first = 0; first < frames; first += TILE) {
    tell("decoding the sound", AFTER + (1 - AFTER) * (first / frames));
    const last = whole ? frames : Math.min(first + TILE, frames);
    const [start, end] = [Math.max(0, first - facts.codec.context), Math.min(frames, last + facts.codec.context)];
    const piece = new Float32Array((end - start) * width);
    for (let i = start; i < end; i++) for (let c = 0; c < width; c++) piece[c * (end - start) + i - start] = latents[i * width + c]!;
    const told = { latents: floats(piece, 1, width, end - start), first_frame: place(start), carried_at: place(first - start) };
    const gained: Tensor = { type: "float64", data: carried, dims: [1, carried.length] };
    const found = await graphs.run("codec_decoder", { ...told, carried: gained });
    const made = found["audio"]!.data as Float32Array;
    const after = (last - start - 1) * carried.length;
    if (found["carry"]) carried = (found["carry"].data as Float64Array).slice(after, after + carried.length);
    const length = made.length / 2;
    sides.forEach((side, i) => side.set(made.subarray(i * length + (first - start) * hop, i * length + (last - start) * hop), first * hop));
    if (whole) break;
  }
  return [sides[0].subarray(0, samples), sides[1].subarray(0, samples)];
}

/// Brings a sound to -1 dBFS; false where there is nothing to hear.
function level(sides: [Float32Array, Float32Array]): boolean {
  const peak = Math.max(...sides.map((side) => side.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));
  if (peak < SILENT) return false;
  for (const side of sides) for (let i = 0; i < side.length; i++) side[i] = (side[i]! * PEAK) / peak;
  return true;
}
