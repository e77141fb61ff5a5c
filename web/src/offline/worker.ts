/// Computes takes beside the page, so that it stays awake; the page ends the worker to cancel one.
import * as ort from "onnxruntime-web/wasm";
import type { Files, Graph } from "./folder";
import { makeTake, type Asked, type Graphs, type Sound, type Tensor } from "./take";

export type Told =
  | { kind: "progress"; doing: string; share: number }
  | { kind: "made"; sound: Sound }
  | { kind: "failed"; words: string };

const tell = (told: Told, pass: Transferable[] = []) => postMessage(told, { transfer: pass });

onmessage = async ({ data }: MessageEvent<{ files: Files; asked: Asked }>) => {
  try {
    const graphs = new Opened(data.files);
    const sound = await makeTake(data.files, data.asked, graphs, (doing, share) => tell({ kind: "progress", doing, share }));
    const [left, right] = [sound.left.slice(), sound.right.slice()];
    tell({ kind: "made", sound: { ...sound, left, right } }, [left.buffer, right.buffer]);
  } catch (error) {
    tell({ kind: "failed", words: explain(error) });
  }
};

function explain(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const full = /memory|allocat|bad_alloc|RangeError/i.test(`${said} ${error instanceof RangeError ? "RangeError" : ""}`);
  return full ? `The browser has too little memory for this (${said}). Ask for a shorter take, or export in int8.` : said;
}

/// Graphs in onnxruntime's WebAssembly, on one thread.
class Opened implements Graphs {
  private readonly sessions = new Map<Graph, ort.InferenceSession>();

  constructor(private readonly files: Files) {}

  async run(graph: Graph, inputs: Record<string, Tensor>): Promise<Record<string, Tensor>> {
    const session = await this.open(graph);
    const given = session.inputNames.map((name) => {
      const told = inputs[name];
      if (!told) throw new Error(`${graph}.onnx asks for ${name}, which this player does not know. Export it with this version.`);
      return [name, new ort.Tensor(told.type, told.data as never, told.dims)] as const;
    });
    return (await session.run(Object.fromEntries(given))) as unknown as Record<string, Tensor>;
  }

  async close(...graphs: Graph[]): Promise<void> {
    for (const graph of graphs) {
      await this.sessions.get(graph)?.release();
      this.sessions.delete(graph);
    }
  }

  private async open(graph: Graph): Promise<ort.InferenceSession> {
    const there = this.sessions.get(graph);
    if (there) return there;
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary ??= await this.files["player/ort-wasm-simd-threaded.wasm"]!.arrayBuffer();
    const bytes = new Uint8Array(await this.files[`${graph}.onnx`]!.arrayBuffer());
    try {
      const made = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"], logSeverityLevel: 3 });
      this.sessions.set(graph, made);
      return made;
    } catch (error) {
      throw new Error(`${graph}.onnx cannot be opened: ${error instanceof Error ? error.message : error}. Export the instrument again.`);
    }
  }
}
