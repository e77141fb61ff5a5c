/// The worker that plays a desk: it holds the stems, and hands over blocks of the mix as the page asks for them.
import type { Made } from "./effect";
import { SLICE } from "./effect";
import { Graph, type Stems, type Wiring } from "./graph";

export type Asked =
  | { kind: "load"; effects: string; stems: Stems }
  | { kind: "wire"; wiring: Wiring }
  | { kind: "solo"; names: readonly string[] | null }
  | { kind: "block"; at: number; count: number; turn: number };
export type Told =
  | { kind: "ready" }
  | { kind: "block"; at: number; turn: number; left: Float32Array<ArrayBuffer>; right: Float32Array<ArrayBuffer>; levels: Record<string, number> }
  | { kind: "failed"; text: string };

let graph: Graph | null = null;
let waiting: Asked[] = [];
const tell = (told: Told, transfer: Transferable[] = []): void => (self as unknown as Worker).postMessage(told, transfer);

async function load(effects: string, stems: Stems): Promise<void> {
  const answer = await fetch(effects);
  if (!answer.ok) throw new Error(`${effects}: ${answer.status}`);
  const found = new Graph(((await answer.json()) as { effects: Record<string, Made> }).effects);
  found.load(stems);
  graph = found;
  for (const one of waiting) follow(one);
  waiting = [];
  tell({ kind: "ready" });
}

function follow(asked: Asked): void {
  if (asked.kind === "load") return void load(asked.effects, asked.stems).catch(fail);
  if (!graph) return void waiting.push(asked);
  if (asked.kind === "wire") graph.wire(asked.wiring);
  else if (asked.kind === "solo") graph.solo(asked.names);
  else {
    const left = new Float32Array(asked.count);
    const right = new Float32Array(asked.count);
    graph.levels = {};
    for (let place = 0; place < asked.count; place += SLICE) {
      const mix = graph.play(asked.at + place);
      left.set(mix.left, place);
      right.set(mix.right, place);
    }
    tell({ kind: "block", at: asked.at, turn: asked.turn, left, right, levels: graph.levels }, [left.buffer, right.buffer]);
  }
}

const fail = (error: unknown): void => tell({ kind: "failed", text: error instanceof Error ? error.message : String(error) });

self.addEventListener("message", (event: MessageEvent<Asked>) => {
  try {
    follow(event.data);
  } catch (error) {
    fail(error);
  }
});
